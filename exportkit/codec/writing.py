"""Records as text, one a line, in the three forms of ``docs/records.md`` (How records are written)."""

import re
from json.encoder import encode_basestring
from typing import Any

from exportkit.codec.binary import encode_base64
from exportkit.codec.ion import SET_ANNOTATIONS
from exportkit.codec.numbers import ion_spelling, service_spelling
from exportkit.codec.tree import Attributes, ItemTree, RecordTree, Value
from exportkit.codec.values import from_change, from_item
from exportkit.model.formats import TextForm
from exportkit.model.values import ChangeRecord, Item

__all__ = [
    "dumps_change",
    "dumps_item",
    "dynamodb_json_map",
    "dynamodb_json_value",
    "frame_change",
    "frame_item",
    "write_map",
    "write_record",
]

_ANNOTATION = {tag: annotation for annotation, tag in SET_ANNOTATIONS.items()}
_BARE_NAME = re.compile(r"(?!(?:null|true|false|nan)\Z|\$[0-9]+\Z)[A-Za-z_$][A-Za-z0-9_$]*")
_ION_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\\"]")
_ION_SPECIAL_IN_NAME = re.compile(r"[\x00-\x1f\x7f\\']")
_ION_ESCAPES = {
    "\0": r"\0",
    "\a": r"\a",
    "\b": r"\b",
    "\t": r"\t",
    "\n": r"\n",
    "\v": r"\v",
    "\f": r"\f",
    "\r": r"\r",
    '"': r"\"",
    "'": r"\'",
    "\\": r"\\",
}


def dumps_item(item: Item, form: TextForm) -> bytes:
    """Returns the line of a full export's record, without line feed.

    Args:
        item: The item; sets are written in ascending order.
        form: DynamoDB JSON, plain JSON or Ion.

    Raises:
        TypeError: A value of no type of ``exportkit.model.values``.
        ValueError: A value that DynamoDB cannot hold.
    """
    return write_record(ItemTree(from_item(item)), form)


def dumps_change(change: ChangeRecord, form: TextForm) -> bytes:
    """Returns the line of an incremental export's record, without line feed; as :func:`dumps_item`."""
    return write_record(from_change(change), form)


def write_record(tree: RecordTree, form: TextForm) -> bytes:
    """Returns a record's line, without line feed."""
    if isinstance(tree, ItemTree):
        return frame_item(write_map(tree.item, form), form)
    old, new = (None if image is None else write_map(image, form) for image in (tree.old_image, tree.new_image))
    return frame_change(write_map(tree.keys, form), tree.write_timestamp, old, new, form)


def write_map(attributes: Attributes, form: TextForm) -> bytes:
    """Returns an item, an image or a key as it stands in a record's line."""
    match form:
        case TextForm.DYNAMODB_JSON:
            text = dynamodb_json_map(attributes)
        case TextForm.JSON:
            text = _json_map(attributes)
        case TextForm.ION:
            text = _ion_map(attributes)
    return text.encode("utf-8")


def frame_item(item: bytes, form: TextForm) -> bytes:
    """Returns the line of a full export's record, given its item's text."""
    match form:
        case TextForm.DYNAMODB_JSON:
            return b'{"Item":%b}' % item
        case TextForm.JSON:
            return item
        case TextForm.ION:
            return b"$ion_1_0 {Item:%b}" % item


def frame_change(keys: bytes, timestamp: int, old: bytes | None, new: bytes | None, form: TextForm) -> bytes:
    """Returns the line of an incremental export's record, given its parts' texts; None for an image it lacks."""
    match form:
        case TextForm.DYNAMODB_JSON:
            start, name, end = b'{"Metadata":{"WriteTimestampMicros":{"N":"%d"}}' % timestamp, b',"%b":', b"}"
        case TextForm.JSON:
            start, name, end = b'{"Metadata":{"WriteTimestampMicros":%d}' % timestamp, b',"%b":', b"}"
        case TextForm.ION:
            start, name, end = b"$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:%d.}" % timestamp, b",%b:", b"}}"
    members = ((b"Keys", keys), (b"OldImage", old), (b"NewImage", new))
    return b"".join((start, *(name % member + text for member, text in members if text is not None), end))


# --- DynamoDB JSON -----------------------------------------------------------------------------------------


def dynamodb_json_map(attributes: Attributes) -> str:
    """Returns an object of attribute values, ``{"a":{"N":"1"}}``."""
    members = [f"{encode_basestring(name)}:{dynamodb_json_value(value)}" for name, value in attributes]
    return f"{{{','.join(members)}}}"


def dynamodb_json_value(value: Value) -> str:
    """Returns an attribute value, ``{"S":"x"}``."""
    tag, content = value
    return f'{{"{tag}":{_dynamodb_json_content(tag, content)}}}'


def _dynamodb_json_content(tag: str, content: Any) -> str:
    match tag:
        case "S":
            return encode_basestring(content)
        case "N":
            return f'"{service_spelling(content)}"'
        case "B":
            return f'"{encode_base64(content)}"'
        case "BOOL":
            return "true" if content else "false"
        case "NULL":
            return "true"
        case "L":
            return f"[{','.join(map(dynamodb_json_value, content))}]"
        case "M":
            return dynamodb_json_map(content)
    return f"[{','.join(_dynamodb_json_content(tag[0], element) for element in content)}]"


# --- plain JSON --------------------------------------------------------------------------------------------


def _json_map(attributes: Attributes) -> str:
    members = [f"{encode_basestring(name)}:{_json_content(*value)}" for name, value in attributes]
    return f"{{{','.join(members)}}}"


def _json_content(tag: str, content: Any) -> str:
    match tag:
        case "S":
            return encode_basestring(content)
        case "N":
            return service_spelling(content)
        case "B":
            return f'"{encode_base64(content)}"'
        case "BOOL":
            return "true" if content else "false"
        case "NULL":
            return "null"
        case "L":
            return f"[{','.join(_json_content(*element) for element in content)}]"
        case "M":
            return _json_map(content)
    return f"[{','.join(_json_content(tag[0], element) for element in content)}]"


# --- Ion ---------------------------------------------------------------------------------------------------


def _ion_map(attributes: Attributes) -> str:
    return f"{{{','.join(f'{_ion_name(name)}:{_ion_content(*value)}' for name, value in attributes)}}}"


def _ion_name(name: str) -> str:
    if _BARE_NAME.fullmatch(name):
        return name
    return f"'{_ION_SPECIAL_IN_NAME.sub(_ion_escape, name)}'"


def _ion_escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ION_ESCAPES.get(character) or f"\\x{ord(character):02x}"


def _ion_content(tag: str, content: Any) -> str:
    match tag:
        case "S":
            return f'"{_ION_SPECIAL.sub(_ion_escape, content)}"'
        case "N":
            return ion_spelling(content)
        case "B":
            return f"{{{{{encode_base64(content)}}}}}"
        case "BOOL":
            return "true" if content else "false"
        case "NULL":
            return "null"
        case "L":
            return f"[{','.join(_ion_content(*element) for element in content)}]"
        case "M":
            return _ion_map(content)
    return f"{_ANNOTATION[tag]}::[{','.join(_ion_content(tag[0], element) for element in content)}]"
