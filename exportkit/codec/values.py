"""Between the tree and Python values (``exportkit.model.values``)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from exportkit.codec.numbers import Number, from_decimal, to_decimal
from exportkit.codec.tree import MAX_LEVELS, Attributes, ChangeTree, ItemTree, RecordFault, RecordTree, Value
from exportkit.model.values import AttributeValue, ChangeRecord, Item, Record
from exportkit.reasons import REASONS

__all__ = ["from_change", "from_item", "to_item", "to_record"]


def to_record(tree: RecordTree) -> Record:
    """Returns a record as Python values."""
    if isinstance(tree, ItemTree):
        return to_item(tree.item)
    new, old = tree.new_image, tree.old_image
    return ChangeRecord(
        keys=to_item(tree.keys),
        write_timestamp=tree.write_timestamp,
        new_image=None if new is None else to_item(new),
        old_image=None if old is None else to_item(old),
    )


def to_item(attributes: Attributes) -> Item:
    """Returns an item, or a map, as Python values."""
    return {name: _to_python(value) for name, value in attributes}


def _to_python(value: Value) -> AttributeValue:
    tag, content = value
    match tag:
        case "N":
            return to_decimal(content)
        case "SS" | "BS":
            return set(content)
        case "NS":
            return {to_decimal(number) for number in content}
        case "L":
            return [_to_python(element) for element in content]
        case "M":
            return to_item(content)
    return cast("AttributeValue", content)  # S, B, BOOL, NULL are their own values


def from_change(change: ChangeRecord) -> ChangeTree:
    """Returns a change as a tree; errors as :func:`from_item`."""
    new, old = change.new_image, change.old_image
    return ChangeTree(
        keys=from_item(change.keys),
        write_timestamp=change.write_timestamp,
        new_image=None if new is None else from_item(new),
        old_image=None if old is None else from_item(old),
    )


def from_item(item: Item) -> Attributes:
    """Returns an item's tree; the elements of sets in ascending order, so that it is the same each time.

    Raises:
        TypeError: A value of no type of ``exportkit.model.values``, or a set that mixes types.
        ValueError: A number that DynamoDB cannot hold, an empty set, a lone surrogate, more than 64 levels.
    """
    return _from_map(item, 0)


def _from_map(item: Mapping[str, AttributeValue], level: int) -> Attributes:
    return [(_text(name), _from_python(value, level)) for name, value in item.items()]


def _from_python(value: Any, level: int) -> Value:
    match value:
        case None:
            return Value("NULL", None)
        case bool():
            return Value("BOOL", value)
        case str():
            return Value("S", _text(value))
        case Decimal():
            return Value("N", _number(value))
        case bytes():
            return Value("B", value)
        case set() | frozenset():
            return _from_set(value)
        case list():
            inner = _deeper(level)
            return Value("L", [_from_python(element, inner) for element in value])
        case dict():
            return Value("M", _from_map(value, _deeper(level)))
    raise TypeError(f"no DynamoDB attribute value: {type(value).__name__}")


def _from_set(elements: Iterable[Any]) -> Value:
    types = {type(element) for element in elements}
    if not types:
        raise ValueError("a set may not be empty")
    if types == {str}:
        return Value("SS", sorted(map(_text, elements)))
    if types == {Decimal}:
        return Value("NS", [_number(element) for element in sorted(elements)])
    if types == {bytes}:
        return Value("BS", sorted(elements))
    raise TypeError(f"no DynamoDB set: {', '.join(sorted(kind.__name__ for kind in types))}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"no attribute name: {type(value).__name__}")
    value.encode("utf-8")  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return value


def _number(value: Decimal) -> Number:
    try:
        return from_decimal(value)
    except RecordFault as fault:
        raise ValueError(f"{value}: {REASONS[fault.reason].text}") from None


def _deeper(level: int) -> int:
    if level >= MAX_LEVELS:
        raise ValueError(REASONS["nesting"].text)
    return level + 1
