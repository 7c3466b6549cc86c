"""One object of S3, as requests name it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.errors import StoreError
from exportkit.store.aws import aws_error
from exportkit.store.base import OutputOptions
from exportkit.store.traffic import Traffic

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Object", "answered_at", "content_md5", "error_code"]


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object that is asked for.

    Attributes:
        client: Makes the requests.
        uri: The object, for errors.
        where: What every request about it takes: bucket, key, and what its storage asks for beside them.
        output: How it is to be stored, if it is written.
        traffic: Counts its bytes.
    """

    client: "S3Client"
    uri: str
    where: Mapping[str, Any]
    output: OutputOptions = field(default_factory=OutputOptions)
    traffic: Traffic = field(default_factory=Traffic)

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

    def put(self, body: bytes, **named: Any) -> Any:
        """Writes it by one request and returns the answer; S3 checks that the bytes came as they were sent."""
        kept = {**named, **self.stored_as}
        return self.ask("put_object", self.put_permission, Body=body, ContentMD5=content_md5(body), **kept)

    @property
    def stored_as(self) -> dict[str, str]:
        """What the request that creates it says of encryption and access."""
        output = self.output
        asked = {"ServerSideEncryption": output.sse, "SSEKMSKeyId": output.sse_kms_key_id, "ACL": output.acl}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def put_permission(self) -> str:
        """What the request that creates it needs."""
        needed = ["s3:PutObject"]
        if self.output.acl is not None:
            needed.append("s3:PutObjectAcl")
        if (self.output.sse or "").startswith("aws:kms"):
            needed.append("kms:GenerateDataKey")
        return ", ".join(needed)


def content_md5(body: bytes) -> str:
    """Returns the MD5 of a request's body as its header has it."""
    return base64.b64encode(md5(body, usedforsecurity=False).digest()).decode()


def answered_at(answer: Any) -> datetime:
    """Returns the server's time as it answered."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def error_code(error: StoreError) -> str | None:
    """Returns what S3 called an error; None if it did not answer."""
    cause = error.__cause__
    return str(cause.response.get("Error", {}).get("Code")) if isinstance(cause, ClientError) else None
