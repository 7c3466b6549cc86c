"""The border between exportkit and its engines.

An engine reads chunks of decompressed bytes, pushed into it by ``feed``; chunks need
not end where records end. ``finish`` ends the file. What an engine promises, and the
rules it judges records by, stand in ``docs/engine.md``, ``docs/records.md`` and
``docs/canonical.md``. Readers that hand records on (all but the scanner) raise
MalformedRecordError at the first faulty record, but never before everything that
stands in front of it has been handed on: the error is kept for the next call. ``finish`` keeps
none, for nobody calls again (but for the decoder's, which is called until it has no more).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from exportkit.model.decode import DecodeOptions, DecodeReport, MalformedRecord, Split
from exportkit.model.formats import TextForm
from exportkit.model.joining import ApplyOptions, FirstKey, IndexOptions, Joined, JoinOptions
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import Buffer, DuplicateKeys, ReadOptions, ScanOptions, ScanReport
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from exportkit.model.values import Item, Record

__all__ = [
    "Applier",
    "Buffer",
    "Canonicaliser",
    "DecodedBatch",
    "Decoder",
    "Engine",
    "Index",
    "Inference",
    "Items",
    "KeyFilter",
    "Scanner",
    "Signer",
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


class Inference(Protocol):
    """Takes statistics of what the records hold, path by path (``docs/columns.md``)."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file."""

    @property
    def records(self) -> int:
        """Records seen so far, for progress."""

    def finish(self) -> Mapping[SplitValue, Statistics]:
        """Ends the file and returns the statistics, under None where they are not split.

        Unsplit, there is always an entry; split, one for each value seen, in order of first sight.

        Raises:
            MalformedRecordError: As the other readers; never where malformed records are passed over.
            SplitError: More values than allowed.
        """

    def take_malformed(self) -> Sequence[MalformedRecord]:
        """Returns and forgets the malformed records passed over since the last call."""


class DecodedBatch(Protocol):
    """A record batch that crosses by the Arrow PyCapsule interface.

    Metadata of its fields is of no account; ``exportkit.codec.arrow_types.with_schema`` gives it the plan's.
    """

    @property
    def plan(self) -> int:
        """Which of the decoder's plans it was made by."""

    @property
    def num_rows(self) -> int:
        """Its rows, at least one."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        """Returns the schema and the array capsule of a struct array; once, for the buffers go with it."""


class Decoder(Protocol):
    """Turns records into Arrow record batches by a column plan (``docs/columns.md``)."""

    def feed(self, chunk: Buffer) -> Sequence[DecodedBatch]:
        """Returns the batches that the chunk filled.

        Raises:
            MalformedRecordError: As the other readers, partly filled batches handed on first; never where malformed
                records are quarantined.
            MisfitError: A value fits no column and the plan does not rescue; told in the same way.
            SplitError: A value of the attribute to split by that was not named.
        """

    def finish(self) -> Sequence[DecodedBatch]:
        """Returns the last, partly filled batches; the same errors.

        Called until it returns nothing: the error of the last record may stand behind the batches.
        """

    def take_malformed(self) -> Sequence[MalformedRecord]:
        """Returns and forgets the malformed records quarantined since the last call."""

    @property
    def records(self) -> int:
        """Records seen so far, malformed ones too; quicker to ask for than the report."""

    def report(self) -> DecodeReport:
        """Returns what was counted so far."""

    def statistics(self) -> Statistics:
        """Returns what an ``inference`` of the same file, not split, would have returned.

        Raises:
            ValueError: ``finish`` has not been called yet, or the file ended with an error; or the options have no
                ``infer``.
        """


class KeyFilter(Protocol):
    """Tells of a key whether it surely is not among those added (``docs/joining.md``); several threads may ask."""

    def add(self, entries: Buffer) -> None:
        """Adds the keys of join entries. Nobody may ask meanwhile."""

    def __contains__(self, quick_hash: int) -> bool:
        """Tells whether a key, by its quick hash, may have been added."""


class Index(Protocol):
    """Turns the change records of one data file into join entries (``docs/joining.md``)."""

    def feed(self, chunk: Buffer) -> bytes:
        """Returns the entries of the records that the chunk completed.

        Raises:
            MalformedRecordError: As the other readers; also where a record's key is not what it has to be.
        """

    def finish(self) -> bytes:
        """Returns the last record's, if it had no line feed; the same errors."""

    @property
    def records(self) -> int:
        """Records seen so far."""

    @property
    def key_names(self) -> tuple[str, ...] | None:
        """Names of the key attributes in the order of their UTF-8; None before the first record, if not given."""

    @property
    def first_key(self) -> FirstKey | None:
        """The key of the first record; None before it."""


class Applier(Protocol):
    """Splits the records of a state's data file: into lines to keep, and those that a filter may hold."""

    def feed(self, chunk: Buffer) -> bytes:
        """Returns lines to keep, in order, cut anywhere; some of the records that were kept may wait for a later call.

        Raises:
            MalformedRecordError: As the other readers; also where an item has no key, or not of a key's type.
        """

    def finish(self) -> bytes:
        """Returns those that wait, and the last record's, if it had no line feed; the same errors."""

    def take_entries(self) -> bytes:
        """Returns and forgets the join entries of the other records, collected since the last call."""

    @property
    def records(self) -> int:
        """Records seen so far."""

    @property
    def kept(self) -> int:
        """Records among them that were kept."""

    @property
    def first_key(self) -> FirstKey | None:
        """The key of the first record; None before it."""


class Signer(Protocol):
    """Sums the hashes of the records of one data file (``docs/signature.md``)."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file.

        Raises:
            MalformedRecordError: As the other readers.
        """

    @property
    def records(self) -> int:
        """Records seen so far."""

    def finish(self) -> bytes:
        """Ends the file and returns the sum, modulo 2**256, of its records' SHA-256, 32 bytes big-endian."""


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

    def inference(self, options: InferOptions) -> Inference:
        """Returns a taker of statistics for one data file."""

    def decoder(self, options: DecodeOptions, plans: Sequence[ColumnPlan], split: Split | None = None) -> Decoder:
        """Returns a decoder for one data file.

        Args:
            options: How to read it.
            plans: The plans: one, or with ``split`` one for each of its values, in the same order.
            split: Which plan takes which record.

        Raises:
            ValueError: There are not as many plans as values, or their ``keys`` are not those of the kind of export;
                or there are a split and ``options.infer``.
        """

    def canonical_item(self, item: Item) -> bytes:
        """Returns the canonical encoding of an item given as Python values."""

    def duplicate_keys(self, entries: Buffer, limit: int) -> DuplicateKeys:
        """Returns the keys that stand more than once among key entries, the first ``limit`` with their places."""

    def partition_keys(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of the entries, split by that byte of the hash, order kept."""

    def key_filter(self, words: int) -> KeyFilter:
        """Returns an empty filter of so many words of 64 bits, a power of two."""

    def index(self, options: IndexOptions) -> Index:
        """Returns an index of one data file of changes."""

    def applier(self, options: ApplyOptions, key_filter: KeyFilter | None) -> Applier:
        """Returns an applier of one data file of a state.

        Args:
            options: How to read it.
            key_filter: Records whose key it does not hold are kept; None: every record becomes an entry.
        """

    def join(self, entries: Buffer, options: JoinOptions) -> Joined:
        """Returns what becomes of whole join entries, given in any order; all of a key have to be among them.

        Raises:
            ValueError: They are no whole entries.
        """

    def partition_entries(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of join entries, split by that byte of the hash, order kept."""

    def signer(self, options: ReadOptions) -> Signer:
        """Returns a signer of one data file."""
