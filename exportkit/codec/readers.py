"""The readers of the reference engine that hand records on: items, transcoder, canonicaliser; and the signer."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from exportkit.codec.canonical import encode_record
from exportkit.codec.lines import Line
from exportkit.codec.source import OnBytes, RecordSource
from exportkit.codec.tree import RecordFault, RecordTree
from exportkit.codec.values import to_record
from exportkit.codec.writing import write_record
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import TextForm
from exportkit.model.scan import Buffer, ReadOptions
from exportkit.model.values import Record

__all__ = ["Reader", "ReferenceCanonicaliser", "ReferenceItems", "ReferenceSigner", "ReferenceTranscoder"]

Result = TypeVar("Result")

MODULUS = 2**256


class Reader(ABC, Generic[Result]):
    """Makes one result of each record, up to the first faulty one."""

    def __init__(self, options: ReadOptions, on_bytes: OnBytes) -> None:
        self._uri = options.uri
        self._source = RecordSource(options, on_bytes)
        self._error: MalformedRecordError | None = None

    @abstractmethod
    def _make(self, tree: RecordTree, line: Line) -> Result:
        """Makes one record's result; raises RecordFault where it is not what this reader needs."""

    def _feed(self, chunk: Buffer) -> list[Result]:
        self._raise()
        return self._hand_on(self._source.feed(chunk))

    def _finish(self) -> list[Result]:
        self._raise()
        return self._hand_on(self._source.finish())

    def _hand_on(self, records: Iterable[tuple[Line, RecordTree | RecordFault]]) -> list[Result]:
        """Returns what stands in front of the first fault; raises it where that is nothing."""
        results: list[Result] = []
        for line, record in records:
            try:
                if isinstance(record, RecordFault):
                    raise record
                results.append(self._make(record, line))
            except RecordFault as fault:
                self._error = MalformedRecordError(self._uri, line.number, line.offset, fault.reason, fault.path)
                break
        if not results:
            self._raise()
        return results

    def _raise(self) -> None:
        if self._error is not None:
            raise MalformedRecordError(*self._error.args)  # a new one, so that tracebacks do not add up


class ReferenceItems(Reader[Record]):
    """Turns records into Python values; see ``exportkit.engine.protocols.Items``."""

    def _make(self, tree: RecordTree, _line: Line) -> Record:
        return to_record(tree)

    def feed(self, chunk: Buffer) -> list[Record]:
        """Returns the records that the chunk completed."""
        return self._feed(chunk)

    def finish(self) -> list[Record]:
        """Returns the last record, if it had no line feed."""
        return self._finish()


class ReferenceTranscoder(Reader[bytes]):
    """Turns records into lines of another text form; see ``exportkit.engine.protocols.Transcoder``."""

    def __init__(self, options: ReadOptions, form: TextForm, on_bytes: OnBytes) -> None:
        super().__init__(options, on_bytes)
        self._form = form

    def _make(self, tree: RecordTree, _line: Line) -> bytes:
        return write_record(tree, self._form) + b"\n"

    def feed(self, chunk: Buffer) -> bytes:
        """Returns the lines of the records that the chunk completed."""
        return b"".join(self._feed(chunk))

    def finish(self) -> bytes:
        """Returns the last record's line, if it had no line feed."""
        return b"".join(self._finish())


class ReferenceCanonicaliser(Reader[bytes]):
    """Turns records into canonical bytes or their SHA-256; see ``exportkit.engine.protocols.Canonicaliser``."""

    def __init__(self, options: ReadOptions, on_bytes: OnBytes, *, hashed: bool) -> None:
        super().__init__(options, on_bytes)
        self._hashed = hashed

    def _make(self, tree: RecordTree, _line: Line) -> bytes:
        encoded = encode_record(tree)
        return hashlib.sha256(encoded).digest() if self._hashed else encoded

    def feed(self, chunk: Buffer) -> list[bytes]:
        """Returns one value for each record that the chunk completed."""
        return self._feed(chunk)

    def finish(self) -> list[bytes]:
        """Returns the last record's, if it had no line feed."""
        return self._finish()


class ReferenceSigner(Reader[None]):
    """Sums the hashes of records; see ``exportkit.engine.protocols.Signer``."""

    def __init__(self, options: ReadOptions, on_bytes: OnBytes) -> None:
        super().__init__(options, on_bytes)
        self._sum = 0
        self._records = 0

    def _make(self, tree: RecordTree, _line: Line) -> None:
        self._sum += int.from_bytes(hashlib.sha256(encode_record(tree)).digest(), "big")
        self._records += 1

    @property
    def records(self) -> int:
        """Records summed so far."""
        return self._records

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file."""
        self._feed(chunk)
        self._raise()

    def finish(self) -> bytes:
        """Ends the file and returns the sum modulo 2**256, 32 bytes big-endian."""
        self._finish()
        self._raise()
        return (self._sum % MODULUS).to_bytes(32, "big")
