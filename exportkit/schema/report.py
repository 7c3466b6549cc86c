"""What a schema and the statistics behind it look like, as rows for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exportkit.model.plan import ColumnKind
from exportkit.model.statistics import PathStatistics, Statistics, TypeStatistics
from exportkit.schema.columns import ColumnType, SchemaField
from exportkit.schema.notes import element_path, field_path, value_path
from exportkit.schema.schema import Schema
from exportkit.schema.words import type_words

__all__ = ["Row", "places_of", "rows"]

_NOTHING = PathStatistics()
_UNITS = {"S": "byte", "B": "byte", "SS": "element", "NS": "element", "BS": "element", "L": "element", "M": "name"}


@dataclass(frozen=True, slots=True)
class Row:
    """One path, for a table.

    Attributes:
        path: As notes write paths.
        seen: How many values of each type there are.
        column: What the values become; empty where a row above says it.
        ranges: Lengths and digits, by type tag.
    """

    path: str
    seen: Mapping[str, int]
    column: str
    ranges: Mapping[str, str]


def rows(schema: Schema, statistics: Statistics | None = None) -> Iterator[Row]:
    """Yields a row for each path that has a column, depth first, those of the keys of changes first.

    Args:
        schema: The schema.
        statistics: What it was made from, if that is known.
    """
    for struct, path, found in (
        (schema.keys, "keys", None if statistics is None else statistics.keys),
        (schema.item, "", None if statistics is None else statistics.item),
    ):
        for each in () if struct is None else struct.fields:
            yield from _field(each, path, found or _NOTHING)


def _field(each: SchemaField, above: str, around: PathStatistics) -> Iterator[Row]:
    path, found = field_path(above, each.attribute), around.fields.get(each.attribute, _NOTHING)
    told = "left out" if each.drop else f"{_told(each.type)}{', flattened' if each.flatten else ''}"
    if each.name != each.attribute and not each.drop and not each.flatten:
        told = f"{told} as {each.name}"
    yield Row(path, _seen(found) or each.seen, told, _ranges(found))
    if not each.drop:
        yield from _below(each.type, path, found)


def _below(column: ColumnType, path: str, found: PathStatistics) -> Iterator[Row]:
    if column.kind in {ColumnKind.LIST, ColumnKind.MAP} and column.element is not None:
        is_map = column.kind is ColumnKind.MAP
        below = (found.values if is_map else found.elements) or _NOTHING
        at = value_path(path) if is_map else element_path(path)
        if below.types:
            yield Row(at, _seen(below), _told(column.element), _ranges(below))
        yield from _below(column.element, at, below)
    elif column.kind is ColumnKind.MIXED:
        for each in column.fields:
            yield from _below(each.type, path, found)
    else:
        for each in column.fields:
            yield from _field(each, path, found)


def _told(column: ColumnType) -> str:
    if column.kind is not ColumnKind.MIXED:
        return type_words(column)
    return "mixed: " + ", ".join(f"{each.attribute} {type_words(each.type)}" for each in column.fields)


def _seen(found: PathStatistics) -> dict[str, int]:
    return {tag: each.count for tag, each in found.types.items()}


def _ranges(found: PathStatistics) -> dict[str, str]:
    told = {tag: _range(tag, each) for tag, each in found.types.items()}
    return {tag: each for tag, each in told.items() if each}


def _range(tag: str, each: TypeStatistics) -> str:
    parts = []
    if tag in _UNITS:
        span = f"{each.least:,}" if each.least == each.greatest else f"{each.least:,} to {each.greatest:,}"
        parts.append(f"{span} {_UNITS[tag]}{'' if each.greatest == 1 else 's'}")
    if each.number is not None:
        digits, scale = each.number.integer_digits, each.number.scale
        parts.append(f"{digits}+{scale} digits" if scale else f"{digits} digit{'' if digits == 1 else 's'}")
    return ", ".join(parts)


def places_of(path: PathStatistics) -> Iterator[int]:
    """Yields the numbers of the data files that first places below a path stand in."""
    for each in path.types.values():
        yield each.first.file
    for below in (*path.fields.values(), path.values, path.elements):
        if below is not None:
            yield from places_of(below)
