"""From chunks to judged records, for every reader of the reference engine."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from exportkit.codec.dynamodb_json import DynamoDBJSONReader
from exportkit.codec.ion import IonReader
from exportkit.codec.lines import Line, LineSplitter
from exportkit.codec.record import RecordReader
from exportkit.codec.tree import RecordFault, RecordTree
from exportkit.model.formats import OutputFormat
from exportkit.model.scan import Buffer, ReadOptions

__all__ = ["OnBytes", "RecordSource"]

OnBytes = Callable[[int], None]

_READERS: dict[OutputFormat, type[RecordReader[Any]]] = {
    OutputFormat.DYNAMODB_JSON: DynamoDBJSONReader,
    OutputFormat.ION: IonReader,
}


class RecordSource:
    """The records of one data file, each with its line: a tree, or the fault that it has.

    Args:
        options: How to read.
        on_bytes: Told the size of each chunk.
    """

    def __init__(self, options: ReadOptions, on_bytes: OnBytes) -> None:
        self.lines = LineSplitter(options.max_record_size)
        self._reader = _READERS[options.format](options.export_type)
        self._on_bytes = on_bytes
        self._finished = False

    def feed(self, chunk: Buffer) -> Iterator[tuple[Line, RecordTree | RecordFault]]:
        """Returns the records that the chunk completed, judged as they are asked for."""
        self._judge_open()
        self._on_bytes(len(chunk))
        return self._read(self.lines.feed(chunk))

    def finish(self) -> Iterator[tuple[Line, RecordTree | RecordFault]]:
        """Ends the file and returns the last record, if it had no line feed."""
        self._judge_open()
        self._finished = True
        line = self.lines.finish()
        return self._read([] if line is None else [line])

    def _judge_open(self) -> None:
        if self._finished:
            raise ValueError("the reader is finished; each data file takes a reader of its own")

    def _read(self, lines: Iterable[Line]) -> Iterator[tuple[Line, RecordTree | RecordFault]]:
        for line in lines:
            if line.data is None:
                yield line, RecordFault("too-long")
                continue
            try:
                record: RecordTree | RecordFault = self._reader.read(line.data.removesuffix(b"\r"))
            except RecordFault as fault:
                record = fault
            yield line, record
