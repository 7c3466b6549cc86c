"""What goes into an engine's readers and what a scan gives back."""

from dataclasses import dataclass, field
from typing import TypeAlias

from exportkit.model.formats import ExportType, ExportView, OutputFormat

__all__ = [
    "DEFAULT_MAX_RECORD_SIZE",
    "Buffer",
    "DuplicateKeys",
    "Fault",
    "KeyTypes",
    "ReadOptions",
    "ScanOptions",
    "ScanReport",
]

Buffer: TypeAlias = "bytes | bytearray | memoryview"
"""Bytes pushed into an engine."""

DEFAULT_MAX_RECORD_SIZE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How the records of one data file are to be read.

    Attributes:
        format: How the file is written.
        export_type: Whether its records are items or changes.
        uri: The file's name, for errors.
        max_record_size: Bytes a line may hold without its line feed.
    """

    format: OutputFormat
    export_type: ExportType
    uri: str = ""
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions(ReadOptions):
    """What a scan is to check beside the records themselves.

    Attributes:
        view: The incremental export's view; None leaves the images unjudged.
        key_names: Names of the key attributes to check in every item (full exports) or
            to expect as the record's Keys (incremental); None checks no key in full
            exports and takes each change record's own Keys in incremental ones.
        collect_keys: Whether to give out a key entry for each record that has its key.
        window: Start (inclusive) and end (exclusive), microseconds since the epoch.
        file_index: The file's number in the export, kept in key entries; below 2**24.
        fault_limit: Faults kept of each reason; the rest are counted.
    """

    view: ExportView | None = None
    key_names: tuple[str, ...] | None = None
    collect_keys: bool = False
    window: tuple[int, int] | None = None
    file_index: int = 0
    fault_limit: int = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one record.

    Attributes:
        reason: A slug of ``exportkit.reasons``.
        line: Line number of the record, from 1.
        offset: Byte offset of the record's start in the decompressed file.
        path: JSON Pointer of the place inside the record; empty for the record as a
            whole. At most 200 characters, the last then ``…``.
        column: Byte in the record, where known: never compared.
    """

    reason: str
    line: int
    offset: int
    path: str = ""
    column: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class KeyTypes:
    """One type in which a key attribute was seen in a file.

    Attributes:
        name: The key attribute.
        type: Its type tag, S, N or B.
        count: In how many records.
        line: The first such record's line, from 1.
        offset: The first such record's byte offset.
    """

    name: str
    type: str
    count: int
    line: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """What a scan of one data file found.

    Attributes:
        bytes: Decompressed bytes read.
        records: Lines that are not blank, malformed ones too: what itemCount counts.
        blank_lines: Lines of nothing but spaces, tabs and carriage returns.
        malformed: Records with a fault of the codes record-malformed or record-kind-mismatch
            and severity error.
        puts: Change records with a new image (0 in full exports).
        deletes: Change records without one.
        old_images: Change records with an old image.
        types: How many attribute values of each of the ten types stand in items and images,
            nested ones too, set elements not; only of records that are well formed. Every
            type has an entry, in the order S, N, B, BOOL, NULL, SS, NS, BS, L, M.
        longest_record: Bytes of the longest line without its line feed.
        deepest: Levels of L and M of the most nested value (0: scalars and sets only).
        first_timestamp: Least WriteTimestampMicros, None where there is none.
        last_timestamp: Greatest.
        key_types: Types of key attributes, in order of first sight, at most 256, of names up to 255 bytes.
        faults: The first ``fault_limit`` of each reason, in order of their lines.
        fault_counts: How many faults of each reason there were in all.
    """

    bytes: int
    records: int
    blank_lines: int
    malformed: int
    puts: int
    deletes: int
    old_images: int
    types: dict[str, int]
    longest_record: int
    deepest: int
    first_timestamp: int | None
    last_timestamp: int | None
    key_types: tuple[KeyTypes, ...]
    faults: tuple[Fault, ...]
    fault_counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class DuplicateKeys:
    """Keys that stand more than once among key entries.

    Attributes:
        count: Entries whose key an earlier one (by file, then line) has already.
        places: The first of them, each as (file_index, line, offset) of the entry and of
            the earliest entry with that key; ordered by key hash, then file and line.
    """

    count: int
    places: tuple[tuple[tuple[int, int, int], tuple[int, int, int]], ...]
