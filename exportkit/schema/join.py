"""Two schemas, or a schema and what else was seen, become one that takes all that either takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from exportkit.errors import MixedTypesError
from exportkit.model.plan import ColumnKind, Others
from exportkit.model.statistics import TYPE_TAGS, Statistics
from exportkit.schema.columns import ColumnType, SchemaField, leaf_of, tag_of
from exportkit.schema.names import fold
from exportkit.schema.notes import NoteKind, Notes, element_path, field_path, value_path
from exportkit.schema.numbers import joined_numbers
from exportkit.schema.options import Mixed, Nulls, SchemaOptions
from exportkit.schema.resolve import named_schema, resolve_columns
from exportkit.schema.schema import Schema
from exportkit.schema.words import type_words

__all__ = ["extend", "merge_schemas"]

_OF_ANY = (ColumnKind.JSON, ColumnKind.TEXT)
_JSON = ColumnType(kind=ColumnKind.JSON)


def extend(schema: Schema, statistics: Statistics) -> Schema:
    """Returns the schema widened where it has to be, so that every value that was counted fits.

    A column that takes all its values stays as it is; others become the least wide that takes what it
    took before, too. New attributes become columns by the schema's policies, unless it puts them into ``_rest`` or
    leaves them out.

    Args:
        schema: The schema, a person's say.
        statistics: What is to fit.

    Raises:
        MixedTypesError: A column would get values of several types, and the policy is ``error``.
    """
    notes = Notes()
    item, keys = resolve_columns(statistics, schema.options, notes, schema)
    return _joined(schema, Schema(item=item, keys=keys, options=schema.options), schema.options, notes)


def merge_schemas(a: Schema, b: Schema) -> Schema:
    """Returns a schema that takes what either takes; where they differ in names, order and policies it is as the first.

    An attribute with a column in one, which the other puts into ``_rest`` or leaves out, keeps that column: values of
    the other's records may then fit no column.

    Raises:
        MixedTypesError: A column would get values of several types, and the first's policy is ``error``.
    """
    nulls = Nulls.MERGE if Nulls.MERGE in {a.options.nulls, b.options.nulls} else Nulls.KEEP
    return _joined(a, b, replace(a.options, nulls=nulls), Notes())


def _joined(a: Schema, b: Schema, options: SchemaOptions, notes: Notes) -> Schema:
    join = _Join(options, notes)
    item = join.structs(a.item, b.item, "", _names(a.item.fields, options))
    keys = a.keys or b.keys
    if a.keys is not None and b.keys is not None:
        keys = _Join(options, Notes()).structs(a.keys, b.keys, "", _names(a.keys.fields, options))
    return named_schema(item, keys, options, notes)


@dataclass(frozen=True, slots=True)
class _Join:
    options: SchemaOptions
    notes: Notes

    def structs(self, a: ColumnType, b: ColumnType, path: str, taken: frozenset[str]) -> ColumnType:
        """Returns a struct of the fields of both; ``taken`` are the folded names in the struct around them."""
        others = {each.attribute: each for each in b.fields}
        fields = [
            self._fields(each, others[each.attribute], path, taken) if each.attribute in others else each
            for each in a.fields
        ]
        known = {each.attribute for each in a.fields}
        new = [self._free(each, taken) for each in b.fields if each.attribute not in known]
        for each in new:
            self.notes.add(NoteKind.ADDED, field_path(path, each.attribute), f"a new column: {type_words(each.type)}")
        fields += sorted(new, key=_attribute)
        if list(a.fields) == sorted(a.fields, key=_attribute):
            fields.sort(key=_attribute)
        return replace(a, fields=tuple(fields), others=_joined_others(a, b))

    def _free(self, each: SchemaField, taken: frozenset[str]) -> SchemaField:
        """Returns a new field, without its name where it is nobody's choice or another's name."""
        if each.flatten:
            return _unnamed(each, flatten=True)
        chosen = each.name not in {"", each.attribute} and fold(each.name, self.options.names) not in taken
        return each if chosen else replace(each, name="")

    def _fields(self, a: SchemaField, b: SchemaField, above: str, taken: frozenset[str]) -> SchemaField:
        if a.drop:
            return a
        path = field_path(above, a.attribute)
        join = self if a.numbers is None else _Join(replace(self.options, numbers=a.numbers), self.notes)
        flatten = a.flatten and b.flatten
        if a.flatten and b.type.kind is ColumnKind.NULL:
            flatten, column = True, a.type
        elif flatten:
            column = join.structs(a.type, b.type, path, taken)
        else:
            a, b = _unnamed(a, flatten=False), _unnamed(b, flatten=False)
            column = join.columns(a.type, b.type, path)
        if (now := _told(column)) != (before := _told(a.type)):
            self.notes.add(NoteKind.WIDENED, path, f"was {before}, is {now} now")
        return replace(a, type=column, flatten=flatten, seen=_added(a.seen, b.seen))

    def columns(self, a: ColumnType, b: ColumnType, path: str, *, in_map: bool = False) -> ColumnType:
        """Returns the column that takes what either takes; ``in_map`` where it is that of a map's values."""
        if ColumnKind.NULL in {a.kind, b.kind}:
            return b if a.kind is ColumnKind.NULL else a
        for kind in _OF_ANY:
            if kind in {a.kind, b.kind}:
                return ColumnType(kind=kind)
        types, others = _types(a), _types(b)
        merged = {
            tag: self._both(tag, types[tag], others[tag], path)
            if tag in types and tag in others
            else types.get(tag) or others[tag]
            for tag in TYPE_TAGS
            if tag in types or tag in others
        }
        mixed = ColumnKind.MIXED in {a.kind, b.kind}
        if len(merged) == 1 and not mixed:
            return next(iter(merged.values())).type
        if a.kind is not ColumnKind.MIXED and len(merged.keys() - {"NULL"}) > 1:
            kind = self._of_several(path, merged, in_map=in_map and not mixed)
            if kind is not ColumnKind.MIXED:
                return ColumnType(kind=kind)
        return ColumnType(kind=ColumnKind.MIXED, fields=tuple(merged.values()))

    def _of_several(self, path: str, types: Mapping[str, SchemaField], *, in_map: bool) -> ColumnKind:
        match self.options.mixed:
            case Mixed.ERROR:
                raise MixedTypesError(path, dict.fromkeys(types))
            case Mixed.STRUCT if not in_map:
                return ColumnKind.MIXED
            case Mixed.STRING:
                return ColumnKind.TEXT
        return ColumnKind.JSON

    def _both(self, tag: str, a: SchemaField, b: SchemaField, path: str) -> SchemaField:
        return replace(a, type=self._typed(tag, a.type, b.type, path), seen=_added(a.seen, b.seen))

    def _typed(self, tag: str, a: ColumnType, b: ColumnType, path: str) -> ColumnType:
        """Returns the column that takes the values of one type that either takes."""
        if tag == "N":
            return joined_numbers(a, b, self.options.numbers)
        if tag == "M":
            return self._maps(a, b, path)
        if tag not in {"NS", "L"}:
            return a
        assert a.element is not None
        assert b.element is not None
        if tag == "NS":
            return replace(a, element=joined_numbers(a.element, b.element, self.options.numbers))
        return replace(a, element=self.columns(a.element, b.element, element_path(path)))

    def _maps(self, a: ColumnType, b: ColumnType, path: str) -> ColumnType:
        if a.kind is b.kind is ColumnKind.STRUCT:
            return self.structs(a, b, path, _names(a.fields, self.options))
        for empty, other in ((a, b), (b, a)):
            if empty.element is not None and empty.element.kind is ColumnKind.NULL:
                return other  # only ever {}, which a struct takes too
        values = [value for each in (a, b) for value in _values(each)]
        element = reduce(lambda one, other: self.columns(one, other, value_path(path), in_map=True), values)
        return ColumnType(kind=ColumnKind.MAP, element=element)


def _values(column: ColumnType) -> Iterator[ColumnType]:
    """Yields what a map's values are, or a struct's fields, as values of a map."""
    if column.element is not None:
        yield column.element
    for each in column.fields:
        yield each.type
    if column.kind is ColumnKind.STRUCT and (
        column.others is not Others.MISFIT or any(each.drop for each in column.fields)
    ):
        yield _JSON


def _types(column: ColumnType) -> dict[str, SchemaField]:
    """Returns the columns of the types that a column takes, by their tags."""
    if column.kind is ColumnKind.MIXED:
        return {each.attribute: each for each in column.fields}
    tag = tag_of(column)
    return {tag: SchemaField(attribute=tag, name=tag, type=column)}


def _joined_others(a: ColumnType, b: ColumnType) -> Others:
    both = {a.others, b.others}
    return next(each for each in (Others.REST, Others.SKIP, Others.MISFIT) if each in both)


def _names(fields: Sequence[SchemaField], options: SchemaOptions) -> frozenset[str]:
    """Returns the folded names of the columns in a struct, those that are flattened into it too."""
    found: set[str] = set()
    for each in fields:
        if each.flatten:
            found |= _names(each.type.fields, options)
        elif not each.drop:
            found.add(fold(each.name, options.names))
    return frozenset(found)


def _unnamed(each: SchemaField, *, flatten: bool) -> SchemaField:
    """Returns a flattened field as one that is, or is not, to be flattened anew; others as they are."""
    if not each.flatten:
        return each
    fields = (replace(_unnamed(below, flatten=flatten), name="") for below in each.type.fields)
    return replace(each, name="", flatten=flatten, type=replace(each.type, fields=tuple(fields)))


def _told(column: ColumnType) -> str:
    leaf = leaf_of(column)
    tags = " and ".join(each.attribute for each in leaf.fields)
    return type_words(column) + (f" of {tags}" if leaf.kind is ColumnKind.MIXED else "")


def _added(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {tag: a.get(tag, 0) + b.get(tag, 0) for tag in TYPE_TAGS if tag in a or tag in b}


def _attribute(each: SchemaField) -> str:
    return each.attribute
