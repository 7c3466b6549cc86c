"""Which increments lead from a state to the one that is asked for, judged before a data byte is read.

``exportkit.model.chain`` plans the tiling; here it is decided which exports take part, what is
refused, and what is known of each window that is applied. ``docs/chains.md`` has the rules.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from exportkit.errors import UsageError
from exportkit.export import Export
from exportkit.joining.beside import look_beside, open_all
from exportkit.joining.candidates import Candidate, named, up_to
from exportkit.joining.checks import (
    carried_windows,
    check_filters,
    check_table,
    state_time,
    windows_told,
)
from exportkit.joining.rules import ChainRules
from exportkit.joining.verdict import refuse_unless_tiled, warnings_of_base, warnings_of_chain, warnings_of_drift
from exportkit.model.chain import Chain, Join, LeftOut, Link, plan_chain
from exportkit.model.formats import ExportView
from exportkit.model.joining import Source
from exportkit.model.times import format_time, to_micros
from exportkit.model.window import Window

__all__ = ["ChainRules", "ReplayChain", "plan_replay", "plan_windows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayChain:
    """Increments in the order they apply, and the state they apply to.

    Attributes:
        base: The state; None where changes alone are joined.
        links: The increments, each with its window and how it joins what is before it.
        left_out: URIs of those that are not needed, each with the reason.
        left_windows: Their windows.
        warnings: What is to be told; each begins with a word and a colon.
        sources: What is known of each, the base first: link *i* has source *i* + 1.
        start: The instant of the base, or the first window's start.
        end: The instant they lead to.
        judged_until: How far old images are compared with the state before them; None: nowhere.
        gaps: The time that is missing from the result, with what was missing from the base.
        overlaps: The time that was covered twice, likewise.
        filtered: Whether some of them may hold a part of the table only.
        filters_checked: Whether the service was asked about every one.
    """

    base: Export | None
    links: tuple[Link[Export], ...]
    left_out: tuple[tuple[str, LeftOut], ...] = ()
    left_windows: tuple[Window, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[Source, ...] = (Source(),)
    start: datetime
    end: datetime
    judged_until: datetime | None = None
    gaps: tuple[Window, ...] = ()
    overlaps: tuple[Window, ...] = ()
    filtered: bool = False
    filters_checked: bool = False

    @property
    def exports(self) -> tuple[Export | None, ...]:
        """The export of each source."""
        return self.base, *(link.export for link in self.links)

    def carried(self) -> dict[str, Any]:
        """Returns what the summary of a result is to say, for those who take it for a base (``MadeExport``)."""
        told: dict[str, Any] = {}
        if self.gaps:
            told["gaps"] = windows_told(self.gaps)
        if self.overlaps:
            told["overlaps"] = windows_told(self.overlaps)
        if self.filtered:
            told["filtered"] = True
        return told

    def told(self) -> dict[str, Any]:
        """Returns what reports and lineages tell of it."""
        return {
            "base": None if self.base is None else _export_told(self.base),
            "links": [
                {
                    **_export_told(link.export),
                    "join": str(link.join),
                    "between": windows_told([link.between])[0] if link.between else None,
                    "judged": source.judged,
                }
                for link, source in zip(self.links, self.sources[1:], strict=True)
            ],
            "left_out": self._left_told(),
            "start": format_time(self.start),
            "end": format_time(self.end),
            "judged_until": None if self.judged_until is None else format_time(self.judged_until),
            "gaps": windows_told(self.gaps),
            "overlaps": windows_told(self.overlaps),
            "filtered": self.filtered,
            "filters_checked": self.filters_checked,
            "warnings": list(self.warnings),
        }

    def _left_told(self) -> list[dict[str, Any]]:
        """Returns what is told of those that are not needed: of one that others cover, by which of them."""
        left = []
        for (uri, why), window in zip(self.left_out, self.left_windows, strict=True):
            told: dict[str, Any] = {"uri": uri, "why": str(why), "window": str(window)}
            if why is LeftOut.COVERED:
                told["covered_by"] = [
                    link.export.uri
                    for link in self.links
                    if link.window.start < window.end and window.start < link.window.end
                ]
            left.append(told)
        return left


def plan_replay(base: Export, increments: Sequence[Export] | None, rules: ChainRules) -> ReplayChain:
    """Returns the chain that leads from a state as far as there are windows, or to the instant asked for.

    Args:
        base: The state.
        increments: The exports that may take part, in any order; None looks for them beside the base.
        rules: What the chain may be.

    Raises:
        ChainError: They do not make a chain; says why and what to do.
        UsageError: No window ends at the instant asked for.
        ManifestError: A summary is malformed.
        StoreError: Storage failed.
    """
    instant = state_time(base)
    beside = None
    if increments is None:
        beside = look_beside(base)
        warnings = [*beside.warnings]
        candidates = [Candidate(uri, summary, window) for uri, summary, window in beside.increments]
    else:
        candidates, repeated = named(increments)
        warnings = [*repeated, *check_table(base, increments)]
    with beside.told_of() if beside else nullcontext():
        candidates, late = up_to(candidates, instant, rules.until)
        candidates.sort(key=lambda candidate: candidate.rank)
        chain = plan_chain(instant, [(candidate.window, candidate) for candidate in candidates])
        refuse_unless_tiled(chain, base, rules)
    links = _opened(chain, base)
    exports = [base, *(link.export for link in links)]
    if increments is None:
        warnings += check_table(base, exports[1:])
    filtered = check_filters(exports, allow_filtered=rules.allow_filtered)
    missing, doubled = carried_windows(base, "gaps"), carried_windows(base, "overlaps")
    sources = _sources(links, sound=not (filtered or missing or doubled))
    warnings += [*filtered, *warnings_of_base(base, missing, doubled, links)]
    warnings += [*warnings_of_chain(chain), *warnings_of_drift(links, sources)]
    return ReplayChain(
        base=base,
        links=links,
        left_out=(*((c.uri, why) for c, why in chain.left_out), *((c.uri, LeftOut.AFTER) for c in late)),
        left_windows=(*(c.window for c, _ in chain.left_out), *(c.window for c in late)),
        warnings=tuple(warnings),
        sources=sources,
        start=instant,
        end=chain.end or instant,
        judged_until=_judged_until(links, sources),
        gaps=(*missing, *chain.gaps),
        overlaps=(*doubled, *chain.overlaps),
        filtered=bool(filtered),
        filters_checked=all(export.description is not None for export in exports),
    )


def plan_windows(increments: Sequence[Export], rules: ChainRules) -> ReplayChain:
    """Returns the chain of windows that tile one stretch of time, from the earliest start; there is no base.

    Args:
        increments: The exports, in any order.
        rules: Whether they may be filtered, and where to stop. They have to tile whatever the rules say: the one
            change that comes of them would be wrong in silence.

    Raises:
        ChainError: They do not tile, or cannot be joined; says why and what to do.
        UsageError: There is none, or no window ends at the instant asked for.
    """
    candidates, repeated = named(increments)
    if not candidates:
        raise UsageError("no incremental export is named")
    warnings = [*repeated, *check_table(increments[0], increments[1:])]
    candidates, late = up_to(candidates, None, rules.until)
    candidates.sort(key=lambda candidate: candidate.rank)
    chain = plan_chain(None, [(candidate.window, candidate) for candidate in candidates])
    first = chain.links[0]
    refuse_unless_tiled(chain, _export_of(first.export), None)
    links = tuple(Link(_export_of(link.export), link.window, link.join, link.between) for link in chain.links)
    exports = [link.export for link in links]
    filtered = check_filters(exports, allow_filtered=rules.allow_filtered)
    return ReplayChain(
        base=None,
        links=links,
        left_out=(*((c.uri, why) for c, why in chain.left_out), *((c.uri, LeftOut.AFTER) for c in late)),
        left_windows=(*(c.window for c, _ in chain.left_out), *(c.window for c in late)),
        warnings=(*warnings, *filtered),
        sources=(Source(), *(Source(judged=_has_old_images(link)) for link in links)),
        start=first.window.start,
        end=links[-1].window.end,
        filtered=bool(filtered),
        filters_checked=all(export.description is not None for export in exports),
    )


def _opened(chain: Chain[Candidate], base: Export) -> tuple[Link[Export], ...]:
    """Returns the links with their exports open."""
    closed = [link.export.uri for link in chain.links if link.export.export is None]
    opened = {export.uri: export for export in open_all(base.store, closed, base.options)}
    exports = [opened.get(link.export.uri) or _export_of(link.export) for link in chain.links]
    return tuple(
        Link(export, link.window, link.join, link.between) for export, link in zip(exports, chain.links, strict=True)
    )


def _export_of(candidate: Candidate) -> Export:
    assert candidate.export is not None
    return candidate.export


def _has_old_images(link: Link[Export]) -> bool:
    return link.export.summary.output_view is ExportView.NEW_AND_OLD_IMAGES


def _sources(links: Sequence[Link[Export]], *, sound: bool) -> tuple[Source, ...]:
    """Returns what is known of the base and each window.

    Old images are compared as long as the state before them is known to be the table's: not after a gap, an
    overlap or a window without old images. A window that overlaps the base by less than a second is passed over:
    its old images may be older than the base.
    """
    sources = [Source()]
    for link, after in zip_longest(links, links[1:]):
        sound = sound and link.join not in {Join.GAP, Join.OVERLAP} and _has_old_images(link)
        overlapped = after is not None and after.join is Join.OVERLAP
        sources.append(
            Source(
                judged=sound and link.join is not Join.SUB_SECOND,
                ghosts_from=to_micros(after.window.start) if after and overlapped else None,
            )
        )
    return tuple(sources)


def _judged_until(links: Sequence[Link[Export]], sources: Sequence[Source]) -> datetime | None:
    ends = [link.window.end for link, source in zip(links, sources[1:], strict=True) if source.judged]
    return ends[-1] if ends else None


def _export_told(export: Export) -> dict[str, Any]:
    summary = export.summary
    return {
        "uri": export.uri,
        "export": export.id,
        **summary.told(),
        "items": summary.item_count,
        "made_by": None if summary.exportkit is None else summary.exportkit.get("operation"),
    }
