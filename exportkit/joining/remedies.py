"""What to do about a chain that does not tile, in words."""

import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import format_duration, format_time
from exportkit.model.window import Window

__all__ = ["gap_remedy", "listed"]

_SHOWN = 5
_SECOND = timedelta(seconds=1)
_COLONS = 5  # in an ARN: arn:aws:dynamodb:REGION:ACCOUNT:table/NAME
_SHORTEST, _LONGEST = timedelta(minutes=15), timedelta(hours=24)


def listed(windows: Sequence[Window]) -> str:
    """Returns stretches of time in words, the first ones."""
    told = [f"{window} ({format_duration(window.duration)})" for window in windows[:_SHOWN]]
    return ", ".join(told) + (f" and {len(windows) - _SHOWN:,} more" if len(windows) > _SHOWN else "")


def gap_remedy(gap: Window, until: datetime, beside: ManifestSummary) -> str:
    """Returns how to get the changes of a gap.

    AWS exports windows of 15 minutes to 24 hours in whole seconds, and only what lies inside the
    point-in-time recovery period: a shorter gap is exported together with the window after it.

    Args:
        gap: The time that is missing.
        until: The end of the window after it.
        beside: The summary of an export of the table: what is missing is to lie beside it.
    """
    start = gap.start.replace(microsecond=0)
    end = gap.end if gap.end.microsecond == 0 else gap.end.replace(microsecond=0) + _SECOND
    why = ""
    if end - start < _SHORTEST:
        why = " (AWS exports 15 minutes at least, so together with the window after it, which it takes the place of)"
        end = max(end, until, start + _SHORTEST)
    pieces = _cut(start, end)
    if len(pieces) > 1:
        why += f" in {len(pieces):,} windows, for AWS exports 24 hours at most; the first of them"
    first = pieces[0]
    return (
        f"Export it{why}, while point-in-time recovery reaches back to it: aws dynamodb "
        f"export-table-to-point-in-time {_where(beside)} "
        "--export-type INCREMENTAL_EXPORT --incremental-export-specification "
        f"ExportFromTime={format_time(first.start)},ExportToTime={format_time(first.end)},"
        "ExportViewType=NEW_AND_OLD_IMAGES. If it was exported already and lies elsewhere, name it"
    )


def _where(beside: ManifestSummary) -> str:
    """Returns the options that name the table, its Region, and the place of an export of it."""
    arn = beside.table_arn or ""
    region = arn.split(":")[3] if arn.count(":") >= _COLONS else ""
    options = (
        ("--region", region),
        ("--table-arn", arn or "TABLE_ARN"),
        ("--s3-bucket", beside.s3_bucket or "BUCKET"),
        ("--s3-prefix", beside.s3_prefix or ""),
    )
    return shlex.join(word for option in options if option[1] for word in option)


def _cut(start: datetime, end: datetime) -> list[Window]:
    """Returns windows of one length, but for a second, that AWS would export."""
    count = -((start - end) // _LONGEST)
    seconds = (end - start) // _SECOND
    bounds = [start + timedelta(seconds=seconds * number // count) for number in range(count + 1)]
    return [Window(*pair) for pair in pairwise(bounds)]
