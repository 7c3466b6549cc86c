"""The inference of the reference engine: statistics of the records of one data file (``docs/columns.md``)."""

from collections.abc import Iterable

from exportkit.codec.counts import Counts
from exportkit.codec.lines import Line
from exportkit.codec.quarantine import Quarantine
from exportkit.codec.source import OnBytes, RecordSource
from exportkit.codec.splitting import split_value, too_many_values
from exportkit.codec.tree import RecordFault, RecordTree
from exportkit.errors import DataError
from exportkit.model.decode import MalformedRecord
from exportkit.model.scan import Buffer
from exportkit.model.statistics import InferOptions, SplitValue, Statistics

__all__ = ["ReferenceInference"]


class ReferenceInference:
    """Takes statistics of what the records hold; see ``exportkit.engine.protocols.Inference``.

    Args:
        options: How to read the file.
        on_bytes: Told the size of each chunk.
    """

    def __init__(self, options: InferOptions, on_bytes: OnBytes) -> None:
        self._options = options
        self._source = RecordSource(options, on_bytes)
        self._quarantine = Quarantine(options.uri, allowed=options.quarantine)
        self._error: DataError | None = None
        self._splits: dict[SplitValue, Counts] = (
            {} if options.split_by is not None else {None: Counts(options, options.export_type)}
        )

    @property
    def records(self) -> int:
        """Records seen so far."""
        return self._source.lines.records

    def feed(self, chunk: Buffer) -> None:
        """Takes the next bytes of the file."""
        self._raise()
        self._infer(self._source.feed(chunk))

    def finish(self) -> dict[SplitValue, Statistics]:
        """Ends the file and returns the statistics."""
        self._raise()
        self._infer(self._source.finish())
        return {value: counts.statistics() for value, counts in self._splits.items()}

    def take_malformed(self) -> list[MalformedRecord]:
        """Returns and forgets the malformed records passed over since the last call."""
        return self._quarantine.take()

    def _infer(self, records: Iterable[tuple[Line, RecordTree | RecordFault]]) -> None:
        try:
            for line, record in records:
                if isinstance(record, RecordFault):
                    self._quarantine.set_aside(line, record)
                else:
                    self._counts_of(line, record).add(line, record)
        except DataError as error:
            self._error = error
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise type(self._error)(*self._error.args)  # a new one, so that tracebacks do not add up

    def _counts_of(self, line: Line, record: RecordTree) -> Counts:
        attribute, limit = self._options.split_by, self._options.max_split_values
        value = None if attribute is None else split_value(record, attribute)
        counts = self._splits.get(value)
        if counts is None:
            if attribute is not None and len(self._splits) >= limit:
                raise too_many_values(self._options.uri, line, attribute, limit)
            counts = self._splits[value] = Counts(self._options, self._options.export_type)
        return counts
