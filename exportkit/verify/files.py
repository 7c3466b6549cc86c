"""Verifies one data file: is it there, is it what the manifest says, is every record right."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from exportkit.engine.protocols import Engine
from exportkit.errors import GzipError, ObjectNotFoundError
from exportkit.export import SHARED_DATA, DataFile
from exportkit.model.findings import CODES, Finding, Level
from exportkit.model.formats import OutputFormat
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ScanOptions, ScanReport
from exportkit.reading import Progress, sniff
from exportkit.reasons import REASONS, Severity
from exportkit.store import DataStream, ObjectInfo, Store
from exportkit.verify.lines import LineCounter

__all__ = ["FileResult", "FileVerifier"]

_SHARED_REMEDY = f"{CODES['data-file-missing'].remedy} {SHARED_DATA[0].upper()}{SHARED_DATA[1:]}."
_REMEDIES = {  # of reasons for which another is right than for their code
    "too-long": f"Raise --max-record-size, which is {DEFAULT_MAX_RECORD_SIZE >> 20}MiB unless told otherwise."
}


@dataclass(slots=True)
class FileResult:
    """What was found in one data file.

    Attributes:
        file: The data file.
        findings: The findings, in order of their lines.
        more: Findings past the scanner's limit, counted only, by code and severity.
        scan: What the scan found, at level records.
        records: Records in the file, None where it was not read to its end.
        has_etag: Whether its ETag could be compared.
        live_etag: Whether the object has one at all; files of local folders have none.
        blank_lines: Blank lines in it.
        compressed_bytes: Bytes read from storage.
        bytes: Bytes they inflated to.
    """

    file: DataFile
    findings: list[Finding] = field(default_factory=list)
    more: dict[tuple[str, Severity], int] = field(default_factory=dict)
    scan: ScanReport | None = None
    records: int | None = None
    has_etag: bool = False
    live_etag: bool = False
    blank_lines: int = 0
    compressed_bytes: int = 0
    bytes: int = 0

    def add(self, code: str, reason: str, own_remedy: str = "") -> None:
        """Adds a finding about the file as a whole."""
        self.findings.append(Finding(code, CODES[code].severity, reason, self.file.uri, own_remedy=own_remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerifier:
    """Verifies the data files of one export; safe to call from several threads.

    Attributes:
        store: Where the files lie.
        output_format: How the manifest says they are written.
        level: How deep to look.
        engine: Scans the records.
        is_shared: Whether a data file lies in the folder that incremental exports share, given its URI.
        scan_options: What to check in the records, given the file.
        take_keys: Takes key entries over.
        progress: Hears how it goes on.
        stop: Ends the reading of all files once it is set: nobody waits for the answers any more.
    """

    store: Store
    output_format: OutputFormat
    level: Level
    engine: Engine
    is_shared: Callable[[str], bool]
    scan_options: Callable[[DataFile], ScanOptions]
    take_keys: Callable[[bytes], None]
    progress: Progress
    stop: threading.Event

    def __call__(self, file: DataFile) -> FileResult:
        """Returns what was found in the file.

        Raises:
            StoreError: Storage could not give the file out, for another reason than that
                it is not there.
        """
        result = FileResult(file)
        try:
            if self.level.depth < Level.CONTENT.depth:
                self._object(self.store.stat(file.uri), result)
            else:
                source = self.store.open(file.uri)
                self._object(source.info, result)
                with DataStream(source, file.uri) as stream:
                    self._content(stream, result)
        except ObjectNotFoundError:
            shared = _SHARED_REMEDY if self.is_shared(file.uri) else ""
            result.add("data-file-missing", "the manifest lists this file, but it is not there", shared)
        self.progress.advance(files=1)
        return result

    def _object(self, info: ObjectInfo, result: FileResult) -> None:
        listed = result.file.entry.etag
        result.live_etag = info.etag is not None
        result.has_etag = result.live_etag and listed is not None
        if info.etag is not None and listed is not None and info.etag != listed.strip('"'):
            result.add("etag-mismatch", f"the object's ETag is {info.etag}, the manifest's {listed}")

    def _content(self, stream: DataStream, result: FileResult) -> None:
        scanner = self.engine.scanner(self.scan_options(result.file)) if self.level is Level.RECORDS else None
        counter = scanner or LineCounter()
        seen_bytes = seen_records = 0
        ended = True  # whether the last chunk ended with a whole line
        broken: GzipError | None = None
        try:
            for chunk in stream:
                if self.stop.is_set():
                    return
                if not stream.bytes > len(chunk):
                    self._first(chunk, result)
                counter.feed(chunk)
                if scanner is not None:
                    self.take_keys(scanner.take_keys())
                ended = chunk[-1:] == b"\n"
                read, records = stream.compressed_bytes, counter.records
                self.progress.advance(compressed_bytes=read - seen_bytes, items=records - seen_records)
                seen_bytes, seen_records = read, records
        except GzipError as error:
            broken = error
            stream.drain()
        if scanner is not None:
            result.scan = scanner.finish()
            self.take_keys(scanner.take_keys())
            result.records, result.blank_lines = result.scan.records, result.scan.blank_lines
            self._faults(result, result.scan, cut_off=broken is not None and not ended)
        elif isinstance(counter, LineCounter):
            counter.finish()
            result.records, result.blank_lines = counter.records, counter.blank_lines
        result.compressed_bytes, result.bytes = stream.compressed_bytes, stream.bytes
        self.progress.advance(
            compressed_bytes=result.compressed_bytes - seen_bytes, items=(result.records or 0) - seen_records
        )
        self._sums(result, stream.md5, broken)

    def _first(self, chunk: bytes, result: FileResult) -> None:
        written = sniff(chunk)
        if written not in {None, self.output_format}:
            result.add("manifest-malformed", f"outputFormat is {self.output_format}, but the file is {written}")

    def _sums(self, result: FileResult, md5: str, broken: GzipError | None) -> None:
        entry = result.file.entry
        if entry.md5 is not None and entry.md5 != md5:
            result.add("data-md5-mismatch", f"the file's MD5 is {md5}, the manifest's {entry.md5}")
        if broken is not None:
            result.add("gzip-corrupt", broken.message)
            result.records = None
        elif result.records != entry.item_count:
            result.add(
                "item-count-mismatch",
                f"the file holds {result.records:,} items, the manifest says {entry.item_count:,}",
            )

    @staticmethod
    def _faults(result: FileResult, scan: ScanReport, *, cut_off: bool) -> None:
        # Where the stream broke inside a line, that line is no record: the gzip finding tells it.
        last = scan.records + scan.blank_lines if cut_off else None
        kept: dict[str, int] = {}
        for fault in scan.faults:
            kept[fault.reason] = kept.get(fault.reason, 0) + 1
            if fault.line == last:
                continue
            reason = REASONS[fault.reason]
            result.findings.append(
                Finding(
                    reason.code,
                    reason.severity,
                    reason.text,
                    result.file.uri,
                    fault.line,
                    fault.offset,
                    fault.path,
                    _REMEDIES.get(fault.reason, ""),
                )
            )
        for slug, count in scan.fault_counts.items():
            reason = REASONS[slug]
            key = (reason.code, reason.severity)
            result.more[key] = result.more.get(key, 0) + count - kept.get(slug, 0)
