"""AWS sessions and clients by standard configuration, their errors as ours, and DescribeExport."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.loaders import create_loader

from exportkit.errors import (
    AccessDeniedError,
    ExportIncompleteError,
    ObjectNotFoundError,
    ServiceError,
    StoreError,
    UsageError,
)
from exportkit.store.base import StoreOptions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

__all__ = ["ExportDescription", "TableDescription", "aws_error", "describe_export", "describe_table", "make_client"]

# AWS's end in table/NAME/export/ID; emulators put more in front of the ID, or something else.
_EXPORT_ARN = re.compile(r"arn:[^:]+:dynamodb:([a-z0-9-]+):\d*:table/[^/]+/.+")
_TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:([a-z0-9-]+):\d*:table/[^/]+")
_ABSENT = {
    "404": "no such object",
    "NoSuchKey": "no such object",
    "NotFound": "no such object",
    "NoSuchBucket": "no such bucket",
    "ExportNotFoundException": "no such export",
    "ResourceNotFoundException": "no such table",
}
_DENIED = {
    "401",
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "ExpiredToken",
    "ExpiredTokenException",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_MESSAGE_LIMIT = 300
_CREDENTIALS_IN_URL = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDescription:
    """What DescribeExport says; what it leaves out is None.

    Attributes:
        export_arn: The export.
        export_status: ``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``.
        start_time: When it began.
        end_time: When it ended.
        export_manifest: Key of manifest-summary.json, once it has ended.
        table_arn: The table.
        table_id: Tells a table from another of the same name.
        export_time: The instant of a full export's snapshot.
        client_token: The token it was asked for with.
        s3_bucket: The bucket.
        s3_bucket_owner: The account that was named as its owner.
        s3_prefix: The prefix asked for.
        s3_sse_algorithm: ``AES256`` or ``KMS``.
        s3_sse_kms_key_id: The KMS key.
        failure_code: Why it failed.
        failure_message: The same for people.
        export_format: ``DYNAMODB_JSON`` or ``ION``.
        billed_size_bytes: What is billed for, once it has ended.
        item_count: Records written, once it has ended.
        export_type: ``FULL_EXPORT`` or ``INCREMENTAL_EXPORT``.
        export_from_time: Start of an incremental export's window.
        export_to_time: Its end.
        export_view_type: ``NEW_IMAGE`` or ``NEW_AND_OLD_IMAGES``.
        filter_specification: The filter, as the service gives it: the export is partial.
    """

    export_arn: str
    export_status: str
    start_time: datetime | None = None
    end_time: datetime | None = None
    export_manifest: str | None = None
    table_arn: str | None = None
    table_id: str | None = None
    export_time: datetime | None = None
    client_token: str | None = None
    s3_bucket: str | None = None
    s3_bucket_owner: str | None = None
    s3_prefix: str | None = None
    s3_sse_algorithm: str | None = None
    s3_sse_kms_key_id: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    export_format: str | None = None
    billed_size_bytes: int | None = None
    item_count: int | None = None
    export_type: str | None = None
    export_from_time: datetime | None = None
    export_to_time: datetime | None = None
    export_view_type: str | None = None
    filter_specification: Mapping[str, Any] | None = None

    def manifest_uri(self) -> str:
        """Returns the URI of manifest-summary.json.

        Raises:
            ExportIncompleteError: The export is running, or it failed.
            ServiceError: The service names no place.
        """
        if self.export_status == "IN_PROGRESS":
            raise ExportIncompleteError(self.export_arn, "the export is still running")
        if self.export_status == "FAILED":
            why = ": ".join(part for part in (self.failure_code, self.failure_message) if part)
            raise ExportIncompleteError(self.export_arn, f"the export failed: {why or 'no reason given'}")
        if not self.s3_bucket or not self.export_manifest:
            raise ServiceError(
                self.export_arn, f"{self.export_status}, but DescribeExport names no bucket and manifest"
            )
        return f"s3://{self.s3_bucket}/{self.export_manifest}"


@dataclass(frozen=True, slots=True)
class TableDescription:
    """What DescribeTable says of a table's identity.

    Attributes:
        key: Names of the key attributes: partition key, then sort key if there is one.
        table_id: Tells a table from another of the same name.
    """

    key: tuple[str, ...]
    table_id: str | None


def describe_export(arn: str, options: StoreOptions | None = None) -> ExportDescription:
    """Asks the service about an export; the Region is the ARN's.

    Raises:
        UsageError: It is no export's ARN.
        ObjectNotFoundError: The service knows no such export (it forgets them after 90 days).
        AccessDeniedError: The credentials do not allow ``dynamodb:DescribeExport``.
        StoreError: The service cannot be asked.
        ServiceError: It answered with an error.
    """
    found = _EXPORT_ARN.fullmatch(arn)
    if not found:
        raise UsageError(f"not the ARN of an export (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/export/ID): {arn}")
    client = make_client("dynamodb", options or StoreOptions(), region=found[1])
    try:
        answer: Mapping[str, Any] = client.describe_export(ExportArn=arn)["ExportDescription"]
    except (BotoCoreError, ClientError) as error:
        raise aws_error(arn, error, "dynamodb:DescribeExport") from error
    return _description(arn, answer)


def describe_table(arn: str, options: StoreOptions | None = None) -> TableDescription:
    """Asks the service for a table as it is now.

    Raises:
        UsageError: It is no table's ARN.
        ObjectNotFoundError: The table is not there any more.
        AccessDeniedError: The credentials do not allow ``dynamodb:DescribeTable``.
        StoreError: The service cannot be asked.
        ServiceError: It answered with an error.
    """
    found = _TABLE_ARN.fullmatch(arn)
    if not found:
        raise UsageError(f"not the ARN of a table (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME): {arn}")
    client = make_client("dynamodb", options or StoreOptions(), region=found[1])
    try:
        table = client.describe_table(TableName=arn)["Table"]
    except (BotoCoreError, ClientError) as error:
        raise aws_error(arn, error, "dynamodb:DescribeTable") from error
    schema = sorted(table.get("KeySchema", []), key=lambda part: part["KeyType"] != "HASH")
    return TableDescription(tuple(part["AttributeName"] for part in schema), table.get("TableId"))


def _description(arn: str, answer: Mapping[str, Any]) -> ExportDescription:
    window: Mapping[str, Any] = answer.get("IncrementalExportSpecification") or {}
    return ExportDescription(
        export_arn=answer.get("ExportArn", arn),
        export_status=answer.get("ExportStatus", "unknown"),
        start_time=_utc(answer.get("StartTime")),
        end_time=_utc(answer.get("EndTime")),
        export_manifest=answer.get("ExportManifest"),
        table_arn=answer.get("TableArn"),
        table_id=answer.get("TableId"),
        export_time=_utc(answer.get("ExportTime")),
        client_token=answer.get("ClientToken"),
        s3_bucket=answer.get("S3Bucket"),
        s3_bucket_owner=answer.get("S3BucketOwner"),
        s3_prefix=answer.get("S3Prefix"),
        s3_sse_algorithm=answer.get("S3SseAlgorithm"),
        s3_sse_kms_key_id=answer.get("S3SseKmsKeyId"),
        failure_code=answer.get("FailureCode"),
        failure_message=answer.get("FailureMessage"),
        export_format=answer.get("ExportFormat"),
        billed_size_bytes=answer.get("BilledSizeBytes"),
        item_count=answer.get("ItemCount"),
        export_type=answer.get("ExportType"),
        export_from_time=_utc(window.get("ExportFromTime")),
        export_to_time=_utc(window.get("ExportToTime")),
        export_view_type=window.get("ExportViewType"),
        filter_specification=answer.get("FilterSpecification"),
    )


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None


@overload
def make_client(service: Literal["s3"], options: StoreOptions, *, region: str | None = None) -> "S3Client": ...
@overload
def make_client(
    service: Literal["dynamodb"], options: StoreOptions, *, region: str | None = None
) -> "DynamoDBClient": ...
def make_client(service: Literal["s3", "dynamodb"], options: StoreOptions, *, region: str | None = None) -> Any:
    """Returns a client; it may serve many threads.

    What the options leave open follows standard AWS configuration: environment, profile,
    instance. Endpoints that are not Amazon's are addressed by path, for few of them have a
    name for each bucket.

    Args:
        service: The API.
        options: How it is reached.
        region: Takes the place of the options' Region.

    Raises:
        UsageError: There is no such profile, or the endpoint is no URL.
        StoreError: The configuration is wrong, or there are no credentials.
    """
    endpoint = options.endpoint_url if service == "s3" else options.dynamodb_endpoint_url
    try:
        core = botocore.session.Session(profile=options.profile)
        core.register_component("data_loader", _models(core.get_config_variable("data_path")))
        session = boto3.Session(botocore_session=core, region_name=region or options.region)
        config = _config(core, options)
        by_path = config.merge(Config(s3={"addressing_style": "path"}))
        if service == "dynamodb" or (core.get_scoped_config().get("s3") or {}).get("addressing_style"):
            return session.client(service, endpoint_url=endpoint, config=config)
        if endpoint is not None and not _is_amazons(endpoint):
            return session.client(service, endpoint_url=endpoint, config=by_path)
        client = session.client(service, endpoint_url=endpoint, config=config)
        if _is_amazons(client.meta.endpoint_url):
            return client
        client.close()
        return session.client(service, config=by_path)  # the endpoint of the user's configuration
    except ProfileNotFound as error:
        raise UsageError(str(error)) from error
    except BotoCoreError as error:
        raise StoreError(service, _clean(str(error))) from error
    except ValueError as error:  # "Invalid endpoint: …"
        raise UsageError(_clean(str(error))) from error


@cache
def _models(data_path: str | None) -> Any:
    """Returns what reads the services' models, most of the time that a client takes, and keeps them."""
    return create_loader(data_path)


def _is_amazons(endpoint: str) -> bool:
    return ".amazonaws." in endpoint


def _config(core: botocore.session.Session, options: StoreOptions) -> Config:
    own_retries = os.environ.keys() & {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"} or (
        core.get_scoped_config().keys() & {"retry_mode", "max_attempts"}
    )
    return Config(
        max_pool_connections=options.connections,
        connect_timeout=10,
        read_timeout=60,
        tcp_keepalive=True,
        # Every byte is under an MD5 of the manifest; S3's own checksum would hash it once more.
        response_checksum_validation="when_required",
        request_checksum_calculation="when_required",
        user_agent_extra="exportkit",
        retries=None if own_retries else {"mode": "standard", "total_max_attempts": 5},
    )


def aws_error(uri: str, error: BotoCoreError | ClientError, permission: str) -> StoreError:
    """Returns what an error of AWS's libraries is in our tree.

    Args:
        uri: What was asked for.
        error: What came back.
        permission: What the request needs, as IAM names it.
    """
    if not isinstance(error, ClientError):
        return StoreError(uri, _clean(str(error)))
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), _clean(str(details.get("Message", "")))
    said = code if not text or text == code else f"{code}: {text}"
    if code in _ABSENT:
        return ObjectNotFoundError(uri, _ABSENT[code])
    if code in _DENIED:
        # Who may not list a bucket is told 403 where there is no object.
        or_absent = ", or there is no such object and s3:ListBucket is not allowed" if "GetObject" in permission else ""
        return AccessDeniedError(uri, f"{permission} is not allowed{or_absent} ({said})")
    return ServiceError(uri, f"{error.operation_name} failed ({said})")


def _clean(text: str) -> str:
    """Takes the credentials out of URLs with a user's name and password, and makes one line of a page of HTML."""
    line = _CREDENTIALS_IN_URL.sub("://", " ".join(text.split()))
    return line if len(line) <= _MESSAGE_LIMIT else line[: _MESSAGE_LIMIT - 1] + "…"
