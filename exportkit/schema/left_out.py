"""What a given schema leaves out is told: with counts where values were looked at, else that it was asked for."""

from dataclasses import replace

from exportkit.model.plan import ColumnKind, Others
from exportkit.model.statistics import PathStatistics, Statistics
from exportkit.schema.columns import ColumnType
from exportkit.schema.merge import count_values
from exportkit.schema.notes import NoteKind, Notes, element_path, field_path, value_path
from exportkit.schema.schema import Schema

__all__ = ["with_left_out"]

_ASKED = "left out, as the schema asks"


def with_left_out(schema: Schema, statistics: Statistics | None = None) -> Schema:
    """Returns the schema with a note on each attribute, or all others, that it leaves out.

    Args:
        schema: A schema that was given.
        statistics: Of the values; None where none were looked at, so that nothing can be counted.
    """
    notes = Notes()
    _tell(schema.item, None if statistics is None else statistics.item, "", notes, counted=statistics is not None)
    return replace(schema, notes=schema.notes + notes.all())


def _tell(column: ColumnType, seen: PathStatistics | None, path: str, notes: Notes, *, counted: bool) -> None:
    if column.element is not None:
        of_map = column.kind is ColumnKind.MAP
        below = None if seen is None else seen.values if of_map else seen.elements
        _tell(column.element, below, value_path(path) if of_map else element_path(path), notes, counted=counted)
    elif column.kind is ColumnKind.MIXED:
        for each in column.fields:
            _tell(each.type, seen, path, notes, counted=counted)
    for each in column.fields if column.kind is ColumnKind.STRUCT else ():
        below_path = field_path(path, each.attribute)
        values = None if seen is None else seen.fields.get(each.attribute)
        if not each.drop:
            _tell(each.type, values, below_path, notes, counted=counted)
        elif not counted:
            notes.add(NoteKind.LEFT_OUT, below_path, _ASKED)
        elif values is not None:
            notes.about(NoteKind.LEFT_OUT, below_path, _ASKED, values, *values.types)
    if column.others is Others.SKIP:
        _tell_others(column, seen, path, notes, counted=counted)


def _tell_others(column: ColumnType, seen: PathStatistics | None, path: str, notes: Notes, *, counted: bool) -> None:
    known = {each.attribute for each in column.fields}
    gone = [] if seen is None else [each for name, each in seen.fields.items() if name not in known]
    gone += [] if seen is None or seen.values is None else [seen.values]
    if gone or not counted:
        firsts = [found.first for each in gone for found in each.types.values()]
        message = f"attributes without a column are {_ASKED}"
        notes.add(NoteKind.LEFT_OUT, path, message, sum(map(count_values, gone)), min(firsts, default=None))
