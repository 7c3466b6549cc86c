"""Temporary folders that tell whether somebody is at work in them, so that what killed runs left can be deleted."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from exportkit.errors import StoreError, UsageError
from exportkit.store.holder import Holder
from exportkit.store.local_lock import LocalLock
from exportkit.store.writing import store_errors

__all__ = ["TemporaryFolder", "checked_temp_dir", "temporary_folder", "temporary_folders", "temporary_place"]

_PREFIX = "exportkit-"
_LOCK = "lock"
_FILES = "files"


def checked_temp_dir(temp_dir: str | os.PathLike[str] | None) -> Path | None:
    """Returns the folder that temporary files are to go to as a path; None if none was named.

    Whether anything is written there is known late: only where something does not fit memory.

    Raises:
        UsageError: There is no such folder.
    """
    if temp_dir is None:
        return None
    folder = Path(temp_dir)
    if not folder.is_dir():
        raise UsageError(f"temp_dir is {os.fspath(temp_dir)!r}; there is no such folder")
    return folder


def temporary_place(temp_dir: str | os.PathLike[str] | None) -> str:
    """Returns the folder that temporary files go to.

    Args:
        temp_dir: That folder; the system's temporary folder if None.

    Raises:
        StoreError: The system has none that can be written to.
    """
    if temp_dir is not None:
        return os.fspath(temp_dir)
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise StoreError("temporary files", f"{error.strerror}; name a folder (--temp-dir)") from error


@contextmanager
def temporary_folder(temp_dir: str | os.PathLike[str] | None) -> Iterator[str]:
    """Gives an empty folder that is gone when the block ends. A killed process leaves it; then nobody has its lock.

    Args:
        temp_dir: Where it is made; the system's temporary folder if None.

    Raises:
        AccessDeniedError: It may not be made there.
        StoreError: It cannot be made.
    """
    with store_errors(temporary_place(temp_dir)):
        # Whoever does not end the block has it removed when the interpreter ends.
        whole = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=temp_dir, ignore_cleanup_errors=True)
    with whole, LocalLock(str(Path(whole.name, _LOCK))):
        files = Path(whole.name, _FILES)
        with store_errors(str(files)):
            files.mkdir()
        try:
            yield str(files)
        finally:
            # While the lock is there: killed in the midst of it, the rest is still told for what it is.
            shutil.rmtree(files, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class TemporaryFolder:
    """A temporary folder that is there.

    Attributes:
        path: The folder.
        holder: Who made it.
        in_use: Whether that process still runs.
    """

    path: str
    holder: Holder
    in_use: bool

    def remove(self) -> None:
        """Deletes it.

        Raises:
            LockedError: Somebody is at work in it; says who.
            StoreError: It cannot be deleted.
        """
        with LocalLock(str(Path(self.path, _LOCK))), store_errors(self.path):
            shutil.rmtree(self.path)


def temporary_folders(temp_dir: str | os.PathLike[str]) -> Iterator[TemporaryFolder]:
    """Yields the temporary folders of this user right in a folder.

    Raises:
        StoreError: The folder cannot be read, or is none.
    """
    try:
        with os.scandir(temp_dir) as entries:
            # Others could have put a link there, to a file that they want to have overwritten.
            found = sorted(entry.path for entry in entries if entry.name.startswith(_PREFIX) and _is_ours(entry))
    except OSError as error:
        raise StoreError(os.fspath(temp_dir), error.strerror or str(error)) from error
    for path in found:
        try:
            with Path(path, _LOCK).open("r+b") as lock:
                folder = TemporaryFolder(path, Holder.from_json(lock.read()), _is_locked(lock))
        except (OSError, ValueError, TypeError):
            continue  # the lock's file is written under the lock: this one is being made, or is none
        yield folder


def _is_ours(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid()


def _is_locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
