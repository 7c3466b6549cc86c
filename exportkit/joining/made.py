"""An export that exportkit makes: who may write it, whether it is there already, what is left of it.

Its ExportId is the same at the same call, so that this finds its own result, or what a killed run left of it, and
nobody else's.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import orjson

from exportkit.errors import LockedError, ManifestError, ObjectNotFoundError, StoreError, UsageError
from exportkit.export import Export
from exportkit.joining.identity import identify
from exportkit.locations import Location
from exportkit.model.layout import DATA_FOLDER, MANIFEST_SUMMARY, STARTED, is_manifest
from exportkit.model.manifest import ManifestSummary
from exportkit.sink.export_writer import DataFileWriter, ExportWriter, refuse_root_folder
from exportkit.store import StoreOptions, open_store
from exportkit.store.local import LocalStore
from exportkit.store.opening import normal_uri, refuse_file

__all__ = ["LINEAGE", "MadeExport"]

LINEAGE = "lineage.json"
"""The file beside the manifests that tells what an export was made of."""

_LOCK = "_lock"
_SUMMARY_LIMIT = 16 * 1024 * 1024
_ASKERS = 16


class MadeExport:
    """An export while it is made; a context manager.

    Entering takes the lock. Where the result is there already, ``already`` has its summary and nothing is to be
    done. What a killed run left is written anew. If the block ends by an exception, everything that was
    written in it is deleted.

    Args:
        dest: The folder that stands for the bucket, or ``s3://BUCKET[/PREFIX]``.
        storage: How it is reached.
        summary: What the result is: table, format, kind, view, time or window. Names, places, versions, counts and
            marks are filled in; of a local result ``s3_bucket`` stays.
        operation: What makes it: ``replay``, ``diff``, ``compact`` or ``revert``.
        inputs: What it is made of, as ``inputs_of`` tells it.
        settings: All else that decides its bytes.
        carried: What its summary is to tell whoever reads it (``ReplayChain.carried``).
        level: As for ``ExportWriter``.

    Attributes:
        export_id: The ExportId.
        fingerprint: The hash of inputs, settings and what the result is.
        already: The summary of the result that is there; None if it is to be made.

    Raises:
        UsageError: The destination is a file, a folder ``AWSDynamoDB``, or no location; or, on entering: another
            result is there.
        LockedError: On entering: another run writes this result.
        StoreError: On entering: it cannot be written to, or a result that is there is not whole.
    """

    def __init__(
        self,
        dest: Location,
        storage: StoreOptions,
        summary: ManifestSummary,
        operation: str,
        inputs: Sequence[Mapping[str, Any]],
        settings: Mapping[str, Any],
        carried: Mapping[str, Any] | None = None,
        *,
        level: int | None = 1,
    ) -> None:
        uri = normal_uri(dest)
        refuse_file(uri)
        refuse_root_folder(uri)
        storage = storage.for_output()
        self._store = open_store(uri, storage)
        self._storage = storage
        identity = identify(summary, operation, inputs, settings, carried)
        self.export_id, self.fingerprint = identity.export_id, identity.fingerprint
        self.already: ManifestSummary | None = None
        root, bucket, prefix = _placed(uri, summary)
        self._summary = replace(
            identity.summary,
            s3_bucket=bucket,
            s3_prefix=prefix,
            s3_sse_algorithm="KMS" if (storage.output.sse or "").startswith("aws:kms") else "AES256",
            s3_sse_kms_key_id=storage.output.sse_kms_key_id,
        )
        self._writer = ExportWriter(root, self._summary, store=self._store, export_id=self.export_id, level=level)
        self._lock = self._store.lock(self._store.join(self.uri, _LOCK))

    @property
    def uri(self) -> str:
        """The export's folder."""
        return self._writer.folder

    @property
    def item_count(self) -> int:
        """Records of the data files that are done."""
        return self._writer.item_count

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._remove_empty_folder)
            stack.enter_context(self._lock)
            self.already = self._there()
            if self.already is None:
                self._writer.__enter__()
            self._held = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            if error is not None and self.already is None:
                self._discard(error)

    def data_file(self) -> DataFileWriter:
        """Returns a writer of the next data file; as ``ExportWriter.data_file``."""
        return self._writer.data_file()

    def finish(self, lineage: Mapping[str, Any]) -> ManifestSummary:
        """Writes ``lineage.json`` and the manifests, the summary last, and returns what that says.

        Args:
            lineage: What the lineage tells beside operation, inputs and settings; fit for JSON.

        Raises:
            LockedError: Another run has taken the place over.
            StoreError: They cannot be written.
        """
        told = {
            "export": self._writer.folder.rpartition("/")[2],
            **self._summary.told(),
            **dict(self._summary.exportkit or {}),
            **lineage,
        }
        self._lock.check()
        self._writer.put(LINEAGE, orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        return self._writer.finish()

    def _there(self) -> ManifestSummary | None:
        """Returns the summary of the result, if it is there; makes ready to write it, if it is not.

        Raises:
            UsageError: Something else is there.
            StoreError: The result that is there is not whole.
        """
        folders, files = self._store.children(self.uri)
        names = {self._store.name(info.uri) for info in files}
        if MANIFEST_SUMMARY in names:
            return self._finished()
        ours = {STARTED, _LOCK, LINEAGE}
        others = {name for name in names - ours if not is_manifest(name) and not name.startswith(".")}
        others |= {self._store.name(folder) for folder in folders} - {DATA_FOLDER}
        if others:
            raise UsageError(
                f"{self.uri} holds {min(others)}, which is no part of the result; move it away, or take another "
                "destination"
            )
        if names - {_LOCK}:
            self._writer.take_up()
        return None

    def _finished(self) -> ManifestSummary:
        uri = self._store.join(self.uri, MANIFEST_SUMMARY)
        try:
            summary = ManifestSummary.parse(self._store.read(uri, _SUMMARY_LIMIT), uri)
        except ManifestError as error:
            raise UsageError(f"{error.told}; move {self.uri} away, or take another destination") from None
        if (summary.exportkit or {}).get("fingerprint") != self.fingerprint:
            raise UsageError(
                f"{self.uri} holds another export, which is not overwritten; move it away, or take another destination"
            )

        def stat(uri: str) -> None:
            try:
                self._store.stat(uri)
            except ObjectNotFoundError as error:
                told = f"is missing from the result that was written before; delete {self.uri} and run again"
                raise StoreError(uri, told) from error

        with ThreadPoolExecutor(_ASKERS, thread_name_prefix="exportkit-made") as pool:
            for _ in pool.map(stat, (file.uri for file in Export(self._store, self.uri, self._storage).files())):
                pass
        return summary

    def _discard(self, error: BaseException) -> None:
        """Deletes what was written; where that fails too, the error that led here tells what is left."""
        try:
            self._lock.check()
            self._writer.discard()
        except LockedError:
            error.add_note(f"{self.uri} belongs to another run now: nothing was deleted")
        except StoreError as another:
            error.add_note(f"unfinished: {self.uri} could not be deleted ({another}); the same command writes it anew")

    def _remove_empty_folder(self) -> None:
        """Removes the folder that a killed run had made; those that this run made the lock has removed."""
        if isinstance(self._store, LocalStore):
            with suppress(OSError):  # something is in it, or it is gone
                os.rmdir(self.uri)  # noqa: PTH106 - URIs are text


def _placed(uri: str, summary: ManifestSummary) -> tuple[str, str | None, str | None]:
    """Returns the root of a destination's keys, and the bucket and prefix that its manifests name."""
    if not uri.startswith("s3://"):
        return uri, summary.s3_bucket, None
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return f"s3://{bucket}", bucket, prefix or None
