"""The border between exportkit and its engines.

An engine reads chunks of decompressed bytes, pushed into it by ``feed``; chunks need
not end where records end. ``finish`` ends the file. What an engine promises, and the
rules it judges records by, stand in ``docs/engine.md``, ``docs/records.md`` and
``docs/canonical.md``. Readers that hand records on (all but the scanner) raise
MalformedRecordError at the first faulty record, but never before everything that
stands in front of it has been handed on: the error is kept for the next call.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from exportkit.model.formats import TextForm
from exportkit.model.scan import Buffer, DuplicateKeys, ReadOptions, ScanOptions, ScanReport
from exportkit.model.values import Item, Record

__all__ = [
    "Applier",
    "ArrowArrayExportable",
    "Buffer",
    "Canonicaliser",
    "Decoder",
    "Engine",
    "Index",
    "Items",
    "Scanner",
    "Transcoder",
]


class Scanner(Protocol):
    """Judges every record of one data file and counts; keeps no record."""

    @property
    def records(self) -> int:
        """Records seen so far, for progress."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file."""

    def take_keys(self) -> bytes:
        """Returns and forgets the key entries collected since the last call.

        An entry is 32 bytes: the first 16 bytes of the SHA-256 of the canonical key, the
        record's byte offset as u64, and file_index << 40 | line as u64, little-endian.
        """

    def finish(self) -> ScanReport:
        """Ends the file and returns what was found; a last line without line feed counts."""


class Items(Protocol):
    """Turns records into Python values (``exportkit.model.values``)."""

    def feed(self, chunk: Buffer) -> Sequence[Record]:
        """Returns the records that the chunk completed."""

    def finish(self) -> Sequence[Record]:
        """Returns the last record, if it had no line feed."""


class Transcoder(Protocol):
    """Turns records into lines of another text form, in order."""

    def feed(self, chunk: Buffer) -> bytes:
        """Returns whole lines, each with its line feed, of the records that the chunk completed."""

    def finish(self) -> bytes:
        """Returns the last record's line, if it had no line feed."""


class Canonicaliser(Protocol):
    """Turns records into their canonical encoding (``docs/canonical.md``) or its SHA-256."""

    def feed(self, chunk: Buffer) -> Sequence[bytes]:
        """Returns one value for each record that the chunk completed."""

    def finish(self) -> Sequence[bytes]:
        """Returns the last record's, if it had no line feed."""


class ArrowArrayExportable(Protocol):
    """A record batch that crosses by the Arrow PyCapsule interface."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        """Returns the schema and the array capsule."""


class Decoder(Protocol):
    """Turns records into Arrow record batches by a column plan."""

    def feed(self, chunk: Buffer) -> Sequence[ArrowArrayExportable]:
        """Returns the batches that the chunk filled."""

    def finish(self) -> Sequence[ArrowArrayExportable]:
        """Returns the last, partly filled batch."""


class Index(Protocol):
    """Keeps the latest change of each key over the change records fed to it."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of an increment's data file."""

    def finish(self) -> None:
        """Ends the data file; more may follow."""

    def __len__(self) -> int:
        """Keys that changed."""


class Applier(Protocol):
    """Tells which byte ranges of a base stand untouched by an index, and which records it hits."""

    def feed(self, chunk: Buffer) -> tuple[Sequence[tuple[int, int]], Sequence[bytes]]:
        """Returns the ranges [start, end) of the file to keep, and the lines that were hit."""

    def finish(self) -> tuple[Sequence[tuple[int, int]], Sequence[bytes]]:
        """Returns the same for a last record without line feed."""


class Engine(Protocol):
    """One implementation of the whole border."""

    @property
    def name(self) -> str:
        """``native`` or ``reference``."""

    def scanner(self, options: ScanOptions) -> Scanner:
        """Returns a scanner for one data file."""

    def items(self, options: ReadOptions) -> Items:
        """Returns a reader of Python values for one data file."""

    def transcoder(self, options: ReadOptions, form: TextForm) -> Transcoder:
        """Returns a transcoder for one data file."""

    def canonicaliser(self, options: ReadOptions, *, hashed: bool = False) -> Canonicaliser:
        """Returns a canonicaliser for one data file; hashed gives 32-byte SHA-256 digests."""

    def canonical_item(self, item: Item) -> bytes:
        """Returns the canonical encoding of an item given as Python values."""

    def duplicate_keys(self, entries: Buffer, limit: int) -> DuplicateKeys:
        """Returns the keys that stand more than once among key entries, the first ``limit`` with their places."""

    def partition_keys(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of the entries, split by that byte of the hash, order kept."""
