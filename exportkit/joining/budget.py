"""How the memory of a joining is shared out."""

from dataclasses import dataclass
from typing import Self

__all__ = ["DEFAULT_MEMORY", "Budget"]

DEFAULT_MEMORY = 1 << 30

_LEAST_ENTRIES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may lie in memory, beside what the process takes anyway.

    Attributes:
        filter_bytes: Bytes that the filter of keys may take.
        entry_bytes: Bytes of join entries that are held before they are spilled.
        leaf_bytes: Bytes of entries that were spilled, and that are joined at once.
    """

    filter_bytes: int
    entry_bytes: int
    leaf_bytes: int

    @classmethod
    def of(cls, memory: int, jobs: int) -> Self:
        """Returns how memory is shared out: while files are read, and later while entries are joined.

        While files are read there are the filter and the spill, which takes two times what it holds, for entries come
        in while others are written. While entries are joined the filter may still be there. What was not spilled is
        there too, and of it, or of what was spilled, each job has the entries of some keys, the lines made of them
        twice, for the engine makes them and hands out a copy, and lines made before, which wait for their turn.

        Args:
            memory: Bytes the process may take for them.
            jobs: Threads.
        """
        return cls(
            filter_bytes=memory // 4,
            entry_bytes=max(_LEAST_ENTRIES, memory // 6),
            leaf_bytes=max(_LEAST_ENTRIES, (memory - memory // 4) // (4 * (jobs + 1))),
        )
