"""What a conversion did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exportkit.model.decode import DecodeReport, Misfit
from exportkit.model.formats import ExportType
from exportkit.model.statistics import SplitValue
from exportkit.schema import Dialect, Schema, ddl

__all__ = ["ConvertReport", "DatasetReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReport:
    """One dataset that was written.

    Attributes:
        uri: Its folder.
        value: The value it has of the attribute the export was split by: type tag and text; None where it was not
            split, or has none.
        schema: Its schema; its notes tell what was merged, renamed, mixed, left out.
        columns: Its columns.
        rows: Its rows, as its files say.
        files: Its Parquet files.
        bytes: Their bytes.
    """

    uri: str
    value: SplitValue
    schema: Schema
    columns: int
    rows: int
    files: int
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Returns the same for JSON, but the schema's columns."""
        return {
            "uri": self.uri,
            "value": None if self.value is None else list(self.value),
            "columns": self.columns,
            "rows": self.rows,
            "files": self.files,
            "bytes": self.bytes,
            "notes": [note.to_dict() for note in self.schema.notes],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertReport:
    """What a conversion did.

    Attributes:
        dest: Where the result lies.
        export: What was converted.
        already: Whether the same result was there before: nothing was done.
        datasets: What was written: one, or one for each value.
        files: Data files that were read.
        named_files: Those of them that the places in notes name, by their number; none where the export was only a
            stage on the way and is gone.
        items: Records they hold, as the manifest says; of a state that was rebuilt its items.
        counts: What was counted; ``malformed`` are the records that were quarantined.
        misfits: The first values that were rescued, each with its data file.
        tasks: Tasks the work was cut into.
        resumed: Tasks that an earlier, unfinished run had done.
        rescue: Whether the datasets have the column ``_rescued``.
        seconds: What it took.
    """

    dest: str
    export: Mapping[str, Any]
    already: bool
    datasets: tuple[DatasetReport, ...]
    files: int
    named_files: Mapping[int, str]
    items: int
    counts: DecodeReport
    misfits: tuple[tuple[str, Misfit], ...]
    tasks: int
    resumed: int
    rescue: bool
    seconds: float

    def ddl(self, dialect: Dialect | str) -> str:
        """Returns the statements that make tables of what was written, or in DuckDB views.

        A table is called as DynamoDB's; that of one value of a split export has the value behind it.

        Args:
            dialect: ``athena``, ``spark`` or ``duckdb``.
        """
        table = str(self.export["table"] or "export").rpartition("/")[2]
        return "\n".join(
            ddl(
                dataset.schema,
                dialect,
                table
                if dataset.uri == self.dest
                else f"{table}_{'none' if dataset.value is None else dataset.value[1]}",
                f"{dataset.uri}/data",
                rescue=self.rescue,
                incremental=self.export["kind"] == ExportType.INCREMENTAL,
            )
            for dataset in self.datasets
        )

    @property
    def ok(self) -> bool:
        """Whether every record became a row."""
        return self.counts.malformed == 0

    @property
    def rows(self) -> int:
        """Rows of all datasets."""
        return sum(dataset.rows for dataset in self.datasets)

    @property
    def bytes(self) -> int:
        """Bytes of all Parquet files."""
        return sum(dataset.bytes for dataset in self.datasets)

    def to_dict(self) -> dict[str, Any]:
        """Returns the report for JSON."""
        counts = self.counts
        return {
            "ok": self.ok,
            "dest": self.dest,
            "already": self.already,
            "export": dict(self.export),
            "files": self.files,
            "named_files": {str(number): uri for number, uri in self.named_files.items()},
            "items": self.items,
            "rows": self.rows,
            "bytes": self.bytes,
            "quarantined": counts.malformed,
            "rescued": counts.rescued,
            "rescued_rows": counts.rescued_rows,
            "merged_nulls": counts.merged_nulls,
            "misfits": [
                {"file": uri, "line": misfit.line, "offset": misfit.offset, "path": misfit.path, "found": misfit.found}
                for uri, misfit in self.misfits
            ],
            "datasets": [dataset.to_dict() for dataset in self.datasets],
            "tasks": self.tasks,
            "resumed": self.resumed,
            "seconds": round(self.seconds, 3),
        }
