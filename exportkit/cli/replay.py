"""``exportkit replay``: a base and the increments after it as the table at a later instant."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from exportkit.cli.convert import print_dataset
from exportkit.cli.options import (
    FlagOption,
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
from exportkit.errors import DriftError, UsageError
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.model.formats import OutputFormat
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reasons import Severity
from exportkit.store import StoreOptions

if TYPE_CHECKING:
    from rich.console import Console

    from exportkit.joining.chains import ReplayChain
    from exportkit.replay import ReplayPlan, ReplayReport
    from exportkit.verify import VerifyReport

__all__ = ["replay"]

_SAMPLES_SHOWN = 5
_IMAGE_SHOWN = 300
_COVERS_SHOWN = 3

_Line = Callable[..., None]


def replay(
    base: str,
    /,
    *increments: str,
    output: Annotated[str | None, Parameter(name=["--output", "-o"])] = None,
    to: Literal["export", "parquet"] = "export",
    output_format: Annotated[OutputFormat | None, Parameter(name="--format")] = None,
    until: str | None = None,
    allow_gap: FlagOption = False,
    allow_overlap: FlagOption = False,
    allow_filtered: FlagOption = False,
    strict: FlagOption = False,
    dry_run: FlagOption = False,
    verify_result: FlagOption = False,
    jobs: JobsOption = None,
    memory: SizeOption = DEFAULT_MEMORY,
    temp_dir: TempDirOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    parquet: ParquetOptions = ParquetOptions(),  # noqa: B008 - frozen
    policies: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Replays incremental exports onto a full one: the table at a later instant, as an export or as Parquet.

    Every input is verified while it is read. Exits 0 if done, 1 if the chain is refused (a gap, an overlap, another
    table), an input is wrong (its manifests, a count) or there is drift under --strict, 3 if it could not be done;
    then nothing is left of an export, and of Parquet what the same command goes on with, unless an input is wrong.

    Args:
        base: The full export: folder, manifest-summary.json, S3 URI of either, or export ARN.
        increments: The incremental exports, in any order; without any, those of the table that lie beside the base.
        output: Folder or S3 URI that the result goes to: an export OUTPUT/AWSDynamoDB/EXPORTID, or Parquet as
            convert writes it.
        to: What to write.
        output_format: How the export is written; by default as the base.
        until: The instant to rebuild: the base's exportTime or the end of a window; by default the last one.
        allow_gap: Go on where time is missing between windows.
        allow_overlap: Go on where windows cover time twice, by the best inference there is.
        allow_filtered: Take exports that hold a part of the table.
        strict: Refuse where an old image is not the state before its change (drift), instead of counting it.
        dry_run: Print what would be done, and what it takes; read no data and write nothing.
        verify_result: Read the result again, every record of it.
        jobs: Data files side by side; one for each processor by default.
        memory: Memory to take for the changes, such as 1GiB; the process takes up to 250 MB more.
        temp_dir: Where changes spill to.
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document.
        parquet: With --to parquet: what the files are to be like.
        policies: With --to parquet: how values become columns, where no schema is given.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - quick --help
    from exportkit.replay import replay as run  # noqa: PLC0415 - as above

    as_parquet = to == "parquet"
    if not as_parquet and (parquet, policies) != (ParquetOptions(), PolicyOptions()):
        raise UsageError("options of Parquet files go with --to parquet")
    if as_parquet and (output_format is not None or verify_result):
        raise UsageError("--format and --verify-result go with --to export")
    if output is None and not dry_run:
        raise UsageError("name where the result is to go: --output, or --dry-run to see the plan")
    options = storage.resolve(stored)
    with progress_on_terminal("replay") as progress:
        rebuilt = run(
            base,
            increments or None,
            until=until,
            format=output_format,
            allow_gap=allow_gap,
            allow_overlap=allow_overlap,
            allow_filtered=allow_filtered,
            strict=strict,
            jobs=jobs,
            memory=memory,
            temp_dir=temp_dir,
            max_record_size=max_record_size,
            storage=options,
            progress=progress,
        )
        if output is None or dry_run:
            plan = rebuilt.plan()
            return _tell(plan.to_dict(), lambda console: _print_plan(plan, console), options, json=json)
        with _samples_shown():
            if as_parquet:
                report = rebuilt.to_parquet(output, **parquet.resolve(policies))
            else:
                report = rebuilt.write(output, verify_result=verify_result)
    ddl = None if report.dataset is None or parquet.ddl is None else report.dataset.ddl(parquet.ddl)
    _tell(report.to_dict(), lambda console: _print_report(report, console), options, json=json, ddl=ddl)
    return 0 if report.ok else 1


@contextmanager
def _samples_shown() -> Iterator[None]:
    """Tells samples of the drift that is refused in the block."""
    try:
        yield
    except DriftError as error:
        for sample in error.samples[:_SAMPLES_SHOWN]:
            error.add_note(_sample(sample))
        raise


def _tell(
    told: dict[str, Any],
    render: Callable[["Console"], None],
    storage: StoreOptions,
    *,
    json: bool,
    ddl: str | None = None,
) -> int:
    """Prints a plan or a report, and a table's definition if that is asked for: that alone on stdout then."""
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help

    with unless_nobody_reads():
        if json:
            print_json(told if ddl is None else told | {"ddl": ddl}, storage)
        else:
            render(OutputConsole(highlight=False, soft_wrap=True, file=sys.stdout if ddl is None else sys.stderr))
            if ddl is not None:
                print(ddl)
            tell_traffic(storage)
    return 0


def _line_printer(console: "Console") -> _Line:
    from rich.text import Text  # noqa: PLC0415 - quick --help

    def line(name: str, told: str, style: str = "") -> None:
        console.print(Text(f"{name:<14}", "dim") + Text(printable(told), style))

    return line


def _print_chain(chain: "ReplayChain", line: _Line) -> None:
    told = chain.told()
    line("base", f"{told['base']['uri']}  {told['start']}")
    for link in told["links"]:
        joined = "" if link["join"] == "exact" else f"  ({link['join']})"
        line("applied", f"{link['uri']}  {link['window']}{joined}")
    for left in told["left_out"]:
        line("left out", f"{left['uri']}  {left['window']}  ({left['why']}{_covered_by(left)})")
    if not told["filters_checked"] and not told["filtered"]:
        line("filters", "not checked: the service was not asked (name exports by their ARNs)")
    for warning in told["warnings"]:
        line("warning", warning, "yellow")
    line("state at", told["end"])


def _covered_by(left: Mapping[str, Any]) -> str:
    names = [uri.rpartition("/")[2] for uri in left.get("covered_by", ())]
    return f" by {', '.join(names[:_COVERS_SHOWN])}{', …' if len(names) > _COVERS_SHOWN else ''}" if names else ""


def _print_plan(plan: "ReplayPlan", console: "Console") -> None:
    from rich.filesize import decimal  # noqa: PLC0415 - as above

    line = _line_printer(console)
    _print_chain(plan.chain, line)
    base, *changes = plan.sizes
    line("to read", f"base: {base.items:,} items in {base.files:,} files, {decimal(base.bytes)}")
    if changes:
        records, files, size = (sum(getattr(each, name) for each in changes) for name in ("items", "files", "bytes"))
        line("", f"increments: {records:,} records in {files:,} files, {decimal(size)}")
    held = plan.filter_bytes + plan.held_bytes
    line("memory", f"about {decimal(held)} of {decimal(plan.memory)} for filter and changes")
    folder = "the system's temporary folder" if plan.temp_dir is None else str(plan.temp_dir)
    temporary = plan.temporary_bytes
    line("temporary", f"about {decimal(temporary)} in {folder}" if temporary else "no files")
    line("", "dry run: no data was read, nothing was written", "bold green")


def _print_report(report: "ReplayReport", console: "Console") -> None:
    line, counts = _line_printer(console), report.counts
    _print_chain(report.chain, line)
    names = ("untouched", "replaced", "deleted")
    line("base items", f"{counts['base']:,}: " + ", ".join(f"{counts[name]:,} {name}" for name in names))
    line("changes", f"{counts['changes']:,}: {counts['inserted']:,} inserted")
    for name, told in (
        ("absent", "keys that came and went, or were deleted without being there"),
        ("repeated", "records set aside for a later one of the same export and key"),
        ("ghosts", "items taken for deleted in an overlap"),
    ):
        if counts[name]:
            line("", f"{counts[name]:,} {told}")
    _print_drift(report, line)
    if report.dataset is not None:
        print_dataset(report.dataset, console)
        return
    line("written to", report.dest)
    line("items", f"{report.items:,}")
    if report.verified is not None:
        _print_verified(report.verified, report.dest, line)
    if report.already:
        line("", "this very result was there already: nothing was done", "bold green")
        return
    line("took", f"{report.seconds:,.1f} s", "bold green" if report.ok else "bold red")


def _print_verified(verified: "VerifyReport", dest: str, line: _Line) -> None:
    if verified.ok:
        line("verified", "every record")
        return
    line("verified", "NOT OK", "bold red")
    errors = [finding for finding in verified.findings if finding.severity is Severity.ERROR]
    for finding in errors[:_SAMPLES_SHOWN]:
        line("", str(finding))
    line("", f"exportkit verify tells more; delete {dest} and run again")


def _print_drift(report: "ReplayReport", line: _Line) -> None:
    if not any(report.drift.values()):
        return
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.drift.items() if count)
    line("drift", f"old images that are not the state before them: {kinds}", "yellow")
    for sample in report.samples[:_SAMPLES_SHOWN]:
        for told in _sample(sample).splitlines():
            line("", told)


def _sample(sample: Mapping[str, Any]) -> str:
    """Returns a drift in three lines: where, the old image, the state."""
    place = f"{sample['file']}: line {sample['line']} (byte {sample['offset']})"
    images = [f"  {name}: {_cut(sample[key])}" for name, key in (("old image", "old_image"), ("state", "state"))]
    return printable(f"{sample['kind']}: {sample['key']}  {place}") + "\n" + "\n".join(map(printable, images))


def _cut(image: str | None) -> str:
    if image is None:
        return "none"
    return image if len(image) <= _IMAGE_SHOWN else image[:_IMAGE_SHOWN] + "…"
