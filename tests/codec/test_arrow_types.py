"""The Arrow schema of a plan, and what its metadata says."""

import pyarrow as pa
import pytest

from exportkit.codec.arrow_types import arrow_schema, with_schema
from exportkit.model.plan import Column, ColumnKind, ColumnPlan, Field, Others

STRING = Column(kind=ColumnKind.STRING)
PLAIN = {
    "string": (pa.utf8(), "S"),
    "binary": (pa.binary(), "B"),
    "bool": (pa.bool_(), "BOOL"),
    "int64": (pa.int64(), "N"),
    "double": (pa.float64(), "N"),
    "number-string": (pa.utf8(), "N"),
    "null": (pa.bool_(), "NULL"),
    "json": (pa.utf8(), "JSON"),
    "text": (pa.utf8(), "TEXT"),
}


def struct(*fields: tuple[str, Column], others: Others = Others.MISFIT) -> Column:
    return Column(
        kind=ColumnKind.STRUCT, fields=tuple(Field(name, name, column) for name, column in fields), others=others
    )


def only(column: Column) -> pa.Field:
    return arrow_schema(ColumnPlan(item=struct(("a", column)))).field("a")


@pytest.mark.parametrize("kind", PLAIN)
def test_scalars(kind: str) -> None:
    expected, tag = PLAIN[kind]
    field = only(Column(kind=ColumnKind(kind)))
    assert (field.type, field.nullable, field.metadata) == (expected, True, {b"dynamodb.type": tag.encode()})


@pytest.mark.parametrize(
    ("precision", "expected"), [(18, pa.decimal128(18, 3)), (38, pa.decimal128(38, 3)), (39, pa.decimal256(39, 3))]
)
def test_decimals_are_as_wide_as_they_must_be(precision: int, expected: pa.DataType) -> None:
    assert only(Column(kind=ColumnKind.DECIMAL, precision=precision, scale=3)).type == expected


def test_sets_and_lists_name_their_elements_as_parquet_does() -> None:
    int64 = Column(kind=ColumnKind.INT64)
    for column, tag in (
        (Column(kind=ColumnKind.SET, set_type="NS", element=int64), b"NS"),
        (Column(kind=ColumnKind.LIST, element=int64), b"L"),
    ):
        field = only(column)
        assert field.metadata == {b"dynamodb.type": tag}
        assert field.type == pa.list_(pa.int64())
        element = field.type.value_field
        assert (element.name, element.nullable, element.metadata) == ("element", True, {b"dynamodb.type": b"N"})


def test_maps_have_keys_that_are_never_null() -> None:
    field = only(Column(kind=ColumnKind.MAP, element=struct(("b", STRING))))
    assert field.metadata == {b"dynamodb.type": b"M"}
    key, value = field.type.key_field, field.type.item_field
    assert (key.name, key.type, key.nullable, key.metadata) == ("key", pa.utf8(), False, None)
    assert (value.name, value.nullable, value.metadata) == ("value", True, {b"dynamodb.type": b"M"})
    assert value.type.field("b").metadata == {b"dynamodb.type": b"S"}


def test_a_mixed_column_is_a_struct_of_its_types() -> None:
    fields = (Field("S", "S", STRING), Field("N", "N", Column(kind=ColumnKind.DOUBLE)))
    field = only(Column(kind=ColumnKind.MIXED, fields=fields))
    assert field.metadata == {b"dynamodb.type": b"MIXED"}
    assert field.type == pa.struct([pa.field("S", pa.utf8()), pa.field("N", pa.float64())])
    assert field.type.field("N").metadata == {b"dynamodb.type": b"N"}


def test_the_metadata_keeps_names() -> None:
    item = Column(kind=ColumnKind.STRUCT, fields=(Field("Name", "Name", STRING), Field("name", "name_2", STRING)))
    schema = arrow_schema(ColumnPlan(item=item))
    assert schema.field("Name").metadata == {b"dynamodb.type": b"S"}
    assert schema.field("name_2").metadata == {b"dynamodb.type": b"S", b"dynamodb.name": b"name"}


def test_flat_fields_keep_their_path() -> None:
    inner = Column(kind=ColumnKind.FLAT, fields=(Field("b/~", "a__x__b", STRING),))
    outer = Column(
        kind=ColumnKind.FLAT, fields=(Field("x", "x", inner), Field("gone", "", Column(kind=ColumnKind.SKIP)))
    )
    item = Column(kind=ColumnKind.STRUCT, fields=(Field("a", "a", outer), Field("z", "z", STRING)))
    schema = arrow_schema(ColumnPlan(item=item))
    assert schema.names == ["a__x__b", "z"]
    assert schema.field(0).metadata == {
        b"dynamodb.type": b"S",
        b"dynamodb.name": b"b/~",
        b"dynamodb.path": b"/a/x/b~1~0",
    }


def test_the_rest_and_the_rescued_come_last() -> None:
    inner = struct(("b", STRING), others=Others.REST)
    plan = ColumnPlan(item=struct(("a", inner), others=Others.REST), rescue=True)
    schema = arrow_schema(plan)
    assert schema.names == ["a", "_rest", "_rescued"]
    assert schema.field("a").type == pa.struct([pa.field("b", pa.utf8()), pa.field("_rest", pa.utf8())])
    assert schema.field("_rescued").type == pa.map_(pa.utf8(), pa.utf8())
    assert schema.field("_rest").metadata is None
    assert schema.field("_rescued").metadata is None


def test_changes_have_columns_of_their_own() -> None:
    schema = arrow_schema(ColumnPlan(item=struct(("a", STRING)), keys=struct(("pk", STRING)), rescue=True))
    image = pa.struct([pa.field("a", pa.utf8())])
    assert schema == pa.schema(
        [
            pa.field("operation", pa.utf8()),
            pa.field("write_timestamp", pa.timestamp("us", tz="UTC")),
            pa.field("keys", pa.struct([pa.field("pk", pa.utf8())])),
            pa.field("new_image", image),
            pa.field("old_image", image),
            pa.field("_rescued", pa.map_(pa.utf8(), pa.utf8())),
        ]
    )
    assert [field.metadata for field in schema] == [None, None, *[{b"dynamodb.type": b"M"}] * 3, None]


def test_a_batch_is_given_the_metadata_without_a_copy() -> None:
    schema = arrow_schema(ColumnPlan(item=struct(("a", struct(("b", STRING))), ("c", STRING))))
    array = pa.array([{"a": {"b": "x"}, "c": None}, {"a": None, "c": "y"}], pa.struct(schema.remove_metadata()))
    address = array.field("c").buffers()[2].address
    batch = with_schema(array, schema)
    assert batch.to_pylist() == [{"a": {"b": "x"}, "c": None}, {"a": None, "c": "y"}]
    assert batch.schema.equals(schema, check_metadata=True)
    assert batch.schema.field("a").type.field("b").metadata == {b"dynamodb.type": b"S"}
    assert batch.column("c").buffers()[2].address == address


def test_a_batch_without_columns_keeps_its_rows() -> None:
    schema = arrow_schema(ColumnPlan(item=struct()))
    assert with_schema(pa.array([{}, {}], pa.struct([])), schema).num_rows == 2


def test_a_batch_of_another_schema_is_refused() -> None:
    schema = arrow_schema(ColumnPlan(item=struct(("a", STRING))))
    with pytest.raises(ValueError, match="another schema"):
        with_schema(pa.array([{"a": 1}], pa.struct([("a", pa.int64())])), schema)
