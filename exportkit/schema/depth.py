"""How deep columns may be nested: what readers of Arrow and Parquet take, with room for the images of a change."""

from dataclasses import replace

from exportkit.model.plan import ColumnKind
from exportkit.schema.columns import ColumnType, leaf_of
from exportkit.schema.notes import NoteKind, Notes, element_path, field_path, value_path

__all__ = ["MAX_LEVELS", "depth_of", "with_depth"]

MAX_LEVELS = 60
"""Levels of a column: one of a struct, two of a list, a set or a map, as Parquet has them. Arrow C++ imports 64 (its C
data interface, ``kMaxImportRecursionLevel``, where lists count once), the row, an image and an element of a map among
them, and reads 100 of Parquet. A legal item has 32 of its own, 64 where all are lists or maps with data for keys."""

_OF_ELEMENTS = 2


def with_depth(struct: ColumnType, notes: Notes) -> ColumnType:
    """Returns an item's struct in which what would be nested too deeply is held as JSON."""
    return _cut(struct, notes, "", 0)


def depth_of(column: ColumnType) -> int:
    """Returns how many levels there are below a column."""
    if column.element is not None:
        return depth_of(column.element) + _OF_ELEMENTS
    return max((1 + depth_of(each.type) for each in column.fields), default=0)


def _cut(column: ColumnType, notes: Notes, path: str, level: int) -> ColumnType:
    if leaf_of(column) is column and not column.fields:
        return column
    levels = 1 if column.element is None else _OF_ELEMENTS
    if level + levels > MAX_LEVELS:
        notes.add(NoteKind.TOO_DEEP, path, f"more than {MAX_LEVELS} levels deep: held as JSON")
        return ColumnType(kind=ColumnKind.JSON)
    if column.element is not None:
        below = value_path(path) if column.kind is ColumnKind.MAP else element_path(path)
        return replace(column, element=_cut(column.element, notes, below, level + levels))
    mixed = column.kind is ColumnKind.MIXED
    fields = (
        replace(each, type=_cut(each.type, notes, path if mixed else field_path(path, each.attribute), level + 1))
        for each in column.fields
    )
    return replace(column, fields=tuple(fields))
