"""The members of one JSON object of a manifest, taken out one by one with their types checked."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import orjson

from exportkit.errors import ManifestError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.times import parse_time

__all__ = ["Members", "shown"]

_Word = TypeVar("_Word", OutputFormat, ExportType, ExportView)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # UTF-8, UTF-16


def shown(text: str) -> str:
    """Returns a text as errors show it: quoted, and not all of it where it is long."""
    return repr(text if len(text) <= 80 else text[:80] + "…")


class Members:
    """The members of one JSON object, taken out one by one with their types checked."""

    def __init__(self, data: bytes, uri: str, line: int | None = None) -> None:
        self._uri = uri
        self._line = line
        if data.startswith(_BYTE_ORDER_MARKS):
            raise self.wrong("not JSON: a byte order mark stands first; an editor or another tool rewrote the file")
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise self.wrong(f"not JSON: {error.msg}, at character {error.pos + 1}") from None
        if not isinstance(value, dict):
            raise self.wrong(f"not a JSON object but {_json_type(value)}")
        try:
            repeated = None if _surely_unique(data, value) else _repeated_key(data)
        except RecursionError:
            raise self.wrong("not JSON: nested too deeply") from None
        if repeated is not None:
            raise self.wrong(f"{shown(repeated)} stands twice in one object")
        self.members: dict[str, Any] = value

    def wrong(self, message: str) -> ManifestError:
        """Returns the error that says what is wrong, and in which line."""
        return ManifestError(self._uri, message, line=self._line)

    def text(self, key: str) -> str | None:
        """Returns a string; None where it is null or not there, as of the following."""
        value = self.members.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(f"{key} is {_json_type(value)}, not a string")
        return value

    def count(self, key: str) -> int | None:
        """Returns a whole number of at least 0."""
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(f"{key} is not a whole number of at least 0")
        return value

    def time(self, key: str) -> datetime | None:
        """Returns an instant."""
        text = self.text(key)
        if text is None:
            return None
        try:
            return parse_time(text)
        except ValueError:
            raise self.wrong(f"{key} is not an ISO-8601 time in UTC: {shown(text)}") from None

    def word(self, key: str, words: type[_Word]) -> _Word | None:
        """Returns one of certain words."""
        text = self.text(key)
        if text is None:
            return None
        try:
            return words(text)
        except ValueError:
            raise self.wrong(f"{key} is {shown(text)}, not {' or '.join(words)}") from None

    def mapping(self, key: str) -> Mapping[str, Any] | None:
        """Returns an object."""
        value = self.members.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(f"{key} is {_json_type(value)}, not an object")
        return value

    def beside(self, known: tuple[str, ...]) -> Mapping[str, Any]:
        """Returns the members that are none of those known."""
        return {key: value for key, value in self.members.items() if key not in known}


def _surely_unique(data: bytes, members: Mapping[str, Any]) -> bool:
    """Tells, where that is cheap, whether no key of a parsed object stands twice in its text.

    orjson keeps the last of them. Without escapes and nested values every quote is one of
    a key or of a string, so there are too many where one was dropped.
    """
    strings = len(members)
    for value in members.values():
        if isinstance(value, str):
            strings += 1
        elif isinstance(value, (dict, list)):
            return False
    return data.count(b'"') == 2 * strings and b"\\" not in data


def _repeated_key(data: bytes) -> str | None:
    """Returns a key that stands twice in an object of a JSON text that orjson has read; None if there is none."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.append(key)
            seen.add(key)

    # Numbers stay text: int() refuses those of very many digits.
    json.loads(data, object_pairs_hook=members, parse_int=str, parse_float=str)
    return repeated[0] if repeated else None


def _json_type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "null" if value is None else "an object")
