"""The decoder of the reference engine: records into batches of rows (``docs/columns.md``, "Batches")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from exportkit.codec.arrow_types import arrow_schema
from exportkit.codec.columns import RowMaker
from exportkit.codec.counts import Counts
from exportkit.codec.lines import Line
from exportkit.codec.quarantine import Quarantine
from exportkit.codec.source import OnBytes, RecordSource
from exportkit.codec.splitting import split_value, unforeseen_value
from exportkit.codec.tree import RecordFault, RecordTree
from exportkit.errors import DataError, MisfitError
from exportkit.model.decode import DecodeOptions, DecodeReport, MalformedRecord, Misfit, Split
from exportkit.model.formats import ExportType
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import Buffer
from exportkit.model.statistics import Statistics

__all__ = ["ReferenceBatch", "ReferenceDecoder"]


@dataclass(frozen=True, slots=True)
class ReferenceBatch:
    """A batch of rows; see ``exportkit.engine.protocols.DecodedBatch``."""

    plan: int
    array: pa.StructArray

    @property
    def num_rows(self) -> int:
        """Its rows."""
        return len(self.array)

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        """Returns the schema and the array capsule."""
        schema, array = self.array.__arrow_c_array__(requested_schema)
        return schema, array


class _OpenBatch:
    """The rows of one plan that have not been handed on yet."""

    def __init__(self, index: int, plan: ColumnPlan) -> None:
        self.plan = plan
        self.maker = RowMaker(plan)
        self.rows: list[dict[str, Any]] = []
        self.bytes = 0
        self._index = index
        self._type = pa.struct(list(arrow_schema(plan)))

    def end(self) -> ReferenceBatch:
        """Returns the rows as a batch and forgets them."""
        batch = ReferenceBatch(self._index, pa.array(self.rows, self._type))
        self.rows, self.bytes = [], 0
        return batch


class ReferenceDecoder:
    """Turns records into record batches; see ``exportkit.engine.protocols.Decoder``.

    Args:
        options: How to read the file.
        plans: The plans, one for each value of ``split``.
        split: Which plan takes which record.
        on_bytes: Told the size of each chunk.

    Raises:
        ValueError: The plans are not those of the values, or of another kind of export; or statistics are asked for
            with a split.
    """

    def __init__(
        self, options: DecodeOptions, plans: Sequence[ColumnPlan], split: Split | None, on_bytes: OnBytes
    ) -> None:
        values = (None,) if split is None else split.values
        if len(plans) != len(values):
            raise ValueError(f"there must be as many plans as values to split by, {len(values)}, not {len(plans)}")
        if any((plan.keys is not None) != (options.export_type is ExportType.INCREMENTAL) for plan in plans):
            raise ValueError("plans of incremental exports have keys, those of full exports none")
        infer = options.infer
        if infer is not None and split is not None:
            raise ValueError("statistics are taken of records that go by one plan: name infer or a split")
        self._options = options
        self._split = split
        self._source = RecordSource(options, on_bytes)
        self._open = [_OpenBatch(index, plan) for index, plan in enumerate(plans)]
        self._by_value = dict(zip(values, self._open, strict=True))
        self._quarantine = Quarantine(options.uri, allowed=options.quarantine)
        self._error: DataError | None = None
        self._counts = None if infer is None else Counts(infer, options.export_type)
        self._ending = False
        self._finished = False
        self._bytes = 0
        self._rows = 0
        self._merged_nulls = 0
        self._rescued = 0
        self._rescued_rows = 0
        self._misfits: list[Misfit] = []

    def feed(self, chunk: Buffer) -> list[ReferenceBatch]:
        """Returns the batches that the chunk filled."""
        self._raise()
        return self._decode(self._source.feed(chunk))

    def finish(self) -> list[ReferenceBatch]:
        """Returns the last, partly filled batches; to be called until it returns nothing."""
        self._raise()
        if self._ending:
            self._ending = False
            return []
        batches = self._decode(self._source.finish(), last=True)
        self._ending = bool(batches)
        self._finished = self._error is None
        return batches

    def take_malformed(self) -> list[MalformedRecord]:
        """Returns and forgets the malformed records set aside since the last call."""
        return self._quarantine.take()

    @property
    def records(self) -> int:
        """Records seen so far, malformed ones too."""
        return self._rows + self._quarantine.count

    def report(self) -> DecodeReport:
        """Returns what was counted so far."""
        return DecodeReport(
            rows=self._rows,
            malformed=self._quarantine.count,
            merged_nulls=self._merged_nulls,
            rescued=self._rescued,
            rescued_rows=self._rescued_rows,
            misfits=tuple(self._misfits),
        )

    def statistics(self) -> Statistics:
        """Returns what the records hold."""
        if not self._finished:
            raise ValueError("statistics are there once the file has been finished, without an error")
        if self._counts is None:
            raise ValueError("no statistics were asked for: the options need an infer")
        return self._counts.statistics()

    def _decode(
        self, records: Iterable[tuple[Line, RecordTree | RecordFault]], *, last: bool = False
    ) -> list[ReferenceBatch]:
        """Returns the batches that records filled, or that end with them; raises a fault where that is nothing."""
        batches: list[ReferenceBatch] = []
        try:
            for line, record in records:
                if isinstance(record, RecordFault):
                    self._quarantine.set_aside(line, record)
                else:
                    batches += self._add(line, record)
                    if self._counts is not None:
                        self._counts.add(line, record)
        except DataError as error:
            self._error = error
        if last or self._error is not None:
            batches += self._end(self._open)
        if not batches:
            self._raise()
        return batches

    def _raise(self) -> None:
        if self._error is not None:
            raise type(self._error)(*self._error.args)  # a new one, so that tracebacks do not add up

    def _add(self, line: Line, record: RecordTree) -> list[ReferenceBatch]:
        """Adds a record to its batch; returns the batches that end with it."""
        batch = self._batch_of(line, record)
        row = batch.maker.row(record)
        if row.misfits and not batch.plan.rescue:
            path, value = row.misfits[0]
            raise MisfitError(self._options.uri, line.number, line.offset, path, value.tag)
        self._rows += 1
        self._merged_nulls += row.merged_nulls
        self._rescued += len(row.misfits)
        self._rescued_rows += bool(row.misfits)
        room = self._options.misfit_limit - len(self._misfits)
        for path, value in row.misfits[: max(0, room)]:
            self._misfits.append(Misfit(line.number, line.offset, path, value.tag))
        batch.rows.append(row.values)
        batch.bytes += line.size
        self._bytes += line.size
        if self._bytes >= self._options.batch_bytes:
            return self._end(self._open)
        return self._end([batch]) if len(batch.rows) >= self._options.batch_rows else []

    def _batch_of(self, line: Line, record: RecordTree) -> _OpenBatch:
        if self._split is None:
            return self._open[0]
        value = split_value(record, self._split.attribute)
        if value not in self._by_value:
            raise unforeseen_value(self._options.uri, line, self._split.attribute, value)
        return self._by_value[value]

    def _end(self, batches: Iterable[_OpenBatch]) -> list[ReferenceBatch]:
        """Returns those batches that have rows, and begins new ones."""
        ended = []
        for batch in batches:
            if batch.rows:
                self._bytes -= batch.bytes
                ended.append(batch.end())
        return ended
