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
        in while others are written. Then the filter is gone. What was not spilled is there, at worst once more as
        copies, and again as the lines made of it; of what was, each job has the entries of some keys, read and copied
        at worst, and the lines made of them.

        Args:
            memory: Bytes the process may take for them.
            jobs: Threads.
        """
        return cls(
            filter_bytes=memory // 4,
            entry_bytes=max(_LEAST_ENTRIES, memory // 6),
            leaf_bytes=max(_LEAST_ENTRIES, memory // (3 * (jobs + 1))),
        )
