"""The schema file: what a person may write, and what is said where it is wrong."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import exportkit.schema
from exportkit.engine.reference import ReferenceEngine
from exportkit.errors import ObjectNotFoundError, SchemaFileError, UsageError
from exportkit.model.plan import ColumnKind
from exportkit.model.values import Item
from exportkit.schema import Schema, SchemaOptions, read_schema, write_schema
from exportkit.schema.words import parse_type, type_words
from tests.schema.making import schema_of, statistics_of
from tests.schema.test_everything_fits import decode

SHIPPED = Path(exportkit.schema.__file__).with_name("schema-file.schema.json")
ITEM: Item = {
    "id": "x",
    "price": Decimal("9.99"),
    "address": {"street": "x", "geo": {"lat": Decimal("1.5")}},
    "tags": {"a", "b"},
    "lines": [{"sku": "x", "qty": Decimal(1)}],
}


def of(*columns: dict[str, Any], **members: Any) -> Schema:
    return Schema.from_json(json.dumps({"version": 1, "columns": columns, **members}).encode(), "s.json")


def edited(edit: Any, *items: Item, **policies: object) -> Schema:
    """Returns the schema of items after a person's edit of its file's document."""
    document = json.loads(schema_of(*(items or (ITEM,)), **policies).to_json())
    edit(document, {each["attribute"]: each for each in document["columns"]})
    return Schema.from_json(json.dumps(document).encode(), "s.json")


def row(schema: Schema, item: Item = ITEM) -> dict[str, Any]:
    table, _ = decode(ReferenceEngine(), [item], schema)
    found: dict[str, Any] = table.to_pylist()[0]
    return found


def test_it_is_one_line_for_each_column_and_the_same_every_time() -> None:
    data = schema_of(ITEM, {"price": None}).to_json().decode()
    assert data == (
        '{\n  "version": 1,\n'
        '  "policies": {"numbers": "exact", "mixed": "struct", "nulls": "merge", "names": "default", '
        '"flatten_depth": 0, "max_map_fields": 200},\n'
        '  "columns": [\n'
        '    {"attribute": "address", "type": "struct", "seen": {"M": 1}, "fields": [\n'
        '      {"attribute": "geo", "type": "struct", "seen": {"M": 1}, "fields": [\n'
        '        {"attribute": "lat", "type": "decimal(18,1)", "seen": {"N": 1}}\n'
        "      ]},\n"
        '      {"attribute": "street", "type": "string", "seen": {"S": 1}}\n'
        "    ]},\n"
        '    {"attribute": "id", "type": "string", "seen": {"S": 1}},\n'
        '    {"attribute": "lines", "type": "list<struct>", "seen": {"L": 1}, "fields": [\n'
        '      {"attribute": "qty", "type": "int64", "seen": {"N": 1}},\n'
        '      {"attribute": "sku", "type": "string", "seen": {"S": 1}}\n'
        "    ]},\n"
        '    {"attribute": "price", "type": "decimal(18,2)", "seen": {"N": 1, "NULL": 1}},\n'
        '    {"attribute": "tags", "type": "set<string>", "seen": {"SS": 1}}\n'
        "  ]\n}\n"
    )
    Draft202012Validator.check_schema(json.loads(SHIPPED.read_bytes()))
    Draft202012Validator(json.loads(SHIPPED.read_bytes())).validate(json.loads(data))


def test_what_was_seen_is_a_comment() -> None:
    def forget(document: Any, columns: Any) -> None:
        for each in columns.values():
            each["seen"] = {"anything": 1}

    assert edited(forget) == schema_of(ITEM)


def test_an_attribute_is_dropped_and_no_misfit() -> None:
    schema = edited(lambda _, columns: [columns[name].update(drop=True) for name in ("tags", "address")])
    assert list(row(schema)) == ["id", "lines", "price", "_rescued"]
    assert row(schema)["_rescued"] is None


def test_a_column_is_renamed() -> None:
    schema = edited(lambda _, columns: columns["price"].update(name="cost"))
    assert row(schema)["cost"] == Decimal("9.99")
    assert json.loads(schema.to_json())["columns"][3]["name"] == "cost"


def test_a_struct_is_flattened_and_its_columns_named() -> None:
    def flatten(_: Any, columns: Any) -> None:
        columns["address"] |= {"flatten": True, "name": "addr"}
        columns["address"]["fields"][0] |= {"flatten": True}
        columns["address"]["fields"][1] |= {"name": "road"}

    schema = edited(flatten)
    found = row(schema)
    assert list(found) == ["addr__geo__lat", "road", "id", "lines", "price", "tags", "_rescued"]
    assert found["addr__geo__lat"] == Decimal("1.5")
    assert Schema.from_json(schema.to_json(), "s.json") == schema


def test_the_order_is_the_persons() -> None:
    schema = edited(lambda document, _: document["columns"].reverse())
    assert list(row(schema)) == ["tags", "price", "lines", "id", "address", "_rescued"]


def test_types_are_written_in_words() -> None:
    def widen(_: Any, columns: Any) -> None:
        columns["price"]["type"] = " decimal( 38, 10 ) "
        columns["tags"]["type"] = "json"
        columns["lines"] = {**columns["lines"]}

    assert row(edited(widen))["price"] == Decimal("9.9900000000")
    assert row(edited(widen))["tags"] == '{"SS":["a","b"]}'


@pytest.mark.parametrize(
    ("numbers", "price", "qty"), [("double", 9.99, 1.0), ("string", "9.99", "1"), ("exact", Decimal("9.99"), 1)]
)
def test_numbers_of_one_attribute(numbers: str, price: object, qty: object) -> None:
    def set_numbers(_: Any, columns: Any) -> None:
        for name in ("price", "lines"):
            columns[name]["numbers"] = numbers

    schema = edited(set_numbers)
    assert row(schema)["price"] == price
    assert row(schema)["lines"] == [{"qty": qty, "sku": "x"}]
    assert row(schema)["address"]["geo"] == {"lat": Decimal("1.5")}
    assert Schema.from_json(schema.to_json(), "s.json") == schema
    wider = exportkit.schema.extend(schema, statistics_of({"price": Decimal("0.001")}))
    kinds = {"double": ColumnKind.DOUBLE, "string": ColumnKind.NUMBER_STRING, "exact": ColumnKind.DECIMAL}
    assert {each.attribute: each.type.kind for each in wider.item.fields}["price"] is kinds[numbers]


def test_the_rest_goes_where_the_file_says() -> None:
    column = {"attribute": "id", "type": "string"}
    assert row(of(column, others="rest"), {"id": "x", "b": True}) == {
        "id": "x",
        "_rest": '{"b":{"BOOL":true}}',
        "_rescued": None,
    }
    assert row(of(column, others="skip"), {"id": "x", "b": True}) == {"id": "x", "_rescued": None}
    assert row(of(column), {"id": "x", "b": True})["_rescued"] == [("/b", '{"BOOL":true}')]
    nested = {"attribute": "m", "type": "struct", "others": "rest", "fields": [column]}
    assert row(of(nested), {"m": {"b": True}})["m"] == {"id": None, "_rest": '{"b":{"BOOL":true}}'}


def test_dictionary_hints_are_kept() -> None:
    schema = of({"attribute": "m", "type": "map<string, string>", "dictionary": False, "dictionary_keys": True})
    assert (schema.item.fields[0].dictionary, schema.item.fields[0].dictionary_keys) == (False, True)
    assert Schema.from_json(schema.to_json(), "s.json") == schema


def test_several_types_come_in_their_order() -> None:
    types = [
        {"tag": "NULL", "type": "null"},
        {"tag": "L", "type": "list<mixed>", "types": [{"tag": "N", "type": "double"}]},
    ]
    schema = of({"attribute": "v", "type": "mixed", "types": [*types, {"tag": "S", "name": "text", "type": "string"}]})
    assert [(each.attribute, each.name) for each in schema.item.fields[0].type.fields] == [
        ("S", "text"),
        ("NULL", "NULL"),
        ("L", "L"),
    ]
    assert row(schema, {"v": [Decimal(1)]})["v"] == {"text": None, "NULL": None, "L": [{"N": 1.0}]}


@pytest.mark.parametrize(
    "words",
    [
        "string",
        "number-string",
        "decimal(1,1)",
        "decimal(76,0)",
        "set<decimal(38,2)>",
        "list<map<string, list<mixed>>>",
    ],
)
def test_words_are_read_as_written(words: str) -> None:
    assert type_words(parse_type(words)) == words


STRUCT = {"attribute": "m", "type": "struct", "fields": [{"attribute": "a", "type": "string"}]}


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"type": "string"}, "$.columns[0]: the member 'attribute' is missing"),
        ({"attribute": "a"}, "$.columns[0]: the member 'type' is missing"),
        ({"attribute": 1, "type": "string"}, "$.columns[0].attribute: is 1; it has to be a string"),
        ({"attribute": "a", "type": "strin"}, "$.columns[0].type: 'strin' is no type; allowed are string, binary,"),
        ({"attribute": "a", "type": "decimal(77,0)"}, "$.columns[0].type: decimal(77,0) is no decimal: P has to be"),
        ({"attribute": "a", "type": "decimal(5,6)"}, "$.columns[0].type: decimal(5,6) is no decimal"),
        ({"attribute": "a", "type": "set<bool>"}, "$.columns[0].type: set<bool> is no set: sets hold string, binary"),
        ({"attribute": "a", "type": "map<int64, string>"}, "$.columns[0].type: 'map<int64, string>' is no type"),
        (
            {"attribute": "a", "type": "struct"},
            '$.columns[0]: its type is struct, so "fields" has to name one at least',
        ),
        ({"attribute": "a", "type": "mixed"}, '$.columns[0]: its type is mixed, so "types" has to name one at least'),
        ({**STRUCT, "type": "string"}, "$.columns[0].fields: stands only with type struct; here it is string"),
        ({**STRUCT, "types": [{"tag": "S", "type": "string"}]}, "$.columns[0].types: stands only with type mixed"),
        ({**STRUCT, "type": "list<struct>", "flatten": True}, "$.columns[0].flatten: only a struct at the top"),
        ({**STRUCT, "flatten": True, "others": "rest"}, "$.columns[0].others: a struct that is flattened has no place"),
        (
            {**STRUCT, "fields": [{**STRUCT, "flatten": True}]},
            "$.columns[0].fields[0].flatten: only a struct at the top",
        ),
        ({**STRUCT, "fields": [{**STRUCT["fields"][0], "drop": True}]}, "$.columns[0].fields: every field is dropped"),  # type: ignore[dict-item]
        (
            {**STRUCT, "fields": STRUCT["fields"] * 2},
            "$.columns[0].fields[1].attribute: 'a' stands there a second time",
        ),  # type: ignore[operator]
        (
            {"attribute": "a", "type": "string", "nmae": "b"},
            "$.columns[0]: there is no member 'nmae'; allowed are attribute, name,",
        ),
        (
            {"attribute": "a", "type": "int64", "numbers": "float"},
            '$.columns[0].numbers: is "float"; allowed are exact, decimal256',
        ),
        (
            {"attribute": "a", "type": "string", "drop": "yes"},
            '$.columns[0].drop: is "yes"; it has to be true or false',
        ),
        (
            {"attribute": "a", "type": "string", "name": "_rescued"},
            "$.columns[0]: the name '_rescued' is taken by exportkit itself",
        ),
        (
            {"attribute": "a", "type": "string", "name": ""},
            '$.columns[0]: readers refuse an empty name; give it a "name"',
        ),
        ({"attribute": "a\0", "type": "string"}, "$.columns[0]: Arrow takes no name with the character U+0000"),
        ({"attribute": "a", "type": "string", "drop": True}, "$.columns: every field is dropped: keep one"),
        (
            {"attribute": "a", "type": "mixed", "types": [{"tag": "N", "type": "string"}]},
            "$.columns[0].types[0].type: string holds no values of type N",
        ),
        (
            {"attribute": "a", "type": "mixed", "types": [{"tag": "X", "type": "string"}]},
            '$.columns[0].types[0].tag: is "X"; allowed are S, N, B, BOOL',
        ),
        (
            {"attribute": "a", "type": "mixed", "types": [{"tag": "S", "type": "string"}] * 2},
            "$.columns[0].types[1].tag: 'S' stands there a second time",
        ),
    ],
)
def test_what_is_wrong_with_a_column(column: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemaFileError) as caught:
        of(column)
    assert str(caught.value).startswith(f"s.json: {said}")
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1, column 2: is no JSON"),
        (b"\xff", "byte 0: is no UTF-8"),
        (b"[]", "$: is []; it has to be an object"),
        (b'{"version":1,"version":1,"columns":[]}', "$: the member 'version' stands twice in one object"),
        (b'{"version":2,"columns":[]}', "$.version: is 2; this exportkit reads 1"),
        (b'{"version":1}', "$: the member 'columns' is missing"),
        (b'{"version":NaN}', "$: NaN is no JSON"),
        (b'{"version":1' + b"0" * 5000 + b"}", "$: Exceeds the limit"),
        (b"[" * 100_000, "$: is nested too deeply"),
        (b'{"version":1,"columns":' + b"[" * 400 + b"]" * 400 + b"}", "$: is nested too deeply"),
        (b'{"version":1,"columns":[{"attribute":"\\ud800","type":"string"}]}', "$: has half of a surrogate pair"),
        (b'{"version":1,"columns":[]}', "$.columns: is empty: name a column"),
        (
            b'{"version":1,"policies":{"nulls":"drop"},"columns":[]}',
            '$.policies.nulls: is "drop"; allowed are merge, keep',
        ),
        (b'{"version":1,"policies":{"flatten_depth":65},"columns":[]}', "$.policies.flatten_depth: 65 is greater than"),
    ],
)
def test_what_is_wrong_with_a_file(data: bytes, said: str) -> None:
    with pytest.raises(SchemaFileError) as caught:
        Schema.from_json(data, "s.json")
    assert str(caught.value).startswith(f"s.json: {said}")


@pytest.mark.parametrize("flatten", [False, True])
def test_a_name_is_never_given_as_nothing(flatten: bool) -> None:
    """It would be taken for none: the file that is written would lead to other columns."""
    column = {"attribute": "a", "type": "struct", "name": "", "fields": [{"attribute": "b", "type": "string"}]}
    with pytest.raises(SchemaFileError, match=r"\$\.columns\[0\]: readers refuse an empty name"):
        of({**column, "flatten": flatten}, policies={"names": "exact"})
    nameless = of({"attribute": "", "type": "string"}, policies={"names": "exact"})
    assert Schema.from_json(nameless.to_json(), "x.json") == nameless


def test_names_that_differ_by_case_alone_need_the_policy_exact() -> None:
    columns = [{"attribute": name, "type": "string"} for name in ("Name", "name")]
    with pytest.raises(SchemaFileError, match=r"\$.columns\[1\]: the name 'name' is taken by \$.columns\[0\]; give it"):
        of(*columns)
    assert of(*columns, policies={"names": "exact"}).options == SchemaOptions(names="exact")  # type: ignore[arg-type]


def test_a_whole_number_may_be_written_with_a_point() -> None:
    policies = b'{"max_map_fields":2.0,"flatten_depth":1e0}'
    data = b'{"version":1.0,"policies":%s,"columns":[{"attribute":"a","type":"json"}]}' % policies
    options = Schema.from_json(data, "s.json").options
    assert [(type(each), each) for each in (options.max_map_fields, options.flatten_depth)] == [(int, 2), (int, 1)]
    with pytest.raises(SchemaFileError, match=r"\$\.policies\.max_map_fields: is 2.5"):
        Schema.from_json(data.replace(b"2.0", b"2.5"), "s.json")


def test_a_byte_order_mark_is_passed_over_and_a_schema_named() -> None:
    data = b'\xef\xbb\xbf{"$schema":"x","version":1,"columns":[{"attribute":"a","type":"string"}]}'
    assert Schema.from_json(data, "s.json") == of({"attribute": "a", "type": "string"})


def test_it_is_written_where_it_is_to_lie_and_read_from_there(tmp_path: Path) -> None:
    schema = schema_of(ITEM, {"é": "x"})
    write_schema(schema, tmp_path / "new" / "schema.json")
    assert read_schema(str(tmp_path / "new" / "schema.json")) == schema
    with pytest.raises(ObjectNotFoundError):
        read_schema(tmp_path / "none.json")
