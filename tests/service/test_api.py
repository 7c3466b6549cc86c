"""The API: what leaves, and its errors; by botocore's Stubber, and on a wire that ends here."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from exportkit.errors import (
    AccessDeniedError,
    ExportConflictError,
    InternalServerError,
    InvalidExportTimeError,
    LimitExceededError,
    ObjectNotFoundError,
    PointInTimeRecoveryUnavailableError,
    ServiceError,
    StoreError,
    TableNotFoundError,
    ThrottledError,
    UsageError,
)
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.service import ExportRequest, Service, derive_token, describe_export, list_exports, request_export, wait
from exportkit.store import StoreOptions, aws
from tests.service.simulated import ARN, NOW, TABLE, FakeClock, Wire

FULL = ExportRequest(table_arn=TABLE, s3_bucket="backups", export_time=NOW)


class TestWhatLeaves:
    def test_a_full_export_field_by_field(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [{"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS"}}]
        request = ExportRequest(
            table_arn=TABLE,
            s3_bucket="backups",
            export_time=NOW,
            client_token="token",
            s3_bucket_owner="111122223333",
            s3_prefix="orders/daily",
            s3_sse_algorithm="KMS",
            s3_sse_kms_key_id="alias/exports",
            export_format=OutputFormat.ION,
            filter_specification={
                "FilterExpression": "a = :a",
                "ProjectionExpression": "pk, a",
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeNames": {"#a": "a"},
                "ExpressionAttributeValues": {":a": {"B": b"hi"}, ":p": {"S": "x"}},
            },
        )
        made = Service(clock=clock).request(request)
        assert (made.export_arn, made.export_status) == (ARN, "IN_PROGRESS")
        assert wire.regions == ["eu-central-1"]
        assert wire.sent == [
            (
                "ExportTableToPointInTime",
                {
                    "TableArn": TABLE,
                    "S3Bucket": "backups",
                    "ExportTime": 1768392000,
                    "ClientToken": "token",
                    "S3BucketOwner": "111122223333",
                    "S3Prefix": "orders/daily",
                    "S3SseAlgorithm": "KMS",
                    "S3SseKmsKeyId": "alias/exports",
                    "ExportFormat": "ION",
                    "ExportType": "FULL_EXPORT",
                    "FilterSpecification": {
                        "FilterExpression": "a = :a",
                        "ProjectionExpression": "pk, a",
                        "KeyConditionExpression": "pk = :p",
                        "ExpressionAttributeNames": {"#a": "a"},
                        "ExpressionAttributeValues": {":a": {"B": "aGk="}, ":p": {"S": "x"}},
                    },
                },
            )
        ]

    def test_an_incremental_export_field_by_field(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [{"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS"}}]
        request = ExportRequest(
            table_arn=TABLE,
            s3_bucket="backups",
            export_type=ExportType.INCREMENTAL,
            export_from_time=NOW - timedelta(hours=2, milliseconds=300),
            export_to_time=NOW - timedelta(hours=1),
            export_view_type=ExportView.NEW_IMAGE,
        )
        request_export(request, service=Service(clock=clock), clock=clock)
        ((_, sent),) = wire.sent
        assert sent == {
            "TableArn": TABLE,
            "S3Bucket": "backups",
            "ClientToken": derive_token(request),
            "ExportFormat": "DYNAMODB_JSON",
            "ExportType": "INCREMENTAL_EXPORT",
            "IncrementalExportSpecification": {
                "ExportFromTime": 1768384800,
                "ExportToTime": 1768388400,
                "ExportViewType": "NEW_IMAGE",
            },
        }

    def test_a_request_without_a_token_gets_the_derived_one_and_none_of_botocores(
        self, wire: Wire, clock: FakeClock
    ) -> None:
        wire.answers = [{"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS"}}]
        Service(clock=clock).request(FULL)
        assert wire.sent[0][1]["ClientToken"] == derive_token(FULL)

    def test_the_region_is_the_arns_and_of_a_name_the_configurations(self, wire: Wire) -> None:
        wire.answers = [{"Table": {"TableArn": TABLE}, "ExportDescription": {}, "ExportSummaries": []}]
        elsewhere = TABLE.replace("eu-central-1", "ap-south-1")
        service = Service(StoreOptions(region="us-west-2"))
        service.table("Orders")
        service.table(elsewhere)
        service.describe(f"{elsewhere}/export/1")
        list(service.exports(elsewhere))
        list(service.exports(None))
        assert wire.regions == ["us-west-2", "ap-south-1", "ap-south-1", "ap-south-1", "us-west-2"]

    def test_a_client_is_made_once_for_each_region(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[Any] = []
        make = wire.under(aws.make_client)

        def make_and_note(*rest: Any, **named: Any) -> Any:
            made.append(named)
            return make(*rest, **named)

        monkeypatch.setattr("exportkit.service.api.make_client", make_and_note)
        wire.answers = [{"ExportDescription": {"ExportArn": ARN, "ExportStatus": "COMPLETED"}}]
        service = Service()
        for _ in range(3):
            service.describe(ARN)
        assert made == [{"region": "eu-central-1"}]

    @pytest.mark.parametrize(
        "request_",
        [
            ExportRequest(table_arn="Orders", s3_bucket="backups", export_time=NOW),
            ExportRequest(table_arn=TABLE, s3_bucket="backups"),
            ExportRequest(table_arn=TABLE, s3_bucket="b/c", export_time=NOW),
        ],
    )
    def test_nothing_leaves_where_a_request_is_wrong(
        self, wire: Wire, clock: FakeClock, request_: ExportRequest
    ) -> None:
        with pytest.raises(UsageError):
            Service(clock=clock).request(request_)
        assert wire.sent == []


class TestRetries:
    OVERLOADED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"})
    BROKEN = (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "oops"})
    AWAY: tuple[int, dict[str, Any]] = (503, {})

    @pytest.mark.parametrize("fault", [OVERLOADED, BROKEN, AWAY], ids=["throttled", "500", "503"])
    def test_what_passes_is_asked_again_with_the_same_token(
        self, wire: Wire, clock: FakeClock, fault: tuple[int, dict[str, Any]]
    ) -> None:
        wire.answers = [fault, fault, {"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS"}}]
        assert Service(clock=clock).request(FULL).export_arn == ARN
        assert [sent["ClientToken"] for _, sent in wire.sent] == [derive_token(FULL)] * 3

    @pytest.mark.parametrize(
        ("fault", "kind"), [(OVERLOADED, ThrottledError), (BROKEN, InternalServerError), (AWAY, InternalServerError)]
    )
    def test_what_does_not_pass_ends(
        self, wire: Wire, clock: FakeClock, fault: tuple[int, dict[str, Any]], kind: type[ServiceError]
    ) -> None:
        wire.answers = [fault]
        with pytest.raises(kind) as caught:
            Service(clock=clock).request(FULL)
        assert len(wire.sent) == 10
        assert caught.value.exit_code == 3
        assert type(caught.value) is kind

    def test_as_often_as_the_configuration_says(
        self, wire: Wire, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        wire.answers = [self.BROKEN]
        with pytest.raises(InternalServerError):
            Service(clock=clock).request(FULL)
        assert len(wire.sent) == 2


ERRORS = [
    ("ExportConflictException", ExportConflictError, "take another token or another prefix, or wait"),
    ("InternalServerError", InternalServerError, "try later"),
    ("InvalidExportTimeException", InvalidExportTimeError, "inside what point-in-time recovery reaches"),
    ("LimitExceededException", LimitExceededError, "300 exports and 100 TB"),
    (
        "PointInTimeRecoveryUnavailableException",
        PointInTimeRecoveryUnavailableError,
        "aws dynamodb update-continuous-backups",
    ),
    ("TableNotFoundException", TableNotFoundError, "the account and the Region"),
    ("ThrottlingException", ThrottledError, "AWS_MAX_ATTEMPTS"),
    ("ProvisionedThroughputExceededException", ThrottledError, "AWS_MAX_ATTEMPTS"),
    ("AccessDeniedException", AccessDeniedError, "dynamodb:ExportTableToPointInTime is not allowed"),
    ("ExpiredTokenException", AccessDeniedError, "ExpiredTokenException"),
    ("InvalidSignatureException", AccessDeniedError, "dynamodb:ExportTableToPointInTime is not allowed"),
    ("MissingAuthenticationTokenException", AccessDeniedError, "is not allowed"),
    (
        "ValidationException",
        ServiceError,
        "ExportTableToPointInTime failed (ValidationException: in the service's words)",
    ),
]


class TestErrors:
    @pytest.mark.parametrize(("code", "kind", "told"), ERRORS, ids=[code for code, _, _ in ERRORS])
    def test_each_is_its_own_and_says_what_to_do(
        self, stub: Stubber, clock: FakeClock, code: str, kind: type[StoreError], told: str
    ) -> None:
        stub.add_client_error("export_table_to_point_in_time", code, "in the service's words")
        with pytest.raises(kind) as caught:
            Service(clock=clock).request(FULL)
        assert type(caught.value) is kind
        assert (caught.value.exit_code, caught.value.uri) == (3, TABLE)
        assert told in str(caught.value)
        assert "in the service's words" in str(caught.value)

    def test_every_error_of_the_operation_is_told_apart(self) -> None:
        model = boto3.client("dynamodb", region_name="eu-central-1").meta.service_model
        shapes = model.operation_model("ExportTableToPointInTime").error_shapes
        assert {shape.name for shape in shapes} <= {code for code, _, _ in ERRORS}

    @pytest.mark.parametrize(
        ("operation", "ask", "permission"),
        [
            ("describe_export", lambda: describe_export(ARN), "dynamodb:DescribeExport"),
            ("describe_export", lambda: wait(ARN), "dynamodb:DescribeExport"),
            ("list_exports", lambda: list(list_exports(TABLE)), "dynamodb:ListExports"),
            ("describe_table", lambda: list_exports("Orders"), "dynamodb:DescribeTable"),
            ("describe_continuous_backups", lambda: Service().backups("Orders"), "dynamodb:DescribeContinuousBackups"),
        ],
    )
    def test_the_permission_that_is_missing_is_named(
        self, stub: Stubber, operation: str, ask: Any, permission: str
    ) -> None:
        stub.add_client_error(operation, "AccessDeniedException", "User: x is not authorized")
        with pytest.raises(AccessDeniedError, match=f"{permission} is not allowed"):
            ask()

    def test_an_export_and_a_table_that_are_not_there(self, stub: Stubber) -> None:
        stub.add_client_error("describe_export", "ExportNotFoundException")
        with pytest.raises(ObjectNotFoundError, match="no such export"):
            describe_export(ARN)
        stub.add_client_error("describe_table", "ResourceNotFoundException")
        with pytest.raises(TableNotFoundError, match="no such table") as caught:
            list_exports("Orders")
        assert isinstance(caught.value, FileNotFoundError)

    def test_without_credentials(self, aws_environment: pytest.MonkeyPatch) -> None:
        aws_environment.delenv("AWS_ACCESS_KEY_ID")
        aws_environment.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(StoreError, match=r"Unable to locate credentials; set AWS_ACCESS_KEY_ID .* a profile"):
            describe_export(ARN)

    def test_without_a_region(self, aws_environment: pytest.MonkeyPatch) -> None:
        aws_environment.delenv("AWS_DEFAULT_REGION")
        with pytest.raises(StoreError, match=r"You must specify a region; set AWS_DEFAULT_REGION, .*--region"):
            list_exports("Orders")
