"""Where batches end, which plan a record goes by, and what becomes of records that cannot be decoded."""

from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError, MisfitError, SplitError
from exportkit.model.decode import DecodeReport, MalformedRecord, Split
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import Fault
from tests.engine.columnar import (
    INT64,
    JSON_TEXT,
    STRING,
    change,
    decode,
    decoder,
    infer,
    items_of,
    lines,
    list_of,
    struct,
)
from tests.engine.running import CHUNK_SIZES, INCREMENTAL, ION, JSON, each_size

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)

PLAN = ColumnPlan(item=struct(a=STRING))
BAD = {JSON: b'{"Item":{"a":{"S":"x"},"b":{"N":"x"}}}', ION: b'{Item:{a:"x",b:{c:nan}}}'}
BAD_PLACE = {JSON: "/Item/b", ION: "/Item/b/c"}


def letters(form: str, text: str) -> bytes:
    return items_of(form, *(f'"a":{{"S":"{letter}"}}' for letter in text))


def taken(decoded: Any, plan: int = 0) -> str:
    return "".join(row["a"] for row in decoded.rows(plan))


# --- batches -----------------------------------------------------------------------------------------------


@each_size
@each_format
@pytest.mark.parametrize("rows", [1, 3, 4, 7, 100])
def test_batches_hold_so_many_rows(engine: Engine, form: str, size: int, rows: int) -> None:
    decoded = decode(engine, letters(form, "abcdefg"), PLAN, size, format=form, batch_rows=rows)
    assert decoded.sizes == [(0, min(rows, 7 - start)) for start in range(0, 7, rows)]
    assert taken(decoded) == "abcdefg"


@each_size
@each_format
def test_a_batch_ends_with_the_record_that_reaches_its_bytes(engine: Engine, form: str, size: int) -> None:
    data = letters(form, "abcdef")
    line = len(data) // 6
    for limit, rows in ((1, 1), (line, 1), (line + 1, 2), (3 * line, 3), (3 * line + 1, 4), (100 * line, 6)):
        decoded = decode(engine, data, PLAN, size, format=form, batch_bytes=limit)
        assert decoded.sizes == [(0, min(rows, 6 - start)) for start in range(0, 6, rows)]
        assert taken(decoded) == "abcdef"


@each_size
@each_format
def test_bytes_of_a_record_are_those_of_its_line(engine: Engine, form: str, size: int) -> None:
    whole = letters(form, "abcd")
    record = whole[: len(whole) // 4 - 1]
    # Line feeds and carriage returns count; blank lines and malformed records do not; the last line has no line feed.
    data = record + b"\r\n" + b" \t \n\r\n" + record + b"\n" + BAD[form] + b"\n" + record + b"\n  \n" + record
    three = 3 * len(record) + 4
    for limit, sizes in ((three, [(0, 3), (0, 1)]), (three + 1, [(0, 4)]), (4 * len(record) + 5, [(0, 4)])):
        decoded = decode(engine, data, PLAN, size, format=form, batch_bytes=limit, quarantine=True)
        assert decoded.sizes == sizes
        assert decoded.report == DecodeReport(rows=4, malformed=1)


@each_size
@each_format
def test_no_batch_is_empty(engine: Engine, form: str, size: int) -> None:
    for data in (b"", b"\n \r\n"):
        assert decode(engine, data, PLAN, size, format=form).sizes == []
    assert decode(engine, letters(form, "abc"), PLAN, size, format=form, batch_rows=3).sizes == [(0, 3)]


@each_format
def test_rows_without_columns_are_rows(engine: Engine, form: str) -> None:
    plan = ColumnPlan(item=struct(others="skip"))
    assert decode(engine, letters(form, "abc"), plan, format=form, batch_rows=2).sizes == [(0, 2), (0, 1)]


@each_format
def test_the_report_counts_rows_not_handed_on_yet(engine: Engine, form: str) -> None:
    reader = decoder(engine, [PLAN], format=form)
    assert not reader.feed(letters(form, "ab"))
    assert reader.report() == DecodeReport(rows=2)
    assert reader.records == 2
    assert [batch.num_rows for batch in reader.finish()] == [2]


@each_format
def test_finish_is_called_until_it_returns_nothing(engine: Engine, form: str) -> None:
    reader = decoder(engine, [PLAN], format=form)
    reader.feed(letters(form, "ab"))
    assert len(reader.finish()) == 1
    with pytest.raises(ValueError, match="finished"):
        reader.feed(b"")
    assert not reader.finish()
    with pytest.raises(ValueError, match="finished"):
        reader.finish()
    empty = decoder(engine, [PLAN], format=form)
    assert not empty.finish()
    with pytest.raises(ValueError, match="finished"):
        empty.finish()


# --- split -------------------------------------------------------------------------------------------------

TYPED = {
    ("S", "x"): '{"S":"x"}',
    ("S", ""): '{"S":""}',
    ("N", "100"): '{"N":"1E+2"}',
    ("B", "aGk="): '{"B":"aGk="}',
    ("BOOL", "true"): '{"BOOL":true}',
    ("BOOL", "false"): '{"BOOL":false}',
}
NO_VALUES = ('{"NULL":true}', '{"SS":["x"]}', '{"L":[{"S":"x"}]}', '{"M":{"t":{"S":"x"}}}')


@each_size
@each_format
def test_records_go_by_the_plan_of_their_value(engine: Engine, form: str, size: int) -> None:
    items = [f'"a":{{"S":"{index}"}},"t":{value}' for index, value in enumerate((*TYPED.values(), *NO_VALUES))]
    data = items_of(form, *items, '"a":{"S":"z"}')
    values = (*TYPED, None)
    plans = [ColumnPlan(item=struct(a=STRING, others="skip"))] * len(values)
    for rows in (1, 3, 100):
        decoded = decode(engine, data, plans, size, Split("t", values), format=form, batch_rows=rows)
        assert decoded.error is None
        assert [taken(decoded, plan) for plan in range(len(plans))] == [*"012345", "6789z"]
        assert set(infer(engine, data, size, format=form, split_by="t")) == set(values)


@each_size
@each_format
def test_each_plan_has_its_own_columns(engine: Engine, form: str, size: int) -> None:
    data = items_of(form, '"t":{"S":"x"},"n":{"N":"1"}', '"t":{"S":"y"},"n":{"L":[{"N":"2"}]}', '"n":{"S":"z"}')
    plans = [
        ColumnPlan(item=struct(t=STRING, n=INT64)),
        ColumnPlan(item=struct(n=list_of(INT64), others="rest")),
        ColumnPlan(item=struct(n=JSON_TEXT), rescue=True),
    ]
    decoded = decode(engine, data, plans, size, Split("t", (("S", "x"), ("S", "y"), None)), format=form)
    assert decoded.rows(0) == [{"t": "x", "n": 1}]
    assert decoded.rows(1) == [{"n": [2], "_rest": '{"t":{"S":"y"}}'}]
    assert decoded.rows(2) == [{"n": '{"S":"z"}', "_rescued": None}]


@each_size
@each_format
def test_a_change_is_looked_up_in_its_images_then_its_keys(engine: Engine, form: str, size: int) -> None:
    one, two, three, other = (f'"t":{{"S":"{text}"}}' for text in "1234")
    none = '"t":{"NULL":true}'
    data = lines(
        form,
        change(one, two, keys=three),
        change('"a":{"S":"x"}', two, keys=three),
        change(None, two, keys=three),
        change("", None, keys=three),
        change(none, two, keys=three),
        change(None, None, keys=other.replace('"t"', '"pk"')),
    )
    values = (("S", "1"), ("S", "2"), ("S", "3"), None)
    plan = ColumnPlan(item=struct(others="skip"), keys=struct(others="skip"))
    options = {"format": form, "export_type": INCREMENTAL}
    decoded = decode(engine, data, [plan] * 4, size, Split("t", values), **options)
    assert decoded.sizes == [(0, 1), (1, 2), (2, 1), (3, 2)]
    statistics = infer(engine, data, size, split_by="t", **options)
    assert {value: found.records for value, found in statistics.items()} == dict(zip(values, (1, 2, 1, 2), strict=True))


@each_size
@each_format
def test_batches_of_several_plans_end_together_or_alone(engine: Engine, form: str, size: int) -> None:
    data = letters(form, "abababbbbbba")
    line = len(data) // 12
    plans, split = [PLAN, PLAN], Split("a", (("S", "b"), ("S", "a")))
    alone = decode(engine, data, plans, size, split, format=form, batch_rows=4)
    assert alone.sizes == [(0, 4), (0, 4), (1, 4)]
    together = decode(engine, data, plans, size, split, format=form, batch_bytes=5 * line)
    assert together.sizes == [(0, 2), (1, 3), (0, 5), (0, 1), (1, 1)]
    # The seventh record fills its batch and reaches the bytes: both batches end.
    both = decode(engine, data, plans, size, split, format=form, batch_rows=4, batch_bytes=7 * line)
    assert both.sizes == [(0, 4), (1, 3), (0, 4), (1, 1)]
    # Bytes of a batch that has ended no longer count.
    ended = decode(engine, data, plans, size, split, format=form, batch_rows=4, batch_bytes=7 * line + 1)
    assert ended.sizes == [(0, 4), (0, 4), (1, 4)]


@each_size
@each_format
def test_a_value_that_was_not_foreseen_is_an_error(engine: Engine, form: str, size: int) -> None:
    long = "é" * 101
    for value, text in (
        ('"t":{"S":"new"}', "S new"),
        ('"t":{"N":"1E+2"}', "N 100"),
        ('"t":{"L":[]}', "none"),
        ("", "none"),
        (f'"t":{{"S":"{long}"}}', f"S {long[:100]}…"),
    ):
        data = items_of(form, '"t":{"S":"x"}', '"t":{"S":"x"}', value)
        offset = 2 * (len(items_of(form, '"t":{"S":"x"}')))
        plans = [ColumnPlan(item=struct(t=STRING))]  # the value would be a misfit too
        decoded = decode(engine, data, plans, size, Split("t", (("S", "x"),)), format=form)
        assert isinstance(decoded.error, SplitError)
        assert decoded.error.args == ("x", f"line 3 (byte {offset}): unforeseen value of t: {text}")
        assert decoded.sizes == [(0, 2)]


def test_plans_and_values_must_match(engine: Engine) -> None:
    for plans, split in (([], None), ([PLAN] * 2, None), ([PLAN], Split("a", (("S", "x"), None)))):
        with pytest.raises(ValueError, match="plan"):
            decoder(engine, plans, split)


# --- records that cannot be decoded ------------------------------------------------------------------------


@each_size
@each_format
def test_a_malformed_record_is_an_error_after_what_stands_before_it(engine: Engine, form: str, size: int) -> None:
    start = letters(form, "ab")
    for data in (start + BAD[form] + b"\n" + start, start + BAD[form]):
        decoded = decode(engine, data, PLAN, size, format=form)
        assert isinstance(decoded.error, MalformedRecordError)
        assert decoded.error.args[:5] == ("x", 3, len(start), "number", BAD_PLACE[form])
        assert (decoded.sizes, taken(decoded)) == ([(0, 2)], "ab")
        assert decoded.report == DecodeReport(rows=2)


@each_format
def test_an_error_is_raised_once_nothing_stands_in_front_and_ever_after(engine: Engine, form: str) -> None:
    misfit = items_of(form, '"a":{"N":"1"}')
    for bad, kind in ((BAD[form] + b"\n", MalformedRecordError), (misfit, MisfitError)):
        reader = decoder(engine, [PLAN], format=form, batch_rows=2)
        assert [batch.num_rows for batch in reader.feed(letters(form, "abc") + bad + letters(form, "d"))] == [2, 1]
        for _ in range(2):
            with pytest.raises(kind):
                reader.feed(letters(form, "e"))
            with pytest.raises(kind):
                reader.finish()
        assert reader.report().rows == 3
        empty = decoder(engine, [PLAN], format=form)
        with pytest.raises(kind):
            empty.feed(bad)
        last = decoder(engine, [PLAN], format=form)
        assert not last.feed(letters(form, "a") + bad.rstrip(b"\n"))
        assert [batch.num_rows for batch in last.finish()] == [1]
        for _ in range(2):
            with pytest.raises(kind):
                last.finish()


@each_size
@each_format
def test_malformed_records_are_set_aside(engine: Engine, form: str, size: int) -> None:
    a, b = letters(form, "a"), letters(form, "b")
    data = BAD[form] + b"\r\n" + a + b"\xff\n\n" + b + b"x" * 500 + b"\n{"
    expected = [
        MalformedRecord(Fault("number", 1, 0, BAD_PLACE[form]), BAD[form] + b"\r"),
        MalformedRecord(Fault("utf-8", 3, len(BAD[form]) + 2 + len(a)), b"\xff"),
        MalformedRecord(Fault("too-long", 6, len(data) - 502), None),
        MalformedRecord(Fault("syntax", 7, len(data) - 1), b"{"),
    ]
    plan = ColumnPlan(item=struct(a=STRING, b=list_of(STRING)))
    decoded = decode(engine, data, plan, size, format=form, quarantine=True, max_record_size=499)
    assert decoded.error is None
    assert decoded.malformed == expected
    assert taken(decoded) == "ab"
    assert decoded.report == DecodeReport(rows=2, malformed=4)


@each_format
def test_a_malformed_record_leaves_nothing_behind(engine: Engine, form: str) -> None:
    text = '"l":{"L":[{"S":"x"},{"N":"1"}]},"m":{"M":{"k":{"NULL":true}}},"z":{"S":"rest"},"a":{"S":"%s"}'
    whole = items_of(form, text % "1", text % "2", text % "3").splitlines(keepends=True)
    cut = whole[1].rstrip(b"\n")[:-2] + b"\n"
    plan = ColumnPlan(item=struct(a=STRING, l=list_of(STRING), m=struct(k=STRING), others="rest"), rescue=True)
    for size in CHUNK_SIZES:
        dirty = decode(engine, whole[0] + cut + whole[2] + cut, plan, size, format=form, quarantine=True)
        clean = decode(engine, whole[0] + whole[2], plan, size, format=form, quarantine=True)
        assert dirty.table().equals(clean.table())
        assert (dirty.report.rows, dirty.report.merged_nulls, dirty.report.rescued) == (2, 2, 2)
        assert dirty.report.malformed == 2


@each_format
def test_a_change_needs_a_plan_for_its_keys_and_an_item_has_none(engine: Engine, form: str) -> None:
    data = lines(form, change())
    plan = ColumnPlan(item=struct(), keys=struct(pk=STRING))
    assert decode(engine, data, plan, format=form, export_type=INCREMENTAL).sizes == [(0, 1)]
    with pytest.raises(ValueError, match="keys"):
        decoder(engine, [ColumnPlan(item=struct())], format=form, export_type=INCREMENTAL)
    with pytest.raises(ValueError, match="keys"):
        decoder(engine, [plan], format=form)
