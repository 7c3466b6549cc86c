"""``exportkit follow`` as its users meet it."""

import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exportkit.model.description import ExportDescription
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import parse_time
from exportkit.store.aws import make_client
from tests.commands import run, state_in
from tests.follow.simulated import HOUR, LAG, START, EndingClock, SimulatedService, life
from tests.histories import TABLE
from tests.servers.s3 import S3

WORDS = ("follow", "Orders", "--bucket", "backups")


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_once_tells_each_thing_in_a_line(service: SimulatedService, tmp_path: Path) -> None:
    service.full(START - HOUR)
    service.pass_time(HOUR)
    done = run(*WORDS, "--once", "--replay-to", tmp_path / "now")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[1] for line in lines] == [
        *("verified", "chain", "requested", "waiting", "verified", "chain", "verified", "snapshot", "caught-up")
    ]
    assert lines[1].startswith("2026-01-14T11:20:00Z  chain      0 windows from 2026-01-14T09:20:00.000Z to ")
    assert "2 h behind; base " in lines[1]
    assert "[2026-01-14T09:20:00.000Z, 2026-01-14T11:15:00.000Z)" in lines[2]
    assert "items at 2026-01-14T11:15:00.000Z: " in lines[7]
    assert "the chain ends at 2026-01-14T11:15:00.000Z, " in lines[8]
    assert "the next is due at 2026-01-14T11:35:00.000Z" in lines[8]


def test_json_is_a_document_a_line(service: SimulatedService, tmp_path: Path) -> None:
    words = (*WORDS, "--once", "--json", "--rebase", "--replay-to", tmp_path / "now")
    found = events(run(*words).out)
    assert [each["event"] for each in found][:4] == ["rebase", "requested", "waiting", "verified"]
    service.pass_time(HOUR)
    *_, end = events(run(*words).out)
    assert end["event"] == "caught-up"
    assert end["behind"] == int((parse_time(end["at"]) - parse_time(end["end"])).total_seconds())
    folder = Path(end["snapshot"]["uri"])
    assert state_in(folder, ("pk",)) == service.state(parse_time(end["end"]))


def test_every_option_reaches_the_request(service: SimulatedService) -> None:
    where = ("--bucket-owner", "111122223333", "--sse-algorithm", "KMS", "--kms-key-id", "alias/k")
    what = ("--window", "1h30m", "--view", "new-image", "--format", "ion")
    service.full(START)
    service.pass_time(3 * HOUR)
    assert run(*WORDS, *where, *what, "--no-wait", "--once").code == 0
    call = service.asked[-1].to_call()
    token = call.pop("ClientToken")
    assert token
    assert call == {
        "TableArn": TABLE,
        "S3Bucket": "backups",
        "S3BucketOwner": "111122223333",
        "S3SseAlgorithm": "KMS",
        "S3SseKmsKeyId": "alias/k",
        "ExportFormat": "ION",
        "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": {
            "ExportFromTime": START,
            "ExportToTime": START + 1.5 * HOUR,
            "ExportViewType": "NEW_IMAGE",
        },
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("follow", "Orders"), "--bucket"),
        ((*WORDS, "--no-wait"), "--no-wait goes with --once"),
        ((*WORDS, "--window", "14m"), "a window lasts 15 min to 24 h"),
        ((*WORDS, "--window", "25h"), "a window lasts 15 min to 24 h"),
        ((*WORDS, "--window", "soon"), "'soon' is no length of time"),
        ((*WORDS, "--once", "--no-wait", "--timeout", "1h"), "a timeout is for those who wait"),
        ((*WORDS, "--kms-key-id", "k"), "S3SseKmsKeyId"),
        (("follow", "Orders", "--bucket", "b$"), "S3Bucket (--bucket)"),
        ([*WORDS, "--once", "--replay-to", "s3://lake/now/AWSDynamoDB"], "name the folder above: s3://lake/now"),
    ],
)
def test_wrong_usage_is_2_and_asks_nobody(service: SimulatedService, words: tuple[str, ...], told: str) -> None:
    def nobody(name: str) -> None:
        raise AssertionError(name)

    service.fault = nobody
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_exit_codes(service: SimulatedService) -> None:
    none = run(*WORDS, "--once")
    assert (none.code, none.err.count("\n")) == (1, 1)
    assert "--rebase asks for one" in none.err
    service.takes = 5 * HOUR
    late = run(*WORDS, "--once", "--rebase", "--timeout", "30m")
    assert late.code == 3
    assert "still under way after 30 min" in late.err
    again = run(*WORDS, "--once", "--rebase", "--no-wait")
    assert again.code == 0
    assert len(service.asked) == 1
    assert again.out.split()[1] == "under-way"
    service.pass_time(5 * HOUR)
    service.fates.extend(["FAILED"] * 9)
    failed = run(*WORDS, "--once")
    assert failed.code == 1
    assert "S3AccessDenied" in failed.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_it_is_stopped(service: SimulatedService, clock: EndingClock, number: signal.Signals) -> None:
    clock.end = START + 4 * HOUR
    clock.stop = lambda: os.kill(os.getpid(), number)
    before = signal.getsignal(signal.SIGTERM)
    # A shell starts what runs in the background with SIGINT ignored.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = run(*WORDS, "--rebase", "--window", "1h", "--json")
    finally:
        signal.signal(signal.SIGINT, interrupt)
    assert (done.code, done.err) == (0, "stopped; the next run goes on\n")
    assert signal.getsignal(signal.SIGTERM) is before
    found = events(done.out)
    assert [each["event"] for each in found].count("caught-up") == 4
    windows = [each["window"] for each in found if each["event"] == "requested"][1:]
    assert [each["from"] for each in windows] == [f"2026-01-14T{hour}:15:00.000Z" for hour in (10, 11, 12)]
    assert len([pause for pause in clock.slept if pause > 60]) == 4, "it sleeps until there is something to do"
    *_, end = found
    assert parse_time(end["at"]) < clock.end


class InS3(SimulatedService):
    """Puts what it writes into a bucket."""

    s3: S3

    def _write(self, said: ExportDescription) -> int:
        count = super()._write(said)
        self.s3.upload(self.root)
        return count


@pytest.fixture
def in_s3(s3: S3, tmp_path: Path, clock: EndingClock, monkeypatch: pytest.MonkeyPatch) -> InS3:
    """A service in the place of the API that writes into a bucket."""
    service = InS3(clock, tmp_path, life(1), bucket=s3.bucket)
    service.s3 = s3
    monkeypatch.setattr("exportkit.follow.following.Service", lambda *_, **__: service)
    monkeypatch.setattr("exportkit.follow.following.SystemClock", lambda: clock)
    return service


@pytest.mark.server
def test_bucket_and_snapshots_in_s3(s3: S3, in_s3: InS3) -> None:
    words = ("follow", "Orders", "--bucket", s3.bucket, "--prefix", "p", "--once", "--json", "--rebase")
    words += ("--endpoint-url", s3.url, "--replay-to", f"{s3.uri}/now", "--sse", "AES256")
    for _ in range(3):
        done = run(*words, "--view", "new-image", "--format", "ion")
        assert done.code == 0, done.err
        in_s3.pass_time(HOUR)
    *others, end = events(done.out)
    assert end["storage"]["operations"].keys() >= {"GetObject", "ListObjectsV2", "PutObject"}
    assert not any("storage" in other for other in others)
    stored = s3.client.head_object(Bucket=s3.bucket, Key=end["snapshot"]["uri"].split("/", 3)[3] + "/lineage.json")
    assert stored["ServerSideEncryption"] == "AES256"
    assert end["base"].startswith(f"s3://{s3.bucket}/p/AWSDynamoDB/")
    assert parse_time(end["at"]) - parse_time(end["end"]) < LAG + timedelta(minutes=15)
    assert end["snapshot"]["items"] == len(in_s3.state(parse_time(end["end"])))
    assert {(each.s3_prefix, each.export_format) for each in in_s3.asked} == {("p", OutputFormat.ION)}
    assert in_s3.asked[-1].export_view_type is ExportView.NEW_IMAGE
    signature = run("signature", end["snapshot"]["uri"], "--endpoint-url", s3.url, "--json")
    assert signature.told["items"] == end["snapshot"]["items"]


@pytest.mark.server
def test_snapshots_lie_in_the_bucket_that_is_written_to(s3: S3, in_s3: InS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be another account's: going on from a snapshot is no reason to demand the input's owner of it."""
    asked: set[tuple[bool, str, str]] = set()

    def listen(*args: Any, **named: Any) -> Any:
        def hear(params: dict[str, Any], model: Any, **_: Any) -> None:
            place = params["url_path"] + params["query_string"].get("prefix", "")
            asked.add(("now" in place, model.name, params["headers"]["x-amz-expected-bucket-owner"]))

        client = make_client(*args, **named)
        client.meta.events.register("before-call.s3", hear)
        return client

    monkeypatch.setattr("exportkit.store.s3.make_client", listen)
    words = ("follow", "Orders", "--bucket", s3.bucket, "--prefix", "p", "--once", "--rebase", "--endpoint-url", s3.url)
    words += ("--replay-to", f"{s3.uri}/now", "--expected-bucket-owner", "111", "--output-bucket-owner", "222")
    for _ in range(3):
        done = run(*words)
        assert done.code == 0, done.err
        in_s3.pass_time(HOUR)
    assert {owner for is_snapshot, _, owner in asked if is_snapshot} == {"222"}
    assert {owner for is_snapshot, _, owner in asked if not is_snapshot} == {"111"}
    assert {"GetObject", "ListObjectsV2", "PutObject"} <= {name for is_snapshot, name, _ in asked if is_snapshot}
