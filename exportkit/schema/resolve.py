"""Statistics become columns: every policy of ``docs/schema.md``, decided path by path."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from exportkit.errors import MixedTypesError
from exportkit.model.plan import ColumnKind, Others
from exportkit.model.statistics import TYPE_TAGS, PathStatistics, Statistics
from exportkit.schema.columns import ColumnType, SchemaField, tag_of
from exportkit.schema.depth import with_depth
from exportkit.schema.merge import (
    count_values,
    lacks_attributes,
    lacks_elements,
    merge_paths,
    narrow_statistics,
)
from exportkit.schema.names import with_names
from exportkit.schema.notes import NoteKind, Notes, element_path, field_path, value_path
from exportkit.schema.numbers import exactly_double, number_column, widened_numbers
from exportkit.schema.options import Mixed, Nulls, Numbers, SchemaOptions
from exportkit.schema.schema import Schema

__all__ = ["resolve", "resolve_columns"]

_UNCOUNTED = "the limit on paths was reached before its values were looked at: held as JSON"
_OF_KEYS = {"S", "N", "B"}
_NOTHING = PathStatistics()
_SCALARS = {"S": ColumnKind.STRING, "B": ColumnKind.BINARY, "BOOL": ColumnKind.BOOL, "NULL": ColumnKind.NULL}
_SETS = {"SS": ColumnKind.STRING, "BS": ColumnKind.BINARY}
_OF_ANY = {Mixed.JSON: ColumnKind.JSON, Mixed.STRING: ColumnKind.TEXT}


def resolve(statistics: Statistics, options: SchemaOptions) -> Schema:
    """Returns the schema whose columns take every value that was counted.

    Args:
        statistics: Those of a whole export, of several, or of a sample.
        options: The policies.

    Raises:
        MixedTypesError: Values of several types at one path, and the policy is ``error``.
    """
    notes = Notes()
    item, keys = resolve_columns(statistics, options, notes)
    return named_schema(item, keys, options, notes)


def named_schema(item: ColumnType, keys: ColumnType | None, options: SchemaOptions, notes: Notes) -> Schema:
    """Returns the schema of columns that may have no names yet."""
    item = with_names(with_depth(item, notes), options.names, notes)
    if keys is not None:
        names = {each.attribute: each.name for each in item.fields if not each.flatten}
        fields = tuple(replace(each, name=each.name or names.get(each.attribute, "")) for each in keys.fields)
        keys = with_names(with_depth(replace(keys, fields=fields), Notes()), options.names, Notes())
    return Schema(item=item, keys=keys, options=options, notes=notes.all())


def resolve_columns(
    statistics: Statistics, options: SchemaOptions, notes: Notes, given: Schema | None = None
) -> tuple[ColumnType, ColumnType | None]:
    """Returns the item's struct and that of the keys, without names.

    Args:
        statistics: As for ``resolve``.
        options: The policies.
        notes: Told of what is worth to be known.
        given: A schema whose columns are preferred where they take the values.
    """
    statistics = narrow_statistics(statistics, options.max_map_fields)
    resolver = _Resolver(options, notes)
    if statistics.keys is None:
        return resolver.item(statistics.item, None if given is None else given.item), None
    # A key attribute has one type in Keys and in the images, so that they can be compared.
    keys, images = statistics.keys.fields, statistics.item.fields
    shared = {
        name: merge_paths(each, images[name], options.max_map_fields) if name in images else each
        for name, each in keys.items()
        if name not in images or images[name].types.keys() <= each.types.keys() <= _OF_KEYS
    }
    item = replace(statistics.item, fields=dict(sorted({**images, **shared}.items())))
    columns = resolver.item(item, None if given is None else given.item)
    of_keys = _Resolver(replace(options, columns=None, rest_as_json=False), Notes())
    keys_alone = replace(statistics.keys, fields={**keys, **shared})
    return columns, of_keys.item(keys_alone, None if given is None else given.keys)


@dataclass(frozen=True, slots=True)
class _Resolver:
    options: SchemaOptions
    notes: Notes

    def item(self, path: PathStatistics, given: ColumnType | None) -> ColumnType:
        """Returns the struct of an item."""
        names, others = self._chosen(path, given)
        fields = [self._field(name, path.fields.get(name, _NOTHING), "", 1, given) for name in names]
        if not fields:
            others = Others.REST  # readers refuse what has no column
        return ColumnType(kind=ColumnKind.STRUCT, fields=tuple(fields), others=others)

    def _chosen(self, path: PathStatistics, given: ColumnType | None) -> tuple[list[str], Others]:
        """Returns which attributes of an item become columns, and what becomes of the others."""
        options, known = self.options, set() if given is None else {each.attribute for each in given.fields}
        if given is not None and given.others is not Others.MISFIT:
            return sorted(known & path.fields.keys()), given.others
        if options.columns is not None:
            return self._named(path, options.columns)
        by_count = sorted(path.fields.keys() - known, key=lambda name: (-count_values(path.fields[name]), name))
        room = max(options.max_map_fields - len(known), 0)
        chosen, rest = sorted([*by_count[:room], *(known & path.fields.keys())]), by_count[room:]
        if rest or path.values is not None:
            gone = [path.fields[name] for name in rest] + ([] if path.values is None else [path.values])
            known_names = f"{len(rest):,} names of attributes" if path.values is None else "the rarer attributes"
            self._told_of(NoteKind.REST, f"{known_names} have no column of their own, but stand in _rest", gone)
            return chosen, Others.REST
        return chosen, Others.REST if options.rest_as_json else Others.MISFIT

    def _named(self, path: PathStatistics, columns: Sequence[str]) -> tuple[list[str], Others]:
        for name in columns:
            if name not in path.fields:
                self.notes.add(NoteKind.NEVER_SEEN, field_path("", name), "no item has it: a column without values")
        gone = [each for name, each in path.fields.items() if name not in columns]
        gone += [] if path.values is None else [path.values]
        if self.options.rest_as_json:
            if gone:
                self._told_of(NoteKind.REST, "attributes that are not named among the columns stand in _rest", gone)
            return sorted(columns), Others.REST
        if gone:
            self._told_of(NoteKind.LEFT_OUT, "attributes that are not named among the columns are left out", gone)
        return sorted(columns), Others.SKIP

    def _told_of(self, kind: NoteKind, message: str, gone: Sequence[PathStatistics]) -> None:
        firsts = [found.first for each in gone for found in each.types.values()]
        self.notes.add(kind, "", message, sum(map(count_values, gone)), min(firsts, default=None))

    def _field(
        self, name: str, values: PathStatistics, above: str, depth: int, given_struct: ColumnType | None
    ) -> SchemaField:
        """Returns the field of one attribute; ``depth`` is 0 where it cannot be flattened, else 1 at the top."""
        path = field_path(above, name)
        given = _field_of(given_struct, name)
        if given is not None and given.drop:
            return given
        resolver = self if given is None or given.numbers is None else self._with_numbers(given.numbers)
        flatten = depth > 0 and (depth <= self.options.flatten_depth if given is None else given.flatten)
        flatten = flatten and self._can_flatten(values, path)
        column = resolver.column(values, path, None if given is None else given.type, depth + 1 if flatten else 0)
        seen = {tag: each.count for tag, each in values.types.items()}
        return SchemaField(attribute=name, type=column, flatten=flatten, seen=seen)

    def _with_numbers(self, numbers: Numbers) -> "_Resolver":
        return _Resolver(replace(self.options, numbers=numbers), self.notes)

    def _can_flatten(self, values: PathStatistics, path: str) -> bool:
        maps = values.types.get("M")
        if maps is None or values.values is not None or not values.fields:
            return False
        if maps.least == 0:
            why = "an empty map would look like none at all"
        elif len(values.types) > 1 + ("NULL" in values.types and self.options.nulls is Nulls.MERGE):
            why = "it is not always a map"
        else:
            return True
        self.notes.about(NoteKind.NOT_FLATTENED, path, f"not flattened: {why}", values, *values.types)
        return False

    def column(
        self, values: PathStatistics, path: str, given: ColumnType | None, depth: int = 0, *, in_map: bool = False
    ) -> ColumnType:
        """Returns the column of the values at a path.

        Args:
            values: Their statistics.
            path: It, for notes.
            given: What they are by a schema that is there already.
            depth: Where the attributes of a map would stand by flattening; 0 where they cannot.
            in_map: Whether they are the values of a map whose keys are data.
        """
        if given is not None and given.kind in _OF_ANY.values():
            return given
        tags = [tag for tag in TYPE_TAGS if tag in values.types]
        real = [tag for tag in tags if tag != "NULL"]
        if tags == ["NULL"]:
            become = "a struct of NULL alone" if self.options.nulls is Nulls.KEEP else "a column of strings, all null"
            self.notes.about(NoteKind.ONLY_NULL, path, f"only ever NULL: {become}", values, "NULL")
        if tags != real and self.options.nulls is Nulls.MERGE:
            if real:
                self.notes.about(NoteKind.MERGED_NULLS, path, "NULL becomes a null", values, "NULL")
            tags = real
        if not tags:
            return ColumnType(kind=ColumnKind.NULL)
        if len(real) > 1 and (column := self._mixed(values, path, given, real, in_map=in_map)) is not None:
            return column
        columns = [(tag, self._typed(tag, values, path, _typed_as(given, tag), depth)) for tag in tags]
        if real == tags and len(tags) == 1:
            return columns[0][1]
        fields = (
            SchemaField(attribute=tag, name=tag, type=each, seen={tag: values.types[tag].count})
            for tag, each in columns
        )
        return ColumnType(kind=ColumnKind.MIXED, fields=tuple(fields))

    def _mixed(
        self, values: PathStatistics, path: str, given: ColumnType | None, tags: Sequence[str], *, in_map: bool
    ) -> ColumnType | None:
        """Returns the column of values of several types; None where it is a struct of them."""
        policy, told = self.options.mixed, "values of " + " and ".join(tags)
        if policy is Mixed.ERROR:
            found = {tag: values.types[tag] for tag in tags}
            raise MixedTypesError(path, {tag: (each.count, astuple(each.first)) for tag, each in found.items()})
        if policy is Mixed.STRUCT and (not in_map or (given is not None and given.kind is ColumnKind.MIXED)):
            self.notes.about(NoteKind.MIXED, path, f"{told}: a struct with a field for each", values, *tags)
            return None
        kind = ColumnKind.JSON if policy is Mixed.STRUCT else _OF_ANY[policy]
        become = "JSON" if kind is ColumnKind.JSON else "text"
        self.notes.about(NoteKind.MIXED, path, f"{told}: held as {become}", values, *tags)
        return ColumnType(kind=kind)

    def _typed(self, tag: str, values: PathStatistics, path: str, given: ColumnType | None, depth: int) -> ColumnType:
        """Returns the column of the values of one type."""
        if tag in _SCALARS:
            return ColumnType(kind=_SCALARS[tag])
        if tag in _SETS:
            return ColumnType(kind=ColumnKind.SET, element=ColumnType(kind=_SETS[tag]))
        element = None if given is None else given.element
        if tag == "N":
            return self._number("N", values, path, given)
        if tag == "NS":
            return ColumnType(kind=ColumnKind.SET, element=self._number("NS", values, path, element))
        if tag == "L":
            return self._list(values, path, element)
        return self._map(values, path, given, depth)

    def _list(self, values: PathStatistics, path: str, given: ColumnType | None) -> ColumnType:
        below = element_path(path)
        if lacks_elements(values):
            self.notes.about(NoteKind.UNCOUNTED, below, _UNCOUNTED, values, "L")
            return ColumnType(kind=ColumnKind.LIST, element=ColumnType(kind=ColumnKind.JSON))
        if values.elements is None:
            self.notes.about(NoteKind.ONLY_NULL, path, "only ever []: a list of strings", values, "L")
        return ColumnType(kind=ColumnKind.LIST, element=self.column(values.elements or _NOTHING, below, given))

    def _number(self, tag: str, values: PathStatistics, path: str, given: ColumnType | None) -> ColumnType:
        number = values.types[tag].number
        assert number is not None
        policy = self.options.numbers
        column = number_column(number, policy) if given is None else widened_numbers(given, number, policy)
        if column == given:
            return column
        if column.kind is ColumnKind.NUMBER_STRING and policy is not Numbers.STRING:
            digits = f"{number.integer_digits} digits before the point and {number.scale} behind it"
            self.notes.about(NoteKind.NUMBER_STRING, path, f"up to {digits}: no decimal, but text", values, tag)
        if column.kind is ColumnKind.DOUBLE and not exactly_double(number):
            self.notes.about(NoteKind.ROUNDED, path, "more digits than a double holds: rounded", values, tag)
        return column

    def _map(self, values: PathStatistics, path: str, given: ColumnType | None, depth: int) -> ColumnType:
        if values.values is None and values.fields:
            names = sorted(values.fields)
            if given is not None and given.kind is ColumnKind.STRUCT and given.others is not Others.MISFIT:
                names = [name for name in names if _field_of(given, name) is not None]
            fields = tuple(self._field(name, values.fields[name], path, depth, given) for name in names)
            return ColumnType(kind=ColumnKind.STRUCT, fields=fields)
        if lacks_attributes(values):
            self.notes.about(NoteKind.UNCOUNTED, value_path(path), _UNCOUNTED, values, "M")
            return ColumnType(kind=ColumnKind.MAP, element=ColumnType(kind=ColumnKind.JSON))
        if values.values is None:
            self.notes.about(NoteKind.ONLY_NULL, path, "only ever {}: a map of strings", values, "M")
            return ColumnType(kind=ColumnKind.MAP, element=ColumnType(kind=ColumnKind.NULL))
        self.notes.about(NoteKind.DATA_KEYS, path, "its keys are data: a map, not a struct", values, "M")
        element = given.element if given is not None and given.kind is ColumnKind.MAP else None
        below = value_path(path)
        return ColumnType(kind=ColumnKind.MAP, element=self.column(values.values, below, element, in_map=True))


def _field_of(struct: ColumnType | None, attribute: str) -> SchemaField | None:
    if struct is None or struct.kind is not ColumnKind.STRUCT:
        return None
    return next((each for each in struct.fields if each.attribute == attribute), None)


def _typed_as(given: ColumnType | None, tag: str) -> ColumnType | None:
    """Returns what a given column makes of values of one type."""
    if given is None:
        return None
    if given.kind is ColumnKind.MIXED:
        return next((each.type for each in given.fields if each.attribute == tag), None)
    return given if tag_of(given) == tag else None
