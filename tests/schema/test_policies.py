"""Each policy, with what it makes of an item by hand; the examples of docs/schema.md are among them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import pytest

from exportkit.errors import MixedTypesError, UsageError
from exportkit.model.plan import Column, ColumnKind, Field, Others
from exportkit.model.statistics import PathStatistics, Place, Statistics, TypeStatistics
from exportkit.model.values import Item
from exportkit.schema import ColumnType, Note, NoteKind, Schema, SchemaField, SchemaOptions, resolve
from exportkit.schema.depth import MAX_LEVELS, depth_of
from exportkit.schema.report import rows
from tests.schema.making import changes_of, only, schema_of, statistics_of, types_of

STRING = only(ColumnKind.STRING)
INT64 = only(ColumnKind.INT64)
JSON = only(ColumnKind.JSON)
NULL = only(ColumnKind.NULL)


def words(schema: Schema) -> dict[str, str]:
    return {row.path: row.column for row in rows(schema)}


def mixed(**types: ColumnType) -> ColumnType:
    fields = (SchemaField(attribute=tag, name=tag, type=each) for tag, each in types.items())
    return ColumnType(kind=ColumnKind.MIXED, fields=tuple(fields))


def struct(*fields: SchemaField, others: Others = Others.MISFIT) -> ColumnType:
    return ColumnType(kind=ColumnKind.STRUCT, fields=fields, others=others)


def a(attribute: str, column: ColumnType, name: str | None = None) -> SchemaField:
    return SchemaField(attribute=attribute, name=attribute if name is None else name, type=column)


def a_list(element: ColumnType) -> ColumnType:
    return ColumnType(kind=ColumnKind.LIST, element=element)


def a_map(element: ColumnType) -> ColumnType:
    return ColumnType(kind=ColumnKind.MAP, element=element)


def noted(schema: Schema, kind: NoteKind) -> dict[str, Note]:
    return {note.path: note for note in schema.notes if note.kind is kind}


class TestTypes:
    @pytest.mark.parametrize(
        ("value", "column"),
        [
            ("x", STRING),
            (b"x", only(ColumnKind.BINARY)),
            (True, only(ColumnKind.BOOL)),
            ({"x"}, ColumnType(kind=ColumnKind.SET, element=STRING)),
            ({b"x"}, ColumnType(kind=ColumnKind.SET, element=only(ColumnKind.BINARY))),
            ({Decimal(1)}, ColumnType(kind=ColumnKind.SET, element=INT64)),
            (["x", "y"], a_list(STRING)),
            ({"b": "x", "a": Decimal(1)}, struct(a("a", INT64), a("b", STRING))),
            ([[{"a": [None, b"x"]}]], a_list(a_list(struct(a("a", a_list(only(ColumnKind.BINARY))))))),
        ],
    )
    def test_one_type(self, value: object, column: ColumnType) -> None:
        assert types_of(schema_of({"v": value})) == {"v": column}  # type: ignore[dict-item]

    @pytest.mark.parametrize(
        ("value", "column"),
        [
            (None, NULL),
            ([], a_list(NULL)),
            ({}, a_map(NULL)),
            ([None], a_list(NULL)),
            ([[], {}], a_list(mixed(L=a_list(NULL), M=a_map(NULL)))),
            ({"a": {"b": []}}, struct(a("a", struct(a("b", a_list(NULL)))))),
        ],
    )
    def test_what_is_empty_is_a_string_at_the_end(self, value: object, column: ColumnType) -> None:
        schema = schema_of({"v": value})  # type: ignore[dict-item]
        assert types_of(schema) == {"v": column}
        leaf: Column | None = schema.plan().item.fields[0].column
        leaves = []
        while leaf is not None and leaf.kind not in {ColumnKind.STRUCT, ColumnKind.MIXED}:
            leaves.append(leaf.kind)
            leaf = leaf.element
        if leaf is None:
            assert leaves[-1] is ColumnKind.STRING

    def test_columns_come_by_name_whatever_came_first(self) -> None:
        names = ["b", "é", "a", "Z", "_", "1"]
        schema = schema_of(*({name: "x"} for name in names))
        assert [each.attribute for each in schema.item.fields] == ["1", "Z", "_", "a", "b", "é"]

    def test_an_item_without_attributes_has_one_column_all_the_same(self) -> None:
        for schema in (schema_of(), schema_of({})):
            assert schema.plan().item == Column(kind=ColumnKind.STRUCT, others=Others.REST)

    def test_what_is_too_deep_for_arrow_is_json(self) -> None:
        deep: object = "x"
        for _ in range(64):
            deep = {"k": deep}
        schema = schema_of({"deep": deep, "flat": "x"})  # type: ignore[dict-item]
        assert depth_of(schema.item) == MAX_LEVELS
        path = "deep" + ".k" * (MAX_LEVELS - 1)
        assert words(schema)[path] == "json"
        assert set(noted(schema, NoteKind.TOO_DEEP)) == {path}

    def test_values_nobody_looked_at_are_json(self) -> None:
        types = {tag: TypeStatistics(1, Place(0, 1, 0), 1, 1) for tag in ("L", "M")}
        item = PathStatistics(types={"M": types["M"]}, fields={tag: PathStatistics({tag: types[tag]}) for tag in types})
        schema = resolve(Statistics(records=1, item=item), SchemaOptions())
        assert types_of(schema) == {"L": a_list(JSON), "M": a_map(JSON)}
        assert set(noted(schema, NoteKind.UNCOUNTED)) == {"L[]", "M{}"}


class TestMixed:
    ITEMS: tuple[Item, ...] = ({"v": Decimal(1)}, {"v": "x"}, {"v": [True]}, {"v": None})

    @pytest.mark.parametrize(
        ("policy", "column"),
        [
            ("struct", mixed(S=STRING, N=INT64, L=a_list(only(ColumnKind.BOOL)))),
            ("json", JSON),
            ("string", only(ColumnKind.TEXT)),
        ],
    )
    def test_several_types(self, policy: str, column: ColumnType) -> None:
        schema = schema_of(*self.ITEMS, mixed=policy)
        assert types_of(schema) == {"v": column}
        note = noted(schema, NoteKind.MIXED)["v"]
        assert (note.count, note.first) == (3, Place(0, 1, 0))
        assert noted(schema, NoteKind.MERGED_NULLS)["v"].first == Place(0, 4, 300)

    def test_an_error(self) -> None:
        with pytest.raises(MixedTypesError) as caught:
            schema_of(*self.ITEMS, mixed="error")
        assert str(caught.value) == (
            "v has values of several types: 1 S (first in data file 0, line 2, byte 100), "
            "1 N (first in data file 0, line 1, byte 0), 1 L (first in data file 0, line 3, byte 200); "
            "choose --mixed struct, json or string"
        )
        assert types_of(schema_of({"v": "x"}, {"v": None}, mixed="error")) == {"v": STRING}

    def test_below_lists_and_maps_too(self) -> None:
        schema = schema_of({"l": ["x", Decimal(1)], "m": {"a": ["x", b"x"]}})
        assert words(schema)["l"] == "list<mixed>"
        assert schema.item.fields[0].type == a_list(mixed(S=STRING, N=INT64))
        assert schema.item.fields[1].type.fields[0].type == a_list(mixed(S=STRING, B=only(ColumnKind.BINARY)))


class TestNulls:
    ITEMS: tuple[Item, ...] = ({"v": "x", "l": [None, "x"]}, {"v": None}, {"v": None, "only": None})

    def test_merged_and_counted(self) -> None:
        schema = schema_of(*self.ITEMS)
        assert types_of(schema) == {"l": a_list(STRING), "only": NULL, "v": STRING}
        note = noted(schema, NoteKind.MERGED_NULLS)["v"]
        assert (note.count, note.first) == (2, Place(0, 2, 100))
        assert schema.plan().keep_nulls is False

    def test_kept(self) -> None:
        schema = schema_of(*self.ITEMS, nulls="keep")
        both = mixed(S=STRING, NULL=NULL)
        assert types_of(schema) == {"l": a_list(both), "only": mixed(NULL=NULL), "v": both}
        assert schema.plan().keep_nulls is True
        assert schema.plan().item.fields[2].column.fields[1].column == Column(kind=ColumnKind.NULL)


class TestMaps:
    def test_keys_are_data_from_one_name_too_many(self) -> None:
        items: list[Item] = [{"m": {f"k{number}": Decimal(number)}} for number in range(4)]
        assert types_of(schema_of(*items, max_map_fields=4))["m"].kind is ColumnKind.STRUCT
        schema = schema_of(*items, max_map_fields=3)
        assert types_of(schema) == {"m": a_map(INT64)}
        assert set(noted(schema, NoteKind.DATA_KEYS)) == {"m"}

    def test_values_of_several_types_are_json(self) -> None:
        items: list[Item] = [{"m": {"a": "x", "b": Decimal(1), "c": None}}]
        assert types_of(schema_of(*items, max_map_fields=2)) == {"m": a_map(JSON)}
        assert types_of(schema_of(*items, max_map_fields=2, mixed="string")) == {"m": a_map(only(ColumnKind.TEXT))}
        assert types_of(schema_of({"m": {"a": "x", "c": None}}, max_map_fields=1)) == {"m": a_map(STRING)}

    def test_values_are_unified(self) -> None:
        item: Item = {"m": {"a": {"x": Decimal(1)}, "b": {"x": Decimal("0.5"), "y": None}, "c": {}}}
        value = struct(a("x", ColumnType(kind=ColumnKind.DECIMAL, precision=18, scale=1)), a("y", NULL))
        assert types_of(schema_of(item, max_map_fields=2)) == {"m": a_map(value)}


class TestTop:
    def test_the_commonest_names_keep_columns(self) -> None:
        items: list[Item] = [{"a": "x", "b": "x", "c": "x", "d": "x"}, {"d": "x"}, {"c": "x"}]
        schema = schema_of(*items, max_map_fields=3)
        assert schema.item == struct(a("a", STRING), a("c", STRING), a("d", STRING), others=Others.REST)
        assert noted(schema, NoteKind.REST)[""].count == 1

    def test_named_columns(self) -> None:
        items: list[Item] = [{"a": "x", "b": "x"}, {"c": "x", "_rest": "x"}]
        schema = schema_of(*items, columns=("b", "_rest", "z"))
        assert schema.item == struct(a("_rest", STRING, "_rest_2"), a("b", STRING), a("z", NULL), others=Others.SKIP)
        assert noted(schema, NoteKind.LEFT_OUT)[""].count == 2
        assert set(noted(schema, NoteKind.NEVER_SEEN)) == {"z"}
        schema = schema_of(*items, columns=("b",), rest_as_json=True)
        assert schema.item == struct(a("b", STRING), others=Others.REST)
        assert noted(schema, NoteKind.REST)[""].count == 3
        assert schema_of(*items, rest_as_json=True).item.others is Others.REST


class TestFlatten:
    ITEM: ClassVar[Item] = {"m": {"x": {"y": "v"}, "z": "v"}, "s": "v"}

    def columns(self, schema: Schema) -> list[str]:
        return [each.name for each in schema.plan().item.arrow_fields()]

    @pytest.mark.parametrize(
        ("depth", "columns"), [(0, ["m", "s"]), (1, ["m__x", "m__z", "s"]), (2, ["m__x__y", "m__z", "s"])]
    )
    def test_levels(self, depth: int, columns: list[str]) -> None:
        assert self.columns(schema_of(self.ITEM, flatten_depth=depth)) == columns

    def test_of_a_plan(self) -> None:
        column = schema_of(self.ITEM, flatten_depth=1).plan().item.fields[0]
        inner = Column(kind=ColumnKind.STRUCT, fields=(Field("y", "y", Column(kind=ColumnKind.STRING)),))
        flat = (Field("x", "m__x", inner), Field("z", "m__z", Column(kind=ColumnKind.STRING)))
        assert column == Field("m", "m", Column(kind=ColumnKind.FLAT, fields=flat))

    def test_a_real_name_stays(self) -> None:
        schema = schema_of({**self.ITEM, "m__z": "v", "M__X": "v"}, flatten_depth=1)
        assert self.columns(schema) == ["M__X", "m__x_2", "m__z_2", "m__z", "s"]
        assert noted(schema, NoteKind.RENAMED)["m.z"].message == (
            "called 'm__z_2': 'm__z' is another column's name, or one that differs by case alone"
        )

    @pytest.mark.parametrize(
        ("items", "policies"),
        [
            (({"m": {"a": "x"}}, {"m": {}}), {}),
            (({"m": {"a": "x"}}, {"m": "x"}), {}),
            (({"m": {"a": "x"}}, {"m": None}), {"nulls": "keep"}),
        ],
    )
    def test_what_columns_could_not_hold_is_not_flattened(
        self, items: tuple[Item, ...], policies: Mapping[str, object]
    ) -> None:
        schema = schema_of(*items, flatten_depth=1, **policies)
        assert self.columns(schema) == ["m"]
        assert noted(schema, NoteKind.NOT_FLATTENED)["m"].count == 2

    def test_nulls_beside_maps_are_flattened_and_maps_in_lists_are_not(self) -> None:
        items: list[Item] = [{"m": {"a": "x"}, "l": [{"a": {"b": "x"}}]}, {"m": None}]
        assert self.columns(schema_of(*items, flatten_depth=9)) == ["l", "m__a"]


class TestKeys:
    def test_one_type_in_keys_and_images(self) -> None:
        schema = resolve(
            changes_of(({"pk": Decimal(1)}, {"pk": Decimal(1), "a": "x"}), ({"pk": Decimal("0.5")}, None)),
            SchemaOptions(),
        )
        number = ColumnType(kind=ColumnKind.DECIMAL, precision=18, scale=1)
        assert schema.keys == struct(a("pk", number))
        assert schema.item == struct(a("a", STRING), a("pk", number))
        plan = schema.plan()
        assert plan.keys == Column(kind=ColumnKind.STRUCT, fields=(plan.item.fields[1],))
        assert schema.plan(incremental=False).keys is None

    def test_images_have_the_keys_where_there_are_only_deletes(self) -> None:
        schema = resolve(changes_of(({"pk": "x"}, None)), SchemaOptions())
        assert schema.item == struct(a("pk", STRING))

    def test_names_are_those_of_the_image(self) -> None:
        schema = resolve(changes_of(({"name": "x"}, {"Name": "y", "name": "x"})), SchemaOptions())
        assert schema.keys == struct(a("name", STRING, "name_2"))

    def test_a_schema_of_full_exports_has_none(self) -> None:
        with pytest.raises(UsageError, match="the schema has no keys"):
            schema_of({"a": "x"}).plan(incremental=True)


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ({"numbers": "float"}, "numbers is 'float'; it has to be one of exact, decimal256, double, string"),
        ({"flatten_depth": -1}, "flatten_depth is -1; it has to be from 0 to 64"),
        ({"max_map_fields": 0}, "max_map_fields is 0; it has to be at least 1"),
        ({"columns": ("a", "a")}, "an attribute is named twice among the columns a, a"),
    ],
)
def test_policies_there_are_not(policies: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match="^" + said.replace("(", r"\(")):
        SchemaOptions(**policies)  # type: ignore[arg-type]


def test_the_whole_has_a_limit_too() -> None:
    items: list[Item] = [{"large": {f"k{number}": {"v": "x"} for number in range(40)}, "small": {"a": "x"}}]
    schema = resolve(statistics_of(*items), SchemaOptions(max_map_fields=1))
    assert schema.item == struct(a("large", a_map(struct(a("v", STRING)))), others=Others.REST)
    wide: Item = {f"n{number:03}": {"a": "x"} for number in range(30)}
    schema = resolve(statistics_of(wide), SchemaOptions(max_map_fields=1))
    assert schema.item.others is Others.REST
    assert len(schema.item.fields) == 1
