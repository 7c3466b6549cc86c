"""The native engine behind the border: what ``exportkit._native`` offers, under the border's names."""

from collections.abc import Sequence

import exportkit._native as native
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

__all__ = ["NativeEngine"]


class NativeEngine:
    """The engine in Rust (``exportkit/rust``); see ``exportkit.engine.protocols.Engine``."""

    @property
    def name(self) -> str:
        """The engine's name."""
        return "native"

    def scanner(self, options: ScanOptions) -> Scanner:
        """Returns a scanner for one data file."""
        return native.Scanner(options)

    def items(self, options: ReadOptions) -> Items:
        """Returns a reader of Python values for one data file."""
        return native.Items(options)

    def transcoder(self, options: ReadOptions, form: TextForm) -> Transcoder:
        """Returns a transcoder for one data file."""
        return native.Transcoder(options, form)

    def canonicaliser(self, options: ReadOptions, *, hashed: bool = False) -> Canonicaliser:
        """Returns a canonicaliser for one data file."""
        return native.Canonicaliser(options, hashed=hashed)

    def decoder(self, options: DecodeOptions, plans: Sequence[ColumnPlan], split: Split | None = None) -> Decoder:
        """Returns a decoder for one data file."""
        return native.Decoder(options, plans, split)

    def inference(self, options: InferOptions) -> Inference:
        """Returns a taker of statistics for one data file."""
        return native.Inference(options)

    def canonical_item(self, item: Item) -> bytes:
        """Returns the canonical encoding of an item given as Python values."""
        return native.canonical_item(item)

    def duplicate_keys(self, entries: Buffer, limit: int) -> DuplicateKeys:
        """Returns the keys that stand more than once among key entries."""
        return native.duplicate_keys(entries, limit)

    def partition_keys(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of the entries, split by that byte of the hash."""
        return native.partition_keys(entries, byte)

    def key_filter(self, words: int) -> KeyFilter:
        """Returns an empty filter of so many words of 64 bits, a power of two."""
        return native.KeyFilter(words)

    def index(self, options: IndexOptions) -> Index:
        """Returns an index of one data file of changes."""
        return native.Index(options)

    def applier(self, options: ApplyOptions, key_filter: KeyFilter | None) -> Applier:
        """Returns an applier of one data file of a state; the filter has to be this engine's."""
        if key_filter is not None and not isinstance(key_filter, native.KeyFilter):
            raise TypeError(f"the native engine takes key filters of its own, not {type(key_filter).__name__}")
        return native.Applier(options, key_filter)

    def join(self, entries: Buffer, options: JoinOptions) -> Joined:
        """Returns what becomes of whole join entries."""
        return native.join(entries, options)

    def partition_entries(self, entries: Buffer, byte: int) -> Sequence[bytes]:
        """Returns 256 runs of join entries, split by that byte of the hash."""
        return native.partition_entries(entries, byte)

    def signer(self, options: ReadOptions) -> Signer:
        """Returns a signer of one data file."""
        return native.Signer(options)
