"""The column plan: which Arrow column each attribute of an export becomes.

A plan is a tree of :class:`Column`. The decoders of both engines fill it, ``exportkit.schema`` makes
it, ``docs/columns.md`` says what each kind takes and gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RESCUED", "REST", "TYPE_OF_KIND", "Column", "ColumnKind", "ColumnPlan", "Field", "Others"]

RESCUED = "_rescued"
"""The column of values that fit no other, a map from JSON Pointer to DynamoDB JSON."""

REST = "_rest"
"""The column of attributes that have none of their own, as one JSON text."""


class ColumnKind(StrEnum):
    """What a column takes and how it holds it; ``docs/columns.md`` has the rules."""

    STRING = "string"
    BINARY = "binary"
    BOOL = "bool"
    INT64 = "int64"
    DECIMAL = "decimal"
    DOUBLE = "double"
    NUMBER_STRING = "number-string"
    SET = "set"
    LIST = "list"
    STRUCT = "struct"
    MAP = "map"
    FLAT = "flat"
    MIXED = "mixed"
    NULL = "null"
    JSON = "json"
    TEXT = "text"
    SKIP = "skip"


TYPE_OF_KIND: Mapping[ColumnKind, str] = {
    ColumnKind.STRING: "S",
    ColumnKind.BINARY: "B",
    ColumnKind.BOOL: "BOOL",
    ColumnKind.INT64: "N",
    ColumnKind.DECIMAL: "N",
    ColumnKind.DOUBLE: "N",
    ColumnKind.NUMBER_STRING: "N",
    ColumnKind.LIST: "L",
    ColumnKind.STRUCT: "M",
    ColumnKind.MAP: "M",
    ColumnKind.NULL: "NULL",
}
"""The type tag of the values that a column of this kind holds; sets have that of their own, others hold several."""


class Others(StrEnum):
    """What becomes of attributes that a STRUCT has no field for."""

    MISFIT = "misfit"
    """They fit nowhere: rescued, or an error."""
    REST = "rest"
    """They go into the column ``_rest``, the struct's last field."""
    SKIP = "skip"
    """They are left out; somebody asked for some columns alone."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a STRUCT, FLAT or MIXED column.

    Attributes:
        attribute: The DynamoDB attribute's name; in a MIXED column the type tag (``S``, ``N``, …).
        name: The Arrow field's name, unique in its struct; of no use for FLAT and SKIP columns.
        column: What it holds.
    """

    attribute: str
    name: str
    column: "Column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one attribute, list element or map value becomes.

    Attributes:
        kind: What it takes and how it holds it.
        precision: DECIMAL: digits, 1 to 76; from 39 on it is a decimal256.
        scale: DECIMAL: digits behind the point, 0 to ``precision``.
        set_type: SET: ``SS``, ``NS`` or ``BS``.
        element: LIST, MAP: what each element or value is. SET: STRING, BINARY or one that takes N.
        fields: STRUCT, FLAT: the attributes, each once, in the columns' order. MIXED: one for each type, at least one.
        others: STRUCT: what becomes of attributes without a field.
        dynamodb_type: What the field's metadata says where that is not its kind's own type: NULL of a STRING column for
            what was only ever NULL. Decoders pay no attention to it.
    """

    kind: ColumnKind
    precision: int = 0
    scale: int = 0
    set_type: str = ""
    element: "Column | None" = None
    fields: tuple[Field, ...] = ()
    others: Others = Others.MISFIT
    dynamodb_type: str = ""

    def arrow_fields(self) -> Iterator[Field]:
        """Yields the fields that have an Arrow field in this struct, those of FLAT fields in their place."""
        for field in self.fields:
            if field.column.kind is ColumnKind.FLAT:
                yield from field.column.arrow_fields()
            elif field.column.kind is not ColumnKind.SKIP:
                yield field


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """The columns of one dataset.

    The Arrow schema of a full export is the fields of ``item``, then ``_rest`` where its ``others``
    say so, then ``_rescued`` where ``rescue`` is set. Of an incremental export it is ``operation``
    (utf8, PUT or DELETE), ``write_timestamp`` (timestamp[us, UTC]), ``keys``, ``new_image`` and
    ``old_image`` (structs), then ``_rescued`` as before.

    Attributes:
        item: A STRUCT: the item, or both images of a change.
        keys: A STRUCT: the keys of a change; None in full exports.
        keep_nulls: Whether NULL fits only where a MIXED column has a NULL field (or a JSON, TEXT or SKIP column
            takes it); else NULL is a null in any column, and counted.
        rescue: Whether misfits go into ``_rescued``; else the first is a MisfitError.
    """

    item: Column
    keys: Column | None = None
    keep_nulls: bool = False
    rescue: bool = False
