"""The service as it is: the DynamoDB API, its errors as ours."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.errors import PointInTimeRecoveryUnavailableError, ServiceError
from exportkit.model.description import BackupWindow, ExportDescription, ExportSummary, TableDescription
from exportkit.service.checks import check_request
from exportkit.service.protocol import Clock, SystemClock
from exportkit.service.requests import ExportRequest
from exportkit.service.tokens import with_token
from exportkit.store import StoreOptions
from exportkit.store.api_errors import ENABLE_BACKUPS
from exportkit.store.aws import aws_error, describe_export, describe_table, make_client, parse_export, table_region
from exportkit.store.opening import storage_options

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["Service"]

T = TypeVar("T")


class Service:
    """The DynamoDB API around exports; an ``ExportService``. Several threads may share one.

    Throttling and failures of the service are retried as botocore's configuration says: ten attempts in
    ``standard`` mode, unless AWS_RETRY_MODE, AWS_MAX_ATTEMPTS or the profile say otherwise.

    Args:
        storage: How the API is reached; standard AWS configuration if None. The Region is a table's or an
            export's own, where its ARN is given.
        clock: Tells the time that requests are judged by.
    """

    def __init__(self, storage: StoreOptions | None = None, *, clock: Clock | None = None) -> None:
        self._storage = storage_options(storage)
        self._clock = clock or SystemClock()
        self._clients: dict[str | None, DynamoDBClient] = {}
        self._lock = threading.Lock()

    def request(self, request: ExportRequest, /) -> ExportDescription:
        """Asks for an export, as ``ExportService.request``; a request without a token gets its derived one."""
        check_request(request, self._clock.now(), resolved=True)
        client = self._connect(table_region(request.table_arn))
        call: dict[str, Any] = with_token(request).to_call()
        answer = _asked(
            lambda: client.export_table_to_point_in_time(**call), request.table_arn, "dynamodb:ExportTableToPointInTime"
        )
        return parse_export(request.table_arn, answer["ExportDescription"])

    def describe(self, arn: str, /) -> ExportDescription:
        """Returns what the service says of an export, as ``ExportService.describe``."""
        return describe_export(arn, connect=self._connect)

    def exports(self, table_arn: str | None, /) -> Iterator[ExportSummary]:
        """Yields the exports of a table, all pages, as ``ExportService.exports``."""
        client = self._connect(None if table_arn is None else table_region(table_arn))
        named: dict[str, Any] = {} if table_arn is None else {"TableArn": table_arn}
        where = table_arn or "exports"
        while True:
            page = _asked(lambda: client.list_exports(**named), where, "dynamodb:ListExports")
            for summary in page.get("ExportSummaries", []):
                yield ExportSummary(
                    export_arn=summary["ExportArn"],
                    export_status=summary["ExportStatus"],
                    export_type=summary.get("ExportType"),
                )
            if not page.get("NextToken"):
                return
            named["NextToken"] = page["NextToken"]

    def table(self, name_or_arn: str, /) -> TableDescription:
        """Returns a table as it is now, as ``ExportService.table``."""
        return describe_table(name_or_arn, connect=self._connect)

    def backups(self, table: str, /) -> BackupWindow:
        """Returns the stretch of time that exports of a table may lie in, as ``ExportService.backups``."""
        client = self._connect(table_region(table))
        answer = _asked(
            lambda: client.describe_continuous_backups(TableName=table), table, "dynamodb:DescribeContinuousBackups"
        )
        found = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if found.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise PointInTimeRecoveryUnavailableError(table, f"point-in-time recovery is off; {ENABLE_BACKUPS}")
        earliest, latest = found.get("EarliestRestorableDateTime"), found.get("LatestRestorableDateTime")
        if earliest is None or latest is None:
            raise ServiceError(table, "DescribeContinuousBackups does not say what point-in-time recovery reaches")
        return BackupWindow(earliest.astimezone(UTC), latest.astimezone(UTC))

    def _connect(self, region: str | None) -> "DynamoDBClient":
        with self._lock:
            if region not in self._clients:
                self._clients[region] = make_client("dynamodb", self._storage, region=region)
            return self._clients[region]


def _asked(ask: Callable[[], T], uri: str, permission: str) -> T:
    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise aws_error(uri, error, permission) from error
