"""Instants as people name them: ISO-8601, seconds since 1970, ``now``, or so long ago; and lengths of time."""

import re
from datetime import datetime, timedelta

from exportkit.errors import UsageError
from exportkit.model.times import EPOCH, parse_time

__all__ = ["parse_duration", "parse_instant", "whole_second"]

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_DURATION = re.compile(r"(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def parse_instant(text: str, now: datetime) -> datetime:
    """Returns the instant that a text names, a whole second, in UTC.

    Args:
        text: ``now``; so long ago (``-2h``, ``-1d12h``); ISO-8601 with an offset from UTC; seconds since 1970.
            Fractions of a second are cut off.
        now: This instant.

    Raises:
        UsageError: It names none.

    >>> parse_instant("-90m", parse_time("2026-01-14T12:00:00.700Z")).isoformat()
    '2026-01-14T10:30:00+00:00'
    """
    try:
        if text == "now":
            return whole_second(now)
        if text.startswith("-"):
            return whole_second(now - parse_duration(text[1:]))
        if _SECONDS.fullmatch(text):
            return EPOCH + timedelta(seconds=int(text))
        return whole_second(parse_time(text))
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no time: write it as 2026-01-14T10:20:00Z (with Z or an offset), as seconds since 1970, "
            "as now, or as so long ago: -2h, -90m, -1d12h"
        ) from None


def parse_duration(text: str, *, may_be_zero: bool = False) -> timedelta:
    """Returns a length of time, such as ``90s``, ``45m``, ``2h``, ``1d12h``.

    Args:
        text: Names it.
        may_be_zero: Whether no time at all, ``0s``, is one.

    Raises:
        UsageError: It names none.

    >>> parse_duration("1d12h").total_seconds()
    129600.0
    """
    found = _DURATION.fullmatch(text)
    parts = zip(found.groups(), _UNITS.values(), strict=True) if found else ()
    length = sum((int(count) * unit for count, unit in parts if count), timedelta())
    if not length and not (may_be_zero and found and text):
        raise UsageError(f"{text!r} is no length of time: write it as 90s, 45m, 2h, 1d12h")
    return length


def whole_second(instant: datetime) -> datetime:
    """Returns an instant without what it has beyond the second: the service takes whole seconds."""
    return instant.replace(microsecond=0)
