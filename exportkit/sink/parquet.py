"""Writes record batches as Parquet files, each whole or not at all, its MD5 taken on the way.

What was measured, and why the settings are as they are: ``docs/convert.md``, "The files".
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import md5
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from exportkit.store.base import ObjectWriter

__all__ = ["ParquetOptions", "Part", "PartWriter", "Parts", "leaf_paths"]

_BUFFER = 256 * 1024
"""Many columns make thousands of small pages: each would be a call into Python."""

_LEVELS = {"zstd": 1, "gzip": 1}  # fastest: half of a conversion's time is spent in the Parquet writer


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetOptions:
    """How Parquet files are written.

    Attributes:
        compression: The codec, as pyarrow names it.
        compression_level: Its level; None is the fastest one of zstd and gzip.
        row_group_rows: A row group ends once it has so many rows.
        row_group_bytes: Or once its Arrow arrays hold so many bytes.
        dictionary: Parquet paths of the columns that get a dictionary (``leaf_paths``); None: all.
    """

    compression: str = "zstd"
    compression_level: int | None = None
    row_group_rows: int = 1 << 20
    row_group_bytes: int = 64 * 1024 * 1024
    dictionary: tuple[str, ...] | None = None

    @property
    def level(self) -> int | None:
        """The level that is used; None of codecs without levels."""
        return _LEVELS.get(self.compression) if self.compression_level is None else self.compression_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file that was written.

    Attributes:
        uri: Where it lies.
        rows: Its rows.
        bytes: Its bytes.
        md5: Base64 of the MD5 of its bytes.
        etag: Its ETag in S3; None in local folders.
    """

    uri: str
    rows: int
    bytes: int
    md5: str
    etag: str | None


def leaf_paths(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    """Yields the Parquet path and the type of each leaf column of a schema, in order."""
    for field in schema:
        yield from _leaves(field.name, field.type)


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    if pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    elif pa.types.is_map(kind):
        yield from _leaves(f"{path}.key_value.key", kind.key_type)
        yield from _leaves(f"{path}.key_value.value", kind.item_type)
    elif pa.types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    else:
        yield path, kind


class PartWriter:
    """Writes one Parquet file; holds the batches of one row group, never the file.

    A context manager: the file has its name when the block ends, and never if it ends by an exception.

    Args:
        target: Takes the bytes; its block is this one's.
        schema: The schema of all batches.
        options: How to write.
    """

    def __init__(self, target: ObjectWriter, schema: pa.Schema, options: ParquetOptions) -> None:
        self._target = target
        self._schema = schema
        self._options = options
        self._held: list[pa.RecordBatch] = []
        self.held_bytes = 0
        self._held_rows = 0
        self._written_rows = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._target)
            self._sink = _Sink(self._target)
            self._stream = pa.BufferedOutputStream(pa.PythonFile(self._sink, mode="w"), _BUFFER)
            self._parquet = pq.ParquetWriter(
                self._stream,
                self._schema,
                compression=self._options.compression,
                compression_level=self._options.level,
                use_dictionary=True if self._options.dictionary is None else list(self._options.dictionary),
                write_page_index=True,
                store_decimal_as_integer=True,
            )
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self.flush()
                self._parquet.close()
                self._stream.close()
            except BaseException as failed:
                self._give_up()
                self._target.__exit__(type(failed), failed, failed.__traceback__)
                raise
        else:
            self._give_up()
        self._target.__exit__(kind, error, trace)

    def _give_up(self) -> None:
        """Lets go of what is not written: Arrow would write it when it is freed, and tell that it cannot."""
        self._held.clear()
        self._sink.discard = True
        for each in (self._parquet, self._stream):
            with suppress(Exception):  # the error that led here is the one to tell
                each.close()

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._written_rows + self._held_rows

    @property
    def bytes(self) -> int:
        """Bytes written so far, of whole row groups."""
        return self._sink.bytes

    @property
    def part(self) -> Part:
        """The file as it was written; once the block has ended."""
        info = self._target.info
        return Part(uri=info.uri, rows=self._written_rows, bytes=info.size, md5=self._sink.digest, etag=info.etag)

    def write(self, batch: pa.RecordBatch) -> None:
        """Takes a batch; writes a row group when there is one."""
        self._held.append(batch)
        self.held_bytes += batch.nbytes
        self._held_rows += batch.num_rows
        if self._held_rows >= self._options.row_group_rows or self.held_bytes >= self._options.row_group_bytes:
            self.flush()

    def flush(self) -> None:
        """Ends the row group, if there is one."""
        if not self._held:
            return
        table = pa.Table.from_batches(self._held, self._schema)
        self._held.clear()
        self._parquet.write_table(table, row_group_size=self._held_rows)
        self._stream.flush()
        self._written_rows += self._held_rows
        self._held_rows = self.held_bytes = 0


class Parts:
    """Writes batches into one Parquet file after another.

    A context manager: the file that is being written ends with the block, and is given up if that ends
    by an exception.

    Args:
        open_part: Returns the writer of the file of a number, from 0.
        part_rows: A file ends once it has so many rows.
        part_bytes: Or once so many bytes of it are written.
    """

    def __init__(self, open_part: Callable[[int], PartWriter], part_rows: int, part_bytes: int) -> None:
        self._open_part = open_part
        self._part_rows = part_rows
        self._part_bytes = part_bytes
        self._current: PartWriter | None = None
        self.done: list[Part] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._current is not None:
            current, self._current = self._current, None
            current.__exit__(kind, error, trace)
            if error is None:
                self.done.append(current.part)

    @property
    def held_bytes(self) -> int:
        """Bytes of the batches that are not written yet."""
        return self._current.held_bytes if self._current else 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Takes a batch; opens a file if none is open, and ends it once it is full."""
        if self._current is None:
            self._current = self._open_part(len(self.done)).__enter__()  # left by this object's own block
        self._current.write(batch)
        if self._current.rows >= self._part_rows or self._current.bytes >= self._part_bytes:
            self.__exit__(None, None, None)

    def flush(self) -> None:
        """Writes what is held."""
        if self._current is not None:
            self._current.flush()


class _Sink:
    """What pyarrow writes a file to: counts and hashes."""

    closed = False

    def __init__(self, target: ObjectWriter) -> None:
        self._target = target
        self._md5: Any = md5(usedforsecurity=False)
        self.bytes = 0
        self.discard = False

    def write(self, data: bytes) -> None:
        if not self.discard:
            self._target.write(data)
            self._md5.update(data)
            self.bytes += len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def close(self) -> None:
        """The target is closed by whoever opened it."""

    @property
    def digest(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()
