"""Which columns a schema gives a dictionary, or none, by their Parquet paths."""

from collections.abc import Iterator

from exportkit.model.plan import ColumnKind
from exportkit.schema import Schema
from exportkit.schema.columns import ColumnType

__all__ = ["with_hints"]


def with_hints(
    dictionary: tuple[str, ...] | None, schema: Schema, leaves: tuple[str, ...], *, incremental: bool
) -> tuple[str, ...] | None:
    """Returns the columns with dictionaries, those that the schema says something of by its word.

    Args:
        dictionary: The columns by measure; None: all.
        schema: The schema.
        leaves: All leaf columns.
        incremental: Whether the columns are those of changes.
    """
    hints = dict(_hints_of(schema, incremental=incremental))
    if not hints:
        return dictionary
    chosen = set(leaves if dictionary is None else dictionary)
    return tuple(path for path in leaves if hints.get(path, path in chosen))


def _hints_of(schema: Schema, *, incremental: bool) -> Iterator[tuple[str, bool]]:
    if not incremental:
        yield from _fields(schema.item, "")
        return
    for image in ("new_image.", "old_image."):
        yield from _fields(schema.item, image)
    if schema.keys is not None:
        yield from _fields(schema.keys, "keys.")


def _fields(struct: ColumnType, prefix: str) -> Iterator[tuple[str, bool]]:
    for field in struct.fields:
        if field.flatten:
            yield from _fields(field.type, prefix)
        elif not field.drop:
            yield from _column(field.type, prefix + field.name, field.dictionary, field.dictionary_keys)


def _column(column: ColumnType, path: str, values: bool | None, keys: bool | None) -> Iterator[tuple[str, bool]]:
    if column.kind in {ColumnKind.STRUCT, ColumnKind.MIXED}:
        yield from _fields(column, f"{path}.")
    elif column.kind is ColumnKind.MAP:
        if keys is not None:
            yield f"{path}.key_value.key", keys
        if column.element is not None:
            yield from _column(column.element, f"{path}.key_value.value", values, keys)
    elif column.element is not None:
        yield from _column(column.element, f"{path}.list.element", values, keys)
    elif values is not None:
        yield path, values
