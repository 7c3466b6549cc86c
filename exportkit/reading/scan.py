"""An export as a stream of Arrow record batches, read anew by each that takes it."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from exportkit.errors import MisfitError, UsageError
from exportkit.export import DataFile
from exportkit.model.plan import REST, Column, ColumnKind, ColumnPlan, Others
from exportkit.reading.batches import FileBatches
from exportkit.reading.threads import streams_in_order

if TYPE_CHECKING:  # it takes long to import
    import pyarrow as pa

__all__ = ["Scan", "select_columns"]

# What may wait for its turn, of all files together.
_AHEAD = 256 * 1024 * 1024


class Scan:
    """The rows of an export as a stream of Arrow record batches (``OpenExport.scan`` makes it).

    Whatever takes Arrow streams takes it as it is, without a file: ``pyarrow.table(scan)``,
    ``polars.DataFrame(scan)``, ``duckdb.sql("SELECT … FROM scan")``. Each of them reads the export anew, file by
    file in the order of the manifest, and each file is checked at its end. Leaving early ends the reading.

    Errors are those of ``exportkit.errors`` where Python takes the batches (iteration, ``to_arrow``).
    Through ``__arrow_c_stream__`` only their text can pass: the consumer raises an error of its own with it.

    Example:
        >>> import exportkit
        >>> scan = exportkit.open("samples/full-json").scan(columns=["pk", "sk"])
        >>> scan.schema.names
        ['pk', 'sk']
        >>> sum(batch.num_rows for batch in scan)
        150
    """

    def __init__(
        self,
        files: Callable[[], Iterator[DataFile]],
        decode: Callable[[DataFile], FileBatches],
        plan: ColumnPlan,
        jobs: int,
    ) -> None:
        self._files = files
        self._decode = decode
        self._plan = plan
        self._jobs = jobs

    def __repr__(self) -> str:
        return (
            f"<Scan of {len(self.schema):,} columns: pyarrow.table(scan), polars.DataFrame(scan) and the like take it>"
        )

    @property
    def plan(self) -> ColumnPlan:
        """Which column each attribute becomes."""
        return self._plan

    @cached_property
    def schema(self) -> "pa.Schema":
        """The Arrow schema of the batches, DynamoDB's types in the metadata of its fields."""
        from exportkit.codec.arrow_types import arrow_schema  # noqa: PLC0415 - it imports pyarrow

        return arrow_schema(self._plan)

    def __iter__(self) -> Generator["pa.RecordBatch", None, None]:
        """Yields the batches.

        Raises:
            MalformedRecordError: A record cannot be read; told after all those before it.
            MisfitError: A value fits no column, and misfits are errors.
            GzipError: A file cannot be inflated.
            Md5MismatchError: A file is not what the manifest says; told at its end.
            ItemCountError: It holds another number of records; told at its end.
            StoreError: A file cannot be read from storage.
        """

        def produce(file: DataFile) -> Iterator["pa.RecordBatch"]:
            try:
                with self._decode(file) as batches:
                    for _, batch in batches:
                        yield batch
            except MisfitError as error:
                error.add_note('on_misfit="rescue" keeps such values in the column _rescued')
                raise

        room = _AHEAD // self._jobs
        streams = streams_in_order(produce, self._files(), self._jobs, room=room, size=lambda batch: batch.nbytes)
        with closing(streams) as results:
            yield from results

    def reader(self) -> "pa.RecordBatchReader":
        """Returns pyarrow's reader of the stream, to be read once."""
        import pyarrow as pa  # noqa: PLC0415 - it takes long to import

        return pa.RecordBatchReader.from_batches(self.schema, iter(self))

    def to_arrow(self) -> "pa.Table":
        """Returns all rows, in memory.

        Raises:
            ExportkitError: As iteration.
        """
        import pyarrow as pa  # noqa: PLC0415 - it takes long to import

        return pa.Table.from_batches(iter(self), self.schema)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> Any:
        """Returns the stream's capsule; reading starts with the first batch that is asked for."""
        return self.reader().__arrow_c_stream__(requested_schema)


def select_columns(plan: ColumnPlan, columns: Sequence[str]) -> ColumnPlan:
    """Returns the plan with these top-level attributes alone, in this order; the rest is passed over early.

    Args:
        plan: A plan; in an incremental export's the attributes are those of both images.
        columns: The names of attributes, each once, at least one; ``_rest`` names the column of that name.

    Raises:
        UsageError: One of them has no column, or is named twice; or there is none.
    """
    if isinstance(columns, str):
        raise UsageError(f"columns is {columns!r}; pass a list of names: [{columns!r}]")
    fields = {field.attribute: field for field in plan.item.fields if field.column.kind is not ColumnKind.SKIP}
    names = [*fields, *([REST] if plan.item.others is Others.REST and REST not in fields else [])]
    if not columns:
        raise UsageError("columns names no attribute; readers refuse a table without columns")
    for place, name in enumerate(columns):
        if name in columns[:place]:
            raise UsageError(f"{name!r} is named twice among the columns")
        if name not in names:
            shown = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
            raise UsageError(f"no column is called {name!r}; there are {shown or 'none'}")
    chosen = tuple(fields[name] for name in columns if name in fields)
    others = Others.SKIP
    if REST in columns and REST not in fields:
        # What has a column of its own must not turn up in the rest because nobody asked for that column.
        passed = (field for name, field in fields.items() if name not in columns)
        chosen += tuple(replace(field, column=Column(kind=ColumnKind.SKIP)) for field in passed)
        others = Others.REST
    return replace(plan, item=replace(plan.item, fields=chosen, others=others))
