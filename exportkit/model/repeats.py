"""Which of very many texts stand there twice, found in little memory."""

import hashlib
from itertools import pairwise

__all__ = ["Repeats", "digest"]

_SIZE = 16


def digest(text: str) -> bytes:
    """Returns what stands for a text among many: 16 bytes however long it is."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


class Repeats:
    """Texts of which a repeated one is looked for; each takes 16 bytes.

    Example:
        >>> names = Repeats()
        >>> for name in ("a", "b", "a"):
        ...     names.add(name)
        >>> names.any() == digest("a")
        True
    """

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(256)]  # by the first byte, so that few at a time are objects

    def add(self, text: str) -> None:
        """Takes the next text."""
        added = digest(text)
        self._buckets[added[0]] += added

    def any(self) -> bytes | None:
        """Returns the digest of a text that stands there twice, always the same one; None if there is none."""
        for bucket in self._buckets:
            digests = sorted(bytes(bucket[start : start + _SIZE]) for start in range(0, len(bucket), _SIZE))
            for one, next_one in pairwise(digests):
                if one == next_one:
                    return one
        return None
