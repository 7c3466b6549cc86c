"""Which attributes differ, by value."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.algebra.attributes import AttributeChange, AttributeTally, same_value
from exportkit.engine.protocols import Engine
from exportkit.model.values import ChangeRecord
from tests.strategies import attribute_values


def change(old: Any, new: Any) -> ChangeRecord:
    return ChangeRecord({"pk": "a"}, 1, new, old)


def test_attributes_are_counted_by_how_they_differ() -> None:
    tally = AttributeTally()
    tally.add(change({"pk": "a", "n": Decimal(1), "gone": "x"}, {"pk": "a", "n": Decimal(2), "born": None}))
    tally.add(change({"pk": "b", "n": Decimal(1)}, {"pk": "b", "n": True}))
    assert tally.changes() == (
        AttributeChange(name="n", added=0, removed=0, changed=2),
        AttributeChange(name="born", added=1, removed=0, changed=0),
        AttributeChange(name="gone", added=0, removed=1, changed=0),
    )
    assert tally.others == 0


def test_only_items_on_both_sides_have_attributes_that_differ() -> None:
    tally = AttributeTally()
    tally.add(change(None, {"pk": "a"}))
    tally.add(change({"pk": "a"}, None))
    assert tally.changes() == ()


def test_names_past_the_bound_are_counted_as_a_whole() -> None:
    tally = AttributeTally(names=2)
    tally.add(change({}, {"a": "1", "b": "1"}))
    tally.add(change({"a": "1"}, {"c": "1", "d": "1"}))
    assert {each.name: each.count for each in tally.changes()} == {"a": 2, "b": 1}
    assert tally.others == 2


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (Decimal("1.0"), Decimal(1), True),
        (Decimal("-0"), Decimal(0), True),
        (Decimal(1), True, False),
        ([Decimal(0)], [False], False),
        ({"a": [None]}, {"a": [None]}, True),
        ({"a": "1"}, {"b": "1"}, False),
        (["a"], ["a", "a"], False),
        ({"a"}, ["a"], False),
        ({Decimal(100), Decimal(2)}, {Decimal(2), Decimal("1E+2")}, True),
        ("", b"", False),
        (None, False, False),
        ({}, [], False),
    ],
)
def test_values_are_compared_as_the_service_does(left: Any, right: Any, same: bool) -> None:
    assert same_value(left, right) is same
    assert same_value(right, left) is same


@given(attribute_values, st.data())
def test_values_are_the_same_where_their_encodings_are(engines: tuple[Engine, Engine], value: Any, data: Any) -> None:
    other = data.draw(attribute_values | st.just(value))
    for engine in engines:
        equal = engine.canonical_item({"v": value}) == engine.canonical_item({"v": other})
        assert same_value(value, other) is equal
