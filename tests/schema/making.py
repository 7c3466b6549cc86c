"""Statistics of items given as Python values, taken here by the rules of ``docs/columns.md``, without an engine."""

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce

from exportkit.model.plan import ColumnKind
from exportkit.model.statistics import (
    DEFAULT_MAX_MAP_FIELDS,
    NumberStatistics,
    PathStatistics,
    Place,
    Statistics,
    TypeStatistics,
)
from exportkit.model.values import AttributeValue, Item
from exportkit.schema import ColumnType, Schema, SchemaOptions, merge_statistics, resolve
from exportkit.schema.merge import merge_paths

ANY = 1 << 30  # a limit that nothing meets


def number(values: Iterable[Decimal]) -> NumberStatistics:
    found = NumberStatistics(0, 0, int64=True)
    for value in values:
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        text = "".join(map(str, digits)).lstrip("0")
        stripped = text.rstrip("0")
        exponent = exponent + len(text) - len(stripped) if stripped else 0
        whole = max(len(stripped) + exponent, 0) if stripped else 0
        scale = max(-exponent, 0)
        fits = scale == 0 and whole <= 19 and -(2**63) <= int(value) < 2**63
        found = NumberStatistics(max(found.integer_digits, whole), max(found.scale, scale), found.int64 and fits)
    return found


def tag_and_length(value: AttributeValue) -> tuple[str, int]:  # noqa: PLR0911 - one return for each of ten types
    match value:
        case None:
            return "NULL", 0
        case bool():
            return "BOOL", 0
        case str():
            return "S", len(value.encode())
        case bytes():
            return "B", len(value)
        case Decimal():
            return "N", 0
        case list():
            return "L", len(value)
        case dict():
            return "M", len(value)
    kind = type(next(iter(value)))
    return {str: "SS", Decimal: "NS", bytes: "BS"}[kind], len(value)


def path_of(value: AttributeValue, place: Place, limit: int) -> PathStatistics:
    tag, length = tag_and_length(value)
    numbers = number([value]) if isinstance(value, Decimal) else number(value) if tag == "NS" else None  # type: ignore[arg-type]
    types = {tag: TypeStatistics(1, place, length, length, numbers)}
    if isinstance(value, dict):
        fields = {name: path_of(value[name], place, limit) for name in sorted(value)}
        return merge_paths(PathStatistics(types=types, fields=fields), PathStatistics(), limit)
    elements = None
    if isinstance(value, list) and value:
        elements = reduce(lambda a, b: merge_paths(a, b, limit), [path_of(each, place, limit) for each in value])
    return PathStatistics(types=types, elements=elements)


def statistics_of(*items: Item, file: int = 0, limit: int = DEFAULT_MAX_MAP_FIELDS) -> Statistics:
    """Returns what an inference finds out about a file of these items."""
    found = Statistics()
    for index, item in enumerate(items):
        place = Place(file, index + 1, index * 100)
        types = {"M": TypeStatistics(1, place, len(item), len(item))}
        fields = {name: path_of(item[name], place, limit) for name in sorted(item)}
        one = Statistics(records=1, bytes=100, item=PathStatistics(types=types, fields=fields))
        found = merge_statistics(found, one, limit)
    return found


def changes_of(*changes: tuple[Item, Item | None], limit: int = DEFAULT_MAX_MAP_FIELDS) -> Statistics:
    """Returns what an inference finds out about changes, each keys and a new image."""
    keys = statistics_of(*(keys for keys, _ in changes), limit=limit)
    images = statistics_of(*(image for _, image in changes if image is not None), limit=limit)
    return Statistics(records=len(changes), puts=images.records, item=images.item, keys=keys.item)


def schema_of(*items: Item, **policies: object) -> Schema:
    options = SchemaOptions(**policies)  # type: ignore[arg-type]
    return resolve(statistics_of(*items, limit=options.max_map_fields), options)


def types_of(schema: Schema) -> dict[str, ColumnType]:
    """Returns the top-level columns of a schema by their names."""
    return {each.name: each.type for each in schema.item.fields}


def only(kind: ColumnKind) -> ColumnType:
    return ColumnType(kind=kind)
