"""An attribute to split by that no item has is told."""

from collections.abc import Mapping
from dataclasses import replace

from exportkit.model.statistics import PathStatistics, SplitValue, Statistics
from exportkit.schema.notes import NoteKind, Notes, field_path
from exportkit.schema.schema import Schema

__all__ = ["with_split_never_seen"]


def with_split_never_seen(
    schemas: Mapping[SplitValue, Schema], statistics: Mapping[SplitValue, Statistics], split_by: str | None
) -> dict[SplitValue, Schema]:
    """Returns the schemas, that of the items without a value with a note where no item has the attribute.

    Args:
        schemas: By the value of the attribute that an export is split by.
        statistics: The same.
        split_by: The attribute; None where nothing is split.
    """
    told = dict(schemas)
    if split_by is not None and statistics.keys() == {None} and not _seen(statistics[None], split_by):
        notes = Notes()
        notes.add(NoteKind.NEVER_SEEN, field_path("", split_by), "no item has it: nothing to split by")
        told[None] = replace(told[None], notes=told[None].notes + notes.all())
    return told


def _seen(statistics: Statistics, attribute: str) -> bool:
    """Returns whether a record has the attribute, or may have it: the rarest names are not kept."""
    places: tuple[PathStatistics | None, ...] = (statistics.item, statistics.keys)
    return any(each is not None and (attribute in each.fields or each.values is not None) for each in places)
