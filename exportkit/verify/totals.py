"""What the data files of an export add up to."""

from collections import Counter
from dataclasses import dataclass, field

from exportkit.model.findings import Level
from exportkit.model.scan import KeyTypes
from exportkit.verify.files import FileResult

__all__ = ["SeenType", "Totals"]

_SUMS = ("malformed", "puts", "deletes", "old_images")


@dataclass(slots=True)
class SeenType:
    """One type in which a key attribute was seen.

    Attributes:
        count: In how many records.
        file: The file that has the first of them.
        line: Its line.
        offset: Its byte offset.
    """

    count: int
    file: str
    line: int
    offset: int


@dataclass(slots=True)
class Totals:
    """Sums over the data files that were read."""

    records: int = 0
    blank_lines: int = 0
    compressed_bytes: int = 0
    bytes: int = 0
    malformed: int = 0
    puts: int = 0
    deletes: int = 0
    old_images: int = 0
    types: Counter[str] = field(default_factory=Counter)
    longest_record: int = 0
    deepest: int = 0
    timestamps: tuple[int, int] | None = None
    unread: int = 0
    key_types: dict[str, dict[str, SeenType]] = field(default_factory=dict)

    def add(self, result: FileResult) -> None:
        """Adds what was found in one more file, in the order of the manifest."""
        self.records += result.records or 0
        self.unread += result.records is None
        self.blank_lines += result.blank_lines
        self.compressed_bytes += result.compressed_bytes
        self.bytes += result.bytes
        scan = result.scan
        if scan is None:
            return
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(scan, name))
        self.types.update(scan.types)
        self.longest_record = max(self.longest_record, scan.longest_record)
        self.deepest = max(self.deepest, scan.deepest)
        if scan.first_timestamp is not None and scan.last_timestamp is not None:
            first, last = self.timestamps or (scan.first_timestamp, scan.last_timestamp)
            self.timestamps = min(first, scan.first_timestamp), max(last, scan.last_timestamp)
        for seen in scan.key_types:
            self._key_type(seen, result.file.uri)

    def _key_type(self, seen: KeyTypes, uri: str) -> None:
        types = self.key_types.setdefault(seen.name, {})
        if seen.type in types:
            types[seen.type].count += seen.count
        else:
            types[seen.type] = SeenType(seen.count, uri, seen.line, seen.offset)

    def to_dict(self, level: Level) -> dict[str, object]:
        """Returns the counts that a verify of that level makes (``docs/verify.md``)."""
        counts: dict[str, object] = {}
        if level.depth >= Level.CONTENT.depth:
            counts |= {
                "records": self.records,
                "blank_lines": self.blank_lines,
                "compressed_bytes": self.compressed_bytes,
                "bytes": self.bytes,
            }
        if level is Level.RECORDS:
            first, last = self.timestamps or (None, None)
            counts |= {name: getattr(self, name) for name in _SUMS}
            counts |= {
                "types": dict(self.types),
                "key_types": {
                    name: {tag: seen.count for tag, seen in types.items()} for name, types in self.key_types.items()
                },
                "longest_record": self.longest_record,
                "deepest": self.deepest,
                "first_timestamp": first,
                "last_timestamp": last,
            }
        return counts
