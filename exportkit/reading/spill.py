"""Entries by their keys' hashes, any number of them in bounded memory.

Entries collect in memory, split into runs by the first byte of their hash, a piece at a time, by the threads that add
them; once they fill it the runs go to disk. All entries of a key come back together, in one leaf; what is too large for
the memory is split again by the next byte, so that one leaf behind the other the entries come in the order of their
hashes, whatever was split how often.
"""

import os
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Self

from exportkit.errors import StoreError
from exportkit.model.scan import Buffer
from exportkit.store.temporary import temporary_place

__all__ = ["Leaf", "Spill"]

_RUNS = 256

_PIECE = 1024 * 1024
_PIECES = 16
"""Bytes that are split at once: so many, which stay in the cache, and no more than this part of the memory."""

_READ = 1 << 30
"""Bytes read back at once: no operating system reads 2 GiB."""

# Four bytes of SHA-256 split any number of different keys that a disk can hold into leaves
# that fit; what is larger then is one key many times over.
_LAST_BYTE = 3


class Leaf:
    """All entries of some keys, in memory or on disk; it lasts until the next leaf is asked for.

    Attributes:
        size: Its bytes.
    """

    def __init__(self, piece: Callable[[int], bytes], sizes: Sequence[int], memory: int) -> None:
        self.size = sum(sizes)
        self._piece = piece
        self._sizes = sizes
        self._memory = memory

    def read(self) -> bytes:
        """Returns its entries.

        Raises:
            StoreError: They cannot be read back.
        """
        count = len(self._sizes)
        return b"".join(map(self._piece, range(count))) if count > 1 else self._piece(0)

    def pieces(self) -> Iterator[bytes]:
        """Yields its entries, whole ones, as many at a time as a leaf was to have, about; errors as ``read``."""
        taken: list[bytes] = []
        held = 0
        for number, size in enumerate(self._sizes):
            if taken and held + size > self._memory:
                yield b"".join(taken)
                taken, held = [], 0
            taken.append(self._piece(number))
            held += size
        yield b"".join(taken)


class Spill:
    """Collects entries and gives them back by their keys.

    Safe to add to, and later to take leaves from, in several threads. While entries are added, memory is at most about
    two times ``memory``, and three pieces of a sixteenth of it for each thread that adds; a leaf that was spilled takes
    up to two times ``leaf_memory`` when it is read. The rest lies in a nameless file under ``temp_dir``, which is gone
    with the process, however that ends.

    Args:
        partition: Returns 256 runs of whole entries, split by a byte of their hash: ``Engine.partition_entries``
            or ``Engine.partition_keys``.
        temp_dir: Where to spill; the system's temporary folder if None.
        memory: Bytes of entries to hold before they are spilled.
        leaf_memory: Bytes that a leaf of spilled entries may have where it can be split; ``memory`` if None.
        what: What the entries are, for errors: ``keys``, ``changes``.
    """

    def __init__(
        self,
        partition: Callable[[Buffer, int], Sequence[bytes]],
        *,
        temp_dir: Path | None,
        memory: int,
        leaf_memory: int | None = None,
        what: str,
    ) -> None:
        self._partition = partition
        self._temp_dir = temp_dir
        self._memory = memory
        self._leaf_memory = memory if leaf_memory is None else leaf_memory
        self._what = what
        self._loose: list[bytes] = []  # not split yet
        self._loose_size = 0
        self._held: list[Sequence[bytes]] = []  # pieces, each split into runs
        self._held_size = 0
        self._top: _Level | None = None
        self._is_sealed = False
        self._adding = threading.Lock()
        self._spilling = threading.Lock()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loose, self._held = [], []
        if self._top is not None:
            self._top.close()

    def add(self, entries: bytes) -> None:
        """Takes entries over.

        Args:
            entries: Any number of whole entries.

        Raises:
            StoreError: The temporary folder cannot be written.
            ValueError: Leaves have been taken already.
        """
        if not entries:
            return
        with self._adding:
            self._check_open()
            self.size += len(entries)
            self._loose.append(entries)
            self._loose_size += len(entries)
            if self._loose_size < min(_PIECE, self._memory // _PIECES):
                return
            loose, size = self._take_loose()
        runs = self._partition(b"".join(loose), 0)  # side by side with other threads
        with self._adding:
            self._check_open()
            self._held.append(runs)
            self._held_size += size
            if self._held_size < self._memory:
                return
            # Only one thread spills at a time; while it does, the others may fill the memory once more.
            self._spilling.acquire()
            full = self._take_held()
        try:
            self._spill(full)
        finally:
            self._spilling.release()

    def parts(self, first: int = 0, last: int = _RUNS) -> Iterator[Leaf]:
        """Yields the leaves of the entries whose hash has a first byte in ``[first, last)``, in the order of hashes.

        Each leaf has at most ``leaf_memory`` bytes where entries were spilled and it could be split: a leaf of one key
        may have more.

        Raises:
            StoreError: The temporary folder cannot be written or read.
        """
        self._seal()
        if self._top is not None:
            yield from self._top.parts(first, last)
            return
        for number in range(first, last):
            if runs := [run for piece in self._held if (run := piece[number])]:
                yield Leaf(runs.__getitem__, list(map(len, runs)), self._memory)

    def _seal(self) -> None:
        """Ends the adding: what is held goes to where the other entries are."""
        with self._adding:
            if self._is_sealed:
                return
            with self._spilling:
                if self._loose:
                    self._held.append(self._partition(b"".join(self._take_loose()[0]), 0))
                if self._top is not None and self._held:
                    self._spill(self._take_held())
            self._is_sealed = True

    def _check_open(self) -> None:
        if self._is_sealed:
            raise ValueError("entries cannot be added once leaves have been taken")

    def _take_loose(self) -> tuple[list[bytes], int]:
        loose, size = self._loose, self._loose_size
        self._loose, self._loose_size = [], 0
        return loose, size

    def _take_held(self) -> list[Sequence[bytes]]:
        held, self._held, self._held_size = self._held, [], 0
        return held

    def _spill(self, full: list[Sequence[bytes]]) -> None:
        if self._top is None:
            self._top = _Level(self._partition, self._told, self._temp_dir, self._leaf_memory, 0)
        self._top.add_split(full)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what the temporary folder fails with into an error that says what to do."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                temporary_place(self._temp_dir),
                f"{self._what} cannot be spilled there ({error.strerror or error}); name another folder (--temp-dir)",
            ) from error


class _Level:
    """Entries on disk, split by one byte of their hash: one file, each spilling in it as 256 runs one after another."""

    def __init__(
        self,
        partition: Callable[[Buffer, int], Sequence[bytes]],
        told: Callable[[], AbstractContextManager[None]],
        temp_dir: Path | None,
        memory: int,
        byte: int,
    ) -> None:
        self._partition = partition
        self._told = told
        self._temp_dir = temp_dir
        self._memory = memory
        self._byte = byte
        self._ends: list[array[int]] = []  # of the runs of each spilling, where in the file they begin and end
        with told():
            self._file = tempfile.TemporaryFile(buffering=_PIECE, dir=temp_dir)  # noqa: SIM115 - closed by close()

    def add(self, entries: bytes) -> None:
        self.add_split([self._partition(entries, self._byte)])

    def add_split(self, pieces: Sequence[Sequence[bytes]]) -> None:
        start = self._ends[-1][-1] if self._ends else 0
        with self._told():
            self._file.writelines(runs[number] for number in range(_RUNS) for runs in pieces)
            self._file.flush()
        sizes = (sum(len(runs[number]) for runs in pieces) for number in range(_RUNS))
        self._ends.append(array("Q", accumulate(sizes, initial=start)))

    def parts(self, first: int, last: int) -> Iterator[Leaf]:
        for number in range(first, last):
            places = [(ends[number], ends[number + 1]) for ends in self._ends if ends[number] < ends[number + 1]]
            if not places:
                continue
            sizes = [end - start for start, end in places]
            leaf = Leaf(self._reader(places), sizes, self._memory)
            if leaf.size <= self._memory or self._byte == _LAST_BYTE:
                yield leaf
                continue
            below = _Level(self._partition, self._told, self._temp_dir, self._memory, self._byte + 1)
            try:
                for piece in leaf.pieces():
                    below.add(piece)
                yield from below.parts(0, _RUNS)
            finally:
                below.close()

    def close(self) -> None:
        # What a full disk did not take is written once more here; that error would take the place of the one that told.
        with suppress(OSError):
            self._file.close()

    def _reader(self, places: Sequence[tuple[int, int]]) -> Callable[[int], bytes]:
        return lambda number: self._read(*places[number])

    def _read(self, start: int, end: int) -> bytes:
        parts: list[bytes] = []
        with self._told():
            while start < end:
                part = os.pread(self._file.fileno(), min(end - start, _READ), start)
                if not part:
                    raise OSError("the temporary file was cut")
                parts.append(part)
                start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
