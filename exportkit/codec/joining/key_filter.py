"""The filter: a key that it does not hold was surely not added (``docs/joining.md``)."""

from array import array

from exportkit.codec.joining.entries import whole_entries
from exportkit.model.scan import Buffer

__all__ = ["ReferenceKeyFilter"]

BITS = 4
BITS_FROM = 40
BITS_OF_A_NUMBER = 6  # of a bit in a word of 64


class ReferenceKeyFilter:
    """Tells which keys surely were not added; see ``exportkit.engine.protocols.KeyFilter``."""

    def __init__(self, words: int) -> None:
        if words < 1 or words & (words - 1):
            raise ValueError(f"a filter has a power of two of words, not {words}")
        self._words = array("Q", [0]) * words

    def add(self, entries: Buffer) -> None:
        """Adds the keys of join entries."""
        for entry in whole_entries(entries):
            word, bits = self._place(entry.quick_hash)
            self._words[word] |= bits

    def __contains__(self, quick_hash: int) -> bool:
        """Tells whether a key, by its quick hash, may have been added."""
        if not 0 <= quick_hash < 1 << 64:
            raise OverflowError(f"a quick hash has 64 bits: {quick_hash}")
        word, bits = self._place(quick_hash)
        return self._words[word] & bits == bits

    def _place(self, quick_hash: int) -> tuple[int, int]:
        """Returns the number of a key's word, and its bits in that word."""
        numbers = quick_hash >> BITS_FROM
        bits = 0
        for group in range(BITS):
            bits |= 1 << (numbers >> group * BITS_OF_A_NUMBER) % 64
        return quick_hash % len(self._words), bits
