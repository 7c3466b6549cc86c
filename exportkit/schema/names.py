"""Names of columns: unique in their struct, by policy, the same for the same attributes whatever their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from exportkit.model.plan import RESCUED, REST, ColumnKind, Others
from exportkit.schema.columns import ColumnType, SchemaField, leaf_of, with_leaf
from exportkit.schema.notes import NoteKind, Notes, field_path
from exportkit.schema.options import Names

__all__ = ["JOINT", "fold", "with_names"]

JOINT = "__"
"""What joins the names of a flattened column."""

_UNFIT = re.compile("[^A-Za-z0-9_]")


def fold(name: str, policy: Names) -> str:
    """Returns what of a name tells it from others: nothing of its case, but by the policy ``exact``.

    Readers compare letter by letter, in upper and then in lower case: Spark by Java's
    ``equalsIgnoreCase``, DuckDB and Athena for ASCII letters at least.
    """
    return name if policy is Names.EXACT else "".join(map(_folded, name))


def _folded(letter: str) -> str:
    upper = letter.upper()
    lower = (upper if len(upper) == 1 else letter).lower()
    return lower if len(lower) == 1 else letter


def candidate(attribute: str, policy: Names) -> str:
    """Returns what a column is called where no other wants that name."""
    if policy is Names.PORTABLE:
        name = _UNFIT.sub("_", attribute)
        return f"_{name}" if not name or name[0].isdigit() else name
    name = attribute.replace("\0", "_")  # Arrow's names end at NUL, so no policy can keep it
    return name if policy is Names.EXACT else name or "_"  # readers refuse empty ones


def with_names(
    struct: ColumnType, policy: Names, notes: Notes, path: str = "", reserved: tuple[str, ...] = (RESCUED, REST)
) -> ColumnType:
    """Returns a struct in which every field has a name, those that have one theirs, at every depth.

    Args:
        struct: The struct.
        policy: How they are called.
        notes: Told of each that is not called as its attribute.
        path: The struct's own path, for notes.
        reserved: Names that no field of this struct may have, those below it may.
    """
    if struct.others is Others.REST:
        reserved = (*reserved, REST)
    entries = list(_entries(struct.fields, policy))
    names = _assigned(entries, policy, reserved)
    for entry in entries:
        name, own = names[entry.path], JOINT.join(entry.path)
        if name != own and not entry.given:
            message = f"called {name!r}: {_reason(entry, name, policy, reserved)}"
            notes.add(NoteKind.RENAMED, _shown(path, entry.path), message)
    return _rebuilt(struct, names, policy, notes, path, ())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A field of a struct, one that stands in it by flattening too.

    Attributes:
        path: The attributes that lead to it.
        wanted: The name it would have.
        given: Whether that is its name already.
    """

    path: tuple[str, ...]
    wanted: str
    given: bool


def _entries(
    fields: tuple[SchemaField, ...], policy: Names, at: tuple[str, ...] = (), prefix: str = ""
) -> Iterator[_Entry]:
    for each in fields:
        if each.drop:
            continue
        path = (*at, each.attribute)
        if each.flatten:
            yield from _entries(
                each.type.fields, policy, path, prefix + (each.name or candidate(each.attribute, policy)) + JOINT
            )
        else:
            yield _Entry(path, each.name or prefix + candidate(each.attribute, policy), given=bool(each.name))


def _assigned(entries: list[_Entry], policy: Names, reserved: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Returns the name of each: first those given, then attributes called as they are, then what has to give way."""
    names = {entry.path: entry.wanted for entry in entries if entry.given}
    taken = {fold(name, policy) for name in (*names.values(), *reserved)}
    open_entries = sorted((entry for entry in entries if not entry.given), key=lambda entry: entry.path)
    for entry in open_entries:
        if (entry.wanted,) == entry.path and (key := fold(entry.wanted, policy)) not in taken:
            taken.add(key)
            names[entry.path] = entry.wanted
    for entry in open_entries:
        if entry.path in names:
            continue
        name, number = entry.wanted, 1
        while (key := fold(name, policy)) in taken:
            number += 1
            name = f"{entry.wanted}_{number}"
        taken.add(key)
        names[entry.path] = name
    return names


def _reason(entry: _Entry, name: str, policy: Names, reserved: tuple[str, ...]) -> str:
    if name == entry.wanted:
        return "its name is not portable" if policy is Names.PORTABLE else "readers refuse its name"
    if fold(entry.wanted, policy) in {fold(each, policy) for each in reserved}:
        return f"{entry.wanted!r} is a column of exportkit's own"
    return f"{entry.wanted!r} is another column's name, or one that differs by case alone"


def _shown(path: str, attributes: tuple[str, ...]) -> str:
    for attribute in attributes:
        path = field_path(path, attribute)
    return path


def _rebuilt(
    struct: ColumnType,
    names: dict[tuple[str, ...], str],
    policy: Names,
    notes: Notes,
    path: str,
    at: tuple[str, ...],
) -> ColumnType:
    def rebuilt(each: SchemaField) -> SchemaField:
        below = (*at, each.attribute)
        if each.drop:
            return each
        if each.flatten:
            inner = _rebuilt(each.type, names, policy, notes, path, below)
            return replace(each, name=each.name or candidate(each.attribute, policy), type=inner)
        return replace(each, name=names[below], type=_named_below(each.type, policy, notes, _shown(path, below)))

    return replace(struct, fields=tuple(rebuilt(each) for each in struct.fields))


def _named_below(column: ColumnType, policy: Names, notes: Notes, path: str) -> ColumnType:
    """Returns a column in which the structs below have names too."""
    leaf, shown = leaf_of(column), path
    at: ColumnType | None = column
    while at is not None and at.element is not None:
        shown += "{}" if at.kind is ColumnKind.MAP else "[]"
        at = at.element
    if leaf.kind is ColumnKind.STRUCT:
        return with_leaf(column, with_names(leaf, policy, notes, shown, ()))
    if leaf.kind is ColumnKind.MIXED:
        fields = tuple(
            replace(each, name=each.name or each.attribute, type=_named_below(each.type, policy, notes, shown))
            for each in leaf.fields
        )
        return with_leaf(column, replace(leaf, fields=fields))
    return column
