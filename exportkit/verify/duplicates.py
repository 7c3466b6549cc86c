"""Keys that stand twice, found over any number of them in bounded memory.

Key entries (32 bytes each, ``exportkit.engine.protocols.Scanner.take_keys``) collect in
memory and go to disk, split by the first byte of their hash, once they fill it. Equal keys
meet in one partition; a partition that is still too large is split by the next byte.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from exportkit.engine.protocols import Engine
from exportkit.errors import StoreError
from exportkit.model.scan import DuplicateKeys

__all__ = ["DEFAULT_MEMORY", "ENTRY_SIZE", "KeySpill"]

ENTRY_SIZE = 32
DEFAULT_MEMORY = 16 * 1024 * 1024

# Four bytes of SHA-256 split any number of different keys that a disk can hold into
# partitions that fit; what is larger then is one key many times over.
_SPLITS = 4


class KeySpill:
    """Collects key entries of many files and tells which keys stand twice.

    Safe to add to from several threads. Memory is about three times ``memory``, whatever
    the number of entries; the rest lies in a folder under ``temp_dir``, 32 bytes a record,
    and is removed on exit.

    Args:
        engine: Splits and compares the entries.
        temp_dir: Where to spill; the system's temporary folder if None.
        memory: Bytes of entries to hold before they are spilled.
    """

    def __init__(self, engine: Engine, temp_dir: Path | None = None, memory: int = DEFAULT_MEMORY) -> None:
        self._engine = engine
        self._temp_dir = temp_dir
        self._memory = memory - memory % ENTRY_SIZE
        self._buffer = bytearray()
        self._folder: Path | None = None
        self._cleanup = ExitStack()
        self._lock = threading.Lock()
        self.entries = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def add(self, entries: bytes) -> None:
        """Takes entries over.

        Args:
            entries: Any number of whole entries.

        Raises:
            StoreError: The temporary folder cannot be written.
        """
        if not entries:
            return
        with self._lock:
            self.entries += len(entries) // ENTRY_SIZE
            self._buffer += entries
            if len(self._buffer) >= self._memory:
                with self._told():
                    self._spill()

    def duplicates(self, limit: int) -> DuplicateKeys:
        """Returns the keys that stand twice among all entries, the first ``limit`` with their places."""
        if self._folder is None:
            return self._engine.duplicate_keys(self._buffer, limit)
        with self._told():
            return self._duplicates_on_disk(self._folder, limit)

    def _duplicates_on_disk(self, folder: Path, limit: int) -> DuplicateKeys:
        self._spill()
        count = 0
        places: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
        for partition in sorted(folder.iterdir()):
            for found in self._judge(partition, 1, limit):
                count += found.count
                places += found.places[: limit - len(places)]
        return DuplicateKeys(count, tuple(places))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what the temporary folder fails with into an error that says what to do."""
        try:
            yield
        except OSError as error:
            place = str(self._temp_dir or tempfile.gettempdir())
            raise StoreError(
                place, f"keys cannot be spilled there ({error.strerror or error}); name another folder (--temp-dir)"
            ) from error

    def _spill(self) -> None:
        if self._folder is None:
            held = tempfile.TemporaryDirectory(prefix="exportkit-keys-", dir=self._temp_dir)
            self._folder = Path(self._cleanup.enter_context(held))
        self._split(self._buffer, 0, self._folder)
        self._buffer = bytearray()

    def _split(self, entries: bytes | bytearray, byte: int, folder: Path) -> None:
        for number, run in enumerate(self._engine.partition_keys(entries, byte)):
            if run:
                with (folder / f"{number:02x}").open("ab") as file:
                    file.write(run)

    def _judge(self, partition: Path, byte: int, limit: int) -> Iterator[DuplicateKeys]:
        if partition.stat().st_size <= self._memory:
            yield self._engine.duplicate_keys(partition.read_bytes(), limit)
        elif byte < _SPLITS:
            folder = partition.with_suffix(".d")
            folder.mkdir()
            for piece in _pieces(partition, self._memory):
                self._split(piece, byte, folder)
            partition.unlink()
            for part in sorted(folder.iterdir()):
                yield from self._judge(part, byte + 1, limit)
        else:
            yield self._judge_repeated(partition, limit)
        partition.unlink(missing_ok=True)

    def _judge_repeated(self, partition: Path, limit: int) -> DuplicateKeys:
        """Judges a partition of very few different keys piece by piece, each with the earliest of every key."""
        earliest: dict[bytes, tuple[int, int, bytes]] = {}
        entries = 0
        for piece in _pieces(partition, self._memory):
            entries += len(piece) // ENTRY_SIZE
            for start in range(0, len(piece), ENTRY_SIZE):
                entry = piece[start : start + ENTRY_SIZE]
                place = (int.from_bytes(entry[24:32], "little"), int.from_bytes(entry[16:24], "little"), entry)
                known = earliest.get(entry[:16])
                if known is None or place < known:
                    earliest[entry[:16]] = place
        # The places are those of the pieces' own first entries, told against the earliest of all.
        firsts = b"".join(entry for _, _, entry in earliest.values())
        places: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
        for piece in _pieces(partition, self._memory):
            if len(places) >= limit:
                break
            found = self._engine.duplicate_keys(firsts + piece, limit + len(earliest))
            places += [pair for pair in found.places if pair[0] != pair[1]]
        return DuplicateKeys(entries - len(earliest), tuple(places[:limit]))


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece
