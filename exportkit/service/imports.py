"""ImportTable and DescribeImport: an import started, described, waited for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.model.description import ImportDescription
from exportkit.service.protocol import Clock
from exportkit.service.tokens import token_of
from exportkit.service.waiting import until_ended
from exportkit.store import StoreOptions
from exportkit.store.aws import aws_error, make_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["Imports"]

_ATTEMPTS = 20  # an import that failed so often within 8 hours will not do
_OLD = timedelta(minutes=1)


class Imports:
    """The part of the DynamoDB API that makes tables of exports.

    Args:
        storage: How it is reached.
        clock: Tells the time, and lets it pass.
    """

    def __init__(self, storage: StoreOptions, clock: Clock) -> None:
        self._client: DynamoDBClient = make_client("dynamodb", storage)
        self._clock = clock

    def start(self, call: Mapping[str, Any]) -> ImportDescription:
        """Starts an import, or finds the one that the same call has started in the last 8 hours, unless it failed.

        Args:
            call: The parameters of ImportTable, without ClientToken.

        Raises:
            TableInUseError: There is a table of that name already.
            LimitExceededError: Too many imports are under way.
            ImportConflictError: Another import has this token.
            AccessDeniedError: The credentials do not allow ``dynamodb:ImportTable``.
            StoreError: The service cannot be asked, or answered with an error.
        """
        name = call["TableCreationParameters"]["TableName"]
        for attempt in range(1, _ATTEMPTS + 1):
            asked = self._clock.now()
            try:
                answer = self._client.import_table(**call, ClientToken=token_of(call, attempt))
            except (BotoCoreError, ClientError) as error:
                raise aws_error(name, error, "dynamodb:ImportTable") from error
            found = _parse(answer["ImportTableDescription"])
            if found.start_time is None or found.start_time >= asked - _OLD:
                break
            if found.under_way:
                # Of an import asked for earlier the answer may be the one it got then.
                found = self.describe(found.import_arn)
            if not found.failed:
                break
        return found

    def describe(self, arn: str) -> ImportDescription:
        """Returns what the service says of an import.

        Raises:
            ObjectNotFoundError: It knows no such import.
            AccessDeniedError: The credentials do not allow ``dynamodb:DescribeImport``.
            StoreError: The service cannot be asked, or answered with an error.
        """
        try:
            return _parse(self._client.describe_import(ImportArn=arn)["ImportTableDescription"])
        except (BotoCoreError, ClientError) as error:
            raise aws_error(arn, error, "dynamodb:DescribeImport") from error

    def wait(self, arn: str, timeout: timedelta | None = None) -> ImportDescription:
        """Returns an import once it is COMPLETED.

        Args:
            arn: The import.
            timeout: How long to wait; None: as long as it takes.

        Raises:
            ImportFailedError: It failed, or was cancelled.
            WaitTimeoutError: It is still under way after ``timeout``.
            StoreError: As ``describe``.
        """

        def ended(found: ImportDescription) -> bool:
            found.check_not_failed()
            return not found.under_way

        again = "the same command waits again"
        return until_ended(lambda: self.describe(arn), ended, arn, self._clock, timeout, again)


def _parse(answer: Mapping[str, Any]) -> ImportDescription:
    return ImportDescription(
        import_arn=answer["ImportArn"],
        import_status=answer.get("ImportStatus", "unknown"),
        table_arn=answer.get("TableArn"),
        start_time=_utc(answer.get("StartTime")),
        end_time=_utc(answer.get("EndTime")),
        processed_size_bytes=answer.get("ProcessedSizeBytes"),
        processed_item_count=answer.get("ProcessedItemCount"),
        imported_item_count=answer.get("ImportedItemCount"),
        error_count=answer.get("ErrorCount"),
        failure_code=answer.get("FailureCode"),
        failure_message=answer.get("FailureMessage"),
        cloud_watch_log_group_arn=answer.get("CloudWatchLogGroupArn"),
    )


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None
