"""Binary as text: padded standard base64, in both formats."""

import binascii
import re

__all__ = ["decode_base64", "encode_base64"]

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def decode_base64(text: str) -> bytes | None:
    """Returns the bytes, None where it is no such text; unused bits of the last character may be anything."""
    return binascii.a2b_base64(text) if _BASE64.fullmatch(text) else None


def encode_base64(content: bytes) -> str:
    """Returns the text of some bytes, unused bits zero."""
    return binascii.b2a_base64(content, newline=False).decode("ascii")
