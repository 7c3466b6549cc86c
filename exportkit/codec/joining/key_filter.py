"""The filter: a key that it does not hold was surely not added (``docs/joining.md``)."""

from array import array

from exportkit.codec.joining.entries import whole_entries
from exportkit.codec.keys import HASH_SIZE
from exportkit.model.scan import Buffer

__all__ = ["ReferenceKeyFilter"]

BITS = 4
BITS_OF_A_NUMBER = 6  # of a bit in a word of 64


class ReferenceKeyFilter:
    """Tells which keys surely were not added; see ``exportkit.engine.protocols.KeyFilter``."""

    def __init__(self, words: int) -> None:
        if words < 1 or words & (words - 1):
            raise ValueError(f"a filter has a power of two of words, not {words}")
        self._words = array("Q", [0]) * words

    def add(self, entries: Buffer) -> None:
        """Adds the keys of join entries."""
        for key_hash, _ in whole_entries(entries):
            word, bits = self._place(key_hash)
            self._words[word] |= bits

    def __contains__(self, key_hash: bytes) -> bool:
        """Tells whether a key may have been added."""
        if len(key_hash) != HASH_SIZE:
            raise ValueError(f"a key's hash has {HASH_SIZE} bytes, not {len(key_hash)}")
        word, bits = self._place(key_hash)
        return self._words[word] & bits == bits

    def _place(self, key_hash: bytes) -> tuple[int, int]:
        """Returns the number of a key's word, and its bits in that word."""
        numbers = int.from_bytes(key_hash[8:12], "little")
        bits = 0
        for group in range(BITS):
            bits |= 1 << (numbers >> group * BITS_OF_A_NUMBER) % 64
        return int.from_bytes(key_hash[:8], "little") % len(self._words), bits
