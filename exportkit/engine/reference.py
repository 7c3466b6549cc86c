"""The reference engine behind the border."""

from collections.abc import Sequence

from exportkit.codec.canonical import encode_item
from exportkit.codec.inference import ReferenceInference
from exportkit.codec.joining.applier import ReferenceApplier
from exportkit.codec.joining.entries import partition_entries
from exportkit.codec.joining.index import ReferenceIndex
from exportkit.codec.joining.join import join
from exportkit.codec.joining.key_filter import ReferenceKeyFilter
from exportkit.codec.keys import duplicate_keys, partition_keys
from exportkit.codec.readers import ReferenceCanonicaliser, ReferenceItems, ReferenceSigner, ReferenceTranscoder
from exportkit.codec.scanner import ReferenceScanner
from exportkit.codec.source import OnBytes
from exportkit.codec.values import from_item
from exportkit.engine.protocols import (
    Applier,
    Canonicaliser,
    Decoder,
    Index,
    Inference,
    Items,
    KeyFilter,
    Scanner,
    Signer,
    Transcoder,
)
from exportkit.model.decode import DecodeOptions, Split
from exportkit.model.formats import TextForm
from exportkit.model.joining import ApplyOptions, IndexOptions, Joined, JoinOptions
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import Buffer, DuplicateKeys, ReadOptions, ScanOptions
from exportkit.model.statistics import InferOptions
from exportkit.model.values import Item

__all__ = ["ReferenceEngine"]


class ReferenceEngine:
    """The engine in Python (``exportkit.codec``); see ``exportkit.engine.protocols.Engine``.

    Args:
        on_bytes: Told the size of each chunk that any of its readers takes.
    """

    def __init__(self, on_bytes: OnBytes = lambda _: None) -> None:
        self._on_bytes = on_bytes

    @property
    def name(self) -> str:
        """The engine's name."""
        return "reference"

    def scanner(self, options: ScanOptions) -> Scanner:
        """Returns a scanner for one data file."""
        return ReferenceScanner(options, self._on_bytes)

    def items(self, options: ReadOptions) -> Items:
        """Returns a reader of Python values for one data file."""
        return ReferenceItems(options, self._on_bytes)

    def transcoder(self, options: ReadOptions, form: TextForm) -> Transcoder:
        """Returns a transcoder for one data file."""
        return ReferenceTranscoder(options, form, self._on_bytes)

    def canonicaliser(self, options: ReadOptions, *, hashed: bool = False) -> Canonicaliser:
        """Returns a canonicaliser for one data file."""
        return ReferenceCanonicaliser(options, self._on_bytes, hashed=hashed)

    def inference(self, options: InferOptions) -> Inference:
        """Returns a taker of statistics for one data file."""
        return ReferenceInference(options, self._on_bytes)

    def decoder(self, options: DecodeOptions, plans: Sequence[ColumnPlan], split: Split | None = None) -> Decoder:
        """Returns a decoder for one data file."""
        # Imported here: pyarrow takes longer to load than all else, and only this needs it.
        from exportkit.codec.decoder import ReferenceDecoder  # noqa: PLC0415

        return ReferenceDecoder(options, plans, split, self._on_bytes)

    def canonical_item(self, item: Item) -> bytes:
        """Returns the canonical encoding of an item given as Python values."""
        return encode_item(from_item(item))

    def duplicate_keys(self, entries: Buffer, limit: int) -> DuplicateKeys:
        """Returns the keys that stand more than once among key entries."""
        return duplicate_keys(entries, limit)

    def partition_keys(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of the entries, split by that byte of the hash."""
        return partition_keys(entries, byte)

    def key_filter(self, words: int) -> KeyFilter:
        """Returns an empty filter of so many words."""
        return ReferenceKeyFilter(words)

    def index(self, options: IndexOptions) -> Index:
        """Returns an index of one data file of changes."""
        return ReferenceIndex(options, self._on_bytes)

    def applier(self, options: ApplyOptions, key_filter: KeyFilter | None) -> Applier:
        """Returns an applier of one data file of a state."""
        may_hold = None if key_filter is None else key_filter.__contains__
        return ReferenceApplier(options, may_hold, self._on_bytes)

    def join(self, entries: Buffer, options: JoinOptions) -> Joined:
        """Returns what becomes of whole join entries, given in any order."""
        return join(entries, options)

    def partition_entries(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of join entries, split by that byte of the hash."""
        return partition_entries(entries, byte)

    def signer(self, options: ReadOptions) -> Signer:
        """Returns a signer of one data file."""
        return ReferenceSigner(options, self._on_bytes)
