"""Which chain is gone on with, and which window comes next; nothing is asked here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exportkit.model.chain import Link, plan_chain, tiled_until
from exportkit.model.description import ExportDescription
from exportkit.model.formats import ExportView
from exportkit.model.manifest import ManifestSummary
from exportkit.model.window import Window
from exportkit.service.checks import LONGEST_WINDOW, SHORTEST_WINDOW
from exportkit.service.instants import whole_second

__all__ = ["FollowedChain", "Known", "Next", "choose_chain", "first_running", "next_window"]


@dataclass(frozen=True, slots=True)
class Known:
    """A finished export.

    Attributes:
        uri: Its folder.
        id: Its ExportId.
        summary: What its summary says.
    """

    uri: str
    id: str
    summary: ManifestSummary

    @property
    def time(self) -> datetime:
        """The instant of a full export."""
        assert self.summary.export_time is not None, "bases without one are left out"
        return self.summary.export_time

    @property
    def window(self) -> Window:
        """The window of an incremental one."""
        assert self.summary.window is not None, "an incremental export has one"
        return self.summary.window


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """A full export and the windows that follow it, each where the one before ends.

    Attributes:
        base: The full export.
        links: The windows.
        end: Where they end; the base's instant where there are none.
    """

    base: Known
    links: tuple[Link[Known], ...]
    end: datetime

    @property
    def exports(self) -> tuple[Known, ...]:
        """All of it, the base first."""
        return self.base, *(link.export for link in self.links)

    @property
    def next_start(self) -> datetime:
        """Where the next window begins: the service takes whole seconds."""
        return whole_second(self.end)


def choose_chain(bases: Sequence[Known], windows: Sequence[Known], limit: datetime) -> FollowedChain | None:
    """Returns the chain to go on with; None where there is no full export.

    It is the one whose windows lead furthest, if the next can still be exported, and of several bases that lead there
    the newest; so a chain stays unbroken whatever full exports are made beside it. Else it is the newest full export.
    Where nothing can be gone on with, it is the one that ends last.

    Args:
        bases: Full exports.
        windows: Incremental exports.
        limit: The earliest instant that a window may begin at.
    """
    spans = [each.window for each in windows]
    ways = [(tiled_until(base.time, spans), base) for base in bases]
    usable = [way for way in ways if whole_second(way[0]) >= limit]
    followed = [way for way in usable if way[0] != way[1].time]
    pool = followed or usable or ways
    if not pool:
        return None
    end, base = max(pool, key=lambda way: (way[0], way[1].time, way[1].id))
    inside = sorted((each for each in windows if each.window.end <= end), key=_rank)
    return FollowedChain(base, plan_chain(base.time, [(each.window, each) for each in inside]).links, end)


def first_running(
    chain: FollowedChain, windows: Sequence[Known], running: Sequence[ExportDescription]
) -> tuple[ExportDescription | None, datetime]:
    """Returns the first export that the chain has to wait for to go on, and where it will end once all are done.

    Args:
        chain: The chain of finished exports.
        windows: Every finished window.
        running: The windows under way.
    """
    coming = [(each.window, each) for each in running if each.window]
    end = tiled_until(chain.base.time, [*(each.window for each in windows), *(window for window, _ in coming)])
    if end <= chain.end:
        return None, chain.end
    every: list[tuple[Window, Known | ExportDescription]] = [(each.window, each) for each in windows]
    every += coming
    plan = plan_chain(chain.base.time, [each for each in every if each[0].end <= end])
    return next(link.export for link in plan.links if isinstance(link.export, ExportDescription)), end


@dataclass(frozen=True, slots=True)
class Next:
    """The next window.

    Attributes:
        window: The window, if it can be asked for now.
        due: The instant that the backups have to reach for it.
    """

    window: Window | None
    due: datetime


def next_window(start: datetime, latest: datetime, length: timedelta | None, cuts: Iterable[datetime]) -> Next:
    """Returns the next window.

    It ends where something stands that the chain can go on with (a window that is there already, a full
    export), so that holes are filled exactly and new full exports become bases. Else it has the length asked
    for, or is all that is due.

    Args:
        start: Where it begins.
        latest: How far the backups reach, a whole second.
        length: How long windows are; None: as long as they can be.
        cuts: Where windows begin and full exports stand.
    """
    furthest = start + (length or LONGEST_WINDOW)
    cut = min((cut for cut in cuts if start + SHORTEST_WINDOW <= cut <= furthest), default=None)
    if cut is not None:
        due = end = cut
    elif length is not None:
        due = end = furthest
    else:
        due, end = start + SHORTEST_WINDOW, min(furthest, latest)
    return Next(Window(start, end) if latest >= due else None, due)


def _rank(known: Known) -> tuple[bool, str]:
    """Sorts those of one window: with both images first, and then whatever is always the same."""
    return known.summary.output_view is not ExportView.NEW_AND_OLD_IMAGES, known.id
