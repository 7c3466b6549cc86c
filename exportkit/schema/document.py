"""Columns as JSON: written one a line, so that a person can edit them and see what changed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from exportkit.model.plan import RESCUED, REST, ColumnKind, Others
from exportkit.model.statistics import TYPE_TAGS
from exportkit.schema.columns import ColumnType, SchemaField, leaf_of, tag_of, with_leaf
from exportkit.schema.depth import MAX_LEVELS, depth_of
from exportkit.schema.names import JOINT, fold
from exportkit.schema.options import Names, Numbers
from exportkit.schema.words import parse_type, type_words

__all__ = ["DocumentError", "column_lines", "read_struct"]

_NUMBER_KINDS = frozenset({ColumnKind.INT64, ColumnKind.DECIMAL, ColumnKind.DOUBLE, ColumnKind.NUMBER_STRING})
_ALL_DROPPED = "every field is dropped: keep one, or drop the column that they are in"
_EMPTY_NAME = 'readers refuse an empty name; give it a "name"'
_HELD_AS = {Numbers.DOUBLE: ColumnKind.DOUBLE, Numbers.STRING: ColumnKind.NUMBER_STRING}


class DocumentError(ValueError):
    """Something in a document is wrong.

    Attributes:
        path: Where, as ``$.columns[0].type``.
        reason: What is wrong, and what is allowed.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


# --- written -----------------------------------------------------------------------------------------------


def column_lines(fields: Sequence[SchemaField], indent: str, prefix: str = "", key: str = "attribute") -> str:
    """Returns fields as the elements of a JSON array, each on a line of its own, those below it further in."""
    return ",\n".join(indent + _field_text(each, indent, prefix, key) for each in fields)


def _field_text(each: SchemaField, indent: str, prefix: str, key: str) -> str:
    leaf = leaf_of(each.type)
    head: dict[str, Any] = {key: each.attribute}
    if each.name not in {"", _default_name(each.attribute, prefix, flatten=each.flatten)}:
        head["name"] = each.name
    head["type"] = type_words(each.type)
    head |= {name: True for name in ("drop", "flatten") if getattr(each, name)}
    optional = {"numbers": each.numbers, "dictionary": each.dictionary, "dictionary_keys": each.dictionary_keys}
    head |= {name: value for name, value in optional.items() if value is not None}
    if leaf.others is not Others.MISFIT:
        head["others"] = leaf.others
    if each.seen:
        head["seen"] = dict(each.seen)
    text = json.dumps(head, ensure_ascii=False)
    if not leaf.fields:
        return text
    mixed = leaf.kind is ColumnKind.MIXED
    below = prefix + each.name + JOINT if each.flatten else ""
    lines = column_lines(leaf.fields, indent + "  ", below, "tag" if mixed else "attribute")
    return f'{text[:-1]}, "{"types" if mixed else "fields"}": [\n{lines}\n{indent}]}}'


def _default_name(attribute: str, prefix: str, *, flatten: bool) -> str:
    return attribute if flatten else prefix + attribute


# --- read --------------------------------------------------------------------------------------------------


def read_struct(
    columns: Sequence[Mapping[str, Any]], path: str, others: Others, policy: Names, *, top: bool = True
) -> ColumnType:
    """Returns the struct of fields that are of the right shape, by the JSON Schema.

    Args:
        columns: The fields.
        path: Where they stand in the document.
        others: What becomes of attributes without a field.
        policy: Which names are the same name.
        top: Whether it is the item, or its keys, whose fields may be flattened.

    Raises:
        DocumentError: They contradict each other, or are no columns that readers take.
    """
    fields = tuple(_read_field(each, f"{path}[{index}]", policy, "", top=top) for index, each in enumerate(columns))
    _once([each.attribute for each in fields], path, "attribute")
    if others is not Others.REST and all(each.drop for each in fields):
        raise DocumentError(path, "is empty: name a column" if not fields else _ALL_DROPPED)
    reserved = [RESCUED, REST] if top else [REST] if others is Others.REST else []
    _unique_names(fields, path, policy, reserved)
    struct = ColumnType(kind=ColumnKind.STRUCT, fields=fields, others=others)
    if top and depth_of(struct) > MAX_LEVELS:
        raise DocumentError(path, f"is nested more deeply than the {MAX_LEVELS} levels that readers take: use json")
    return struct


def _read_field(document: Mapping[str, Any], path: str, policy: Names, prefix: str, *, top: bool) -> SchemaField:
    attribute: str = document["attribute"]
    flatten = document.get("flatten", False)
    name = document.get("name", _default_name(attribute, prefix, flatten=flatten))
    if not name and attribute:  # only an attribute without a name may be called so, by the policy exact
        raise DocumentError(path, _EMPTY_NAME)
    column = _type_at(document, path)
    leaf = leaf_of(column)
    others = Others(document.get("others", Others.MISFIT))
    if leaf.kind is ColumnKind.STRUCT:
        below = f"{path}.fields"
        if flatten:
            _check_flat(column, others, path, top=top)
            inner = _read_flat(document.get("fields", []), below, policy, prefix + name + JOINT)
        else:
            inner = read_struct(_some(document, "fields", path), below, others, policy, top=False)
        column = with_leaf(column, inner)
    elif leaf.kind is ColumnKind.MIXED:
        column = with_leaf(column, _read_mixed(_some(document, "types", path), f"{path}.types", policy))
    if leaf.kind is not ColumnKind.STRUCT:
        for member in ("fields", "others", "flatten"):
            if document.get(member):
                raise DocumentError(
                    f"{path}.{member}", f"stands only with type struct; here it is {type_words(column)}"
                )
    if leaf.kind is not ColumnKind.MIXED and "types" in document:
        raise DocumentError(f"{path}.types", f"stands only with type mixed; here it is {type_words(column)}")
    numbers = Numbers(document["numbers"]) if "numbers" in document else None
    return SchemaField(
        attribute=attribute,
        name=name,
        type=_with_numbers(column, numbers),
        drop=document.get("drop", False),
        flatten=flatten,
        dictionary=document.get("dictionary"),
        dictionary_keys=document.get("dictionary_keys"),
        numbers=numbers,
        seen=document.get("seen", {}),
    )


def _type_at(document: Mapping[str, Any], path: str) -> ColumnType:
    try:
        return parse_type(document["type"])
    except ValueError as error:
        raise DocumentError(f"{path}.type", str(error)) from None
    except RecursionError:
        raise DocumentError(f"{path}.type", "is nested too deeply") from None


def _some(document: Mapping[str, Any], member: str, path: str) -> Sequence[Mapping[str, Any]]:
    if not document.get(member):
        raise DocumentError(path, f'its type is {document["type"]}, so "{member}" has to name one at least')
    found: Sequence[Mapping[str, Any]] = document[member]
    return found


def _check_flat(column: ColumnType, others: Others, path: str, *, top: bool) -> None:
    if not top or column.kind is not ColumnKind.STRUCT:
        raise DocumentError(
            f"{path}.flatten", "only a struct at the top, or in one that is flattened itself, can be flattened"
        )
    if others is not Others.MISFIT:
        raise DocumentError(f"{path}.others", "a struct that is flattened has no place for other attributes")


def _read_flat(columns: Sequence[Mapping[str, Any]], path: str, policy: Names, prefix: str) -> ColumnType:
    fields = tuple(
        _read_field(each, f"{path}[{index}]", policy, prefix, top=True) for index, each in enumerate(columns)
    )
    _once([each.attribute for each in fields], path, "attribute")
    if all(each.drop for each in fields):
        raise DocumentError(path, _ALL_DROPPED)
    return ColumnType(kind=ColumnKind.STRUCT, fields=fields)


def _read_mixed(types: Sequence[Mapping[str, Any]], path: str, policy: Names) -> ColumnType:
    _once([each["tag"] for each in types], path, "tag")
    fields = []
    for index, document in enumerate(types):
        at = f"{path}[{index}]"
        each = _read_field({**document, "attribute": document["tag"]}, at, policy, "", top=False)
        if tag_of(each.type) != each.attribute:
            raise DocumentError(f"{at}.type", f"{type_words(each.type)} holds no values of type {each.attribute}")
        fields.append(each)
    fields.sort(key=lambda each: TYPE_TAGS.index(each.attribute))
    _unique_names(fields, path, policy, [])
    return ColumnType(kind=ColumnKind.MIXED, fields=tuple(fields))


def _once(names: Sequence[str], path: str, what: str) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise DocumentError(f"{path}[{index}].{what}", f"{name!r} stands there a second time")
        seen.add(name)


def _unique_names(fields: Sequence[SchemaField], path: str, policy: Names, reserved: Sequence[str]) -> None:
    taken = {fold(name, policy): "exportkit itself" for name in reserved}
    for at, each in _arrow_fields(fields, path):
        key = fold(each.name, policy)
        if key in taken:
            raise DocumentError(at, f'the name {each.name!r} is taken by {taken[key]}; give it another "name"')
        if "\0" in each.name:
            raise DocumentError(at, 'Arrow takes no name with the character U+0000; give it another "name"')
        if not each.name and policy is not Names.EXACT:
            raise DocumentError(at, _EMPTY_NAME)
        taken[key] = at


def _arrow_fields(fields: Sequence[SchemaField], path: str) -> Iterator[tuple[str, SchemaField]]:
    for index, each in enumerate(fields):
        if each.flatten and not each.drop:
            yield from _arrow_fields(each.type.fields, f"{path}[{index}].fields")
        elif not each.drop:
            yield f"{path}[{index}]", each


def _with_numbers(column: ColumnType, policy: Numbers | None) -> ColumnType:
    """Returns a column in which the numbers are held as the policy says, where it names one type for all."""
    if policy not in _HELD_AS:
        return column
    if column.element is not None:
        return replace(column, element=_with_numbers(column.element, policy))
    if column.kind in _NUMBER_KINDS:
        return ColumnType(kind=_HELD_AS[policy])
    fields = (replace(each, type=_with_numbers(each.type, each.numbers or policy)) for each in column.fields)
    return replace(column, fields=tuple(fields))
