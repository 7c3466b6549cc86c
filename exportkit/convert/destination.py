"""The folder that a conversion writes to: what of it is ours, what stands in the way."""

import re
from collections.abc import Iterator

from exportkit.convert.dataset import DATASET
from exportkit.convert.quarantine import QUARANTINE_FOLDER
from exportkit.convert.work import WORK_FOLDER
from exportkit.convert.writing import DATA_FOLDER
from exportkit.errors import UsageError
from exportkit.store import Store

__all__ = ["LOCK", "Destination"]

LOCK = "_lock"
_OURS = re.compile(r"part-[0-9]{5,}(-[0-9]{3,}\.parquet|\.jsonl)")
_KEPT_WORK = re.compile(r"(plan|task-[0-9]{5,})\.json")


class Destination:
    """A folder that one conversion at a time writes to.

    Args:
        store: Where it lies.
        uri: The folder.
    """

    def __init__(self, store: Store, uri: str) -> None:
        self.store = store
        self.uri = uri

    def refuse_unless_empty(self) -> None:
        """Makes sure that nothing is there but what a run that was killed early leaves.

        Raises:
            UsageError: Something is.
        """
        folders, files = self.store.children(self.uri)
        names = [f"{self.store.name(uri)}/" for uri in folders] + [self.store.name(info.uri) for info in files]
        others = [name for name in names if name not in {f"{WORK_FOLDER}/", LOCK} and not name.startswith(".")]
        if others:
            raise UsageError(
                f"{self.uri} is not empty: {others[0]} lies there, and no unfinished conversion; take another "
                "destination, or --overwrite what an earlier conversion left"
            )

    def remove_results(self) -> None:
        """Deletes what conversions wrote, the mark of completion first, and what they remember.

        Raises:
            UsageError: Files of others lie where the Parquet files are to go.
        """
        self.store.delete(self._path(DATASET))
        self.store.delete_folder(self._path(WORK_FOLDER))
        self.remove_files()

    def remove_files(self) -> None:
        """Deletes the Parquet and the quarantine files, of all datasets.

        Raises:
            UsageError: Files of others lie among them.
        """
        for folder in self._datasets():
            self._clear(self.store.join(folder, DATA_FOLDER))
            self.store.delete(self.store.join(folder, DATASET))
        self._clear(self._path(QUARANTINE_FOLDER))

    def clear_unfinished(self) -> None:
        """Clears away the unfinished files and uploads of runs that were killed."""
        self.store.clear_unfinished(self.uri)
        for info in self.store.children(self._path(WORK_FOLDER))[1]:
            if not _KEPT_WORK.fullmatch(self.store.name(info.uri)):
                self.store.delete(info.uri)

    def _datasets(self) -> Iterator[str]:
        """Yields the destination, and the folders in it that look like datasets of a split export."""
        yield self.uri
        for folder in self.store.children(self.uri)[0]:
            if "=" in self.store.name(folder):
                yield folder

    def _clear(self, folder: str) -> None:
        folders, files = self.store.children(folder)
        if folders:
            raise UsageError(f"{folders[0]} is none of exportkit's folders; move it away, or take another destination")
        for info in files:
            if not _OURS.fullmatch(self.store.name(info.uri)):
                raise UsageError(f"{info.uri} is none of exportkit's files; move it away, or take another destination")
            self.store.delete(info.uri)

    def _path(self, name: str) -> str:
        return self.store.join(self.uri, name)
