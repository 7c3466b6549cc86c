"""The values at one path, counted: ``exportkit.model.statistics`` while it grows."""

from dataclasses import dataclass, field
from operator import add, sub
from typing import Any, NamedTuple

from exportkit.codec.numbers import Number, digits_before, digits_behind, to_int64
from exportkit.codec.tree import Value
from exportkit.model.statistics import TYPE_TAGS, NumberStatistics, PathStatistics, Place, TypeStatistics

__all__ = ["Path", "Size"]


class Size(NamedTuple):
    """How much is kept of paths.

    Attributes:
        names: Names.
        name_bytes: Their bytes in UTF-8.
        inner: Elements and values.
    """

    names: int = 0
    name_bytes: int = 0
    inner: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Size":  # type: ignore[override]  # by part, not end to end
        return Size(*map(add, self, other))

    def __sub__(self, other: tuple[int, ...]) -> "Size":
        return Size(*map(sub, self, other))


@dataclass(slots=True)
class Path:
    """The values at one path; see ``PathStatistics``."""

    types: dict[str, TypeStatistics] = field(default_factory=dict)
    fields: dict[str, "Path"] = field(default_factory=dict)
    values: "Path | None" = None
    elements: "Path | None" = None

    def note(self, value: Value, place: Place) -> None:
        """Counts a value here, nothing of what lies in it."""
        found = _of_value(value, place)
        known = self.types.get(value.tag)
        self.types[value.tag] = found if known is None else _merged(known, found)

    def size(self) -> "Size":
        """Returns how much is kept below."""
        size = Size(len(self.fields), sum(len(name.encode("utf-8")) for name in self.fields))
        for path in self.fields.values():
            size += path.size()
        for inner in (self.values, self.elements):
            if inner is not None:
                size += inner.size() + Size(inner=1)
        return size

    def merge_fields(self, max_map_fields: int) -> "Path":
        """Takes the fields away and returns them merged, with ``values`` where there are any."""
        merged = self.values or Path()
        for path in self.fields.values():
            merged.merge(path, max_map_fields)
        self.fields = {}
        return merged

    def merge(self, other: "Path", max_map_fields: int) -> None:
        """Adds what another path counted, which is of no use afterwards."""
        for tag, found in other.types.items():
            known = self.types.get(tag)
            self.types[tag] = found if known is None else _merged(known, found)
        if other.elements is not None:
            self.elements = self.elements or Path()
            self.elements.merge(other.elements, max_map_fields)
        as_one = self.values is not None or other.values is not None
        if as_one or len(self.fields.keys() | other.fields.keys()) > max_map_fields:
            self.values = self.merge_fields(max_map_fields)
            self.values.merge(other.merge_fields(max_map_fields), max_map_fields)
            return
        for name, path in other.fields.items():
            self.fields.setdefault(name, Path()).merge(path, max_map_fields)

    def statistics(self) -> PathStatistics:
        """Returns what was counted."""
        return PathStatistics(
            types={tag: self.types[tag] for tag in TYPE_TAGS if tag in self.types},
            fields={name: self.fields[name].statistics() for name in sorted(self.fields)},
            values=None if self.values is None else self.values.statistics(),
            elements=None if self.elements is None else self.elements.statistics(),
        )


def _of_value(value: Value, place: Place) -> TypeStatistics:
    tag, content = value
    length = _length(tag, content)
    number = None
    if tag == "N":
        number = _of_numbers([content])
    elif tag == "NS":
        number = _of_numbers(content)
    return TypeStatistics(1, place, length, length, number)


def _length(tag: str, content: Any) -> int:
    match tag:
        case "S":
            return len(content.encode("utf-8"))
        case "B" | "SS" | "NS" | "BS" | "L" | "M":
            return len(content)
    return 0


def _of_numbers(numbers: list[Number]) -> NumberStatistics:
    return NumberStatistics(
        integer_digits=max(map(digits_before, numbers)),
        scale=max(map(digits_behind, numbers)),
        int64=all(to_int64(number) is not None for number in numbers),
    )


def _merged(one: TypeStatistics, other: TypeStatistics) -> TypeStatistics:
    number = one.number
    if number is not None and other.number is not None:
        number = NumberStatistics(
            integer_digits=max(number.integer_digits, other.number.integer_digits),
            scale=max(number.scale, other.number.scale),
            int64=number.int64 and other.number.int64,
        )
    return TypeStatistics(
        count=one.count + other.count,
        first=min(one.first, other.first),
        least=min(one.least, other.least),
        greatest=max(one.greatest, other.greatest),
        number=number,
    )
