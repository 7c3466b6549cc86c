"""The shape of a schema file: JSON, checked by the JSON Schema that is shipped with exportkit."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from exportkit.schema.document import DocumentError

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["JSON_SCHEMA", "parse_document"]

JSON_SCHEMA = "schema-file.schema.json"

_MAX_NESTING = 300
"""Levels of JSON: 64 of DynamoDB's, each a column in a list in a column, and room."""

_JSON_TYPES = {
    "string": "a string",
    "object": "an object",
    "array": "an array",
    "integer": "a whole number",
    "boolean": "true or false",
}


def parse_document(data: bytes) -> Mapping[str, Any]:
    """Returns a schema file's document, of the right shape.

    Raises:
        DocumentError: It is no JSON, or not of that shape; says where, what is wrong and what is allowed.
    """
    document = _json(data)
    faults = sorted(_validator().iter_errors(document), key=_place)
    if faults:
        raise DocumentError(faults[0].json_path, _reason(faults[0]))
    found: Mapping[str, Any] = document
    return found


def _json(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")  # editors of one system write the mark
        document = json.loads(text, object_pairs_hook=_once, parse_float=_number, parse_constant=_refused)
    except UnicodeDecodeError as error:
        raise DocumentError(f"byte {error.start}", "is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise DocumentError(f"line {error.lineno}, column {error.colno}", f"is no JSON: {error.msg}") from None
    except DocumentError:
        raise
    except RecursionError:
        raise DocumentError("$", "is nested too deeply") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise DocumentError("$", str(error)) from None
    if _levels(document) > _MAX_NESTING:
        raise DocumentError("$", "is nested too deeply")
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DocumentError("$", "has half of a surrogate pair, which is no text") from None
    return document


def _levels(document: Any) -> int:
    """Returns how deeply a document is nested, whatever its depth."""
    levels, row = 0, [document]
    while row := [
        below
        for each in row
        if isinstance(each, dict | list)
        for below in (each.values() if isinstance(each, dict) else each)
    ]:
        levels += 1
    return levels


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError("$", f"the member {twice!r} stands twice in one object")
    return found


def _number(text: str) -> int | float:
    """Returns a number with a point or an exponent; 2.0 is a whole one, as JSON Schema has it."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refused(constant: str) -> Any:
    raise DocumentError("$", f"{constant} is no JSON")


@cache
def _validator() -> "Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only where a schema file is read

    schema = json.loads(files("exportkit.schema").joinpath(JSON_SCHEMA).read_bytes())
    validator: Validator = Draft202012Validator(schema)
    return validator


def _place(fault: "ValidationError") -> list[tuple[bool, int, str]]:
    """Sorts faults by where they stand in the document."""
    return [(isinstance(step, str), 0 if isinstance(step, str) else step, str(step)) for step in fault.absolute_path]


def _reason(fault: "ValidationError") -> str:
    found: Any = fault.instance
    rule: Any = fault.validator_value
    schema: Any = fault.schema
    match fault.validator:
        case "required":
            missing = next(name for name in rule if name not in found)
            return f"the member {missing!r} is missing"
        case "additionalProperties" if isinstance(found, dict):
            allowed = list(schema["properties"])
            unknown = next(name for name in found if name not in allowed)
            return f"there is no member {unknown!r}; allowed are {', '.join(allowed)}"
        case "enum":
            return f"is {json.dumps(found)}; allowed are {', '.join(rule)}"
        case "const":
            return f"is {json.dumps(found)}; this exportkit reads {rule}"
        case "type":
            return f"is {json.dumps(found)[:50]}; it has to be {_JSON_TYPES[rule]}"
    return fault.message
