"""``exportkit convert``: an export as Parquet."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from exportkit.cli.options import (
    JobsOption,
    JsonOption,
    ParquetOptions,
    PolicyOptions,
    S3OutputOptions,
    SizeOption,
    StorageOptions,
    TempDirOption,
)
from exportkit.cli.text import printable
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

if TYPE_CHECKING:
    from rich.console import Console

    from exportkit.convert import ConvertReport
    from exportkit.model.decode import Misfit

__all__ = ["convert", "print_dataset"]

_NOTES_SHOWN = 40
_PLACES_SHOWN = 10


def convert(
    location: str,
    /,
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"])],
    on_malformed: Literal["stop", "quarantine"] = "stop",
    jobs: JobsOption = None,
    memory: SizeOption | None = None,
    temp_dir: TempDirOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    parquet: ParquetOptions = ParquetOptions(),  # noqa: B008 - frozen
    policies: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Converts an export to Parquet, exactly: nothing is lost, or it is told.

    Killed at any point, the same command goes on with what was done. Exits 1 if records were
    quarantined or a count does not match, 3 if it could not be done.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        output: Folder or S3 URI that the result goes to: data/part-*.parquet and dataset.json.
        on_malformed: What becomes of records that cannot be read: stop, or write them to OUTPUT/quarantine.
        jobs: Tasks side by side; one for each processor by default.
        memory: Memory to take, about, such as 1GiB: fewer tasks run side by side where they need more. No bound if
            it is not given.
        temp_dir: Where the files of a split export lie until they are uploaded to S3.
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document.
        parquet: What the files are to be like.
        policies: How values become columns, where no schema is given.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - as above
    from exportkit.convert import convert as run  # noqa: PLC0415

    options = storage.resolve(stored)
    with progress_on_terminal("convert") as progress:
        report = run(
            location,
            output,
            on_malformed=on_malformed,
            jobs=jobs,
            memory=memory,
            temp_dir=temp_dir,
            max_record_size=max_record_size,
            storage=options,
            progress=progress,
            **parquet.resolve(policies),
        )
    ddl = parquet.ddl
    with unless_nobody_reads():
        if json:
            print_json(report.to_dict() | ({} if ddl is None else {"ddl": report.ddl(ddl)}), options)
        else:
            told_to = sys.stdout if ddl is None else sys.stderr
            print_dataset(report, OutputConsole(highlight=False, soft_wrap=True, file=told_to))
            if ddl is not None:
                print(report.ddl(ddl))
            tell_traffic(options)
    return 0 if report.ok else 1


def print_dataset(report: "ConvertReport", console: "Console") -> None:
    """Prints what a conversion did."""
    from rich.filesize import decimal  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415

    def line(name: str, told: str, style: str = "") -> None:
        console.print(Text(f"{name:<14}", "dim") + Text(printable(told), style))

    if report.export["uri"] is not None:
        line("export", str(report.export["uri"]))
    line("written to", report.dest)
    if report.export["uri"] is not None:  # what a replay read has been told
        line("read", f"{_many(report.items, 'record')} in {_many(report.files, 'file')}")
    for dataset in report.datasets:
        told = f"{_many(dataset.rows, 'row')}, {_many(dataset.columns, 'column')}, "
        told += f"{_many(dataset.files, 'file')}, {decimal(dataset.bytes)}"
        if len(report.datasets) > 1 or dataset.uri != report.dest:
            told += f"  {dataset.uri.removeprefix(report.dest)}"
        line("rows", told)
    _print_counts(report, line)
    _print_notes(report, line)
    if report.already:
        line("", "this very result was there already: nothing was done", "bold green")
        return
    if report.resumed:
        line("resumed", f"{report.resumed:,} of {_many(report.tasks, 'task')} had been done before")
    speed = f", {report.rows / report.seconds:,.0f} rows/s" if report.seconds else ""
    line("took", f"{report.seconds:,.1f} s{speed}", "bold green" if report.ok else "bold red")


def _print_counts(report: "ConvertReport", line: Callable[..., None]) -> None:
    """Prints what became of values and records that are not columns as they are."""
    counts = report.counts
    if counts.merged_nulls:
        line("nulls", f"{_many(counts.merged_nulls, 'NULL')} became nulls")
    if counts.rescued:
        line("rescued", f"{_many(counts.rescued, 'value')} in {_many(counts.rescued_rows, 'row')}: _rescued", "yellow")
        _print_misfits(report, line)
    if counts.malformed:
        where = f"{report.dest}/quarantine"
        line("quarantined", f"{_many(counts.malformed, 'malformed record')}: {where}", "bold red")


def _print_misfits(report: "ConvertReport", line: Callable[..., None]) -> None:
    """Prints the first misfit of each path and type whose place was kept, and how many more values there are."""
    firsts: dict[tuple[str, str], tuple[str, Misfit]] = {}
    for uri, misfit in report.misfits:
        firsts.setdefault((misfit.found, misfit.path), (uri, misfit))
    shown = list(firsts.values())[:_PLACES_SHOWN]
    for uri, first in shown:
        line("", f"{first.found} at {first.path}  first in {uri}:{first.line} (byte {first.offset})")
    more = report.counts.rescued - len(shown)
    if more > 0:
        line("", f"and {_many(more, 'more value')}, at these paths or at others")
    line("", "--on-misfit extend widens the schema, so that they have columns")


def _print_notes(report: "ConvertReport", line: Callable[..., None]) -> None:
    shown = 0
    total = sum(len(dataset.schema.notes) for dataset in report.datasets)
    for dataset in report.datasets:
        notes = dataset.schema.notes[: _NOTES_SHOWN - shown]
        if notes and dataset.uri != report.dest:
            line("", f"of {dataset.uri.removeprefix(report.dest)}")
        for note in notes:
            count = f" ({note.count:,})" if note.count else ""
            line(str(note.kind), f"{note.path}: {note.message}{count}" if note.path else f"{note.message}{count}")
            if note.first is not None and (uri := report.named_files.get(note.first.file)):
                line("", f"first in {uri}:{note.first.line}", "dim")
            shown += 1
    if total > shown:
        line("", f"… and {total - shown:,} more: dataset.json has them all")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
