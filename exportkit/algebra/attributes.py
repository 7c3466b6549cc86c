"""Which attributes of changed items changed, by name: what ``diff --summary`` tells beyond keys."""

from collections import defaultdict
from dataclasses import dataclass

from exportkit.model.values import AttributeValue, ChangeRecord

__all__ = ["DEFAULT_NAMES", "AttributeChange", "AttributeTally", "same_value"]

DEFAULT_NAMES = 10_000
"""Names that are counted each for itself; a table may use its keys as names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """In how many items that are on both sides one attribute of the top level is not the same.

    Attributes:
        name: The attribute.
        added: Items that have it afterwards alone.
        removed: Items that had it before alone.
        changed: Items that have another value of it afterwards.
    """

    name: str
    added: int
    removed: int
    changed: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.added + self.removed + self.changed

    def to_dict(self) -> dict[str, str | int]:
        """Returns the same for JSON."""
        return {"name": self.name, "added": self.added, "removed": self.removed, "changed": self.changed}


class AttributeTally:
    """Counts the attributes that differ between the images of change records.

    Args:
        names: Names to count each for itself; what differs in others is counted as a whole.

    Attributes:
        others: Differences in attributes of other names.
    """

    def __init__(self, names: int = DEFAULT_NAMES) -> None:
        self._names = names
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.others = 0

    def add(self, change: ChangeRecord) -> None:
        """Counts the attributes of one record; none where it has not both images."""
        old, new = change.old_image, change.new_image
        if old is None or new is None:
            return
        for name in old.keys() | new.keys():
            if name not in old:
                self._count(name, 0)
            elif name not in new:
                self._count(name, 1)
            elif not same_value(old[name], new[name]):
                self._count(name, 2)

    def changes(self) -> tuple[AttributeChange, ...]:
        """Returns what was counted, the attribute that differs most often first."""
        found = (
            AttributeChange(name=name, added=added, removed=removed, changed=changed)
            for name, (added, removed, changed) in self._counts.items()
        )
        return tuple(sorted(found, key=lambda change: (-change.count, change.name)))

    def _count(self, name: str, column: int) -> None:
        if name in self._counts or len(self._counts) < self._names:
            self._counts[name][column] += 1
        else:
            self.others += 1


def same_value(left: AttributeValue, right: AttributeValue) -> bool:
    """Tells whether two values are one to DynamoDB: Python holds a number and a BOOL to be equal, DynamoDB does not.

    >>> from decimal import Decimal
    >>> same_value(Decimal("1E+2"), Decimal(100)), same_value([True], [Decimal(1)])
    (True, False)
    """
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_value(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    return type(left) is type(right) and left == right
