"""``exportkit verify``: is this export whole and right?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from exportkit.cli.options import JobsOption, JsonOption, SizeOption, StorageOptions, TempDirOption, parse_key
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.model.findings import Level
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

if TYPE_CHECKING:
    from rich.console import Console

    from exportkit.verify import VerifyReport

__all__ = ["print_report", "verify"]

_MARKS = {"passed": ("✓", "green"), "noted": ("·", "cyan"), "warned": ("!", "yellow"), "failed": ("✗", "bold red")}


def verify(
    location: str,
    /,
    *,
    level: Level = Level.RECORDS,
    key: str | None = None,
    expect_item_count: NonNegativeInt | None = None,
    service: Annotated[bool | None, Parameter(negative="--no-service")] = None,
    jobs: JobsOption = None,
    temp_dir: TempDirOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    junit: Path | None = None,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Verifies a finished export: manifests, MD5s, gzip, counts, every record, keys.

    Exits 0 if nothing is wrong with it, 1 if anything is, 3 if it could not be read.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        level: How deep to look: the manifests alone; that the objects are there; their
            content (MD5, gzip, item counts); every record.
        key: The table's key, as PARTITION or PARTITION,SORT: every item must have it, once.
            Incremental exports name their keys themselves.
        expect_item_count: The number of items there must be.
        service: Ask DynamoDB too, for the export's status and item count and the table's key
            (DescribeExport, DescribeTable). By default only where LOCATION is an ARN.
        jobs: Files read side by side; one for each processor by default.
        temp_dir: Where keys spill to when they fill the memory (32 bytes an item).
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document.
        junit: Write a JUnit XML report to this file too.
        storage: Where and how.
    """
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - as above
    from exportkit.verify import verify as run  # noqa: PLC0415

    if junit is not None and (junit.is_dir() or not junit.parent.is_dir()):
        raise UsageError(f"--junit names no file that could be written: {junit}")
    options = storage.resolve()
    with progress_on_terminal("verify") as progress:
        report = run(
            location,
            level=level,
            key=None if key is None else parse_key(key),
            expect_item_count=expect_item_count,
            service=service,
            jobs=jobs,
            temp_dir=temp_dir,
            max_record_size=max_record_size,
            storage=options,
            progress=progress,
        )
    with unless_nobody_reads():
        if json:
            print_json(report.to_dict(), options)
        else:
            print_report(report, OutputConsole(highlight=False, soft_wrap=True))
            tell_traffic(options)
    if junit is not None:
        from exportkit.verify.junit import to_junit  # noqa: PLC0415 - as above

        junit.write_bytes(to_junit(report))
    return 0 if report.ok else 1


def print_report(report: "VerifyReport", console: "Console") -> None:
    """Prints a report for people: what the export is, the checks, the findings, the verdict."""
    from rich.text import Text  # noqa: PLC0415

    for name, value in report.export.items():
        if value is not None:
            console.print(Text(f"{name.replace('_', ' '):<14}", "dim") + Text(printable(str(value))))
    console.print()
    for check in report.checks:
        mark, style = _MARKS.get(check.status, ("-", "dim"))
        told = check.check
        if check.status == "not done":
            told = f"not done: {printable(check.why)}"
        elif check.count:
            told += f": {check.count:,} {'times' if check.status == 'noted' else 'not so'}"
        if check.why and check.status != "not done":
            told += f" (in part: {printable(check.why)})"
        console.print(Text(f"{mark} {check.code:<25}", style) + Text(told, style if mark == "-" else ""))
    _print_findings(report, console)
    console.print()
    console.print(_verdict(report))


def _print_findings(report: "VerifyReport", console: "Console") -> None:
    for code in dict.fromkeys(finding.code for finding in report.findings):
        findings = [finding for finding in report.findings if finding.code == code]
        worst = findings[0].severity
        console.print()
        console.print(f"{worst}: {code}", style={"error": "bold red", "warning": "yellow"}.get(worst, "cyan"))
        for finding in findings[:20]:
            console.print(f"  {printable(str(finding).removeprefix(code + ': '))}", markup=False)
        hidden = len(findings[20:]) + report.omitted.get(code, 0)
        if hidden:
            console.print(f"  … and {hidden:,} more")
        for remedy in dict.fromkeys(finding.remedy for finding in findings):
            console.print(f"  → {remedy}", style="dim", markup=False)


def _verdict(report: "VerifyReport") -> "object":
    from rich.text import Text  # noqa: PLC0415

    failed = [check.code for check in report.checks if check.status == "failed"]
    counts = report.counts
    if failed:
        return Text(f"NOT OK: {', '.join(failed)}", "bold red")
    told = f"OK at level {report.level}: {_plural(counts['items'], 'item')} in {_plural(counts['files'], 'file')}"
    skipped = sum(check.status == "not done" for check in report.checks)
    return Text(told + (f"; {_plural(skipped, 'check')} not done" if skipped else ""), "bold green")


def _plural(count: object, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
