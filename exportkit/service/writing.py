"""Batches written to a table: what the service did not get to again, ever more slowly; what it refuses, named."""

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exportkit.errors import ExportkitError, StoreError, ThrottledError, UnfitExportError
from exportkit.service.batches import Batch
from exportkit.service.pace import Pace, pause
from exportkit.service.protocol import Clock
from exportkit.service.tables import Table, Written
from exportkit.service.waiting import may_pass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef as WriteRequest

__all__ = ["BatchWriter", "Effect"]

_FIRST_PAUSE = 0.1  # seconds
_LONGEST_PAUSE = 10.0
_FRUITLESS = 12  # calls in a row that may come to nothing: a minute and more
_UNIT = 1024  # bytes of an item that one write unit pays for


@dataclass(slots=True)
class Effect:
    """What writing came to.

    Attributes:
        puts: Items put.
        deletes: Keys deleted.
        calls: Calls of BatchWriteItem.
        again: Requests that were sent again, the service not having got to them.
        units: Write units that were consumed, as the service says.
    """

    puts: int = 0
    deletes: int = 0
    calls: int = 0
    again: int = 0
    units: float = 0.0

    def add(self, other: "Effect") -> None:
        """Adds what more writing came to."""
        self.puts += other.puts
        self.deletes += other.deletes
        self.calls += other.calls
        self.again += other.again
        self.units += other.units


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchWriter:
    """Writes batches to a table; several threads may share one.

    Attributes:
        table: The table.
        pace: How fast.
        clock: Lets time pass between calls.
        stop: Ends the writing of all batches once it is set: nobody waits for them any more.
        touched: Set once the table may hold something that was written.
    """

    table: Table
    pace: Pace
    clock: Clock
    stop: threading.Event
    touched: threading.Event = field(default_factory=threading.Event)

    def write(self, batch: Batch) -> Effect:
        """Writes a batch, all of it.

        Raises:
            UnfitExportError: The table refuses a record; says which.
            ThrottledError: Call after call came to nothing.
            StoreError: As ``Table.write``.
        """
        requests, effect = batch.requests(), Effect()
        try:
            self._write(requests, batch.size, effect)
        except UnfitExportError:
            # One of them, or two with one key: a call of its own for each tells which, and takes the others.
            for number, request in enumerate(requests, batch.first):
                self._write_alone(request, batch, number, effect)
        effect.puts = sum("PutRequest" in request for request in requests)
        effect.deletes = len(requests) - effect.puts
        return effect

    def _write_alone(self, request: "WriteRequest", batch: Batch, number: int, effect: Effect) -> None:
        try:
            self._write([request], batch.size // len(batch.lines), effect)
        except UnfitExportError as error:
            told = f"record {number:,}: the table {error.uri} refuses it: {error.message}"
            raise UnfitExportError(batch.file.uri, told) from error

    def _write(self, requests: "Sequence[WriteRequest]", size: int, effect: Effect) -> None:
        left, fruitless, wait = requests, 0, _FIRST_PAUSE
        each = max(1.0, size / _UNIT / max(1, len(requests)))
        while left and not self.stop.is_set():
            self.pace.take(each * len(left))
            effect.calls += 1
            try:
                written = self.table.write(left)
            except ThrottledError:
                written = Written(left, 0.0)
            except BaseException as error:
                # Unless it was refused it may be done: there was no answer, or a failure, or nobody waited for it.
                if not isinstance(error, ExportkitError) or (isinstance(error, StoreError) and may_pass(error)):
                    self.touched.set()
                raise
            done = len(left) - len(written.left)
            if done:
                self.touched.set()
            units = each * done if written.units is None else written.units
            effect.units += written.units or 0.0
            self.pace.correct(units - each * len(left))
            left = written.left
            if not left:
                return
            effect.again += len(left)
            fruitless, wait = (0, _FIRST_PAUSE) if done else (fruitless + 1, min(2 * wait, _LONGEST_PAUSE))
            if fruitless == _FRUITLESS:
                told = "it takes no more writes, still so after many tries; raise its capacity, or load slower (--rate)"
                raise ThrottledError(self.table.name, told)
            pause(wait * random.uniform(0.5, 1.0), self.clock, self.stop)  # noqa: S311 - no secret, only unlike others'
