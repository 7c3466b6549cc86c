"""Every path that moto's server covers: requests, lists, waits, tables and their backups.

It wants a prefix in every request and a table in every list, knows no tokens, and keeps no times of exports.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from exportkit.errors import ExportFailedError, PointInTimeRecoveryUnavailableError, TableNotFoundError
from exportkit.service import ExportRequest, Service, describe_export, list_exports, request_export, wait
from tests.commands import did, run
from tests.servers.dynamodb import DynamoDB
from tests.service.simulated import TABLE

pytestmark = pytest.mark.server

Arn = str


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports of moto take no minutes."""
    monkeypatch.setattr("exportkit.service.waiting._FIRST_PAUSE", 0.05)


@pytest.fixture
def table(dynamodb: DynamoDB) -> Callable[..., Arn]:
    """Makes a table with a bucket for its exports, and returns its ARN."""

    def make(*, backups: bool = True) -> Arn:
        dynamodb.client.create_table(
            TableName="Orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.client.put_item(TableName="Orders", Item={"pk": {"S": "a"}})
        if backups:
            dynamodb.client.update_continuous_backups(
                TableName="Orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        dynamodb.s3.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        found: Arn = dynamodb.client.describe_table(TableName="Orders")["Table"]["TableArn"]
        return found

    return make


def test_from_a_tables_name_to_a_complete_export(dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
    arn, options = table(), dynamodb.options()
    asked = request_export(ExportRequest(table_arn="Orders", s3_bucket="backups", s3_prefix="p"), storage=options)
    assert (asked.table_arn, asked.s3_bucket, asked.s3_prefix) == (arn, "backups", "p")
    done = wait(asked.export_arn, storage=options, timeout=timedelta(minutes=1))
    assert (done.export_status, done.item_count, done.export_type) == ("COMPLETED", 1, "FULL_EXPORT")
    assert describe_export(asked.export_arn, storage=options) == done
    for named in ("Orders", arn):
        assert [summary.export_arn for summary in list_exports(named, storage=options)] == [asked.export_arn]


def test_a_bucket_that_is_not_there(dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
    request = ExportRequest(table_arn=table(), s3_bucket="nowhere", s3_prefix="p")
    asked = request_export(request, storage=dynamodb.options())
    with pytest.raises(ExportFailedError, match="S3NoSuchBucket: The specified bucket does not exist; make the bucket"):
        wait(asked.export_arn, storage=dynamodb.options(), timeout=timedelta(minutes=1))


def test_a_table_without_backups(dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
    arn = table(backups=False)
    with pytest.raises(PointInTimeRecoveryUnavailableError, match="aws dynamodb update-continuous-backups"):
        request_export(ExportRequest(table_arn=arn, s3_bucket="backups", s3_prefix="p"), storage=dynamodb.options())
    with pytest.raises(PointInTimeRecoveryUnavailableError, match="point-in-time recovery is off; enable it"):
        Service(dynamodb.options()).backups("Orders")


def test_a_table_that_is_not_there(dynamodb: DynamoDB) -> None:
    options = dynamodb.options()
    with pytest.raises(TableNotFoundError, match="no such table"):
        request_export(ExportRequest(table_arn="Orders", s3_bucket="backups", s3_prefix="p"), storage=options)
    with pytest.raises(TableNotFoundError):
        request_export(ExportRequest(table_arn=TABLE, s3_bucket="backups", s3_prefix="p"), storage=options)
    with pytest.raises(TableNotFoundError):
        Service(options).backups("Orders")


def test_a_table_and_its_backups(dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
    arn = table()
    service = Service(dynamodb.options())
    found = service.table("Orders")
    assert (found.table_arn, found.key) == (arn, ("pk",))
    assert found.created
    assert abs(datetime.now(UTC) - found.created) < timedelta(hours=1)
    window = service.backups(arn)
    assert window.earliest <= window.latest


class TestCommands:
    def test_request_wait_describe_and_list(self, dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
        arn = table()
        words = ("--dynamodb-endpoint-url", dynamodb.url)
        told = did("request", "Orders", "--bucket", "backups", "--prefix", "p", "--wait", "--json", *words).told
        assert told["request"]["TableArn"] == arn
        assert told["export"]["export_status"] == "COMPLETED"
        export = told["export"]["export_arn"]
        for command in ("wait", "describe"):
            assert did(command, export, "--json", *words).told == told["export"]
            assert "export status     COMPLETED" in did(command, export, *words).out
        (listed,) = did("list", "Orders", *words).out.splitlines()
        assert listed.split() == ["COMPLETED", "full", export]
        assert did("list", arn, "--json", *words).told == {
            "exports": [{"export_arn": export, "export_status": "COMPLETED", "export_type": "FULL_EXPORT"}]
        }

    def test_the_same_command_with_the_same_time_is_one_call_the_service_knows(
        self, dynamodb: DynamoDB, table: Callable[..., Arn]
    ) -> None:
        table()
        words = ("request", "Orders", "--bucket", "backups", "--time", "now", "--dynamodb-endpoint-url", dynamodb.url)
        call = did(*words, "--dry-run", "--json").told["request"]
        assert call["ExportTime"].endswith(".000Z")
        again = did(*words[:5], call["ExportTime"], *words[6:], "--dry-run", "--json").told["request"]
        assert again == call
        assert did("list", "Orders", *words[6:]).out == "", "a dry run asks for nothing"

    def test_one_that_fails_is_1_with_code_and_message(self, dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
        table()
        words = ("--dynamodb-endpoint-url", dynamodb.url)
        done = run("request", "Orders", "--bucket", "nowhere", "--prefix", "p", "--wait", "--json", *words)
        assert done.code == 1
        assert "S3NoSuchBucket" in done.err
        assert done.told["export"]["failure_code"] == "S3NoSuchBucket"
        arn = done.told["export"]["export_arn"]
        for command in ("wait", "describe"):
            done = run(command, arn, *words)
            assert done.code == 1
            assert "The specified bucket does not exist" in done.out + done.err

    def test_a_table_without_backups_or_none_at_all_is_3(self, dynamodb: DynamoDB, table: Callable[..., Arn]) -> None:
        words = ("--bucket", "backups", "--prefix", "p", "--dynamodb-endpoint-url", dynamodb.url)
        assert run("request", "Orders", *words).code == 3
        table(backups=False)
        done = run("request", "Orders", *words)
        assert (done.code, done.out) == (3, "")
        assert done.err.count("\n") == 1
        assert "PointInTimeRecoveryUnavailableException" in done.err
