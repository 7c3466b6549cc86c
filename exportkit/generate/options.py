"""What to generate."""

import math
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from exportkit.errors import UsageError
from exportkit.generate.keys import KeyPart, parse_key
from exportkit.generate.shapes import Shape
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import to_micros

__all__ = ["GenerateOptions"]

# The patterns of the services' own APIs (CreateTable, ExportTableToPointInTime).
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_BUCKET = re.compile(r"(?=.{2,255}\Z)[a-zA-Z0-9][a-zA-Z0-9_.-]*[a-zA-Z0-9]")

# An ExportId tells the milliseconds from 1970 in 14 digits.
_FIRST_TIME, _LAST_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(5138, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateOptions:
    """What a generated table and its exports are to be; equal options give equal bytes.

    Attributes:
        items: Items of the base.
        files: Data files of each export that items are spread over.
        empty_files: Empty data files besides; the first of them is the first in the manifest.
        windows: Incremental exports, each from where the one before it ends.
        changes: Items that a window changes, for each item there is; above 0 there is at
            least one of every net effect, if the table has an item for it.
        shape: What items look like: ``mixed`` has every edge of the format, the others
            are for measuring.
        key: The key, ``NAME[:S|N|B][,NAME[:S|N|B]]``.
        format: How data files are written.
        window_format: Formats of the windows, taken in turn (may be given several times); none: as the base.
        view: Views of the windows, taken in turn (may be given several times).
        seed: Decides everything that is drawn.
        table: The table's name, as DynamoDB takes it: 3 to 255 of ``a-z A-Z 0-9 _ . -``.
        bucket: The bucket the manifests name, as an export's request takes it.
        prefix: The S3 prefix.
        export_time: The base's exportTime, in whole seconds; UTC unless it says another offset.
        window_minutes: How long a window is.
        first_window_offset: Seconds by which the base is earlier than the first window's start. Above 0 is a
            gap, as one real chain has; below 0 an overlap.
        gzip_members: gzip members of each data file, cut in the middle of records.
        big_items: How many of the base's items come close to 400 KB.
        level: igzip's deflate level, 0 to 3.

    Raises:
        UsageError: A value is out of range.
    """

    items: int = 1000
    files: int = 4
    empty_files: int = 1
    windows: int = 0
    changes: float = 0.1
    shape: Shape = Shape.MIXED
    key: str = "pk,sk"
    format: OutputFormat = OutputFormat.DYNAMODB_JSON
    window_format: tuple[OutputFormat, ...] = ()
    view: tuple[ExportView, ...] = (ExportView.NEW_AND_OLD_IMAGES,)
    seed: int = 0
    table: str = "Generated"
    bucket: str = "generated-exports"
    prefix: str | None = None
    export_time: datetime = datetime(2026, 1, 14, 10, 20, tzinfo=UTC)
    window_minutes: int = 15
    first_window_offset: float = 0.0
    gzip_members: int = 1
    big_items: int = 0
    level: int = 1

    def __post_init__(self) -> None:
        least = {"items": 0, "files": 1, "empty_files": 0, "windows": 0, "window_minutes": 1}
        least |= {"gzip_members": 1, "big_items": 0, "level": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                told = name.replace("_", " ")
                raise UsageError(f"{told} is {getattr(self, name)}; it has to be at least {value}")
        if not 0 <= self.changes <= 1:
            raise UsageError(f"changes is {self.changes}; it is a share, from 0 to 1")
        if self.big_items > self.items:
            raise UsageError(f"big items is {self.big_items}, more than there are items ({self.items})")
        if self.level > 3:
            raise UsageError(f"level is {self.level}; igzip has levels 0 to 3")
        if not self.view:
            raise UsageError("view is empty")
        if not _TABLE.fullmatch(self.table):
            raise UsageError(f"table is {self.table!r}; a table's name is 3 to 255 of a-z, A-Z, 0-9, _, . and -")
        if not _BUCKET.fullmatch(self.bucket):
            raise UsageError(
                f"bucket is {self.bucket!r}; a bucket's name is 2 to 255 of a-z, A-Z, 0-9, _, . and -, "
                "the first and the last a letter or a digit"
            )
        parse_key(self.key)
        self._check_times()

    def _check_times(self) -> None:
        if self.export_time.tzinfo is None:
            object.__setattr__(self, "export_time", self.export_time.replace(tzinfo=UTC))
        if self.export_time.microsecond:
            raise UsageError(f"export time is {self.export_time}; it has to be in whole seconds")
        if not math.isfinite(self.first_window_offset):
            raise UsageError(f"first window offset is {self.first_window_offset}; it is a number of seconds")
        try:
            base = self.export_time - timedelta(seconds=self.first_window_offset)
            end = self.export_time + self.windows * timedelta(minutes=self.window_minutes)
            fits = min(base, self.export_time) >= _FIRST_TIME and max(base, end) < _LAST_TIME
        except OverflowError:
            fits = False
        if not fits:
            raise UsageError(
                "export time, first window offset, windows and window minutes lead out of the years 1970 to 5137"
            )

    @property
    def key_parts(self) -> tuple[KeyPart, ...]:
        """The key attributes."""
        return parse_key(self.key)

    def fingerprint(self, what: str) -> str:
        """Returns 64 hexadecimal digits that differ with every option; options that come later change none of them."""
        told = []
        for option in fields(self):
            value = getattr(self, option.name)
            if value != option.default:
                # 70 is 70.0, and an instant is the same in every time zone.
                value = to_micros(value) if isinstance(value, datetime) else value
                told.append((option.name, str(float(value) if isinstance(option.default, float) else value)))
        return sha256(f"{told} {what}".encode()).hexdigest()
