"""The edge values of the format: every type at its limits, every kind of name.

All in DynamoDB JSON, so that what stands here is what a file holds. Rules come from
the DynamoDB developer guide ("Constraints", "Naming rules and data types") and from
what real exports hold.
"""

import base64
import json
import re
from typing import Any

__all__ = ["EDGES", "attribute", "big_attribute"]

Value = dict[str, Any]


def attribute(name: str, value: Value, *, ascii_only: bool = False) -> str:
    r"""Returns ``"name":{…}`` as compact JSON, non-ASCII raw or as ``\uXXXX``."""
    text = json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return re.sub("[^\x00-\x7f]", lambda match: json.dumps(match[0])[1:-1], text) if ascii_only else text


def big_attribute(item: int) -> str:
    """Returns an attribute that brings an item close to the 400 KB it may have: a string, a binary or a list."""
    match item % 3:
        case 0:
            return attribute("big", {"S": f"{item:016x} è 日本 " * 14_000})
        case 1:
            return attribute("big", _binary(item.to_bytes(8, "big") * 47_000))
        case _:
            return attribute("big", {"L": [{"N": f"{item}.{number:06d}1"} for number in range(45_000)]})


def _binary(raw: bytes) -> Value:
    return {"B": base64.b64encode(raw).decode()}


def _nested(depth: int) -> Value:
    """Returns lists and maps by turns, ``depth`` levels of them around a string."""
    value: Value = {"S": "bottom"}
    for level in range(depth):
        value = {"L": [value]} if level % 2 else {"M": {f"level{depth - level}": value}}
    return value


_NUMBERS = (
    "0",
    "1",
    "-1",
    "20",
    "61600",
    "3.875",
    "-0.00000012345",
    "0.0000001",
    "0.000001",
    "1E-10",
    "1.5E-10",
    "12345678901234567890123456789012345678",
    "-99999999999999999999999999999999999999",
    "0.12345678901234567890123456789012345678",
    "-1234567890123456789.0123456789012345678",
    "100000000000000000000000000000000000000",  # 39 digits, one of them significant
    "1" + "0" * 100,  # the same number spelled with and without exponent
    "1E+100",
    "9.9999999999999999999999999999999999999E+125",
    "-9.9999999999999999999999999999999999999E+125",
    "1E-130",
    "-1E-130",
    "1.2345678901234567890123456789012345678E-93",
)

_STRINGS = (
    "",
    " ",
    'quote " backslash \\ slash / tab \t line \n return \r',
    "\x00\x01\b\f\v\x1b\x1f\x7f",  # control characters
    "line\u2028separator\u2029and\u0085next",  # not line ends: only \n is
    "é e\u0301 ñ ß İ \u0131",
    "日本語 العربية עברית हिन्दी",
    "😀 👩‍👩‍👧 \U0010ffff \ufffe",
    "\ufeffbom",
    "null",
    '{"Item":{"id":{"S":"x"}}}',
    '$ion_1_0 {Item:{id:"x"}}',
    "'''long''' {{YQ==}} // no comment /* none */",
    "x" * 8192,
)

_BINARIES = (b"", b"\x00", b"\xff\xfe", b"abc", b"\x1f\x8b\x08\x00", bytes(range(256)), b"\xfb\xff\xfe" * 100)

_NAMES = (
    "a.b",
    "a-b",
    "a b",
    " ",
    "it's",
    'say "hi"',
    "back\\slash",
    "new\nline",
    "tab\there",
    "a/b~c",
    "😀",
    "日本語",
    "line\u2028separator",
    "null",
    "true",
    "false",
    "nan",
    "$5",
    "$ion_1_0",
    "$dollar",
    "_rescued",
    "123",
    "1abc",
    "S",
    "Item",
    "Keys",
    "NewImage",
    "é",
    "e\u0301",
    "n" * 2048,
)

_CONTAINERS: tuple[tuple[str, Value], ...] = (
    ("map_empty", {"M": {}}),
    ("list_empty", {"L": []}),
    ("list_of_empties", {"L": [{"L": []}, {"M": {}}, {"S": ""}, {"B": ""}, {"NULL": True}]}),
    ("map_of_empties", {"M": {"l": {"L": []}, "m": {"M": {}}, "s": {"S": ""}, "b": {"B": ""}, "z": {"NULL": True}}}),
    ("list_mixed", {"L": [{"S": "1"}, {"N": "1"}, {"BOOL": True}, {"SS": ["1"]}, {"L": [{"N": "1"}]}]}),
    ("map_like_types", {"M": {"S": {"S": "S"}, "N": {"N": "1"}, "M": {"M": {"L": {"L": []}}}}}),
    ("nested_32", _nested(32)),
    ("wide_map", {"M": {f"key{number}": {"N": str(number)} for number in range(300)}}),
)

_SETS: tuple[tuple[str, Value], ...] = (
    ("ss_one", {"SS": ["only"]}),
    ("ss_empty_string", {"SS": ["", "a"]}),
    ("ss_odd", {"SS": ["😀", 'a"b', "null", "\u2028", "é", "e\u0301"]}),
    ("ss_many", {"SS": [f"element-{number}" for number in range(100)]}),
    ("ns_limits", {"NS": ["0", "-1", "1E-130", "9.9999999999999999999999999999999999999E+125", "1.5"]}),
    ("ns_one", {"NS": ["12345678901234567890123456789012345678"]}),
    ("bs", {"BS": [base64.b64encode(raw).decode() for raw in _BINARIES[1:5]]}),
    ("bs_empty", {"BS": ["", "AA=="]}),
)


def _edges() -> tuple[str, ...]:
    pairs: list[tuple[str, Value]] = [
        *((f"n_{index}", {"N": number}) for index, number in enumerate(_NUMBERS)),
        *((f"s_{index}", {"S": string}) for index, string in enumerate(_STRINGS)),
        *((f"b_{index}", _binary(raw)) for index, raw in enumerate(_BINARIES)),
        *((name, {"S": f"name {index}"}) for index, name in enumerate(_NAMES)),
        *_CONTAINERS,
        *_SETS,
        ("yes", {"BOOL": True}),
        ("no", {"BOOL": False}),
        ("nothing", {"NULL": True}),
    ]
    case_variants = ",".join(attribute(name, {"S": name}) for name in ("Name", "name", "NAME", "nAME"))
    escaped = [attribute(name, value, ascii_only=True) for name, value in (*_SETS[2:3], ("é😀", {"S": _STRINGS[7]}))]
    return (*(attribute(name, value) for name, value in pairs), case_variants, *escaped)


EDGES: tuple[str, ...] = _edges()
"""One JSON fragment of one or more attributes for each edge."""
