"""The chain planner: the tiling there is, and the names of what is amiss."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.model.chain import Chain, Join, LeftOut, plan_chain
from exportkit.model.window import Window

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def window(start: float, end: float) -> Window:
    return Window(at(start), at(end))


def plan(base: float | None, *windows: tuple[float, float]) -> Chain[tuple[float, float]]:
    return plan_chain(None if base is None else at(base), [(window(*pair), pair) for pair in windows])


def joins(chain: Chain[tuple[float, float]]) -> list[tuple[tuple[float, float], Join]]:
    return [(link.export, link.join) for link in chain.links]


def test_a_tiling_is_taken_in_any_order_given() -> None:
    chain = plan(0, (30, 45), (0, 15), (15, 30))
    assert joins(chain) == [((0, 15), Join.EXACT), ((15, 30), Join.EXACT), ((30, 45), Join.EXACT)]
    assert chain.gaps == chain.overlaps == chain.left_out == ()
    assert chain.end == chain.exact_until == at(45)


def test_nothing_to_follow() -> None:
    chain = plan(0)
    assert (chain.links, chain.end, chain.exact_until) == ((), at(0), at(0))
    assert plan(None).end is None


def test_windows_that_end_at_or_before_the_base_are_left_out() -> None:
    chain = plan(15, (-15, 0), (0, 15), (15, 30))
    assert joins(chain) == [((15, 30), Join.EXACT)]
    assert chain.left_out == (((-15, 0), LeftOut.BEFORE), ((0, 15), LeftOut.BEFORE))


def test_a_gap_is_named_with_its_interval() -> None:
    chain = plan(0, (0, 15), (30, 45), (45, 60))
    assert joins(chain) == [((0, 15), Join.EXACT), ((30, 45), Join.GAP), ((45, 60), Join.EXACT)]
    assert chain.gaps == (window(15, 30),)
    assert chain.exact_until == at(15)
    assert chain.end == at(60)


def test_a_gap_after_the_base_as_real_chains_have() -> None:
    chain = plan(0, (70 / 60, 15))  # the first window begins 70 s after exportTime
    assert chain.gaps == (window(0, 70 / 60),)
    assert chain.exact_until == at(0)


def test_an_overlap_is_named_where_no_tiling_avoids_it() -> None:
    chain = plan(0, (0, 10), (5, 15))
    assert joins(chain) == [((0, 10), Join.EXACT), ((5, 15), Join.OVERLAP)]
    assert chain.overlaps == (window(5, 10),)
    assert chain.exact_until == at(10)


def test_overlapping_windows_are_avoided_by_the_tiling() -> None:
    chain = plan(0, (0, 10), (5, 15), (10, 20), (15, 20))
    assert joins(chain) == [((0, 10), Join.EXACT), ((10, 20), Join.EXACT)]
    assert chain.left_out == (((5, 15), LeftOut.COVERED), ((15, 20), LeftOut.COVERED))


def test_one_long_window_rather_than_many_short_ones() -> None:
    assert joins(plan(0, (0, 15), (15, 30), (0, 30))) == [((0, 30), Join.EXACT)]


def test_an_exact_tiling_of_many_rather_than_an_overlap_of_few() -> None:
    chain = plan(0, (-5, 30), (0, 15), (15, 30))
    assert joins(chain) == [((0, 15), Join.EXACT), ((15, 30), Join.EXACT)]
    assert chain.left_out == (((-5, 30), LeftOut.COVERED),)


def test_an_overlap_rather_than_missing_time() -> None:
    chain = plan(0, (0, 15), (10, 30), (20, 40))
    assert chain.gaps == ()
    assert chain.overlaps == (window(10, 15), window(20, 30))


@pytest.mark.parametrize(
    ("seconds", "join"),
    [(0, Join.EXACT), (0.608, Join.SUB_SECOND), (0.999999, Join.SUB_SECOND), (1, Join.OVERLAP)],
)
def test_an_overlap_under_one_second_with_the_base_is_its_own_kind(seconds: float, join: Join) -> None:
    base = START + timedelta(seconds=seconds)
    chain = plan_chain(base, [(window(0, 15), "w")])
    assert chain.links[0].join is join
    assert (chain.links[0].between is None) == (seconds == 0)
    assert len(chain.overlaps) == (join is Join.OVERLAP)
    assert chain.exact_until == (base if join is Join.OVERLAP else at(15))


def test_an_overlap_under_one_second_between_windows_is_an_overlap() -> None:
    half = 0.5 / 60
    assert joins(plan(0, (0, 15), (15 - half, 30)))[1] == ((15 - half, 30), Join.OVERLAP)


def test_of_equal_windows_the_first_given_is_taken() -> None:
    chain = plan_chain(at(0), [(window(0, 15), "a"), (window(0, 15), "b")])
    assert [link.export for link in chain.links] == ["a"]
    assert chain.left_out == (("b", LeftOut.COVERED),)


def test_without_a_base_the_earliest_window_begins() -> None:
    chain = plan(None, (15, 30), (0, 15), (40, 50))
    assert joins(chain) == [((0, 15), Join.FIRST), ((15, 30), Join.EXACT), ((40, 50), Join.GAP)]
    assert chain.exact_until == at(30)


def test_without_a_base_a_window_inside_the_earliest_one() -> None:
    assert joins(plan(None, (0, 100), (10, 50))) == [((0, 100), Join.FIRST)]


PAIRS = st.tuples(st.integers(-3, 9), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def amiss(base: int | None, way: tuple[tuple[int, int], ...], origin: int) -> tuple[int, int, int, int]:
    covered, missing, overlaps, doubled = origin, 0, 0, 0
    for start, end in way:
        missing += max(start - covered, 0)
        overlaps += start < covered
        doubled += max(covered - start, 0)
        covered = end
    return missing, overlaps, doubled, len(way)


@given(st.one_of(st.none(), st.integers(-2, 4)), st.sets(PAIRS, max_size=6))
def test_the_plan_is_as_good_as_any(base: int | None, windows: set[tuple[int, int]]) -> None:
    """Against all ways there are: windows in order, each beginning and ending after the one before."""
    chain = plan(base, *windows)
    origin = base if base is not None else min((start for start, _ in windows), default=0)
    usable = sorted(pair for pair in windows if pair[1] > origin)
    last = max((end for _, end in usable), default=None)
    ways = [
        way
        for size in range(1, len(usable) + 1)
        for way in itertools.combinations(usable, size)
        if way[-1][1] == last and all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(way))
    ]
    taken = tuple((int(link.export[0]), int(link.export[1])) for link in chain.links)
    if not ways:
        assert taken == ()
    else:
        assert taken in ways
        assert amiss(base, taken, origin) == min(amiss(base, way, origin) for way in ways)
    assert sorted([*taken, *(pair for pair, _ in chain.left_out)]) == sorted(windows)
    if base is None and taken:
        assert taken[0][0] == origin


def test_a_month_of_quarter_hours_is_planned_at_once() -> None:
    quarters = [(15 * n, 15 * (n + 1)) for n in range(35 * 96)]
    days = [(1440 * n, 1440 * (n + 1)) for n in range(1, 34)]
    chain = plan(0, *quarters, *days)
    assert chain.gaps == chain.overlaps == ()
    assert len(chain.links) == 96 + 33 + 96
