"""``exportkit load`` and ``exportkit import-command``: exports put into tables."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import PositiveFloat, PositiveInt

from exportkit.cli.options import (
    FlagOption,
    JobsOption,
    JsonOption,
    SizeOption,
    StorageOptions,
    TempDirOption,
    parse_key,
)
from exportkit.cli.service import aws_command
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.model.findings import Level
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

if TYPE_CHECKING:
    from rich.console import Console

    from exportkit.model.description import ImportDescription
    from exportkit.service import LoadReport

__all__ = ["import_command", "load"]


def load(
    *locations_and_table: Annotated[str, Parameter(name="LOCATION... TABLE")],
    verify: Annotated[bool, Parameter(negative="--no-verify")] = True,
    rate: PositiveFloat | None = None,
    jobs: PositiveInt = 8,
    resume_file: Path | None = None,
    allow_existing: FlagOption = False,
    allow_gap: FlagOption = False,
    allow_filtered: FlagOption = False,
    dry_run: FlagOption = False,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    temp_dir: TempDirOption = None,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Loads a state, or changes, into a table that is there: items are put, deleted keys deleted (BatchWriteItem).

    The words are LOCATIONs and, last, TABLE: a full export, incremental ones, or a full one and those after it.
    What is written twice does no harm: after a kill or a failure the same command goes on where it stopped. Exits
    0 if done, 1 if an export is not good or does not fit the table, 3 if it could not be done.

    Args:
        locations_and_table: Exports, each a folder, its manifest-summary.json, an S3 URI of either, or an export
            ARN; then the table's name or ARN.
        verify: Verify every record and its key first; nothing is written if anything is wrong.
        rate: Write units a second, for all writers together; by default as many as the table takes.
        jobs: Calls under way side by side.
        resume_file: File that keeps which data files are done; one in the temporary folder by default.
        allow_existing: Load a state into a table that holds items.
        allow_gap: Go on where time is missing between a state and the windows after it.
        allow_filtered: Take several exports although one holds a part of its table only.
        dry_run: Do everything but write, and count.
        max_record_size: Bytes a record may have, such as 64MiB.
        temp_dir: Where keys spill to while exports are verified.
        json: Print one JSON document.
        storage: Where and how.
    """
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - as above
    from exportkit.service import load as run  # noqa: PLC0415 - as above

    if len(locations_and_table) < 2:
        raise UsageError("name one export at least, and the table last: exportkit load LOCATION TABLE")
    *locations, table = locations_and_table
    options = storage.resolve()
    with progress_on_terminal("load") as progress:
        report = run(
            locations,
            table,
            verify=verify,
            rate=rate,
            jobs=jobs,
            resume_file=resume_file,
            allow_existing=allow_existing,
            allow_gap=allow_gap,
            allow_filtered=allow_filtered,
            dry_run=dry_run,
            max_record_size=max_record_size,
            temp_dir=temp_dir,
            storage=options,
            progress=progress,
        )
    with unless_nobody_reads():
        if json:
            print_json(report.to_dict(), options)
        else:
            _print_report(report, OutputConsole(highlight=False, soft_wrap=True))
            tell_traffic(options)
    return 0


def _print_report(report: "LoadReport", console: "Console") -> None:
    from rich.text import Text  # noqa: PLC0415 - quick --help

    def line(name: str, told: str, style: str = "") -> None:
        console.print(Text(f"{name:<14}", "dim") + Text(printable(told), style))

    for export in report.exports:
        when = export.get("window") or export.get("export_time") or ""
        line("loaded" if not report.dry_run else "to load", f"{export['uri']}  {when}".rstrip())
    for warning in report.warnings:
        line("warning", warning, "yellow")
    line("into", report.table)
    if report.resumed:
        line("resumed", f"{report.resumed:,} data files were loaded before")
    line("puts", f"{report.puts:,}")
    line("deletes", f"{report.deletes:,}")
    if report.dry_run:
        line("", "dry run: nothing was written", "bold green")
        return
    again = f", {report.again:,} writes sent again" if report.again else ""
    units = f", {report.units:,.0f} write units" if report.units else ""
    line("calls", f"{report.calls:,}{again}{units}")
    line("took", f"{report.seconds:,.1f} s", "bold green")


def import_command(
    location: str,
    /,
    *,
    table: str | None = None,
    key: str | None = None,
    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"] = "PAY_PER_REQUEST",
    read_capacity: PositiveInt | None = None,
    write_capacity: PositiveInt | None = None,
    level: Level = Level.RECORDS,
    run: FlagOption = False,
    wait: FlagOption = False,
    timeout: str | None = None,
    jobs: JobsOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    temp_dir: TempDirOption = None,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Verifies a full export in S3, and prints the command that makes a new table of it (ImportTable).

    With --run the import is started instead. Exits 0 if done, 1 if the export is not good, cannot be imported, or
    was not imported whole, 3 if it could not be done.

    Args:
        location: A full export, AWS's or rebuilt: S3 URI of its folder or its manifest-summary.json, or its ARN.
        table: The new table's name; that of the exported table by default.
        key: The table's key, as PARTITION[:TYPE][,SORT[:TYPE]], types being S, N and B. What is not given is
            found in the export's lineage, by DescribeTable, and in the items.
        billing_mode: How the new table is paid for.
        read_capacity: Read units a second it is given, with PROVISIONED.
        write_capacity: Write units likewise.
        level: How deep to verify.
        run: Start the import.
        wait: With --run: wait until it has ended.
        timeout: Wait so long at most: 90s, 45m, 2h, 1d. As long as it takes by default.
        jobs: Files read side by side; one for each processor by default.
        max_record_size: Bytes a record may have, such as 64MiB.
        temp_dir: Where keys spill to while the export is verified.
        json: Print one JSON document.
        storage: Where and how.
    """
    from exportkit.cli.output import print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - as above
    from exportkit.service import parse_duration, plan_import, start_import, wait_for_import  # noqa: PLC0415 - as above

    if (wait and not run) or (timeout is not None and not wait):
        raise UsageError("--wait goes with --run, and --timeout with --wait")
    limit = None if timeout is None else parse_duration(timeout)
    options = storage.resolve()
    with progress_on_terminal("verify") as progress:
        plan = plan_import(
            location,
            table=table,
            key=None if key is None else ",".join(parse_key(key)),
            level=level,
            billing_mode=billing_mode,
            read_capacity=read_capacity,
            write_capacity=write_capacity,
            jobs=jobs,
            temp_dir=temp_dir,
            max_record_size=max_record_size,
            storage=options,
            progress=progress,
        )
    started = start_import(plan, storage=options) if run else None
    if started is not None and wait:
        print(f"started {printable(started.import_arn)}", file=sys.stderr)
        started = wait_for_import(started.import_arn, timeout=limit, storage=options)
    with unless_nobody_reads():
        if json:
            print_json({**plan.to_dict(), "import": started and started.to_dict()}, options)
        else:
            for warning in plan.warnings:
                print(f"warning: {printable(warning)}", file=sys.stderr)
            print(f"verified {printable(plan.uri)}: {plan.items:,} items, level {level}", file=sys.stderr)
            if started is None:
                print(aws_command("import-table", plan.to_document(), storage.region, storage))
            else:
                _print_import(started)
            tell_traffic(options)
    return 0 if started is None or started.under_way or started.imported_item_count == plan.items else 1


def _print_import(started: "ImportDescription") -> None:
    for name, value in started.to_dict().items():
        if value is not None:
            print(f"{name.replace('_', ' '):<25} {printable(f'{value:,}' if isinstance(value, int) else str(value))}")
