"""What a row takes in Parquet, and which columns a dictionary pays for, measured on a little of the export."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from exportkit.codec.arrow_types import arrow_schema
from exportkit.convert.options import ConvertOptions, OnMalformed
from exportkit.errors import MisfitError, SplitError
from exportkit.export import DataFile
from exportkit.model.decode import Split
from exportkit.model.plan import ColumnPlan
from exportkit.reading import OpenExport, in_order
from exportkit.sink.parquet import ParquetOptions, PartWriter, leaf_paths
from exportkit.store.base import ObjectInfo

__all__ = ["Sizing", "measure"]

_MOST_ROWS, _LEAST_ROWS = 16_384, 1024
"""Rows taken from each file that is looked at."""
_SHARE = 32
"""All together at most one of so many, where that is not too few: each is decoded, and written, for nothing else."""
_BYTES = 4 * 1024 * 1024
"""Bytes of a batch's records, and Arrow bytes of a file that are enough, however few rows they are."""
_GROUPS = 4
"""Groups of columns that are measured side by side."""
_UNKNOWN = 100.0
"""Bytes of a row where there is none to measure."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """What was measured.

    Attributes:
        bytes_per_row: In Parquet, about.
        dictionaries: For each plan, the Parquet paths of the columns that a dictionary pays for; None where no row
            of it was seen.
    """

    bytes_per_row: float
    dictionaries: tuple[tuple[str, ...] | None, ...]


def measure(
    export: OpenExport,
    files: Sequence[DataFile],
    plans: Sequence[ColumnPlan],
    options: ConvertOptions,
    split: Split | None,
    jobs: int,
    *,
    strict: bool = True,
) -> Sizing:
    """Returns what the first records of some data files tell.

    Args:
        export: The export.
        files: The files to look at.
        plans: The column plans.
        options: What was asked for.
        split: Which plan takes which record.
        jobs: Files to look at side by side.
        strict: Whether a record that the plans have no place for is an error; else what was read before is enough.

    Raises:
        ExportkitError: As ``OpenExport.decode``.
    """
    share = export.summary.item_count // (_SHARE * max(1, len(files)))
    rows_of_each = max(_LEAST_ROWS, min(_MOST_ROWS, share))

    def first(file: DataFile) -> list[tuple[int, pa.RecordBatch]]:
        found: list[tuple[int, pa.RecordBatch]] = []
        with nullcontext() if strict else suppress(MisfitError, SplitError):
            found.extend(_first(export, file, rows_of_each, plans, options, split))
        return found

    batches: defaultdict[int, list[pa.RecordBatch]] = defaultdict(list)
    with closing(in_order(first, files, jobs)) as found:
        for each in found:
            for number, batch in each:
                batches[number].append(batch)
    tables = {
        number: pa.Table.from_batches(batches[number], arrow_schema(plan))
        for number, plan in enumerate(plans)
        if number in batches
    }
    # Nothing else is done meanwhile: the threads share even a single dataset, always cut in the same way.
    groups = _GROUPS if len(plans) == 1 else 1
    pieces = [(number, piece) for number, table in tables.items() for piece in _column_groups(table, groups)]

    def write(piece: tuple[int, pa.Table]) -> tuple[int, tuple[str, ...], int]:
        number, table = piece
        paying = _paying(table)
        return number, paying, _parquet_bytes(table, options, paying)

    size = 0
    chosen: defaultdict[int, list[str]] = defaultdict(list)
    with closing(in_order(write, pieces, jobs)) as written:
        for number, paying, written_bytes in written:
            chosen[number] += paying
            size += written_bytes
    rows = sum(table.num_rows for table in tables.values())
    dictionaries = tuple(tuple(chosen[number]) if number in tables else None for number in range(len(plans)))
    return Sizing(size / rows if rows else _UNKNOWN, dictionaries)


def _column_groups(table: pa.Table, groups: int) -> Iterator[pa.Table]:
    """Yields the columns in so many groups, in order; none of them without columns unless the table is."""
    count = table.num_columns
    groups = max(1, min(groups, count))
    for group in range(groups):
        yield table.select(list(range(group * count // groups, (group + 1) * count // groups)))


def _first(
    export: OpenExport,
    file: DataFile,
    count: int,
    plans: Sequence[ColumnPlan],
    options: ConvertOptions,
    split: Split | None,
) -> Iterator[tuple[int, pa.RecordBatch]]:
    rows = size = 0
    with export.decode(
        file,
        plans,
        split=split,
        batch_rows=count,
        batch_bytes=min(_BYTES, options.batch_bytes),
        quarantine=options.on_malformed is OnMalformed.QUARANTINE,
        on_malformed=lambda _: None,
    ) as batches:
        for plan, batch in batches:
            yield plan, batch
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= count or size >= _BYTES:
                return


def _parquet_bytes(table: pa.Table, options: ConvertOptions, dictionary: tuple[str, ...] | None) -> int:
    how = ParquetOptions(
        compression=options.compression, compression_level=options.compression_level, dictionary=dictionary
    )
    with PartWriter(_Nowhere(), table.schema, how) as part:
        for batch in table.to_batches():
            part.write(batch)
        part.flush()
        return part.bytes  # without the footer, which a file has once


def _paying(table: pa.Table) -> tuple[str, ...]:
    """Returns the columns of which at least half of the values are repeated, and those without values."""
    return tuple(
        path
        for (path, kind), values in zip(leaf_paths(table.schema), _leaf_arrays(table), strict=True)
        if _pays(kind, values)
    )


def _pays(kind: pa.DataType, values: Any) -> bool:
    count = len(values) - values.null_count
    return not count or (not pa.types.is_boolean(kind) and 2 * pc.count_distinct(values).as_py() <= count)


def _leaf_arrays(table: pa.Table) -> Iterator[Any]:
    for column in table.columns:
        yield from _leaves(pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type))


def _leaves(array: Any) -> Iterator[Any]:
    """Yields the leaf arrays below an array, in the order of ``leaf_paths``."""
    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _leaves(child)
    elif pa.types.is_map(array.type):
        yield from _leaves(array.keys)
        yield from _leaves(array.items)
    elif pa.types.is_list(array.type):
        yield from _leaves(array.flatten())
    else:
        yield array


class _Nowhere:
    """Takes a file that only its size is wanted of."""

    info = ObjectInfo("", 0)

    def write(self, data: bytes, /) -> None:
        """Forgets it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""
