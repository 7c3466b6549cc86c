"""What people would take instead of exportkit, each in its best form.

Each function here is a way: given a Task it gets everything ready (imports, bytes in memory) and returns what is
timed, and what tells its answer afterwards.
"""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from isal.igzip import IGzipFile

from benchmarks.convert.shapes import COLUMNS, duckdb_struct, duckdb_value, polars_raw, polars_value, pyarrow_raw
from benchmarks.convert.task import Task, Way

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 4 * 1024 * 1024
"""Bytes pyarrow.json reads at once: faster than its 1 MiB, as fast as more."""


# --- pyarrow.json: type tags left as they are, numbers text, binary base64 -----------------------------------


def pyarrow_json(task: Task) -> Way:
    """``read_json`` from memory, the raw types given."""
    import pyarrow as pa  # noqa: PLC0415 - the child that measures it imports it
    from pyarrow import json  # noqa: PLC0415

    data, options, parse = pa.py_buffer(task.inflated()), _read_options(task), _parse_options(task)
    return _raw_way(task, lambda: json.read_json(pa.BufferReader(data), options, parse))


def pyarrow_json_guessing(task: Task) -> Way:
    """The same, the types guessed from the first block; what is not in it comes later, dates may be guessed."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import json  # noqa: PLC0415

    data, options = pa.py_buffer(task.inflated()), _read_options(task)
    return Way(lambda: json.read_json(pa.BufferReader(data), options), lambda table: table.num_rows)


def pyarrow_json_gz(task: Task) -> Way:
    """``open_json`` over each gzip file, the raw types given; pyarrow's own zlib inflates."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import json  # noqa: PLC0415

    options, parse = _read_options(task), _parse_options(task)

    def read() -> "list[pa.RecordBatch]":
        batches = []
        for path in task.files:
            with pa.input_stream(path, compression="gzip") as stream:
                batches += list(json.open_json(stream, options, parse))
        return batches

    return _raw_way(task, lambda: pa.Table.from_batches(read()))


def _read_options(task: Task) -> Any:
    from pyarrow import json  # noqa: PLC0415

    return json.ReadOptions(use_threads=task.jobs > 1, block_size=BLOCK)


def _parse_options(task: Task) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import json  # noqa: PLC0415

    item = pa.struct([(name, pyarrow_raw(kind)) for name, kind in COLUMNS[task.shape].items()])
    return json.ParseOptions(explicit_schema=pa.schema([("Item", item)]), unexpected_field_behavior="error")


def _raw_way(task: Task, run: "Callable[[], pa.Table]") -> Way:
    def answer(table: "pa.Table") -> Any:
        from benchmarks.convert import answers  # noqa: PLC0415 - imports of the check must not count

        return answers.of_raw_table(table, task.shape)

    return Way(run, lambda table: table.num_rows, answer)


# --- DuckDB ------------------------------------------------------------------------------------------------


def duckdb_parquet(task: Task) -> Way:
    """``read_json`` with the raw types given, every attribute cast by hand, written as Parquet with zstd level 1.

    ``records = 'true'`` says that each line is an object: left to find that out, DuckDB takes four times as long.
    """
    import duckdb  # noqa: PLC0415

    columns = COLUMNS[task.shape]
    target = task.scratch / "duckdb.parquet"
    files = ", ".join(f"'{path}'" for path in task.files)
    values = ", ".join(f"{duckdb_value(kind, f'Item.{name}')} AS {name}" for name, kind in columns.items())
    sql = f"""
        COPY (SELECT {values} FROM read_json([{files}], format = 'newline_delimited', records = 'true',
            compression = 'gzip', maximum_object_size = 1048576, columns = {{Item: '{duckdb_struct(columns)}'}}))
        TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"""
    connection = duckdb.connect(config={"threads": task.jobs, "temp_directory": str(task.scratch)})
    return _parquet_way(lambda: connection.execute(sql), str(target))


# --- Polars ------------------------------------------------------------------------------------------------


def polars_parquet(task: Task) -> Way:
    """``scan_ndjson`` with the raw types given, every attribute cast by hand, ``sink_parquet`` with zstd level 1."""
    import polars as pl  # noqa: PLC0415

    columns = COLUMNS[task.shape]
    target = task.scratch / "polars.parquet"
    schema = {"Item": pl.Struct({name: polars_raw(kind) for name, kind in columns.items()})}
    item = pl.col("Item")
    values = [polars_value(kind, item.struct.field(name)).alias(name) for name, kind in columns.items()]
    lines = pl.scan_ndjson([str(path) for path in task.files], schema=schema)
    return _parquet_way(
        lambda: lines.select(values).sink_parquet(target, compression="zstd", compression_level=1), str(target)
    )


def polars_json(task: Task) -> Way:
    """``read_ndjson`` from memory, the raw types given."""
    import polars as pl  # noqa: PLC0415

    schema = {"Item": pl.Struct({name: polars_raw(kind) for name, kind in COLUMNS[task.shape].items()})}
    data = task.inflated()
    way = _raw_way(task, lambda: pl.read_ndjson(io.BytesIO(data), schema=schema))
    return Way(way.run, lambda frame: frame.height, lambda frame: way.answer(frame.to_arrow()))


def _parquet_way(run: Callable[[], Any], target: str) -> Way:
    def answer(_: Any) -> Any:
        from pyarrow import parquet  # noqa: PLC0415

        from benchmarks.convert import answers  # noqa: PLC0415

        return answers.of_table(parquet.read_table(target))

    def rows(_: Any) -> int:
        from pyarrow import parquet  # noqa: PLC0415

        return int(parquet.read_metadata(target).num_rows)

    return Way(run, rows, answer)


# --- Python objects ----------------------------------------------------------------------------------------


def deserializer(task: Task) -> Way:
    """orjson and boto3's TypeDeserializer, line by line from memory, into Python objects; no Arrow is made."""
    import base64  # noqa: PLC0415

    import orjson  # noqa: PLC0415
    from boto3.dynamodb.types import Binary, TypeDeserializer  # noqa: PLC0415

    class Deserializer(TypeDeserializer):
        """boto3's, made to take what an export holds for B: it refuses base64 text."""

        def _deserialize_b(self, value: str) -> Binary:
            return Binary(base64.b64decode(value))

    deserialize = Deserializer().deserialize
    data = task.inflated()

    def run() -> list[dict[str, Any]]:
        return [
            {name: deserialize(value) for name, value in orjson.loads(line)["Item"].items()}
            for line in data.splitlines()
        ]

    return _items_way(task, run)


def amazon_ion(task: Task) -> Way:
    """amazon.ion in its fastest mode: lazily, bare values, structs as dicts; into Python objects."""
    from amazon.ion import simpleion  # noqa: PLC0415
    from amazon.ion.simpleion import IonPyValueModel as Model  # noqa: PLC0415

    data = task.inflated()
    model = Model.MAY_BE_BARE | Model.SYMBOL_AS_TEXT | Model.STRUCT_AS_STD_DICT

    def run() -> list[dict[str, Any]]:
        values = simpleion.load(
            io.BytesIO(data),
            single_value=False,
            parse_eagerly=False,
            value_model=model,
            text_buffer_size_limit=1 << 26,
        )
        return [value["Item"] for value in values]

    return _items_way(task, run)


def _items_way(task: Task, run: Callable[[], list[dict[str, Any]]]) -> Way:
    def answer(items: list[dict[str, Any]]) -> Any:
        from benchmarks.convert import answers  # noqa: PLC0415

        return answers.of_items(items, task.shape)

    return Way(run, len, answer)


# --- the limit ---------------------------------------------------------------------------------------------


def igzip(task: Task) -> Way:
    """The limit: igzip inflates the files, in exportkit's chunks, and nothing is done with what comes out."""
    return Way(lambda: _inflate(task), lambda size: task.items if size == task.size else -1)


def _inflate(task: Task) -> int:
    from exportkit.store.inflate import CHUNK_SIZE  # noqa: PLC0415

    size = 0
    for path in task.files:
        with IGzipFile(path, "rb") as file:
            while chunk := file.read(CHUNK_SIZE):
                size += len(chunk)
    return size
