"""Whether exports may be joined: their kind, their table, whether they are of all of it, what is missing from them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from exportkit.errors import ChainError, ManifestError
from exportkit.export import Export
from exportkit.model.formats import ExportType
from exportkit.model.times import format_time, parse_time
from exportkit.model.window import Window

__all__ = [
    "carried_windows",
    "check_filters",
    "check_table",
    "state_time",
    "window_of",
    "windows_told",
]


def state_time(base: Export, remedy: str = "name that first") -> datetime:
    """Returns the instant of a full export.

    Args:
        base: The export.
        remedy: What to do where it is none.

    Raises:
        ChainError: It is incremental, or does not say.
    """
    summary = base.summary
    if summary.export_type is not ExportType.FULL:
        told = f"is an incremental export ({summary.window}); a state is a full one: {remedy}"
        raise ChainError(base.uri, told, "kind")
    if summary.export_time is None:
        told = "names no exportTime, so nobody knows which windows follow it; export anew, or add it to the manifest"
        raise ChainError(base.summary_uri, told, "time")
    return summary.export_time


def window_of(export: Export) -> Window:
    """Returns the window of an incremental export.

    Raises:
        ChainError: It is full.
    """
    window = export.summary.window
    if window is None:
        told = "is a full export, a state of its own; only incremental exports follow one: leave it out"
        raise ChainError(export.uri, told, "kind")
    return window


def check_table(first: Export, others: Iterable[Export]) -> tuple[str, ...]:
    """Makes sure that exports are of one table; returns warnings where that is not known.

    Raises:
        ChainError: One is of another table, or of one that was made anew under the same name.
    """
    one, unknown = first.summary, []
    for other in others:
        two = other.summary
        if None not in {one.table_arn, two.table_arn} and one.table_arn != two.table_arn:
            told = f"is an export of {two.table_arn}, {first.uri} of {one.table_arn}; take exports of one table"
            raise ChainError(other.uri, told, "table")
        if None not in {one.table_id, two.table_id} and one.table_id != two.table_id:
            told = (
                f"the table was deleted and made anew between the two: its tableId is {two.table_id}, that of "
                f"{first.uri} {one.table_id}; take a full export of the newer table as the base of its increments"
            )
            raise ChainError(other.uri, told, "table-recreated")
        if None in {one.table_arn, two.table_arn, one.table_id, two.table_id}:
            unknown.append(other.uri)
    if not unknown:
        return ()
    told = (
        "table-not-checked: the manifests do not all name tableArn and tableId; nobody knows whether these are of one"
    )
    return (f"{told} table: {', '.join([first.uri, *unknown[:3]])}{', …' if len(unknown) > 3 else ''}",)


def check_filters(exports: Iterable[Export], *, allow_filtered: bool) -> tuple[str, ...]:
    """Makes sure that exports hold all of their table; returns warnings of those that do not, where that is allowed.

    A filter is told by the manifest, by DescribeExport where the export was named by its ARN, and
    by what exportkit made of filtered exports. Else nobody knows of it.

    Raises:
        ChainError: One is filtered, and that is not allowed.
    """
    warnings = []
    for export in exports:
        by = _filtered_by(export)
        if by is None:
            continue
        if not allow_filtered:
            told = (
                f"is filtered ({by}): it may hold a part of the table only, and so would the result; export without a "
                "filter, or accept that with --allow-filtered"
            )
            raise ChainError(export.uri, told, "filtered")
        warnings.append(f"filtered: {export.uri} may hold a part of the table only ({by}), and so does the result")
    return tuple(warnings)


def _filtered_by(export: Export) -> str | None:
    summary = export.summary
    if summary.filter_keys:
        return f"its manifest has {', '.join(summary.filter_keys)}"
    if export.description is not None and export.description.filter_specification:
        return "DescribeExport names a FilterSpecification"
    return "it was made of filtered exports" if (summary.exportkit or {}).get("filtered") else None


def carried_windows(export: Export, name: str) -> tuple[Window, ...]:
    """Returns the stretches of time that an export which exportkit made says are missing from it, or doubtful in it.

    Args:
        export: Any export; one that exportkit did not make says nothing.
        name: ``gaps`` or ``overlaps``.

    Raises:
        ManifestError: They are malformed.
    """
    told: Any = (export.summary.exportkit or {}).get(name, [])
    try:
        return tuple(Window(parse_time(each["from"]), parse_time(each["to"])) for each in told)
    except (KeyError, TypeError, ValueError):
        raise ManifestError(export.summary_uri, f"exportkit.{name} is no list of windows") from None


def windows_told(windows: Iterable[Window]) -> list[Mapping[str, str]]:
    """Returns stretches of time as reports and manifests tell them."""
    return [{"from": format_time(window.start), "to": format_time(window.end)} for window in windows]
