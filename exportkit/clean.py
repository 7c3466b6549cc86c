"""``exportkit.clean``: finds what runs that were killed left behind, and clears away what nobody will go on with."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exportkit.convert.destination import LOCK, Destination
from exportkit.convert.work import WORK_FOLDER
from exportkit.errors import LockedError, ObjectNotFoundError, UsageError
from exportkit.model.layout import DATASET
from exportkit.model.times import format_time
from exportkit.store import Store, StoreOptions, open_store
from exportkit.store.opening import normal_uri, storage_options
from exportkit.store.temporary import TemporaryFolder, temporary_folders

__all__ = ["CleanReport", "Leftover", "clean"]

_UPLOAD = "unfinished upload"
_RECENT = "begun not long ago: somebody may be at work; --older-than 0s aborts it all the same"
_CONVERSION = "unfinished conversion"
_TEMPORARY = "temporary files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that a run left behind.

    Attributes:
        kind: ``unfinished upload``, whose parts take up space under no name, ``unfinished conversion``, or ``temporary
            files`` of a replay, or of a conversion that splits.
        uri: The object that was uploaded, the destination of the conversion, or the temporary folder.
        since: When the upload was begun, or the folder made.
        kept: Why it is still there; None if it was cleared away, or would be.
    """

    kind: str
    uri: str
    since: datetime | None = None
    kept: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Returns it as ``--json`` tells it."""
        since = None if self.since is None else format_time(self.since)
        return {"kind": self.kind, "uri": self.uri, "since": since, "kept": self.kept}


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """What was found.

    Attributes:
        location: Where it was looked for; None where temporary files alone were.
        leftovers: What there was.
        dry_run: Nothing was done.
    """

    location: str | None
    leftovers: tuple[Leftover, ...]
    dry_run: bool

    def to_dict(self) -> dict[str, object]:
        """Returns it as ``--json`` tells it."""
        found = [leftover.to_dict() for leftover in self.leftovers]
        return {"location": self.location, "dry_run": self.dry_run, "leftovers": found}


def clean(
    location: str | os.PathLike[str] | None = None,
    *,
    temp_dir: str | os.PathLike[str] | None = None,
    older_than: timedelta = timedelta(days=1),
    conversions: bool = False,
    dry_run: bool = False,
    storage: StoreOptions | None = None,
) -> CleanReport:
    """Clears away what killed runs left below a folder or prefix: unfinished uploads, and conversions if asked to.

    The same command goes on with an unfinished conversion: it is no leftover while somebody means to. Temporary files
    of a process that runs are never touched.

    Args:
        location: A folder or an S3 URI; a bucket, too.
        temp_dir: A folder right in which temporary files are looked for: what runs had as their ``temp_dir``, or the
            system's.
        older_than: Uploads that were begun later are kept: they may be somebody's who is at work, with any tool. None
            is kept if it is 0, whatever the clocks say.
        conversions: Give unfinished conversions up, and delete what they wrote; else they are told alone.
        dry_run: Tell what there is, and do nothing.
        storage: How it is reached; its ``output`` says what is agreed to and demanded.

    Raises:
        UsageError: No place is named, ``older_than`` is negative, or files of others lie where a conversion is to be
            deleted.
        ObjectNotFoundError: A local folder is not there.
        AccessDeniedError: The credentials do not allow it; names the permission.
        StoreError: Storage failed.
    """
    if older_than < timedelta():
        raise UsageError(f"older_than is {older_than}; it has to be a length of time")
    if location is None and temp_dir is None:
        raise UsageError("name a folder or an S3 URI, or a folder of temporary files: --temp-dir")
    uri = None if location is None else normal_uri(location)
    leftovers: list[Leftover] = []
    if uri is not None:
        if not uri.startswith("s3://") and not Path(uri).is_dir():
            raise ObjectNotFoundError(uri, "no such folder")
        store = open_store(uri, storage_options(storage).for_output())
        last = datetime.now(UTC) - older_than if older_than else None
        leftovers += _unfinished(store, uri, last, conversions=conversions, dry_run=dry_run)
    if temp_dir is not None:
        leftovers += (_temporary(folder, dry_run=dry_run) for folder in temporary_folders(normal_uri(temp_dir)))
    return CleanReport(location=uri, leftovers=tuple(leftovers), dry_run=dry_run)


def _unfinished(
    store: Store, uri: str, last: datetime | None, *, conversions: bool, dry_run: bool
) -> Iterator[Leftover]:
    """Yields uploads and conversions that were not finished, once they are dealt with."""
    for upload in store.unfinished(uri):
        leftover = Leftover(kind=_UPLOAD, uri=upload.uri, since=upload.since.astimezone(UTC))
        if last is not None and upload.since > last:
            leftover = replace(leftover, kept=_RECENT)
        elif not dry_run:
            upload.abort()
        yield leftover
    for dest in _conversions(store, uri):
        leftover = Leftover(kind=_CONVERSION, uri=dest)
        if not conversions:
            leftover = replace(leftover, kept="the same command goes on with it; --conversions deletes it")
        elif not dry_run:
            leftover = _deleted(leftover, store)
        yield leftover


def _temporary(folder: TemporaryFolder, *, dry_run: bool) -> Leftover:
    """Deletes a temporary folder, unless its process runs."""
    found = Leftover(kind=_TEMPORARY, uri=folder.path, since=datetime.fromisoformat(folder.holder.since))
    if folder.in_use:
        return replace(found, kept=f"{folder.holder} is at work in it")
    if not dry_run:
        folder.remove()
    return found


def _conversions(store: Store, uri: str) -> list[str]:
    """Returns the destinations of conversions below a folder that were begun, and are not finished."""
    plans = [info.uri for info in store.list(uri) if info.uri.endswith(f"/{WORK_FOLDER}/plan.json")]
    folders = [store.parent(store.parent(plan)) for plan in plans]
    return [folder for folder in folders if not store.exists(store.join(folder, DATASET))]


def _deleted(leftover: Leftover, store: Store) -> Leftover:
    """Deletes what an unfinished conversion wrote, unless a run is at work there."""
    try:
        with store.lock(store.join(leftover.uri, LOCK)):
            Destination(store, leftover.uri).remove_results(None)
    except LockedError as error:
        return replace(leftover, kept=error.message)
    return leftover
