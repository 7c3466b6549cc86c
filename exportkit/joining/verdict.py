"""What is said of a planned chain: why it is refused, and what whoever takes it has to know."""

from collections.abc import Iterable, Sequence

from exportkit.errors import ChainError
from exportkit.export import Export
from exportkit.joining.candidates import Candidate
from exportkit.joining.remedies import gap_remedy, listed
from exportkit.joining.rules import ChainRules
from exportkit.model.chain import Chain, Join, Link
from exportkit.model.joining import Source
from exportkit.model.times import format_duration, format_time
from exportkit.model.window import Window

__all__ = ["refuse_unless_tiled", "warnings_of_base", "warnings_of_chain", "warnings_of_drift"]


def refuse_unless_tiled(chain: Chain[Candidate], first: Export, rules: ChainRules | None) -> None:
    """Makes sure that windows tile, as far as the rules want it.

    Args:
        chain: The plan.
        first: The export that an error is about: the base, or the first window's.
        rules: What is allowed; None allows nothing, and names no option that would.

    Raises:
        ChainError: Time is missing or covered twice.
    """
    first_gap = next((link for link in chain.links if link.join is Join.GAP), None)
    if first_gap and first_gap.between and not (rules and rules.allow_gap):
        stop = f", stop in front of it (--until {format_time(first_gap.between.start)})" if rules else ""
        go_on = f"{stop}, or go on without those changes: --allow-gap" if rules else ""
        remedy = gap_remedy(first_gap.between, first_gap.window.end, first.summary)
        told = f"gap: changes are missing from {listed(chain.gaps)}. {remedy}{go_on}"
        raise ChainError(first.uri, told, "gap")
    first_overlap = next((link for link in chain.links if link.join is Join.OVERLAP), None)
    if first_overlap and not (rules and rules.allow_overlap):
        stop = _stop_in_front(chain, first_overlap) if rules else ""
        go_on = f"{stop}, or go on with the best that can be told: --allow-overlap" if rules else ""
        told = (
            f"overlap: {listed(chain.overlaps)} is covered twice, the second time by {first_overlap.export.uri}. A "
            "window tells net effects, so what was made and deleted across both would stay as a ghost. Take windows "
            f"that tile{go_on}"
        )
        raise ChainError(first.uri, told, "overlap")


def _stop_in_front(chain: Chain[Candidate], link: Link[Candidate]) -> str:
    """Returns how a chain can be had that stops in front of a window; nothing where none is before it."""
    place = chain.links.index(link)
    return f", stop in front of it (--until {format_time(chain.links[place - 1].window.end)})" if place else ""


def warnings_of_base(
    base: Export, missing: Sequence[Window], doubled: Sequence[Window], links: Sequence[Link[Export]]
) -> Iterable[str]:
    """Yields what the base brings with it: time that is missing, or was covered twice; or that no window follows."""
    if missing:
        yield f"gap: the base was made without the changes of {listed(missing)}"
    if doubled:
        yield f"overlap: the base was made of windows that cover {listed(doubled)} twice"
    if not links:
        yield f"nothing-to-apply: no window follows {base.uri}; the result is the base's state"


def warnings_of_chain(chain: Chain[Candidate]) -> Iterable[str]:
    """Yields where windows do not tile, though that was allowed."""
    if chain.gaps:
        yield f"gap: the result is without the changes of {listed(chain.gaps)}"
    for place, link in enumerate(chain.links):
        if link.between is None:
            continue
        if link.join is Join.SUB_SECOND:
            yield (
                f"{Join.SUB_SECOND}: the window {link.window} begins {format_duration(link.between.duration)} before "
                "the base's instant; it is applied, and what was made and deleted across the two may stay"
            )
        elif link.join is Join.OVERLAP:
            what = (
                "items made and deleted across the two may stay, for the base does not tell when they were made"
                if place == 0
                else "a put that the second window has no record of is taken for deleted"
            )
            yield f"overlap: {link.between} is covered twice: {what}"


def warnings_of_drift(links: Sequence[Link[Export]], sources: Sequence[Source]) -> Iterable[str]:
    """Yields in which windows old images are not compared with the state before them."""
    passed = [link for link, source in zip(links, sources[1:], strict=True) if not source.judged]
    if passed:
        yield (
            f"drift-not-judged: in {len(passed):,} of {len(links):,} windows, first {passed[0].window}: what was "
            "before them is not known for sure, or they have no old images"
        )
