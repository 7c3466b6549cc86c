"""``exportkit diff``, ``compact`` and ``revert``: one change, made of states or of changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

from cyclopts import Parameter

from exportkit.cli.options import (
    FlagOption,
    JobsOption,
    JsonOption,
    S3OutputOptions,
    SizeOption,
    StorageOptions,
    TempDirOption,
    parse_key,
)
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.model.formats import OutputFormat
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.store import StoreOptions

if TYPE_CHECKING:
    from exportkit.algebra import ChangeReport
    from exportkit.reading import Progress

__all__ = ["compact", "diff", "revert"]

_ATTRIBUTES_SHOWN = 40

_Output = Annotated[str, Parameter(name=["--output", "-o"])]


class _Arguments(TypedDict):
    output_format: OutputFormat | None
    allow_filtered: bool
    jobs: int | None
    memory: int
    temp_dir: Path | None
    max_record_size: int


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOptions:
    """How a change is made, whatever it is made of (docs/algebra.md)."""

    output_format: Annotated[OutputFormat | None, Parameter(name="--format")] = None
    """Format of the change; by default that of the first input, of windows the earliest."""
    allow_filtered: FlagOption = False
    """Take exports that hold a part of their table, or of its changes."""
    jobs: JobsOption = None
    """Files read side by side; one for each processor by default."""
    memory: SizeOption = DEFAULT_MEMORY
    """Memory to take, about; what does not fit spills."""
    temp_dir: TempDirOption = None
    """Where it spills to."""
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE
    """Bytes a record may have, such as 64MiB."""

    def resolve(self) -> _Arguments:
        """Returns the same as ``exportkit.diff``, ``compact`` and ``revert`` take them."""
        return {
            "output_format": self.output_format,
            "allow_filtered": self.allow_filtered,
            "jobs": self.jobs,
            "memory": self.memory,
            "temp_dir": self.temp_dir,
            "max_record_size": self.max_record_size,
        }


def diff(
    before: str,
    after: str,
    /,
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"])] = None,
    summary: FlagOption = False,
    key: str | None = None,
    allow_other_table: FlagOption = False,
    change: ChangeOptions = ChangeOptions(),
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Makes the change that leads from one state of a table to another, or counts what is in it.

    The change is an incremental export with both images: replayed onto BEFORE it gives AFTER. Exits 1 if the two
    are not to be compared or one is wrong (its manifests, a count), 3 if it could not be done.

    Args:
        before: The earlier full export: its folder, its manifest-summary.json, an S3 URI of either, or its ARN.
        after: The later one.
        output: Folder or S3 URI that the change goes to.
        summary: Write nothing; count the items added, removed and changed, and the attributes that differ.
        key: The table's key, as PARTITION or PARTITION,SORT. Where BEFORE is an ARN DynamoDB is asked for it, and
            what exportkit made may know it.
        allow_other_table: Compare exports of two tables, such as a table and one restored from its backup.
        change: How the change is made.
        json: Print one JSON document.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.algebra import diff as run  # noqa: PLC0415 - quick --help

    if (output is None) != summary:
        raise UsageError("diff takes either of the two: where the change goes to (-o DEST), or --summary")
    options = storage.resolve(stored)
    with _progress("diff") as progress:
        report = run(
            before,
            after,
            output,
            key=None if key is None else parse_key(key),
            allow_other_table=allow_other_table,
            storage=options,
            progress=progress,
            **change.resolve(),
        )
    _tell(report, options, json=json)
    return 0


def compact(
    first: str,
    /,
    *more: str,
    output: _Output,
    change: ChangeOptions = ChangeOptions(),
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Makes one change of several: an incremental export over all their windows, with the same net effect.

    Exits 1 if the windows do not lie one behind the other or one is wrong (its manifests, a count), 3 if it
    could not be done.

    Args:
        first: An incremental export: its folder, its manifest-summary.json, an S3 URI of either, or its ARN.
        more: More of them, in any order.
        output: Folder or S3 URI that the change goes to.
        change: How the change is made.
        json: Print one JSON document.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.algebra import compact as run  # noqa: PLC0415 - quick --help

    options = storage.resolve(stored)
    with _progress("compact") as progress:
        report = run(
            (first, *more),
            output,
            storage=options,
            progress=progress,
            **change.resolve(),
        )
    _tell(report, options, json=json)
    return 0


def revert(
    first: str,
    /,
    *more: str,
    output: _Output,
    at: str | None = None,
    change: ChangeOptions = ChangeOptions(),
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Makes the change that undoes others: replayed behind them it leads back to the state before them.

    They need both images. Exits 1 if they lack them, do not lie one behind the other, or one is wrong (its
    manifests, a count), 3 if it could not be done.

    Args:
        first: An incremental export: its folder, its manifest-summary.json, an S3 URI of either, or its ARN.
        more: More of them, in any order.
        output: Folder or S3 URI that the change goes to.
        at: Where the change is placed, ISO-8601 UTC, one second long; by default at the end of the last window.
        change: How the change is made.
        json: Print one JSON document.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.algebra import revert as run  # noqa: PLC0415 - quick --help

    options = storage.resolve(stored)
    with _progress("revert") as progress:
        report = run(
            (first, *more),
            output,
            at=at,
            storage=options,
            progress=progress,
            **change.resolve(),
        )
    _tell(report, options, json=json)
    return 0


def _progress(label: str) -> "AbstractContextManager[Progress]":
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - quick --help

    return progress_on_terminal(label)


def _tell(report: "ChangeReport", storage: StoreOptions, *, json: bool) -> None:
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help

    with unless_nobody_reads():
        if json:
            print_json(report.to_dict(), storage)
            return
        from rich.text import Text  # noqa: PLC0415 - as above

        console = OutputConsole(highlight=False, soft_wrap=True)

        def line(name: str, told: str, style: str = "") -> None:
            console.print(Text(f"{name:<14}", "dim") + Text(printable(told), style))

        _print(report, line)
        tell_traffic(storage)


def _print(report: "ChangeReport", line: Callable[..., None]) -> None:
    export = report.export
    for number, each in enumerate(report.inputs):
        line("from" if number == 0 else "", f"{each['uri']}  {each['window'] or each['export_time']}")
    if export["uri"] is not None:
        line("written to", str(export["uri"]))
    line("window", f"{export['window']}, {export['view']}")
    line("added", _many(report.added, "item"))
    line("removed", _many(report.removed, "item"))
    line("changed", _many(report.changed, "item"))
    if report.dropped:
        line("dropped", f"{_many(report.dropped, 'key')} without need of a record")
    if report.repeated:
        line("repeated", f"{_many(report.repeated, 'record')}: the same export has a later one of the key", "yellow")
    _print_attributes(report, line)
    for warning in report.warnings:
        line("warning", warning, "yellow")
    if report.already:
        line("", "this very result was there already: nothing was done", "bold green")
    else:
        line("took", f"{report.seconds:,.1f} s", "bold green")


def _print_attributes(report: "ChangeReport", line: Callable[..., None]) -> None:
    attributes = report.attributes or ()
    for each in attributes[:_ATTRIBUTES_SHOWN]:
        counts = (("added", each.added), ("removed", each.removed), ("changed", each.changed))
        told = ", ".join(f"{name} in {count:,}" for name, count in counts if count)
        line("attribute", f"{each.name}: {told}")
    hidden = len(attributes) - _ATTRIBUTES_SHOWN
    if hidden > 0:
        line("", f"… and {hidden:,} attributes more: --json has them all")
    if report.other_attributes:
        line("", f"{_many(report.other_attributes, 'difference')} in attributes of still other names")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
