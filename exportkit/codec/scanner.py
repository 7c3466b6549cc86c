"""The scanner of the reference engine: judges every record of one data file and counts."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from exportkit.codec.keys import KEY_TAGS, has_key, key_entry, key_fault
from exportkit.codec.lines import Line
from exportkit.codec.source import OnBytes, RecordSource
from exportkit.codec.tree import Attributes, ChangeTree, ItemTree, RecordFault, RecordTree, Value
from exportkit.codec.windows import outside
from exportkit.model.formats import ExportView
from exportkit.model.scan import Buffer, Fault, KeyTypes, ScanOptions, ScanReport
from exportkit.model.statistics import TYPE_TAGS
from exportkit.reasons import REASONS, Severity

__all__ = ["ReferenceScanner"]

MAX_KEY_TYPES = 256
"""Types of key attributes told apart: a table has two, and only hostile Keys have many."""

MAX_KEY_NAME = 255
"""Bytes of the longest name that a key attribute can have; longer ones would be kept for nothing."""

MALFORMED_CODES = frozenset({"record-malformed", "record-kind-mismatch"})


class ReferenceScanner:
    """Judges every record of one data file and counts; see ``exportkit.engine.protocols.Scanner``."""

    def __init__(self, options: ScanOptions, on_bytes: OnBytes) -> None:
        self._options = options
        self._source = RecordSource(options, on_bytes)
        self._malformed = 0
        self._puts = 0
        self._deletes = 0
        self._old_images = 0
        self._types = Counter(dict.fromkeys(TYPE_TAGS, 0))
        self._deepest = 0
        self._timestamps: tuple[int, int] | None = None
        self._key_types: dict[tuple[str, str], KeyTypes] = {}
        self._entries = bytearray()
        self._faults: list[Fault] = []
        self._fault_counts: Counter[str] = Counter()

    @property
    def records(self) -> int:
        """Records seen so far."""
        return self._source.lines.records

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file."""
        self._scan(self._source.feed(chunk))

    def take_keys(self) -> bytes:
        """Returns and forgets the key entries collected since the last call."""
        entries = bytes(self._entries)
        self._entries.clear()
        return entries

    def finish(self) -> ScanReport:
        """Ends the file and returns what was found."""
        self._scan(self._source.finish())
        first, last = self._timestamps or (None, None)
        lines = self._source.lines
        return ScanReport(
            bytes=lines.bytes,
            records=lines.records,
            blank_lines=lines.blank_lines,
            malformed=self._malformed,
            puts=self._puts,
            deletes=self._deletes,
            old_images=self._old_images,
            types=dict(self._types),
            longest_record=lines.longest_record,
            deepest=self._deepest,
            first_timestamp=first,
            last_timestamp=last,
            key_types=tuple(self._key_types.values()),
            faults=tuple(self._faults),
            fault_counts=dict(self._fault_counts),
        )

    def _scan(self, records: Iterable[tuple[Line, RecordTree | RecordFault]]) -> None:
        for line, record in records:
            if isinstance(record, RecordFault):
                faults = [record]
            else:
                self._count(record)
                faults = [*self._judge(record), *self._judge_key(record, line)]
                if isinstance(record, ChangeTree) and (fault := outside(self._options.window, record.write_timestamp)):
                    faults.append(fault)
            self._note(line, faults)

    def _note(self, line: Line, faults: list[RecordFault]) -> None:
        """Keeps faults, up to the limit of each reason."""
        for fault in faults:
            self._fault_counts[fault.reason] += 1
            if self._fault_counts[fault.reason] <= self._options.fault_limit:
                self._faults.append(Fault(fault.reason, line.number, line.offset, fault.path))
        self._malformed += any(_is_malformed(fault.reason) for fault in faults)

    # --- counting --------------------------------------------------------------------------------------

    def _count(self, record: RecordTree) -> None:
        if isinstance(record, ItemTree):
            self._count_attributes(record.item, 0)
            return
        if record.new_image is None:
            self._deletes += 1
        else:
            self._puts += 1
            self._count_attributes(record.new_image, 0)
        if record.old_image is not None:
            self._old_images += 1
            self._count_attributes(record.old_image, 0)
        first, last = self._timestamps or (record.write_timestamp, record.write_timestamp)
        self._timestamps = min(first, record.write_timestamp), max(last, record.write_timestamp)

    def _count_attributes(self, attributes: Attributes, level: int) -> None:
        self._deepest = max(self._deepest, level)
        for _, value in attributes:
            self._count_value(value, level)

    def _count_value(self, value: Value, level: int) -> None:
        tag, content = value
        self._types[tag] += 1
        if tag == "M":
            self._count_attributes(content, level + 1)
        elif tag == "L":
            self._deepest = max(self._deepest, level + 1)
            for element in content:
                self._count_value(element, level + 1)

    # --- judging well-formed records -------------------------------------------------------------------

    def _judge(self, record: RecordTree) -> Iterator[RecordFault]:
        """Yields what is wrong with a change's images."""
        if isinstance(record, ItemTree):
            return
        view = self._options.view
        if view is ExportView.NEW_IMAGE and record.old_image is not None:
            yield RecordFault("old-image-in-view", "OldImage")
        if view is ExportView.NEW_AND_OLD_IMAGES and record.new_image is None and record.old_image is None:
            yield RecordFault("no-image-in-view")
        if not has_key(record.new_image, record.keys):
            yield RecordFault("new-image-key", "NewImage")
        if not has_key(record.old_image, record.keys):
            yield RecordFault("old-image-key", "OldImage")

    def _judge_key(self, record: RecordTree, line: Line) -> list[RecordFault]:
        """Returns what is wrong with a record's key; notes its types and, if it is sound, its entry."""
        member, attributes = ("Item", record.item) if isinstance(record, ItemTree) else ("Keys", record.keys)
        names = self._options.key_names
        if names is None:
            if isinstance(record, ItemTree):
                return []
            names = tuple(name for name, _ in attributes)
        values = dict(attributes)
        faults = []
        for name in names:
            value = values.get(name)
            if value is not None and value.tag in KEY_TAGS:
                self._note_key_type(name, value.tag, line)
            if (reason := key_fault(value)) is not None:
                faults.append(RecordFault(reason, member, name))
        if self._options.collect_keys and not faults:
            key = [(name, values[name]) for name in dict.fromkeys(names)]
            self._entries += key_entry(key, self._options.file_index, line.number, line.offset)
        return faults

    def _note_key_type(self, name: str, tag: str, line: Line) -> None:
        seen = self._key_types.get((name, tag))
        if seen is None and (len(self._key_types) >= MAX_KEY_TYPES or len(name.encode("utf-8")) > MAX_KEY_NAME):
            return
        seen = seen or KeyTypes(name, tag, 0, line.number, line.offset)
        self._key_types[name, tag] = replace(seen, count=seen.count + 1)


def _is_malformed(reason: str) -> bool:
    found = REASONS[reason]
    return found.code in MALFORMED_CODES and found.severity is Severity.ERROR
