"""``exportkit request``, ``wait``, ``describe`` and ``list`` as their users meet them."""

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from exportkit.cli.progress import wait_on_terminal
from exportkit.model.description import ExportDescription
from exportkit.model.formats import OutputFormat
from exportkit.service import ExportRequest, derive_token
from exportkit.store import StoreOptions, aws
from tests.commands import Done, did, run
from tests.making import EXPORT_ID, item, make_export
from tests.servers.s3 import S3
from tests.service.simulated import ARN, NOW, TABLE, FakeClock, Wire

RUNNING = {"ExportDescription": {"ExportArn": ARN, "ExportStatus": "IN_PROGRESS", "TableArn": TABLE}}
COMPLETE = {
    "ExportDescription": {
        "ExportArn": ARN,
        "ExportStatus": "COMPLETED",
        "TableArn": TABLE,
        "StartTime": 1768392000,
        "EndTime": 1768392441,
        "ItemCount": 1234567,
    }
}
FAILED = {
    "ExportDescription": {
        "ExportArn": ARN,
        "ExportStatus": "FAILED",
        "FailureCode": "S3NoSuchBucket",
        "FailureMessage": "The bucket is gone",
    }
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    found = FakeClock()
    monkeypatch.setattr("exportkit.service.SystemClock", lambda: found)
    monkeypatch.setattr("exportkit.service.api.SystemClock", lambda: found)
    return found


@pytest.fixture
def wire(aws_environment: pytest.MonkeyPatch) -> Wire:
    found = Wire()
    aws_environment.setattr("exportkit.service.api.make_client", found.under(aws.make_client))
    return found


class TestRequest:
    def test_every_option_reaches_the_wire(self, wire: Wire, tmp_path: Path) -> None:
        wire.answers = [RUNNING]
        only = tmp_path / "filter.json"
        only.write_text('{"FilterExpression": "attribute_exists(a)"}')
        did(
            *("request", TABLE, "--bucket", "backups", "--prefix", "p", "--bucket-owner", "111122223333"),
            *("--sse-algorithm", "KMS", "--kms-key-id", "alias/k", "--type", "incremental", "--from", "-2h"),
            *("--to", "2026-01-14T11:00:00Z", "--view", "new-image", "--format", "ion"),
            *("--client-token", "mine", "--filter", only),
        )
        assert wire.sent == [
            (
                "ExportTableToPointInTime",
                {
                    "TableArn": TABLE,
                    "S3Bucket": "backups",
                    "S3Prefix": "p",
                    "S3BucketOwner": "111122223333",
                    "S3SseAlgorithm": "KMS",
                    "S3SseKmsKeyId": "alias/k",
                    "ClientToken": "mine",
                    "ExportFormat": "ION",
                    "ExportType": "INCREMENTAL_EXPORT",
                    "IncrementalExportSpecification": {
                        "ExportFromTime": 1768384800,
                        "ExportToTime": 1768388400,
                        "ExportViewType": "NEW_IMAGE",
                    },
                    "FilterSpecification": {"FilterExpression": "attribute_exists(a)"},
                },
            )
        ]

    def test_from_alone_makes_it_incremental_and_the_backups_end_it(self, wire: Wire) -> None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "EarliestRestorableDateTime": 1768000000,
            "LatestRestorableDateTime": 1768391700.25,
        }
        backups = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
        wire.answers = [{"Table": {"TableArn": TABLE}}, {"ContinuousBackupsDescription": backups}, RUNNING]
        did("request", "Orders", "--bucket", "backups", "--from", "1768384800")
        assert [operation for operation, _ in wire.sent] == [
            "DescribeTable",
            "DescribeContinuousBackups",
            "ExportTableToPointInTime",
        ]
        assert wire.sent[2][1]["IncrementalExportSpecification"] == {
            "ExportFromTime": 1768384800,
            "ExportToTime": 1768391700,
            "ExportViewType": "NEW_AND_OLD_IMAGES",
        }

    def test_now_is_the_default_and_a_whole_second(self, wire: Wire) -> None:
        wire.answers = [RUNNING]
        for words in ((), ("--time", "now"), ("--time", "-0h1s"), ("--type", "full")):
            did("request", TABLE, "--bucket", "backups", *words)
        assert [sent["ExportTime"] for _, sent in wire.sent] == [1768392000, 1768392000, 1768391999, 1768392000]
        tokens = [sent["ClientToken"] for _, sent in wire.sent]
        assert tokens[0] == tokens[1] == tokens[3] != tokens[2]

    def test_the_answer_for_people_and_for_programs(self, wire: Wire) -> None:
        wire.answers = [RUNNING]
        lines = did("request", TABLE, "--bucket", "backups").out.splitlines()
        assert lines[:2] == [f"export arn        {ARN}", "export status     IN_PROGRESS"]
        told = did("request", TABLE, "--bucket", "backups", "--json").told
        assert list(told) == ["request", "export", "verification"]
        assert told["request"]["ExportTime"] == "2026-01-14T12:00:00.000Z"
        assert told["export"]["export_status"] == "IN_PROGRESS"
        assert told["verification"] is None

    def test_a_dry_run_prints_the_call_that_would_leave(self, wire: Wire) -> None:
        words = ("request", TABLE, "--bucket", "backups", "--prefix", "it's", "--dry-run")
        done = did(*words, "--profile", "default", "--dynamodb-endpoint-url", "http://me:hidden@127.0.0.1:9")
        command = shlex.split(done.out)
        assert command[:5] == ["aws", "dynamodb", "export-table-to-point-in-time", "--region", "eu-central-1"]
        assert command[5:9] == ["--profile", "default", "--endpoint-url", "http://127.0.0.1:9"]
        assert command[9] == "--cli-input-json"
        call = json.loads(command[10])
        assert call == did(*words, "--json").told["request"]
        assert wire.sent == []
        request = ExportRequest(table_arn=TABLE, s3_bucket="backups", s3_prefix="it's", export_time=NOW)
        assert call == request.to_document() | {"ClientToken": derive_token(request)}

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ((), "--bucket"),
            (("--bucket", "b$"), "S3Bucket (--bucket)"),
            (("--bucket", "backups", "--time", "tomorrow"), "'tomorrow' is no time"),
            (("--bucket", "backups", "--time", "2026-01-15T00:00:00Z"), "lies in the future"),
            (("--bucket", "backups", "--type", "incremental"), "ExportFromTime (--from) is missing"),
            (("--bucket", "backups", "--type", "full", "--from", "-2h"), "leave ExportFromTime (--from) out"),
            (("--bucket", "backups", "--to", "-2h"), "leave ExportToTime (--to) out"),
            (("--bucket", "backups", "--view", "new-image"), "leave ExportViewType (--view) out"),
            (("--bucket", "backups", "--from", "-2h", "--time", "-1h"), "ExportTime (--time) is for full exports"),
            (("--bucket", "backups", "--from", "-2h", "--to", "-110m"), "lasts 10 min; it may last 15 min to 24 h"),
            (("--bucket", "backups", "--from", "-26h", "--to", "now"), "it may last 15 min to 24 h"),
            (("--bucket", "backups", "--from", "-1h", "--to", "-2h"), "the window is inverted"),
            (("--bucket", "backups", "--kms-key-id", "k"), "S3SseKmsKeyId (--kms-key-id) goes with"),
            (("--bucket", "backups", "--view", "old"), "--view"),
            (("--bucket", "backups", "--format", "csv"), "--format"),
            (("--bucket", "backups", "--timeout", "5m"), "--timeout goes with --wait or --verify"),
            (("--bucket", "backups", "--wait", "--timeout", "5"), "'5' is no length of time"),
            (("--bucket", "backups", "--dry-run", "--verify"), "--dry-run asks for no export"),
            (("--bucket", "backups", "--filter", "/nowhere"), "--filter cannot be read"),
        ],
    )
    def test_wrong_usage_is_2_and_asks_nobody(self, wire: Wire, words: tuple[str, ...], told: str) -> None:
        done = run("request", "Orders", *words)
        assert (done.code, done.out) == (2, "")
        assert told in done.err
        assert wire.sent == []

    def test_what_the_service_refuses_is_3_in_one_line(self, wire: Wire) -> None:
        refused = {"__type": "com.amazonaws.dynamodb.v20120810#InvalidExportTimeException", "message": "too early"}
        wire.answers = [(400, refused)]
        done = run("request", TABLE, "--bucket", "backups")
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
        assert "too early" in done.err
        assert "inside what point-in-time recovery reaches" in done.err

    def test_a_token_whose_export_failed_is_1(self, wire: Wire) -> None:
        wire.answers = [FAILED]
        done = run("request", TABLE, "--bucket", "backups", "--client-token", "mine")
        assert done.code == 1
        assert "failure code      S3NoSuchBucket" in done.out

    def test_the_document_has_the_token_that_was_sent(self, wire: Wire) -> None:
        wire.answers = [RUNNING]
        told = did("request", TABLE, "--bucket", "backups", "--json").told
        assert told["request"]["ClientToken"] == wire.sent[0][1]["ClientToken"]

    def test_the_document_has_the_token_of_a_later_attempt(self, wire: Wire) -> None:
        token = {"ClientToken": "of the second attempt"}
        wire.answers = [{"ExportDescription": RUNNING["ExportDescription"] | token}]
        told = did("request", TABLE, "--bucket", "backups", "--json").told
        assert told["request"]["ClientToken"] == told["export"]["client_token"] == "of the second attempt"


class TestWait:
    def test_until_it_is_complete(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [RUNNING, RUNNING, RUNNING, COMPLETE]
        done = did("request", TABLE, "--bucket", "backups", "--wait")
        assert f"asked for {ARN}\n" == done.err
        assert "export status     COMPLETED\n" in done.out
        assert "item count        1,234,567\n" in done.out
        assert "took              7 min 21 s\n" in done.out
        assert clock.slept == [5, 7.5]

    def test_no_longer_than_told(self, wire: Wire, clock: FakeClock) -> None:
        wire.answers = [RUNNING]
        done = run("wait", ARN, "--timeout", "1m")
        assert (done.code, done.out) == (3, "")
        assert (
            done.err == f"error: {ARN}: still under way after 1 min; it goes on by itself: exportkit wait waits again\n"
        )
        assert sum(clock.slept) == 60

    def test_one_that_failed_is_1_and_its_document_is_printed(self, wire: Wire) -> None:
        wire.answers = [RUNNING, FAILED]
        done = run("wait", ARN, "--json")
        assert done.code == 1
        assert done.told["failure_message"] == "The bucket is gone"
        assert "S3NoSuchBucket: The bucket is gone; make the bucket" in done.err
        assert run("describe", ARN).code == 1

    @pytest.mark.parametrize("command", ["wait", "describe"])
    def test_no_arn_of_an_export_is_2(self, command: str) -> None:
        done = run(command, TABLE)
        assert done.code == 2
        assert "not the ARN of an export" in done.err


class TestList:
    def test_newest_first_with_when_they_began(self, wire: Wire) -> None:
        other = f"{TABLE}/export/01768391100000-11112222"
        wire.answers = [
            {
                "ExportSummaries": [
                    {"ExportArn": other, "ExportStatus": "FAILED", "ExportType": "INCREMENTAL_EXPORT"},
                    {"ExportArn": ARN, "ExportStatus": "COMPLETED", "ExportType": "FULL_EXPORT"},
                ]
            }
        ]
        assert did("list", TABLE).out.splitlines() == [
            f"FAILED      incremental 2026-01-14T11:45:00.000Z {other}",
            f"COMPLETED   full        2026-01-14T10:00:00.000Z {ARN}",
        ]
        assert [export["export_arn"] for export in did("list", "--json").told["exports"]] == [other, ARN]

    def test_none_is_told_to_people(self, wire: Wire) -> None:
        wire.answers = [{"ExportSummaries": []}]
        done = did("list", TABLE)
        told = f"there are no exports of {TABLE} from the last 90 days, which is how long they are known\n"
        assert (done.out, done.err) == ("", told)
        assert "in this account and Region from" in did("list").err
        done = did("list", TABLE, "--json")
        assert (done.told, done.err) == ({"exports": []}, "")

    def test_a_name_that_is_none_is_2(self, wire: Wire) -> None:
        assert run("list", "a/b").code == 2
        assert wire.sent == []


@pytest.mark.server
class TestVerify:
    @pytest.fixture
    def stub(self, aws_environment: pytest.MonkeyPatch) -> Iterator[Stubber]:
        """Stands for DynamoDB wherever it is asked; S3 is the real client's."""
        real = aws.make_client
        with Stubber(aws.make_client("dynamodb", StoreOptions())) as stubber:
            for place in ("exportkit.service.api.make_client", "exportkit.store.aws.make_client"):
                aws_environment.setattr(
                    place,
                    lambda name, *rest, **named: stubber.client if name == "dynamodb" else real(name, *rest, **named),
                )
            yield stubber
            stubber.assert_no_pending_responses()

    @pytest.fixture
    def place(self, s3: S3, tmp_path: Path) -> dict[str, Any]:
        """What the service says of an export of one item that lies in S3."""
        made = make_export(tmp_path, OutputFormat.DYNAMODB_JSON, [[item(OutputFormat.DYNAMODB_JSON, "a")]])
        s3.upload(made.root)
        return {
            "ExportArn": f"{TABLE}/export/{EXPORT_ID}",
            "ExportStatus": "COMPLETED",
            "TableArn": TABLE,
            "S3Bucket": s3.bucket,
            "ExportManifest": f"{made.folder.relative_to(made.root)}/manifest-summary.json",
            "ItemCount": 1,
        }

    def ask(self, stub: Stubber, s3: S3, place: dict[str, Any], *words: str) -> Done:
        running = place | {"ExportStatus": "IN_PROGRESS"}
        stub.add_response("export_table_to_point_in_time", {"ExportDescription": running})
        for _ in range(3):  # the wait, and twice verify: where the export is, and what it counts
            stub.add_response("describe_export", {"ExportDescription": place})
        schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
        table_id = "11991185-e7ab-4da5-8bab-03f0db0b7bfd"
        stub.add_response("describe_table", {"Table": {"KeySchema": schema, "TableId": table_id}})
        return run("request", TABLE, "--bucket", s3.bucket, "--verify", "--endpoint-url", s3.url, *words)

    def test_straight_to_a_verified_export(self, stub: Stubber, s3: S3, place: dict[str, Any]) -> None:
        done = self.ask(stub, s3, place, "--json")
        assert done.code == 0, done.err
        assert done.told["export"]["export_status"] == "COMPLETED"
        report = done.told["verification"]
        assert report["ok"]
        assert report["counts"]["keys"] == 1, "the key is the table's"
        assert done.told["storage"]["operations"]["GetObject"] > 0

    def test_both_are_told_to_people(self, stub: Stubber, s3: S3, place: dict[str, Any]) -> None:
        done = self.ask(stub, s3, place)
        assert "export status     COMPLETED" in done.out
        assert "OK at level records: 1 item in 1 file" in done.out.splitlines()[-1]
        assert done.err.splitlines()[-1].startswith("S3: ")

    def test_an_export_that_is_not_whole_is_1(self, stub: Stubber, s3: S3, place: dict[str, Any]) -> None:
        (key,) = [
            found["Key"]
            for found in s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"]
            if found["Key"].endswith(".json.gz")
        ]
        s3.put(key, b"not what the manifest says")
        done = self.ask(stub, s3, place, "--json")
        assert done.code == 1
        assert not done.told["verification"]["ok"]


class TestOnATerminal:
    def test_a_line_tells_how_long_it_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[str] = []
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)
        monkeypatch.setattr("rich.status.Status.update", lambda _, text: shown.append(text))
        asked: list[str] = []
        export = ExportDescription(export_arn=ARN, export_status="IN_PROGRESS")
        others: list[tuple[timedelta, ...]] = [
            (),
            (timedelta(seconds=421.5),),
            (timedelta(minutes=6), timedelta(minutes=7), timedelta(minutes=9)),
        ]
        for durations in others:

            def typical(
                export: ExportDescription, durations: tuple[timedelta, ...] = durations
            ) -> tuple[timedelta, ...]:
                asked.append(export.export_arn)
                return durations

            with wait_on_terminal(typical) as progress:
                progress.waiting(export, timedelta(seconds=61))
                progress.waiting(export, timedelta(seconds=66))
        assert asked == [ARN] * 3, "others are asked about once a wait"
        assert shown[::2] == [
            "IN_PROGRESS for 1 min 1 s · even small tables take 5 to 12 min",
            "IN_PROGRESS for 1 min 1 s · the last one took 7 min 1 s",
            "IN_PROGRESS for 1 min 1 s · the last 3 took 6 min to 9 min",
        ]
        assert shown[1] == "IN_PROGRESS for 1 min 6 s · even small tables take 5 to 12 min"

    def test_elsewhere_nothing_is_said_and_nobody_asked(self, capfd: pytest.CaptureFixture[str]) -> None:
        def typical(_: ExportDescription) -> tuple[timedelta, ...]:
            raise AssertionError

        with wait_on_terminal(typical) as progress:
            progress.waiting(ExportDescription(export_arn=ARN, export_status="IN_PROGRESS"), timedelta())
        assert capfd.readouterr() == ("", "")
