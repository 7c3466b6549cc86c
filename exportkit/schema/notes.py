"""What a schema tells about itself: what was merged, renamed, made mixed or JSON, left out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exportkit.model.statistics import PathStatistics, Place
from exportkit.model.statistics_document import place_document

__all__ = ["Note", "NoteKind", "Notes", "element_path", "field_path", "value_path"]


class NoteKind(StrEnum):
    """What a note is about; stable, as programs read it in ``--json``."""

    MIXED = "mixed"
    """Values of several types at one path."""
    MERGED_NULLS = "merged-nulls"
    """NULL values that become nulls."""
    ONLY_NULL = "only-null"
    """Nothing but NULL, ``{}`` or ``[]`` was ever seen."""
    NUMBER_STRING = "number-string"
    """Numbers of too many digits for any column of numbers."""
    ROUNDED = "rounded"
    """Numbers that a double need not hold exactly."""
    DATA_KEYS = "data-keys"
    """A map whose keys are data."""
    TOO_DEEP = "too-deep"
    """Values nested more deeply than Arrow takes them."""
    UNCOUNTED = "uncounted"
    """Values that nobody looked at, because the limit on paths was reached."""
    REST = "rest"
    """Attributes that go into ``_rest``."""
    LEFT_OUT = "left-out"
    """Attributes that are left out, as asked."""
    NEVER_SEEN = "never-seen"
    """An attribute that was asked for and that no item has."""
    NOT_FLATTENED = "not-flattened"
    """A map that columns of the struct around it could not hold."""
    ADDED = "added"
    """A column that a schema did not have before."""
    WIDENED = "widened"
    """A column that had to become another to take all values."""
    RENAMED = "renamed"
    """A column that is not called as its attribute."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about a column.

    Attributes:
        kind: What it is about.
        path: The column's path: names joined by dots, ``[]`` for a list's elements, ``{}`` for a map's values.
        message: What became of it, for people.
        count: How many values, or names, it is about; 0 where that says nothing.
        first: The first record that has one, where there is one.
    """

    kind: NoteKind
    path: str
    message: str
    count: int = 0
    first: Place | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the same for ``--json``."""
        return {
            "kind": str(self.kind),
            "path": self.path,
            "message": self.message,
            "count": self.count,
            "first": None if self.first is None else place_document(self.first),
        }


class Notes:
    """Collects notes while a schema is made."""

    def __init__(self) -> None:
        self._notes: dict[tuple[NoteKind, str], Note] = {}

    def add(self, kind: NoteKind, path: str, message: str, count: int = 0, first: Place | None = None) -> None:
        """Takes one note; one of the same kind on the same path is kept once, the first."""
        self._notes.setdefault((kind, path), Note(kind, path, message, count, first))

    def about(self, kind: NoteKind, path: str, message: str, values: PathStatistics, *tags: str) -> None:
        """Takes a note about all values of some types at a path."""
        found = [values.types[tag] for tag in tags if tag in values.types]
        count = sum(each.count for each in found)
        self.add(kind, path, message, count, min((each.first for each in found), default=None))

    def all(self) -> tuple[Note, ...]:
        """Returns them in the order in which they were added."""
        return tuple(self._notes.values())


def field_path(path: str, name: str) -> str:
    r"""Returns the path of an attribute: its name behind a dot, in quotes where it would be misread.

    >>> field_path("a", "b"), field_path("a[]", "x.y")
    ('a.b', 'a[]."x.y"')
    """
    plain = name != "" and not set(name) & set('."[]{}')
    quoted = name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{path}.{quoted}" if path else quoted


def element_path(path: str) -> str:
    """Returns the path of a list's elements."""
    return f"{path}[]"


def value_path(path: str) -> str:
    """Returns the path of a map's values."""
    return f"{path}{{}}"
