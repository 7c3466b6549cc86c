"""The folder that a conversion writes to: what of it is ours, what stands in the way."""

import re
from collections.abc import Collection, Iterable
from itertools import chain

from exportkit.convert.dataset import Finished
from exportkit.convert.quarantine import QUARANTINE_FOLDER
from exportkit.convert.work import DATA_FOLDER, WORK_FOLDER, Workplace, WorkPlan
from exportkit.errors import UsageError
from exportkit.model.layout import DATASET
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
        ours = {f"{WORK_FOLDER}/", LOCK}
        other = next(
            chain(
                (self._first_in(name) for name in names if name not in ours and not name.startswith(".")),
                # A link to a folder is no child of it, but would be written through.
                (info.uri for name in (DATA_FOLDER, QUARANTINE_FOLDER) for info in self.store.list(self._path(name))),
                (info.uri for info in self.store.list(self._path(WORK_FOLDER)) if not self._is_left_work(info.uri)),
            ),
            None,
        )
        if other is not None:
            raise UsageError(
                f"{self.uri} is not empty: {other} lies there, and no result of exportkit's, finished or not; move "
                "it away, or take another destination"
            )

    def remove_results(self, finished: Finished | None) -> None:
        """Deletes what conversions wrote, the mark of completion first, and what they remember last.

        Killed at any point it leaves the mark of an unfinished conversion, by which
        the rest is known to be exportkit's.

        Args:
            finished: What dataset.json says; None where there is none.

        Raises:
            UsageError: Files of others lie where the result is to go, or no conversion was ever begun here; then
                nothing is deleted.
        """
        work = Workplace(self.store, self.uri)
        begun = work.plan()
        if finished is None and begun is None:
            self.refuse_unless_empty()
            return
        targets = (finished.targets if finished else ()) + (begun.targets if begun else ())
        folders = {each.folder: each for each in targets}
        parts = self._parts(folders)
        self._refuse_other_splits(folders)
        if finished is not None:
            work.save_plan(WorkPlan(fingerprint="", targets=tuple(folders.values()), tasks=()))
        self.store.delete(self._path(DATASET))
        for uri in parts:
            self.store.delete(uri)
        # A part that was never finished leaves the folder that was made for it.
        for uri in self._part_folders(folders):
            self.store.delete_empty_folder(uri)
        for folder in filter(None, folders):
            self.store.delete(self.store.join(self._path(folder), DATASET))
        self.store.delete_folder(self._path(WORK_FOLDER))

    def remove_files(self) -> None:
        """Deletes the Parquet and the quarantine files of a conversion that is not split, and was begun here.

        Raises:
            UsageError: Files of others lie among them; then nothing is deleted.
        """
        for uri in self._parts(()):
            self.store.delete(uri)

    def clear_unfinished(self) -> None:
        """Clears away the unfinished files and uploads of runs that were killed."""
        self.store.clear_unfinished(self.uri)
        for info in self.store.children(self._path(WORK_FOLDER))[1]:
            if not _KEPT_WORK.fullmatch(self.store.name(info.uri)):
                self.store.delete(info.uri)

    def _parts(self, folders: Iterable[str]) -> list[str]:
        """Returns the Parquet and the quarantine files of some datasets and of the whole.

        Raises:
            UsageError: Files of others lie among them.
        """
        uris = self._part_folders(folders)
        parts = [info.uri for uri in uris for info in self.store.list(uri)]
        for uri in parts:
            if self.store.parent(uri) not in uris or not _OURS.fullmatch(self.store.name(uri)):
                raise _foreign(uri)
        return parts

    def _part_folders(self, folders: Iterable[str]) -> list[str]:
        """Returns the folders that such files lie in."""
        uris = [self._path(QUARANTINE_FOLDER), self._path(DATA_FOLDER)]
        return uris + [self.store.join(self._path(folder), DATA_FOLDER) for folder in folders if folder]

    def _refuse_other_splits(self, folders: Collection[str]) -> None:
        """Looks for folders of others that have the form of a split export's, whose files might be written over.

        Raises:
            UsageError: There is one.
        """
        for folder in self.store.children(self.uri)[0]:
            name = self.store.name(folder)
            if "=" in name and name not in folders and (info := next(self.store.list(folder), None)):
                raise _foreign(info.uri)

    def _is_left_work(self, uri: str) -> bool:
        """Tells whether a file may be what was left when the work folder was made, or was deleted in part."""
        name = self.store.name(uri)
        return name.endswith(".partial") or _KEPT_WORK.fullmatch(name) is not None

    def _first_in(self, name: str) -> str:
        """Returns the first file of what lies in the destination, or its name where that is an empty folder."""
        uri = self._path(name.removesuffix("/"))
        return next((info.uri for info in self.store.list(uri)), uri) if name.endswith("/") else uri

    def _path(self, name: str) -> str:
        return self.store.join(self.uri, name)


def _foreign(uri: str) -> UsageError:
    return UsageError(
        f"{uri} is none of exportkit's files; nothing was deleted: move it away, or take another destination"
    )
