"""What the border takes and gives where records of several exports are joined by key (``docs/joining.md``)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from exportkit.model.formats import OutputFormat
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

__all__ = [
    "HEADER_SIZE",
    "ApplyOptions",
    "Drift",
    "DriftKind",
    "FirstKey",
    "IndexOptions",
    "JoinOptions",
    "Joined",
    "KeyedTwice",
    "Operation",
    "Payload",
    "Place",
    "Source",
]

HEADER_SIZE = 92
"""Bytes of a join entry before its texts."""

Place: TypeAlias = tuple[int, int, int, int]
"""Where a record stands: source, data file, line from 1, byte offset."""

FirstKey: TypeAlias = tuple[str, int, int]
"""The key of a file's first record: the types of its attributes, S, N or B, in the order of their names' UTF-8, and
where the record stands: line from 1, byte offset."""

Payload: TypeAlias = Literal["none", "line", "image"]
"""What a state's entry carries of its record, beside its key's hash: the hash of its image; its line as it would be
kept; the hash, and the texts of key and image, for change records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """How an index reads a data file of an incremental export.

    Attributes:
        format: How the file is written.
        form: How images are written into entries.
        uri: The file's name, for errors.
        max_record_size: Bytes a record may have.
        source: The export's number among those joined; in the order of their windows.
        file_index: The file's number in its manifest.
        key_names: Names of the key attributes, in any order; None: those of the first record's Keys.
        window: Start (inclusive) and end (exclusive) of the export's window, microseconds since the epoch: a change
            that was written more than 60 seconds outside of it is a fault, for the file, or the manifest that lists it,
            is another window's. None: any time is right.
    """

    format: OutputFormat
    form: OutputFormat
    uri: str
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE
    source: int = 1
    file_index: int = 0
    key_names: tuple[str, ...] | None = None
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How an applier reads a data file of a state.

    Attributes:
        format: How the file is written.
        form: How kept lines and entries are written; lines that are in it already stay as they are, but Ion with
            numbers that are no decimals.
        uri: The file's name, for errors.
        max_record_size: Bytes a record may have.
        source: The state's number among those joined.
        file_index: The file's number in its manifest.
        key_names: Names of the key attributes: partition key, and sort key if there is one.
        payload: What entries carry.
        keep_lines: Whether the lines to keep are handed out; else they are only counted.
    """

    format: OutputFormat
    form: OutputFormat
    uri: str
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE
    source: int = 0
    file_index: int = 0
    key_names: tuple[str, ...]
    payload: Payload = "line"
    keep_lines: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of the exports that are joined.

    Attributes:
        judged: Whether its old images are compared with the state before it.
        ghosts_from: Start of the next source's window, microseconds since the epoch, where it overlaps this one's: a
            put from then on, of a key that the next source has no record of, is taken for deleted by then. None:
            nothing overlaps.
    """

    judged: bool = False
    ghosts_from: int | None = None


class Operation(StrEnum):
    """What becomes of the records of one key."""

    REPLAY = "replay"
    """A state, source 0, and the changes after it: the state at their end, as items."""
    COMPACT = "compact"
    """Changes: their net change."""
    REVERT = "revert"
    """Changes: the change that undoes them all."""
    DIFF = "diff"
    """Two states, sources 0 and 1: the change from the first to the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOptions:
    """How entries are joined.

    Attributes:
        operation: What is made of them.
        form: How the lines are written: the ``form`` that the entries were made with.
        sources: By source number, what is known of it. Sources without an entry here are as ``Source()``.
        old_images: Whether change records get their old images.
        timestamp: WriteTimestampMicros of the change records made; None, of ``COMPACT`` alone: of the last change.
        window: Start and end, exclusive, of the window made, microseconds since the epoch: of ``COMPACT``, a last
            change's timestamp before or behind it becomes its first or its last microsecond. None: they stay.
        samples: Drifts to tell with their images at most.
    """

    operation: Operation
    form: OutputFormat
    sources: tuple[Source, ...] = ()
    old_images: bool = True
    timestamp: int | None = None
    window: tuple[int, int] | None = None
    samples: int = 20


class DriftKind(StrEnum):
    """How the state before a change is not what the change's record says it was."""

    MISSING = "missing"
    """There is an old image, but no such item."""
    UNEXPECTED = "unexpected"
    """There is no old image, but such an item."""
    DIFFERENT = "different"
    """The old image is not the item there is."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One change whose old image is not the state before it.

    Attributes:
        kind: How they differ.
        place: The change record.
        key: Its key as an entry has it.
        old_image: Its old image as an entry has it; None where it has none.
        state: What an entry has of the state before: an image, or of a base's item what its payload was; None where
            there was no item.
    """

    kind: DriftKind
    place: Place
    key: bytes
    old_image: bytes | None
    state: bytes | None


@dataclass(frozen=True, slots=True)
class KeyedTwice:
    """Two records of one state that have one key.

    Attributes:
        first: The earlier one.
        second: The later one.
    """

    first: Place
    second: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What became of some entries; every count is of keys, but where it says records.

    Attributes:
        lines: The records made, each a line with its line feed, in the order of the hashes of their keys. Of a diff of
            entries with the payload ``none``: an entry for each of those records, for a filter.
        records: How many they are.
        inserted: Replay: items that were not in the base. Else: change records with a new image, of items that were
            not there before (compact without old images: that surely were not).
        replaced: Replay: items of the base that changes hit and that are still there. Else: the other change records
            with a new image.
        deleted: Replay: items of the base that are gone. Else: change records without a new image.
        absent: Replay: keys that only ended as deleted, and were not in the base.
        untouched: Replay: records of the base that no change hit, though they came here.
        dropped: Compact, revert: keys that were not there before and are not after. Diff: keys that are equal in both.
        repeated: Records set aside because their source has a later one of the same key.
        ghosts: Items taken for deleted in an overlap.
        drift: By kind, changes whose old image is not the state before them; every kind has an entry.
        samples: The first of them, in the order of the lines.
        keyed_twice: The first pair of records of one state with one key, where that matters: where a change hits
            them, or in a diff. The lines are then not to be used.
    """

    lines: bytes
    records: int
    inserted: int
    replaced: int
    deleted: int
    absent: int
    untouched: int
    dropped: int
    repeated: int
    ghosts: int
    drift: dict[DriftKind, int]
    samples: tuple[Drift, ...]
    keyed_twice: KeyedTwice | None
