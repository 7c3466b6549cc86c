"""One run of verify, from the manifests down to the last record."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    AccessDeniedError,
    ExportError,
    ExportIncompleteError,
    ForeignKeyError,
    ManifestError,
    ObjectNotFoundError,
    UsageError,
)
from exportkit.export import DataFile, DataFiles, Export, open_export
from exportkit.locations import missing_manifest
from exportkit.model.findings import CODES, Finding, Level
from exportkit.model.formats import ExportType
from exportkit.model.key import check_key
from exportkit.model.layout import DATA_FOLDER, DATASET, MANIFEST_SUMMARY
from exportkit.model.ranges import check_range
from exportkit.model.repeats import digest
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ScanOptions
from exportkit.reading import NoProgress, Progress, default_jobs, in_order, with_connections
from exportkit.store import StoreOptions, open_store
from exportkit.store.opening import location_text, normal_uri, storage_options
from exportkit.store.temporary import checked_temp_dir
from exportkit.verify.duplicates import KeySpill
from exportkit.verify.files import FileVerifier
from exportkit.verify.report import FINDINGS_PER_CODE, Findings, VerifyReport
from exportkit.verify.service import KEY_CODES, ask_service
from exportkit.verify.totals import Totals

__all__ = ["verify"]

_NEED_ENTRIES = ("data-file-listed-twice", "total-count-mismatch", "manifest-key-foreign")
_ASKERS = 16
_RENAMED = (
    "Listed files are missing: were these renamed or decompressed? Give what was renamed its name back; what was "
    "decompressed has to be copied again, as the manifest's MD5s are those of the compressed files."
)
_PER_FILE_INDEX = 1 << 24  # key entries number no more files


def verify(
    location: str | os.PathLike[str],
    *,
    level: Level | str = Level.RECORDS,
    key: tuple[str, ...] | None = None,
    expect_item_count: int | None = None,
    service: bool | None = None,
    jobs: int | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> VerifyReport:
    """Returns whether a finished export is whole and every record in it right, and what is wrong.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        level: How deep to look.
        key: Names of the table's key attributes: partition key, and sort key if it has one.
            Incremental exports name their keys themselves.
        expect_item_count: The number of items there must be.
        service: Whether to ask DynamoDB for the export's status and count and the table's key;
            None asks where ``location`` is an ARN.
        jobs: Files read side by side; one for each processor if None.
        temp_dir: Where keys spill to, 32 bytes an item; the system's if None.
        max_record_size: Bytes a record may have.
        storage: How to reach the export; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Scans the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range.
        StoreError: Storage or service failed, or nothing at all is at ``location``.
    """
    try:
        level = Level(level)
    except ValueError:
        raise UsageError(f"no such level: {level}; there are {', '.join(Level)}") from None
    check_key(key)
    check_range(0, expect_item_count=expect_item_count)
    check_range(jobs=jobs, max_record_size=max_record_size)
    folder = checked_temp_dir(temp_dir)
    location = location_text(location)
    run = _Run(
        level=level,
        key=key,
        expect_item_count=expect_item_count,
        jobs=jobs or default_jobs(),
        temp_dir=folder,
        max_record_size=max_record_size,
        storage=with_connections(storage_options(storage), jobs),
        progress=progress or NoProgress(),
        engine=engine or select_engine(),
    )
    return run.verify(location, ask=location.startswith("arn:") if service is None else service)


@dataclass(kw_only=True)
class _Run:
    """The arguments of one verify, and what it has found so far."""

    level: Level
    key: tuple[str, ...] | None
    expect_item_count: int | None
    jobs: int
    temp_dir: Path | None
    max_record_size: int
    storage: StoreOptions
    progress: Progress
    engine: Engine
    findings: Findings = field(default_factory=Findings)
    totals: Totals = field(default_factory=Totals)
    listed: dict[bytes, int] = field(default_factory=dict)  # line of each data file's entry, by a hash of its URI
    refused: set[bytes] = field(default_factory=set)  # hashes of the names that foreign keys end in

    def verify(self, location: str, *, ask: bool) -> VerifyReport:
        try:
            export = open_export(location, self.storage)
        except ExportError as error:
            return self._unreadable(location, error)
        except ObjectNotFoundError as error:
            return self._unreadable(location, self._nothing_there(location, error))
        summary = export.summary
        if ask:
            self.key = ask_service(export, self.storage, self.key, self.findings)
        self._explain(summary.export_type, asked=ask)
        self.progress.begin(summary.item_count)
        self._md5(export, export.summary_uri, export.summary_md5)
        with KeySpill(self.engine, self.temp_dir) as keys:
            files = export.files(on_fault=lambda error: self._fault(error, export.files_uri))
            self._files(export, files, keys)
            self._manifest_sums(export, files)
            self._compare_keys(export, keys)
            compared = keys.entries
        counts: dict[str, object] = {"files": files.count, "items": summary.item_count}
        counts |= self.totals.to_dict(self.level)
        if self.level is Level.RECORDS:
            counts["keys"] = compared
        return self.findings.report(self.level, summary.export_type, self._describe(export), counts)

    def _nothing_there(self, location: str, error: ObjectNotFoundError) -> ManifestError:
        """Returns what is missing in a folder that has data files of an export as it seems; else raises the error."""
        if location.startswith("arn:"):
            raise error
        uri = normal_uri(location)
        store = open_store(uri, self.storage)
        folder = store.parent(uri) if store.name(uri) == MANIFEST_SUMMARY else uri
        folders, _ = store.children(folder)
        if store.join(folder, DATA_FOLDER) not in folders or store.exists(store.join(folder, DATASET)):
            raise error
        return missing_manifest(store.join(folder, MANIFEST_SUMMARY))

    def _unreadable(self, location: str, error: ExportError) -> VerifyReport:
        """Returns the report on an export whose summary cannot be read: nothing else can be checked."""
        self._fault(error, location)
        for code in CODES:
            if not self.findings.counts[code]:
                self.findings.not_done(code, "the export's summary cannot be read")
        uri = getattr(error, "uri", location)
        counts = {"files": 0, "items": 0} | self.totals.to_dict(self.level)
        return self.findings.report(self.level, None, {"uri": uri, "engine": self.engine.name}, counts)

    def _fault(self, error: ExportError, uri: str) -> None:
        if isinstance(error, ManifestError):
            code = "manifest-missing" if error.missing else "manifest-malformed"
        elif isinstance(error, ForeignKeyError):
            code = "manifest-key-foreign"
        elif isinstance(error, ExportIncompleteError):
            code = "export-not-complete"
        else:
            raise error
        if isinstance(error, ForeignKeyError):
            self.refused.add(digest(error.key.rpartition("/")[2]))
        self.findings.add(
            code, getattr(error, "message", str(error)), getattr(error, "uri", uri), line=getattr(error, "line", None)
        )

    def _explain(self, export_type: ExportType, *, asked: bool) -> None:
        """Says which checks cannot be made with what is known."""
        if export_type is ExportType.FULL and self.key is None:
            for code in KEY_CODES:
                self.findings.not_done(code, "the key is not known (--key, or --service)")
        if self.expect_item_count is None and not asked:
            self.findings.not_done("item-count-unexpected", "no count to compare with (--expect-item-count, --service)")

    def _md5(self, export: Export, uri: str, md5: str) -> None:
        try:
            checksum = export.checksum(uri)
        except AccessDeniedError as error:
            # Who may not list a bucket is not told whether the file is there.
            for code in ("manifest-md5-missing", "manifest-md5-mismatch"):
                self.findings.not_done(code, error.message)
            return
        if checksum is None:
            self.findings.add("manifest-md5-missing", "neither .md5 nor .checksum is beside it", uri)
            self.findings.not_done("manifest-md5-mismatch", f"{export.store.name(uri)} has no MD5 file")
        elif checksum.stated != md5:
            self.findings.add(
                "manifest-md5-mismatch", f"its MD5 is {md5}, {checksum.uri} says {checksum.stated!r}", uri
            )

    def _files(self, export: Export, files: DataFiles, keys: KeySpill) -> None:
        unique = self._unique(export, files)
        if self.level is Level.MANIFEST:
            for _ in unique:
                pass
            return
        verifier = FileVerifier(
            store=export.store,
            output_format=export.summary.output_format,
            level=self.level,
            engine=self.engine,
            is_shared=export.is_shared,
            scan_options=lambda file: self._scan_options(export, file),
            take_keys=keys.add,
            progress=self.progress,
            stop=(stop := threading.Event()),
        )
        files_read = without_md5 = with_etags = live_etags = 0
        # Asking whether objects are there is waiting, not computing.
        jobs = max(self.jobs, _ASKERS) if self.level is Level.OBJECTS else self.jobs
        with closing(in_order(verifier, unique, jobs, stop)) as results:
            for result in results:
                self.findings.extend(result.findings, result.more)
                self.findings.end_file(result.file.uri)
                self.totals.add(result)
                files_read += 1
                with_etags += result.has_etag
                live_etags += result.live_etag
                without_md5 += result.file.entry.md5 is None
        if without_md5:
            self.findings.not_done(
                "data-md5-mismatch", f"{without_md5:,} of {files_read:,} files are listed without one"
            )
        if not with_etags and files_read:
            why = "the manifest names none" if live_etags else "files of a local folder have none"
            self.findings.not_done("etag-mismatch", why)
        if export.summary.export_type is ExportType.FULL and files.md5 is not None:
            self._unlisted(export)

    def _unique(self, export: Export, files: DataFiles) -> Iterator[DataFile]:
        """Yields the data files, each once however often it is listed."""
        try:
            for file in files:
                first = self.listed.setdefault(digest(file.uri), file.entry.line)
                if first == file.entry.line:
                    yield file
                else:
                    reason = f"{file.entry.key} is listed at line {first} already"
                    self.findings.add("data-file-listed-twice", reason, export.files_uri, line=file.entry.line)
        except ManifestError as error:
            self._fault(error, export.files_uri)
            for code, row in CODES.items():
                if row.level is not Level.MANIFEST or code in _NEED_ENTRIES:
                    self.findings.not_done(code, "manifest-files.json cannot be read")

    def _unlisted(self, export: Export) -> None:
        remedy = _RENAMED if self.findings.counts["data-file-missing"] else ""
        try:
            for info in export.store.list(export.data_folder):
                # A file of a refused key's name is most likely the one that was meant: it has its finding.
                if digest(info.uri) not in self.listed and digest(export.store.name(info.uri)) not in self.refused:
                    self.findings.add("data-file-unlisted", "no manifest lists this file", info.uri, own_remedy=remedy)
        except AccessDeniedError as error:
            self.findings.not_done("data-file-unlisted", error.message)

    def _manifest_sums(self, export: Export, files: DataFiles) -> None:
        summary = export.summary
        if files.md5 is not None:
            self._md5(export, export.files_uri, files.md5)
            if files.item_count != summary.item_count:
                self.findings.add(
                    "total-count-mismatch",
                    f"the {files.count:,} files listed hold {files.item_count:,} items, "
                    f"itemCount says {summary.item_count:,}",
                    export.summary_uri,
                )
        expected = self.expect_item_count
        if expected is None:
            return
        counted = self.level.depth >= Level.CONTENT.depth and not self.totals.unread
        found = self.totals.records if counted else summary.item_count
        if found != expected:
            told = "holds" if counted else "says it holds"
            self.findings.add(
                "item-count-unexpected", f"the export {told} {found:,} items, not {expected:,}", export.summary_uri
            )

    def _scan_options(self, export: Export, file: DataFile) -> ScanOptions:
        summary = export.summary
        incremental = summary.export_type is ExportType.INCREMENTAL
        return ScanOptions(
            format=summary.output_format,
            export_type=summary.export_type,
            uri=file.uri,
            max_record_size=self.max_record_size,
            view=summary.output_view,
            key_names=self.key,
            collect_keys=incremental or self.key is not None,
            window=None if summary.window is None else summary.window.micros,
            file_index=file.index % _PER_FILE_INDEX,
        )

    def _compare_keys(self, export: Export, keys: KeySpill) -> None:
        for name, types in self.totals.key_types.items():
            most = max(types, key=lambda tag: types[tag].count)
            for tag, seen in types.items():
                if tag != most:
                    reason = (
                        f"{name} is {tag} in {seen.count:,} records, first here, but {most} in {types[most].count:,}"
                    )
                    place = {"line": seen.line, "offset": seen.offset}
                    self.findings.add("key-type-mixed", reason, seen.file, **place)
        found = keys.duplicates(FINDINGS_PER_CODE)
        uris = self._uris(export, {place[0] for pair in found.places for place in pair})
        findings = []
        for (file, line, offset), (first_file, first_line, _) in found.places:
            reason = f"its key stands in {uris[first_file]}:{first_line} already"
            findings.append(Finding("duplicate-key", CODES["duplicate-key"].severity, reason, uris[file], line, offset))
        self.findings.extend(
            sorted(findings, key=lambda finding: (finding.file, finding.line or 0)),
            {("duplicate-key", CODES["duplicate-key"].severity): found.count - len(findings)},
        )

    @staticmethod
    def _uris(export: Export, indices: set[int]) -> dict[int, str]:
        """Returns the URIs of data files by their index; reads manifest-files.json again if there is any."""
        if not indices:
            return {}
        files = export.files(on_fault=lambda _: None)
        return {file.index: file.uri for file in files if file.index in indices}

    def _describe(self, export: Export) -> dict[str, object]:
        return {"uri": export.uri, **export.summary.told(), "engine": self.engine.name}
