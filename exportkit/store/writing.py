"""Files that appear under their name only when they are whole."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from exportkit.errors import AccessDeniedError, StoreError
from exportkit.store.base import ObjectInfo

__all__ = ["AtomicFile", "store_errors"]


class AtomicFile:
    """Writes a file of a local folder; folders above it are made.

    A context manager. The bytes go to a hidden file, which takes the name (and the place of an
    older file) when the block ends, and is removed if the block ends by an exception. A killed
    process leaves the hidden file at most. Nothing is synced to disk: after a power cut a
    manifest's MD5s tell what is whole.

    Args:
        path: The file.
        workplace: The folder that the hidden file lies in, of the same file system; beside the file if None.

    Raises:
        AccessDeniedError: The folder may not be written to.
        StoreError: It cannot be written.
    """

    def __init__(self, path: str, workplace: str | None = None) -> None:
        self._path = path
        self._final = Path(path)
        # A name of its own, so that two writers of one file do not write into each other.
        name = f".{self._final.name[:200]}.{secrets.token_hex(4)}.partial"
        self._partial = (Path(workplace) if workplace else self._final.parent) / name
        self._size = 0

    @property
    def info(self) -> ObjectInfo:
        """The file as it was written."""
        return ObjectInfo(self._path, self._size)

    def __enter__(self) -> Self:
        with store_errors(self._path):
            self._final.parent.mkdir(parents=True, exist_ok=True)
            self._partial.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("xb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with store_errors(self._path):
                self._file.close()
                if error is None:
                    self._partial.replace(self._final)
        finally:
            with suppress(OSError):
                self._partial.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Takes more of the file."""
        with store_errors(self._path):
            self._size += self._file.write(data)


@contextmanager
def store_errors(path: str) -> Iterator[None]:
    """Turns what the file system says to a writer into our errors.

    Args:
        path: The file or folder that is told as the one in question.
    """
    try:
        yield
    except PermissionError as error:
        raise AccessDeniedError(path, "no permission to write it") from error
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(path, f"cannot be written: {error.strerror or os.strerror(error.errno or 0)}") from error
