"""What generated items look like: per shape a few kinds, per kind pools of attributes to draw from.

A pool holds ready fragments of records (``,"name":{…}``, one or more attributes, or
nothing for a sparse one), 2**n of them. An item is its key and one draw from every
pool of its kind, so that a million items cost string joins only. Pools are the same for
every seed: the seed decides what is drawn.
"""

import base64
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from exportkit.generate.edges import EDGES, attribute

__all__ = ["EXPIRED_PLACE", "GROUP", "Kind", "Live", "Shape", "kinds_of", "names_of"]

GROUP = 8
"""Items with one partition key, where there is a sort key; item n's kind goes by n % GROUP."""

EXPIRED_PLACE = 5
"""The place in a group whose items are past their time to live, in the mixed shape."""


class Shape(StrEnum):
    """What items look like."""

    MIXED = "mixed"
    NARROW = "narrow"
    TYPICAL = "typical"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Live:
    """An attribute with a value of its own in every item.

    Attributes:
        name: The attribute.
        type: S (hexadecimal digits) or N (a whole number).
        digits: Hexadecimal digits of randomness, at most 16.
    """

    name: str
    type: str
    digits: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of items of a shape.

    Attributes:
        name: Stands in front of sort keys of type S.
        stable: Pools whose draw stays over all versions of an item.
        volatile: Pools drawn anew for each version.
        live: Attributes of their own value, new for each version.
        turns: Fragments that the kind's items take in turn, each version the next.
    """

    name: str
    stable: tuple[tuple[str, ...], ...]
    volatile: tuple[tuple[str, ...], ...]
    live: tuple[Live, ...]
    turns: tuple[str, ...] = ()


_WORDS = (
    *("river", "stone", "amber", "cedar", "falcon", "harbor", "meadow", "copper", "willow", "summit", "lantern"),
    *("orchard", "velvet", "marble", "pepper", "ginger", "saffron", "basil", "quartz", "ocean", "cotton", "linen"),
    *("walnut", "maple", "granite", "silver", "crimson", "indigo", "größe", "naïve", "café", "façade", "señor"),
    *("über", "東京", "Москва"),
)
_CITIES = ("Lisbon", "Kraków", "São Paulo", "Osaka", "Nairobi", "Malmö", "Tromsø", "Austin", "Łódź", "Perth")
_STATES = ("NEW", "PAID", "PACKED", "SHIPPED", "DELIVERED", "RETURNED", "CANCELLED", "ON HOLD")


class _Source:
    """Random values in DynamoDB JSON, the same at every run."""

    def __init__(self, name: str) -> None:
        self.rng = random.Random(f"exportkit {name}")  # noqa: S311 - test data

    def pool(self, size: int, *makers: tuple[str, Callable[[], dict[str, Any]], float]) -> tuple[str, ...]:
        """Returns fragments of attributes, each ``(name, maker, share of items that have it)``."""

        def fragment() -> str:
            parts = [attribute(name, maker()) for name, maker, share in makers if self.rng.random() < share]
            return "".join(f",{part}" for part in parts)

        return tuple(fragment() for _ in range(size))

    def words(self, least: int, most: int) -> dict[str, Any]:
        return {"S": " ".join(self.rng.choices(_WORDS, k=self.rng.randint(least, most)))}

    def choice(self, options: Iterable[str]) -> dict[str, Any]:
        return {"S": self.rng.choice(tuple(options))}

    def whole(self, most: int) -> dict[str, Any]:
        return {"N": str(self.rng.randint(0, most))}

    def price(self) -> dict[str, Any]:
        cents = self.rng.randint(1, 999_999)
        text = f"{cents // 100}.{cents % 100:02d}".rstrip("0").rstrip(".")  # as the service stores it
        return {"N": text}

    def epoch(self, start: int, end: int) -> dict[str, Any]:
        return {"N": str(self.rng.randint(start, end))}

    def flag(self) -> dict[str, Any]:
        return {"BOOL": self.rng.random() < 0.7}

    def binary(self, least: int, most: int) -> dict[str, Any]:
        return {"B": base64.b64encode(self.rng.randbytes(self.rng.randint(least, most))).decode()}

    def words_set(self) -> dict[str, Any]:
        return {"SS": self.rng.sample(_WORDS, self.rng.randint(1, 5))}

    def numbers_set(self) -> dict[str, Any]:
        return {"NS": [str(number) for number in self.rng.sample(range(1000), self.rng.randint(1, 5))]}

    def binary_set(self) -> dict[str, Any]:
        return {"BS": [base64.b64encode(bytes([index, *self.rng.randbytes(11)])).decode() for index in range(2)]}

    def address(self) -> dict[str, Any]:
        place = {"lat": {"N": f"{self.rng.randint(-89, 89)}.12345"}, "lon": {"N": f"-{self.rng.randint(1, 179)}.0625"}}
        return {
            "M": {
                "street": self.words(2, 3),
                "city": self.choice(_CITIES),
                "zip": {"S": f"{self.rng.randint(0, 99999):05d}"},
                "geo": {"M": place},
            }
        }

    def customer(self) -> dict[str, Any]:
        name = f"{self.rng.choice(_WORDS)}.{self.rng.choice(_WORDS)}{self.rng.randint(1, 999)}"
        return {"M": {"email": {"S": f"{name}@example.com"}, "name": self.words(2, 2), "address": self.address()}}

    def lines(self) -> dict[str, Any]:
        return {"L": [self._line() for _ in range(self.rng.randint(1, 4))]}

    def _line(self) -> dict[str, Any]:
        sku = {"S": f"SKU-{self.rng.randint(0, 99999):05d}"}
        return {"M": {"sku": sku, "quantity": self.whole(9), "price": self.price()}}

    def scalars(self) -> dict[str, Any]:
        """A list of mixed types, some of them NULL."""
        makers = (lambda: self.words(1, 1), lambda: self.whole(99), self.flag, lambda: {"NULL": True})
        return {"L": [self.rng.choice(makers)() for _ in range(self.rng.randint(0, 4))]}


def _narrow() -> tuple[Kind, ...]:
    source = _Source("narrow")
    stable = source.pool(1024, ("device", lambda: source.whole(99_999), 1))
    volatile = source.pool(1024, ("value", source.price, 1), ("level", lambda: source.whole(100), 1))
    return (Kind("READING", (stable,), (volatile,), (Live("sequence", "N", 12), Live("reading", "S", 16))),)


def _typical() -> tuple[Kind, ...]:
    source = _Source("typical")
    stable = (
        source.pool(1024, ("customer", source.customer, 1)),
        source.pool(512, ("createdAt", lambda: source.epoch(1_600_000_000, 1_768_000_000), 1)),
        source.pool(512, ("description", lambda: source.words(6, 16), 1)),
    )
    volatile = (
        source.pool(1024, ("lines", source.lines, 1)),
        source.pool(256, ("status", lambda: source.choice(_STATES), 1), ("paid", source.flag, 1)),
        source.pool(1024, ("total", source.price, 1), ("ratings", source.numbers_set, 0.5)),
        source.pool(512, ("tags", source.words_set, 0.8), ("note", lambda: {"NULL": True}, 0.3)),
        source.pool(512, ("extra", source.scalars, 0.3), ("signature", lambda: source.binary(32, 64), 0.5)),
    )
    return (Kind("ORDER", stable, volatile, (Live("revision", "N", 6), Live("token", "S", 16))),)


def _wide() -> tuple[Kind, ...]:
    source = _Source("wide")
    makers: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: source.words(1, 3),
        source.price,
        lambda: source.whole(9999),
        source.flag,
        lambda: source.choice(_CITIES),
        lambda: source.epoch(1_600_000_000, 1_768_000_000),
    )
    columns = [(f"attribute_{index:02d}", makers[index % len(makers)], 0.3) for index in range(60)]
    pools = [source.pool(512, *columns[start : start + 5]) for start in range(0, 60, 5)]
    return (Kind("ROW", tuple(pools[:8]), tuple(pools[8:]), (Live("etag", "S", 16),)),)


def _mixed(now: int) -> tuple[Kind, ...]:
    source = _Source("mixed")
    (order,) = _typical()
    day = 86_400

    def session(start: int, end: int) -> Kind:
        stable = source.pool(256, ("expires_at", lambda: source.epoch(start, end), 1))
        cookie = ("cookie", lambda: source.binary(16, 16), 1)
        volatile = source.pool(256, ("agent", lambda: source.words(3, 6), 0.9), cookie)
        return Kind("SESSION", (stable,), (volatile,), (Live("session-id", "S", 16),))

    profile = Kind(
        "PROFILE",
        (source.pool(256, ("Name", lambda: source.words(2, 2), 1), ("name", lambda: source.words(1, 1), 0.2)),),
        (
            source.pool(256, ("interests", source.words_set, 0.7), ("scores", source.numbers_set, 0.5)),
            source.pool(256, ("home address", source.address, 0.6), ("keys", source.binary_set, 0.3)),
            source.pool(256, ("e-mail.verified", source.flag, 0.9), ("left", lambda: {"NULL": True}, 0.2)),
            source.pool(256, ("balance", source.price, 0.4)),
        ),
        (Live("changed", "N", 12),),
    )
    edges = [f",{edge}" for edge in EDGES]
    turns = tuple("".join(edges[start : start + 4]) for start in range(0, len(edges), 4))
    odd = Kind("ODD", (), (), (Live("mark", "S", 8),), turns)
    # The same attribute is a number in some kinds and a string in others, as single-table designs have it.
    invoice = Kind(
        "INVOICE",
        (source.pool(256, ("total", lambda: source.choice(("n/a", "12,50", "free")), 1)),),
        (source.pool(256, ("tags", source.scalars, 0.8), ("status", source.flag, 0.5)),),
        (Live("revision", "S", 6),),
    )
    expired = session(now - 3 * day, now - 60)
    waiting = session(now + day, now + 30 * day)
    return (profile, order, order, odd, invoice, expired, waiting, odd)


@lru_cache(maxsize=16)
def kinds_of(shape: Shape, now: int) -> tuple[Kind, ...]:
    """Returns the kinds of a shape; item n's kind is ``kinds[n % len(kinds)]``.

    Args:
        shape: The shape.
        now: The base's export time in whole seconds since the epoch: what "expired" is measured by.
    """
    match shape:
        case Shape.NARROW:
            return _narrow()
        case Shape.TYPICAL:
            return _typical()
        case Shape.WIDE:
            return _wide()
        case Shape.MIXED:
            return _mixed(now)


@lru_cache(maxsize=16)
def names_of(shape: Shape, now: int) -> frozenset[str]:
    """Returns the names of all attributes that items of a shape may have, keys aside."""
    names: set[str] = set()
    for kind in kinds_of(shape, now):
        names.update(live.name for live in kind.live)
        for pool in (*kind.stable, *kind.volatile, kind.turns):
            for fragment in pool:
                names.update(json.loads(f"{{{fragment[1:]}}}"))
    return frozenset(names)
