"""A lock on a local folder that dies with the process that holds it."""

import fcntl
import json
import os
from contextlib import suppress
from types import TracebackType
from typing import Self

from exportkit.errors import LockedError
from exportkit.store.holder import Holder
from exportkit.store.writing import store_errors

__all__ = ["LocalLock"]


class LocalLock:
    """A file under ``flock``; see ``Store.lock``. It is removed when the lock is given back, a folder made for it too.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder = os.path.dirname(path)  # noqa: PTH120 - URIs are text
        self._made_folder = False

    def __enter__(self) -> Self:
        with store_errors(self._folder):
            self._made_folder = not os.path.isdir(self._folder)  # noqa: PTH112 - URIs are text
            os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103 - URIs are text
            while True:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if self._is_there():
                        os.ftruncate(self._file, 0)
                        os.write(self._file, Holder.this().to_json())
                        return self
                except BlockingIOError:
                    said = os.pread(self._file, 4096, 0)
                    os.close(self._file)
                    raise self._locked(said) from None
                except BaseException:
                    os.close(self._file)
                    raise
                os.close(self._file)  # the one who held it has just removed it: there is another file, or none

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_there():
            os.unlink(self._path)  # noqa: PTH108 - URIs are text
        os.close(self._file)
        if self._made_folder:
            with suppress(OSError):  # it is not empty: the run has written something
                os.rmdir(self._folder)  # noqa: PTH106 - URIs are text

    def check(self) -> None:
        """Does nothing: nobody can take the lock over."""

    def _is_there(self) -> bool:
        """Tells whether the locked file is still the one that has the name."""
        try:
            there = os.stat(self._path)  # noqa: PTH116 - URIs are text
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._file))

    def _locked(self, said: bytes) -> LockedError:
        try:
            who = str(Holder.from_json(said))
        except (ValueError, TypeError, json.JSONDecodeError):
            who = "another process"  # which has not written its name yet
        return LockedError(self._path, f"{who} is writing here; wait for it, or end it")
