"""Attributes without a field, flat columns, misfits, and the columns of changes: docs/columns.md, as decoded."""

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MisfitError
from exportkit.model.decode import DecodeReport, Misfit
from exportkit.model.plan import Column, ColumnPlan
from tests.engine.columnar import (
    INT64,
    SKIP,
    STRING,
    change,
    decode,
    each_way,
    flat,
    items_of,
    lines,
    rescued,
    struct,
)
from tests.engine.running import INCREMENTAL, ION, JSON

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)


# --- attributes without a field ----------------------------------------------------------------------------


@each_format
def test_attributes_without_a_field_are_misfits(engine: Engine, form: str) -> None:
    data = items_of(form, '"z":{"N":"1"},"a":{"S":"x"},"n":{"NULL":true}', '"a":{"S":"y"}')
    for decoded in each_way(engine, data, ColumnPlan(item=struct(a=STRING), rescue=True), form):
        assert [row["a"] for row in decoded.rows()] == ["x", "y"]
        assert rescued(decoded) == [{"/z": '{"N":"1"}', "/n": '{"NULL":true}'}, None]


@each_format
def test_attributes_without_a_field_go_into_the_rest(engine: Engine, form: str) -> None:
    items = (
        '"z":{"N":"1E+2"},"m":{"M":{"q\\"":{"L":[{"NULL":true}]},"b":{"S":"x"}}},"a":{"NULL":true}',
        '"m":{"M":{}}',
        "",
    )
    plan = ColumnPlan(item=struct(m=struct(b=STRING, others="rest"), others="rest"), rescue=True)
    for decoded in each_way(engine, items_of(form, *items), plan, form):
        assert decoded.table().column_names == ["m", "_rest", "_rescued"]
        inner = '{"q\\"":{"L":[{"NULL":true}]}}'
        assert decoded.rows() == [
            {"m": {"b": "x", "_rest": inner}, "_rest": '{"z":{"N":"100"},"a":{"NULL":true}}', "_rescued": None},
            {"m": {"b": None, "_rest": None}, "_rest": None, "_rescued": None},
            {"m": None, "_rest": None, "_rescued": None},
        ]
        assert decoded.report == DecodeReport(rows=3)


@each_format
def test_attributes_nobody_asked_for_are_left_out(engine: Engine, form: str) -> None:
    item = '"b":{"M":{"x":{"L":[]}}},"s":{"L":[{"SS":["y"]}]},"a":{"S":"x"},"n":{"NULL":true},"c":{"N":"1"}'
    plan = ColumnPlan(item=struct(a=STRING, s=SKIP, c=INT64, others="skip"))
    for decoded in each_way(engine, items_of(form, item, item), plan, form):
        assert decoded.rows() == [{"a": "x", "c": 1}] * 2
        assert decoded.report == DecodeReport(rows=2)


@each_format
def test_the_order_of_attributes_means_nothing(engine: Engine, form: str) -> None:
    parts = ['"a":{"S":"x"}', '"b":{"N":"1"}', '"c":{"M":{"d":{"S":"y"}}}']
    items = [",".join((*parts[turn:], *parts[:turn])) for turn in range(3)] + [",".join(reversed(parts)), parts[2], ""]
    plan = ColumnPlan(item=struct(a=STRING, b=INT64, c=struct(d=STRING)))
    whole = {"a": "x", "b": 1, "c": {"d": "y"}}
    for decoded in each_way(engine, items_of(form, *items), plan, form):
        assert decoded.rows() == [*[whole] * 4, {"a": None, "b": None, "c": {"d": "y"}}, dict.fromkeys("abc")]


# --- flat --------------------------------------------------------------------------------------------------


@each_format
def test_flat_columns_stand_in_the_struct_around_them(engine: Engine, form: str) -> None:
    plan = ColumnPlan(
        item=Column(
            kind=struct().kind,
            fields=(
                *struct(z=STRING).fields,
                *struct(a=flat(b=INT64, c=flat(d=STRING))).fields,
            ),
        ),
        rescue=True,
    )
    items = (
        '"a":{"M":{"b":{"N":"1"},"c":{"M":{"d":{"S":"x"}}}}},"z":{"S":"y"}',
        '"a":{"M":{"c":{"M":{"d":{"S":"x"},"e":{"S":"new"}}},"f":{"BOOL":true}}}',
        '"a":{"M":{}}',
        '"a":{"M":{"b":{"S":"1"},"c":{"M":{}}}}',
        '"a":{"NULL":true}',
        '"a":{"L":[]}',
        '"a":{"M":{"c":{"NULL":true}}}',
        "",
    )
    null = {"z": None, "b": None, "d": None}
    for decoded in each_way(engine, items_of(form, *items), plan, form):
        rows = decoded.rows()
        found = [row.pop("_rescued") for row in rows]
        assert rows == [{"z": "y", "b": 1, "d": "x"}, {**null, "d": "x"}, *[null] * 6]
        assert found == [
            None,
            [("/a/c/e", '{"S":"new"}'), ("/a/f", '{"BOOL":true}')],
            [("/a", '{"M":{}}')],
            [("/a/b", '{"S":"1"}'), ("/a/c", '{"M":{}}')],
            None,
            [("/a", '{"L":[]}')],
            None,
            None,
        ]
        assert decoded.report.merged_nulls == 2
    kept = decode(engine, items_of(form, *items), ColumnPlan(item=plan.item, rescue=True, keep_nulls=True), format=form)
    null_text = '{"NULL":true}'
    assert [row["_rescued"] for row in kept.rows()][4:7:2] == [[("/a", null_text)], [("/a/c", null_text)]]


@each_format
def test_what_a_flat_column_has_no_field_for_never_goes_into_the_rest(engine: Engine, form: str) -> None:
    plan = ColumnPlan(item=struct(a=flat(b=STRING), others="rest"), rescue=True)
    decoded = decode(engine, items_of(form, '"a":{"M":{"c":{"S":"x"}}},"d":{"S":"y"}'), plan, format=form)
    assert decoded.rows() == [{"b": None, "_rest": '{"d":{"S":"y"}}', "_rescued": [("/a/c", '{"S":"x"}')]}]


# --- misfits -----------------------------------------------------------------------------------------------


@each_format
def test_pointers_are_escaped_and_whole(engine: Engine, form: str) -> None:
    long = "x" * 300
    item = f'"~a/b":{{"M":{{"":{{"M":{{"{long}":{{"S":"y"}}}}}}}}}}'
    plan = ColumnPlan(item=struct({"~a/b": struct({"": struct({long: INT64})})}), rescue=True)
    decoded = decode(engine, items_of(form, item), plan, format=form)
    path = f"/~0a~1b//{long}"
    assert rescued(decoded) == [{path: '{"S":"y"}'}]
    assert decoded.report.misfits == (Misfit(1, 0, path, "S"),)


@each_format
def test_misfits_of_a_change_come_in_the_order_of_its_members(engine: Engine, form: str) -> None:
    plan = ColumnPlan(item=struct(a=STRING), keys=struct(pk=STRING), rescue=True)
    json_lines = (
        '{"NewImage":{"a":{"N":"1"}},"Keys":{"pk":{"N":"2"}},"OldImage":{"b":{"N":"3"},"a":{"N":"4"}},'
        '"Metadata":{"WriteTimestampMicros":{"N":"7"}}}\n'
    )
    ion_lines = "{Record:{NewImage:{a:1.},Keys:{pk:2.},OldImage:{b:3.,a:4.},Metadata:{WriteTimestampMicros:7.}}}\n"
    data = (json_lines if form == JSON else ion_lines).encode()
    for decoded in each_way(engine, data, plan, form, INCREMENTAL):
        (row,) = decoded.rows()
        assert [path for path, _ in row["_rescued"]] == ["/NewImage/a", "/Keys/pk", "/OldImage/b", "/OldImage/a"]
        assert [text for _, text in row["_rescued"]] == [f'{{"N":"{number}"}}' for number in range(1, 5)]
        assert (row["keys"], row["new_image"], row["old_image"]) == ({"pk": None}, {"a": None}, {"a": None})
        assert (decoded.report.rescued, decoded.report.rescued_rows) == (4, 1)


@each_format
@pytest.mark.parametrize("limit", [0, 1, 3, 20])
def test_so_many_misfits_are_kept_with_their_places(engine: Engine, form: str, limit: int) -> None:
    data = items_of(form, *['"a":{"S":"x"},"b":{"NULL":true}'] * 4)
    decoded = decode(engine, data, ColumnPlan(item=struct(), rescue=True), format=form, misfit_limit=limit)
    starts = [0, *(index + 1 for index, byte in enumerate(data) if byte == ord("\n"))]
    places = [
        Misfit(line + 1, starts[line], path, tag) for line in range(4) for path, tag in (("/a", "S"), ("/b", "NULL"))
    ]
    assert decoded.report.misfits == tuple(places[:limit])
    assert (decoded.report.rescued, decoded.report.rescued_rows) == (8, 4)


@each_format
def test_the_first_misfit_is_an_error_where_nobody_asked_to_rescue(engine: Engine, form: str) -> None:
    sound = '"a":{"S":"x"},"n":{"NULL":true}'
    data = items_of(form, sound, sound, '"n":{"NULL":true},"c":{"N":"1"},"a":{"N":"1"}', sound)
    plan = ColumnPlan(item=struct(a=STRING, n=STRING))
    offset = sum(map(len, data.splitlines(keepends=True)[:2]))
    for decoded in each_way(engine, data, plan, form):
        assert isinstance(decoded.error, MisfitError)
        assert decoded.error.args == ("x", 3, offset, "/c", "N")
        assert decoded.rows() == [{"a": "x", "n": None}] * 2, "what stands in front is handed on"
        assert decoded.report == DecodeReport(rows=2, merged_nulls=2)


# --- changes -----------------------------------------------------------------------------------------------


@each_format
def test_changes_have_their_columns(engine: Engine, form: str) -> None:
    image = '"pk":{"S":"k"},"n":{"N":"%d"}'
    data = lines(
        form,
        change(image % 1, None, micros=0),
        change(image % 2, image % 1, micros=1684374845117899),
        change(None, image % 2),
        change(None, None),
        change("", ""),
    )
    plan = ColumnPlan(item=struct(pk=STRING, n=INT64), keys=struct(pk=STRING))
    null = {"pk": None, "n": None}
    one, two = ({"pk": "k", "n": number} for number in (1, 2))
    for decoded in each_way(engine, data, plan, form, INCREMENTAL):
        rows = decoded.rows()
        assert [row.pop("keys") for row in rows] == [{"pk": "k"}] * 5
        assert decoded.table()["write_timestamp"].cast("int64").to_pylist() == [0, 1684374845117899, 7, 7, 7]
        assert [(row["operation"], row["new_image"], row["old_image"]) for row in rows] == [
            ("PUT", one, None),
            ("PUT", two, one),
            ("DELETE", None, two),
            ("DELETE", None, None),
            ("PUT", null, null),
        ]
        assert [row["new_image"] for row in rows].count(None) == decoded.table()["new_image"].null_count == 2


@each_format
def test_the_last_moment_there_is_fits(engine: Engine, form: str) -> None:
    data = lines(form, change(micros=2**63 - 1))
    plan = ColumnPlan(item=struct(), keys=struct(pk=STRING))
    decoded = decode(engine, data, plan, format=form, export_type=INCREMENTAL)
    assert decoded.table()["write_timestamp"].cast("int64").to_pylist() == [2**63 - 1]


@each_format
def test_keys_and_images_may_be_flat_and_have_a_rest(engine: Engine, form: str) -> None:
    plan = ColumnPlan(item=struct(m=flat(x=INT64), others="rest"), keys=struct(pk=STRING, others="rest"), rescue=True)
    data = lines(
        form, change('"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"o":{"S":"z"}', keys='"pk":{"S":"k"},"sk":{"N":"1"}')
    )
    decoded = decode(engine, data, plan, format=form, export_type=INCREMENTAL)
    (row,) = decoded.rows()
    assert row["keys"] == {"pk": "k", "_rest": '{"sk":{"N":"1"}}'}
    assert row["new_image"] == {"x": 1, "_rest": '{"o":{"S":"z"}}'}
    assert row["_rescued"] == [("/NewImage/m/y", '{"N":"2"}')]
