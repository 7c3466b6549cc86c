"""Exports in local folders."""

import errno
import io
import os
import shutil
import stat as modes
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

from exportkit.errors import AccessDeniedError, ObjectNotFoundError, StoreError
from exportkit.store.base import ByteStream, Lock, ObjectInfo, ObjectWriter, Store
from exportkit.store.local_lock import LocalLock
from exportkit.store.writing import AtomicFile, store_errors

__all__ = ["LocalStore"]

_FOLDERS_KEPT = 1024
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


class LocalStore(Store):
    """The local file system; URIs are absolute paths."""

    def open(self, uri: str) -> ByteStream:
        """Returns the file's bytes; only regular files are read, so that none can block."""
        return _LocalStream.open(uri)

    def stat(self, uri: str) -> ObjectInfo:
        """Returns the file's size."""
        try:
            return _info(uri, os.stat(uri))  # noqa: PTH116 - a path that may be no Path, with a NUL
        except (OSError, ValueError) as error:
            raise _store_error(uri, error) from error

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """Yields the regular files below a folder."""
        waiting = [folder]
        while waiting:
            folders, files = self.children(waiting.pop())
            yield from files
            waiting += reversed(folders)

    def children(self, folder: str) -> tuple[tuple[str, ...], tuple[ObjectInfo, ...]]:
        """Returns the folders and regular files in a folder; links to folders are left out, for they may go round."""
        folders: list[str] = []
        files: list[ObjectInfo] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file():
                        files.append(ObjectInfo(entry.path, entry.stat().st_size))
        except OSError as error:
            if error.errno not in _ABSENT:
                raise _store_error(folder, error) from error
        return tuple(sorted(folders)), tuple(sorted(files, key=lambda info: info.uri))

    def join(self, folder: str, path: str) -> str:
        """Returns the path in a folder."""
        return os.path.join(folder, *path.split("/"))  # noqa: PTH118 - URIs are text

    def parent(self, uri: str) -> str:
        """Returns the folder a path lies in."""
        return os.path.dirname(uri)  # noqa: PTH120 - URIs are text

    def foreign(self, key: str, folder: str) -> str:
        """Returns the path that a key means, seen from the export's folder."""
        return os.path.normpath(os.path.join(folder, key.removeprefix("file://")))  # noqa: PTH118 - URIs are text

    def confinement(self, roots: tuple[str, ...]) -> Callable[[str], None]:
        """Returns what follows the links of paths and of the folders they are in."""
        return _Confinement(roots)

    def tail(self, uri: str, size: int) -> bytes:
        """Returns the last bytes of a file."""
        with _LocalStream.open(uri) as stream:
            stream.seek(max(0, stream.info.size - size))
            return stream.read(size)

    def writer(self, uri: str, *, workplace: str | None = None) -> ObjectWriter:
        """Returns what writes a hidden file, which then takes the name; folders above are made."""
        return AtomicFile(uri, workplace)

    def adopt(self, path: str, uri: str) -> ObjectInfo:
        """Gives a file its name; folders above are made."""
        with store_errors(uri):
            os.makedirs(self.parent(uri), exist_ok=True)  # noqa: PTH103 - URIs are text
            os.replace(path, uri)  # noqa: PTH105 - URIs are text
            return _info(uri, os.stat(uri))  # noqa: PTH116 - URIs are text

    def delete(self, uri: str) -> None:
        """Deletes a file, and the folder it lay in if that is empty now."""
        with store_errors(uri), suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(uri)  # noqa: PTH108 - URIs are text
        self.delete_empty_folder(self.parent(uri))

    def delete_empty_folder(self, folder: str) -> None:
        """Deletes a folder that nothing lies in."""
        with suppress(OSError):  # another's file is in it
            os.rmdir(folder)  # noqa: PTH106 - URIs are text

    def delete_folder(self, folder: str) -> None:
        """Deletes a folder with all that is in it; where it is a link, the link alone."""
        with store_errors(folder), suppress(FileNotFoundError, NotADirectoryError):
            if os.path.islink(folder):  # noqa: PTH114 - URIs are text
                os.unlink(folder)  # noqa: PTH108 - URIs are text
            else:
                shutil.rmtree(folder)

    def clear_unfinished(self, folder: str) -> None:
        """Does nothing: hidden files lie in the workplace, which is deleted as a folder."""

    def lock(self, uri: str) -> Lock:
        """Returns a lock by ``flock`` on a file, which is there while it is held."""
        return LocalLock(uri)


class _Confinement:
    """Asks for each folder once: an export has few, and files by the hundred thousand."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = tuple(os.path.join(root, "") for root in roots)  # noqa: PTH118 - URIs are text
        self._inside: set[str] = set()

    def __call__(self, uri: str) -> None:
        folder = uri.rpartition("/")[0]
        if folder in self._inside and not os.path.islink(uri):  # noqa: PTH114 - URIs are text
            return
        real = os.path.realpath(uri)
        if not real.startswith(self._roots):
            raise ValueError(f"a link leads to {real}")
        if real.rpartition("/")[0] == os.path.realpath(folder) and len(self._inside) < _FOLDERS_KEPT:
            self._inside.add(folder)


class _LocalStream(io.FileIO):
    """A regular file, its errors ours."""

    _info: ObjectInfo

    @classmethod
    def open(cls, uri: str) -> Self:
        try:
            # A FIFO would wait for its writer for ever without O_NONBLOCK; regular files ignore it.
            descriptor = os.open(uri, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                info = _info(uri, os.fstat(descriptor))
                stream = cls(descriptor, "rb")
            except BaseException:
                os.close(descriptor)
                raise
        except (OSError, ValueError) as error:
            raise _store_error(uri, error) from error
        stream._info = info
        return stream

    @property
    def info(self) -> ObjectInfo:
        return self._info

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(size) or b""
        except OSError as error:
            raise _store_error(self._info.uri, error) from error

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed allows None, for pipes
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            raise _store_error(self._info.uri, error) from error


def _info(uri: str, status: os.stat_result) -> ObjectInfo:
    if not modes.S_ISREG(status.st_mode):
        raise ObjectNotFoundError(uri, "is a folder" if modes.S_ISDIR(status.st_mode) else "is no regular file")
    return ObjectInfo(uri, status.st_size)


def _store_error(uri: str, error: OSError | ValueError) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, ValueError) or error.errno in _ABSENT:  # ValueError: a NUL, which no name has
        return ObjectNotFoundError(uri, "no such file")
    if isinstance(error, PermissionError):
        return AccessDeniedError(uri, "no permission to read it")
    return StoreError(uri, error.strerror or str(error))
