"""A table of DynamoDB, as it is loaded: described, looked into, written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.errors import UnfitExportError
from exportkit.model.description import TableDescription
from exportkit.store import StoreOptions
from exportkit.store.aws import aws_error, describe_table, make_client, table_region

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef as WriteRequest

__all__ = ["Table", "Written"]


@dataclass(frozen=True, slots=True)
class Written:
    """What one call of BatchWriteItem came to.

    Attributes:
        left: Requests that the service did not get to.
        units: Write units that the others consumed, indexes too; None where the service does not say.
    """

    left: "Sequence[WriteRequest]"
    units: float | None


class Table:
    """A table; several threads may share one.

    Args:
        name: Its name or ARN.
        storage: How the API is reached.

    Raises:
        UsageError: It is no table's name or ARN.
    """

    def __init__(self, name: str, storage: StoreOptions) -> None:
        self.name = name
        self._client = make_client("dynamodb", storage, region=table_region(name))

    def describe(self) -> TableDescription:
        """Returns what DescribeTable says; errors as ``store.aws.describe_table``."""
        return describe_table(self.name, connect=lambda _: self._client)

    def is_empty(self) -> bool:
        """Tells whether the table holds no item now: one read.

        Raises:
            AccessDeniedError: The credentials do not allow ``dynamodb:Scan``.
            StoreError: The service cannot be asked, or answered with an error.
        """
        try:
            answer = self._client.scan(TableName=self.name, Limit=1, Select="COUNT", ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise aws_error(self.name, error, "dynamodb:Scan") from error
        return not answer["Count"]

    def write(self, requests: "Sequence[WriteRequest]") -> Written:
        """Makes one call of BatchWriteItem.

        Raises:
            UnfitExportError: The table refuses one of the requests, or all of them together.
            ThrottledError: The service took none of them.
            AccessDeniedError: The credentials do not allow ``dynamodb:BatchWriteItem``.
            StoreError: The service cannot be asked, or answered with an error.
        """
        try:
            answer = self._client.batch_write_item(RequestItems={self.name: requests}, ReturnConsumedCapacity="TOTAL")
        except (BotoCoreError, ClientError) as error:
            told = aws_error(self.name, error, "dynamodb:BatchWriteItem")
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException":
                raise UnfitExportError(self.name, error.response["Error"]["Message"]) from error
            raise told from error
        consumed = [each["CapacityUnits"] for each in answer.get("ConsumedCapacity", ()) if "CapacityUnits" in each]
        left = [request for requests in answer.get("UnprocessedItems", {}).values() for request in requests]
        return Written(left, sum(consumed) if consumed else None)
