"""Schemas widened and merged: what stays, what widens, what is new, by hand."""

import json
from decimal import Decimal
from typing import Any

import pytest

from exportkit.errors import MixedTypesError
from exportkit.model.values import Item
from exportkit.schema import NoteKind, Schema, extend, merge_schemas
from exportkit.schema.report import rows
from tests.schema.making import schema_of, statistics_of

Words = dict[str, str]


def words(schema: Schema) -> Words:
    return {row.path: row.column for row in rows(schema)}


def file(*columns: dict[str, Any], **members: Any) -> Schema:
    return Schema.from_json(json.dumps({"version": 1, "columns": columns, **members}).encode(), "s.json")


def column(kind: str, **members: Any) -> Schema:
    return file({"attribute": "v", "type": kind, **members})


def text(attribute: str, **members: Any) -> dict[str, Any]:
    return {"attribute": attribute, "type": "string", **members}


STRUCT: dict[str, Any] = {"fields": [text("a")]}


@pytest.mark.parametrize(
    ("given", "value", "words_after"),
    [
        (column("decimal(38,10)"), Decimal("1.5"), {"v": "decimal(38,10)"}),
        (column("double"), Decimal("1E-100"), {"v": "double"}),
        (column("int64"), Decimal("0.5"), {"v": "decimal(38,1)"}),
        (column("decimal(18,2)"), Decimal("0.001"), {"v": "decimal(38,3)"}),
        (column("decimal(18,2)"), Decimal("1E+30"), {"v": "decimal(38,2)"}),
        (column("decimal(38,2)"), Decimal("1E+37"), {"v": "number-string"}),
        (column("json"), "x", {"v": "json"}),
        (column("text"), {"a": "x"}, {"v": "text"}),
        (column("null"), Decimal(1), {"v": "int64"}),
        (column("list<null>"), ["x"], {"v": "list<string>"}),
        (column("map<string, null>"), {"a": "x"}, {"v": "struct", "v.a": "string"}),
        (column("struct", **STRUCT), {}, {"v": "struct", "v.a": "string"}),
        (column("struct", **STRUCT), {"b": True}, {"v": "struct", "v.a": "string", "v.b": "bool"}),
        (column("map<string, int64>"), {"a": Decimal("0.5")}, {"v": "map<string, decimal(38,1)>"}),
        (column("map<string, int64>"), {"a": "x"}, {"v": "map<string, json>"}),
        (column("set<int64>"), {Decimal("0.5")}, {"v": "set<decimal(38,1)>"}),
        (column("set<string>"), ["x"], {"v": "mixed: SS set<string>, L list<string>"}),
        (column("string"), None, {"v": "string"}),
        (column("string"), Decimal(1), {"v": "mixed: S string, N int64"}),
        (column("mixed", types=[{"tag": "S", "type": "string"}]), "x", {"v": "mixed: S string"}),
    ],
)
def test_a_column_becomes_the_least_that_takes_both(given: Schema, value: Any, words_after: Words) -> None:
    extended = extend(given, statistics_of({"v": value}))
    assert words(extended) == words_after
    told = {note.path for note in extended.notes if note.kind in {NoteKind.WIDENED, NoteKind.ADDED}}
    assert bool(told) == (words(extended) != words(given))


def test_what_is_given_keeps_its_name_order_and_say() -> None:
    given = file(text("z", name="last"), text("b", drop=True), text("a", dictionary=False))
    extended = extend(given, statistics_of({"a": "x", "b": Decimal(1), "y": "x", "c": True, "Last": "x"}))
    assert [(each.attribute, each.name) for each in extended.item.fields] == [
        ("z", "last"),
        ("b", "b"),
        ("a", "a"),
        ("Last", "Last_2"),
        ("c", "c"),
        ("y", "y"),
    ]
    assert extended.item.fields[:2] == given.item.fields[:2]
    assert extended.item.fields[2].dictionary is False
    assert {note.path for note in extended.notes if note.kind is NoteKind.ADDED} == {"Last", "c", "y"}


def test_new_columns_stand_among_those_by_name() -> None:
    extended = extend(schema_of({"a": "x", "c": "x"}), statistics_of({"b": "x"}))
    assert [each.attribute for each in extended.item.fields] == ["a", "b", "c"]


def test_none_are_added_where_the_schema_has_a_place_for_others() -> None:
    for others in ("rest", "skip"):
        given = file(text("a"), {"attribute": "m", "type": "struct", "others": others, **STRUCT}, others=others)
        assert extend(given, statistics_of({"b": "x", "m": {"b": "x"}})) == given


def test_a_widened_schema_keeps_to_the_limit_on_columns() -> None:
    given = file(text("a"), policies={"max_map_fields": 2})
    extended = extend(given, statistics_of({"b": "x", "c": "x"}, {"c": "x"}))
    assert words(extended) == {"a": "string", "c": "string"}
    assert extended.item.others == "rest"


@pytest.mark.parametrize(
    ("item", "columns"),
    [
        ({"m": {"a": "x", "b": "x"}}, ["road", "m__b"]),
        ({"m": None}, ["road"]),
        ({"m": {}}, ["m"]),
        ({"m": "x"}, ["m"]),
    ],
)
def test_what_is_flattened_stays_so_where_that_holds_it(item: Item, columns: list[str]) -> None:
    given = file({"attribute": "m", "type": "struct", "flatten": True, "fields": [text("a", name="road")]})
    extended = extend(given, statistics_of(item))
    assert [each.name for each in extended.plan().item.arrow_fields()] == columns
    assert Schema.from_json(extended.to_json(), "s.json") == extended


def test_a_struct_whose_keys_turn_out_to_be_data_is_a_map() -> None:
    given = file(
        {"attribute": "v", "type": "struct", "fields": [{"attribute": "a", "type": "int64"}]},
        policies={"max_map_fields": 2},
    )
    numbers: Item = {"v": {name: Decimal("0.5") for name in "bcd"}}
    assert words(extend(given, statistics_of(numbers))) == {"v": "map<string, decimal(38,1)>"}


def test_of_several_types_by_the_schemas_own_policy() -> None:
    for policy, kind in (("json", "json"), ("string", "text")):
        given = file(text("v"), policies={"mixed": policy})
        assert words(extend(given, statistics_of({"v": Decimal(1)}))) == {"v": kind}
    with pytest.raises(MixedTypesError, match=r"^v has values of several types: S, N; choose"):
        extend(file(text("v"), policies={"mixed": "error"}), statistics_of({"v": Decimal(1)}))


class TestMerged:
    def test_both_fit(self) -> None:
        a = schema_of({"a": Decimal("0.5"), "b": "x", "m": {"x": "x"}})
        b = schema_of({"a": Decimal(10**18), "c": True, "m": {"y": None}})
        assert words(merge_schemas(a, b)) == {
            "a": "decimal(38,1)",
            "b": "string",
            "c": "bool",
            "m": "struct",
            "m.x": "string",
            "m.y": "null",
        }

    def test_names_and_order_are_the_firsts(self) -> None:
        a, b = file(text("z"), text("a", name="first")), file(text("a", name="other"), text("b", name="FIRST"))
        merged = merge_schemas(a, b)
        assert [(each.attribute, each.name) for each in merged.item.fields] == [("z", "z"), ("a", "first"), ("b", "b")]
        merged = merge_schemas(a, file(text("b", name="second")))
        assert merged.item.fields[2].name == "second"

    def test_a_number_that_is_text_or_double_stays_so(self) -> None:
        for kind in ("double", "number-string"):
            for a, b in ((kind, "int64"), ("decimal(18,2)", kind)):
                assert words(merge_schemas(column(a), column(b))) == {"v": kind}

    def test_others_have_a_place_if_either_has_one(self) -> None:
        a, rest, skip = file(text("a")), file(text("a"), others="rest"), file(text("a"), others="skip")
        assert merge_schemas(a, a).item.others == "misfit"
        assert merge_schemas(a, skip).item.others == merge_schemas(skip, a).item.others == "skip"
        assert merge_schemas(skip, rest).item.others == merge_schemas(rest, a).item.others == "rest"

    def test_keys_of_either(self) -> None:
        full, changes = file(text("pk")), file(text("pk"), keys=[text("pk")])
        assert merge_schemas(full, changes).keys == merge_schemas(changes, full).keys == changes.keys
        wider = file(text("pk"), keys=[{"attribute": "pk", "type": "binary"}])
        merged = merge_schemas(changes, wider).keys
        assert merged is not None
        assert [each.attribute for each in merged.fields[0].type.fields] == ["S", "B"]

    def test_what_one_leaves_out_fits_a_map(self) -> None:
        a = column("struct", fields=[text("a"), text("b", drop=True)])
        assert words(merge_schemas(a, column("map<string, string>"))) == {"v": "map<string, json>"}
