"""Rows for Arrow: what a column holds of a value, and what becomes of the rest (``docs/columns.md``).

A row is made of what pyarrow takes for the column's type: dicts for structs, lists, pairs for maps, and
None for null.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exportkit.codec.binary import encode_base64
from exportkit.codec.numbers import Number, digits_before, digits_behind, service_spelling, to_decimal, to_int64
from exportkit.codec.tree import Attributes, ItemTree, RecordTree, Value, pointer
from exportkit.codec.writing import dynamodb_json_map, dynamodb_json_value
from exportkit.model.plan import RESCUED, REST, Column, ColumnKind, ColumnPlan, Field, Others

__all__ = ["Misplaced", "Row", "RowMaker"]

Path = tuple[str, ...]


class Misplaced(NamedTuple):
    """A value that fits no column.

    Attributes:
        path: Its JSON Pointer in the row.
        value: The value.
    """

    path: str
    value: Value


@dataclass(slots=True)
class Row:
    """One record as a row.

    Attributes:
        values: By column.
        merged_nulls: NULL values that became nulls.
        misfits: Values that fit no column, in the order of the record.
    """

    values: dict[str, Any] = field(default_factory=dict)
    merged_nulls: int = 0
    misfits: list[Misplaced] = field(default_factory=list)


class RowMaker:
    """Makes rows by one plan."""

    def __init__(self, plan: ColumnPlan) -> None:
        self._plan = plan
        self._fields: dict[int, dict[str, Field]] = {}
        for column in (plan.item, plan.keys):
            if column is not None:
                self._look_up(column)

    def _look_up(self, column: Column) -> None:
        """Notes the fields of a column, and of all below it, by name."""
        self._fields[id(column)] = {field.attribute: field for field in column.fields}
        for field_ in column.fields:
            self._look_up(field_.column)
        if column.element is not None:
            self._look_up(column.element)

    def row(self, record: RecordTree) -> Row:
        """Returns the row of a record; where the plan rescues, with its misfits in ``_rescued``."""
        row = Row()
        filling = _Filling(self._fields, self._plan.keep_nulls, row)
        if isinstance(record, ItemTree):
            row.values = filling.struct(self._plan.item, record.item, ())
        else:
            row.values = {
                "operation": "DELETE" if record.new_image is None else "PUT",
                "write_timestamp": record.write_timestamp,
            }
            columns = {"Keys": ("keys", self._plan.keys), "NewImage": ("new_image", self._plan.item)}
            columns["OldImage"] = ("old_image", self._plan.item)
            for member, attributes in record.members():
                name, column = columns[member]
                if column is None:
                    raise ValueError("the plan of an incremental export says nothing of its keys")
                row.values[name] = filling.struct(column, attributes, (member,))
        if self._plan.rescue and row.misfits:
            row.values[RESCUED] = [(path, dynamodb_json_value(value)) for path, value in row.misfits]
        return row


class _MisfitError(Exception):
    """The column does not take the value."""


@dataclass(frozen=True, slots=True)
class _Filling:
    """Fills columns with the values of one record; what does not go into them goes into ``row``.

    Attributes:
        fields: The fields of each column (by identity), by attribute or type tag.
        keep_nulls: The plan's.
        row: Where misfits and merged nulls are noted.
    """

    fields: dict[int, dict[str, Field]]
    keep_nulls: bool
    row: Row

    def struct(self, column: Column, attributes: Attributes, path: Path) -> dict[str, Any]:
        """Returns what a STRUCT holds of some attributes."""
        values: dict[str, Any] = {}
        self._fill(values, column, attributes, path)
        return values

    def _fill(self, values: dict[str, Any], column: Column, attributes: Attributes, path: Path) -> None:
        """Puts attributes into the fields of a STRUCT, or of a FLAT inside it."""
        fields = self.fields[id(column)]
        rest: Attributes = []
        for name, value in attributes:
            place, found = (*path, name), fields.get(name)
            if found is not None:
                self._fill_field(values, found, value, place)
            elif column.others is Others.MISFIT or column.kind is ColumnKind.FLAT:
                self._misfit(value, place)
            elif column.others is Others.REST:
                rest.append((name, value))
        if rest:
            values[REST] = dynamodb_json_map(rest)

    def _fill_field(self, values: dict[str, Any], found: Field, value: Value, path: Path) -> None:
        column = found.column
        match column.kind:
            case ColumnKind.SKIP:
                return
            case ColumnKind.FLAT if value.tag == "M" and value.content:
                self._fill(values, column, value.content, path)
            case ColumnKind.FLAT if value.tag == "NULL" and not self.keep_nulls:
                self.row.merged_nulls += 1
            case ColumnKind.FLAT:
                self._misfit(value, path)
            case _:
                values[found.name] = self._take(column, value, path)

    def _take(self, column: Column, value: Value, path: Path) -> Any:
        """Returns what a column holds of a value; where that is nothing, None, and the reason is noted."""
        try:
            if value.tag == "NULL":
                return self._fit_null(column, value)
            return self._fit(column, value, path)
        except _MisfitError:
            self._misfit(value, path)
            return None

    def _fit(self, column: Column, value: Value, path: Path) -> Any:
        """Returns what a column holds of a value that it takes."""
        tag, content = value
        match column.kind:
            case ColumnKind.SET if tag == column.set_type:
                element = _element(column)
                return [_scalar(element, tag[0], part) for part in content]
            case ColumnKind.LIST if tag == "L":
                element = _element(column)
                return [self._take(element, part, (*path, str(index))) for index, part in enumerate(content)]
            case ColumnKind.MAP if tag == "M":
                element = _element(column)
                return [(name, self._take(element, part, (*path, name))) for name, part in content]
            case ColumnKind.STRUCT if tag == "M":
                return self.struct(column, content, path)
            case ColumnKind.MIXED if tag in self.fields[id(column)]:
                field = self.fields[id(column)][tag]
                return {field.name: self._fit(field.column, value, path)}
            case ColumnKind.JSON:
                return dynamodb_json_value(value)
            case ColumnKind.TEXT:
                return _text(value)
        return _scalar(column, tag, content)

    def _fit_null(self, column: Column, value: Value) -> Any:
        """Returns what a column holds of NULL."""
        match column.kind:
            case ColumnKind.JSON:
                return dynamodb_json_value(value)
            case ColumnKind.MIXED if "NULL" in self.fields[id(column)]:
                return {self.fields[id(column)]["NULL"].name: True}
            case ColumnKind.TEXT:
                pass
            case _ if self.keep_nulls:
                raise _MisfitError
        self.row.merged_nulls += 1
        return None

    def _misfit(self, value: Value, path: Path) -> None:
        self.row.misfits.append(Misplaced(pointer(path), value))


def _element(column: Column) -> Column:
    if column.element is None:
        raise ValueError(f"a {column.kind} column says nothing of its elements")
    return column.element


def _scalar(column: Column, tag: str, content: Any) -> Any:
    """Returns what a column holds of an S, N, B or BOOL, or of an element of a set."""
    match column.kind, tag:
        case (ColumnKind.STRING, "S") | (ColumnKind.BINARY, "B") | (ColumnKind.BOOL, "BOOL"):
            return content
        case _, "N":
            return _number(column, content)
    raise _MisfitError


def _number(column: Column, number: Number) -> Any:
    match column.kind:
        case ColumnKind.INT64 if (integer := to_int64(number)) is not None:
            return integer
        case ColumnKind.DECIMAL if (
            digits_before(number) <= column.precision - column.scale and digits_behind(number) <= column.scale
        ):
            return to_decimal(number)
        case ColumnKind.DOUBLE:
            return float(service_spelling(number))  # the nearest double, ties to even
        case ColumnKind.NUMBER_STRING:
            return service_spelling(number)
    raise _MisfitError


def _text(value: Value) -> str:
    tag, content = value
    match tag:
        case "S":
            return str(content)
        case "N":
            return service_spelling(content)
        case "B":
            return encode_base64(content)
        case "BOOL":
            return "true" if content else "false"
    return dynamodb_json_value(value)
