"""Instants as exports write them: ISO-8601 in UTC, three decimals and ``Z``."""

from datetime import UTC, datetime, timedelta

from exportkit.errors import UsageError

__all__ = ["EPOCH", "format_duration", "format_time", "from_micros", "parse_time", "take_instant", "to_micros"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def parse_time(text: str) -> datetime:
    """Returns the instant that an ISO-8601 time with an offset names, in UTC.

    Manifests carry milliseconds; up to six decimals are kept, none is fine too.

    Raises:
        ValueError: It is no time, or it says no offset from UTC.

    >>> parse_time("2024-05-14T11:14:20.608Z")
    datetime.datetime(2024, 5, 14, 11, 14, 20, 608000, tzinfo=datetime.timezone.utc)
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"time without an offset from UTC: {text!r}")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"time out of range: {text!r}") from error


def take_instant(name: str, value: datetime | str | None) -> datetime | None:
    """Returns the instant that an argument names; None of None.

    Args:
        name: The argument.
        value: A time with an offset from UTC, or the text of one.

    Raises:
        UsageError: It is neither.

    >>> take_instant("until", "2026-01-31T00:00:00Z")
    datetime.datetime(2026, 1, 31, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        instant = parse_time(value) if isinstance(value, str) else value
    except ValueError as error:
        raise UsageError(f"{name} is {value!r}; it takes a time such as 2026-01-31T00:00:00Z ({error})") from None
    if instant is not None and not isinstance(instant, datetime):
        raise UsageError(f"{name} is {value!r}; it takes a time, or text such as 2026-01-31T00:00:00Z")
    if instant is not None and instant.tzinfo is None:
        raise UsageError(f"{name} is {value!r}, a time without an offset from UTC")
    return instant


def format_time(instant: datetime) -> str:
    """Returns an instant as manifests write it; microseconds only where there are any.

    >>> format_time(datetime(2024, 5, 14, 11, 14, 20, 608000, tzinfo=UTC))
    '2024-05-14T11:14:20.608Z'
    """
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds" if utc.microsecond % 1000 else "milliseconds") + "Z"


def to_micros(instant: datetime) -> int:
    """Returns the microseconds from 1970 to an instant, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Returns the instant so many microseconds after 1970.

    Raises:
        OverflowError: It lies outside the years 1 to 9999.
    """
    return EPOCH + micros * _MICROSECOND


def format_duration(duration: timedelta) -> str:
    """Returns a length of time for people, its parts of zero left out.

    >>> format_duration(timedelta(days=1, minutes=15))
    '1 d 15 min'
    """
    micros = abs(duration // _MICROSECOND)
    seconds, rest = divmod(micros, 1_000_000)
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    if seconds or rest or not parts:
        parts.append(f"{seconds}{f'.{rest:06d}'.rstrip('0') if rest else ''} s")
    return " ".join(parts)
