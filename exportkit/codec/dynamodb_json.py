"""DynamoDB JSON: records read strictly by the standard library's parser, which shows duplicates.

Raw values are what :mod:`json` gives, but an object is a tuple of its members and a number a :class:`JSONNumber`.
"""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, TypeAlias

from exportkit.codec.binary import decode_base64
from exportkit.codec.numbers import Number, parse_number
from exportkit.codec.record import Members, RecordReader
from exportkit.codec.tree import RecordFault, Value

__all__ = ["DynamoDBJSONReader"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONNumber:
    """A JSON number, kept as the text it is."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Raw: TypeAlias = "tuple[tuple[str, Raw], ...] | list[Raw] | str | JSONNumber | bool | None"


class DynamoDBJSONReader(RecordReader[Any]):  # Any stands for Raw, which mypy does not bind when recursive
    """Reads records of outputFormat DYNAMODB_JSON."""

    wrapped: ClassVar[bool] = False
    tokens: ClassVar[re.Pattern[str]] = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([{}\[\]])', re.DOTALL)

    def parse(self, text: str) -> Any:
        """Returns the line's value; RFC 8259 to the letter."""
        try:
            raw = _DECODER.decode(text)
        except ValueError:
            raise RecordFault("syntax") from None
        if _SURROGATE_ESCAPE.search(text) and _has_surrogate(raw):
            raise RecordFault("syntax")
        return raw

    def members(self, raw: Any) -> Members[Any] | None:
        """Returns an object's members."""
        return raw if type(raw) is tuple else None

    def refuse_annotations(self, raw: Any) -> None:
        """JSON has none."""

    def timestamp(self, raw: Any) -> Number:
        """Returns the number of ``{"N": text}``, of a text or of a number."""
        if type(raw) is tuple and len(raw) == 1 and raw[0][0] == "N":
            raw = raw[0][1]
        elif type(raw) is JSONNumber:
            raw = raw.text
        if type(raw) is not str:
            raise RecordFault("timestamp-invalid")
        return parse_number(raw)

    def value(self, raw: Any, level: int) -> Value:
        """Returns the value of ``{tag: content}``."""
        if type(raw) is not tuple or not raw:
            raise RecordFault("type-tag")
        tag, content = raw[0]
        value = self._tagged(tag, content, level)
        if len(raw) > 1:
            raise RecordFault("type-tag")
        return value

    def _tagged(self, tag: str, content: Any, level: int) -> Value:
        expected = _CONTENT_TYPES.get(tag)
        if expected is None:
            raise RecordFault("type-tag")
        if type(content) is not expected or (tag == "NULL" and not content):
            raise RecordFault("type-value")
        match tag:
            case "N":
                return Value(tag, parse_number(content))
            case "B":
                return Value(tag, _binary(content))
            case "NULL":
                return Value(tag, None)
            case "M":
                return self.read_map(content, level)
            case "L":
                return self.read_list(content, level)
            case "SS" | "NS" | "BS":
                return self.read_set(tag, content, _ELEMENTS[tag])
        return Value(tag, content)


def _text(raw: Any) -> str:
    if type(raw) is not str:
        raise RecordFault("set-element")
    return raw


def _binary(text: str) -> bytes:
    content = decode_base64(text)
    if content is None:
        raise RecordFault("binary")
    return content


def _has_surrogate(raw: Any) -> bool:
    """Returns whether a lone surrogate, which the parser lets pass, stands in a name or a string."""
    if type(raw) is str:
        return _SURROGATE.search(raw) is not None
    return type(raw) in {tuple, list} and any(map(_has_surrogate, raw))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and the infinities, which the parser would take


_DECODER = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=JSONNumber, parse_float=JSONNumber, parse_constant=_refuse
)

_CONTENT_TYPES: dict[str, type[Any]] = {
    "S": str,
    "N": str,
    "B": str,
    "BOOL": bool,
    "NULL": bool,
    "SS": list,
    "NS": list,
    "BS": list,
    "L": list,
    "M": tuple,
}

_ELEMENTS: dict[str, Callable[[Any], Any]] = {
    "SS": _text,
    "NS": lambda raw: parse_number(_text(raw)),
    "BS": lambda raw: _binary(_text(raw)),
}
