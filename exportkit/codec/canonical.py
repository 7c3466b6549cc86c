"""The canonical encoding (``docs/canonical.md``): one sequence of bytes for equal values."""

import hashlib
import struct
from typing import Any

from exportkit.codec.numbers import ZERO, Number
from exportkit.codec.tree import Attributes, ChangeTree, ItemTree, RecordTree, Value

__all__ = ["encode_item", "encode_record", "encode_value", "item_hash"]

TYPE_BYTES = {
    "S": b"S",
    "N": b"N",
    "B": b"B",
    "BOOL": b"?",
    "NULL": b"0",
    "SS": b"s",
    "NS": b"n",
    "BS": b"b",
    "L": b"L",
    "M": b"M",
}
CHANGE = b"C"
NO_IMAGE = b"-"

_LENGTH = struct.Struct(">I")
_EXPONENT = struct.Struct(">h")
_TIMESTAMP = struct.Struct(">Q")


def encode_record(tree: RecordTree) -> bytes:
    """Returns the encoding of an item or of a change."""
    if isinstance(tree, ItemTree):
        return encode_item(tree.item)
    return _framed(CHANGE, _change(tree))


def _change(tree: ChangeTree) -> bytes:
    images = (NO_IMAGE if image is None else encode_item(image) for image in (tree.old_image, tree.new_image))
    return b"".join((_TIMESTAMP.pack(tree.write_timestamp), encode_item(tree.keys), *images))


def encode_item(attributes: Attributes) -> bytes:
    """Returns the encoding of an item, or of a key given by its attributes alone."""
    return encode_value(Value("M", attributes))


def encode_value(value: Value) -> bytes:
    """Returns the encoding of one attribute value."""
    tag, content = value
    return _framed(TYPE_BYTES[tag], _payload(tag, content))


def item_hash(attributes: Attributes) -> bytes:
    """Returns the 16 bytes by which entries tell keys, and images, apart."""
    return hashlib.sha256(encode_item(attributes)).digest()[:16]


def _framed(type_byte: bytes, payload: bytes) -> bytes:
    return type_byte + _LENGTH.pack(len(payload)) + payload


def _payload(tag: str, content: Any) -> bytes:
    match tag:
        case "S":
            encoded: bytes = content.encode("utf-8")
        case "N":
            encoded = _number(content)
        case "B":
            encoded = content
        case "BOOL":
            encoded = b"\x01" if content else b"\x00"
        case "NULL":
            encoded = b""
        case "L":
            encoded = b"".join(map(encode_value, content))
        case "M":
            encoded = _map(content)
        case _:
            encoded = b"".join(sorted(encode_value(Value(tag[0], element)) for element in content))
    return encoded


def _number(number: Number) -> bytes:
    if number == ZERO:
        return b"0"
    sign = b"-" if number.negative else b"+"
    return sign + _EXPONENT.pack(number.exponent) + number.digits.encode("ascii")


def _map(attributes: Attributes) -> bytes:
    named = sorted((name.encode("utf-8"), value) for name, value in attributes)
    return b"".join(_LENGTH.pack(len(name)) + name + encode_value(value) for name, value in named)
