"""Ion 1.0 text, one value on a line: the grammar of ``docs/records.md`` and nothing of DynamoDB.

Written out here, although amazon.ion exists, because that library passes over what must be told (byte order
marks, NULs, dangling annotations, the order of duplicates) and its C reader can be made to hang; see
``docs/decisions/2026-11-22-ion-reader.md``. The tests hold this reader against it.
"""

import calendar
import re
from typing import Any, NamedTuple, NoReturn

from exportkit.codec.binary import decode_base64
from exportkit.codec.tree import RecordFault

__all__ = ["IonValue", "parse_ion"]


class IonValue(NamedTuple):
    """One Ion value.

    Attributes:
        type: The Ion type's name: ``null`` for nulls of any type.
        content: A struct's fields as (name, value) pairs; a list's or sexp's values; text of a string;
            bytes of a blob; a bool; the match of an int or a decimal, an ``int`` for a hexadecimal or binary
            integer, a ``float``; a symbol's text or None; None for the rest.
        annotations: Texts; None for a symbol without text.
    """

    type: str
    content: Any
    annotations: tuple[str | None, ...] = ()


SYSTEM_SYMBOLS = (
    None,
    "$ion",
    "$ion_1_0",
    "$ion_symbol_table",
    "name",
    "version",
    "imports",
    "symbols",
    "max_id",
    "$ion_shared_symbol_table",
)
NULLS = frozenset(
    "null bool int float decimal timestamp string symbol blob clob struct list sexp".split()  # noqa: SIM905
)
ESCAPES = dict(zip("0abtnfrv\"'?\\/", "\0\a\b\t\n\f\r\v\"'?\\/", strict=True))

_RAW = r"\x00-\x08\x0a\x0d-\x1f"  # control characters that may not stand raw in text
_BLANK = r"[ \t\r\v\f]"
_STOP = r"(?=[{}\[\](),\"' \t\r\v\f]|\Z)"

_SPACE = re.compile(rf"(?:{_BLANK}++|//.*+|/\*.*?\*/)*+", re.DOTALL)
_SKIPPED = frozenset(" \t\r\v\f/")
_NO_WORD = frozenset('"{[(-0123456789')
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*+")
_BARE_FIELD = re.compile(r"(?!(?:null|true|false|nan|\$[0-9]++):)([A-Za-z_$][A-Za-z0-9_$]*+):")
_SYMBOL_ID = re.compile(r"\$([0-9]++)")
_VERSION = re.compile(r"\$ion_([0-9]++)_([0-9]++)(?![A-Za-z0-9_$])")
_STRING = re.compile(rf'"((?:[^"\\{_RAW}]++|\\.)*+)"', re.DOTALL)
_QUOTED = re.compile(rf"'((?:[^'\\{_RAW}]++|\\.)*+)'", re.DOTALL)
_LONG = re.compile(rf"'''((?:[^'\\{_RAW}]++|\\.|'(?!''))*+)'''", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_NUMBER = re.compile(rf"(-?)(0|[1-9](?:_?[0-9])*+)(\.(?:[0-9](?:_?[0-9])*+)?)?(?:([dDeE])([+-]?[0-9]++))?{_STOP}")
_RADIX = re.compile(rf"(-?)0([xX][0-9a-fA-F](?:_?[0-9a-fA-F])*+|[bB][01](?:_?[01])*+){_STOP}")
_INFINITY = re.compile(rf"[+-]inf{_STOP}")
_TIMESTAMP = re.compile(
    r"([0-9]{4})(?:T|-([0-9]{2})(?:T|-([0-9]{2})(?:T(?:([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]++)?)?"
    rf"(?:Z|[+-]([0-9]{{2}}):([0-9]{{2}})))?)?)){_STOP}"
)
_BLOB = re.compile(r"\{\{([A-Za-z0-9+/= \t\r\v\f]*+)\}\}")
_ASCII = rf"[^\\{_RAW}\x80-\U0010ffff]"
_CLOB_ESCAPE = r"\\(?:[0abtnfrv\"'?\\/]|x[0-9a-fA-F]{2})"
_CLOB = re.compile(
    rf"\{{\{{{_BLANK}*+(?:\"(?:(?!\"){_ASCII}|{_CLOB_ESCAPE})*+\""
    rf"|(?:\'\'\'(?:(?!\'\'\'){_ASCII}|{_CLOB_ESCAPE})*+\'\'\'{_BLANK}*+)++){_BLANK}*+\}}\}}"
)
_OPERATOR = re.compile(r"(?!-[0-9]|[+-]inf)(?:(?!//|/\*)[!#%&*+\-./;<=>?@^`|~])++")

MAX_EXPONENT = 999_999_999
_NO_VALUE = IonValue("null", None)
_DROP_SPACE = str.maketrans("", "", " \t\r\v\f")


def parse_ion(text: str) -> IonValue:
    """Returns the one value on a line.

    Raises:
        RecordFault: ``syntax``.
    """
    return _Parser(text).line()


def _syntax() -> NoReturn:
    raise RecordFault("syntax")


class _Parser:
    """A recursive descent over one line; the caller has bounded its brackets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.symbols: list[str | None] = [*SYSTEM_SYMBOLS]

    # --- the line --------------------------------------------------------------------------------------

    def line(self) -> IonValue:
        """Reads version markers and symbol tables up to the one value, then to the end."""
        found: IonValue | None = None
        while self.skip() < len(self.text):
            if self.version_marker():
                self.symbols = [*SYSTEM_SYMBOLS]
                continue
            value = self.value()
            if value.type == "struct" and value.annotations[:1] == ("$ion_symbol_table",):
                self.symbol_table(value.content)
            elif found is not None:
                _syntax()
            else:
                found = value
        return found if found is not None else _syntax()

    def version_marker(self) -> bool:
        """Passes a bare ``$ion_1_0``; refuses those of other versions."""
        start = self.at
        match = self.match(_VERSION)
        if match is None:
            return False
        self.skip()
        if self.text.startswith("::", self.at):
            self.at = start
            return False
        if match.groups() != ("1", "0"):
            _syntax()
        return True

    def symbol_table(self, fields: list[tuple[str, IonValue]]) -> None:
        """Takes over a local symbol table."""
        names = [name for name, _ in fields]
        if names.count("imports") > 1 or names.count("symbols") > 1:
            _syntax()
        table = dict(fields)
        imports = table.get("imports", _NO_VALUE)
        if imports.type == "list" and imports.content:
            _syntax()
        if imports.type != "symbol" or imports.content != "$ion_symbol_table":
            self.symbols = [*SYSTEM_SYMBOLS]
        added = table.get("symbols", _NO_VALUE)
        if added.type == "list":
            self.symbols += (value.content if value.type == "string" else None for value in added.content)

    # --- tokens ----------------------------------------------------------------------------------------

    def skip(self) -> int:
        """Passes white space and comments; returns where the next token begins."""
        if self.peek() in _SKIPPED:
            self.match(_SPACE)
        return self.at

    def peek(self) -> str:
        """Returns the next character, or nothing at the end."""
        return self.text[self.at : self.at + 1]

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Passes what the pattern finds here."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def need(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Passes what the pattern finds here; anything else is a fault."""
        return self.match(pattern) or _syntax()

    def passed(self, token: str) -> bool:
        """Passes the token if it stands here."""
        found = self.text.startswith(token, self.at)
        if found:
            self.at += len(token)
        return found

    # --- values ----------------------------------------------------------------------------------------

    def value(self, *, in_sexp: bool = False) -> IonValue:
        """Reads one value with its annotations."""
        annotations: list[str | None] = []
        while (word := self.word()) is not None:
            self.skip()
            if not self.passed("::"):
                return word._replace(annotations=tuple(annotations))
            if word.type != "symbol":
                _syntax()
            annotations.append(word.content)
            self.skip()
        value = self.other(in_sexp=in_sexp)
        return value._replace(annotations=tuple(annotations)) if annotations else value

    def word(self) -> IonValue | None:
        """Reads a symbol or a keyword's value, None where neither stands here."""
        first = self.peek()
        if first in _NO_WORD:
            return None
        if first == "'" and not self.text.startswith("'''", self.at):
            return IonValue("symbol", _unescaped(self.need(_QUOTED)[1]))
        match = self.match(_WORD)
        if match is None:
            return None
        match match[0]:
            case "null":
                return self.null()
            case "true" | "false" as word:
                return IonValue("bool", word == "true")
            case "nan":
                return IonValue("float", float("nan"))
            case word:
                return IonValue("symbol", self.symbol(word))

    def null(self) -> IonValue:
        """Reads what follows ``null``; all nulls are one."""
        if self.passed(".") and self.need(_WORD)[0] not in NULLS:
            _syntax()
        return IonValue("null", None)

    def symbol(self, word: str) -> str | None:
        """Returns the text of a bare symbol, None for a symbol id that has none."""
        match = _SYMBOL_ID.fullmatch(word)
        if match is None:
            return word
        digits = match[1].lstrip("0") or "0"
        if len(digits) > len(str(len(self.symbols))) or int(digits) >= len(self.symbols):
            _syntax()
        return self.symbols[int(digits)]

    def other(self, *, in_sexp: bool) -> IonValue:
        """Reads any value that does not begin as a word."""
        first = self.peek()
        if first == '"':
            return IonValue("string", _unescaped(self.need(_STRING)[1]))
        if first == "'":
            return IonValue("string", self.long_string())
        if first == "{":
            if self.text.startswith("{{", self.at):
                return self.lob()
            return IonValue("struct", self.struct())
        if first == "[":
            return IonValue("list", self.list())
        if first == "(":
            self.sexp()
            return IonValue("sexp", None)
        number = self.number()
        if number is not None:
            return number
        if in_sexp:
            return IonValue("symbol", self.need(_OPERATOR)[0])
        return _syntax()

    def number(self) -> IonValue | None:
        """Reads a number or a timestamp, None where neither stands here."""
        if (match := self.match(_NUMBER)) is not None:
            point, mark, exponent = match[3], match[4], match[5]
            if exponent and len(exponent.lstrip("+-0")) > len(str(MAX_EXPONENT)):
                _syntax()
            if mark in {"e", "E"}:
                return IonValue("float", float(match[0].replace("_", "")))
            return IonValue("decimal" if point or mark else "int", match)
        if (match := self.match(_RADIX)) is not None:
            digits = match[2].replace("_", "")
            return IonValue("int", int(match[1] + digits[1:], 16 if digits[0] in "xX" else 2))
        if (match := self.match(_INFINITY)) is not None:
            return IonValue("float", float(match[0]))
        if (match := self.match(_TIMESTAMP)) is not None:
            _judge_timestamp(*(int(part) if part else None for part in match.groups()))
            return IonValue("timestamp", None)
        return None

    def long_string(self) -> str:
        """Reads long strings as far as they follow each other."""
        parts = []
        while self.text.startswith("'''", self.at):
            parts.append(_unescaped(self.need(_LONG)[1]))
            self.skip()
        return "".join(parts)

    def lob(self) -> IonValue:
        """Reads a blob or a clob."""
        match = self.match(_BLOB)
        if match is not None:
            content = decode_base64(match[1].translate(_DROP_SPACE))
            return IonValue("blob", content) if content is not None else _syntax()
        self.need(_CLOB)
        return IonValue("clob", None)

    # --- containers ------------------------------------------------------------------------------------

    def struct(self) -> list[tuple[str, IonValue]]:
        """Reads ``{…}``."""
        self.at += 1
        fields = []
        self.skip()
        while not self.passed("}"):
            bare = self.match(_BARE_FIELD)
            name = bare[1] if bare is not None else self.field_name()
            self.skip()
            fields.append((name, self.value()))
            self.skip()
            if not self.passed(",") and self.peek() != "}":
                _syntax()
            self.skip()
        return fields

    def field_name(self) -> str:
        """Reads a name, however it is written, and its colon."""
        if self.peek() == '"':
            name: str | None = _unescaped(self.need(_STRING)[1])
        elif self.text.startswith("'''", self.at):
            name = self.long_string()
        else:
            word = self.word()
            if word is None or word.type != "symbol":
                _syntax()
            name = word.content
        self.skip()
        if name is None or not self.passed(":"):
            _syntax()
        return name

    def list(self) -> list[IonValue]:
        """Reads ``[…]``."""
        self.at += 1
        values = []
        self.skip()
        while not self.passed("]"):
            values.append(self.value())
            self.skip()
            if not self.passed(",") and self.peek() != "]":
                _syntax()
            self.skip()
        return values

    def sexp(self) -> None:
        """Reads ``(…)``, whose values nobody asks for."""
        self.at += 1
        self.skip()
        while not self.passed(")"):
            self.value(in_sexp=True)
            self.skip()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    """Returns the character that an escape spells."""
    two, high, low, four, eight, simple = escape.groups()
    if simple is not None:
        return ESCAPES.get(simple) or _syntax()
    if high is not None:
        return (bytes.fromhex(high) + bytes.fromhex(low)).decode("utf-16-be")
    code = int(two or four or eight, 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:  # half a character, or beyond Unicode
        _syntax()
    return chr(code)


def _judge_timestamp(
    year: int | None,
    month: int | None,
    day: int | None,
    hour: int | None,
    minute: int | None,
    second: int | None,
    offset_hour: int | None,
    offset_minute: int | None,
) -> None:
    """Refuses a date or time of day that does not exist; what the pattern did not find is None."""
    if not year or not 1 <= (month or 1) <= 12:
        _syntax()
    if month == 0 or day == 0 or (day or 1) > calendar.monthrange(year, month or 1)[1]:
        _syntax()
    if max(hour or 0, offset_hour or 0) > 23 or max(minute or 0, second or 0, offset_minute or 0) > 59:
        _syntax()
