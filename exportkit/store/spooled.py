"""Objects that are written as local files first, with no handle kept open: for many at once."""

from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from exportkit.store.base import ObjectInfo, Store
from exportkit.store.writing import store_errors

__all__ = ["SpooledObject"]


class SpooledObject:
    """Writes one object; see ``ObjectWriter``. Its bytes lie in a local file until it is whole.

    Args:
        store: Where the object goes.
        uri: The object.
        folder: A local folder, where ``uri`` is local of the same file system.
    """

    def __init__(self, store: Store, uri: str, folder: str) -> None:
        self._store = store
        self._uri = uri
        self._path = Path(folder, f"{token_hex(8)}.partial")

    @property
    def info(self) -> ObjectInfo:
        """The object as it was written."""
        return self._info

    def __enter__(self) -> Self:
        with store_errors(str(self._path)):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._info = self._store.adopt(str(self._path), self._uri)
        finally:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Takes more of the object."""
        with store_errors(str(self._path)), self._path.open("ab", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
