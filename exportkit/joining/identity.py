"""What an export that exportkit makes is called: by the state's time, and a hash of what it is made of and how."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import orjson

from exportkit.errors import AccessDeniedError, ItemCountError, Md5MismatchError, UsageError
from exportkit.export import Export
from exportkit.model.formats import ExportType
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import format_time, to_micros

__all__ = ["Identity", "identify", "inputs_of"]

_ASKERS = 16
_VERSION = 1  # of what the fingerprint is made of
_MANIFEST_VERSIONS = {ExportType.FULL: "2020-06-30", ExportType.INCREMENTAL: "2023-08-01"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What an export is that is made.

    Attributes:
        export_id: The ExportId.
        fingerprint: The hash of inputs, settings and what the result is.
        summary: What its summary says, but for places and counts.
    """

    export_id: str
    fingerprint: str
    summary: ManifestSummary


def identify(
    summary: ManifestSummary,
    operation: str,
    inputs: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    carried: Mapping[str, Any] | None,
) -> Identity:
    """Returns what an export is that is made; arguments are those of ``MadeExport``.

    Raises:
        UsageError: The result has no time.
    """
    made_of = {"operation": operation, "inputs": [dict(each) for each in inputs], "settings": dict(settings)}
    # The inputs tell most of what it carries, but that one is filtered may be known of DescribeExport alone.
    decides = {"version": _VERSION, "made": summary.told(), **made_of, **({"carried": carried} if carried else {})}
    fingerprint = hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()
    instant = summary.export_time or summary.export_to_time
    if instant is None:
        raise UsageError(f"the result of {operation} has no time: exportTime of its base is missing")
    export_id = f"{to_micros(instant) // 1000:014d}-{fingerprint[:8]}"
    made = replace(
        summary,
        version=_MANIFEST_VERSIONS[summary.export_type],
        export_arn=f"{summary.table_arn}/export/{export_id}" if summary.table_arn else None,
        start_time=instant,
        end_time=instant,
        billed_size_bytes=0,
        exportkit={**made_of, **(carried or {}), "fingerprint": fingerprint},
        extra={},
    )
    return Identity(export_id, fingerprint, made)


def inputs_of(exports: Iterable[Export]) -> list[dict[str, Any]]:
    """Returns what exports that are read are known by, wherever they lie; several are asked for side by side.

    Of each manifest-files.json is read once. The manifests decide what is joined with what, so they have to be what the
    MD5 files beside them say.

    Raises:
        Md5MismatchError: One is not.
        ManifestError: A line of manifest-files.json is malformed.
        ForeignKeyError: A key leads out of the export.
        ItemCountError: The files' counts do not add up to the export's.
        StoreError: It cannot be read.
    """
    with ThreadPoolExecutor(_ASKERS, thread_name_prefix="exportkit-ask") as pool:
        return list(pool.map(_input_of, exports))


def _input_of(export: Export) -> dict[str, Any]:
    summary = export.summary
    _check_md5(export, export.summary_uri, export.summary_md5)
    files = export.files()
    for _ in files:
        pass
    _check_md5(export, export.files_uri, files.md5)
    if files.item_count != summary.item_count:
        raise ItemCountError(
            export.uri,
            f"its files hold {files.item_count:,} records, its summary says {summary.item_count:,}; export anew",
        )
    instant = {"window": str(summary.window)} if summary.window else {"export_time": _time(summary)}
    return {
        "export": export.id,
        **instant,
        "items": summary.item_count,
        "files": files.count,
        "summary_md5": export.summary_md5,
        "files_md5": files.md5,
    }


def _check_md5(export: Export, manifest_uri: str, md5: str | None) -> None:
    """Makes sure that a manifest is what the file beside it says; who wrote none has nothing to say."""
    try:
        checksum = export.checksum(manifest_uri)
    except AccessDeniedError:  # who may not list a bucket is not told whether the file is there
        return
    if checksum is not None and checksum.stated != md5:
        raise Md5MismatchError(
            manifest_uri,
            f"its MD5 is {md5}, {checksum.uri} says {checksum.stated!r}; copy the export again, or, if the manifest "
            "was changed on purpose, delete that file",
        )


def _time(summary: ManifestSummary) -> str | None:
    return None if summary.export_time is None else format_time(summary.export_time)
