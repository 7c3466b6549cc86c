"""Which chain is gone on with, and which window comes next."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.errors import UsageError
from exportkit.follow import FollowOptions
from exportkit.follow.planning import Next, next_window
from exportkit.model.chain import Join, plan_chain, tiled_until
from exportkit.model.window import Window
from tests.follow.simulated import HOUR, START

MINUTE = timedelta(minutes=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


@pytest.mark.parametrize(
    ("latest", "length", "cuts", "window", "due"),
    [
        (0.2, None, [], None, 0.25),
        (0.25, None, [], 0.25, 0.25),
        (5, None, [], 5, 0.25),
        (30, None, [], 24, 0.25),
        (0.9, 1, [], None, 1),
        (1, 1, [], 1, 1),
        (9, 1, [], 1, 1),
        (9, None, [3], 3, 3),
        (9, None, [0.2, -1, 30], 9, 0.25),
        (9, None, [5, 3, 4], 3, 3),
        (9, 1, [3], 1, 1),
        (9, 1, [0.5], 0.5, 0.5),
        (0.4, None, [0.5], None, 0.5),
    ],
)
def test_the_next_window(
    latest: float, length: float | None, cuts: list[float], window: float | None, due: float
) -> None:
    found = next_window(START, at(latest), None if length is None else length * HOUR, map(at, cuts))
    assert found == Next(None if window is None else Window(START, at(window)), at(due))


MINUTES = st.integers(0, 12)


@given(
    st.lists(st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] < pair[1]), max_size=10),
    st.sampled_from([0, 371, 608]),
)
def test_what_windows_tile_is_what_chains_join_exactly(pairs: list[tuple[int, int]], milliseconds: int) -> None:
    base = START + timedelta(milliseconds=milliseconds)
    windows = [Window(START + start * MINUTE, START + end * MINUTE) for start, end in pairs]
    end = tiled_until(base, windows)
    assert end == _furthest(base, windows)
    chain = plan_chain(base, [(window, None) for window in windows if window.end <= end])
    assert chain.end == end
    assert {link.join for link in chain.links} <= {Join.EXACT, Join.SUB_SECOND}


def _furthest(base: datetime, windows: list[Window]) -> datetime:
    """Returns the same by trying every way."""
    ways = [_furthest(window.end, windows) for window in windows if window.start in {base, base.replace(microsecond=0)}]
    return max([base, *ways])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"window": 14 * MINUTE}, "15 min to 24 h"),
        ({"window": 25 * HOUR}, "15 min to 24 h"),
        ({"window": HOUR + timedelta(milliseconds=1)}, "whole seconds"),
        ({"jobs": 0}, "jobs is 0"),
        ({"bucket": ""}, "S3Bucket"),
        ({"table": "a"}, "a"),
        ({"kms_key_id": "k"}, "S3SseKmsKeyId"),
        ({"wait": False, "timeout": HOUR}, "a timeout is for those who wait"),
    ],
)
def test_options_out_of_range(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        FollowOptions(**{"table": "Orders", "bucket": "backups", **wrong})  # type: ignore[arg-type] - by their names


def test_a_slash_behind_the_prefix_is_none_of_it() -> None:
    assert FollowOptions(table="Orders", bucket="backups", prefix="a/b/").prefix == "a/b"
    assert FollowOptions(table="Orders", bucket="backups", prefix="/").prefix is None
