"""One export, opened: its summary, its data files where they lie now, its checksums.

Past 400 lines, as an export and the list of its data files are one thing in two classes.
"""

import base64
import hashlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from exportkit.errors import (
    AccessDeniedError,
    ExportError,
    ForeignKeyError,
    ItemCountError,
    ManifestError,
    Md5MismatchError,
    ObjectNotFoundError,
    UsageError,
)
from exportkit.locations import (
    ExportStatus,
    FoundExport,
    Location,
    find_below,
    missing_manifest,
    no_export,
    resolve,
    summary_bytes,
)
from exportkit.model import layout
from exportkit.model.description import ExportDescription
from exportkit.model.layout import Anchor, place_key
from exportkit.model.manifest import DataFileEntry, ManifestSummary
from exportkit.model.repeats import Repeats, digest
from exportkit.store import ByteStream, ObjectInfo, Store, StoreOptions

__all__ = [
    "SHARED_DATA",
    "DataFile",
    "DataFiles",
    "Export",
    "ManifestChecksum",
    "SoundManifest",
    "open_export",
]

SHARED_DATA = (
    f"data files of incremental exports lie in {layout.ROOT_FOLDER}/{layout.DATA_FOLDER}/, beside the export's folder, "
    "and have to be copied with it"
)

_KEPT_FILES = 1 << 20  # bytes of manifest-files.json
_LINE_LIMIT = 1024 * 1024  # a key of S3 has at most 1,024 bytes
_CHECKSUM_LIMIT = 1024
_BLOCK = 256 * 1024
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


@dataclass(frozen=True, slots=True)
class SoundManifest:
    """What manifest-files.json holds, once the manifests were found to be sound.

    Attributes:
        item_counts: The itemCount of each entry, in order.
        md5: Base64 of the MD5 of manifest-files.json.
    """

    item_counts: "array[int]"
    md5: str


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
        data = summary_bytes(store, self.summary_uri)
        self.summary_md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        self.summary = ManifestSummary.parse(data, self.summary_uri)
        self._anchors = {Anchor.EXPORT: uri, Anchor.ROOT: store.parent(uri)}
        self._confine = store.confinement((uri, store.join(store.parent(uri), layout.DATA_FOLDER)))
        own_folder, _, _ = self.summary.manifest_files_s3_key.rpartition("/")
        self._own_folder = own_folder
        self._own_ids = {store.name(uri), own_folder.rpartition("/")[2], self.summary.export_id or ""} - {""}
        self.files_uri = self.locate(self.summary.manifest_files_s3_key, self.summary_uri, "manifestFilesS3Key")
        self._files_data: bytes | None = None
        self._sound: SoundManifest | None = None

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

    def sound_manifest(self) -> SoundManifest:
        """Makes sure, once, that the manifests can be gone by; whatever reads records asks this before.

        They have to be what the MD5 files beside them say, where there are some, list no data file twice, and agree
        with each other.

        Raises:
            Md5MismatchError: One is not what its MD5 file says.
            ManifestError: A line of manifest-files.json is malformed, or names a data file again.
            ForeignKeyError: A key leads out of the export.
            ItemCountError: The files' counts do not add up to the export's.
            StoreError: Something cannot be read.
        """
        if self._sound is None:
            self._check_md5(self.summary_uri, self.summary_md5)
            files, item_counts, names = self.files(), array("q"), Repeats()
            for file in files:
                item_counts.append(file.entry.item_count)
                names.add(file.uri)
            assert files.md5 is not None, "it was read to its end"
            self._check_md5(self.files_uri, files.md5)
            if (repeated := names.any()) is not None:
                raise self._listed_twice(repeated)
            if files.item_count != self.summary.item_count:
                raise self._counts_differ(files)
            self._sound = SoundManifest(item_counts, files.md5)
        return self._sound

    def _counts_differ(self, files: "DataFiles") -> ItemCountError:
        """Returns the error that tells both counts. Nothing was read, so that a cut manifest is as likely as any."""
        told = (
            f"it lists {_plural(files.count, 'data file')} with {_plural(files.item_count, 'record')} in all, "
            f"{layout.MANIFEST_SUMMARY} says {self.summary.item_count:,}; copy the export again; if it is so at its "
            "source too, export anew"
        )
        return ItemCountError(self.files_uri, told)

    def _listed_twice(self, repeated: bytes) -> ManifestError:
        """Returns the error that names a data file's second entry; reads manifest-files.json again for that."""
        first, second = islice((file.entry for file in self.files() if digest(file.uri) == repeated), 2)
        reason = f"{second.key} is listed at line {first.line} already (exportkit verify names all such)"
        return ManifestError(self.files_uri, reason, line=second.line)

    def _check_md5(self, manifest_uri: str, md5: str) -> None:
        """Makes sure that a manifest is what the file beside it says."""
        try:
            checksum = self.checksum(manifest_uri)
        except AccessDeniedError:  # who may not list a bucket is not told whether the file is there
            return
        if checksum is not None and checksum.stated != md5:
            raise Md5MismatchError(
                manifest_uri,
                f"its MD5 is {md5}, {checksum.uri} says {checksum.stated!r}; copy the export again, or, if the "
                f"manifest was changed on purpose, delete {self.store.name(checksum.uri)} beside it",
            )

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
            raise missing_manifest(self.files_uri) from error
        with stream:
            while block := stream.read(_BLOCK):
                if kept is not None:
                    kept.append(block)
                    if len(kept) * _BLOCK > _KEPT_FILES:
                        kept = None
                yield block
        if kept is not None:
            self._files_data = b"".join(kept)

    def open_data(self, uri: str) -> ByteStream:
        """Opens a data file.

        Raises:
            ObjectNotFoundError: It is missing; says what to do.
            StoreError: It cannot be opened.
        """
        with self._listed(uri):
            return self.store.open(uri)

    def stat_data(self, uri: str) -> ObjectInfo:
        """Returns what storage says of a data file; raises as ``open_data``."""
        with self._listed(uri):
            return self.store.stat(uri)

    def is_shared(self, uri: str) -> bool:
        """Tells whether a data file lies beside the export's folder, where incremental exports share a folder."""
        return self.summary.window is not None and uri.startswith(f"{self.data_folder}/")

    @contextmanager
    def _listed(self, uri: str) -> Iterator[None]:
        """Tells what to do where a file that a manifest lists is missing."""
        try:
            yield
        except ObjectNotFoundError as error:
            shared = f"; {SHARED_DATA}" if self.is_shared(uri) else ""
            again = "copy it again; if it is missing at its source too, export anew"
            told = f"{error.message}, but the manifest lists it{shared}; {again}"
            raise ObjectNotFoundError(error.uri, told) from error

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


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
    store, folder, description = resolve(location, options)
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


def _denied(found: FoundExport, denied: list[AccessDeniedError]) -> bool:
    """Tells whether a folder may not be looked into, and keeps why."""
    if isinstance(found.error, AccessDeniedError):
        denied.append(found.error)
    return found.status is ExportStatus.UNREADABLE
