"""One pass or two: what a conversion costs that spools Arrow IPC, against one that reads its input twice.

The lower bound of the spool is measured: the schema is given, so nothing is unified and cast on the way back, and
the spool lies in the page cache. All three decode and write the same, one thread, without MD5.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from benchmarks.convert import ours
from benchmarks.convert.task import Task, Way

if TYPE_CHECKING:
    import pyarrow as pa


def straight(task: Task) -> Way:
    """Decoded and written as Parquet: the schema was given."""
    return _way(task, lambda: _write(task, ours.decoded(task)))


def two_passes(task: Task) -> Way:
    """The same, after a pass of inference."""

    def run() -> None:
        ours.infer_inflated(task)
        _write(task, ours.decoded(task))

    return _way(task, run)


def spooled(task: Task) -> Way:
    """Decoded into Arrow IPC on disk, which is then read and written as Parquet."""

    def run() -> None:
        import pyarrow as pa  # noqa: PLC0415 - the child that measures it imports it

        spool = task.scratch / "spool.arrow"
        schema = ours.arrow_schema_of(task)
        with pa.OSFile(str(spool), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
            for batch in ours.decoded(task):
                writer.write_batch(batch)
        with pa.memory_map(str(spool)) as file, pa.ipc.open_stream(file) as batches:
            _write(task, batches)

    return _way(task, run)


def _write(task: Task, batches: "Iterable[pa.RecordBatch]") -> None:
    from pyarrow import parquet  # noqa: PLC0415 - as above

    with parquet.ParquetWriter(
        task.scratch / "part.parquet",
        ours.arrow_schema_of(task),
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        write_page_index=True,
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _way(task: Task, run: Any) -> Way:
    def rows(_: Any) -> int:
        from pyarrow import parquet  # noqa: PLC0415 - as above

        return int(parquet.read_metadata(task.scratch / "part.parquet").num_rows)

    def answer(_: Any) -> Any:
        from pyarrow import parquet  # noqa: PLC0415 - as above

        return ours.answer_of(parquet.read_table(task.scratch / "part.parquet"))

    ours.arrow_schema_of(task)  # made before time counts
    return Way(run, rows, answer)
