"""DescribeExport against moto's server, and AWS's errors as ours."""

import pickle
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from exportkit.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    ExportIncompleteError,
    InternalServerError,
    ObjectNotFoundError,
    ServiceError,
    StoreError,
    ThrottledError,
    UsageError,
)
from exportkit.export import open_export
from exportkit.model.description import ExportDescription
from exportkit.store import StoreOptions, aws
from exportkit.store.aws import aws_error, describe_export, make_client
from tests.servers.dynamodb import DynamoDB

ARN = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/export/01768384800000-0a1b2c3d"


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        ("NoSuchKey", ObjectNotFoundError, "no such object"),
        ("404", ObjectNotFoundError, "no such object"),
        ("NoSuchBucket", BucketNotFoundError, "no such bucket: b; look at its name"),
        ("ExportNotFoundException", ObjectNotFoundError, "no such export"),
        ("AccessDenied", AccessDeniedError, "s3:GetObject is not allowed, or there is no such object"),
        ("403", AccessDeniedError, "s3:GetObject is not allowed"),
        (
            "SignatureDoesNotMatch",
            AccessDeniedError,
            "s3:GetObject is not allowed, for the credentials are not accepted",
        ),
        ("ExpiredToken", AccessDeniedError, "ExpiredToken"),
        (
            "SlowDown",
            ThrottledError,
            "GetObject failed (SlowDown: at http://host/x); it was asked again, ever more slowly",
        ),
        (
            "InternalError",
            InternalServerError,
            "GetObject failed (InternalError: at http://host/x); it was asked again",
        ),
        ("407", ServiceError, "; the proxy that HTTPS_PROXY or HTTP_PROXY names wants a user and a password"),
        ("", ServiceError, "GetObject failed"),
    ],
)
def test_what_the_service_answers_in_our_tree(code: str, kind: type[StoreError], told: str) -> None:
    response: Any = {"Error": {"Code": code, "Message": "at http://name:hidden@host/x"}}
    error = aws_error("s3://b/k", ClientError(response, "GetObject"), "s3:GetObject")
    assert type(error) is kind
    assert told in str(error)
    assert "hidden" not in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_page_in_place_of_a_message_becomes_a_line() -> None:
    response: Any = {"Error": {"Code": "502", "Message": "<html>\n  <body>\r\n" + "Bad gateway\n" * 1000}}
    message = aws_error("s3://b/k", ClientError(response, "GetObject"), "s3:GetObject").message
    assert message.startswith("GetObject failed (502: <html> <body> Bad gateway Bad")
    assert message.endswith("…); it was asked again and again; try later")
    assert "\n" not in message
    assert len(message) < 380


def test_how_often_it_was_tried_is_told() -> None:
    response: Any = {
        "Error": {"Code": "SlowDown", "Message": "Reduce"},
        "ResponseMetadata": {"RetryAttempts": 9, "HTTPStatusCode": 503},
    }
    message = aws_error("s3://b/k", ClientError(response, "GetObject"), "s3:GetObject").message
    assert message == (
        "GetObject failed (SlowDown: Reduce, tried 10 times); it was asked again, ever more slowly; try later, "
        "or raise the retries (AWS_MAX_ATTEMPTS)"
    )


def test_an_answer_without_a_code_is_told_by_its_status() -> None:
    response: Any = {"Error": {"Code": "", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 418}}
    error = aws_error("s3://b/k", ClientError(response, "GetObject"), "s3:GetObject")
    assert error.message == "GetObject failed (HTTP 418)"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            EndpointConnectionError(endpoint_url="http://h:1/b"),
            'h:1/b"; it was tried again and again; look at the network',
        ),
        (
            ConnectionClosedError(endpoint_url="http://h:1/b"),
            'h:1/b"; it was tried again and again; look at the network',
        ),
        (ConnectTimeoutError(endpoint_url="http://h:1/b"), 'h:1/b"; it was tried again and again; look at the network'),
        (ReadTimeoutError(endpoint_url="http://h:1/b"), 'h:1/b"; it was asked again and again; run again later'),
        (SSLError(endpoint_url="https://h:1/b", error="no"), "https://h:1/b no; look at the endpoint"),
        (ProxyConnectionError(proxy_url="http://h:1"), 'h:1"; look at the proxy'),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_was_not_answered_is_told_with_what_to_do(error: Any, told: str) -> None:
    of_s3 = aws_error("s3://b/k", error, "s3:GetObject").message
    of_dynamodb = aws_error("t", error, "dynamodb:Scan").message
    assert told in of_s3
    assert told in of_dynamodb
    assert "dynamodb" not in of_s3
    assert "--endpoint-url" not in of_dynamodb
    assert "--read-timeout" not in of_dynamodb
    if isinstance(error, ReadTimeoutError):
        assert of_s3.endswith(" (--read-timeout)")


@pytest.mark.parametrize("configured", [False, True])
@pytest.mark.parametrize(
    "endpoint", ["nonsense", "http://", "ftp//x", "localhost:9000", "http://h:port", "http://[::1"]
)
def test_an_endpoint_that_is_no_url_is_wrong_usage(
    aws_environment: pytest.MonkeyPatch, endpoint: str, configured: bool
) -> None:
    with pytest.raises(UsageError, match=r"an endpoint is http://HOST\[:PORT\] or") as caught:
        make_client("dynamodb", _endpoint(aws_environment, endpoint, configured=configured))
    assert endpoint in str(caught.value) or (configured and endpoint == "http://[::1")


@pytest.mark.parametrize("configured", [False, True])
@pytest.mark.parametrize(
    "endpoint",
    [
        "me:hidden@host:9000",
        "http//me:hidden@host",
        "http://me:hid/hidden@host",
        "http://me:1/hidden@host",
        "http://me:hid#hidden@host",
        "http://me:hid?hidden@host",
        "http://me:hid hidden@host",
        "http://me:hidden@host:99999999",
        "http://me:hidden@[::1",
        "http://me:hidden@",
        "ftp://me:hidden@host",
    ],
)
def test_a_password_in_an_endpoint_that_is_none_stays_secret(
    aws_environment: pytest.MonkeyPatch, endpoint: str, configured: bool
) -> None:
    with pytest.raises(UsageError, match="an endpoint is http") as caught:
        make_client("s3", _endpoint(aws_environment, endpoint, configured=configured))
    shown = "".join(traceback.format_exception(caught.value, limit=0))
    assert "hidden" not in shown


def _endpoint(environment: pytest.MonkeyPatch, url: str, *, configured: bool) -> StoreOptions:
    if not configured:
        return StoreOptions(endpoint_url=url, dynamodb_endpoint_url=url)
    environment.setenv("AWS_ENDPOINT_URL", url)
    return StoreOptions()


@pytest.mark.parametrize(
    "endpoint", ["http://host", "https://host:9000/", "http://[::1]:9000", "http://me:a%40b@host/api"]
)
def test_an_endpoint_that_is_one(aws_environment: pytest.MonkeyPatch, endpoint: str) -> None:
    assert make_client("s3", StoreOptions(endpoint_url=endpoint)).meta.endpoint_url == endpoint


def test_what_never_reached_the_service() -> None:
    error = aws_error("s3://b/k", EndpointConnectionError(endpoint_url="http://me:hid@hidden@host"), "s3:GetObject")
    assert type(error) is StoreError
    assert "http://host" in str(error)
    assert "hidden" not in str(error)


def test_retries_follow_the_users_configuration(aws_environment: pytest.MonkeyPatch) -> None:
    assert make_client("s3", StoreOptions()).meta.config.retries == {"mode": "standard", "total_max_attempts": 10}
    aws_environment.setenv("AWS_MAX_ATTEMPTS", "2")
    assert make_client("s3", StoreOptions()).meta.config.retries["total_max_attempts"] == 2


def test_amazons_own_endpoints_keep_their_style(aws_environment: pytest.MonkeyPatch) -> None:
    assert make_client("s3", StoreOptions()).meta.config.s3 is None
    elsewhere = make_client("s3", StoreOptions(endpoint_url="http://localhost:1"))
    assert elsewhere.meta.config.s3 == {"addressing_style": "path"}


def test_the_pool_is_as_large_as_asked(aws_environment: pytest.MonkeyPatch) -> None:
    assert make_client("s3", StoreOptions(connections=77)).meta.config.max_pool_connections == 77


# --- DescribeExport ----------------------------------------------------------------------------------------


@pytest.fixture
def describe(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the service says, in place of the service."""
    answer: dict[str, Any] = {"ExportArn": ARN, "ExportStatus": "COMPLETED"}

    class Client:
        def describe_export(self, ExportArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
            return {"ExportDescription": answer}

    monkeypatch.setattr(aws, "make_client", lambda *_, **__: Client())
    return answer


def test_the_whole_description(describe: dict[str, Any]) -> None:
    time = datetime(2026, 1, 14, 10, 20, tzinfo=UTC)
    local = time.astimezone()
    describe.update(
        StartTime=local,
        EndTime=local,
        ExportManifest="p/AWSDynamoDB/x/manifest-summary.json",
        TableArn="t",
        TableId="i",
        ClientToken="c",
        S3Bucket="b",
        S3BucketOwner="1",
        S3Prefix="p",
        S3SseAlgorithm="KMS",
        S3SseKmsKeyId="k",
        ExportFormat="ION",
        BilledSizeBytes=7,
        ItemCount=8,
        ExportType="INCREMENTAL_EXPORT",
        IncrementalExportSpecification={"ExportFromTime": local, "ExportToTime": local, "ExportViewType": "NEW_IMAGE"},
        FilterSpecification={"x": "y"},
    )
    assert describe_export(ARN) == ExportDescription(
        export_arn=ARN,
        export_status="COMPLETED",
        start_time=time,
        end_time=time,
        export_manifest="p/AWSDynamoDB/x/manifest-summary.json",
        table_arn="t",
        table_id="i",
        client_token="c",
        s3_bucket="b",
        s3_bucket_owner="1",
        s3_prefix="p",
        s3_sse_algorithm="KMS",
        s3_sse_kms_key_id="k",
        export_format="ION",
        billed_size_bytes=7,
        item_count=8,
        export_type="INCREMENTAL_EXPORT",
        export_from_time=time,
        export_to_time=time,
        export_view_type="NEW_IMAGE",
        filter_specification={"x": "y"},
    )
    assert describe_export(ARN).manifest_uri() == "s3://b/p/AWSDynamoDB/x/manifest-summary.json"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"ExportStatus": "IN_PROGRESS"}, "still running"),
        (
            {"ExportStatus": "FAILED", "FailureCode": "S3AccessDenied", "FailureMessage": "no"},
            "failed: S3AccessDenied: no",
        ),
        ({"ExportStatus": "FAILED"}, "failed: no reason given"),
    ],
)
def test_an_export_that_is_not_complete(describe: dict[str, Any], said: dict[str, str], told: str) -> None:
    describe.update(said)
    with pytest.raises(ExportIncompleteError, match=told) as caught:
        open_export(ARN)
    assert caught.value.uri == ARN


def test_an_export_without_a_place(describe: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="no bucket and manifest"):
        open_export(ARN)


@pytest.mark.server
class TestMoto:
    def test_an_export_that_moto_made(self, dynamodb: DynamoDB) -> None:
        dynamodb.client.create_table(
            TableName="Orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.client.update_continuous_backups(
            TableName="Orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        dynamodb.s3.create_bucket(
            Bucket="exports-here", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        table = dynamodb.client.describe_table(TableName="Orders")["Table"]["TableArn"]
        asked = dynamodb.client.export_table_to_point_in_time(TableArn=table, S3Bucket="exports-here", S3Prefix="p")
        arn = asked["ExportDescription"]["ExportArn"]
        said = describe_export(arn, dynamodb.options())
        assert (said.export_arn, said.s3_bucket, said.s3_prefix) == (arn, "exports-here", "p")
        assert said.export_status in {"IN_PROGRESS", "COMPLETED"}

    def test_an_export_that_is_not_there(self, dynamodb: DynamoDB) -> None:
        with pytest.raises((ObjectNotFoundError, ServiceError)) as caught:
            describe_export(ARN, dynamodb.options())
        assert caught.value.uri == ARN

    def test_no_arn_of_an_export(self, dynamodb: DynamoDB) -> None:
        with pytest.raises(UsageError):
            describe_export(ARN.rpartition("/export/")[0], dynamodb.options())
