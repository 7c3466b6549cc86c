"""Text that came from outside, made fit for a terminal and for JSON."""

import re
from typing import Any

__all__ = ["printable", "printable_json"]

# C0 and C1 controls, DEL, and what turns the direction of writing: a name must not steer the terminal.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Returns text with everything escaped that would steer a terminal or is no UTF-8.

    >>> printable("a\x1b[31m")
    'a\\x1b[31m'
    """
    return _UNFIT.sub(_escaped, _utf8(text))


def printable_json(value: Any) -> Any:
    """Returns a JSON document in which every string is UTF-8, names of files that are not included."""
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, dict):
        return {_utf8(name): printable_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [printable_json(each) for each in value]
    return value


def _utf8(text: str) -> str:
    return text.encode("utf-8", "surrogateescape" if _from_bytes(text) else "backslashreplace").decode(
        "utf-8", "backslashreplace"
    )


def _from_bytes(text: str) -> bool:
    """Returns whether every lone surrogate stands for a byte of a file's name."""
    return all("\udc80" <= character <= "\udcff" for character in text if "\ud800" <= character <= "\udfff")


def _escaped(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
