"""Python values of records, and what the readers that hand records on promise about faults."""

from decimal import Decimal

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.scan import ReadOptions
from exportkit.model.values import ChangeRecord
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, drain, each_size, items, readers

EVERYTHING = {
    JSON: '{"Item":{"s":{"S":"é"},"n":{"N":"1.50"},"b":{"B":"AAE="},"t":{"BOOL":true},"f":{"BOOL":false},'
    '"z":{"NULL":true},"ss":{"SS":["b","a"]},"ns":{"NS":["1E2","0.5"]},"bs":{"BS":["","AA=="]},'
    '"l":{"L":[{"N":"1"},{"L":[]},{"M":{}}]},"m":{"M":{"x":{"M":{"y":{"S":""}}}}},"":{"S":"no name"}}}',
    ION: '{Item:{s:"é",n:150d-2,b:{{AAE=}},t:true,f:false,z:null.int,ss:$dynamodb_SS::["b","a"],'
    'ns:$dynamodb_NS::[1d2,5e-1],bs:$dynamodb_BS::[{{}},{{AA==}}],l:[1,[],{}],m:{x:{y:""}},\'\':"no name"}}',
}
VALUES = {
    "s": "é",
    "n": Decimal("1.5"),
    "b": b"\x00\x01",
    "t": True,
    "f": False,
    "z": None,
    "ss": {"a", "b"},
    "ns": {Decimal(100), Decimal("0.5")},
    "bs": {b"", b"\x00"},
    "l": [Decimal(1), [], {}],
    "m": {"x": {"y": ""}},
    "": "no name",
}
GOOD = {JSON: b'{"Item":{"a":{"N":"%d"}}}', ION: b"{Item:{a:%d.}}"}

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)


@each_size
@each_format
def test_every_type_has_its_python_value(engine: Engine, form: str, size: int) -> None:
    (item,) = items(engine, EVERYTHING[form].encode(), size, format=form)
    assert item == VALUES
    assert list(item) == list(VALUES), "attributes keep their order"
    for name, value in VALUES.items():
        assert type(item[name]) is type(value), name
    assert {type(number) for number in item["ns"]} == {Decimal}
    assert {type(binary) for binary in item["bs"]} == {bytes}
    assert item["t"] is True


@pytest.mark.parametrize(
    ("spelled", "shown"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("1E2", "100"),
        ("1.500", "1.5"),
        ("61600", "61600"),
        ("0.0000001", "1E-7"),
        ("1E-8", "1E-8"),
        ("1" + "0" * 100, "1E+100"),
        ("12" + "0" * 100, "1.2E+101"),
        ("1E37", "1" + "0" * 37),
        ("1E38", "1E+38"),
        ("-9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125"),
        ("1E-130", "1E-130"),
    ],
)
def test_numbers_are_exact_and_spelled_as_the_service_does(engine: Engine, spelled: str, shown: str) -> None:
    for form, line in ((JSON, f'{{"Item":{{"n":{{"N":"{spelled}"}}}}}}'), (ION, f"{{Item:{{n:{ion(spelled)}}}}}")):
        (item,) = items(engine, line.encode(), format=form)
        number = item["n"]
        assert isinstance(number, Decimal)
        assert str(number) == shown
        assert number == Decimal(spelled)
        assert len(number.as_tuple().digits) <= 38, "readers with 38-digit contexts must not raise"


def ion(number: str) -> str:
    return number.replace("E", "d") if "E" in number else f"{number}d0"


@each_size
@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("old", [True, False])
def test_changes_are_change_records(engine: Engine, size: int, new: bool, old: bool) -> None:
    json = '{"Metadata":{"WriteTimestampMicros":{"N":"1684374845117899"}},"Keys":{"pk":{"S":"a"}}'
    ion = '{Record:{Metadata:{WriteTimestampMicros:1684374845117899.},Keys:{pk:"a"}'
    if new:
        json, ion = json + ',"NewImage":{"pk":{"S":"a"},"v":{"N":"1"}}', ion + ',NewImage:{pk:"a",v:1.}'
    if old:
        json, ion = json + ',"OldImage":{}', ion + ",OldImage:{}"
    expected = ChangeRecord(
        keys={"pk": "a"},
        write_timestamp=1684374845117899,
        new_image={"pk": "a", "v": Decimal(1)} if new else None,
        old_image={} if old else None,
    )
    for form, line in ((JSON, json + "}"), (ION, ion + "}}")):
        (record,) = items(engine, line.encode(), size, format=form, export_type=INCREMENTAL)
        assert record == expected
        assert isinstance(record, ChangeRecord)
        assert type(record.write_timestamp) is int


@each_size
@each_format
def test_everything_before_a_fault_is_handed_on(engine: Engine, form: str, size: int) -> None:
    good = [GOOD[form] % number for number in range(3)]
    data = b"\n".join([good[0], b"", good[1], b"{", good[2], b"}"]) + b"\n"
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL, uri="there")):
        outcome = drain(reader, data, size)
        assert len(outcome.results) == 2
        assert outcome.fault == ("syntax", 4, len(good[0]) + 1 + 1 + len(good[1]) + 1, "")
        assert outcome.error is not None
        assert outcome.error.uri == "there"


@each_format
def test_a_fault_behind_records_waits_for_the_next_call(engine: Engine, form: str) -> None:
    data = GOOD[form] % 1 + b"\n{\n" + GOOD[form] % 2 + b"\n"
    for calls in (["feed", "finish", "finish"], ["finish", "feed", "finish"]):
        for reader in readers(engine, ReadOptions(format=form, export_type=FULL)):
            assert reader.feed(data)
            for call in calls:
                with pytest.raises(MalformedRecordError) as told:
                    reader.feed(data) if call == "feed" else reader.finish()
                assert (told.value.line, told.value.reason) == (2, "syntax")


@each_format
def test_a_fault_with_nothing_in_front_is_raised_at_once(engine: Engine, form: str) -> None:
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL)):
        assert not reader.feed(b"\n{")
        with pytest.raises(MalformedRecordError):
            reader.feed(b"\n")
        with pytest.raises(MalformedRecordError):
            reader.feed(b"")
        with pytest.raises(MalformedRecordError):
            reader.finish()


@each_format
def test_the_last_line_is_judged_at_the_end(engine: Engine, form: str) -> None:
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL)):
        assert len(reader.feed(GOOD[form] % 1 + b"\n{")) > 0
        with pytest.raises(MalformedRecordError) as told:
            reader.finish()
        assert told.value.line == 2


@each_format
def test_a_line_that_is_too_long_is_a_fault_too(engine: Engine, form: str) -> None:
    good = GOOD[form] % 1
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL, max_record_size=len(good))):
        outcome = drain(reader, good + b"\n" + good + b" \n" + good, 7)
        assert len(outcome.results) == 1
        assert outcome.fault == ("too-long", 2, len(good) + 1, "")


@each_format
def test_a_finished_reader_takes_no_more(engine: Engine, form: str) -> None:
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL)):
        reader.feed(GOOD[form] % 1)
        assert reader.finish()
        with pytest.raises(ValueError, match="finished"):
            reader.feed(b"\n")
        with pytest.raises(ValueError, match="finished"):
            reader.finish()


@each_format
def test_errors_carry_where_and_why(engine: Engine, form: str) -> None:
    line = b'{"Item":{"a":{"L":[{"N":"x"}]}}}' if form == JSON else b"{Item:{a:[nan]}}"
    reader = engine.items(ReadOptions(format=form, export_type=FULL, uri="s3://b/k"))
    with pytest.raises(MalformedRecordError) as told:
        reader.feed(b"\n" + line + b"\n")
    error = told.value
    assert (error.uri, error.line, error.offset, error.reason, error.path) == ("s3://b/k", 2, 1, "number", "/Item/a/0")
    assert str(error) == "s3://b/k: line 2 (byte 1): not a number at /Item/a/0"
