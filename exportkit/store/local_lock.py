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

_TRIES = 100


class LocalLock:
    """A file under ``flock``; see ``Store.lock``.

    It is removed when the lock is given back, and so are the folders made for it, unless something lies in them now.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - URIs are text
        self._made_folders: list[str] = []

    def __enter__(self) -> Self:
        self._made_folders = _missing(self._folder)
        try:
            self._take()
        except BaseException:
            self._remove_folders()
            raise
        return self

    def _take(self) -> None:
        with store_errors(self._folder):
            while True:
                self._file = self._open()
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if self._is_there():
                        os.ftruncate(self._file, 0)
                        os.write(self._file, Holder.this().to_json())
                        return
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
        self._remove_folders()

    def check(self) -> None:
        """Does nothing: nobody can take the lock over."""

    def _open(self) -> int:
        """Opens the file, in a folder that another run may have made, and be removing just now."""
        for _ in range(_TRIES):
            with suppress(FileNotFoundError):
                return self._open_once()
        return self._open_once()

    def _open_once(self) -> int:
        os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103 - URIs are text
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def _remove_folders(self) -> None:
        with suppress(OSError):  # one is not empty: something was written, by this run or by another
            for folder in self._made_folders:
                os.rmdir(folder)  # noqa: PTH106 - URIs are text

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


def _missing(folder: str) -> list[str]:
    """Returns what is to be made for a folder to be there: itself, the one above it, and so on."""
    missing = []
    while not os.path.isdir(folder):  # noqa: PTH112 - URIs are text
        missing.append(folder)
        folder = os.path.dirname(folder)  # noqa: PTH120 - URIs are text
    return missing
