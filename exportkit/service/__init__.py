"""The service: ask DynamoDB for exports, wait for them, see what there is, and put exports into tables."""

from collections.abc import Iterator
from datetime import timedelta

from exportkit.model.description import (
    BackupWindow,
    ExportDescription,
    ExportSummary,
    ImportDescription,
    TableDescription,
)
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.service.api import Service
from exportkit.service.importing import ImportPlan, plan_import, start_import, wait_for_import
from exportkit.service.instants import parse_duration, parse_instant
from exportkit.service.loading import LoadReport, load
from exportkit.service.protocol import Clock, ExportService, SystemClock
from exportkit.service.requests import ExportRequest
from exportkit.service.starting import resolve, start
from exportkit.service.tokens import derive_token
from exportkit.service.waiting import WaitProgress, typical_durations, wait_for
from exportkit.store import StoreOptions

__all__ = [
    "BackupWindow",
    "Clock",
    "ExportDescription",
    "ExportRequest",
    "ExportService",
    "ExportSummary",
    "ExportType",
    "ExportView",
    "ImportDescription",
    "ImportPlan",
    "LoadReport",
    "OutputFormat",
    "Service",
    "SystemClock",
    "TableDescription",
    "WaitProgress",
    "derive_token",
    "describe_export",
    "list_exports",
    "load",
    "parse_duration",
    "parse_instant",
    "plan_import",
    "request_export",
    "resolve",
    "start",
    "start_import",
    "typical_durations",
    "wait",
    "wait_for",
    "wait_for_import",
]


def request_export(
    request: ExportRequest,
    *,
    storage: StoreOptions | None = None,
    service: ExportService | None = None,
    clock: Clock | None = None,
) -> ExportDescription:
    """Asks for an export and returns what the service says of it; it does not wait.

    The table may be named by its name. Times that are missing become now, or where the backups end. Without a
    ClientToken one is derived from the request, so that the same request again gives the same export for 8 hours, and
    a new one only after one that FAILED.

    Args:
        request: What is wanted.
        storage: How the API is reached; standard AWS configuration if None.
        service: Takes the place of the API.
        clock: Tells the time.

    Raises:
        UsageError: The request is wrong; nothing was asked for.
        ExportFailedError: The same request failed again and again.
        StoreError: As ``ExportService.request``.
    """
    clock = clock or SystemClock()
    service = service or Service(storage, clock=clock)
    return start(service, resolve(service, request, clock), clock)


def wait(
    arn: str,
    *,
    timeout: timedelta | None = None,
    progress: WaitProgress | None = None,
    storage: StoreOptions | None = None,
    service: ExportService | None = None,
    clock: Clock | None = None,
) -> ExportDescription:
    """Returns an export once it is COMPLETED.

    Args:
        arn: The export.
        timeout: How long to wait; None: as long as it takes.
        progress: Hears how it goes on.
        storage: How the API is reached; standard AWS configuration if None.
        service: Takes the place of the API.
        clock: Tells the time, and lets it pass.

    Raises:
        ExportFailedError: The export failed; tells why.
        WaitTimeoutError: It is still under way after ``timeout``.
        UsageError: It is no export's ARN.
        StoreError: As ``ExportService.describe``.
    """
    return wait_for(service or Service(storage), arn, clock or SystemClock(), timeout=timeout, progress=progress)


def list_exports(
    table: str | None = None, *, storage: StoreOptions | None = None, service: ExportService | None = None
) -> Iterator[ExportSummary]:
    """Yields the exports of the last 90 days, newest first.

    Args:
        table: The table's ARN, which may be of a table that is not there any more, or its name; None: all tables of
            the account in the Region.
        storage: How the API is reached; standard AWS configuration if None.
        service: Takes the place of the API.

    Raises:
        UsageError: It is no table's name or ARN.
        TableNotFoundError: There is no table of that name.
        StoreError: As ``ExportService.request``.
    """
    service = service or Service(storage)
    if table is not None and not table.startswith("arn:"):
        table = service.table(table).table_arn or table
    exports = service.exports(table)
    if table is not None:
        return exports
    # The service orders by ARN: by table first.
    return iter(sorted(exports, key=lambda summary: summary.export_arn.rpartition("/")[2], reverse=True))


def describe_export(
    arn: str, *, storage: StoreOptions | None = None, service: ExportService | None = None
) -> ExportDescription:
    """Returns what the service says of an export.

    Args:
        arn: The export.
        storage: How the API is reached; standard AWS configuration if None.
        service: Takes the place of the API.

    Raises:
        UsageError: It is no export's ARN.
        ObjectNotFoundError: The service knows no such export (it forgets them after 90 days).
        StoreError: As ``ExportService.request``.
    """
    return (service or Service(storage)).describe(arn)
