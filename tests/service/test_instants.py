"""Times and lengths of time as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from exportkit.errors import UsageError
from exportkit.service import parse_duration, parse_instant
from tests.service.simulated import NOW


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", datetime(2026, 1, 14, 12, tzinfo=UTC)),
        ("-2h", datetime(2026, 1, 14, 10, tzinfo=UTC)),
        ("-90m", datetime(2026, 1, 14, 10, 30, tzinfo=UTC)),
        ("-1d12h", datetime(2026, 1, 13, 0, tzinfo=UTC)),
        ("-1d2h3m4s", datetime(2026, 1, 13, 9, 56, 56, tzinfo=UTC)),
        ("1768384800", datetime(2026, 1, 14, 10, tzinfo=UTC)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-01-14T10:20:00Z", datetime(2026, 1, 14, 10, 20, tzinfo=UTC)),
        ("2026-01-14T11:20:00+01:00", datetime(2026, 1, 14, 10, 20, tzinfo=UTC)),
        ("2026-01-14T10:20:00.999Z", datetime(2026, 1, 14, 10, 20, tzinfo=UTC)),
    ],
)
def test_an_instant_is_a_whole_second_in_utc(text: str, instant: datetime) -> None:
    found = parse_instant(text, NOW)
    assert found == instant
    assert found.utcoffset() == timedelta()
    assert found.microsecond == 0


@pytest.mark.parametrize(
    "text",
    ["", "-", "2h", "-2", "-2x", "-h", "-0s", "+2h", "yesterday", "2026-01-14", "2026-01-14T10:20:00", "17683848000000",
     "-9999999d", "1.5", "-1h1d", "٣"],
)  # fmt: skip
def test_what_is_no_time_is_wrong_usage_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match="is no time: write it as 2026-01-14T10:20:00Z"):
        parse_instant(text, NOW)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("45m", 2700), ("2h", 7200), ("1d12h", 129600)])
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0s", "5", "-5m", "5 m", "1h30", "m"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(UsageError, match="no length of time: write it as 90s"):
        parse_duration(text)
    if text != "0s":
        with pytest.raises(UsageError, match="no length of time: write it as 90s"):
            parse_duration(text, may_be_zero=True)


def test_no_time_at_all_where_it_may_be() -> None:
    assert parse_duration("0s", may_be_zero=True) == parse_duration("0d0h", may_be_zero=True) == timedelta()
