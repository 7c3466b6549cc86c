"""Ion: what its values mean as DynamoDB's (``docs/records.md``); the text itself is read in ``ion_text``."""

import re
from typing import Any, ClassVar

from exportkit.codec.ion_text import IonValue, parse_ion
from exportkit.codec.numbers import Number, from_float, from_integer, from_parts, parse_number
from exportkit.codec.record import Members, RecordReader
from exportkit.codec.tree import RecordFault, Value

__all__ = ["SET_ANNOTATIONS", "IonReader", "all_decimals"]

SET_ANNOTATIONS = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}

_SET_ELEMENTS = {"SS": ("string",), "NS": ("decimal", "int", "float"), "BS": ("blob",)}

# Strings, comments and lobs (strings inside them) reach to the end where nothing closes them.
_DOUBLE = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_TRIPLE = r"'''(?:[^'\\]++|\\.|'(?!''))*+(?:'''|\\?\Z)"
_SINGLE = r"'(?:[^'\\]++|\\.)*+(?:'|\\?\Z)"


class IonReader(RecordReader[IonValue]):
    """Reads records of outputFormat ION."""

    wrapped: ClassVar[bool] = True
    tokens: ClassVar[re.Pattern[str]] = re.compile(
        rf"{_DOUBLE}|{_TRIPLE}|{_SINGLE}|//.*+|/\*(?:(?!\*/).)*+(?:\*/)?"
        rf"|\{{\{{(?:{_DOUBLE}|{_TRIPLE}|(?!\}}\}}).)*+(?:\}}\}})?"
        r"|([{}\[\]()])",
        re.DOTALL,
    )

    def parse(self, text: str) -> IonValue:
        """Returns the line's value."""
        return parse_ion(text)

    def members(self, raw: IonValue) -> Members[IonValue] | None:
        """Returns a struct's fields."""
        return raw.content if raw.type == "struct" else None

    def refuse_annotations(self, raw: IonValue) -> None:
        """Refuses any."""
        if raw.annotations:
            raise RecordFault("ion-annotation")

    def timestamp(self, raw: IonValue) -> Number:
        """Returns the number of a decimal, an integer or a string."""
        if raw.type == "string":
            return parse_number(raw.content)
        if raw.type not in {"decimal", "int"}:
            raise RecordFault("timestamp-invalid")
        return _number(raw)

    def value(self, raw: IonValue, level: int) -> Value:
        """Returns the value of an Ion value."""
        if raw.annotations:
            tag = SET_ANNOTATIONS.get(raw.annotations[0] or "")
            if tag is None or len(raw.annotations) > 1 or raw.type != "list":
                raise RecordFault("ion-annotation")
            return self.read_set(tag, raw.content, lambda element: _element(tag, element))
        match raw.type:
            case "string":
                return Value("S", raw.content)
            case "decimal" | "int" | "float":
                return Value("N", _number(raw))
            case "blob":
                return Value("B", raw.content)
            case "bool":
                return Value("BOOL", raw.content)
            case "null":
                return Value("NULL", None)
            case "list":
                return self.read_list(raw.content, level)
            case "struct":
                return self.read_map(raw.content, level)
        raise RecordFault("ion-type")


def all_decimals(text: str) -> bool:
    """Returns whether every number in a well-formed line's value is spelled as a decimal, none as an int or a float."""
    return _all_decimals(parse_ion(text))


def _all_decimals(raw: IonValue) -> bool:
    match raw.type:
        case "struct":
            return all(_all_decimals(value) for _, value in raw.content)
        case "list":
            return all(map(_all_decimals, raw.content))
    return raw.type not in {"int", "float"}


def _element(tag: str, raw: IonValue) -> Any:
    if raw.annotations:
        raise RecordFault("ion-annotation")
    if raw.type not in _SET_ELEMENTS[tag]:
        raise RecordFault("set-element")
    return _number(raw) if tag == "NS" else raw.content


def _number(raw: IonValue) -> Number:
    content = raw.content
    if isinstance(content, float):
        return from_float(content)
    if isinstance(content, int):
        return from_integer(content)
    sign, whole, fraction, _, exponent = content.groups()
    return from_parts(sign == "-", whole.replace("_", ""), (fraction or "").lstrip(".").replace("_", ""), exponent)
