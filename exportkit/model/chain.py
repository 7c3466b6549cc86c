"""Which incremental exports follow a base, one after the other, and where time is missing or covered twice.

A chain is replayed in order: each window has to begin where the time covered so far
ends. Where that cannot be had, the plan still goes as far as there are windows, and
names every gap and overlap: whoever replays it decides whether that will do.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from exportkit.model.times import from_micros, to_micros
from exportkit.model.window import Window

__all__ = ["Chain", "Join", "LeftOut", "Link", "plan_chain", "tiled_until"]

T = TypeVar("T")

_SECOND = 1_000_000


class Join(StrEnum):
    """How a window begins, against the time covered before it."""

    FIRST = "first"
    """Nothing stands before it: a chain without a base begins here."""
    EXACT = "exact"
    """It begins where the time before ends."""
    SUB_SECOND = "overlap-under-one-second"
    """It begins less than a second before its base's instant. exportTime has milliseconds and
    windows are in whole seconds, so this is the closest that AWS comes; it is replayed."""
    GAP = "gap"
    """Time is missing in front of it."""
    OVERLAP = "overlap"
    """It begins before the time before it ends."""


@dataclass(frozen=True, slots=True)
class Link(Generic[T]):
    """One window of a chain.

    Attributes:
        export: What the caller gave with the window.
        window: The window.
        join: How it begins.
        between: The time that is missing in front of it, or covered twice.
    """

    export: T
    window: Window
    join: Join
    between: Window | None = None


class LeftOut(StrEnum):
    """Why a window is not in a chain."""

    BEFORE = "before-base"
    """It ends at or before its base's instant."""
    COVERED = "covered"
    """Windows of the chain cover its time."""
    AFTER = "after-until"
    """It ends after the instant that was asked for; never said by ``plan_chain``, which is asked for none."""


@dataclass(frozen=True, slots=True)
class Chain(Generic[T]):
    """A base and the windows that follow it.

    Attributes:
        base: The instant of the base; None without one.
        links: The windows, in order.
        left_out: The windows that are not needed, each with the reason, in order.
    """

    base: datetime | None
    links: tuple[Link[T], ...]
    left_out: tuple[tuple[T, LeftOut], ...]

    @property
    def gaps(self) -> tuple[Window, ...]:
        """The stretches of time that are missing."""
        return tuple(link.between for link in self.links if link.join is Join.GAP and link.between)

    @property
    def overlaps(self) -> tuple[Window, ...]:
        """The stretches of time that are covered twice; not those under one second at the base."""
        return tuple(link.between for link in self.links if link.join is Join.OVERLAP and link.between)

    @property
    def end(self) -> datetime | None:
        """The end of the last window, or the base's instant."""
        return self.links[-1].window.end if self.links else self.base

    @property
    def exact_until(self) -> datetime | None:
        """How far the chain goes before the first gap or overlap."""
        reached = self.base
        for link in self.links:
            if link.join in {Join.GAP, Join.OVERLAP}:
                break
            reached = link.window.end
        return reached


def plan_chain(base: datetime | None, windows: Iterable[tuple[Window, T]]) -> Chain[T]:
    """Returns the chain that reaches the latest end with the least amiss.

    The least amiss is, in this order: the least time missing, the fewest overlaps, an
    exact join to the base rather than one under a second, the least time covered twice,
    the fewest windows. A tiling is taken wherever there is one.

    Args:
        base: The instant of a base. None: the chain begins with the earliest window.
        windows: The windows there are, each with what stands for its export. Of several
            equal windows the first is taken.
    """
    given: dict[Window, list[T]] = {}
    for window, export in windows:
        given.setdefault(window, []).append(export)
    starts_at = to_micros(base) if base else min((window.micros[0] for window in given), default=0)
    steps = [_Step(window, *window.micros) for window in sorted(given, key=lambda window: (window.end, window.start))]
    chosen = _cheapest([step for step in steps if step.end > starts_at], starts_at, has_base=base is not None)
    links, covered = [], starts_at
    for number, step in enumerate(chosen):
        join = _join(step, covered, is_first=number == 0, has_base=base is not None)
        links.append(Link(given[step.window][0], step.window, join, _between(step.start, covered)))
        covered = step.end
    taken = {step.window for step in chosen}
    left_out = [
        (export, LeftOut.BEFORE if step.end <= starts_at else LeftOut.COVERED)
        for step in steps
        for export in given[step.window][step.window in taken :]
    ]
    return Chain(base, tuple(links), tuple(left_out))


def tiled_until(base: datetime, windows: Iterable[Window]) -> datetime:
    """Returns the latest instant that windows lead to from a base without a gap or an overlap.

    The first window may begin at the base's whole second (``Join.SUB_SECOND``).
    """
    reached = {base, base.replace(microsecond=0)}
    for window in sorted(windows):
        if window.start in reached:
            reached.add(window.end)
    return max(reached)


class _Step(NamedTuple):
    window: Window
    start: int
    end: int


class _Cost(NamedTuple):
    """What is amiss on a way from the base to the end of a step; less is better."""

    missing: int
    overlaps: int
    sub_second: int
    doubled: int
    steps: int


def _cheapest(steps: list[_Step], origin: int, *, has_base: bool) -> list[_Step]:
    """Returns the cheapest way to the latest end; ``steps`` are in order of their ends.

    Each step is reached from the base, or from an earlier one that begins and ends before
    it. Of the steps that end in front of it only one can be best: the one whose missing
    time, reckoned to a common instant, is least. Without a base the way from the origin is
    the earliest window's alone: any other pays for the time in front of it.
    """
    ends: list[int] = []
    costs: list[_Cost] = []
    before: list[int] = []  # the step in front; -1 for the base
    best_gap: list[int] = []  # by position: which of the steps up to it is best to leave a gap behind
    by_end: dict[int, int] = {}
    for place, step in enumerate(steps):
        ways = [(_joined(_Cost(0, 0, 0, 0, 0), step, origin, at_base=has_base), -1)]
        exact = by_end.get(step.start)
        behind = bisect_left(ends, step.start)
        if exact is not None:
            ways.append((_joined(costs[exact], step, step.start), exact))
        if behind:
            gap = best_gap[behind - 1]
            ways.append((_joined(costs[gap], step, ends[gap]), gap))
        ways += (
            (_joined(costs[other], step, ends[other]), other)
            for other in range(behind, place)
            if steps[other].start < step.start < ends[other] < step.end
        )
        cost, front = min(ways, key=lambda way: way[0])
        ends.append(step.end)
        costs.append(cost)
        before.append(front)
        if step.end not in by_end or cost < costs[by_end[step.end]]:
            by_end[step.end] = place
        best_gap.append(min((*best_gap[-1:], place), key=lambda at: (costs[at].missing - ends[at], *costs[at][1:])))
    if not steps:
        return []
    place = by_end[ends[-1]]
    way: list[_Step] = []
    while place >= 0:
        way.append(steps[place])
        place = before[place]
    return way[::-1]


def _joined(cost: _Cost, step: _Step, covered: int, *, at_base: bool = False) -> _Cost:
    """Returns what it costs to go on with a step where time is covered up to an instant."""
    apart = step.start - covered
    near = at_base and -_SECOND < apart < 0
    return _Cost(
        cost.missing + max(apart, 0),
        cost.overlaps + (apart < 0 and not near),
        cost.sub_second + near,
        cost.doubled + max(-apart, 0),
        cost.steps + 1,
    )


def _join(step: _Step, covered: int, *, is_first: bool, has_base: bool) -> Join:
    if is_first and not has_base:
        return Join.FIRST
    if step.start == covered:
        return Join.EXACT
    if step.start > covered:
        return Join.GAP
    return Join.SUB_SECOND if is_first and covered - step.start < _SECOND else Join.OVERLAP


def _between(start: int, covered: int) -> Window | None:
    if start == covered:
        return None
    return Window(from_micros(min(start, covered)), from_micros(max(start, covered)))
