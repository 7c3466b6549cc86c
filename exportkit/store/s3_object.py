"""One object of S3, as requests name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.store.aws import aws_error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Object"]


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object that is asked for.

    Attributes:
        client: Makes the requests.
        uri: The object, for errors.
        where: What every request about it takes: bucket, key, and what its storage asks for beside them.
    """

    client: "S3Client"
    uri: str
    where: Mapping[str, Any]

    def ask(self, operation: str, permission: str, **named: Any) -> Any:
        """Makes a request and returns the answer.

        Args:
            operation: A method of the client.
            permission: What it needs, for the error.
            named: What else the request takes.

        Raises:
            StoreError: It was refused, or failed.
        """
        try:
            return getattr(self.client, operation)(**named, **self.where)
        except (BotoCoreError, ClientError) as error:
            raise aws_error(self.uri, error, permission) from error
