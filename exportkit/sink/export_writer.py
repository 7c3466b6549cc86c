"""Writes one export in the AWS layout, whole: data files, both manifests, their MD5s, ``_started``.

``manifest-summary.json`` is written last and is the mark of completion, as AWS's own
is: an export that was not finished has ``_started`` and perhaps data files, each of them
whole, which no manifest names. Memory does not grow with the data, but by one manifest
line for each file. The same lines give the same bytes, however they are cut and wherever
they are written to: in S3 a large file is uploaded in several parts, and its manifest line
still has the etag of a single one, as AWS's have, which an object's own ETag may differ
from anyway (md5Checksum decides).
"""

import base64
import os
import re
import threading
from contextlib import ExitStack
from dataclasses import replace
from hashlib import md5
from types import TracebackType
from typing import Self

from exportkit.errors import UsageError
from exportkit.model.formats import ExportType
from exportkit.model.layout import (
    DATA_FOLDER,
    MANIFEST_FILES,
    MANIFEST_SUMMARY,
    ROOT_FOLDER,
    STARTED,
    data_file_name,
    is_export_id,
)
from exportkit.model.manifest import DataFileEntry, ManifestSummary
from exportkit.sink.deflated import DeflatedMember
from exportkit.sink.stored import StoredMember
from exportkit.store.base import ObjectWriter, Store
from exportkit.store.local import LocalStore

__all__ = ["DataFileWriter", "ExportWriter", "refuse_root_folder"]

_UNFINISHED = re.compile(r"\..*\.partial")


def refuse_root_folder(uri: str) -> None:
    """Refuses a destination that is a folder ``AWSDynamoDB``, for exports would go into another one in it.

    Args:
        uri: The destination, as ``normal_uri`` gives it.

    Raises:
        UsageError: It is one.
    """
    above, _, name = uri.rpartition("/")
    if name == ROOT_FOLDER:
        raise UsageError(
            f"{uri}: the export goes into a folder {ROOT_FOLDER} of the destination; name the folder above: {above}"
        )


class ExportWriter:
    r"""Writes one export below a folder that stands for the bucket, or into a bucket.

    Data files are asked for one after the other; several threads may then write them at once.

    Args:
        root: What manifest keys are relative to: the folder that stands for the bucket, or ``s3://BUCKET``.
        summary: What the summary is to say. ``s3_prefix`` names where below the root the export
            goes; ``item_count`` and ``manifest_files_s3_key`` are filled in.
        store: Where the root lies; the local file system if None.
        export_id: The ExportId; the one that ``export_arn`` names if None.
        level: Deflate level of igzip, 0 to 3; None: data files are not compressed, and have no MD5s, for they are soon
            deleted.

    Raises:
        UsageError: There is no ExportId, or the prefix leads out of the root.

    Example:
        >>> with ExportWriter("/backup", summary) as export:  # doctest: +SKIP
        ...     with export.data_file() as file:
        ...         file.write(b'{"Item":{"id":{"S":"a"}}}\n', records=1)
        ...     summary = export.finish()
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        summary: ManifestSummary,
        *,
        store: Store | None = None,
        export_id: str | None = None,
        level: int | None = 1,
    ) -> None:
        prefix = summary.s3_prefix or ""
        export_id = export_id or summary.export_id
        if export_id is None or not is_export_id(export_id):
            raise UsageError(
                "an export to be written needs an exportArn that ends in its ExportId, <14 digits>-<8 hex>"
            )
        if prefix.startswith("/") or ".." in prefix.split("/"):
            raise UsageError(f"a prefix that leads out of the bucket: {prefix!r}")
        self._store = store or LocalStore()
        self._root = os.fspath(root)
        self._top = f"{prefix.rstrip('/')}/{ROOT_FOLDER}" if prefix else ROOT_FOLDER
        self._id = export_id
        self._own = f"{self._top}/{self._id}"
        self._summary = replace(summary, manifest_files_s3_key=f"{self._own}/{MANIFEST_FILES}")
        self._level = level
        self._lock = threading.Lock()
        self._keys: list[str] = []
        self._entries: dict[int, DataFileEntry] = {}
        self._bytes = 0
        self._others: list[str] = []
        self._taken_up = False

    def __enter__(self) -> Self:
        self._put(STARTED, b"")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the block; an export that ``finish`` was not called on stays unfinished."""

    @property
    def folder(self) -> str:
        """The export's folder."""
        return self._uri(self._own)

    @property
    def item_count(self) -> int:
        """Records of the data files that are done."""
        return sum(entry.item_count for entry in self._entries.values())

    @property
    def data_bytes(self) -> int:
        """Decompressed bytes of the data files that are done."""
        return self._bytes

    def data_file(self) -> "DataFileWriter":
        """Returns a writer of the next data file; several may be open at once.

        Manifest lines come in the order of these calls, and names are made from the
        ExportId and that order.
        """
        index = len(self._keys)
        name = data_file_name(self._id, index)
        # The data of all incremental exports under one prefix lies in one folder.
        folder = self._top if self._summary.export_type is ExportType.INCREMENTAL else self._own
        key = f"{folder}/{DATA_FOLDER}/{name}{self._summary.output_format.suffix}"
        self._keys.append(key)
        uri = self._uri(key)
        if self._taken_up:
            self._store.clear_unfinished(uri)
        # Unfinished bytes lie in the export's own folder, where they are known to be its own.
        file = self._store.writer(uri, workplace=self.folder)
        return DataFileWriter(self, index, key, file, self._level)

    def put(self, name: str, data: bytes) -> None:
        """Writes a file of another kind into the export's folder, beside the manifests."""
        self._put(name, data)

    def finish(self, *, billed_size_bytes: int | None = None) -> ManifestSummary:
        """Writes the manifests and returns what the summary says.

        Args:
            billed_size_bytes: Takes the place of the summary's.
        """
        summary = replace(self._summary, item_count=self.item_count)
        if billed_size_bytes is not None:
            summary = replace(summary, billed_size_bytes=billed_size_bytes)
        lines = (self._entries[index].to_json() for index in sorted(self._entries))
        self._put_with_md5(MANIFEST_FILES, b"".join(lines))
        self._put_with_md5(MANIFEST_SUMMARY, summary.to_json())
        return summary

    def take_up(self) -> None:
        """Prepares to write an export anew that a killed run began: what it left unfinished is cleared away.

        Nobody else may be writing it.

        Raises:
            StoreError: Storage failed.
        """
        self._taken_up = True
        self._store.clear_unfinished(self.folder)
        for info in self._store.children(self.folder)[1]:
            if _UNFINISHED.fullmatch(self._store.name(info.uri)):
                self._store.delete(info.uri)

    def discard(self) -> None:
        """Deletes all files that were written, the mark of completion first; those of others stay.

        Raises:
            StoreError: Storage failed.
        """
        for key in [*reversed(self._others), *self._keys]:
            self._store.delete(self._uri(key))

    def _done(self, index: int, entry: DataFileEntry, size: int) -> None:
        with self._lock:
            self._entries[index] = entry
            self._bytes += size

    def _put_with_md5(self, name: str, data: bytes) -> None:
        checksum = base64.b64encode(md5(data, usedforsecurity=False).digest())
        self._put(f"{name.removesuffix('.json')}.md5", checksum)
        self._put(name, data)

    def _put(self, name: str, data: bytes) -> None:
        key = f"{self._own}/{name}"
        self._others.append(key)
        self._store.put(self._uri(key), data)

    def _uri(self, key: str) -> str:
        return self._store.join(self._root, key)


class DataFileWriter:
    """Writes one data file: counts, compresses and takes the MD5 on the way.

    A context manager: the file gets its name and its manifest line when the block ends,
    and neither if it ends by an exception.
    """

    def __init__(self, export: ExportWriter, index: int, key: str, file: ObjectWriter, level: int | None) -> None:
        self._export = export
        self._index = index
        self._key = key
        self._level = level
        self._records = 0
        self._bytes = 0
        self._md5 = md5(usedforsecurity=False)
        self._file = file

    def __enter__(self) -> Self:
        self._file.__enter__()
        self._member = self._new_member()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._file.__exit__(kind, error, trace)
            return
        with ExitStack() as stack:
            stack.push(self._file)
            self._put(self._member.flush())
        entry = DataFileEntry(item_count=self._records, key=self._key)
        if self._level is not None:
            digest = self._md5.digest()
            etag = f"{md5(digest, usedforsecurity=False).hexdigest()}-1"  # a multipart upload of one part
            entry = replace(entry, md5=base64.b64encode(digest).decode(), etag=etag)
        self._export._done(self._index, entry, self._bytes)  # noqa: SLF001 - the two are one

    @property
    def records(self) -> int:
        """Records taken so far."""
        return self._records

    @property
    def data_bytes(self) -> int:
        """Decompressed bytes taken so far."""
        return self._bytes

    def write(self, lines: bytes, records: int) -> None:
        """Takes more of the file.

        Args:
            lines: Bytes, cut anywhere.
            records: Records that end in them.
        """
        self._records += records
        self._bytes += len(lines)
        self._put(self._member.compress(lines))

    def new_member(self) -> None:
        """Ends the gzip member; what follows goes into another, even in the middle of a record."""
        self._put(self._member.flush())
        self._member = self._new_member()

    def _new_member(self) -> DeflatedMember | StoredMember:
        return StoredMember() if self._level is None else DeflatedMember(self._level)

    def _put(self, data: bytes) -> None:
        if self._level is not None:
            self._md5.update(data)
        self._file.write(data)
