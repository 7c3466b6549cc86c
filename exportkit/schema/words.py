"""The type of a column in words, as a person reads and writes it: ``list<decimal(18,2)>``."""

import re

from exportkit.model.plan import ColumnKind
from exportkit.schema.columns import ColumnType

__all__ = ["ALLOWED_TYPES", "parse_type", "type_words"]

ALLOWED_TYPES = (
    "string, binary, bool, int64, decimal(P,S), double, number-string, json, text, null, struct (with fields), "
    "mixed (with types), list<T>, map<string, T>, set<T> with T string, binary or a type of numbers"
)
_PLAIN = {
    str(kind): kind
    for kind in (
        ColumnKind.STRING,
        ColumnKind.BINARY,
        ColumnKind.BOOL,
        ColumnKind.INT64,
        ColumnKind.DOUBLE,
        ColumnKind.NUMBER_STRING,
        ColumnKind.JSON,
        ColumnKind.TEXT,
        ColumnKind.NULL,
        ColumnKind.STRUCT,
        ColumnKind.MIXED,
    )
}
_DECIMAL = re.compile(r"decimal\s*\(\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*\)")
_AROUND = re.compile(r"(list|set)\s*<(.*)>|(map)\s*<\s*string\s*,(.*)>", re.DOTALL)
_MAX_PRECISION = 76
_IN_SETS = frozenset(
    {
        ColumnKind.STRING,
        ColumnKind.BINARY,
        ColumnKind.INT64,
        ColumnKind.DECIMAL,
        ColumnKind.DOUBLE,
        ColumnKind.NUMBER_STRING,
    }
)


def type_words(column: ColumnType) -> str:
    """Returns the type of a column, without the fields of a struct or a mixed one.

    >>> type_words(parse_type("map<string,list< decimal( 18 , 2 ) >>"))
    'map<string, list<decimal(18,2)>>'
    """
    if column.kind is ColumnKind.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    if column.element is None:
        return str(column.kind)
    inner = type_words(column.element)
    return f"map<string, {inner}>" if column.kind is ColumnKind.MAP else f"{column.kind}<{inner}>"


def parse_type(words: str) -> ColumnType:
    """Returns the column of such a type; a struct or mixed one without its fields.

    Raises:
        ValueError: There is no such type; says what there is.
    """
    text = words.strip()
    if text in _PLAIN:
        return ColumnType(kind=_PLAIN[text])
    if found := _DECIMAL.fullmatch(text):
        precision, scale = int(found[1]), int(found[2])
        if not (1 <= precision <= _MAX_PRECISION and scale <= precision):
            raise ValueError(
                f"{text} is no decimal: P has to be from 1 to {_MAX_PRECISION}, S from 0 to P in decimal(P,S)"
            )
        return ColumnType(kind=ColumnKind.DECIMAL, precision=precision, scale=scale)
    if found := _AROUND.fullmatch(text):
        kind = ColumnKind(found[1] or found[3])
        element = parse_type(found[2] or found[4] or "")
        if kind is ColumnKind.SET and element.kind not in _IN_SETS:
            raise ValueError(f"{text} is no set: sets hold string, binary, or a type of numbers")
        return ColumnType(kind=kind, element=element)
    raise ValueError(f"{text!r} is no type; allowed are {ALLOWED_TYPES}")
