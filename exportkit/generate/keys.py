"""Primary keys of generated items: made from the item's number, unique by construction."""

from collections.abc import Callable
from dataclasses import dataclass

from exportkit.errors import UsageError
from exportkit.generate.shapes import GROUP

__all__ = ["KeyMaker", "KeyPart", "KeyValue", "parse_key"]

KeyValue = str | int | bytes
"""One key attribute's value as it sorts: S as UTF-8, N by value, B as bytes."""

_WORD = (1 << 64) - 1
_PLAIN = ("USER#", "ACCOUNT#", "DEVICE#", "TENANT#")
_ODD = (*_PLAIN, 'quo"te#', "back\\slash#", "sp ace#", "dot.dash-#", "日本#", "😀#", "line\u2028separator#", "tab\t#")


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One key attribute: its name and its type, S, N or B."""

    name: str
    type: str


def parse_key(text: str) -> tuple[KeyPart, ...]:
    """Reads ``pk``, ``pk:S,sk:N`` and the like; a name without a type is S.

    Raises:
        UsageError: Not one or two names, a name twice, or a type that no key has.
    """
    parts = []
    for word in (part.strip() for part in text.split(",")):
        name, colon, tag = word.rpartition(":")
        part = KeyPart(name, tag) if colon else KeyPart(word, "S")
        if not part.name or part.type not in {"S", "N", "B"}:
            raise UsageError(f"key {text!r}: {word!r} is not NAME or NAME:S, NAME:N, NAME:B")
        parts.append(part)
    if len(parts) > 2 or len({part.name for part in parts}) < len(parts):
        raise UsageError(f"key {text!r}: a key is one attribute, or two of different names")
    return tuple(parts)


class KeyMaker:
    """Gives the key values of every item number.

    Args:
        parts: The key attributes.
        seed: Decides the values.
        odd: Whether some string keys hold quotes, emoji and the like.
    """

    def __init__(self, parts: tuple[KeyPart, ...], seed: int, *, odd: bool) -> None:
        self._prefixes = _ODD if odd else _PLAIN
        self._offset = (seed * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) & _WORD
        makers: dict[str, Callable[[int], KeyValue]] = {"S": self._string, "N": _number, "B": _binary}
        self._partition = makers[parts[0].type]
        sorts: dict[str, Callable[[int, int, str], KeyValue]] = {
            "S": _sort_string,
            "N": _sort_number,
            "B": _sort_binary,
        }
        self._sort = sorts[parts[1].type] if parts[1:] else None

    def group(self, item: int) -> int:
        """Returns what the partition key goes by: the item's number, or its group's where there is a sort key."""
        return item // GROUP if self._sort else item

    def partition(self, group: int) -> KeyValue:
        """Returns the partition key's value."""
        return self._partition(self._mix(group))

    def sort(self, item: int, kind: str) -> KeyValue | None:
        """Returns the sort key's value, if there is one; ``kind`` names the item in one of type S."""
        return self._sort(item // GROUP, item % GROUP, kind) if self._sort else None

    def _mix(self, number: int) -> int:
        """Returns 64 bits that look random; no two numbers give the same."""
        mixed = ((number + self._offset) * 0x9E3779B97F4A7C15) & _WORD  # odd, so this is one to one
        return mixed ^ (mixed >> 29)

    def _string(self, mixed: int) -> str:
        return f"{self._prefixes[mixed % len(self._prefixes)]}{mixed:016x}"


def _number(mixed: int) -> int:
    number = mixed * 10 + 3  # no trailing zero: Ion's spelling then needs no exponent
    return -number if mixed & 1 else number


def _binary(mixed: int) -> bytes:
    return b"\x00\xff" + mixed.to_bytes(8, "big")


def _sort_string(group: int, place: int, kind: str) -> str:
    return f"{kind}#{1_767_225_600 + group * 61 % 2_592_000:010d}#{place}"


def _sort_number(group: int, place: int, kind: str) -> int:  # noqa: ARG001 - the three have one signature
    return (group % 1000 - 500) * 1000 + place * 10 + 7


def _sort_binary(group: int, place: int, kind: str) -> bytes:  # noqa: ARG001 - as above
    return bytes([place, group & 0xFF])
