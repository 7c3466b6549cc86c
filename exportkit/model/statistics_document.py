"""Statistics as JSON has them, there and back: for ``--json``, and to be kept between two runs."""

from collections.abc import Mapping
from typing import Any

from exportkit.model.statistics import (
    TYPE_TAGS,
    NumberStatistics,
    PathStatistics,
    Place,
    Statistics,
    TypeStatistics,
)

__all__ = ["place_document", "statistics_document", "statistics_of"]

_COUNTS = ("records", "bytes", "puts", "deletes", "old_images")


def statistics_document(statistics: Statistics) -> dict[str, Any]:
    """Returns statistics as dicts with strings for keys, whole numbers, booleans and None; every path of them.

    Types and names come in their order; what a path has none of is left out.
    """
    return {
        **{name: getattr(statistics, name) for name in _COUNTS},
        "item": _path_document(statistics.item),
        "keys": None if statistics.keys is None else _path_document(statistics.keys),
    }


def place_document(place: Place) -> dict[str, int]:
    """Returns a place in the same way."""
    return {"file": place.file, "line": place.line, "offset": place.offset}


def _path_document(path: PathStatistics) -> dict[str, Any]:
    document: dict[str, Any] = {"types": {tag: _type_document(each) for tag, each in path.types.items()}}
    if path.fields:
        document["fields"] = {name: _path_document(each) for name, each in path.fields.items()}
    for name, below in (("values", path.values), ("elements", path.elements)):
        if below is not None:
            document[name] = _path_document(below)
    return document


def _type_document(each: TypeStatistics) -> dict[str, Any]:
    document: dict[str, Any] = {
        "count": each.count,
        "first": place_document(each.first),
        "least": each.least,
        "greatest": each.greatest,
    }
    if each.number is not None:
        number = each.number
        document["number"] = {
            "integer_digits": number.integer_digits,
            "scale": number.scale,
            "int64": number.int64,
        }
    return document


# --- read --------------------------------------------------------------------------------------------------


def statistics_of(document: Mapping[str, Any]) -> Statistics:
    """Returns the statistics that ``statistics_document`` told of, whatever the order of its members.

    Raises:
        ValueError: It is no such document.
    """
    try:
        keys = document["keys"]
        return Statistics(
            **{name: _count(document[name]) for name in _COUNTS},
            item=_path_of(document["item"]),
            keys=None if keys is None else _path_of(keys),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"these are no statistics: {error!r}") from error


def _path_of(document: Mapping[str, Any]) -> PathStatistics:
    types, fields = document["types"], document.get("fields", {})
    if unknown := types.keys() - set(TYPE_TAGS):
        raise ValueError(f"these are no statistics: there is no type {min(unknown)}")
    below = (document.get(name) for name in ("values", "elements"))
    values, elements = (None if each is None else _path_of(each) for each in below)
    return PathStatistics(
        types={tag: _type_of(types[tag]) for tag in TYPE_TAGS if tag in types},
        fields={name: _path_of(fields[name]) for name in sorted(fields)},  # code points sort as UTF-8 bytes do
        values=values,
        elements=elements,
    )


def _type_of(document: Mapping[str, Any]) -> TypeStatistics:
    first, number = document["first"], document.get("number")
    return TypeStatistics(
        count=_count(document["count"]),
        first=Place(*(_count(first[name]) for name in ("file", "line", "offset"))),
        least=_count(document["least"]),
        greatest=_count(document["greatest"]),
        number=None if number is None else _number_of(number),
    )


def _number_of(document: Mapping[str, Any]) -> NumberStatistics:
    return NumberStatistics(
        integer_digits=_count(document["integer_digits"]),
        scale=_count(document["scale"]),
        int64=document["int64"] is True,
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"these are no statistics: {value!r} is no count")
    return value
