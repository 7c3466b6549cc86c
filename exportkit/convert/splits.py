"""The folders of an export that is split: one for each value, none of them the same, none of them strange."""

import hashlib
from collections.abc import Sequence

from exportkit.model.statistics import SplitValue

__all__ = ["split_folders"]

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
_NONE = "__HIVE_DEFAULT_PARTITION__"
_LONGEST = 96
"""Twice so many, hashes and an ending stay below the 255 bytes that file systems allow."""


def split_folders(attribute: str, values: Sequence[SplitValue]) -> tuple[str, ...]:
    """Returns the folder name of each value, ``ATTR=value`` as Hive has it.

    What is no letter, digit, ``-``, ``_`` or ``.`` is percent-encoded; a very long value ends in a hash.
    Where two names would be the same but for case, or two values differ in type alone, the later
    one ends in ``~`` and its type, and a hash where that is not enough.

    Args:
        attribute: The attribute's name.
        values: Its values.

    Example:
        >>> split_folders("type", [("S", "order"), ("S", "a/b"), ("S", "Order"), None])
        ('type=order', 'type=a%2Fb', 'type=Order~S', 'type=__HIVE_DEFAULT_PARTITION__')
    """
    start = f"{_safe(attribute)}="
    taken: set[str] = set()
    names: list[str] = []
    for value in values:
        tag, text = value or ("", "")
        name = start + (_NONE if value is None else _safe(text))
        digest = hashlib.sha256(f"{tag} {text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        for ending in ("", f"~{tag}", f"~{tag}~{digest}"):
            if (name + ending).casefold() not in taken:
                name += ending
                break
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def _safe(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    encoded = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)
    if len(encoded) <= _LONGEST:
        return encoded or "%"  # which no other text becomes
    return f"{encoded[:_LONGEST]}~{hashlib.sha256(data).hexdigest()[:16]}"
