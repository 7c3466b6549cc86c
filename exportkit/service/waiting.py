"""Waiting for an export to end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol, TypeVar

from exportkit.errors import InternalServerError, ServiceError, StoreError, ThrottledError, WaitTimeoutError
from exportkit.model.description import ExportDescription
from exportkit.model.times import format_duration
from exportkit.service.instants import whole_second
from exportkit.service.protocol import Clock, ExportService

__all__ = ["NoWaitProgress", "WaitProgress", "may_pass", "typical_durations", "until_ended", "wait_for"]

T = TypeVar("T")

_FIRST_PAUSE = 5.0  # seconds; no export is known to have ended in less than 5 minutes
_LONGEST_PAUSE = 30.0
_GROWTH = 1.5
_FAULTS = 10  # in a row, each after botocore's own retries: the service, or the way to it, is down for long
_EARLIER = 3  # exports that durations are taken from
_LOOKED_AT = 25  # one page of ListExports
_FOREVER = float("inf")


class WaitProgress(Protocol):
    """Hears how a wait goes on."""

    def waiting(self, export: ExportDescription, elapsed: timedelta) -> None:
        """Takes what the service says now, and how long the export has been under way."""


class NoWaitProgress:
    """Tells nobody."""

    def waiting(self, export: ExportDescription, elapsed: timedelta) -> None:
        """Does nothing."""


def wait_for(
    service: ExportService,
    arn: str,
    clock: Clock,
    *,
    timeout: timedelta | None = None,
    progress: WaitProgress | None = None,
) -> ExportDescription:
    """Returns an export once it is COMPLETED.

    Once the service has answered, its failures and those of the way to it are borne while they pass: the export
    goes on without us.

    Args:
        service: Whom to ask.
        arn: The export.
        clock: Tells the time, and lets it pass.
        timeout: How long to wait; None: as long as it takes.
        progress: Hears how it goes on.

    Raises:
        ExportFailedError: The export failed; tells why.
        WaitTimeoutError: It is still under way after ``timeout``.
        UsageError: It is no export's ARN.
        ObjectNotFoundError: The service knows no such export.
        StoreError: The service cannot be asked, or answered with an error.
    """
    progress = progress or NoWaitProgress()
    began = clock.now()

    def ended(export: ExportDescription) -> bool:
        progress.waiting(export, _elapsed(export, began, clock.now()))
        export.check_not_failed()
        if export.export_status in {"COMPLETED", "IN_PROGRESS"}:
            return export.export_status == "COMPLETED"
        raise ServiceError(
            arn,
            f"the export is {export.export_status}, neither under way nor complete nor failed; update exportkit",
        )

    return until_ended(lambda: service.describe(arn), ended, arn, clock, timeout, "exportkit wait waits again")


def until_ended(
    describe: Callable[[], T], ended: Callable[[T], bool], arn: str, clock: Clock, timeout: timedelta | None, again: str
) -> T:
    """Returns what the service says of something that goes on by itself, once it has ended.

    Args:
        describe: Asks the service.
        ended: Tells whether it has ended; what it raises ends the wait.
        arn: What is waited for.
        clock: Tells the time, and lets it pass.
        timeout: How long to wait; None: as long as it takes.
        again: How to wait again.

    Raises:
        WaitTimeoutError: It is still under way after ``timeout``.
        StoreError: The service cannot be asked, or answered with an error; one that may pass only after many in a row.
    """
    goes_on = f"goes on by itself: {again}"
    try:
        return _until_ended(describe, ended, arn, clock, timeout, goes_on)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"{arn} {goes_on}")
        raise


def _until_ended(
    describe: Callable[[], T],
    ended: Callable[[T], bool],
    arn: str,
    clock: Clock,
    timeout: timedelta | None,
    goes_on: str,
) -> T:
    began = clock.now()
    pause, faults = _FIRST_PAUSE, 0
    found = describe()
    while not ended(found):
        now = clock.now()
        left = _FOREVER if timeout is None else (timeout - (now - began)).total_seconds()
        if left <= 0:
            elapsed = format_duration(whole_second(now) - whole_second(began))
            raise WaitTimeoutError(arn, f"still under way after {elapsed}; it {goes_on}")
        clock.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        try:
            found = describe()
            faults = 0
        except StoreError as error:
            faults += 1
            if not may_pass(error) or faults == _FAULTS:
                raise
    return found


def typical_durations(service: ExportService, export: ExportDescription) -> tuple[timedelta, ...]:
    """Returns how long the last few exports of the same table and kind took, the shortest first.

    Args:
        service: Whom to ask: ListExports and DescribeExport.
        export: The export that is under way.

    Returns:
        None of them where there were none, or the service cannot be asked: it is told for comfort alone.
    """
    if export.table_arn is None:
        return ()
    found: list[timedelta] = []
    try:
        for summary in islice(service.exports(export.table_arn), _LOOKED_AT):
            if summary.export_status != "COMPLETED" or summary.export_type != export.export_type:
                continue
            earlier = service.describe(summary.export_arn)
            if earlier.start_time and earlier.end_time:
                found.append(earlier.end_time - earlier.start_time)
            if len(found) == _EARLIER:
                break
    except StoreError:
        return ()
    return tuple(sorted(found))


def may_pass(error: StoreError) -> bool:
    """Tells whether asking again may help: failures of the service, and of the way to it."""
    return isinstance(error, InternalServerError | ThrottledError) or type(error) is StoreError


def _elapsed(export: ExportDescription, began: datetime, now: datetime) -> timedelta:
    """Returns how long an export took, or is under way, in whole seconds."""
    until = export.end_time or now
    return timedelta(seconds=max(0, (until - (export.start_time or began)) // timedelta(seconds=1)))
