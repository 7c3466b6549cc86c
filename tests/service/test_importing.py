"""``exportkit import-command``: the call that it prints and makes, and what it refuses before there is one."""

import json
import shlex
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import (
    AccessDeniedError,
    ImportConflictError,
    ImportFailedError,
    LimitExceededError,
    TableInUseError,
    UnfitExportError,
    UsageError,
    VerificationError,
    WaitTimeoutError,
)
from exportkit.export import open_export
from exportkit.model.findings import Level
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.service import ImportPlan, plan_import, start_import, wait_for_import
from exportkit.service.decimals import find_other_number
from exportkit.store import aws
from exportkit.verify import VerifyReport
from tests.commands import did, made, run
from tests.making import EXPORT_ID, Made, change, item, make_export
from tests.servers.dynamodb import DynamoDB
from tests.servers.s3 import S3
from tests.service.simulated import TABLE, FakeClock, Wire

JSON, ION = OutputFormat
ARN = f"{TABLE}/import/01768386000000-0a1b2c3d"
DESCRIBED = {
    "Table": {
        "TableArn": TABLE,
        "TableId": "11991185-e7ab-4da5-8bab-03f0db0b7bfd",
        "KeySchema": [{"AttributeName": "sk", "KeyType": "RANGE"}, {"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "other", "AttributeType": "B"},
            {"AttributeName": "pk", "AttributeType": "S"},
        ],
    }
}
STARTED = {"ImportTableDescription": {"ImportArn": ARN, "ImportStatus": "IN_PROGRESS", "StartTime": 1768392000}}


def told(status: str, **named: Any) -> dict[str, Any]:
    return {"ImportTableDescription": {"ImportArn": ARN, "ImportStatus": status, **named}}


def refused(code: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}


@pytest.fixture
def bucket(s3: S3) -> S3:
    return s3


@pytest.fixture
def wire(aws_environment: pytest.MonkeyPatch) -> Wire:
    found = Wire()
    for module in ("exportkit.service.imports", "exportkit.store.aws"):
        aws_environment.setattr(f"{module}.make_client", found.under(aws.make_client))
    aws_environment.setenv("AWS_MAX_ATTEMPTS", "1")
    return found


def two_keys(form: OutputFormat, number: int) -> str:
    extra = f"sk:{number}." if form is ION else f'"sk":{{"N":"{number}"}}'
    return item(form, "a", extra=extra)


def put(bucket: S3, export: Made) -> str:
    """Copies an export to S3; returns the URI of its folder there."""
    root = bucket.upload(export.root, "copied")
    return f"{root}/{export.folder.relative_to(export.root)}"


@pytest.mark.server
class TestTheCall:
    @pytest.mark.parametrize("form", [JSON, ION])
    def test_field_by_field(self, bucket: S3, wire: Wire, tmp_path: Path, form: OutputFormat) -> None:
        location = put(bucket, make_export(tmp_path, form, [[two_keys(form, 1), two_keys(form, 2)]]))
        wire.answers = [DESCRIBED]
        plan = plan_import(location, storage=bucket.options())
        assert plan.call == {
            "S3BucketSource": {
                "S3Bucket": bucket.bucket,
                "S3KeyPrefix": f"copied/backup/AWSDynamoDB/{EXPORT_ID}/data/",
            },
            "InputFormat": form.value,
            "InputCompressionType": "GZIP",
            "TableCreationParameters": {
                "TableName": "Orders",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "N"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        }
        assert (plan.items, plan.warnings, plan.verified.ok) == (2, (), True)
        assert plan.verified.counts["key_types"] == {"pk": {"S": 2}, "sk": {"N": 2}}

    def test_the_printed_command_is_the_call(self, bucket: S3, wire: Wire, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[item(JSON, "it's")]]))
        words = ("import-command", location, "--key", " pk ", "--endpoint-url", bucket.url, "--table", "New-1")
        done = did(*words, "--region", "eu-west-1")
        program = shlex.split(done.out)
        assert program[:6] == ["aws", "dynamodb", "import-table", "--region", "eu-west-1", "--cli-input-json"]
        (call,) = map(json.loads, program[6:])
        document = did(*words, "--json").told
        assert document["call"] == call
        assert call["TableCreationParameters"]["TableName"] == "New-1"
        assert len(call["ClientToken"]) == 36
        assert (document["items"], document["verification"]["ok"], document["import"]) == (1, True, None)
        assert f"verified {location}: 1 items, level records" in done.err
        assert wire.sent == [], "a key that is given is not asked for"

    def test_what_is_given_reaches_it(self, bucket: S3, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[two_keys(JSON, 1)]]))
        plan = plan_import(
            location,
            key="sk:N,pk:S",
            billing_mode="PROVISIONED",
            read_capacity=5,
            write_capacity=7,
            storage=bucket.options(),
        )
        made_by = plan.call["TableCreationParameters"]
        assert [part["AttributeName"] for part in made_by["KeySchema"]] == ["sk", "pk"]
        assert made_by["BillingMode"] == "PROVISIONED"
        assert made_by["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}

    def test_types_where_no_item_tells_them(self, bucket: S3, wire: Wire, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, []))
        wire.answers = [DESCRIBED]
        plan = plan_import(location, storage=bucket.options())
        assert plan.call["TableCreationParameters"]["AttributeDefinitions"][1]["AttributeType"] == "N"
        with pytest.raises(UsageError, match="the type of the key pk is not known; write it behind it: --key pk:S"):
            plan_import(location, key="pk", storage=bucket.options())
        assert plan_import(location, key="pk:B", storage=bucket.options()).items == 0

    def test_a_rebuilt_export_has_its_key_in_its_lineage(self, bucket: S3, wire: Wire, tmp_path: Path) -> None:
        base = make_export(tmp_path, ION, [[' $ion_1_0 {Item:{pk:"a",n:1,f:1e0}}']])
        window = make_export(
            tmp_path, ION, [[change(ION, "b", new="b")]], export_type=ExportType.INCREMENTAL, prefix="other"
        )
        did("replay", base.folder, window.folder, "-o", tmp_path / "rebuilt")
        root = bucket.upload(tmp_path / "rebuilt", "r")
        location = f"{root}/{made(tmp_path / 'rebuilt').relative_to(tmp_path / 'rebuilt')}"
        plan = plan_import(location, storage=bucket.options())
        assert plan.call["TableCreationParameters"]["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
        assert plan.items == 2
        assert wire.sent == []

    def test_the_buckets_owner(self, bucket: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[item(JSON, "a")]]))
        options = bucket.options(expected_bucket_owner="111122223333")
        plan = plan_import(location, key="pk", storage=options)
        assert plan.call["S3BucketSource"]["S3BucketOwner"] == "111122223333"


@pytest.mark.server
class TestRefusedInS3:
    def test_an_export_that_is_not_good(self, bucket: S3, wire: Wire, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[item(JSON, "a"), item(JSON, "a")]]))
        with pytest.raises(VerificationError, match=r"it is not good \(duplicate-key\)") as caught:
            plan_import(location, key="pk", storage=bucket.options())
        assert caught.value.__notes__[-1] == "  duplicate-key: Check --key (a sort key left out?); else export anew."
        done = run("import-command", location, "--key", "pk", "--run", "--endpoint-url", bucket.url)
        assert (done.code, done.out, wire.sent) == (1, "", [])

    def test_types_that_the_items_do_not_have(self, bucket: S3, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[item(JSON, "a")]]))
        with pytest.raises(UnfitExportError, match="the key pk is given as N, but it is S in the items"):
            plan_import(location, key="pk:N", storage=bucket.options())

    def test_files_that_would_be_imported_too(self, bucket: S3, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a")]])
        (export.data_files[0].parent / "another.json.gz").write_bytes(b"")
        with pytest.raises(UnfitExportError, match=r"1 files in s3://.*/data/ are not listed .*another\.json\.gz"):
            plan_import(put(bucket, export), key="pk", storage=bucket.options())

    def test_a_level_that_cannot_tell_is_told(self, bucket: S3, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, ION, [[item(ION, "a")]]))
        plan = plan_import(location, key="pk:S", level="manifest", storage=bucket.options())
        assert [warning.partition(":")[0] for warning in plan.warnings] == [
            "unlisted-files-not-checked",
            "numbers-not-checked",
        ]

    def test_ion_numbers_that_are_no_decimals(self, bucket: S3, tmp_path: Path) -> None:
        lines = [item(ION, "a"), ' $ion_1_0 {Item:{pk:"b",m:{list:[1]}}}']
        export = make_export(tmp_path, ION, [[item(ION, "c")], lines])
        with pytest.raises(UnfitExportError, match=r"line 2 \(byte 26\): an Ion number .*exportkit replay") as caught:
            plan_import(put(bucket, export), key="pk", storage=bucket.options())
        assert caught.value.uri.endswith(export.data_files[1].name)

    def test_a_key_that_nobody_knows(self, bucket: S3, wire: Wire, tmp_path: Path) -> None:
        location = put(bucket, make_export(tmp_path, JSON, [[item(JSON, "a")]]))
        wire.answers = [refused("ResourceNotFoundException")]
        with pytest.raises(UsageError, match=r"the key is not known \(--key\), and DescribeTable: no such table"):
            plan_import(location, storage=bucket.options())
        wire.answers = [{"Table": {**DESCRIBED["Table"], "TableId": "00000000-e7ab-4da5-8bab-03f0db0b7bfd"}}]
        with pytest.raises(UsageError, match="the table was made anew since"):
            plan_import(location, storage=bucket.options())


class TestRefused:
    """Before anything is read."""

    def test_an_incremental_export(self, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [[change(JSON, "a")]], export_type=ExportType.INCREMENTAL)
        with pytest.raises(UnfitExportError, match=r"is an incremental export .*exportkit replay.*exportkit load"):
            plan_import(export.folder)
        assert run("import-command", export.folder).code == 1

    def test_a_local_one(self, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a")]])
        with pytest.raises(UsageError, match=r"lies in a local folder, .*aws s3 sync"):
            plan_import(export.folder)
        done = run("import-command", export.folder)
        assert (done.code, done.err.count("\n"), wire.sent) == (2, 1, [])

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--key", "a,b,c"), "a key is one or two different attribute names"),
            (("--key", "pk:S,pk:N"), "a key is one or two different attribute names"),
            (("--billing-mode", "PROVISIONED", "--read-capacity", "5"), "has to be given its capacity"),
            (("--write-capacity", "5"), "goes with PROVISIONED"),
            (("--table", "my table"), "not a table's name"),
            (("--table", "x" * 256), "not a table's name"),
            (("--table", "arn:aws:dynamodb:eu-central-1:111122223333:table/New"), "a name, not an ARN"),
            (("--wait",), "--wait goes with --run"),
            (("--run", "--timeout", "1h"), "--timeout with --wait"),
            (("--run", "--wait", "--timeout", "soon"), "is no length of time"),
        ],
    )
    def test_options_that_contradict(self, wire: Wire, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a")]])
        done = run("import-command", export.folder, *words)
        assert done.code == 2
        assert said in done.err
        assert wire.sent == []


@pytest.mark.parametrize("tail", ["", "\n"])
@pytest.mark.parametrize("other", ["1", "1e0", "-5", "0x1f"])
def test_the_first_number_that_is_no_decimal(engine: Engine, tmp_path: Path, other: str, tail: str) -> None:
    good = [item(ION, "a", extra="n:1.,m:{l:[2d3,-0.5]}"), "", "  \r", item(ION, "b") + "\r", item(ION, "c")]
    found = lambda lines: find_other_number(  # noqa: E731 - two words, used three times
        open_export(make_export(tmp_path / str(len(lines)), ION, [["", *good], lines]).folder), engine=engine, jobs=1
    )
    assert found(good) is None
    assert found([]) is None
    place = found([*good, f' $ion_1_0 {{Item:{{pk:"d",n:{other}}}}}', item(ION, "e")])
    assert place is not None
    assert place[1:] == (6, len("\n".join(good)) + 1)


class TestRunning:
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def plan(self) -> Any:
        report = VerifyReport(True, {}, Level.RECORDS, {}, (), (), {})
        call = {
            "S3BucketSource": {"S3Bucket": "backups", "S3KeyPrefix": "data/"},
            "InputFormat": "ION",
            "TableCreationParameters": {
                "TableName": "New",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        }
        return ImportPlan(uri="s3://backups", items=3, call=call, warnings=(), verified=report)

    def test_the_call_is_made_with_its_token(self, wire: Wire, plan: Any, clock: FakeClock) -> None:
        wire.answers = [STARTED]
        started = start_import(plan, clock=clock)
        assert (started.import_arn, started.import_status) == (ARN, "IN_PROGRESS")
        assert wire.sent == [("ImportTable", plan.to_document())]

    def test_one_that_failed_is_tried_with_another_token(self, wire: Wire, plan: Any, clock: FakeClock) -> None:
        wire.answers = [told("FAILED", StartTime=1768391000), STARTED]
        assert start_import(plan, clock=clock).under_way
        first, second = (sent["ClientToken"] for _, sent in wire.sent)
        assert first != second

    def test_of_an_earlier_one_the_state_of_now(self, wire: Wire, plan: Any, clock: FakeClock) -> None:
        clock.instant += timedelta(hours=1)
        wire.answers = [STARTED, told("FAILED", FailureCode="ItemValidationError"), STARTED, told("COMPLETED")]
        assert start_import(plan, clock=clock).import_status == "COMPLETED"
        assert [operation for operation, _ in wire.sent] == ["ImportTable", "DescribeImport"] * 2

    def test_waiting(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [STARTED, refused("ThrottlingException"), STARTED, told("COMPLETED", ImportedItemCount=3)]
        assert wait_for_import(ARN, clock=clock).imported_item_count == 3
        assert len(clock.slept) == 3

    def test_waiting_no_longer_than_asked(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [STARTED]
        with pytest.raises(WaitTimeoutError, match="still under way after 1 min; it goes on by itself"):
            wait_for_import(ARN, clock=clock, timeout=timedelta(minutes=1))

    @pytest.mark.parametrize(("status", "said"), [("FAILED", "failed"), ("CANCELLED", "was cancelled")])
    def test_one_that_failed(self, wire: Wire, clock: FakeClock, status: str, said: str) -> None:
        wire.answers = [STARTED, told(status, FailureCode="S3NoSuchBucket", FailureMessage="gone")]
        with pytest.raises(ImportFailedError, match=f"the import {said}: S3NoSuchBucket: gone") as caught:
            wait_for_import(ARN, clock=clock)
        assert (caught.value.code, caught.value.reason, caught.value.exit_code) == ("S3NoSuchBucket", "gone", 1)

    @pytest.mark.parametrize(
        ("code", "error", "said"),
        [
            ("ResourceInUseException", TableInUseError, "take another name"),
            ("LimitExceededException", LimitExceededError, "50 imports"),
            ("ImportConflictException", ImportConflictError, "wait a moment"),
            ("AccessDeniedException", AccessDeniedError, "dynamodb:ImportTable is not allowed"),
        ],
    )
    def test_errors_of_the_api(
        self, wire: Wire, plan: Any, clock: FakeClock, code: str, error: type[Exception], said: str
    ) -> None:
        wire.answers = [refused(code)]
        with pytest.raises(error, match=said):
            start_import(plan, clock=clock)


@pytest.fixture
def moto(dynamodb: DynamoDB, monkeypatch: pytest.MonkeyPatch) -> DynamoDB:
    monkeypatch.setattr("exportkit.service.waiting._FIRST_PAUSE", 0.05)
    dynamodb.s3.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return dynamodb


@pytest.mark.server
class TestAgainstMoto:
    @staticmethod
    def words(api: DynamoDB) -> tuple[str, ...]:
        return ("--endpoint-url", api.url, "--dynamodb-endpoint-url", api.url)

    @staticmethod
    def upload(api: DynamoDB, export: Made) -> str:
        for path in export.root.rglob("*"):
            if path.is_file():
                api.s3.put_object(Bucket="backups", Key=str(path.relative_to(export.root)), Body=path.read_bytes())
        return f"s3://backups/{export.folder.relative_to(export.root)}"

    def test_from_an_export_to_a_table(self, moto: DynamoDB, tmp_path: Path) -> None:
        lines = [[two_keys(JSON, 1), two_keys(JSON, 2)], [two_keys(JSON, 3)]]
        location = self.upload(moto, make_export(tmp_path, JSON, lines))
        words = ("import-command", location, "--key", "pk,sk", "--table", "New", *self.words(moto))
        done = did(*words, "--run", "--wait", "--json")
        assert done.told["import"]["import_status"] == "COMPLETED"
        assert done.told["import"]["imported_item_count"] == 3
        items = moto.client.scan(TableName="New")["Items"]
        assert sorted(Decimal(each["sk"]["N"]) for each in items) == [1, 2, 3]
        table = moto.client.describe_table(TableName="New")["Table"]
        assert [part["AttributeName"] for part in table["KeySchema"]] == ["pk", "sk"]

    def test_a_table_that_is_there(self, moto: DynamoDB, tmp_path: Path) -> None:
        location = self.upload(moto, make_export(tmp_path, JSON, [[item(JSON, "a")]]))
        words = ("import-command", location, "--key", "pk", *self.words(moto), "--run")
        assert "import status" in did(*words).out
        done = run(*words)
        assert done.code == 1, "the service refuses such a call, which is 3; moto starts an import that fails"
        assert "Table already exists: Orders" in done.err
