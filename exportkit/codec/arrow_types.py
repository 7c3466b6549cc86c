"""From a column plan to the Arrow types of its columns, with what DynamoDB's types were in the fields' metadata.

The metadata, at every depth, is what a dataset is read back by:

=================  ==================================================================================
``dynamodb.type``  The type tag (S, N, B, BOOL, NULL, SS, NS, BS, L, M); of columns that hold several types MIXED
                   (a struct of one field for each), JSON (an attribute value as DynamoDB JSON) or TEXT. NULL of
                   a column of strings: nothing but NULL was seen when its schema was made; a string in it is an S.
                   ``operation``, ``write_timestamp``, ``_rest``, ``_rescued`` are no attributes and have none.
``dynamodb.name``  The attribute's name, where the field's is another.
``dynamodb.path``  Of a field that comes from a flattened map: its JSON Pointer in the struct it stands in, ``/a/b``.
=================  ==================================================================================

Only the schema carries it: batches cross the border without (:func:`with_schema` gives it to them).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from exportkit.codec.tree import pointer
from exportkit.model.plan import RESCUED, REST, TYPE_OF_KIND, Column, ColumnKind, ColumnPlan, Field, Others

__all__ = ["NAME_KEY", "PATH_KEY", "TYPE_KEY", "arrow_schema", "arrow_type", "with_schema"]

TYPE_KEY = b"dynamodb.type"
NAME_KEY = b"dynamodb.name"
PATH_KEY = b"dynamodb.path"

DECIMAL128_DIGITS = 38

RESCUED_TYPE = pa.map_(pa.field("key", pa.utf8(), nullable=False), pa.field("value", pa.utf8()))
TIMESTAMP_TYPE = pa.timestamp("us", tz="UTC")

_TAGS = {
    **TYPE_OF_KIND,
    ColumnKind.MIXED: "MIXED",
    ColumnKind.JSON: "JSON",
    ColumnKind.TEXT: "TEXT",
}

_PLAIN_TYPES = {
    ColumnKind.STRING: pa.utf8(),
    ColumnKind.BINARY: pa.binary(),
    ColumnKind.BOOL: pa.bool_(),
    ColumnKind.INT64: pa.int64(),
    ColumnKind.DOUBLE: pa.float64(),
    ColumnKind.NUMBER_STRING: pa.utf8(),
    ColumnKind.NULL: pa.bool_(),
    ColumnKind.JSON: pa.utf8(),
    ColumnKind.TEXT: pa.utf8(),
}


class ArrowArray(Protocol):
    """What crosses by the Arrow PyCapsule interface, a ``DecodedBatch`` of ``exportkit.engine.protocols`` say."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        """Returns the capsules of the schema and of the array."""


def arrow_schema(plan: ColumnPlan) -> pa.Schema:
    """Returns the Arrow schema of the batches that a decoder makes by a plan, with the metadata above."""
    if plan.keys is None:
        columns = list(_struct_fields(plan.item))
    else:
        image = arrow_type(plan.item)
        columns = [
            pa.field("operation", pa.utf8()),
            pa.field("write_timestamp", TIMESTAMP_TYPE),
            _field("keys", plan.keys, arrow_type(plan.keys)),
            _field("new_image", plan.item, image),
            _field("old_image", plan.item, image),
        ]
    if plan.rescue:
        columns.append(pa.field(RESCUED, RESCUED_TYPE))
    return pa.schema(columns)


def arrow_type(column: Column) -> pa.DataType:
    """Returns the Arrow type of a column; FLAT and SKIP have none of their own."""
    match column.kind:
        case ColumnKind.DECIMAL:
            kind = pa.decimal128 if column.precision <= DECIMAL128_DIGITS else pa.decimal256
            return kind(column.precision, column.scale)
        case ColumnKind.SET | ColumnKind.LIST:
            return pa.list_(_element("element", column))
        case ColumnKind.MAP:
            return pa.map_(pa.field("key", pa.utf8(), nullable=False), _element("value", column))
        case ColumnKind.STRUCT | ColumnKind.MIXED:
            return pa.struct(list(_struct_fields(column)))
    return _PLAIN_TYPES[column.kind]


def with_schema(batch: ArrowArray, schema: pa.Schema) -> pa.RecordBatch:
    """Returns a decoded batch as one of pyarrow, without a copy; its buffers move into it.

    Args:
        batch: A batch of either engine, not imported before.
        schema: Of the plan that the batch was made by (:func:`arrow_schema`).

    Raises:
        ValueError: The batch is of other types than the schema says.
    """
    made, array = batch.__arrow_c_array__()
    found = pa.schema(_Capsules(made))
    if not found.equals(schema):
        raise ValueError(f"a batch is of another schema than its plan's; found:\n{found}\nexpected:\n{schema}")
    return pa.record_batch(_Capsules(schema.__arrow_c_schema__(), array))


@dataclass(frozen=True, slots=True)
class _Capsules:
    """Hands capsules to pyarrow."""

    schema: Any
    array: Any = None

    def __arrow_c_schema__(self) -> Any:
        return self.schema

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]:
        return self.schema, self.array


def _struct_fields(column: Column) -> Iterator[pa.Field]:
    """Yields the Arrow fields of a STRUCT or MIXED column."""
    for path, field in _fields(column, ()):
        yield _field(field.name, field.column, arrow_type(field.column), path)
    if column.others is Others.REST:
        yield pa.field(REST, pa.utf8())


def _fields(column: Column, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Yields the fields with an Arrow field, those of FLAT fields in their place, each with its path."""
    for field in column.fields:
        path = (*above, field.attribute)
        if field.column.kind is ColumnKind.FLAT:
            yield from _fields(field.column, path)
        elif field.column.kind is not ColumnKind.SKIP:
            yield path, field


def _element(name: str, column: Column) -> pa.Field:
    if column.element is None:
        raise ValueError(f"a {column.kind} column says nothing of its elements")
    return _field(name, column.element, arrow_type(column.element))


def _field(name: str, column: Column, kind: pa.DataType, path: tuple[str, ...] = ()) -> pa.Field:
    metadata = {TYPE_KEY: column.dynamodb_type or _TAGS.get(column.kind) or column.set_type}
    if path and path[-1] != name:
        metadata[NAME_KEY] = path[-1]
    if len(path) > 1:
        metadata[PATH_KEY] = pointer(path)
    return pa.field(name, kind, metadata=metadata)
