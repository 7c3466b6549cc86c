"""Names: unique, the same whatever the order, and what readers take."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.schema import NoteKind, Schema
from exportkit.schema.names import fold
from exportkit.schema.options import Names
from tests.schema.making import schema_of
from tests.strategies import attribute_names


def named(schema: Schema) -> dict[str, str]:
    return {each.attribute: each.name for each in schema.item.fields}


def names(policy: str, *attributes: str) -> dict[str, str]:
    return named(schema_of(dict.fromkeys(attributes, "x"), names=policy))


@pytest.mark.parametrize(
    ("attributes", "default"),
    [
        (["name", "Name"], {"Name": "Name", "name": "name_2"}),
        (["name", "Name", "NAME"], {"NAME": "NAME", "Name": "Name_2", "name": "name_3"}),
        (
            ["name", "Name", "name_2", "NAME_3"],
            {"Name": "Name", "name": "name_4", "name_2": "name_2", "NAME_3": "NAME_3"},
        ),
        (["_rescued", "_REST"], {"_rescued": "_rescued_2", "_REST": "_REST_2"}),
        (["", "_"], {"": "__2", "_": "_"}),
        (["a\0b", "a_b"], {"a\0b": "a_b_2", "a_b": "a_b"}),
        (["Ä", "ä", "ß", "ss", "\u017f", "s", "\u212a", "k"], None),
        (["a b", "日本", "1x"], {"a b": "a b", "日本": "日本", "1x": "1x"}),
    ],
)
def test_default(attributes: list[str], default: dict[str, str] | None) -> None:
    default = default or {
        "Ä": "Ä",
        "ä": "ä_2",
        "ß": "ß",
        "ss": "ss",
        "\u017f": "\u017f_2",
        "s": "s",
        "\u212a": "\u212a_2",
        "k": "k",
    }
    assert names("default", *attributes) == default
    assert names("default", *reversed(attributes)) == default


def test_portable() -> None:
    assert names("portable", "a b", "a-b", "1x", "", "_", "日本", "e\u0301", "a_b", "A_B") == {
        "a b": "a_b_2",
        "a-b": "a_b_3",
        "1x": "_1x",
        "": "__2",
        "_": "_",
        "日本": "__",
        "e\u0301": "e_",
        "a_b": "a_b_4",
        "A_B": "A_B",
    }


def test_exact() -> None:
    attributes = ["Name", "name", "", "a\0b", "_rescued", "_Rescued"]
    same = dict(zip(attributes, attributes, strict=True))
    assert names("exact", *attributes) == same | {"_rescued": "_rescued_2", "a\0b": "a_b"}


def test_each_struct_has_its_own() -> None:
    schema = schema_of({"m": {"A": "x", "a": "x", "_rescued": "x"}, "l": [[{"A": "x", "a": "x"}]], "x": {"1"}})
    inner = schema.item.fields[1].type
    assert {each.attribute: each.name for each in inner.fields} == {"A": "A", "a": "a_2", "_rescued": "_rescued"}
    told = {note.path for note in schema.notes if note.kind is NoteKind.RENAMED}
    assert told == {"m.a", "l[][].a"}


def test_those_inside_several_types_too() -> None:
    schema = schema_of({"v": {"A": "x", "a": "x"}}, {"v": [{"B": "x", "b": "x"}]}, {"v": "x"})
    types = {each.attribute: each.type for each in schema.item.fields[0].type.fields}
    assert [each.name for each in types["M"].fields] == ["A", "a_2"]
    assert types["L"].element is not None
    assert [each.name for each in types["L"].element.fields] == ["B", "b_2"]


@given(st.sets(attribute_names, min_size=1, max_size=8), st.sampled_from(Names), st.randoms())
def test_always_unique_and_never_by_order(attributes: set[str], policy: Names, random: object) -> None:
    found = names(policy, *attributes)
    assert len({fold(name, policy) for name in found.values()}) == len(attributes)
    assert names(policy, *sorted(attributes, reverse=True)) == found
    if policy is Names.PORTABLE:
        assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in found.values())
    if policy is Names.DEFAULT:
        assert all(name == attribute or "_" in name for attribute, name in found.items())
