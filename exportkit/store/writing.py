"""Files that appear under their name only when they are whole."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from exportkit.errors import AccessDeniedError, StoreError

__all__ = ["AtomicFile"]


class AtomicFile:
    """Writes a file of a local folder; folders above it are made.

    A context manager. The bytes go to a hidden file beside it, which takes the name (and
    the place of an older file) when the block ends, and is removed if the block ends by
    an exception. A killed process leaves the hidden file at most. Nothing is synced to
    disk: after a power cut a manifest's MD5s tell what is whole.

    Args:
        path: The file.

    Raises:
        AccessDeniedError: The folder may not be written to.
        StoreError: It cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._final = Path(path)
        # A name of its own, so that two writers of one file do not write into each other.
        self._partial = self._final.with_name(f".{self._final.name[:200]}.{secrets.token_hex(4)}.partial")

    def __enter__(self) -> Self:
        with self._store_errors():
            self._final.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("xb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._store_errors():
                self._file.close()
                if error is None:
                    self._partial.replace(self._final)
        finally:
            with suppress(OSError):
                self._partial.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Takes more of the file."""
        with self._store_errors():
            self._file.write(data)

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise AccessDeniedError(self._path, "no permission to write it") from error
        except OSError as error:
            raise StoreError(self._path, f"cannot be written: {error.strerror or error}") from error
