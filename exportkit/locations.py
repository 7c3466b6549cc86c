"""Where exports lie: the folder that a location names, and the exports in a folder and below it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from exportkit.errors import (
    AccessDeniedError,
    ExportError,
    ExportIncompleteError,
    ManifestError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    StoreError,
)
from exportkit.model import layout
from exportkit.model.description import ExportDescription
from exportkit.model.manifest import ManifestSummary
from exportkit.store import Store, StoreOptions, open_store
from exportkit.store.cancelling import Cancellation
from exportkit.store.local import LocalStore
from exportkit.store.opening import NO_TEXT, is_text, location_text, normal_uri, storage_options

__all__ = [
    "ExportStatus",
    "FoundExport",
    "Location",
    "find_below",
    "find_exports",
    "missing_manifest",
    "no_export",
    "resolve",
    "resolve_location",
    "summary_bytes",
]

Location: TypeAlias = str | os.PathLike[str]

_SUMMARY_LIMIT = 16 * 1024 * 1024  # AWS's has under 1 kB; exportkit's own names its inputs
_LOOKERS = 16  # requests under way while exports are looked for
_ONLY_STARTED = (
    f"only {layout.STARTED} is here: the export is still running, or it failed; exportkit describe with its ARN tells "
    "which: wait for it (exportkit wait), or ask for it anew"
)
_WITHOUT_MANIFESTS = (
    f"{layout.STARTED} and {layout.DATA_FOLDER}/ are here, but no manifests: most likely they were not copied; copy "
    "the export again; if they are missing at its source too, it is still running, or it failed: exportkit describe "
    "with its ARN tells which"
)


class ExportStatus(StrEnum):
    """What the files in an export's folder tell of it."""

    COMPLETE = "complete"
    """Its manifest-summary.json is there and can be read."""
    INCOMPLETE = "incomplete"
    """``_started`` is there, but no manifests: it is running, it failed, or it was copied without them."""
    BROKEN = "broken"
    """Its manifest-summary.json is malformed, or missing although other files are there."""
    UNREADABLE = "unreadable"
    """The folder may not be looked into: no one knows whether an export is there."""


@dataclass(frozen=True, slots=True)
class FoundExport:
    """An export under a folder.

    Attributes:
        uri: Its folder.
        status: What its files tell.
        summary: Its summary, of a complete export.
        error: Why it is not complete, or may not be looked into.
    """

    uri: str
    status: ExportStatus
    summary: ManifestSummary | None = None
    error: ExportError | StoreError | None = None


def find_exports(location: Location, storage: StoreOptions | None = None) -> Iterator[FoundExport]:
    """Yields every export in a folder and below it, those nearer the top first.

    Folders below it that may not be read are among them, as ``UNREADABLE``.

    Args:
        location: A folder, as a path, ``file://`` or ``s3://`` URI; or an export as for
            ``open_export``, which is then the only one.
        storage: How storage is reached; standard AWS configuration if None.

    Raises:
        UsageError: It is no location.
        AccessDeniedError: The credentials do not allow to read the folder itself; names the permission.
        StoreError: Storage failed.
    """
    return find_below(*resolve_location(location, storage_options(storage)))


def resolve_location(location: Location, options: StoreOptions) -> tuple[Store, str]:
    """Returns the store and the folder that a location names; only for an ARN is a request made.

    Raises:
        UsageError: It is no location.
        ExportIncompleteError: It is the ARN of an export that is running, or failed.
        StoreError: The service cannot be asked about the ARN.
    """
    store, folder, _ = resolve(location, options)
    return store, folder


def resolve(location: Location, options: StoreOptions) -> tuple[Store, str, ExportDescription | None]:
    """Returns the same as ``resolve_location``, and what the service said of an ARN; the same errors."""
    text, description = location_text(location), None
    if text.startswith("arn:"):
        from exportkit.store.aws import describe_export  # noqa: PLC0415 - boto3 takes long to import

        description = describe_export(text, options)
        text = description.manifest_uri()
    uri = normal_uri(text)
    store = open_store(uri, options)
    folder = store.parent(uri) if store.name(uri) == layout.MANIFEST_SUMMARY else uri
    return store, folder, description


def find_below(store: Store, folder: str, *, depth: int | None = None) -> Iterator[FoundExport]:
    """Yields every export in a folder, level by level, several folders looked at side by side.

    Args:
        store: Where the folder lies.
        folder: The folder.
        depth: Levels of folders below it to look into; all if None.
    """
    reading = Cancellation()

    def look(uri: str) -> tuple[FoundExport | None, list[str]]:
        if not is_text(uri):
            return FoundExport(uri, ExportStatus.UNREADABLE, error=StoreError(uri, NO_TEXT)), []
        try:
            with reading.entered():
                return _look(store, uri)
        except AccessDeniedError as error:
            if uri == folder:
                raise
            return FoundExport(uri, ExportStatus.UNREADABLE, error=error), []

    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="exportkit-find") as pool, ExitStack() as ended:
        ended.callback(reading.cancel)
        level = [folder]
        while level:
            below: list[str] = []
            for start in range(0, len(level), 4 * _LOOKERS):
                for found, folders in pool.map(look, level[start : start + 4 * _LOOKERS]):
                    if found:
                        yield found
                    below += folders
            if depth is not None:
                depth -= 1
            level = below if depth is None or depth >= 0 else []


def _look(store: Store, folder: str) -> tuple[FoundExport | None, list[str]]:
    """Returns the export that a folder is, or else the folders in it to look into.

    A folder named as an export is asked for its summary at once: one request each where
    AWS put thousands of exports side by side.
    """
    if layout.is_export_id(store.name(folder)) and (found := _read_summary(store, folder)):
        return found, []
    folders, objects = store.children(folder)
    names = {store.name(info.uri) for info in objects}
    if layout.MANIFEST_SUMMARY in names and (found := _read_summary(store, folder)):
        return found, []
    if layout.STARTED in names and layout.MANIFEST_FILES not in names:
        with_data = store.join(folder, layout.DATA_FOLDER) in folders
        error = ExportIncompleteError(folder, _WITHOUT_MANIFESTS if with_data else _ONLY_STARTED)
        return FoundExport(folder, ExportStatus.INCOMPLETE, error=error), []
    has_data = layout.is_export_id(store.name(folder)) and store.join(folder, layout.DATA_FOLDER) in folders
    if has_data or any(layout.is_manifest(name) for name in names):
        missing = missing_manifest(store.join(folder, layout.MANIFEST_SUMMARY))
        return FoundExport(folder, ExportStatus.BROKEN, error=missing), []
    shared = store.join(folder, layout.DATA_FOLDER) if store.name(folder) == layout.ROOT_FOLDER else None
    return None, [uri for uri in folders if uri != shared]


def missing_manifest(uri: str) -> ManifestError:
    """Returns what tells that a manifest is missing from an export that is there."""
    return ManifestError(uri, "there is no such file", missing=True)


def no_export(store: Store, folder: str) -> ObjectNotFoundError:
    """Returns what tells that no export is in a folder or below it."""
    why = f"no {layout.MANIFEST_SUMMARY} in it or below it{_what_instead(store, folder)}"
    if isinstance(store, LocalStore):
        if not os.path.exists(folder):  # noqa: PTH110 - URIs are text; a name may be longer than any file's
            why = "there is no such file or folder"
        elif not os.path.isdir(folder):  # noqa: PTH112 - as above
            why = f"it is a file; name the export's folder, or its {layout.MANIFEST_SUMMARY}"
    return ObjectNotFoundError(folder, f"no export is here: {why}")


def _what_instead(store: Store, folder: str) -> str:
    """Returns what else a folder is that no export is in, as far as that is known."""
    if any(store.exists(store.join(each, layout.DATASET)) for each in (folder, store.parent(folder))):
        return f"; it is what convert made of one ({layout.DATASET}): Parquet"
    if store.name(folder) == layout.DATA_FOLDER:
        return "; data files alone are no export: name the export's folder, above this one or beside it"
    return ""


def summary_bytes(store: Store, uri: str) -> bytes:
    """Returns the bytes of a manifest-summary.json.

    Raises:
        ManifestError: They are more than one can have.
        ObjectNotFoundError: There is none.
        StoreError: It cannot be read.
    """
    try:
        return store.read(uri, _SUMMARY_LIMIT)
    except ObjectTooLargeError as error:
        raise ManifestError(uri, error.message) from None


def _read_summary(store: Store, folder: str) -> FoundExport | None:
    uri = store.join(folder, layout.MANIFEST_SUMMARY)
    try:
        summary = ManifestSummary.parse(summary_bytes(store, uri), uri)
    except ObjectNotFoundError:
        return None
    except ManifestError as error:
        return FoundExport(folder, ExportStatus.BROKEN, error=error)
    return FoundExport(folder, ExportStatus.COMPLETE, summary)
