"""Parquet files written: whole or not at all, cut where they should be, with what readers want."""

import base64
import gc
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exportkit.errors import StoreError
from exportkit.sink.parquet import ParquetOptions, Parts, PartWriter, leaf_paths
from exportkit.store.base import ObjectInfo
from exportkit.store.local import LocalStore

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), metadata={b"dynamodb.type": b"N"}),
        pa.field("status", pa.utf8()),
        pa.field("price", pa.decimal128(18, 2)),
        pa.field("tags", pa.list_(pa.field("element", pa.utf8(), metadata={b"dynamodb.type": b"S"}))),
    ]
)


def batch(start: int, rows: int = 100) -> pa.RecordBatch:
    ids = range(start, start + rows)
    values = [{"id": i, "status": "NEW", "price": None, "tags": [str(i), "x"]} for i in ids]
    return pa.RecordBatch.from_pylist(values, SCHEMA)


def write(path: Path, batches: list[pa.RecordBatch], **options: Any) -> Any:
    how = ParquetOptions(**options)
    with PartWriter(LocalStore().writer(str(path)), SCHEMA, how) as writer:
        for each in batches:
            writer.write(each)
    return writer.part


def test_what_is_written_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    part = write(path, [batch(0), batch(100)])
    data = path.read_bytes()
    assert (part.rows, part.bytes) == (200, len(data))
    assert part.md5 == base64.b64encode(hashlib.md5(data).digest()).decode()
    read = pq.read_table(path)
    assert read.equals(pa.Table.from_batches([batch(0), batch(100)]))
    assert read.schema.equals(SCHEMA, check_metadata=True), "metadata at every depth survive"


def test_what_readers_want_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write(path, [batch(0)], dictionary=("status", "tags.list.element"))
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert all(column.is_stats_set and column.has_column_index and column.has_offset_index for column in columns)
    assert {column.path_in_schema for column in columns if column.has_dictionary_page} == {
        "status",
        "tags.list.element",
    }
    assert columns[2].physical_type == "INT64", "decimals of up to 18 digits are whole numbers"


@pytest.mark.parametrize("compression", ["snappy", "gzip", "none"])
def test_other_codecs(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.parquet"
    write(path, [batch(0)], compression=compression)
    said = pq.read_metadata(path).row_group(0).column(0).compression
    assert said == {"none": "UNCOMPRESSED"}.get(compression, compression.upper())


def test_row_groups_end_by_rows_and_by_bytes(tmp_path: Path) -> None:
    def groups(**options: int) -> list[int]:
        write(tmp_path / "a", [batch(start) for start in range(0, 1000, 100)], **options)
        metadata = pq.read_metadata(tmp_path / "a")
        return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]

    assert groups() == [1000], "small batches are put together"
    assert groups(row_group_rows=250) == [300, 300, 300, 100]
    assert groups(row_group_bytes=2 * batch(0).nbytes) == [200] * 5


def test_the_same_batches_give_the_same_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [batch(0), batch(100)])
    second = write(tmp_path / "b", [batch(0), batch(100)])
    assert first.md5 == second.md5


def test_a_file_of_no_rows_has_the_columns(tmp_path: Path) -> None:
    assert write(tmp_path / "a", []).rows == 0
    assert pq.read_table(tmp_path / "a").schema.names == SCHEMA.names


class Full:
    """A disk that is full after some bytes."""

    info = ObjectInfo("x", 0)

    def __init__(self, room: int) -> None:
        self.room = room
        self.ended_by: BaseException | None = None

    def write(self, data: bytes) -> None:
        self.room -= len(data)
        if self.room < 0:
            raise StoreError("x", "cannot be written: No space left on device")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.ended_by = error


@pytest.mark.parametrize("room", [0, 3, 100, 2500])
def test_a_full_disk_is_told_as_it_is(room: int) -> None:
    target = Full(room)
    with (  # noqa: PT012 - it is full at any of the steps
        pytest.raises(StoreError, match="No space left") as caught,
        PartWriter(target, SCHEMA, ParquetOptions(row_group_rows=100)) as writer,
    ):
        for start in range(0, 1000, 100):
            writer.write(batch(start))
    assert target.ended_by is caught.value, "the target knows that the file is not whole"


@pytest.mark.parametrize("room", [0, 3, 100, 2500])
def test_a_full_disk_is_told_once(room: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Arrow, left with bytes that it could not write, tells of it with a traceback, on stderr."""
    target = LocalStore().writer(str(tmp_path / "x"))
    write, left = target.write, room

    def fill(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        if left < 0:
            raise StoreError("x", "cannot be written: No space left on device")
        write(data)

    target.write = fill  # type: ignore[method-assign]
    with suppress(StoreError), PartWriter(target, SCHEMA, ParquetOptions()) as writer:
        writer.write(batch(0))
    del writer
    gc.collect()
    assert capfd.readouterr().err == ""


def test_a_block_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with Parts(lambda number: opened(tmp_path, number), 150, 1 << 40) as parts:
            for start in range(0, 300, 100):
                parts.write(batch(start))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["0"], "the one that was whole already"


def opened(folder: Path, number: int) -> PartWriter:
    return PartWriter(LocalStore().writer(str(folder / str(number))), SCHEMA, ParquetOptions(row_group_rows=100))


def test_files_end_by_rows_and_by_bytes(tmp_path: Path) -> None:
    def rows(part_rows: int, part_bytes: int) -> list[int]:
        with Parts(lambda number: opened(tmp_path, number), part_rows, part_bytes) as parts:
            for start in range(0, 1000, 100):
                parts.write(batch(start))
        return [part.rows for part in parts.done]

    assert rows(1 << 40, 1 << 40) == [1000]
    assert rows(400, 1 << 40) == [400, 400, 200]
    assert rows(1 << 40, 1) == [100] * 10


def test_the_paths_are_those_of_the_parquet_file(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("m", pa.map_(pa.utf8(), pa.list_(pa.field("element", pa.int64())))),
            pa.field("s", pa.struct([pa.field("a.b", pa.utf8()), pa.field("c", pa.bool_())])),
        ]
    )
    pq.write_table(schema.empty_table(), tmp_path / "a")
    columns = pq.read_metadata(tmp_path / "a").schema
    assert [path for path, _ in leaf_paths(schema)] == [columns.column(number).path for number in range(len(columns))]
