"""How a generated table changes: which items each window touches, and what is left.

Item n is made anew with every version, so a table's state is one number an item: its
version, or that it is not there. Four bytes an item are all a million of them cost.
"""

from array import array
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from exportkit.generate.shapes import EXPIRED_PLACE, GROUP

__all__ = ["Change", "Effect", "Table"]


class Effect(StrEnum):
    """What happened to one item inside one window, all told."""

    INSERT = "insert"
    REINSERT = "reinsert"
    UPDATE = "update"
    REWRITE = "rewrite"
    DELETE = "delete"
    EXPIRE = "expire"
    INSERT_THEN_DELETE = "insertThenDelete"


@dataclass(frozen=True, slots=True)
class Change:
    """One item's net change in a window.

    Attributes:
        item: The item's number.
        effect: What happened.
        old: Its version before the window; None if it was not there.
        new: Its version after the window; None if it is gone.
        timestamp: The last write, microseconds since the epoch.
    """

    item: int
    effect: Effect
    old: int | None
    new: int | None
    timestamp: int


# Of a hundred changed items. A deletion and an insertion of one key in one window nets to an update.
_SHARES = (
    (Effect.UPDATE, 58),
    (Effect.REWRITE, 3),
    (Effect.DELETE, 9),
    (Effect.EXPIRE, 5),
    (Effect.INSERT, 15),
    (Effect.REINSERT, 5),
    (Effect.INSERT_THEN_DELETE, 5),
)


class Table:
    """The state of a generated table.

    Args:
        items: Items 0 to ``items`` - 1 are there, at version 0.
        rng: Decides what changes.
        expiring: Whether some items are past their time to live.
    """

    def __init__(self, items: int, rng: Random, *, expiring: bool) -> None:
        self._versions = array("i", bytes(4 * items))  # below 0: gone, ~version was the last
        self._gone: list[int] = []
        self._rng = rng
        self._expiring = expiring

    def __len__(self) -> int:
        return len(self._versions) - len(self._gone)

    def items(self) -> Iterator[tuple[int, int]]:
        """Yields number and version of every item that is there."""
        return ((item, version) for item, version in enumerate(self._versions) if version >= 0)

    def change(self, share: float, start: int, end: int) -> tuple[list[Change], Counter[Effect]]:
        """Changes the table through one window.

        Args:
            share: Changed items for each item there is; above 0 there is at least one of every effect.
            start: The window's start, microseconds since the epoch, inclusive.
            end: Its end, exclusive.

        Returns:
            The changes that leave a record, in no order, and how many of each effect there
            were, those that leave none too.
        """
        wanted = round(share * len(self))
        steps = {effect: max(1, wanted * percent // 100) if share else 0 for effect, percent in _SHARES}
        touched: dict[int, tuple[Effect, int | None]] = {}  # item to effect and old version
        for effect, count in steps.items():
            for _ in range(count):
                self._step(effect, touched)
        order = list(touched)
        self._rng.shuffle(order)
        self._gone = [item for item in self._gone if self._versions[item] < 0]
        self._gone += [item for item in order if self._versions[item] < 0]
        changes: list[Change] = []
        for item in order:
            effect, old = touched[item]
            if effect is not Effect.INSERT_THEN_DELETE:
                version = self._versions[item]
                # Both ends of the window are hit: its first microsecond and its last.
                at = (start, end - 1)[len(changes)] if len(changes) < 2 else self._rng.randrange(start, end)
                changes.append(Change(item, effect, old, None if version < 0 else version, at))
        return changes, Counter(effect for effect, _ in touched.values())

    def _step(self, effect: Effect, touched: dict[int, tuple[Effect, int | None]]) -> None:
        """Makes one change; none where the table has no item for it."""
        if effect is Effect.EXPIRE and not self._expiring:
            effect = Effect.DELETE
        if effect is Effect.INSERT or effect is Effect.INSERT_THEN_DELETE:
            touched[len(self._versions)] = effect, None
            self._versions.append(0 if effect is Effect.INSERT else ~0)
            return
        if effect is Effect.REINSERT:
            item = self._pick_gone(touched)
        else:
            item = self._pick(touched, expired=effect is Effect.EXPIRE)
        if item is None:
            return
        version = self._versions[item]
        touched[item] = effect, None if effect is Effect.REINSERT else version
        match effect:
            case Effect.REINSERT:
                self._versions[item] = ~version + 1
            case Effect.UPDATE:
                self._versions[item] = version + 1
            case Effect.DELETE | Effect.EXPIRE:
                self._versions[item] = ~version

    def _pick(self, touched: Container[int], *, expired: bool) -> int | None:
        """Returns an item that is there and was not touched; tries are bounded, for small tables."""
        for _ in range(100):
            item = self._rng.randrange(len(self._versions) or 1)
            if expired:
                item = item // GROUP * GROUP + EXPIRED_PLACE
            if item < len(self._versions) and self._versions[item] >= 0 and item not in touched:
                return item
        return None

    def _pick_gone(self, touched: Container[int]) -> int | None:
        """Returns an item that is gone since an earlier window."""
        for item in self._rng.sample(self._gone, min(len(self._gone), 100)):
            if item not in touched:
                return item
        return None
