"""What an export that exportkit makes is called: by the state's time, and a hash of what it is made of and how."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import orjson

from exportkit.errors import UsageError
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

    The manifests decide what is joined with what, so they have to be sound.

    Raises:
        ExportkitError: As ``Export.sound_manifest``.
    """
    with ThreadPoolExecutor(_ASKERS, thread_name_prefix="exportkit-ask") as pool:
        return list(pool.map(_input_of, exports))


def _input_of(export: Export) -> dict[str, Any]:
    summary = export.summary
    manifest = export.sound_manifest()
    instant = {"window": str(summary.window)} if summary.window else {"export_time": _time(summary)}
    return {
        "export": export.id,
        **instant,
        "items": summary.item_count,
        "files": len(manifest.item_counts),
        "summary_md5": export.summary_md5,
        "files_md5": manifest.md5,
    }


def _time(summary: ManifestSummary) -> str | None:
    return None if summary.export_time is None else format_time(summary.export_time)
