"""One data file as Arrow record batches."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from exportkit.engine.protocols import DecodedBatch, Decoder
from exportkit.model.decode import DecodeReport, MalformedRecord
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import Statistics
from exportkit.reading.files import Checked
from exportkit.reading.threads import Workers

if TYPE_CHECKING:  # it takes long to import, and nothing but batches needs it
    import pyarrow as pa

__all__ = ["FileBatches"]


class FileBatches(Iterator[tuple[int, "pa.RecordBatch"]]):
    """The record batches of one data file, each with the number of the plan it was made by.

    The file is read as they are taken, in the thread that takes them. At its end its MD5 and the
    number of its records are checked. To leave early, ``close`` it or use it in a ``with`` statement.

    Attributes:
        on_malformed: Takes quarantined records as they come, so that they do not gather; None leaves
            them for ``take_malformed``.
    """

    def __init__(
        self,
        opened: Callable[[], Checked],
        decoder: Decoder,
        plans: Sequence[ColumnPlan],
        on_malformed: Callable[[Sequence[MalformedRecord]], None] | None = None,
        *,
        workers: Workers | None = None,
    ) -> None:
        self.on_malformed = on_malformed
        self._opened = opened
        self._decoder = decoder
        self._plans = plans
        self._workers = workers or Workers(1)
        self._batches = self._read()

    def __next__(self) -> tuple[int, "pa.RecordBatch"]:
        """Returns the next batch.

        Raises:
            MalformedRecordError: A record cannot be read, and is not to be quarantined; told after all before it.
            MisfitError: A value fits no column, and its plan does not rescue; told in the same way.
            SplitError: A value of the attribute to split by that no plan is for.
            GzipError: The file cannot be inflated.
            Md5MismatchError: It is not what the manifest says; told at its end.
            ItemCountError: It holds another number of records; told at its end.
            StoreError: It cannot be read from storage.
        """
        return next(self._batches)

    @property
    def report(self) -> DecodeReport:
        """What was counted so far."""
        return self._decoder.report()

    @property
    def statistics(self) -> Statistics:
        """What the records hold, once the last batch has been taken.

        Raises:
            ValueError: It has not, or there was an error; or they were not asked for.
        """
        return self._decoder.statistics()

    def take_malformed(self) -> Sequence[MalformedRecord]:
        """Returns and forgets the records quarantined since the last call."""
        return self._decoder.take_malformed()

    def close(self) -> None:
        """Closes the file; nothing more comes."""
        self._batches.close()

    def _read(self) -> Generator[tuple[int, "pa.RecordBatch"], None, None]:
        from exportkit.codec.arrow_types import arrow_schema, with_schema  # noqa: PLC0415 - it imports pyarrow

        schemas = [arrow_schema(plan) for plan in self._plans]

        def imported(batches: Sequence[DecodedBatch]) -> Iterator[tuple[int, "pa.RecordBatch"]]:
            if self.on_malformed is not None and (malformed := self._decoder.take_malformed()):
                self.on_malformed(malformed)
            for batch in batches:
                plan = batch.plan
                yield plan, with_schema(batch, schemas[plan])

        with self._opened() as file, closing(self._workers.ahead(iter(file), len)) as chunks:
            for chunk in chunks:
                yield from imported(self._decoder.feed(chunk))
                file.advance(self._decoder.records)
            while batches := self._decoder.finish():
                yield from imported(batches)
            yield from imported(())  # the last record may have been set aside
            file.check(self._decoder.records)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
