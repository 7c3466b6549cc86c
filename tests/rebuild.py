"""Makes the records again from the Arrow data they were decoded into, and from its metadata alone.

Nothing is known here of plans or schemas: this is what "nothing is lost" means. What a policy gives up on purpose
is told apart when the records are compared (:class:`Same`): nulls that were merged, doubles, texts.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exportkit.codec import dumps_item
from exportkit.engine.reference import ReferenceEngine
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions
from exportkit.model.values import ChangeRecord, Record

__all__ = ["Same", "Text", "rebuild"]


@dataclass(frozen=True)
class Text:
    """What a TEXT column holds: of which type it was is given up."""

    text: str


def rebuild(table: pa.Table) -> list[Record]:
    """Returns the records of a dataset: items, or changes where it has the columns of changes."""
    columns = {field.name: field for field in table.schema}
    changes = "operation" in columns and columns["operation"].metadata is None
    if changes:
        index = table.schema.get_field_index("write_timestamp")
        # Moments after the year 9999 are none for Python.
        table = table.set_column(index, "write_timestamp", table["write_timestamp"].cast(pa.int64()))
    return [_change(columns, row) if changes else _item(table.schema, row) for row in table.to_pylist()]


def _item(schema: pa.Schema, row: dict[str, Any]) -> Record:
    fields = list(schema)
    rescued = row.get("_rescued") if fields and fields[-1].name == "_rescued" and _tag(fields[-1]) is None else None
    return _restored(_attributes(fields, row), rescued)


def _change(columns: dict[str, pa.Field], row: dict[str, Any]) -> Record:
    members: dict[str, Any] = {}
    for member, name in (("Keys", "keys"), ("NewImage", "new_image"), ("OldImage", "old_image")):
        if row[name] is not None:
            members[member] = _attributes(columns[name].type, row[name])
    members = _restored(members, row.get("_rescued"))
    assert row["operation"] == ("PUT" if "NewImage" in members else "DELETE")
    return ChangeRecord(members["Keys"], row["write_timestamp"], members.get("NewImage"), members.get("OldImage"))


def _tag(field: pa.Field) -> str | None:
    found: bytes | None = (field.metadata or {}).get(b"dynamodb.type")
    return None if found is None else found.decode()


def _attributes(fields: Iterable[pa.Field], row: dict[str, Any]) -> dict[str, Any]:
    """Returns the attributes that the fields of a struct hold; a null is none."""
    attributes: dict[str, Any] = {}
    for field in fields:
        value = row[field.name]
        if value is None:
            continue
        if _tag(field) is not None:
            *above, name = _path(field)
            inner = attributes
            for each in above:
                inner = inner.setdefault(each, {})
            inner[name] = _value(field, value)
        elif field.name == "_rest":
            attributes.update(_parsed(value))
    return attributes


def _path(field: pa.Field) -> list[str]:
    metadata = field.metadata
    if b"dynamodb.path" in metadata:
        return list(_tokens(metadata[b"dynamodb.path"].decode()))
    return [metadata.get(b"dynamodb.name", field.name.encode()).decode()]


def _value(field: pa.Field, value: Any) -> Any:  # noqa: C901, PLR0911 - it tells ten types apart
    """Returns the attribute value that a field holds; a null in a list or map is NULL until it is rescued."""
    if value is None:
        return None
    tag, kind = _tag(field), field.type
    match tag:
        case "N":
            return value if isinstance(value, float) else Decimal(value)
        case "SS" | "NS" | "BS":
            return {_value(kind.value_field, element) for element in value}
        case "L":
            return [_value(kind.value_field, element) for element in value]
        case "M" if pa.types.is_map(kind):
            return {name: _value(kind.item_field, each) for name, each in value}
        case "M":
            return _attributes(kind, value)
        case "MIXED":
            ((one, each),) = ((one, value[one.name]) for one in kind if value[one.name] is not None)
            return _value(one, each)
        case "JSON":
            return _parsed_value(value)
        case "TEXT":
            return Text(value)
        case "NULL" if pa.types.is_boolean(kind):
            return None
        case "NULL":
            return value  # a column of strings that saw nothing but NULL when its schema was made
    assert tag in {"S", "B", "BOOL"}, tag
    return value


def _parsed_value(text: str) -> Any:
    """Returns the value of an attribute value in DynamoDB JSON."""
    return _parsed(f'{{"v":{text}}}')["v"]


def _parsed(text: str) -> dict[str, Any]:
    """Returns the attributes of an object of attribute values."""
    options = ReadOptions(format=OutputFormat.DYNAMODB_JSON, export_type=ExportType.FULL)
    (record,) = ReferenceEngine().items(options).feed(f'{{"Item":{text}}}\n'.encode())
    assert isinstance(record, dict)
    return record


def _tokens(path: str) -> Iterator[str]:
    for token in path.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")


def _restored(value: dict[str, Any], rescued: list[tuple[str, str]] | None) -> dict[str, Any]:
    """Puts what was rescued back into its places."""
    for path, text in rescued or ():
        *above, last = _tokens(path)
        place: Any = value
        for token in above:
            # A flattened map may hold nothing but what was rescued.
            place = place[int(token)] if isinstance(place, list) else place.setdefault(token, {})
        if isinstance(place, list):
            assert place[int(last)] is None, "a misfit leaves null in its place"
            place[int(last)] = _parsed_value(text)
        else:
            assert place.get(last) is None, "a misfit leaves null in its place"
            place[last] = _parsed_value(text)
    return value


# --- comparing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Same:
    """Tells whether a value is the original, but for what was given up on purpose.

    Attributes:
        nulls: Whether NULL attributes of maps must be there.
        doubles: Whether numbers are only as near as a double is.
        empty: Whether maps without attributes (NULL ones aside, if they need not be there) must be there.
    """

    nulls: bool = True
    doubles: bool = False
    empty: bool = True

    def __call__(self, original: Any, found: Any) -> bool:  # noqa: PLR0911 - as above
        if isinstance(found, Text):
            return _text(original) == found.text
        match original:
            case ChangeRecord():
                parts = ("keys", "write_timestamp", "new_image", "old_image")
                return all(self(getattr(original, part), getattr(found, part)) for part in parts)
            case dict():
                if not isinstance(found, dict):
                    return False
                return all(self._same_attribute(original, found, name) for name in {**original, **found})
            case list():
                return isinstance(found, list) and len(original) == len(found) and all(map(self, original, found))
            case set():
                return isinstance(found, set) and set(map(self._typed, original)) == set(map(self._typed, found))
        return self._typed(original) == self._typed(found)

    def _same_attribute(self, original: dict[str, Any], found: dict[str, Any], name: str) -> bool:
        if name in original and name in found:
            return self(original[name], found[name])
        return self._may_be_gone(original.get(name, found.get(name)))

    def _may_be_gone(self, value: Any) -> bool:
        if isinstance(value, dict):
            return not self.empty and all(map(self._may_be_gone, value.values()))
        return value is None and not self.nulls

    def _typed(self, value: Any) -> tuple[type, Any]:
        if self.doubles and isinstance(value, Decimal):
            value = float(value)
        return type(value), value


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case bytes():
            return base64.b64encode(value).decode()
    line = dumps_item({"v": value}, TextForm.DYNAMODB_JSON).decode()
    tagged = line.removeprefix('{"Item":{"v":').removesuffix("}}")
    return tagged.removeprefix('{"N":"').removesuffix('"}') if isinstance(value, Decimal) else tagged
