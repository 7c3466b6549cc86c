"""What the API answers, by botocore's Stubber."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from exportkit.errors import PointInTimeRecoveryUnavailableError, ServiceError
from exportkit.model.description import BackupWindow, ExportDescription, ExportSummary
from exportkit.service import ExportRequest, Service, derive_token, list_exports, request_export, wait
from tests.service.simulated import ARN, NOW, TABLE, FakeClock

FULL = ExportRequest(table_arn=TABLE, s3_bucket="backups", export_time=NOW)


def test_a_token_used_again_gives_the_export_of_then(stub: Stubber, clock: FakeClock) -> None:
    old = {"ExportArn": ARN, "StartTime": NOW - timedelta(minutes=10), "ClientToken": derive_token(FULL)}
    asked = {
        "TableArn": TABLE,
        "S3Bucket": "backups",
        "ExportTime": datetime(2026, 1, 14, 12, tzinfo=UTC),
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
    }
    for attempt, status in ((1, "FAILED"), (2, "IN_PROGRESS")):
        stub.add_response(
            "export_table_to_point_in_time",
            {"ExportDescription": old | {"ExportStatus": "IN_PROGRESS"}},
            asked | {"ClientToken": derive_token(FULL, attempt)},
        )
        stub.add_response("describe_export", {"ExportDescription": old | {"ExportStatus": status}}, {"ExportArn": ARN})
    found = request_export(FULL, service=Service(clock=clock), clock=clock)
    assert (found.export_arn, found.export_status) == (ARN, "IN_PROGRESS")
    assert found.client_token == derive_token(FULL)


def test_a_wait_ends_with_the_code_and_message_of_a_failure(stub: Stubber, clock: FakeClock) -> None:
    stub.add_response("describe_export", {"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS"}})
    failed = {
        "ExportArn": ARN,
        "ExportStatus": "FAILED",
        "FailureCode": "S3AccessDenied",
        "FailureMessage": "not ours",
    }
    stub.add_response("describe_export", {"ExportDescription": failed})
    with pytest.raises(Exception, match="the export failed: S3AccessDenied: not ours; allow who asks") as caught:
        wait(ARN, clock=clock)
    assert (caught.value.code, caught.value.reason) == ("S3AccessDenied", "not ours")  # type: ignore[attr-defined]


def test_all_pages_of_a_list(stub: Stubber) -> None:
    def page(*numbers: int) -> list[dict[str, str]]:
        kinds = ["FULL_EXPORT", "INCREMENTAL_EXPORT"]
        return [
            {
                "ExportArn": f"{TABLE}/export/0176838480000{number}-0a1b2c3d",
                "ExportStatus": "COMPLETED",
                "ExportType": kinds[number % 2],
            }
            for number in numbers
        ]

    for numbers, answer, asked in (
        ((1, 2), {"NextToken": "a"}, {}),
        ((), {"NextToken": "b"}, {"NextToken": "a"}),
        ((3,), {}, {"NextToken": "b"}),
    ):
        stub.add_response("list_exports", {"ExportSummaries": page(*numbers), **answer}, {"TableArn": TABLE, **asked})
    assert list(list_exports(TABLE)) == [
        ExportSummary(export_arn=one["ExportArn"], export_status="COMPLETED", export_type=one["ExportType"])
        for one in page(1, 2, 3)
    ]


def test_a_list_of_all_tables(stub: Stubber) -> None:
    stub.add_response("list_exports", {"ExportSummaries": []}, {})
    assert list(list_exports()) == []


def test_a_list_of_all_tables_is_newest_first_whatever_they_are_called(stub: Stubber) -> None:
    """The service's order is that of the ARNs: by table, then by time."""
    tables = [(TABLE.replace("Orders", "Zebras"), 1), (TABLE, 3), (TABLE, 2), (TABLE.replace("Orders", "Ants"), 4)]
    arns = {number: f"{table}/export/0176838480000{number}-0a1b2c3d" for table, number in tables}
    summaries = [{"ExportArn": arn, "ExportStatus": "COMPLETED"} for arn in arns.values()]
    stub.add_response("list_exports", {"ExportSummaries": summaries[:2], "NextToken": "a"}, {})
    stub.add_response("list_exports", {"ExportSummaries": summaries[2:]}, {"NextToken": "a"})
    assert [summary.export_arn for summary in list_exports()] == [arns[number] for number in (4, 3, 2, 1)]


def test_a_table_without_an_arn_is_not_taken_for_all_tables(stub: Stubber) -> None:
    stub.add_response("describe_table", {"Table": {}}, {"TableName": "Orders"})
    stub.add_response("list_exports", {}, {"TableArn": "Orders"})
    assert list(list_exports("Orders")) == []


def test_a_list_by_a_tables_name(stub: Stubber) -> None:
    stub.add_response("describe_table", {"Table": {"TableArn": TABLE}}, {"TableName": "Orders"})
    stub.add_response("list_exports", {}, {"TableArn": TABLE})
    assert list(list_exports("Orders")) == []


def test_a_table(stub: Stubber) -> None:
    schema = [{"AttributeName": "sk", "KeyType": "RANGE"}, {"AttributeName": "pk", "KeyType": "HASH"}]
    made = datetime(2025, 1, 1, tzinfo=UTC)
    answer = {"TableArn": TABLE, "TableId": "i", "KeySchema": schema, "CreationDateTime": made.astimezone()}
    stub.add_response("describe_table", {"Table": answer}, {"TableName": "Orders"})
    found = Service().table("Orders")
    assert (found.key, found.table_id, found.table_arn, found.created) == (("pk", "sk"), "i", TABLE, made)


def test_what_the_backups_reach(stub: Stubber) -> None:
    window = BackupWindow(NOW - timedelta(days=35), NOW - timedelta(minutes=5))
    recovery = {
        "PointInTimeRecoveryStatus": "ENABLED",
        "EarliestRestorableDateTime": window.earliest.astimezone(),
        "LatestRestorableDateTime": window.latest.astimezone(),
    }
    backups = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
    stub.add_response("describe_continuous_backups", {"ContinuousBackupsDescription": backups}, {"TableName": TABLE})
    assert Service().backups(TABLE) == window


@pytest.mark.parametrize(
    ("recovery", "kind"),
    [
        ({"PointInTimeRecoveryStatus": "DISABLED"}, PointInTimeRecoveryUnavailableError),
        (None, PointInTimeRecoveryUnavailableError),
        ({"PointInTimeRecoveryStatus": "ENABLED"}, ServiceError),
    ],
)
def test_backups_that_reach_nothing(stub: Stubber, recovery: dict[str, str] | None, kind: type[ServiceError]) -> None:
    backups: dict[str, Any] = {"ContinuousBackupsStatus": "ENABLED"}
    if recovery:
        backups["PointInTimeRecoveryDescription"] = recovery
    stub.add_response("describe_continuous_backups", {"ContinuousBackupsDescription": backups})
    with pytest.raises(kind) as caught:
        Service().backups(TABLE)
    assert type(caught.value) is kind


def test_a_description_as_json() -> None:
    told = ExportDescription(
        export_arn=ARN,
        export_status="COMPLETED",
        start_time=NOW,
        item_count=7,
        filter_specification={"ExpressionAttributeValues": {":b": {"BS": [b"hi"]}}},
    ).to_dict()
    assert told["start_time"] == "2026-01-14T12:00:00.700Z"
    assert told["filter_specification"] == {"ExpressionAttributeValues": {":b": {"BS": ["aGk="]}}}
    assert (told["item_count"], told["end_time"]) == (7, None)
