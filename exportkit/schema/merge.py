"""Statistics of two files become those of both (``docs/columns.md``, "Statistics").

Merging is associative and commutative, but for one thing: which maps become one path when the
limit on all paths is reached can depend on the order. Files are merged in the order of the
manifest, so the result is the same every time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import NamedTuple

from exportkit.model.statistics import (
    MAX_NAME_BYTES,
    PATHS_PER_MAP_FIELD,
    TYPE_TAGS,
    NumberStatistics,
    PathStatistics,
    Statistics,
    TypeStatistics,
)

__all__ = [
    "count_values",
    "lacks_attributes",
    "lacks_elements",
    "merge_numbers",
    "merge_paths",
    "merge_statistics",
    "narrow_statistics",
    "with_later_files",
]


def merge_statistics(a: Statistics, b: Statistics, max_map_fields: int) -> Statistics:
    """Returns the statistics of the records of both.

    Args:
        a: Those of some files.
        b: Those of others; where both have an equally early first place, they are the same place.
        max_map_fields: Distinct names a map may have, as the files' statistics were taken with.
    """
    keys = b.keys if a.keys is None else a.keys if b.keys is None else _merge_tops(a.keys, b.keys, max_map_fields)
    merged = Statistics(
        records=a.records + b.records,
        bytes=a.bytes + b.bytes,
        puts=a.puts + b.puts,
        deletes=a.deletes + b.deletes,
        old_images=a.old_images + b.old_images,
        item=_merge_tops(a.item, b.item, max_map_fields),
        keys=keys,
    )
    return _bounded(merged, max_map_fields)


def narrow_statistics(statistics: Statistics, max_map_fields: int) -> Statistics:
    """Returns statistics as they would be had they been taken with this limit, if it is the lower one."""
    narrowed = replace(
        statistics,
        item=_narrowed_top(statistics.item, max_map_fields),
        keys=None if statistics.keys is None else _narrowed_top(statistics.keys, max_map_fields),
    )
    return _bounded(narrowed, max_map_fields)


def with_later_files(statistics: Statistics, files: int) -> Statistics:
    """Returns the statistics of an export that comes after others, which have so many data files."""
    return replace(
        statistics,
        item=_with_later_files(statistics.item, files),
        keys=None if statistics.keys is None else _with_later_files(statistics.keys, files),
    )


def _with_later_files(path: PathStatistics, files: int) -> PathStatistics:
    return PathStatistics(
        types={
            tag: replace(each, first=replace(each.first, file=each.first.file + files))
            for tag, each in path.types.items()
        },
        fields={name: _with_later_files(each, files) for name, each in path.fields.items()},
        values=None if path.values is None else _with_later_files(path.values, files),
        elements=None if path.elements is None else _with_later_files(path.elements, files),
    )


def merge_paths(a: PathStatistics, b: PathStatistics, max_map_fields: int) -> PathStatistics:
    """Returns the statistics of the values at both paths."""
    fields, values = _merge_fields(a, b, max_map_fields)
    if lacks_attributes(a) or lacks_attributes(b):
        fields, values = {}, None
    elif values is None and len(fields) > max_map_fields:
        fields, values = {}, _as_one(fields.values(), max_map_fields)
    elif values is not None and fields:
        fields, values = {}, _as_one([*fields.values(), values], max_map_fields)
    return PathStatistics(
        types=_merge_types(a.types, b.types),
        fields=fields,
        values=values,
        elements=None
        if lacks_elements(a) or lacks_elements(b)
        else _merge_optional(a.elements, b.elements, max_map_fields),
    )


def lacks_elements(path: PathStatistics) -> bool:
    """Returns whether there are lists whose elements were not counted, because of the limit on paths."""
    return path.elements is None and "L" in path.types and path.types["L"].greatest > 0


def lacks_attributes(path: PathStatistics) -> bool:
    """Returns whether there are maps whose attributes were not counted, because of the limit on paths."""
    return not path.fields and path.values is None and "M" in path.types and path.types["M"].greatest > 0


def count_values(path: PathStatistics) -> int:
    """Returns how many values, of any type, a path has."""
    return sum(each.count for each in path.types.values())


def _merge_tops(a: PathStatistics, b: PathStatistics, limit: int) -> PathStatistics:
    """Merges items or Keys, which keep their names.

    A name that one side has and the other may have counted under ``values`` goes there too: the
    statistics of what keeps its name are then those of every such value.
    """
    fields, values = _merge_fields(a, b, limit)
    hidden = {
        name
        for name in fields
        if (a.values is not None and name not in a.fields) or (b.values is not None and name not in b.fields)
    }
    if hidden:
        values = _as_one([*(fields[name] for name in sorted(hidden)), *([] if values is None else [values])], limit)
    return PathStatistics(
        types=_merge_types(a.types, b.types),
        fields={name: each for name, each in fields.items() if name not in hidden},
        values=values,
    )


def _merge_fields(
    a: PathStatistics, b: PathStatistics, limit: int
) -> tuple[dict[str, PathStatistics], PathStatistics | None]:
    fields = {
        name: merge_paths(a.fields[name], b.fields[name], limit)
        if name in a.fields and name in b.fields
        else a.fields[name]
        if name in a.fields
        else b.fields[name]
        for name in sorted(a.fields.keys() | b.fields.keys())
    }
    return fields, _merge_optional(a.values, b.values, limit)


def _merge_optional(a: PathStatistics | None, b: PathStatistics | None, limit: int) -> PathStatistics | None:
    if a is None or b is None:
        return b if a is None else a
    return merge_paths(a, b, limit)


def _as_one(paths: Iterable[PathStatistics], limit: int) -> PathStatistics:
    return reduce(lambda a, b: merge_paths(a, b, limit), paths)


def _merge_types(a: Mapping[str, TypeStatistics], b: Mapping[str, TypeStatistics]) -> dict[str, TypeStatistics]:
    return {
        tag: _merge_type(a[tag], b[tag]) if tag in a and tag in b else a[tag] if tag in a else b[tag]
        for tag in TYPE_TAGS
        if tag in a or tag in b
    }


def _merge_type(a: TypeStatistics, b: TypeStatistics) -> TypeStatistics:
    return TypeStatistics(
        count=a.count + b.count,
        first=min(a.first, b.first),
        least=min(a.least, b.least),
        greatest=max(a.greatest, b.greatest),
        number=b.number if a.number is None else a.number if b.number is None else merge_numbers(a.number, b.number),
    )


def merge_numbers(a: NumberStatistics, b: NumberStatistics) -> NumberStatistics:
    """Returns what column both these and those numbers would fit."""
    return NumberStatistics(
        integer_digits=max(a.integer_digits, b.integer_digits),
        scale=max(a.scale, b.scale),
        int64=a.int64 and b.int64,
    )


# --- limits ------------------------------------------------------------------------------------------------


def _narrowed_top(path: PathStatistics, limit: int) -> PathStatistics:
    return replace(
        path,
        fields={name: _narrowed(each, limit) for name, each in path.fields.items()},
        values=None if path.values is None else _narrowed(path.values, limit),
    )


def _narrowed(path: PathStatistics, limit: int) -> PathStatistics:
    fields = {name: _narrowed(each, limit) for name, each in path.fields.items()}
    values = None if path.values is None else _narrowed(path.values, limit)
    if len(fields) > limit:
        fields, values = {}, _as_one(fields.values(), limit)
    elements = None if path.elements is None else _narrowed(path.elements, limit)
    return replace(path, fields=fields, values=values, elements=elements)


def _bounded(statistics: Statistics, max_map_fields: int) -> Statistics:
    """Returns the statistics with no more paths than are kept of an export."""
    item, of_keys = statistics.item, _size_below(statistics.keys or PathStatistics())
    most = _Size(max_map_fields * PATHS_PER_MAP_FIELD, MAX_NAME_BYTES) - of_keys
    while not (size := _size_below(item)).fits(most):
        largest = max(_maps_below(item), key=lambda found: found[1], default=None)
        if largest is not None:
            item = _with_one_path(item, largest[0], max_map_fields)
        elif item.fields:
            item = _without_rarest(item, size - most, max_map_fields)
        else:
            break
    return replace(statistics, item=item)


class _Size(NamedTuple):
    """What is limited: how many names there are, and the bytes they hold."""

    names: int
    bytes: int

    def __sub__(self, other: "_Size") -> "_Size":
        return _Size(self.names - other.names, self.bytes - other.bytes)

    def fits(self, most: "_Size") -> bool:
        return self.names <= most.names and self.bytes <= most.bytes


def _size_below(path: PathStatistics) -> _Size:
    names, size = len(path.fields), sum(len(name.encode()) for name in path.fields)
    for _, each in _children(path):
        below = _size_below(each)
        names, size = names + below.names, size + below.bytes
    return _Size(names, size)


_Step = tuple[str, str]


def _children(path: PathStatistics) -> Iterator[tuple[_Step, PathStatistics]]:
    for name, each in path.fields.items():
        yield ("fields", name), each
    if path.values is not None:
        yield ("values", ""), path.values
    if path.elements is not None:
        yield ("elements", ""), path.elements


def _maps_below(path: PathStatistics, at: tuple[_Step, ...] = ()) -> Iterator[tuple[tuple[_Step, ...], int]]:
    """Yields each map with several names, but the top, with how many paths it has; in the order of their paths."""
    for step, each in _children(path):
        if len(each.fields) > 1:
            yield (*at, step), _size_below(each).names
        yield from _maps_below(each, (*at, step))


def _with_one_path(path: PathStatistics, at: tuple[_Step, ...], limit: int) -> PathStatistics:
    if not at:
        return replace(path, fields={}, values=_as_one(path.fields.values(), limit))
    (kind, name), *rest = at
    if kind == "fields":
        return replace(path, fields={**path.fields, name: _with_one_path(path.fields[name], tuple(rest), limit)})
    below: PathStatistics = getattr(path, kind)
    changed = _with_one_path(below, tuple(rest), limit)
    return replace(path, values=changed) if kind == "values" else replace(path, elements=changed)


def _without_rarest(path: PathStatistics, too_much: _Size, limit: int) -> PathStatistics:
    """Counts the rarest names of an item under ``values``; no map below it is left to be made one path."""
    by_count = sorted(path.fields, key=lambda name: (-count_values(path.fields[name]), name))
    kept, gone = dict(path.fields), [] if path.values is None else [path.values]
    while by_count and not too_much.fits(_Size(0, 0)):
        name = by_count.pop()
        gone.append(kept.pop(name))
        too_much = too_much - _Size(1, len(name.encode())) - _size_below(gone[-1])
    return replace(path, fields=kept, values=_as_one(gone, limit))
