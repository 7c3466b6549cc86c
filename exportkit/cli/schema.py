"""``exportkit schema``: which columns does an export have?"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from exportkit.cli.options import JobsOption, JsonOption, PolicyOptions, S3OutputOptions, SizeOption, StorageOptions
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from exportkit.model.statistics import Place, SplitValue, Statistics
    from exportkit.reading.schemas import Inferred
    from exportkit.schema import Schema

__all__ = ["schema"]

_PIPED_WIDTH = 200  # wide enough that hardly a line of the table is folded where no person looks
_STYLES = {"mixed": "yellow", "number-string": "yellow", "rounded": "yellow", "left-out": "yellow", "widened": "yellow"}


def schema(
    *locations: str,
    output: Annotated[str | None, Parameter(name=["--output", "-o"])] = None,
    sample: PositiveInt | None = None,
    split_by: str | None = None,
    jobs: JobsOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    policies: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Tells which columns an export's attributes become, after a look at every value.

    Several exports, and schema files, become one schema that takes all of them. A schema file can be
    edited, and given to convert.

    Args:
        locations: Exports: each a folder, its manifest-summary.json, an S3 URI of either, or an export ARN. And
            schema files: paths or S3 URIs that end in .json.
        output: Write the schema file there, a path or S3 URI.
        sample: Look at so many records of each export alone.
        split_by: An attribute: show a schema for each of its values, at most 1,000.
        jobs: Files read side by side; one for each processor by default.
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document: statistics, schema, notes.
        policies: How values become columns, where no schema file says it.
        storage: Where and how.
        stored: How results are stored in S3.
    """
    from exportkit.cli.output import print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - as above
    from exportkit.reading.schemas import infer  # noqa: PLC0415

    if not locations:
        raise UsageError("name a location: an export, or a schema file")
    if output is not None and split_by is not None:
        raise UsageError("--output writes one schema; with --split-by there is one for each value: name one of them")
    if output is not None and not _names_a_file(output):
        raise UsageError(f"--output names no file that could be written: {output}")
    reached = storage.resolve(stored)
    with progress_on_terminal("schema") as progress:
        found = infer(
            locations,
            options=policies.resolve(),
            split_by=split_by,
            sample=sample,
            jobs=jobs,
            max_record_size=max_record_size,
            storage=reached,
            progress=progress,
        )
    try:
        if output is not None:
            from exportkit.schema import write_schema  # noqa: PLC0415 - as above

            write_schema(found.schemas[None], output, reached)
    finally:  # what may have taken long to find out is told even where the file cannot be written
        with unless_nobody_reads():
            if json:
                print_json(found.to_dict(), reached)
            else:
                _print_table(found)
                tell_traffic(reached)
    return 0


def _names_a_file(output: str) -> bool:
    """Returns whether a schema file may have this name: told before an export is read, not after it."""
    from exportkit.store.opening import normal_uri  # noqa: PLC0415 - as above

    uri = normal_uri(output)
    return "/" in uri.removeprefix("s3://") if uri.startswith("s3://") else not Path(uri).is_dir()


def _print_table(found: "Inferred") -> None:
    from exportkit.cli.output import OutputConsole  # noqa: PLC0415 - as above

    console = OutputConsole(highlight=False)
    if console.is_terminal:
        _print(found, console)
        return
    console.width = _PIPED_WIDTH
    with console.capture() as capture:
        _print(found, console)
    for line in capture.get().splitlines():
        print(line.rstrip())  # tables are filled up with blanks


def _print(found: "Inferred", console: "Console") -> None:
    from rich.text import Text  # noqa: PLC0415

    for index, (value, each) in enumerate(found.schemas.items()):
        if index:
            console.print()
        statistics = found.statistics.get(value)
        console.print(Text(printable(_title(value, statistics, split=len(found.schemas) > 1)), "bold", overflow="fold"))
        console.print(_table(each, statistics))
        if each.item.others != "misfit":
            become = "stand in _rest, as JSON" if each.item.others == "rest" else "are left out"
            console.print(Text(f"other attributes {become}", "cyan"))
        if each.notes:
            console.print()
        for note in each.notes:
            told = f"{note.path}: {note.message}" if note.path else note.message
            told += f" ({note.count:,})" if note.count else ""
            console.print(Text(printable(told), _STYLES.get(note.kind, ""), overflow="fold"))
            if note.first is not None:
                console.print(Text(f"  first: {printable(_place(note.first, found))}", "dim", overflow="fold"))


def _title(value: "SplitValue", statistics: "Statistics | None", *, split: bool) -> str:
    name = "" if not split else "without a value: " if value is None else f"{value[1]}: "
    if statistics is None:
        return f"{name}no records were looked at"
    counts = [_plural(statistics.records, "record")]
    if statistics.keys is not None:
        counts += [_plural(statistics.puts, "put"), _plural(statistics.deletes, "delete")]
    return name + ", ".join(counts)


def _table(each: "Schema", statistics: "Statistics | None") -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from exportkit.schema.report import rows  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name, ratio in (("path", 3), ("values", 2), ("column", 3), ("sizes", 2)):
        table.add_column(name, overflow="fold", ratio=ratio)
    for row in rows(each, statistics):
        counts = "\n".join(f"{tag} {count:,}" for tag, count in row.seen.items())
        sizes = "\n".join(_sizes(row.seen, row.ranges))
        table.add_row(Text(printable(row.path)), counts, Text(printable(row.column)), sizes)
    return table


def _sizes(seen: Mapping[str, int], ranges: Mapping[str, str]) -> Iterator[str]:
    """Yields what stands beside the count of each type."""
    for tag in seen:
        yield ranges.get(tag, "")


def _place(place: "Place", found: "Inferred") -> str:
    return f"{found.files[place.file]}, line {place.line:,} (byte {place.offset:,})"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
