"""The small tree a record becomes, the same for both formats: order, and the order of sets, as in the file.

An attribute value is a :class:`Value`: its type tag and, by the tag,

===========  =====================================================
S            ``str``
N            :class:`~exportkit.codec.numbers.Number`
B            ``bytes``
BOOL         ``bool``
NULL         ``None``
SS NS BS     a list of ``str``, ``Number``, ``bytes``
L            a list of :class:`Value`
M            :data:`Attributes`
===========  =====================================================
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "MAX_LEVELS",
    "Attributes",
    "ChangeTree",
    "ItemTree",
    "RecordFault",
    "RecordTree",
    "Value",
    "pointer",
]

MAX_LEVELS = 64
"""Levels of L and M inside an item; DynamoDB itself allows 32."""

MAX_PATH = 200


class Value(NamedTuple):
    """One attribute value."""

    tag: str
    content: Any


Attributes: TypeAlias = list[tuple[str, Value]]
"""An item or a map: names, each once, with their values."""


@dataclass(frozen=True, slots=True)
class ItemTree:
    """One record of a full export."""

    item: Attributes


@dataclass(frozen=True, slots=True)
class ChangeTree:
    """One record of an incremental export; see ``exportkit.model.values.ChangeRecord``.

    Attributes:
        order: The members as the record has them; what is told in the record's order follows it.
    """

    keys: Attributes
    write_timestamp: int
    new_image: Attributes | None
    old_image: Attributes | None
    order: tuple[str, ...] = ("Metadata", "Keys", "OldImage", "NewImage")

    def members(self) -> Iterator[tuple[str, Attributes]]:
        """Yields Keys and the images there are, in the record's order."""
        members = {"Keys": self.keys, "NewImage": self.new_image, "OldImage": self.old_image}
        for name in self.order:
            if (attributes := members.get(name)) is not None:
                yield name, attributes


RecordTree: TypeAlias = ItemTree | ChangeTree


def pointer(tokens: Iterable[str]) -> str:
    """Returns the JSON Pointer (RFC 6901) of a place, from the outermost name to the innermost."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


class RecordFault(Exception):  # noqa: N818 - the word of the reports; it never leaves the codec
    """One fault of one record, raised where it is seen.

    The path is put together on the way up, so that sound records pay nothing for it.

    Attributes:
        reason: A slug of ``exportkit.reasons``.
    """

    def __init__(self, reason: str, *tokens: str) -> None:
        super().__init__(reason, *tokens)
        self.reason = reason
        self._tokens = list(reversed(tokens))

    def within(self, token: str | int) -> "RecordFault":
        """Notes that the fault lies inside the member, attribute or element of that name; returns itself."""
        self._tokens.append(str(token))
        return self

    @property
    def path(self) -> str:
        """The JSON Pointer of the place, cut to 200 characters."""
        path = pointer(reversed(self._tokens))
        return path if len(path) <= MAX_PATH else path[: MAX_PATH - 1] + "…"
