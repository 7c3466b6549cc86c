"""One export, opened: its summary, its data files where they lie now, its checksums; and the exports under a folder."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeAlias

from exportkit.errors import (
    AccessDeniedError,
    ExportError,
    ExportIncompleteError,
    ForeignKeyError,
    ManifestError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    UsageError,
)
from exportkit.model import layout
from exportkit.model.description import ExportDescription
from exportkit.model.layout import Anchor, place_key
from exportkit.model.manifest import DataFileEntry, ManifestSummary
from exportkit.store import Store, StoreOptions, open_store
from exportkit.store.local import LocalStore
from exportkit.store.opening import normal_uri

__all__ = [
    "DataFile",
    "DataFiles",
    "Export",
    "ExportStatus",
    "FoundExport",
    "Location",
    "ManifestChecksum",
    "find_below",
    "find_exports",
    "no_export",
    "open_export",
    "resolve_location",
]

Location: TypeAlias = str | os.PathLike[str]

_SUMMARY_LIMIT = 16 * 1024 * 1024  # AWS's has under 1 kB; exportkit's own names its inputs
_KEPT_FILES = 1 << 20  # bytes of manifest-files.json
_LINE_LIMIT = 1024 * 1024  # a key of S3 has at most 1,024 bytes
_CHECKSUM_LIMIT = 1024
_BLOCK = 256 * 1024
_LOOKERS = 16  # requests under way while exports are looked for
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class DataFile:
    """One data file of an export.

    Attributes:
        index: Its place among the entries of manifest-files.json, from 0.
        entry: What the manifest says.
        uri: Where it lies now.
    """

    index: int
    entry: DataFileEntry
    uri: str


@dataclass(frozen=True, slots=True)
class ManifestChecksum:
    """What the file beside a manifest says the manifest's MD5 is.

    Attributes:
        uri: The file, ``.md5`` as AWS writes it or ``.checksum`` as AWS documents it.
        stated: Its text: base64 of the MD5, if it is what it should be.
    """

    uri: str
    stated: str


class ExportStatus(StrEnum):
    """What the files in an export's folder tell of it."""

    COMPLETE = "complete"
    """Its manifest-summary.json is there and can be read."""
    INCOMPLETE = "incomplete"
    """Only ``_started`` is there: it is running, or it failed."""
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
    error: ExportError | AccessDeniedError | None = None


class Export:
    """A finished export, open for reading.

    Attributes:
        store: Where it lies.
        options: How the store was reached, and whether foreign keys are followed.
        uri: Its folder, the one of manifest-summary.json.
        summary: What the summary says.
        summary_uri: The summary.
        summary_md5: Base64 of the MD5 of the summary's bytes.
        files_uri: manifest-files.json, where it lies now.
        description: What DescribeExport says of it; None if it was not opened by its ARN.
    """

    def __init__(
        self, store: Store, uri: str, options: StoreOptions, description: ExportDescription | None = None
    ) -> None:
        """Reads the summary: one request.

        Raises:
            ManifestError: The summary is malformed.
            ForeignKeyError: It says that manifest-files.json lies outside the export.
            ObjectNotFoundError: There is none.
            StoreError: It cannot be read.
        """
        self.store = store
        self.options = options
        self.uri = uri
        self.description = description
        self.summary_uri = store.join(uri, layout.MANIFEST_SUMMARY)
        data = _summary_bytes(store, self.summary_uri)
        self.summary_md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        self.summary = ManifestSummary.parse(data, self.summary_uri)
        self._anchors = {Anchor.EXPORT: uri, Anchor.ROOT: store.parent(uri)}
        self._confine = store.confinement((uri, store.join(store.parent(uri), layout.DATA_FOLDER)))
        own_folder, _, _ = self.summary.manifest_files_s3_key.rpartition("/")
        self._own_folder = own_folder
        self._own_ids = {store.name(uri), own_folder.rpartition("/")[2], self.summary.export_id or ""} - {""}
        self.files_uri = self.locate(self.summary.manifest_files_s3_key, self.summary_uri, "manifestFilesS3Key")
        self._files_data: bytes | None = None

    def __repr__(self) -> str:
        told = self.summary
        return f"<Export {self.uri}: {told.export_type}, {told.output_format}, {told.item_count:,} records>"

    @property
    def id(self) -> str:
        """The ExportId: the one in the export's ARN, else the folder's name."""
        return self.summary.export_id or self.store.name(self.uri)

    @property
    def data_folder(self) -> str:
        """The folder AWS puts the data files into; incremental exports share theirs with others."""
        anchor = Anchor.ROOT if self.summary.window else Anchor.EXPORT
        return self.store.join(self._anchors[anchor], layout.DATA_FOLDER)

    def files(self, on_fault: "Callable[[ExportError], None] | None" = None) -> "DataFiles":
        """Returns the export's data files, read from manifest-files.json line by line: one request.

        A small manifest-files.json is kept once it was read, and asked for no more.

        Args:
            on_fault: Takes the error of each line that is malformed (ManifestError) or
                leads out of the export (ForeignKeyError); the line is then left out.
                Without it the first such error is raised.
        """
        return DataFiles(self, on_fault)

    def _files_blocks(self) -> Iterator[bytes]:
        """Yields manifest-files.json block by block.

        Raises:
            ManifestError: It is missing.
            StoreError: It cannot be read.
        """
        if self._files_data is not None:
            yield self._files_data
            return
        kept: list[bytes] | None = []
        try:
            stream = self.store.open(self.files_uri)
        except ObjectNotFoundError as error:
            raise ManifestError(self.files_uri, "there is no such file", True) from error
        with stream:
            while block := stream.read(_BLOCK):
                if kept is not None:
                    kept.append(block)
                    if len(kept) * _BLOCK > _KEPT_FILES:
                        kept = None
                yield block
        if kept is not None:
            self._files_data = b"".join(kept)

    def checksum(self, manifest_uri: str) -> ManifestChecksum | None:
        """Returns what the file beside a manifest says its MD5 is; None if there is no such file.

        Args:
            manifest_uri: ``summary_uri`` or ``files_uri``.

        Raises:
            StoreError: It cannot be read.
        """
        stem = manifest_uri.removesuffix(".json")
        for uri in (stem + ".md5", stem + ".checksum"):
            try:
                with self.store.open(uri) as stream:
                    return ManifestChecksum(uri, stream.read(_CHECKSUM_LIMIT).decode("utf-8", "replace").strip())
            except ObjectNotFoundError:
                continue
        return None

    def locate(self, key: str, manifest_uri: str, name: str, line: int | None = None) -> str:
        """Returns the URI of what a manifest key names, where the export lies now (``docs/locations.md``).

        Args:
            key: The key as the manifest has it.
            manifest_uri: The manifest, for errors.
            name: What the manifest calls it, for errors.
            line: The line it stands in, for errors.

        Raises:
            ForeignKeyError: The key leads out of the export, and that is not allowed.
        """
        try:
            place = place_key(key, self._own_ids, self._own_folder)
            uri = self.store.join(self._anchors[place.anchor], place.path)
            self._confine(uri)
        except ValueError as error:
            if self.options.allow_foreign_keys:
                return self.store.foreign(key, self.uri)
            shown = key if len(key) <= 200 else key[:200] + "…"
            reason = f"{name} leads out of the export: {shown!r} {error} (--allow-foreign-keys follows it)"
            raise ForeignKeyError(manifest_uri, reason, line, key) from None
        return uri


class DataFiles(Iterator[DataFile]):
    """The data files of an export in the order of manifest-files.json, never all in memory.

    Attributes:
        count: Entries handed out so far.
        item_count: The sum of their itemCounts, and of those whose keys were refused.
        md5: Base64 of the MD5 of manifest-files.json; None before its end.
    """

    def __init__(self, export: Export, on_fault: Callable[[ExportError], None] | None) -> None:
        self.count = 0
        self.item_count = 0
        self.md5: str | None = None
        self._export = export
        self._on_fault = on_fault
        self._entries = self._read()

    def __next__(self) -> DataFile:
        """Returns the next data file.

        Raises:
            ManifestError: A line is malformed, or manifest-files.json is missing.
            ForeignKeyError: A key leads out of the export.
            StoreError: manifest-files.json cannot be read.
        """
        return next(self._entries)

    def _read(self) -> Iterator[DataFile]:
        for number, line in self._lines():
            if not line.strip():
                continue
            try:
                file = self._file(number, line)
            except (ManifestError, ForeignKeyError) as error:
                if self._on_fault is None:
                    raise
                self._on_fault(error)
            else:
                self.count += 1
                self.item_count += file.entry.item_count
                yield file

    def _file(self, number: int, line: bytes) -> DataFile:
        export = self._export
        if len(line) > _LINE_LIMIT:
            raise ManifestError(export.files_uri, f"longer than {_LINE_LIMIT:,} bytes", line=number)
        entry = DataFileEntry.parse(line, export.files_uri, number)
        try:
            uri = export.locate(entry.key, export.files_uri, "dataFileS3Key", number)
        except ForeignKeyError:
            self.item_count += entry.item_count
            raise
        return DataFile(self.count, entry, uri)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yields the numbered lines; of one that is too long, somewhat more than the limit."""
        md5 = hashlib.md5(usedforsecurity=False)
        number, rest = 1, b""
        for block in self._export._files_blocks():  # noqa: SLF001 - the two are one
            md5.update(block)
            *lines, last = block.split(b"\n")
            for line in lines:
                yield number, rest + line
                number, rest = number + 1, b""
            if len(rest) <= _LINE_LIMIT:
                rest += last
        if rest:
            yield number, rest
        self.md5 = base64.b64encode(md5.digest()).decode()


def open_export(location: Location, options: StoreOptions | None = None) -> Export:
    """Opens a finished export.

    Args:
        location: The export's folder or its manifest-summary.json, as a path, ``file://``
            or ``s3://`` URI; its ARN; or a folder with exactly one export below it.
        options: How storage is reached.

    Raises:
        UsageError: It is no location, or several exports are there.
        ExportIncompleteError: The export is still running, or it failed.
        ManifestError: The summary is malformed, or missing from an export that is there.
        ForeignKeyError: The summary says that manifest-files.json lies outside the export.
        ObjectNotFoundError: No export is there.
        AccessDeniedError: The credentials do not allow it; names the permission.
        StoreError: Storage failed.
    """
    options = options or StoreOptions()
    store, folder, description = _resolve(location, options)
    try:
        return Export(store, folder, options, description)
    except ObjectNotFoundError:
        denied: list[AccessDeniedError] = []
        readable = (found for found in find_below(store, folder) if not _denied(found, denied))
        below = list(islice(readable, _SHOWN + 1))
    if not below and denied:
        raise denied[0]
    if len(below) == 1:
        found = below[0]
        if found.error:
            raise found.error
        return Export(store, found.uri, options, description)
    if below:
        several = UsageError(f"several exports are in {folder}; name one of them:")
        for found in below[:_SHOWN]:
            several.add_note(f"  {found.uri}")
        if len(below) > _SHOWN:
            several.add_note("  …")
        raise several
    raise no_export(store, folder)


def no_export(store: Store, folder: str) -> ObjectNotFoundError:
    """Returns what tells that no export is in a folder or below it."""
    why = f"no {layout.MANIFEST_SUMMARY} in it or below it"
    if isinstance(store, LocalStore):
        if not os.path.exists(folder):  # noqa: PTH110 - URIs are text; a name may be longer than any file's
            why = "there is no such file or folder"
        elif not os.path.isdir(folder):  # noqa: PTH112 - as above
            why = f"it is a file; name the export's folder, or its {layout.MANIFEST_SUMMARY}"
    return ObjectNotFoundError(folder, f"no export is here: {why}")


def find_exports(location: Location, options: StoreOptions | None = None) -> Iterator[FoundExport]:
    """Yields every export in a folder and below it, those nearer the top first.

    Folders below it that may not be read are among them, as ``UNREADABLE``.

    Args:
        location: A folder, as a path, ``file://`` or ``s3://`` URI; or an export as for
            ``open_export``, which is then the only one.
        options: How storage is reached.

    Raises:
        UsageError: It is no location.
        AccessDeniedError: The credentials do not allow to read the folder itself; names the permission.
        StoreError: Storage failed.
    """
    return find_below(*resolve_location(location, options or StoreOptions()))


def resolve_location(location: Location, options: StoreOptions) -> tuple[Store, str]:
    """Returns the store and the folder that a location names; only for an ARN is a request made.

    Raises:
        UsageError: It is no location.
        ExportIncompleteError: It is the ARN of an export that is running, or failed.
        StoreError: The service cannot be asked about the ARN.
    """
    store, folder, _ = _resolve(location, options)
    return store, folder


def _resolve(location: Location, options: StoreOptions) -> tuple[Store, str, ExportDescription | None]:
    text, description = os.fspath(location), None
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

    def look(uri: str) -> tuple[FoundExport | None, list[str]]:
        try:
            return _look(store, uri)
        except AccessDeniedError as error:
            if uri == folder:
                raise
            return FoundExport(uri, ExportStatus.UNREADABLE, error=error), []

    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="exportkit-find") as pool:
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
        unfinished = (
            f"only {layout.STARTED} is here: the export is still running, or it failed; exportkit describe with its "
            "ARN tells which: wait for it (exportkit wait), or ask for it anew"
        )
        return FoundExport(folder, ExportStatus.INCOMPLETE, error=ExportIncompleteError(folder, unfinished)), []
    has_data = layout.is_export_id(store.name(folder)) and store.join(folder, layout.DATA_FOLDER) in folders
    if has_data or any(layout.is_manifest(name) for name in names):
        missing = ManifestError(store.join(folder, layout.MANIFEST_SUMMARY), "there is no such file", True)
        return FoundExport(folder, ExportStatus.BROKEN, error=missing), []
    shared = store.join(folder, layout.DATA_FOLDER) if store.name(folder) == layout.ROOT_FOLDER else None
    return None, [uri for uri in folders if uri != shared]


def _denied(found: FoundExport, denied: list[AccessDeniedError]) -> bool:
    """Tells whether a folder may not be looked into, and keeps why."""
    if isinstance(found.error, AccessDeniedError):
        denied.append(found.error)
    return found.status is ExportStatus.UNREADABLE


def _summary_bytes(store: Store, uri: str) -> bytes:
    try:
        return store.read(uri, _SUMMARY_LIMIT)
    except ObjectTooLargeError as error:
        raise ManifestError(uri, error.message) from None


def _read_summary(store: Store, folder: str) -> FoundExport | None:
    uri = store.join(folder, layout.MANIFEST_SUMMARY)
    try:
        summary = ManifestSummary.parse(_summary_bytes(store, uri), uri)
    except ObjectNotFoundError:
        return None
    except ManifestError as error:
        return FoundExport(folder, ExportStatus.BROKEN, error=error)
    return FoundExport(folder, ExportStatus.COMPLETE, summary)
