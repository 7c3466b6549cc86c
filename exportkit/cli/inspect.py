"""``exportkit inspect``: what is this export, or what exports are here?"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from exportkit.cli.options import JsonOption, StorageOptions
from exportkit.cli.text import printable
from exportkit.model.times import format_duration, format_time

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from exportkit.inspect import ChecksumState, Details, Inspection, TableOfExports
    from exportkit.locations import FoundExport
    from exportkit.model.chain import Chain
    from exportkit.model.manifest import ManifestSummary

__all__ = ["inspect"]

_PIPED_WIDTH = 200  # wide enough that no line of a table is folded where no person looks
_SHOWN = 20


def inspect(
    location: str,
    /,
    *,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Tells what an export is; for a folder of many: every export, chains, gaps.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, an export ARN,
            or a folder or S3 prefix with exports below it.
        json: Print one JSON document.
        storage: Where and how.
    """
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic  # noqa: PLC0415 - quick --help
    from exportkit.inspect import inspect as run  # noqa: PLC0415 - quick --help

    options = storage.resolve()
    inspection = run(location, options)
    if json:
        print_json(inspection.to_dict(), options)
        return 0
    tell_traffic(options)
    console = OutputConsole(highlight=False)
    if console.is_terminal:
        _print(inspection, console)
        return 0
    console.width = _PIPED_WIDTH
    with console.capture() as capture:
        _print(inspection, console)
    for line in capture.get().splitlines():
        print(line.rstrip())  # tables are filled up with blanks
    return 0


def _print(inspection: "Inspection", console: "Console") -> None:
    if inspection.details and (summary := inspection.exports[0].summary):
        console.print(_facts(inspection.exports[0].uri, summary, inspection.details))
    else:
        _print_many(inspection, console)


# --- one export --------------------------------------------------------------------------------------------


def _facts(uri: str, summary: "ManifestSummary", details: "Details") -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value, style in _lines(uri, summary, details):
        grid.add_row(name, Text(printable(value), style))
    return grid


def _lines(uri: str, summary: "ManifestSummary", details: "Details") -> Iterable[tuple[str, str, str]]:
    """Yields the facts of one export, each as name, value and style."""
    yield "export", uri, "bold"
    yield "id", summary.export_id or "not said", ""
    yield "kind", _kind(summary), ""
    if summary.export_time:
        yield "table at", format_time(summary.export_time), ""
    if summary.window:
        yield "window", f"{summary.window}, {format_duration(summary.window.duration)}", ""
    if summary.start_time and summary.end_time:
        took = format_duration(summary.end_time - summary.start_time)
        yield "made", f"{format_time(summary.start_time)} to {format_time(summary.end_time)}, {took}", ""
    if summary.exportkit is not None:
        yield "made by", f"exportkit {summary.exportkit.get('operation', '')}".rstrip(), "cyan"
    yield "table", summary.table_arn or "not said", ""
    yield "table id", summary.table_id or "not said", ""
    yield from _counts(summary, details)
    yield "written to", _written_to(summary), ""
    yield "checksums", _checksums(details), "" if _checksums_match(details) else "yellow"
    if summary.filter_keys:
        yield "filtered", f"{', '.join(summary.filter_keys)}: it may hold only a part of the table", "yellow"
    unknown = sorted(summary.extra.keys() - set(summary.filter_keys))
    if unknown:
        yield "unknown keys", ", ".join(unknown), "cyan"
    if summary.absent_keys:
        yield "absent keys", f"{', '.join(summary.absent_keys)}: AWS writes them, this writer did not", "cyan"
    yield from _faults(details)


def _faults(details: "Details") -> Iterable[tuple[str, str, str]]:
    """Yields the faulty lines; what to do is the same for all, and told once, with the last."""
    for number, fault in enumerate(details.faults, 1):
        yield "fault", fault.told if number < len(details.faults) else str(fault), "red"
    if details.faulty_lines > len(details.faults):
        yield "faults", f"{details.faulty_lines:,} lines of manifest-files.json in all", "red"


def _counts(summary: "ManifestSummary", details: "Details") -> Iterable[tuple[str, str, str]]:
    items = f"{summary.item_count:,}"
    if details.item_count != summary.item_count:
        yield "items", f"{items}, but {details.item_count:,} in its files by manifest-files.json", "red"
    else:
        yield "items", items, ""
    empty = f", {details.empty_files:,} of them empty" if details.empty_files else ""
    yield "data files", f"{details.files:,}{empty}", ""
    if details.missing:
        yield "missing", f"{_plural(details.missing, 'data file')} of the manifest", "red"
    if details.compressed_bytes is None:
        yield "size", "not asked: too many files to ask one by one", ""
    else:
        yield "size", _size(details.compressed_bytes), ""
    if details.bytes_estimate is not None:
        yield "inflated", f"about {_size(details.bytes_estimate)}", ""
    if summary.billed_size_bytes is not None:
        yield "billed", _size(summary.billed_size_bytes), ""


def _written_to(summary: "ManifestSummary") -> str:
    place = f"s3://{summary.s3_bucket}" if summary.s3_bucket else "not said"
    if summary.s3_bucket and summary.s3_prefix:
        place += f"/{summary.s3_prefix}"
    key = f", key {summary.s3_sse_kms_key_id}" if summary.s3_sse_kms_key_id else ""
    return f"{place}, encrypted with {summary.s3_sse_algorithm}{key}" if summary.s3_sse_algorithm else place


def _checksums(details: "Details") -> str:
    def told(name: str, state: "ChecksumState") -> str:
        if state.uri is None:
            return f"none for {name}"
        suffix = state.uri.rsplit(".", 1)[-1]
        return f"{name}.{suffix} {'is right' if state.matches else 'is wrong: run exportkit verify'}"

    parts = [told("manifest-summary", details.summary_checksum), told("manifest-files", details.files_checksum)]
    without = details.files - details.with_md5
    if details.files:
        parts.append("MD5s of all data files" if not without else f"no MD5s of {_plural(without, 'data file')}")
    return ", ".join(parts)


def _checksums_match(details: "Details") -> bool:
    return details.summary_checksum.matches is not False and details.files_checksum.matches is not False


# --- many --------------------------------------------------------------------------------------------------


def _print_many(inspection: "Inspection", console: "Console") -> None:
    from rich.text import Text  # noqa: PLC0415

    console.print(Text(printable(inspection.folder), "bold", overflow="fold"))
    names = _names(inspection)
    for table in inspection.tables:
        console.print()
        title = ("Table ", (printable(table.name or "not said"), "bold"), f"  {printable(table.arn or '')}")
        console.print(Text.assemble(*title))
        console.print(_export_rows(table, names))
        for base, chain in table.chains:
            _print_chain(names[base.uri] if base else None, chain, console)
    unread = [found for found in inspection.exports if found.status == "unreadable"]
    unfinished = [found for found in inspection.exports if found.summary is None and found not in unread]
    for heading, group in (("Not complete", unfinished), ("Not looked into", unread)):
        if group:
            console.print()
            console.print(Text(heading, "bold yellow"))
        for found in group:
            console.print(Text(f"  {printable(str(found.error))}", overflow="fold"))
    console.print()
    if any(found.summary and found.summary.exportkit is not None for found in inspection.exports):
        console.print("* made by exportkit: in no chain unless it is named", style="dim")
    complete = len(inspection.exports) - len(unfinished) - len(unread)
    told = f"{_plural(complete, 'complete export')} of {_plural(len(inspection.tables), 'table')}"
    told += f", {len(unfinished):,} not complete" if unfinished else ""
    console.print(told + (f", {_plural(len(unread), 'folder')} not looked into" if unread else ""))


def _names(inspection: "Inspection") -> dict[str, str]:
    """Returns what each complete export is called, by its URI: its ID, its folder where several have that ID."""
    ids = {found.uri: _short_id(found) for found in inspection.exports if found.summary}
    counts = Counter(ids.values())
    start = inspection.folder.rstrip("/") + "/"
    return {uri: printable(one if counts[one] == 1 else uri.removeprefix(start)) for uri, one in ids.items()}


def _export_rows(table: "TableOfExports", names: Mapping[str, str]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    rows = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    rows.add_column("  export", overflow="fold")
    rows.add_column("kind", no_wrap=True)
    rows.add_column("time or window", overflow="fold")
    rows.add_column("items", justify="right", no_wrap=True)
    for found in table.exports:
        if summary := found.summary:
            name = Text(f"  {names[found.uri]}")
            rows.add_row(name, _short_kind(summary), _reach(summary), f"{summary.item_count:,}")
    return rows


def _short_id(found: "FoundExport") -> str:
    return (found.summary and found.summary.export_id) or found.uri.rsplit("/", 1)[-1]


def _short_kind(summary: "ManifestSummary") -> str:
    view = {"NEW_IMAGE": "new", "NEW_AND_OLD_IMAGES": "new+old"}.get(summary.output_view or "", "changes")
    kind = view if summary.window else "full"
    return f"{kind}*" if summary.exportkit is not None else kind


def _reach(summary: "ManifestSummary") -> str:
    if summary.window is None:
        return _short_time(summary.export_time) if summary.export_time else "not said"
    return f"{_short_time(summary.window.start)} → {_short_time(summary.window.end)}"


def _short_time(instant: datetime) -> str:
    return format_time(instant).replace(".000Z", "Z")


def _print_chain(base: str | None, chain: "Chain[FoundExport]", console: "Console") -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    start = f"Chain from {base}" if base else "Chain without a base"
    told = _plural(len(chain.links), "window") if chain.links else "nothing follows"
    console.print(Text(f"  {start}: {told}", "bold"))
    if chain.links and chain.end:
        whole = chain.exact_until == chain.end
        until = f", but a break after {_short_time(chain.exact_until)}" if chain.exact_until and not whole else ""
        style = "green" if whole else "yellow"
        console.print(f"    to {_short_time(chain.end)}{until or ' without a break'}", style=style)
    breaks = [link for link in chain.links if link.between]
    grid = Table.grid(padding=(0, 2))
    for link in breaks[:_SHOWN]:
        if link.between:
            name = {"gap": "gap", "overlap": "overlap"}.get(link.join, "overlap under 1 s")
            stretch = f"{_short_time(link.between.start)} → {_short_time(link.between.end)}"
            grid.add_row(f"    {name}", stretch, format_duration(link.between.duration), style="yellow")
    if breaks:
        console.print(grid)
    if len(breaks) > _SHOWN:
        console.print(f"    … and {len(breaks) - _SHOWN:,} more", style="yellow")
    if chain.left_out:
        before = sum(why == "before-base" for _, why in chain.left_out)
        parts = [
            f"{count:,} {what}"
            for count, what in ((before, "before the base"), (len(chain.left_out) - before, "covered by others"))
            if count
        ]
        console.print(f"    left out: {', '.join(parts)}", style="dim")


# --- words -------------------------------------------------------------------------------------------------


def _kind(summary: "ManifestSummary") -> str:
    if summary.window is None:
        return f"full, {summary.output_format}"
    return f"incremental, {summary.output_format}, {summary.output_view or 'view not said'}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    """Returns a number of bytes for people, decimal units."""
    if count < 1000:
        return _plural(count, "byte")
    size = float(count)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        size /= 1000
        if size < 999.5 or unit == "PB":
            break
    return f"{size:.1f} {unit} ({count:,} bytes)"
