"""Requests: what of them is sent, and what is refused before anything is."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from exportkit.errors import UsageError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.service import ExportRequest
from exportkit.service.checks import check_request
from exportkit.service.filters import parse_filter
from exportkit.store import aws
from tests.service.simulated import NOW, TABLE

FULL = ExportRequest(table_arn=TABLE, s3_bucket="backups", export_time=NOW)
WINDOW = ExportRequest(
    table_arn=TABLE,
    s3_bucket="backups",
    export_type=ExportType.INCREMENTAL,
    export_from_time=NOW - timedelta(hours=2),
    export_to_time=NOW - timedelta(hours=1),
)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def test_a_full_request_has_every_parameter() -> None:
    request = replace(
        FULL,
        client_token="token",
        s3_bucket_owner="111122223333",
        s3_prefix="orders/daily",
        s3_sse_algorithm="KMS",
        s3_sse_kms_key_id="alias/exports",
        export_format=OutputFormat.ION,
        filter_specification={"FilterExpression": "attribute_exists(a)"},
    )
    check_request(request, NOW, resolved=True)
    assert request.to_call() == {
        "TableArn": TABLE,
        "S3Bucket": "backups",
        "ExportTime": datetime(2026, 1, 14, 12, tzinfo=UTC),
        "ClientToken": "token",
        "S3BucketOwner": "111122223333",
        "S3Prefix": "orders/daily",
        "S3SseAlgorithm": "KMS",
        "S3SseKmsKeyId": "alias/exports",
        "ExportFormat": "ION",
        "ExportType": "FULL_EXPORT",
        "FilterSpecification": {"FilterExpression": "attribute_exists(a)"},
    }


def test_an_incremental_request_has_a_window_and_both_images_unless_told() -> None:
    window = {
        "ExportFromTime": datetime(2026, 1, 14, 10, tzinfo=UTC),
        "ExportToTime": datetime(2026, 1, 14, 11, tzinfo=UTC),
        "ExportViewType": "NEW_AND_OLD_IMAGES",
    }
    check_request(WINDOW, NOW, resolved=True)
    assert WINDOW.to_call() == {
        "TableArn": TABLE,
        "S3Bucket": "backups",
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": window,
    }
    new = replace(WINDOW, export_view_type=ExportView.NEW_IMAGE).to_call()
    assert new["IncrementalExportSpecification"] == window | {"ExportViewType": "NEW_IMAGE"}


def test_times_are_whole_seconds_in_utc_whatever_is_given() -> None:
    east = timezone(timedelta(hours=9))
    request = replace(FULL, export_time=datetime(2026, 1, 14, 20, 59, 59, 999_999, tzinfo=east))
    assert request.export_time == datetime(2026, 1, 14, 11, 59, 59, tzinfo=UTC)
    assert request.to_document()["ExportTime"] == "2026-01-14T11:59:59.000Z"


@pytest.mark.parametrize("name", ["export_time", "export_from_time", "export_to_time"])
def test_a_time_needs_an_offset(name: str) -> None:
    naive: dict[str, Any] = {name: datetime(2026, 1, 14, 12)}  # noqa: DTZ001 - the case
    with pytest.raises(UsageError, match=f"{name} has no offset from UTC: 2026-01-14T12:00:00"):
        ExportRequest(table_arn=TABLE, s3_bucket="b", **naive)


@pytest.mark.parametrize(
    "changes",
    [
        {"s3_bucket": "ab"},
        {"s3_bucket": "A.b-c_d9"},
        {"s3_bucket": "b" * 255},
        {"s3_prefix": "p" * 1024},
        {"s3_sse_algorithm": "AES256"},
        {"s3_sse_algorithm": "KMS"},
        {"s3_sse_algorithm": "KMS", "s3_sse_kms_key_id": "k" * 2048},
        {"client_token": "t"},
        {"export_time": ago(days=35)},
    ],
    ids=str,
)
def test_what_is_just_allowed(changes: dict[str, Any]) -> None:
    check_request(replace(FULL, **changes), NOW, resolved=True)


@pytest.mark.parametrize("length", [timedelta(minutes=15), timedelta(hours=24)])
def test_the_shortest_and_the_longest_window(length: timedelta) -> None:
    start = ago(days=2)
    check_request(replace(WINDOW, export_from_time=start, export_to_time=start + length), NOW, resolved=True)


WRONG: list[tuple[ExportRequest, dict[str, Any], str]] = [
    (FULL, {"table_arn": ""}, "TableArn (TABLE) is empty"),
    (FULL, {"table_arn": f"{TABLE}{'x' * 1000}"}, "TableArn (TABLE) has 1,055 characters; it may have 1 to 1,024"),
    (FULL, {"table_arn": "Orders"}, "TableArn (TABLE) is 'Orders', not the ARN of a table"),
    (
        FULL,
        {"table_arn": "arn:aws:s3:::backups"},
        "not the ARN of a table (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME)",
    ),
    (FULL, {"table_arn": f"{TABLE}/export/1"}, "not the ARN of a table"),
    (FULL, {"s3_bucket": ""}, "S3Bucket (--bucket) is empty"),
    (FULL, {"s3_bucket": "b" * 256}, "S3Bucket (--bucket) has 256 characters; it may have 0 to 255"),
    (FULL, {"s3_bucket": "s3://backups"}, "S3Bucket (--bucket) is 's3://backups': a bucket's name has letters, digits"),
    (FULL, {"s3_bucket": "-backups"}, "begins and ends with a letter or a digit"),
    (FULL, {"s3_bucket": "backups\n"}, "S3Bucket (--bucket) is 'backups\\n'"),
    (FULL, {"s3_bucket": "b\u00fccher"}, "S3Bucket (--bucket) is 'b\u00fccher': a bucket's name has letters, digits"),
    (FULL, {"s3_bucket_owner": ""}, "S3BucketOwner (--bucket-owner) is empty; leave it out"),
    (FULL, {"s3_bucket_owner": "1234"}, "S3BucketOwner (--bucket-owner) is '1234': an account's ID has 12 digits"),
    (FULL, {"s3_bucket_owner": "1111-2222-3333"}, "an account's ID has 12 digits"),
    (FULL, {"s3_prefix": ""}, "S3Prefix (--prefix) is empty; leave it out"),
    (FULL, {"s3_prefix": "p" * 1025}, "S3Prefix (--prefix) has 1,025 characters; it may have 0 to 1,024"),
    (FULL, {"s3_sse_algorithm": "aes"}, "S3SseAlgorithm (--sse-algorithm) is 'aes'; there are AES256, KMS"),
    (FULL, {"s3_sse_algorithm": "KMS", "s3_sse_kms_key_id": ""}, "S3SseKmsKeyId (--kms-key-id) is empty; leave it out"),
    (
        FULL,
        {"s3_sse_algorithm": "KMS", "s3_sse_kms_key_id": "k" * 2049},
        "S3SseKmsKeyId (--kms-key-id) has 2,049 characters; it may have 1 to 2,048",
    ),
    (FULL, {"s3_sse_kms_key_id": "k"}, "S3SseKmsKeyId (--kms-key-id) goes with S3SseAlgorithm (--sse-algorithm) KMS"),
    (FULL, {"s3_sse_algorithm": "AES256", "s3_sse_kms_key_id": "k"}, "goes with S3SseAlgorithm (--sse-algorithm) KMS"),
    (FULL, {"client_token": ""}, "ClientToken (--client-token) is empty; leave it out"),
    (FULL, {"client_token": "to$ken"}, "ClientToken (--client-token) is 'to$ken': a token is one line without a $"),
    (FULL, {"client_token": "to\nken"}, "ClientToken (--client-token) is 'to\\nken': a token is one line without a $"),
    (FULL, {"client_token": "token\n"}, "a token is one line without a $"),
    (FULL, {"export_format": "CSV"}, "ExportFormat (--format) is 'CSV'; there are DYNAMODB_JSON, ION"),
    (FULL, {"export_type": "HALF"}, "ExportType (--type) is 'HALF'; there are FULL_EXPORT, INCREMENTAL_EXPORT"),
    (WINDOW, {"export_view_type": "OLD"}, "ExportViewType (--view) is 'OLD'; there are NEW_IMAGE, NEW_AND_OLD_IMAGES"),
    (FULL, {"export_time": None}, "ExportTime (--time) is missing: a full export shows the table at an instant"),
    (
        FULL,
        {"export_time": NOW + timedelta(seconds=1)},
        "ExportTime (--time) lies in the future: 2026-01-14T12:00:01.000Z; now it is 2026-01-14T12:00:00.700Z",
    ),
    (
        FULL,
        {"export_time": ago(days=35, seconds=1)},
        "ExportTime (--time) lies too far back: 2025-12-10T11:59:59.000Z;",
    ),
    (
        FULL,
        {"export_from_time": ago(hours=1)},
        "leave ExportFromTime (--from) out, or ask for an incremental one: ExportType (--type incremental)",
    ),
    (FULL, {"export_to_time": ago(hours=1)}, "leave ExportToTime (--to) out"),
    (FULL, {"export_view_type": ExportView.NEW_IMAGE}, "leave ExportViewType (--view) out"),
    (WINDOW, {"export_time": ago(hours=1)}, "ExportTime (--time) is for full exports"),
    (WINDOW, {"export_from_time": None}, "ExportFromTime (--from) is missing: an incremental export has a window"),
    (WINDOW, {"export_to_time": None}, "ExportToTime (--to) is missing: an incremental export has a window"),
    (
        WINDOW,
        {"export_to_time": ago(hours=3)},
        "inverted: ExportToTime (--to) 2026-01-14T09:00:00.000Z is not after ExportFromTime (--from) 2026-01-14T10:00",
    ),
    (WINDOW, {"export_to_time": ago(hours=2)}, "the window is inverted"),
    (
        WINDOW,
        {"export_to_time": ago(hours=1, minutes=45, seconds=1)},
        "from 2026-01-14T10:00:00.000Z to 2026-01-14T10:14:59.000Z lasts 14 min 59 s; it may last 15 min to 24 h",
    ),
    (WINDOW, {"export_from_time": ago(hours=25, seconds=1)}, "lasts 1 d 1 s; it may last 15 min to 24 h"),
    (WINDOW, {"export_to_time": NOW + timedelta(hours=1)}, "ExportToTime (--to) lies in the future"),
    (WINDOW, {"export_from_time": ago(days=36)}, "ExportFromTime (--from) lies too far back"),
    (FULL, {"filter_specification": {"Nonsense": "x"}}, 'Unknown parameter in FilterSpecification: "Nonsense"'),
    (FULL, {"filter_specification": {"FilterExpression": 1}}, "Invalid type for parameter FilterSpecification.Filter"),
]


@pytest.mark.parametrize(("good", "changes", "told"), WRONG, ids=[str(changes)[:60] for _, changes, _ in WRONG])
def test_what_is_wrong_is_told_in_one_line(good: ExportRequest, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_request(replace(good, **changes), NOW, resolved=True)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_filter_without_bottom() -> None:
    deep = '{"L": [' * 500 + "]}" * 500
    with pytest.raises(UsageError, match="the filter is nested too deeply"):
        parse_filter(f'{{"ExpressionAttributeValues": {{":a": {deep}}}}}')


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        check_request(replace(FULL, s3_bucket="", s3_prefix="", export_time=ago(days=40)), NOW, resolved=True)
    assert re.findall(r"([A-Z]\w+) \(--", str(caught.value)) == ["S3Bucket", "S3Prefix", "ExportTime"]


def test_before_it_is_resolved_a_name_will_do_and_times_may_be_missing() -> None:
    check_request(replace(FULL, table_arn="Orders", export_time=None), NOW, resolved=False)
    check_request(replace(WINDOW, table_arn="Orders", export_to_time=None), NOW, resolved=False)
    with pytest.raises(UsageError, match="not a table's name"):
        check_request(replace(FULL, table_arn="Or/ders"), NOW, resolved=False)
    young = replace(WINDOW, export_from_time=ago(minutes=14), export_to_time=None)
    with pytest.raises(UsageError, match=re.escape("2026-01-14T11:46:00.000Z, 14 min ago; the shortest window")):
        check_request(young, NOW, resolved=False)


def test_a_botocore_that_does_not_know_a_parameter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = aws.api_input("ExportTableToPointInTime")

    class Older:
        members = {name: shape for name, shape in known.members.items() if name != "FilterSpecification"}  # noqa: RUF012

    monkeypatch.setattr("exportkit.service.checks.api_input", lambda _: Older)
    with pytest.raises(UsageError, match=r"FilterSpecification \(--filter\): botocore [\d.]+ does not know it; update"):
        check_request(replace(FULL, filter_specification={"FilterExpression": "x"}), NOW, resolved=True)


class TestFilters:
    def test_binary_values_are_decoded_at_every_depth(self) -> None:
        values = '{":a": {"M": {"x": {"L": [{"B": "aGk="}]}}}, ":b": {"BS": ["aGk=", ""]}, ":s": {"S": "aGk="}}'
        found = parse_filter(f'{{"FilterExpression": "a = :a", "ExpressionAttributeValues": {values}}}')
        assert found == {
            "FilterExpression": "a = :a",
            "ExpressionAttributeValues": {
                ":a": {"M": {"x": {"L": [{"B": b"hi"}]}}},
                ":b": {"BS": [b"hi", b""]},
                ":s": {"S": "aGk="},
            },
        }
        request = replace(FULL, filter_specification=found)
        check_request(request, NOW, resolved=True)
        told = request.to_document()["FilterSpecification"]["ExpressionAttributeValues"]
        assert told[":b"] == {"BS": ["aGk=", ""]}

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "the filter is no JSON"),
            ("[]", "the filter is no JSON object"),
            ('{"ExpressionAttributeValues": {":b": {"B": "aGk"}}}', "not what its type says"),
            ('{"ExpressionAttributeValues": {":b": {"B": 1}}}', "not what its type says"),
            ('{"ExpressionAttributeValues": {":b": {"M": []}}}', "not what its type says"),
        ],
    )
    def test_what_is_no_filter(self, text: str, told: str) -> None:
        with pytest.raises(UsageError, match=told):
            parse_filter(text)

    def test_values_that_are_no_values_are_told_by_botocore(self) -> None:
        found = parse_filter('{"ExpressionAttributeValues": {":b": "x"}}')
        with pytest.raises(UsageError, match="Invalid type for parameter FilterSpecification"):
            check_request(replace(FULL, filter_specification=found), NOW, resolved=True)
