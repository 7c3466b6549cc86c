"""The records of an export as requests of BatchWriteItem: puts of items, deletes of keys."""

import base64
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from exportkit.export import DataFile
from exportkit.model.formats import ExportType, TextForm
from exportkit.reading import OpenExport, streams_in_order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef as WriteRequest

__all__ = ["MOST_BYTES", "MOST_REQUESTS", "Batch", "read_batches"]

MOST_REQUESTS = 25
"""Items that one call of BatchWriteItem takes."""
MOST_BYTES = 12 * 1024 * 1024
"""Bytes that records may have which go into one call: the service takes 16 MB, and botocore puts spaces between
their parts, a quarter more at most."""

_AHEAD = 16 * 1024 * 1024  # bytes of batches that wait for their turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records that go into one call, in the order of their file.

    Attributes:
        file: The data file they stand in.
        first: The number of the first one in it, from 1; blank lines do not count.
        lines: The records as DYNAMODB_JSON; none, in the last batch of a file that holds no more.
        size: About how many bytes a call with them has at most.
        changes: Whether they are change records, rather than items.
        last: Whether the file ends with them, and was found to be what the manifest says.
    """

    file: DataFile
    first: int
    lines: Sequence[bytes]
    size: int
    changes: bool
    last: bool = False

    def requests(self) -> "list[WriteRequest]":
        """Returns them as botocore takes them: numbers as they are written, binary values as bytes."""
        return [_change(line) if self.changes else _put(_record(line)["Item"]) for line in self.lines]


def read_batches(source: OpenExport, files: Iterator[DataFile]) -> Generator[Batch, None, None]:
    """Yields the records of data files as batches, file after file, each file's last one marked.

    A thread reads ahead, a bounded amount. Close the iterator to end it early.

    Args:
        source: The export.
        files: Those of its data files that are wanted.

    Raises:
        ExportkitError: As ``OpenExport.file_lines``.
    """
    changes = source.summary.export_type is ExportType.INCREMENTAL

    def cut(file: DataFile) -> Iterator[Batch]:
        first, waiting, size = 1, list[bytes](), 0
        for line in _lines(source, file):
            weight = _weight(line)
            if waiting and (len(waiting) == MOST_REQUESTS or size + weight > MOST_BYTES):
                yield Batch(file=file, first=first, lines=waiting, size=size, changes=changes)
                first, waiting, size = first + len(waiting), [], 0
            waiting.append(line)
            size += weight
        yield Batch(file=file, first=first, lines=waiting, size=size, changes=changes, last=True)

    with closing(streams_in_order(cut, files, 2, room=_AHEAD, size=lambda batch: batch.size)) as batches:
        yield from batches


def _lines(source: OpenExport, file: DataFile) -> Iterator[bytes]:
    for lines in source.file_lines(file, TextForm.DYNAMODB_JSON):
        yield from lines.split(b"\n")[:-1]


def _weight(line: bytes) -> int:
    """Returns how many bytes a record may have in a call: botocore escapes what is not ASCII, in 6 bytes for 2."""
    return len(line) if line.isascii() else 3 * len(line)


def _change(line: bytes) -> "WriteRequest":
    record = _record(line)
    if "NewImage" in record:
        return _put(record["NewImage"])
    return {"DeleteRequest": {"Key": record["Keys"]}}


def _put(item: dict[str, Any]) -> "WriteRequest":
    return {"PutRequest": {"Item": item}}


def _record(line: bytes) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(line)
    if b'"B"' in line or b'"BS"' in line:  # or an attribute or a text has that name
        for name, image in record.items():
            if name != "Metadata":
                _decode(image)
    return record


def _decode(attributes: dict[str, dict[str, Any]]) -> None:
    """Puts bytes in the place of base64, in all values of an item or a map."""
    for value in attributes.values():
        _decode_value(value)


def _decode_value(value: dict[str, Any]) -> None:
    ((tag, content),) = value.items()
    match tag:
        case "B":
            value["B"] = base64.b64decode(content)
        case "BS":
            value["BS"] = [base64.b64decode(text) for text in content]
        case "M":
            _decode(content)
        case "L":
            for inner in content:
                _decode_value(inner)
