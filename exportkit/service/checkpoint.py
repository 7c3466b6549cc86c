"""What a load has done so far, kept in a local file, so that a killed one can be gone on with."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from exportkit.errors import StoreError, UsageError
from exportkit.store.local_lock import LocalLock
from exportkit.store.temporary import temporary_place

__all__ = ["Checkpoint"]

_VERSION = 1
_BEGUN = "begun"


class Checkpoint:
    """The data files that a load has finished: a line of text for each, behind a first line that tells which load.

    A line between tells that the load has begun to write, so that what the table holds may be its own.

    A context manager: it keeps other runs of the same load off, and reads what an earlier one has left.

    Args:
        path: The file; None: one in the system's temporary folder, named after the load.
        load: What tells the load from others; fit for JSON.

    Attributes:
        path: The file.
        begun: Whether this load, now or in an earlier run, may have written something.
    """

    def __init__(self, path: Path | None, load: Mapping[str, Any]) -> None:
        text = orjson.dumps(load, option=orjson.OPT_SORT_KEYS)
        self._fingerprint = hashlib.sha256(text).hexdigest()
        name = f"exportkit-load-{self._fingerprint[:16]}.jsonl"
        self.path = path or Path(temporary_place(None), name)
        self._header = {"exportkit_load": _VERSION, "fingerprint": self._fingerprint, **load}
        self._done: set[tuple[int, int]] = set()
        self.begun = False

    def __enter__(self) -> Self:
        """Takes the lock and reads the file.

        Raises:
            UsageError: The file is another load's, or no such file, or another user's.
            LockedError: Another run of this load is under way.
            StoreError: It cannot be read or written.
        """
        with ExitStack() as stack:
            stack.enter_context(LocalLock(f"{self.path}.lock"))
            try:
                # A link in a folder that all may write to could lead to any file of ours.
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._file = os.open(self.path, flags, 0o600)
                stack.callback(os.close, self._file)
                self._read()
            except OSError as error:
                raise StoreError(str(self.path), error.strerror or str(error)) from error
            self._held = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            if not self.begun:  # nothing to go on from
                self.discard()

    def finished(self, step: int, file: int) -> bool:
        """Tells whether a data file is done.

        Args:
            step: The export's place in the load, from 0.
            file: The data file's place in its manifest, from 0.
        """
        return (step, file) in self._done

    def begin(self) -> None:
        """Notes that writing begins.

        Raises:
            StoreError: It cannot be written.
        """
        if not self.begun:
            self.begun = True
            self._append(_BEGUN)

    def finish(self, step: int, file: int) -> None:
        """Notes that a data file is done.

        Raises:
            StoreError: It cannot be written.
        """
        self.begin()
        self._done.add((step, file))
        self._append([step, file])

    def discard(self) -> None:
        """Forgets it all: the load is done, or nothing of it."""
        self._done.clear()
        self.begun = False
        with suppress(FileNotFoundError):
            self.path.unlink()

    def __len__(self) -> int:
        return len(self._done)

    def _append(self, told: Any) -> None:
        try:
            os.write(self._file, orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise StoreError(str(self.path), error.strerror or str(error)) from error

    def _read(self) -> None:
        if os.fstat(self._file).st_uid != os.getuid():
            raise UsageError(f"{self.path} is another user's; name a file of your own (--resume-file)")
        data = self.path.read_bytes()
        if not data:
            self._append(self._header)
            return
        *lines, torn = data.split(b"\n")  # a killed run may not have come to the end of a line
        try:
            header, *told = map(orjson.loads, lines)
            fingerprint = header["fingerprint"]
            self.begun = told[:1] == [_BEGUN]
            self._done = {(step, file) for step, file in told[1:]}
        except (KeyError, TypeError, ValueError):
            raise UsageError(f"{self.path} is no file of a load; name another one (--resume-file)") from None
        if fingerprint != self._fingerprint:
            raise UsageError(
                f"{self.path} tells of a load of other exports, or into another table; name another file "
                "(--resume-file), or delete it"
            )
        end = len(data) - len(torn)
        os.ftruncate(self._file, end)
        os.lseek(self._file, end, os.SEEK_SET)
