"""From a request as it was typed to an export under way: the table found, times settled, a token that is free."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from exportkit.errors import UsageError
from exportkit.model.description import ExportDescription
from exportkit.model.formats import ExportType
from exportkit.model.times import format_time
from exportkit.service.checks import check_request
from exportkit.service.instants import whole_second
from exportkit.service.protocol import Clock, ExportService
from exportkit.service.requests import ExportRequest
from exportkit.service.tokens import with_token

__all__ = ["resolve", "start"]

_ATTEMPTS = 20  # a request that failed so often within 8 hours will not do
_OLD = timedelta(minutes=1)


def resolve(service: ExportService, request: ExportRequest, clock: Clock) -> ExportRequest:
    """Returns a request with everything settled that its call needs.

    A table's name becomes its ARN (DescribeTable). A full export without a time is of now. A window without an end
    goes as far as the backups do (DescribeContinuousBackups). Nothing is asked before all that is known is right.

    Args:
        service: Whom to ask.
        request: What is wanted.
        clock: Tells the time.

    Raises:
        UsageError: The request is wrong.
        StoreError: As the methods of ``ExportService``.
    """
    now = clock.now()
    check_request(request, now, resolved=False)
    if not request.table_arn.startswith("arn:"):
        table = service.table(request.table_arn)
        first = request.export_time or request.export_from_time
        if table.created and first and first < whole_second(table.created):
            raise UsageError(f"{format_time(first)} lies before the table's creation, {format_time(table.created)}")
        request = replace(request, table_arn=table.table_arn or request.table_arn)
    if request.export_type == ExportType.FULL:
        request = replace(request, export_time=request.export_time or now)
    elif request.export_to_time is None:
        backups = service.backups(request.table_arn)
        begin, earliest = request.export_from_time, backups.earliest
        if begin and begin < whole_second(earliest):
            raise UsageError(
                f"ExportFromTime (--from) {format_time(begin)} lies before what point-in-time recovery reaches: "
                f"{format_time(earliest)} to {format_time(backups.latest)}"
            )
        request = replace(request, export_to_time=min(backups.latest, now))
    check_request(request, now, resolved=True)
    return request


def start(
    service: ExportService,
    request: ExportRequest,
    clock: Clock,
    *,
    lost: Callable[[ExportDescription], bool] | None = None,
) -> ExportDescription:
    """Asks for an export and returns it; where the same request is under way or done, that one.

    A token that the request brings is sent as it is. Without one it is derived, and as long as the service answers with
    an export asked for earlier that FAILED, the next attempt has another token.

    Args:
        service: Whom to ask.
        request: What is wanted, resolved.
        clock: Tells the time.
        lost: Tells whether a COMPLETED export that was asked for earlier is of no use any more, for its files are gone:
            then too the next attempt has another token.

    Raises:
        ExportFailedError: Attempt after attempt failed.
        StoreError: As ``ExportService.request``.
    """
    if request.client_token:
        return service.request(request)
    for attempt in range(1, _ATTEMPTS + 1):
        asked = clock.now()
        export = service.request(with_token(request, attempt))
        if export.start_time is None or export.start_time >= asked - _OLD:
            return export
        if export.export_status == "IN_PROGRESS":
            # Of an export asked for earlier the answer may be the one it got then.
            export = service.describe(export.export_arn)
        if export.export_status == "COMPLETED" and lost is not None and lost(export):
            continue
        if export.export_status != "FAILED":
            return export
    export.check_not_failed()
    return export
