"""What exportkit does, stage by stage: each function is a way, as in ``peers``."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from isal.igzip import IGzipFile

import exportkit
from benchmarks.convert.task import Task, Way
from exportkit.engine import select_engine
from exportkit.model.decode import DecodeOptions
from exportkit.model.formats import ExportType
from exportkit.model.statistics import InferOptions
from exportkit.reading import OpenExport
from exportkit.schema import Schema
from exportkit.store.inflate import CHUNK_SIZE

if TYPE_CHECKING:
    import pyarrow as pa

Chunks = Iterable[bytes | memoryview]


def opened(task: Task) -> OpenExport:
    return exportkit.open(task.location, jobs=task.jobs)


@cache
def given(task: Task) -> Schema:
    """Returns the schema that is given: found once, kept beside the data."""
    kept = Path(task.location).with_suffix(".schema.json")
    if not kept.exists():
        kept.write_bytes(opened(task).schema().to_json())
    return Schema.from_json(kept.read_bytes(), str(kept))


@cache
def arrow_schema_of(task: Task) -> "pa.Schema":
    """Returns the Arrow schema of the schema that is given."""
    from exportkit.codec.arrow_types import arrow_schema  # noqa: PLC0415 - it imports pyarrow

    return arrow_schema(given(task).plan())


# --- bytes in memory ---------------------------------------------------------------------------------------


def decode_bytes(task: Task) -> Way:
    """Bytes in memory to Arrow batches, all of them kept."""
    chunks = _chunks(task)
    arrow_schema_of(task)  # made before time counts
    return Way(lambda: list(_decoded(task, chunks)), _rows, _answer)


def infer_bytes(task: Task) -> Way:
    """Bytes in memory to statistics."""
    chunks = _chunks(task)
    return Way(lambda: _infer(task, chunks), int)


# --- gzip to Arrow and to statistics -----------------------------------------------------------------------


def decode_gz(task: Task) -> Way:
    """Inflated by igzip and decoded, the batches dropped."""
    arrow_schema_of(task)
    return Way(lambda: _rows(decoded(task)), int, lambda _: _answer(decoded(task)))


def infer_gz(task: Task) -> Way:
    """Inflated by igzip and looked at."""
    return Way(lambda: infer_inflated(task), int)


def scan(task: Task) -> Way:
    """``OpenExport.scan`` with a schema given, the batches dropped; MD5 and counts checked."""
    stream = opened(task).scan(schema=given(task), on_misfit="error")
    arrow_schema_of(task)
    return Way(lambda: _rows(stream), int, lambda _: _answer(stream))


def statistics(task: Task) -> Way:
    """``OpenExport.statistics``; MD5 and counts checked."""
    export = opened(task)
    return Way(export.statistics, lambda found: sum(each.records for each in found.values()))


# --- gzip to Parquet ---------------------------------------------------------------------------------------


def convert_given(task: Task) -> Way:
    """``exportkit.convert`` with a schema given; MD5 and counts checked, the rows written counted again."""
    return _convert_way(task, schema=given(task), on_misfit="error")


def convert_inferring(task: Task) -> Way:
    """``exportkit.convert`` as it is: the schema is guessed, and confirmed in the same pass."""
    return _convert_way(task)


def convert_twice(task: Task) -> Way:
    """The same without a guess: the whole export is read for its schema, and then once more."""
    from exportkit.convert.options import ConvertOptions  # noqa: PLC0415 - as below

    way = _convert_way(task)

    def run() -> Any:
        with patch.object(ConvertOptions, "guesses", new=False):
            return way.run()

    return replace(way, run=run)


def _convert_way(task: Task, **options: Any) -> Way:
    import exportkit.convert.conversion  # noqa: PLC0415 - libraries are loaded before time counts, as others' are

    target = task.scratch / "exportkit"

    def answer(_: Any) -> Any:
        from pyarrow import parquet  # noqa: PLC0415 - as above

        return answer_of(parquet.read_table(target / "data"))

    return Way(lambda: exportkit.convert(task.location, target, jobs=task.jobs, **options).rows, int, answer)


# --- pieces ------------------------------------------------------------------------------------------------


def decoded(task: Task) -> "Iterator[pa.RecordBatch]":
    """Yields the batches of all files, inflated by igzip."""
    return _decoded(task, _inflated(task))


def infer_inflated(task: Task) -> int:
    """Takes the statistics of all files, inflated by igzip; returns how many records they have."""
    return _infer(task, _inflated(task))


def answer_of(table: "pa.Table") -> Any:
    """Returns the figures of a table."""
    from benchmarks.convert import answers  # noqa: PLC0415 - imports of the check must not count

    return answers.of_table(table)


def _chunks(task: Task) -> list[memoryview]:
    data = memoryview(task.inflated())
    return [data[start : start + CHUNK_SIZE] for start in range(0, len(data), CHUNK_SIZE)]


def _inflated(task: Task) -> Iterator[bytes]:
    for path in task.files:
        with IGzipFile(path, "rb") as file:
            while chunk := file.read(CHUNK_SIZE):
                yield chunk


def _infer(task: Task, chunks: Chunks) -> int:
    inference = select_engine().inference(InferOptions(format=task.format, export_type=ExportType.FULL))
    for chunk in chunks:
        inference.feed(chunk)
    return sum(found.records for found in inference.finish().values())


def _decoded(task: Task, chunks: Chunks) -> "Iterator[pa.RecordBatch]":
    from exportkit.codec.arrow_types import with_schema  # noqa: PLC0415 - it imports pyarrow

    schema = arrow_schema_of(task)
    options = DecodeOptions(format=task.format, export_type=ExportType.FULL)
    decoder = select_engine().decoder(options, [given(task).plan()])
    for chunk in chunks:
        for batch in decoder.feed(chunk):
            yield with_schema(batch, schema)
    while batches := decoder.finish():
        for batch in batches:
            yield with_schema(batch, schema)


def _rows(batches: "Iterable[pa.RecordBatch]") -> int:
    return sum(batch.num_rows for batch in batches)


def _answer(batches: "Iterable[pa.RecordBatch]") -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as above

    return answer_of(pa.Table.from_batches(batches))
