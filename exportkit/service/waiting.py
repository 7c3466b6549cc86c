"""Waiting for an export to end."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from exportkit.errors import InternalServerError, ServiceError, StoreError, ThrottledError, WaitTimeoutError
from exportkit.model.description import ExportDescription
from exportkit.model.times import format_duration
from exportkit.service.instants import whole_second
from exportkit.service.protocol import Clock, ExportService

__all__ = ["NoWaitProgress", "WaitProgress", "may_pass", "typical_durations", "wait_for"]

_FIRST_PAUSE = 5.0  # seconds; no export is known to have ended in less than 5 minutes
_LONGEST_PAUSE = 30.0
_GROWTH = 1.5
_FAULTS = 10  # in a row, each after botocore's own retries: the service, or the way to it, is down for long
_EARLIER = 3  # exports that durations are taken from
_LOOKED_AT = 25  # one page of ListExports
_FOREVER = float("inf")
_GOES_ON = "goes on by itself: exportkit wait waits again"


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
    began = clock.now()
    try:
        return _wait_on(service, arn, clock, began, timeout, progress or NoWaitProgress())
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"{arn} {_GOES_ON}")
        raise


def _wait_on(
    service: ExportService,
    arn: str,
    clock: Clock,
    began: datetime,
    timeout: timedelta | None,
    progress: WaitProgress,
) -> ExportDescription:
    pause, faults = _FIRST_PAUSE, 0
    export = service.describe(arn)
    while True:
        now = clock.now()
        progress.waiting(export, _elapsed(export, began, now))
        export.check_not_failed()
        if export.export_status == "COMPLETED":
            return export
        if export.export_status != "IN_PROGRESS":
            raise ServiceError(
                arn,
                f"the export is {export.export_status}, neither under way nor complete nor failed; update exportkit",
            )
        left = _FOREVER if timeout is None else (timeout - (now - began)).total_seconds()
        if left <= 0:
            raise WaitTimeoutError(
                arn,
                f"still under way after {format_duration(whole_second(now) - whole_second(began))}; it {_GOES_ON}",
            )
        clock.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        try:
            export = service.describe(arn)
            faults = 0
        except StoreError as error:
            faults += 1
            if not may_pass(error) or faults == _FAULTS:
                raise


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
