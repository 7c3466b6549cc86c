"""What an export is; and of a folder of many: every export, and the chains they make."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exportkit.errors import ExportError, GzipError, ObjectNotFoundError
from exportkit.export import DataFile, Export
from exportkit.locations import ExportStatus, FoundExport, Location, find_below, no_export, resolve_location
from exportkit.model.chain import Chain, LeftOut, plan_chain
from exportkit.model.formats import ExportType, ExportView
from exportkit.model.layout import export_id_time, is_export_id
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import format_time
from exportkit.model.window import Window
from exportkit.store import DataStream, StoreOptions
from exportkit.store.opening import storage_options

__all__ = ["ChecksumState", "Details", "Inspection", "TableOfExports", "inspect"]

_LISTED = 20_000  # data files of a full export whose sizes a listing still gives cheaply
_ASKED = 1_000  # data files asked about one by one
_ASKERS = 16
_SAMPLE = 4 * 1024 * 1024  # compressed bytes inflated to reckon the whole by


@dataclass(frozen=True, slots=True)
class ChecksumState:
    """The checksum file of one manifest.

    Attributes:
        uri: The file; None if there is none.
        matches: Whether it states the manifest's MD5; None if there is none.
    """

    uri: str | None
    matches: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the manifests and data files of one export tell beside its summary.

    Attributes:
        files: Entries of manifest-files.json.
        empty_files: Those without records.
        item_count: The sum of their itemCounts.
        with_md5: Entries that state an MD5.
        with_etag: Entries that state an ETag.
        faults: Errors of lines that are malformed or lead out of the export, the first ones.
        faulty_lines: How many such lines there are.
        missing: Data files that are not there; None if that was not looked at.
        compressed_bytes: Size of the data files; None if that would have taken too many requests.
        bytes_estimate: About what they inflate to, reckoned from the beginning of the largest.
        summary_checksum: The checksum file of manifest-summary.json.
        files_checksum: The checksum file of manifest-files.json.
    """

    files: int
    empty_files: int
    item_count: int
    with_md5: int
    with_etag: int
    faults: tuple[ExportError, ...]
    faulty_lines: int
    missing: int | None
    compressed_bytes: int | None
    bytes_estimate: int | None
    summary_checksum: ChecksumState
    files_checksum: ChecksumState


@dataclass(frozen=True, slots=True)
class TableOfExports:
    """The complete exports of one table.

    Attributes:
        arn: The table's ARN; None for exports that do not say.
        id: Tells it from another table of the same name.
        name: Its name.
        exports: Its exports, in the order of the time they reach to.
        chains: A chain for each full export, oldest first; then one without a base for the
            windows that come before every base. Exports that exportkit made take part as
            bases only.
    """

    arn: str | None
    id: str | None
    name: str | None
    exports: tuple[FoundExport, ...]
    chains: tuple[tuple[FoundExport | None, Chain[FoundExport]], ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is at a location.

    Attributes:
        folder: The location, as an absolute URI.
        exports: Every export there, in the order of its URI.
        tables: The complete ones by table.
        details: More about the export, if there is exactly one and it is complete.
    """

    folder: str
    exports: tuple[FoundExport, ...]
    tables: tuple[TableOfExports, ...]
    details: Details | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the document that ``inspect --json`` prints (``docs/inspect.md``)."""
        return {
            "location": self.folder,
            "exports": [_export_to_dict(found) for found in self.exports],
            "tables": [_table_to_dict(table) for table in self.tables],
            "details": _details_to_dict(self.details) if self.details else None,
        }


def inspect(location: Location, storage: StoreOptions | None = None) -> Inspection:
    """Looks at what is at a location; no data file is read but the beginning of one.

    Args:
        location: An export as for ``open_export``, or a folder with any number below it.
        storage: How storage is reached; standard AWS configuration if None.

    Raises:
        UsageError: It is no location.
        ManifestError: It is one export, whose manifests are malformed or missing.
        ForeignKeyError: It is one export, whose manifest-files.json lies outside of it.
        ObjectNotFoundError: No export is there.
        AccessDeniedError: The location, or every folder in it, may not be looked into.
        StoreError: Storage failed.
    """
    options = storage_options(storage)
    store, folder = resolve_location(location, options)
    try:
        export = Export(store, folder, options)
    except ObjectNotFoundError:
        exports = sorted(find_below(store, folder), key=lambda found: found.uri)
        if not exports:
            raise no_export(store, folder) from None
        if all(found.status is ExportStatus.UNREADABLE for found in exports) and exports[0].error:
            raise exports[0].error from None
        if len(exports) > 1 or exports[0].status is ExportStatus.INCOMPLETE:
            return Inspection(folder, tuple(exports), group_by_table(exports))
        if exports[0].error:
            raise exports[0].error from None
        export = Export(store, exports[0].uri, options)
    exports = [FoundExport(export.uri, ExportStatus.COMPLETE, export.summary)]
    return Inspection(folder, tuple(exports), group_by_table(exports), _details(export))


def group_by_table(exports: Iterable[FoundExport]) -> tuple[TableOfExports, ...]:
    """Returns the tables that complete exports are of, each with its chains, in the order of their ARNs."""
    groups: dict[tuple[str, str], list[tuple[FoundExport, ManifestSummary]]] = {}
    for found in exports:
        if found.summary:
            key = (found.summary.table_arn or "", found.summary.table_id or "")
            groups.setdefault(key, []).append((found, found.summary))
    tables = []
    for (arn, table_id), group in sorted(groups.items()):
        group.sort(key=lambda pair: (_reaches(pair[1]) or "", pair[0].uri))
        chains = _chains(group) if arn else ()
        members = tuple(found for found, _ in group)
        tables.append(TableOfExports(arn or None, table_id or None, group[0][1].table_name, members, chains))
    return tuple(tables)


def _chains(
    group: Sequence[tuple[FoundExport, ManifestSummary]],
) -> tuple[tuple[FoundExport | None, Chain[FoundExport]], ...]:
    # Of two exports of one window the one with both images is worth more.
    candidates = sorted(
        ((summary, found) for found, summary in group if summary.window and summary.exportkit is None),
        key=lambda pair: pair[0].output_view is not ExportView.NEW_AND_OLD_IMAGES,
    )
    windows: list[tuple[Window, FoundExport]] = [(s.window, found) for s, found in candidates if s.window]
    chains: list[tuple[FoundExport | None, Chain[FoundExport]]] = [
        (found, plan_chain(summary.export_time, windows))
        for found, summary in group
        if summary.export_type is ExportType.FULL and summary.export_time
    ]
    before_all = {found.uri for _, found in windows}
    for _, chain in chains:
        before_all &= {found.uri for found, reason in chain.left_out if reason is LeftOut.BEFORE}
    if without_base := [pair for pair in windows if pair[1].uri in before_all]:
        chains.append((None, plan_chain(None, without_base)))
    return tuple(chains)


def _details(export: Export) -> Details:
    faults: list[ExportError] = []
    faulty_lines = 0

    def on_fault(error: ExportError) -> None:
        nonlocal faulty_lines
        faulty_lines += 1
        if len(faults) < 10:
            faults.append(error)

    kept: list[DataFile] = []
    empty = with_md5 = with_etag = 0
    files = export.files(on_fault)
    for file in files:
        empty += file.entry.item_count == 0
        with_md5 += file.entry.md5 is not None
        with_etag += file.entry.etag is not None
        if len(kept) <= _LISTED:
            kept.append(file)
    sizes = _sizes(export, kept)
    compressed = None if sizes is None else sum(sizes.values())
    return Details(
        files=files.count,
        empty_files=empty,
        item_count=files.item_count,
        with_md5=with_md5,
        with_etag=with_etag,
        faults=tuple(faults),
        faulty_lines=faulty_lines,
        missing=None if sizes is None else sum(file.uri not in sizes for file in kept),
        compressed_bytes=compressed,
        bytes_estimate=_estimate(export, sizes) if sizes and compressed else compressed,
        summary_checksum=_checksum(export, export.summary_uri, export.summary_md5),
        files_checksum=_checksum(export, export.files_uri, files.md5),
    )


def _sizes(export: Export, files: Sequence[DataFile]) -> dict[str, int] | None:
    """Returns the sizes of the data files that are there; None if that takes too many requests."""
    uris = {file.uri for file in files}
    if export.summary.export_type is ExportType.FULL and len(uris) <= _LISTED:
        return {info.uri: info.size for info in export.store.list(export.data_folder) if info.uri in uris}
    if len(uris) > _ASKED:
        return None

    def ask(uri: str) -> tuple[str, int] | None:
        with suppress(ObjectNotFoundError):
            return uri, export.store.stat(uri).size
        return None

    with ThreadPoolExecutor(_ASKERS, thread_name_prefix="exportkit-inspect") as pool:
        return dict(answer for answer in pool.map(ask, uris) if answer)


def _estimate(export: Export, sizes: dict[str, int]) -> int | None:
    """Reckons what all inflates to from the beginning of the largest file."""
    largest = max(sizes, key=lambda uri: (sizes[uri], uri))
    with DataStream(export.store.open(largest), largest) as stream:
        try:
            for _ in stream:
                if stream.compressed_bytes >= _SAMPLE:
                    break
        except GzipError:
            return None
        return round(sum(sizes.values()) * stream.bytes / stream.compressed_bytes)


def _checksum(export: Export, manifest_uri: str, md5: str | None) -> ChecksumState:
    checksum = export.checksum(manifest_uri)
    return ChecksumState(checksum.uri, checksum.stated == md5) if checksum else ChecksumState(None, None)


def _reaches(summary: ManifestSummary) -> str | None:
    """The instant whose state an export leads to, as text that sorts."""
    instant = summary.export_time or summary.export_to_time
    return format_time(instant) if instant else None


def _time(instant: datetime | None) -> str | None:
    return format_time(instant) if instant else None


def _window(window: Window | None) -> dict[str, str] | None:
    return {"from": format_time(window.start), "to": format_time(window.end)} if window else None


_FROM_THE_SUMMARY: dict[str, Callable[[ManifestSummary], Any]] = {
    "kind": lambda summary: summary.export_type,
    "format": lambda summary: summary.output_format,
    "view": lambda summary: summary.output_view,
    "export_time": lambda summary: _time(summary.export_time),
    "window": lambda summary: _window(summary.window),
    "item_count": lambda summary: summary.item_count,
    "table": lambda summary: {"arn": summary.table_arn, "id": summary.table_id, "name": summary.table_name},
    "arn": lambda summary: summary.export_arn,
    "end_time": lambda summary: _time(summary.end_time),
    "billed_size_bytes": lambda summary: summary.billed_size_bytes,
    "s3": lambda summary: {
        "bucket": summary.s3_bucket,
        "prefix": summary.s3_prefix,
        "sse_algorithm": summary.s3_sse_algorithm,
        "sse_kms_key_id": summary.s3_sse_kms_key_id,
    },
    "manifest_version": lambda summary: summary.version,
    "exportkit": lambda summary: None if summary.exportkit is None else dict(summary.exportkit),
    "filter_keys": lambda summary: list(summary.filter_keys),
    "unknown_keys": lambda summary: sorted(summary.extra),
    "absent_keys": lambda summary: list(summary.absent_keys),
}


def _export_to_dict(found: FoundExport) -> dict[str, Any]:
    name = found.uri.rsplit("/", 1)[-1]
    begun = export_id_time(name)
    result: dict[str, Any] = {
        "uri": found.uri,
        "status": found.status,
        "problem": str(found.error) if found.error else None,
        "id": name if is_export_id(name) else None,
        "start_time": _time(begun),
    }
    summary = found.summary
    if summary is None:
        return result | dict.fromkeys(_FROM_THE_SUMMARY)
    return result | {
        "id": summary.export_id or result["id"],
        "start_time": _time(summary.start_time or begun),
        **{key: take(summary) for key, take in _FROM_THE_SUMMARY.items()},
    }


def _table_to_dict(table: TableOfExports) -> dict[str, Any]:
    return {
        "arn": table.arn,
        "id": table.id,
        "name": table.name,
        "exports": [found.uri for found in table.exports],
        "chains": [
            {
                "base": base.uri if base else None,
                "base_time": _time(chain.base),
                "end": _time(chain.end),
                "exact_until": _time(chain.exact_until),
                "links": [
                    {
                        "export": link.export.uri,
                        "window": _window(link.window),
                        "join": link.join,
                        "between": _window(link.between),
                    }
                    for link in chain.links
                ],
                "gaps": [_window(gap) for gap in chain.gaps],
                "overlaps": [_window(overlap) for overlap in chain.overlaps],
                "left_out": [{"export": found.uri, "why": why} for found, why in chain.left_out],
            }
            for base, chain in table.chains
        ],
    }


def _details_to_dict(details: Details) -> dict[str, Any]:
    return {
        "files": details.files,
        "empty_files": details.empty_files,
        "item_count": details.item_count,
        "files_with_md5": details.with_md5,
        "files_with_etag": details.with_etag,
        "faulty_lines": details.faulty_lines,
        "faults": [fault.told for fault in details.faults],
        "missing": details.missing,
        "compressed_bytes": details.compressed_bytes,
        "bytes_estimate": details.bytes_estimate,
        "checksums": {
            name: {"uri": state.uri, "matches": state.matches}
            for name, state in (
                ("manifest-summary.json", details.summary_checksum),
                ("manifest-files.json", details.files_checksum),
            )
        },
    }
