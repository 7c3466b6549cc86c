"""AWS sessions and clients by standard configuration, their errors as ours, and DescribeExport."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape

from exportkit.errors import AccessDeniedError, BucketNotFoundError, ObjectNotFoundError, StoreError, UsageError
from exportkit.model.description import ExportDescription, TableDescription
from exportkit.store.answers import NotS3Error, refuse_others
from exportkit.store.api_errors import api_error
from exportkit.store.base import StoreOptions
from exportkit.store.credentials import EXPIRED, look_for_credentials
from exportkit.store.endpoint import check_endpoint, no_endpoint, without_credentials
from exportkit.store.retrying import client_config, send_again

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

__all__ = [
    "Connect",
    "api_input",
    "aws_error",
    "describe_export",
    "describe_table",
    "make_client",
    "parse_export",
    "table_region",
]

Connect: TypeAlias = Callable[[str | None], "DynamoDBClient"]
"""Gives a client of the DynamoDB API for a Region; None: the one of the configuration."""

# AWS's end in table/NAME/export/ID; emulators put more in front of the ID, or something else.
_EXPORT_ARN = re.compile(r"arn:[^:]+:dynamodb:([a-z0-9-]+):\d*:table/[^/]+/.+")
_TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:([a-z0-9-]+):\d*:table/[^/]+")
_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_ABSENT = {
    "404": "no such object",
    "NoSuchKey": "no such object",
    "NotFound": "no such object",
    "NoSuchBucket": "no such bucket",
    "ExportNotFoundException": "no such export",
    "ImportNotFoundException": "no such import",
}
_DENIED = {"401", "403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden"}
_WRONG_CREDENTIALS = {
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationTokenException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_MISSING: dict[type[BotoCoreError], str] = {
    NoCredentialsError: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile (--profile)",
    NoRegionError: "set AWS_DEFAULT_REGION, or name it (--region)",
    NotS3Error: "name an endpoint of S3 (--endpoint-url, AWS_ENDPOINT_URL), and see whether a proxy, or a portal to "
    "log in to, answers in its place",
}
_TRIED = "it was tried again and again; look at the network, and at the endpoint ({endpoint}, AWS_ENDPOINT_URL)"
_UNANSWERED: dict[type[BotoCoreError], str] = {
    ConnectTimeoutError: _TRIED,
    ConnectionClosedError: _TRIED,
    EndpointConnectionError: _TRIED,
    ProxyConnectionError: "look at the proxy that HTTPS_PROXY or HTTP_PROXY names",
    ReadTimeoutError: "it was asked again and again; run again later, or wait longer for an answer{waiting}",
    SSLError: "look at the endpoint ({endpoint}, AWS_ENDPOINT_URL), and at AWS_CA_BUNDLE for certificates of your own",
}
_OF_S3 = {"endpoint": "--endpoint-url", "waiting": " (--read-timeout)"}
_OF_DYNAMODB = {"endpoint": "--dynamodb-endpoint-url", "waiting": ""}
_MESSAGE_LIMIT = 300
_NAMED_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")


def describe_export(
    arn: str, options: StoreOptions | None = None, *, connect: Connect | None = None
) -> ExportDescription:
    """Asks the service about an export; the Region is the ARN's.

    Args:
        arn: The export.
        options: How the service is reached.
        connect: Gives the client in their place.

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
    client = (connect or _connecting(options))(found[1])
    try:
        answer: Mapping[str, Any] = client.describe_export(ExportArn=arn)["ExportDescription"]
    except (BotoCoreError, ClientError) as error:
        raise aws_error(arn, error, "dynamodb:DescribeExport") from error
    return parse_export(arn, answer)


def describe_table(
    table: str, options: StoreOptions | None = None, *, connect: Connect | None = None
) -> TableDescription:
    """Asks the service for a table as it is now.

    Args:
        table: Its ARN, which names the Region, or its name.
        options: How the service is reached.
        connect: Gives the client in their place.

    Raises:
        UsageError: It is no table's ARN or name.
        TableNotFoundError: The table is not there, or not any more.
        AccessDeniedError: The credentials do not allow ``dynamodb:DescribeTable``.
        StoreError: The service cannot be asked.
        ServiceError: It answered with an error.
    """
    client = (connect or _connecting(options))(table_region(table))
    try:
        found = client.describe_table(TableName=table)["Table"]
    except (BotoCoreError, ClientError) as error:
        raise aws_error(table, error, "dynamodb:DescribeTable") from error
    schema = sorted(found.get("KeySchema", []), key=lambda part: part["KeyType"] != "HASH")
    key = tuple(part["AttributeName"] for part in schema)
    types = {part["AttributeName"]: part["AttributeType"] for part in found.get("AttributeDefinitions", [])}
    return TableDescription(
        key=key,
        table_id=found.get("TableId"),
        table_arn=found.get("TableArn"),
        created=_utc(found.get("CreationDateTime")),
        key_types=tuple(types[name] for name in key if name in types),
    )


def table_region(table: str) -> str | None:
    """Returns the Region that a table's ARN names; None for a table's name.

    Raises:
        UsageError: It is neither.
    """
    found = _TABLE_ARN.fullmatch(table)
    if found:
        return found[1]
    if table.startswith("arn:"):
        raise UsageError(f"not the ARN of a table (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME): {table}")
    if not _TABLE_NAME.fullmatch(table):
        raise UsageError(f"not a table's name (3 to 255 letters, digits, _ . -) or ARN: {table!r}")
    return None


def _connecting(options: StoreOptions | None) -> Connect:
    return lambda region: make_client("dynamodb", options or StoreOptions(), region=region)


def parse_export(arn: str, answer: Mapping[str, Any]) -> ExportDescription:
    """Returns what the service says of an export, from its answer.

    Args:
        arn: What the export is called if the answer does not say it.
        answer: The member ExportDescription of the answer.
    """
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
    if endpoint is not None:
        check_endpoint(endpoint)
    try:
        core = botocore.session.Session(profile=options.profile)
        core.register_component("data_loader", _models(core.get_config_variable("data_path")))
        look_for_credentials(core, options.profile)
        client = _client(service, core, options, endpoint, region or options.region)
        send_again(client, core)
        if service == "s3":
            refuse_others(client)
    except ProfileNotFound as error:
        raise UsageError(str(error)) from error
    except BotoCoreError as error:
        raise _unsent(service, error, _OF_S3) from error
    except ValueError as error:  # that of the user's configuration
        raise no_endpoint(str(error).removeprefix("Invalid endpoint: ")) from None
    check_endpoint(client.meta.endpoint_url)
    return client


def _client(
    service: Literal["s3", "dynamodb"],
    core: botocore.session.Session,
    options: StoreOptions,
    endpoint: str | None,
    region: str | None,
) -> Any:
    session = boto3.Session(botocore_session=core, region_name=region)
    config = client_config(core, options)
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


@cache
def _models(data_path: str | None) -> Any:
    """Returns what reads the services' models, most of the time that a client takes, and keeps them."""
    return create_loader(data_path)


@cache
def api_input(operation: str) -> StructureShape:
    """Returns the parameters of an operation of the DynamoDB API, as botocore's model of it has them."""
    model = ServiceModel(_models(None).load_service_model("dynamodb", "service-2"), "dynamodb")
    shape = model.operation_model(operation).input_shape
    assert shape is not None, "every operation asked for has parameters"
    return shape


def _is_amazons(endpoint: str) -> bool:
    return ".amazonaws." in endpoint


def aws_error(uri: str, error: BotoCoreError | ClientError, permission: str) -> StoreError:
    """Returns what an error of AWS's libraries is in our tree.

    Args:
        uri: What was asked for.
        error: What came back.
        permission: What the request needs, as IAM names it.
    """
    if not isinstance(error, ClientError):
        return _unsent(uri, error, _OF_DYNAMODB if permission.startswith("dynamodb:") else _OF_S3)
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), _clean(str(details.get("Message", "")))
    said = _said(error, code, text)
    if code in _ABSENT:
        return _absent(uri, code)
    if code in EXPIRED:
        told = f"the credentials have expired, and no others could be had ({said}); log in again, and run again"
        return AccessDeniedError(uri, told)
    if code in _WRONG_CREDENTIALS:
        told = f"{permission} is not allowed, for the credentials are not accepted: wrong or incomplete ones"
        return AccessDeniedError(uri, f"{told}, or a wrong clock ({said})")
    if code in _DENIED:
        # KMS refuses in S3's name, and says what it wants.
        named = _NAMED_PERMISSION.search(str(details.get("Message", "")))
        permission = named[1] if named else permission
        # Who may not list a bucket is told 403 where there is no object.
        or_absent = ", or there is no such object and s3:ListBucket is not allowed" if "GetObject" in permission else ""
        return AccessDeniedError(uri, f"{permission} is not allowed{or_absent} ({said})")
    return api_error(uri, code, error.operation_name, said)


def _absent(uri: str, code: str) -> StoreError:
    if code != "NoSuchBucket":
        return ObjectNotFoundError(uri, _ABSENT[code])
    bucket = uri.removeprefix("s3://").partition("/")[0]
    return BucketNotFoundError(
        uri, f"{_ABSENT[code]}: {bucket}; look at its name, and at the endpoint (--endpoint-url)"
    )


def _said(error: ClientError, code: str, text: str) -> str:
    """Returns what was answered, and how often it was."""
    about = error.response.get("ResponseMetadata", {})
    named = code or (f"HTTP {about['HTTPStatusCode']}" if "HTTPStatusCode" in about else "")
    said = named if not text or text == named else f"{named}: {text}"
    again = about.get("RetryAttempts", 0)
    return f"{said}, tried {again + 1} times" if again else said


def _unsent(uri: str, error: BotoCoreError, named: Mapping[str, str]) -> StoreError:
    """Returns what kept a request from being answered, with what to do where that is known."""
    remedy = _MISSING.get(type(error)) or _UNANSWERED.get(type(error), "").format(**named)
    told = _clean(str(error))
    return StoreError(uri, f"{told.rstrip('.')}; {remedy}" if remedy else told)


def _clean(text: str) -> str:
    """Takes the credentials out of URLs with a user's name and password, and makes one line of a page of HTML."""
    line = without_credentials(" ".join(text.split()))
    return line if len(line) <= _MESSAGE_LIMIT else line[: _MESSAGE_LIMIT - 1] + "…"
