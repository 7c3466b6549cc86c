"""Keys that stand twice, found over any number of them in bounded memory.

Key entries (32 bytes each, ``exportkit.engine.protocols.Scanner.take_keys``) are spilled by the hash of their key
(``exportkit.reading.spill``): equal keys meet in one leaf.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from exportkit.engine.protocols import Engine
from exportkit.model.scan import DuplicateKeys
from exportkit.reading.spill import Leaf, Spill

__all__ = ["DEFAULT_MEMORY", "ENTRY_SIZE", "KeySpill"]

ENTRY_SIZE = 32
DEFAULT_MEMORY = 16 * 1024 * 1024


class KeySpill:
    """Collects key entries of many files and tells which keys stand twice.

    Safe to add to from several threads. Memory is about three times ``memory``, whatever the number of entries; the
    rest lies under ``temp_dir``, 32 bytes a record, and is gone on exit.

    Args:
        engine: Splits and compares the entries.
        temp_dir: Where to spill; the system's temporary folder if None.
        memory: Bytes of entries to hold before they are spilled.
    """

    def __init__(self, engine: Engine, temp_dir: Path | None = None, memory: int = DEFAULT_MEMORY) -> None:
        self._engine = engine
        self._memory = memory
        self._spill = Spill(engine.partition_keys, temp_dir=temp_dir, memory=memory, what="keys")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spill.__exit__(kind, error, traceback)

    @property
    def entries(self) -> int:
        """Entries taken so far."""
        return self._spill.size // ENTRY_SIZE

    def add(self, entries: bytes) -> None:
        """Takes entries over.

        Args:
            entries: Any number of whole entries.

        Raises:
            StoreError: The temporary folder cannot be written.
        """
        self._spill.add(entries)

    def duplicates(self, limit: int) -> DuplicateKeys:
        """Returns the keys that stand twice among all entries, the first ``limit`` with their places."""
        count = 0
        places: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
        for leaf in self._spill.parts():
            left = limit - len(places)
            if leaf.size <= self._memory:
                found = self._engine.duplicate_keys(leaf.read(), left)
            else:
                found = self._judge_repeated(leaf, left)
            count += found.count
            places += found.places
        return DuplicateKeys(count, tuple(places))

    def _judge_repeated(self, leaf: Leaf, limit: int) -> DuplicateKeys:
        """Judges a leaf of very few different keys piece by piece, each with the earliest of every key."""
        earliest: dict[bytes, tuple[int, int, bytes]] = {}
        for piece in leaf.pieces():
            for start in range(0, len(piece), ENTRY_SIZE):
                entry = piece[start : start + ENTRY_SIZE]
                place = (int.from_bytes(entry[24:32], "little"), int.from_bytes(entry[16:24], "little"), entry)
                known = earliest.get(entry[:16])
                if known is None or place < known:
                    earliest[entry[:16]] = place
        # The places are those of the pieces' own first entries, told against the earliest of all.
        firsts = b"".join(entry for _, _, entry in earliest.values())
        places: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
        for piece in leaf.pieces():
            if len(places) >= limit:
                break
            found = self._engine.duplicate_keys(firsts + piece, limit + len(earliest))
            places += [pair for pair in found.places if pair[0] != pair[1]]
        return DuplicateKeys(leaf.size // ENTRY_SIZE - len(earliest), tuple(places[:limit]))
