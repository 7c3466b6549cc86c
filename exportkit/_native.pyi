"""The native engine: built from ``exportkit/rust``, absent from a pure installation.

``exportkit.engine`` chooses between this and the reference engine; what is promised stands in
``exportkit.engine.protocols`` and ``docs/engine.md``. Beyond that:

- Chunks are ``bytes``, ``bytearray``, or any other buffer of unsigned bytes. ``bytes`` and memory views of
  ``bytes`` are read in place, everything that somebody could change meanwhile is copied first.
- Other threads run while a chunk is read; ``Items`` alone makes Python objects all the time, and holds the
  interpreter; the garbage collector rests meanwhile, for nothing that it makes is garbage. A reader that two
  threads use at once raises RuntimeError.
- A bug in the engine is a RuntimeError that says so; the reader it happened in cannot go on.

Past 400 lines, as a compiled module has one stub.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, final

from exportkit.model.decode import DecodeOptions, DecodeReport, MalformedRecord, Split
from exportkit.model.formats import TextForm
from exportkit.model.joining import ApplyOptions, IndexOptions, Joined, JoinOptions
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import Buffer, DuplicateKeys, ReadOptions, ScanOptions, ScanReport
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from exportkit.model.values import Item, Record

__all__ = [
    "BUILD_PROFILE",
    "Applier",
    "Canonicaliser",
    "DecodedBatch",
    "Decoder",
    "Index",
    "Inference",
    "Items",
    "KeyFilter",
    "Scanner",
    "Signer",
    "Transcoder",
    "__version__",
    "canonical_item",
    "duplicate_keys",
    "join",
    "partition_entries",
    "partition_keys",
    "reasons",
]

__version__: Final[str]
"""Version of the Rust workspace; equal to ``exportkit.__version__``."""

BUILD_PROFILE: Final[Literal["release", "debug"]]
"""How the extension was compiled; a ``debug`` build warns when it is imported."""

@final
class Scanner:
    """Judges every record of one data file and counts; keeps no record.

    Args:
        options: How to read, and what to check.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: ScanOptions) -> Scanner: ...
    @property
    def records(self) -> int:
        """Records seen so far, for progress."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file.

        Raises:
            ValueError: The file was finished before.
        """

    def take_keys(self) -> bytes:
        """Returns and forgets the key entries collected since the last call, 32 bytes each."""

    def finish(self) -> ScanReport:
        """Ends the file and returns what was found; a last line without line feed counts.

        Raises:
            ValueError: The file was finished before.
        """

@final
class Items:
    """Turns records into Python values (``exportkit.model.values``).

    Args:
        options: How to read.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: ReadOptions) -> Items: ...
    def feed(self, chunk: Buffer) -> list[Record]:
        """Returns the records that the chunk completed.

        Raises:
            MalformedRecordError: A record is faulty, and those before it were handed on.
            ValueError: The file was finished before.
        """

    def finish(self) -> list[Record]:
        """Returns the last record, if it had no line feed.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

@final
class Transcoder:
    """Turns records into lines of a text form, in order.

    Args:
        options: How to read.
        form: What to write.

    Raises:
        ValueError: An option or the form has a value that this engine does not know.
    """

    def __new__(cls, options: ReadOptions, form: TextForm) -> Transcoder: ...
    def feed(self, chunk: Buffer) -> bytes:
        """Returns whole lines, each with its line feed, of the records that the chunk completed.

        Raises:
            MalformedRecordError: A record is faulty, and those before it were handed on.
            ValueError: The file was finished before.
        """

    def finish(self) -> bytes:
        """Returns the last record's line, if it had no line feed.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

@final
class Canonicaliser:
    """Turns records into their canonical encoding (``docs/canonical.md``).

    Args:
        options: How to read.
        hashed: Whether to give the encoding's SHA-256, 32 bytes, in its place.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: ReadOptions, *, hashed: bool = False) -> Canonicaliser: ...
    def feed(self, chunk: Buffer) -> list[bytes]:
        """Returns one value for each record that the chunk completed.

        Raises:
            MalformedRecordError: A record is faulty, and those before it were handed on.
            ValueError: The file was finished before.
        """

    def finish(self) -> list[bytes]:
        """Returns the last record's, if it had no line feed.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

@final
class DecodedBatch:
    """A record batch that crosses by the Arrow PyCapsule interface, without metadata; made by Decoder alone."""

    @property
    def plan(self) -> int:
        """Which of the decoder's plans it was made by."""

    @property
    def num_rows(self) -> int:
        """Its rows, at least one."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        """Returns the schema and the array capsule of a struct array; the schema asked for is passed over.

        Raises:
            ValueError: The batch was given out before: its buffers went with it.
        """

@final
class Decoder:
    """Turns records into Arrow record batches by a column plan (``docs/columns.md``).

    Args:
        options: How to read, and when a batch is full.
        plans: The plans: one, or with ``split`` one for each of its values, in the same order.
        split: Which plan takes which record.

    Raises:
        ValueError: An option has a value that this engine does not know, or a plan makes no sense; or there are a
            split and ``options.infer``.
    """

    def __new__(cls, options: DecodeOptions, plans: Sequence[ColumnPlan], split: Split | None = None) -> Decoder: ...
    def feed(self, chunk: Buffer) -> list[DecodedBatch]:
        """Returns the batches that the chunk filled.

        Raises:
            MalformedRecordError: A record is faulty, and those before it were handed on.
            MisfitError: A value fits no column and the plan does not rescue; told in the same way.
            SplitError: A value of the attribute to split by that was not named; told in the same way.
            OverflowError: A column of one batch holds more than 2 GiB.
            ValueError: The file was finished before.
        """

    def finish(self) -> list[DecodedBatch]:
        """Returns the last, partly filled batches; called until it returns nothing.

        Raises:
            MalformedRecordError: And the others, as for feed.
        """

    def take_malformed(self) -> list[MalformedRecord]:
        """Returns and forgets the malformed records quarantined since the last call."""

    @property
    def records(self) -> int:
        """Records seen so far, malformed ones too; quicker to ask for than the report."""

    def report(self) -> DecodeReport:
        """Returns what was counted so far."""

    def statistics(self) -> Statistics:
        """Returns what the records hold, as an ``Inference`` of the same file would have.

        Raises:
            ValueError: The file was not finished, or ended with an error; or the options have no ``infer``.
        """

@final
class Inference:
    """Takes statistics of what the records hold, path by path (``docs/columns.md``).

    Args:
        options: How to read, and what to keep apart.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: InferOptions) -> Inference: ...
    @property
    def records(self) -> int:
        """Records seen so far, malformed ones too."""

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file.

        Raises:
            MalformedRecordError: A record is faulty, and faulty records are not passed over.
            SplitError: A record has one value more to split by than there may be.
            ValueError: The file was finished before.
        """

    def finish(self) -> Mapping[SplitValue, Statistics]:
        """Ends the file and returns the statistics, under None where they are not split.

        Raises:
            MalformedRecordError: As for feed.
            SplitError: As for feed.
            ValueError: The file was finished before.
        """

    def take_malformed(self) -> Sequence[MalformedRecord]:
        """Returns and forgets the faulty records passed over since the last call."""

@final
class KeyFilter:
    """Tells of a key whether it surely is not among those added (``docs/joining.md``).

    Any number of appliers, in any number of threads, may ask it.

    Args:
        words: Words of 64 bits; a power of two.

    Raises:
        ValueError: It is none.
        MemoryError: There is no room for so many.
    """

    def __new__(cls, words: int) -> KeyFilter: ...
    def add(self, entries: Buffer) -> None:
        """Adds the keys of join entries.

        Raises:
            ValueError: They are no whole entries; the keys before the first that is none are added.
        """

    def __contains__(self, quick_hash: int, /) -> bool:
        """Tells whether a key, by its quick hash, may have been added.

        Raises:
            OverflowError: The hash has more than 64 bits, or is negative.
        """

@final
class Index:
    """Turns the change records of one data file into join entries (``docs/joining.md``).

    Args:
        options: How to read.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: IndexOptions) -> Index: ...
    def feed(self, chunk: Buffer) -> bytes:
        """Returns the entries of the records that the chunk completed.

        Raises:
            MalformedRecordError: A record is faulty, or its key is, and those before it were handed on.
            ValueError: The file was finished before.
        """

    def finish(self) -> bytes:
        """Returns the last record's, if it had no line feed.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

    @property
    def records(self) -> int:
        """Records that became entries so far."""

    @property
    def key_names(self) -> tuple[str, ...] | None:
        """Names of the key attributes in the order of their UTF-8; None before the first entry, if not given."""

    @property
    def first_key(self) -> tuple[str, int, int] | None:
        """Types of the first record's key (S, N or B, by UTF-8 of the names), its line and byte; None before it."""

@final
class Applier:
    """Splits the records of a state's data file: into lines to keep, and those that a filter may hold.

    Args:
        options: How to read.
        key_filter: Records whose key it does not hold are kept; None: every record becomes an entry.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: ApplyOptions, key_filter: KeyFilter | None) -> Applier: ...
    def feed(self, chunk: Buffer) -> bytes:
        """Returns lines to keep, in order, as whole blocks of 256 KiB; what does not fill one waits.

        Raises:
            MalformedRecordError: A record is faulty, or its key is, and the lines before it were handed on; entries
                before it may still be taken.
            ValueError: The file was finished before.
        """

    def finish(self) -> bytes:
        """Returns those that wait, and the last record's, if it had no line feed.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

    def take_entries(self) -> bytes:
        """Returns and forgets the join entries of the other records, collected since the last call."""

    @property
    def records(self) -> int:
        """Records that were kept or became entries so far."""

    @property
    def kept(self) -> int:
        """Records among them that were kept."""

    @property
    def first_key(self) -> tuple[str, int, int] | None:
        """Types of the first record's key (S, N or B, by UTF-8 of the names), its line and byte; None before it."""

@final
class Signer:
    """Sums the hashes of the records of one data file (``docs/signature.md``).

    Args:
        options: How to read.

    Raises:
        ValueError: An option has a value that this engine does not know.
    """

    def __new__(cls, options: ReadOptions) -> Signer: ...
    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file.

        Raises:
            MalformedRecordError: A record is faulty.
            ValueError: The file was finished before.
        """

    @property
    def records(self) -> int:
        """Records summed so far."""

    def finish(self) -> bytes:
        """Ends the file and returns the sum, modulo 2**256, of its records' SHA-256, 32 bytes big-endian.

        Raises:
            MalformedRecordError: As for feed.
            ValueError: The file was finished before.
        """

def canonical_item(item: Item) -> bytes:
    """Returns the canonical encoding of an item given as Python values.

    Raises:
        TypeError: A value of no type of ``exportkit.model.values``, or a set that mixes types.
        ValueError: A number that DynamoDB cannot hold, an empty set, a lone surrogate, more than 64 levels.
    """

def duplicate_keys(entries: Buffer, limit: int) -> DuplicateKeys:
    """Returns the keys that stand more than once among key entries, the first ``limit`` with their places.

    Raises:
        ValueError: The entries are not whole entries of 32 bytes.
    """

def join(entries: Buffer, options: JoinOptions) -> Joined:
    """Returns what becomes of join entries, given in any order; all of a key have to be among them.

    Raises:
        ValueError: They are no whole entries, or of a kind or source that the operation does not take; or it needs a
            timestamp and has none.
    """

def partition_entries(entries: Buffer, byte: int) -> list[bytes]:
    """Returns 256 runs of join entries, split by that byte of the hash (0 to 15), order kept.

    Raises:
        ValueError: They are no whole entries, or there is no such byte.
    """

def partition_keys(entries: Buffer, byte: int) -> list[bytes]:
    """Returns 256 runs of the entries, split by that byte of the hash (0 to 15), order kept.

    Raises:
        ValueError: The entries are not whole entries of 32 bytes, or there is no such byte.
    """

def reasons() -> list[str]:
    """Returns the slugs of all reasons that this engine can give, in the order of ``exportkit.reasons``."""
