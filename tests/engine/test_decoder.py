"""What each kind of column holds of each value, and what becomes of the rest: the rules of docs/columns.md."""

import math
from decimal import Decimal
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.decode import DecodeReport, Misfit
from exportkit.model.plan import Column, ColumnPlan
from tests.engine.columnar import (
    BINARY,
    BOOL,
    DOUBLE,
    INT64,
    JSON_TEXT,
    NULL_FIELD,
    NUMBER_STRING,
    SKIP,
    STRING,
    TEXT,
    change,
    column_of,
    decimal,
    each_way,
    lines,
    list_of,
    map_of,
    mixed,
    rescued,
    set_of,
    struct,
)
from tests.engine.running import INCREMENTAL, ION, JSON

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)

VALUES = {
    "S": '{"S":"a\\"\\u00e9\\n"}',
    "N": '{"N":"12.50"}',
    "B": '{"B":"aGk="}',
    "BOOL": '{"BOOL":true}',
    "NULL": '{"NULL":true}',
    "SS": '{"SS":["b","a"]}',
    "NS": '{"NS":["3","1","2.0"]}',
    "BS": '{"BS":["","AQ=="]}',
    "L": '{"L":[{"S":"x"},{"N":"1"}]}',
    "M": '{"M":{"b":{"S":"y"},"a":{"S":"x"}}}',
}
TEXTS = {**VALUES, "S": '{"S":"a\\"é\\n"}', "N": '{"N":"12.5"}', "NS": '{"NS":["3","1","2"]}'}
"""The same, written by exportkit."""

HELD: dict[str, tuple[Column, dict[str, Any]]] = {
    "string": (STRING, {"S": 'a"é\n'}),
    "binary": (BINARY, {"B": b"hi"}),
    "bool": (BOOL, {"BOOL": True}),
    "decimal": (decimal(18, 2), {"N": Decimal("12.5")}),
    "double": (DOUBLE, {"N": 12.5}),
    "number-string": (NUMBER_STRING, {"N": "12.5"}),
    "set SS": (set_of("SS", STRING), {"SS": ["b", "a"]}),
    "set NS": (set_of("NS", INT64), {"NS": [3, 1, 2]}),
    "set BS": (set_of("BS", BINARY), {"BS": [b"", b"\1"]}),
    "list": (list_of(JSON_TEXT), {"L": ['{"S":"x"}', '{"N":"1"}']}),
    "struct": (struct(a=STRING, b=STRING, c=STRING), {"M": {"a": "x", "b": "y", "c": None}}),
    "map": (map_of(STRING), {"M": [("b", "y"), ("a", "x")]}),
    "mixed": (
        mixed(S=STRING, N=NUMBER_STRING, L=list_of(TEXT)),
        {
            "S": {"S": 'a"é\n', "N": None, "L": None},
            "N": {"S": None, "N": "12.5", "L": None},
            "L": {"S": None, "N": None, "L": ["x", "1"]},
        },
    ),
    "mixed NULL": (
        mixed(NULL=NULL_FIELD, M=JSON_TEXT),
        {"NULL": {"NULL": True, "M": None}, "M": {"NULL": None, "M": TEXTS["M"]}},
    ),
    "json": (JSON_TEXT, TEXTS),
    "text": (
        TEXT,
        {
            **{tag: TEXTS[tag] for tag in ("SS", "NS", "BS", "L", "M")},
            "S": 'a"é\n',
            "N": "12.5",
            "B": "aGk=",
            "BOOL": "true",
        },
    ),
}


# --- kinds -------------------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("kind", HELD)
def test_each_kind_takes_its_types_and_no_other(engine: Engine, form: str, kind: str) -> None:
    column, held = HELD[kind]
    tags = [tag for tag in VALUES if tag != "NULL" or "NULL" in held]
    decoded = column_of(engine, form, column, [*(VALUES[tag] for tag in tags), None])
    assert [row["a"] for row in decoded.rows()] == [*(held.get(tag) for tag in tags), None]
    assert rescued(decoded) == [*(None if tag in held else {"/a": TEXTS[tag]} for tag in tags), None]
    misfits = [tag for tag in tags if tag not in held]
    assert decoded.report.rescued == decoded.report.rescued_rows == len(misfits)
    assert [misfit.found for misfit in decoded.report.misfits] == misfits
    assert (decoded.report.rows, decoded.report.merged_nulls) == (len(tags) + 1, 0)


@each_format
@pytest.mark.parametrize("kind", HELD)
def test_changes_hold_the_same_in_both_images_and_keys(engine: Engine, form: str, kind: str) -> None:
    column, held = HELD[kind]
    if kind in {"struct", "map"}:
        column, held = JSON_TEXT, TEXTS  # Keys of tests hold one attribute alone
    tags = [tag for tag in VALUES if tag != "NULL" or "NULL" in held]
    data = lines(form, *(change(*[f'"a":{VALUES[tag]}'] * 3) for tag in tags))
    plan = ColumnPlan(item=struct(a=column), keys=struct(a=column), rescue=True)
    for decoded in each_way(engine, data, plan, form, INCREMENTAL):
        for row, tag in zip(decoded.rows(), tags, strict=True):
            expected = {"a": held.get(tag)}
            assert row["keys"] == row["new_image"] == row["old_image"] == expected
            places = ["/Keys/a", "/OldImage/a", "/NewImage/a"]
            found = None if tag in held else dict.fromkeys(places, TEXTS[tag])
            assert (row["_rescued"] and dict(row["_rescued"])) == found


@each_format
@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        pytest.param(
            INT64,
            {
                "1E+2": 100,
                "100.0": 100,
                "-0": 0,
                "0E+5": 0,
                "9223372036854775807": 2**63 - 1,
                "9223372036854775808": None,
                "-9223372036854775808": -(2**63),
                "-9223372036854775809": None,
                "922337203685477580700E-2": 2**63 - 1,
                "1.5": None,
                "0.1": None,
                "1E+19": None,
                "1E+125": None,
                "-1E-130": None,
            },
            id="int64",
        ),
        pytest.param(
            decimal(5, 2),
            {
                "999.99": Decimal("999.99"),
                "-999.990": Decimal("-999.99"),
                "1000": None,
                "1E+3": None,
                "999.994": None,
                "0.01": Decimal("0.01"),
                "0.001": None,
                "0": Decimal(0),
                "1E+2": Decimal(100),
                "1E-130": None,
            },
            id="decimal(5,2)",
        ),
        pytest.param(
            decimal(38, 0),
            {
                "9" * 38: Decimal("9" * 38),
                "-" + "9" * 38: Decimal("-" + "9" * 38),
                "1E+37": Decimal("1E+37"),
                "1E+38": None,
            },
            id="decimal(38,0)",
        ),
        pytest.param(
            decimal(38, 38),
            {
                "0." + "9" * 38: Decimal("0." + "9" * 38),
                "1E-38": Decimal("1E-38"),
                "1": None,
                "1E-39": None,
                "0": Decimal(0),
            },
            id="decimal(38,38)",
        ),
        pytest.param(
            decimal(39, 1),
            {
                "1E+37": Decimal("1E+37"),
                "9.9": Decimal("9.9"),
                "-1E+37": Decimal("-1E+37"),
                "1E+38": None,
                "0.01": None,
            },
            id="decimal(39,1)",
        ),
        pytest.param(
            decimal(76, 0),
            {"1E+75": Decimal("1E+75"), "-9E+75": Decimal("-9E+75"), "1E+76": None, "0.5": None, "-1": Decimal(-1)},
            id="decimal(76,0)",
        ),
        pytest.param(
            decimal(76, 76),
            {"-1E-76": Decimal("-1E-76"), "0.5": Decimal("0.5"), "1E-77": None, "1": None},
            id="decimal(76,76)",
        ),
        pytest.param(
            DOUBLE,
            {
                "0.1": 0.1,
                "-0": 0.0,
                "9007199254740993": 9007199254740992.0,
                "9007199254740995": 9007199254740996.0,
                "9007199254740993.00000000000000000001": 9007199254740994.0,
                "1E-130": 1e-130,
                "9.9999999999999999999999999999999999999E+125": 1e126,
                "-12345678901234567890123456789012345678": -12345678901234567890123456789012345678.0,
                "0.30000000000000004440892098500626161694": 0.30000000000000004,
            },
            id="double",
        ),
        pytest.param(
            NUMBER_STRING,
            {
                "1E2": "100",
                "+.5": "0.5",
                "1e-7": "0.0000001",
                "1e-8": "1E-8",
                "15E-10": "1.5E-9",
                "-0.0": "0",
                "1E+37": "1" + "0" * 37,
                "1E+38": "1E+38",
                "0061600": "61600",
            },
            id="number-string",
        ),
        pytest.param(TEXT, {"1E2": "100", "1e-8": "1E-8"}, id="text"),
        pytest.param(JSON_TEXT, {"1E2": '{"N":"100"}', "1e-8": '{"N":"1E-8"}'}, id="json"),
    ],
)
def test_numbers_are_exact_or_misfits(engine: Engine, form: str, column: Column, numbers: dict[str, Any]) -> None:
    decoded = column_of(engine, form, column, [f'{{"N":"{number}"}}' for number in numbers])
    assert [row["a"] for row in decoded.rows()] == [*numbers.values()]
    assert all(math.copysign(1, row["a"]) > 0 for row in decoded.rows() if row["a"] == 0), "zero has no sign"
    assert [found is not None for found in rescued(decoded)] == [held is None for held in numbers.values()]
    elements = ",".join(f'{{"N":"{number}"}}' for number in numbers)
    assert column_of(engine, form, list_of(column), [f'{{"L":[{elements}]}}']).rows()[0]["a"] == [*numbers.values()]


@each_format
@pytest.mark.parametrize(
    ("element", "elements", "held"),
    [
        (INT64, '"7","1E+2"', [7, 100]),
        (INT64, '"7","1.5"', None),
        (INT64, '"9223372036854775808","7"', None),
        (decimal(3, 1), '"99.9","-1"', [Decimal("99.9"), Decimal(-1)]),
        (decimal(3, 1), '"99.9","100"', None),
        (decimal(40, 1), '"1E+38"', [Decimal("1E+38")]),
        (DOUBLE, '"9007199254740993","0.1"', [9007199254740992.0, 0.1]),
        (NUMBER_STRING, '"1E+2","1.50"', ["100", "1.5"]),
    ],
)
def test_a_set_fits_whole_or_not_at_all(
    engine: Engine, form: str, element: Column, elements: str, held: list[Any] | None
) -> None:
    decoded = column_of(engine, form, set_of("NS", element), [f'{{"NS":[{elements}]}}'])
    assert decoded.rows()[0]["a"] == held
    assert (rescued(decoded) == [None]) == (held is not None)
    assert decoded.report.rescued == (held is None)


@each_format
def test_lists_keep_the_places_of_what_is_not_there(engine: Engine, form: str) -> None:
    values = ['{"L":[{"N":"1"},{"S":"x"},{"NULL":true},{"N":"2"},{"L":[]}]}', '{"L":[]}', '{"L":[{"NULL":true}]}']
    decoded = column_of(engine, form, list_of(INT64), values)
    assert [row["a"] for row in decoded.rows()] == [[1, None, None, 2, None], [], [None]]
    assert rescued(decoded) == [{"/a/1": '{"S":"x"}', "/a/4": '{"L":[]}'}, None, None]
    assert (decoded.report.merged_nulls, decoded.report.rescued, decoded.report.rescued_rows) == (2, 2, 1)


@each_format
def test_an_empty_map_is_a_struct_of_nulls(engine: Engine, form: str) -> None:
    decoded = column_of(engine, form, struct(b=STRING), ['{"M":{}}', None])
    assert [row["a"] for row in decoded.rows()] == [{"b": None}, None]
    assert decoded.table()["a"].null_count == 1
    empty = column_of(engine, form, struct(), ['{"M":{}}', None, '{"M":{"b":{"N":"1"}}}'])
    assert [row["a"] for row in empty.rows()] == [{}, None, {}]
    assert rescued(empty) == [None, None, {"/a/b": '{"N":"1"}'}]


@each_format
def test_maps_keep_keys_whose_values_do_not_fit(engine: Engine, form: str) -> None:
    value = '{"M":{"z":{"N":"1"},"":{"S":"x"},"a":{"NULL":true},"é":{"N":"2"}}}'
    decoded = column_of(engine, form, map_of(INT64), [value, '{"M":{}}'])
    assert [row["a"] for row in decoded.rows()] == [[("z", 1), ("", None), ("a", None), ("é", 2)], []]
    assert rescued(decoded) == [{"/a/": '{"S":"x"}'}, None]
    assert decoded.report.merged_nulls == 1


@each_format
def test_containers_stand_in_containers(engine: Engine, form: str) -> None:
    column = list_of(map_of(struct(b=list_of(set_of("SS", STRING)), c=mixed(M=map_of(INT64), N=INT64))))
    value = (
        '{"L":[{"M":{"k":{"M":{"b":{"L":[{"SS":["x"]},{"S":"y"}]},"c":{"M":{"n":{"N":"1"},"o":{"N":"0.5"}}}}},'
        '"l":{"M":{"c":{"N":"2"}}}}},{"M":{}}]}'
    )
    decoded = column_of(engine, form, column, [value, '{"L":[]}', None, value])
    deep = {"b": [["x"], None], "c": {"M": [("n", 1), ("o", None)], "N": None}}
    held = [[("k", deep), ("l", {"b": None, "c": {"M": None, "N": 2}})], []]
    assert [row["a"] for row in decoded.rows()] == [held, [], None, held]
    found = {"/a/0/k/b/1": '{"S":"y"}', "/a/0/k/c/o": '{"N":"0.5"}'}
    assert rescued(decoded) == [found, None, None, found]


@each_format
def test_a_value_too_large_for_its_mixed_field_leaves_the_column_null(engine: Engine, form: str) -> None:
    column = mixed(N=INT64, SS=set_of("SS", STRING), L=list_of(INT64))
    values = ['{"N":"0.5"}', '{"N":"1"}', '{"L":[{"S":"x"}]}', '{"S":"x"}']
    decoded = column_of(engine, form, column, values)
    table = decoded.table()
    assert table["a"].is_valid().to_pylist() == [False, True, True, False]
    assert [row["a"] and row["a"]["L"] for row in decoded.rows()] == [None, None, [None], None]
    assert rescued(decoded) == [{"/a": '{"N":"0.5"}'}, None, {"/a/0": '{"S":"x"}'}, {"/a": '{"S":"x"}'}]


# --- NULL --------------------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("kind", HELD)
def test_null_merges_or_is_kept(engine: Engine, form: str, kind: str) -> None:
    column, held = HELD[kind]
    merged = column_of(engine, form, column, ['{"NULL":true}'])
    kept = column_of(engine, form, column, ['{"NULL":true}'], keep_nulls=True)
    assert merged.rows() == [{"a": held.get("NULL"), "_rescued": None}]
    assert merged.report == DecodeReport(rows=1, merged_nulls="NULL" not in held)
    if "NULL" in held or kind == "text":
        assert (kept.rows(), kept.report) == (merged.rows(), merged.report)
    else:
        misfits = (Misfit(1, 0, "/a", "NULL"),)
        assert kept.rows() == [{"a": None, "_rescued": [("/a", '{"NULL":true}')]}]
        assert kept.report == DecodeReport(rows=1, rescued=1, rescued_rows=1, misfits=misfits)


@each_format
def test_null_is_judged_at_every_depth(engine: Engine, form: str) -> None:
    null = '{"NULL":true}'
    value = f'{{"M":{{"l":{{"L":[{null}]}},"m":{{"M":{{"k":{null}}}}},"j":{{"L":[{null}]}},"s":{null},"t":{null}}}}}'
    column = struct(l=list_of(STRING), m=map_of(INT64), j=JSON_TEXT, s=set_of("SS", STRING), t=SKIP)
    held = {"l": [None], "m": [("k", None)], "j": f'{{"L":[{null}]}}', "s": None}
    merged = column_of(engine, form, column, [value])
    assert merged.rows() == [{"a": held, "_rescued": None}]
    assert merged.report.merged_nulls == 3
    kept = column_of(engine, form, column, [value], keep_nulls=True)
    assert kept.rows() == [{"a": held, "_rescued": [("/a/l/0", null), ("/a/m/k", null), ("/a/s", null)]}]
    assert kept.report.merged_nulls == 0


@each_format
def test_an_attribute_called_null_is_none(engine: Engine, form: str) -> None:
    decoded = column_of(engine, form, struct(NULL=STRING), ['{"NULL":true}', '{"M":{"NULL":{"S":"x"}}}'])
    assert [row["a"] for row in decoded.rows()] == [None, {"NULL": "x"}]
