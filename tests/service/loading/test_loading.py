"""``exportkit load`` against the wire: what leaves, what comes again, what stops it."""

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import exportkit
from exportkit.errors import (
    AccessDeniedError,
    MalformedRecordError,
    TableNotFoundError,
    ThrottledError,
    UnfitExportError,
    UsageError,
    VerificationError,
)
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.values import Item
from exportkit.service import load
from exportkit.service.batches import read_batches
from tests.commands import did, run
from tests.handwriting import Handwriting
from tests.making import change, item, make_export
from tests.servers.dynamodb import DynamoDB
from tests.service.loading.loads import (
    DESCRIBED,
    DONE,
    EMPTY,
    Answer,
    Load,
    flat,
    keys,
    left,
    of_items,
    refused,
    written,
)
from tests.service.simulated import FakeClock, Wire

JSON, ION = OutputFormat


EVERYTHING: Item = {
    "pk": 'ä\u2028😀"',
    "n": Decimal("12345678901234567890.123456789012345678"),
    "small": Decimal("1E-130"),
    "b": b"\x00\xff",
    "B": {"B": b"in a map", "BS": {b"x", b""}, "S": "text"},
    "empty text": "",
    "empty bytes": b"",
    "yes": True,
    "none": None,
    "ss": {"a", "b"},
    "ns": {Decimal(1), Decimal("-0.5")},
    "bs": {b"1", b"2"},
    "list": [b"inner", [], {}, Decimal(0), {"deep": [b"er"]}],
    "empty map": {},
}  # fmt: skip


class TestWhatLeaves:
    @pytest.mark.parametrize("form", [JSON, ION])
    def test_every_type_as_it_is(self, loading: Load, wire: Wire, tmp_path: Path, form: OutputFormat) -> None:
        export = make_export(tmp_path, form, [[Handwriting().line(EVERYTHING, form)]])
        report = loading(export.folder)
        (request,) = flat(wire)
        sent = request["PutRequest"]["Item"]
        assert sent["n"] == {"N": "12345678901234567890.123456789012345678"}
        assert Decimal(sent["small"]["N"]) == Decimal("1E-130")
        assert sent["B"]["M"]["B"] == {"B": base64.b64encode(b"in a map").decode()}
        assert sorted(sent["B"]["M"]["BS"]["BS"]) == ["", "eA=="]
        assert sent["empty text"] == {"S": ""}
        assert sent["empty bytes"] == {"B": ""}
        assert sent["list"]["L"][4]["M"]["deep"] == {"L": [{"B": "ZXI="}]}
        ours = make_export(tmp_path / "again", JSON, [[orjson.dumps({"Item": sent})]])
        assert did("signature", export.folder, ours.folder).code == 0
        assert (report.puts, report.deletes, report.calls, report.files) == (1, 0, 1, 1)

    def test_changes_are_puts_of_new_images_and_deletes_of_keys(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        lines = [change(JSON, "a", new="a", old="a"), change(JSON, "b", old="b"), change(JSON, "c")]
        export = make_export(tmp_path, JSON, [lines], export_type=ExportType.INCREMENTAL)
        report = loading(export.folder, answers=[DONE])
        assert flat(wire) == [
            {"PutRequest": {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}},
            {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}},
            {"DeleteRequest": {"Key": {"pk": {"S": "c"}}}},
        ]
        assert (report.puts, report.deletes) == (1, 2)

    def test_a_change_may_go_into_a_table_that_holds_items(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [[change(JSON, "a")]], export_type=ExportType.INCREMENTAL)
        loading(export.folder)
        assert [operation for operation, _ in wire.sent] == ["DescribeTable", "BatchWriteItem"]

    def test_25_items_a_call(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        names = [f"k{number}" for number in range(60)]
        report = loading(of_items(tmp_path, names, [], ["z"]).folder)
        assert [len(call) for call in written(wire)] == [25, 25, 10, 1]
        assert [name for call in keys(wire) for name in call] == [*names, "z"]
        assert (report.puts, report.calls, report.files) == (61, 4, 3)

    def test_16_mb_a_call_as_they_are_sent(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        # 390 kB each, as the service counts; escaped, three times that.
        text = "é" * 195_000
        lines = [item(JSON, f"k{number}", extra=f'"t":{{"S":"{text}"}}') for number in range(25)]
        loading(make_export(tmp_path, JSON, [lines]).folder)
        sizes = [len(orjson.dumps(call)) for call in written(wire)]
        assert sum(len(call) for call in written(wire)) == 25
        assert len(sizes) > 1
        assert max(len(call) for call in written(wire)) * 6 * 195_000 < 16_000_000

    def test_16_mb_of_small_values(self, tmp_path: Path) -> None:
        # botocore puts spaces between them, which the records do not have.
        numbers = ",".join(['{"N":"1"}'] * 100_000)
        extra = f'"l":{{"L":[{numbers}]}}'
        lines = [item(JSON, f"k{number}", extra=extra) for number in range(14)]
        source = exportkit.open(make_export(tmp_path, JSON, [lines]).folder)
        calls = [batch.requests() for batch in read_batches(source, iter([*source.files()]))]
        assert sum(map(len, calls)) == 14
        assert max(len(json.dumps(call)) for call in calls) < 15_900_000

    def test_the_service_is_asked_for_what_it_consumed(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        consumed = {"UnprocessedItems": {}, "ConsumedCapacity": [{"TableName": "Restored", "CapacityUnits": 2.5}]}
        report = loading(of_items(tmp_path, ["a"]).folder, answers=[consumed])
        assert wire.sent[-1][1]["ReturnConsumedCapacity"] == "TOTAL"
        assert report.units == 2.5

    def test_no_file_at_all(self, loading: Load, wire: Wire, tmp_path: Path, temporary: Path) -> None:
        report = loading(of_items(tmp_path).folder)
        assert (report.puts, written(wire), [*temporary.iterdir()]) == (0, [], [])


class TestAgain:
    def test_what_was_not_processed_and_that_alone(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        report = loading(of_items(tmp_path, ["a", "b", "c"]).folder, answers=[left("b", "c"), left("c"), DONE])
        assert keys(wire) == [["a", "b", "c"], ["b", "c"], ["c"]]
        assert (report.puts, report.calls, report.again) == (3, 3, 3)

    def test_ever_more_slowly_while_nothing_is_taken(
        self, loading: Load, wire: Wire, clock: FakeClock, tmp_path: Path
    ) -> None:
        throttled = refused("ProvisionedThroughputExceededException")
        answers = [throttled, left("a"), throttled, throttled, DONE]
        report = loading(of_items(tmp_path, ["a"]).folder, answers=answers)
        assert keys(wire) == [["a"]] * 5
        assert report.again == 4
        assert 0.1 <= clock.slept[0] <= 0.2
        assert 1.5 <= sum(clock.slept) <= 3.0

    def test_not_for_ever(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        with pytest.raises(ThrottledError, match="takes no more writes, still so after many tries"):
            loading(of_items(tmp_path, ["a"]).folder, answers=[left("a")])
        assert len(written(wire)) == 12

    def test_progress_is_no_failure_however_slow(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        names = [f"k{number:02}" for number in range(25)]
        answers: list[Answer] = []
        for done in range(1, 25):
            answers += [left(*names[done - 1 :])] * (9 if done > 1 else 0) + [left(*names[done:])]
        assert loading(of_items(tmp_path, names).folder, answers=[*answers, DONE]).puts == 25

    def test_a_rate_is_kept(self, loading: Load, wire: Wire, clock: FakeClock, tmp_path: Path) -> None:
        names = [f"k{number}" for number in range(100)]
        loading(of_items(tmp_path, names).folder, rate=10)
        assert 7.4 < sum(clock.slept) < 7.6  # the first 25 at once

    def test_a_rate_is_of_what_the_service_says_it_took(
        self, loading: Load, wire: Wire, clock: FakeClock, tmp_path: Path
    ) -> None:
        consumed = {"UnprocessedItems": {}, "ConsumedCapacity": [{"TableName": "Restored", "CapacityUnits": 50.0}]}
        loading(of_items(tmp_path, [f"k{number}" for number in range(75)]).folder, rate=10, answers=[consumed])
        assert 9.9 < sum(clock.slept) < 10.1


class TestRefused:
    def test_a_table_that_holds_items(self, wire: Wire, loading: Load, tmp_path: Path, temporary: Path) -> None:
        export = of_items(tmp_path, ["a"]).folder
        wire.answers = [DESCRIBED, {"Count": 1}]
        with pytest.raises(UsageError, match=r"the table Restored holds items, and .* --allow-existing"):
            load(export, "Restored")
        assert written(wire) == []
        assert [*temporary.iterdir()] == []
        wire.answers = [DESCRIBED, DONE]
        assert load(export, "Restored", allow_existing=True).puts == 1

    def test_an_export_of_another_key(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a"), item(JSON, "b", name="id")]])
        with pytest.raises(VerificationError, match=r"it is not good \(key-missing\)") as caught:
            loading(export.folder)
        assert "an item without a key attribute" in caught.value.__notes__[0]
        assert written(wire) == []

    def test_keys_of_another_type(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, ION, [[item(ION, "1", tag="N"), item(ION, "2", tag="N")]])
        with pytest.raises(UnfitExportError, match="the key pk is N in 2 records, but S in the table Restored"):
            loading(export.folder)
        assert written(wire) == []

    def test_an_export_that_is_not_good_before_anything_is_written(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a")], ["{}"]])
        with pytest.raises(VerificationError, match=r"it is not good \(record-kind-mismatch|record-malformed"):
            loading(export.folder)
        assert written(wire) == []

    def test_unverified_a_malformed_record_stops_it_with_its_place(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        export = make_export(tmp_path, JSON, [[item(JSON, "a"), '{"Item":{"pk":{"S":1}}}', item(JSON, "c")]])
        with pytest.raises(MalformedRecordError) as caught:
            loading(export.folder, verify=False)
        assert (caught.value.line, caught.value.uri) == (2, str(export.data_files[0]))

    def test_a_record_that_the_table_refuses_is_named_the_others_are_written(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        export = of_items(tmp_path, ["a", "b", "c"])
        no = refused("ValidationException", "Item size has exceeded the maximum allowed size")
        with pytest.raises(UnfitExportError, match="record 2: the table Restored refuses it: Item size has") as caught:
            loading(export.folder, answers=[no, DONE, no])
        assert caught.value.uri == str(export.data_files[0])
        assert keys(wire) == [["a", "b", "c"], ["a"], ["b"]]

    def test_requests_that_are_refused_together_alone_are_sent_alone(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        no = refused("ValidationException", "Provided list of item keys contains duplicates")
        assert loading(of_items(tmp_path, ["a", "b"]).folder, answers=[no, DONE, DONE]).puts == 2
        assert keys(wire) == [["a", "b"], ["a"], ["b"]]

    def test_errors_of_the_api(self, wire: Wire, loading: Load, tmp_path: Path) -> None:
        export = of_items(tmp_path, ["a"]).folder
        with pytest.raises(AccessDeniedError, match="dynamodb:BatchWriteItem is not allowed"):
            loading(export, answers=[refused("AccessDeniedException")])
        wire.answers = [DESCRIBED, refused("AccessDeniedException")]
        with pytest.raises(AccessDeniedError, match="dynamodb:Scan is not allowed"):
            load(export, "Restored")
        wire.answers = [refused("ResourceNotFoundException")]
        with pytest.raises(TableNotFoundError):
            load(export, "Restored")

    @pytest.mark.parametrize(
        ("named", "told"),
        [
            ({"rate": 0}, "rate is 0; it has to be more than 0"),
            ({"jobs": 0}, "jobs is 0; it has to be at least 1"),
            ({"dry_run": True, "verify": False}, "a dry run counts what verifying finds"),
        ],
    )
    def test_wrong_arguments(self, wire: Wire, tmp_path: Path, named: dict[str, Any], told: str) -> None:
        with pytest.raises(UsageError, match=told):
            load(of_items(tmp_path, ["a"]).folder, "Restored", **named)
        assert wire.sent == []

    def test_no_table_and_no_export(self, wire: Wire, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="not a table's name"):
            load(of_items(tmp_path, ["a"]).folder, "no/table")
        with pytest.raises(UsageError, match="name one export at least"):
            load([], "Restored")
        assert run("load", "Restored").code == 2
        assert wire.sent == []


class TestCommand:
    def test_a_dry_run_counts_and_writes_nothing(self, wire: Wire, tmp_path: Path, temporary: Path) -> None:
        export = make_export(
            tmp_path, JSON, [[change(JSON, "a", new="a"), change(JSON, "b")]], export_type=ExportType.INCREMENTAL
        )
        wire.answers = [DESCRIBED]
        told = did("load", export.folder, "Restored", "--dry-run", "--json").told
        assert (told["puts"], told["deletes"], told["calls"], told["dry_run"]) == (1, 1, 0, True)
        assert [operation for operation, _ in wire.sent] == ["DescribeTable"]
        assert [*temporary.iterdir()] == []
        assert "dry run: nothing was written" in did("load", export.folder, "Restored", "--dry-run").out

    def test_the_report(self, wire: Wire, tmp_path: Path) -> None:
        export = of_items(tmp_path, ["a", "b"]).folder
        wire.answers = [DESCRIBED, EMPTY, DONE]
        out = did("load", export, "Restored", "--region", "eu-west-1").out
        assert f"loaded        {export}" in out
        assert "puts          2" in out
        assert wire.regions == ["eu-west-1"] * 3
        wire.answers = [DESCRIBED, EMPTY, DONE]
        told = did("load", export, "Restored", "--json").told
        assert told["exports"][0]["items"] == 2
        assert {"table", "warnings", "resumed", "files", "puts", "deletes", "calls", "again", "units", "seconds"} <= {
            *told
        }

    def test_the_error_has_its_findings(self, wire: Wire, tmp_path: Path) -> None:
        export = make_export(tmp_path, JSON, [["nothing"]])
        wire.answers = [DESCRIBED, EMPTY]
        done = run("load", export.folder, "Restored")
        assert (done.code, done.out) == (1, "")
        assert "it is not good (record-malformed)" in done.err
        assert f"{export.data_files[0]}:1" in done.err


@pytest.mark.server
def test_many_writers_into_a_table_of_moto(dynamodb: DynamoDB, tmp_path: Path) -> None:
    dynamodb.client.create_table(
        TableName="Restored",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    export = of_items(tmp_path, *([f"{file}-{number}" for number in range(70)] for file in range(3))).folder
    words = ("load", export, "Restored", "--dynamodb-endpoint-url", dynamodb.url)
    assert did(*words, "--jobs", 6, "--json").told["puts"] == 210
    pages = dynamodb.client.get_paginator("scan").paginate(TableName="Restored")
    found = sorted(each["pk"]["S"] for page in pages for each in page["Items"])
    assert found == sorted(f"{file}-{number}" for file in range(3) for number in range(70))
    done = run(*words)
    assert done.code == 2
    assert "holds items" in done.err
