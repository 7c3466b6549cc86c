"""Statistics survive JSON."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.engine.reference import ReferenceEngine
from exportkit.model.formats import TextForm
from exportkit.model.statistics import PathStatistics, Place, Statistics, TypeStatistics
from exportkit.model.statistics_document import statistics_document, statistics_of
from exportkit.model.values import ChangeRecord, Item
from tests import strategies
from tests.engine.columnar import infer, only
from tests.engine.running import INCREMENTAL
from tests.engine.test_conformance import GOOD, kind, name
from tests.properties.test_round_trips import written

LIMITS = st.sampled_from((0, 1, 2, 200))


def survives(statistics: Statistics) -> None:
    document = statistics_document(statistics)
    text = orjson.dumps(document)
    assert orjson.loads(text) == document, "of what JSON has alone"
    for loaded in (orjson.loads(text), json.loads(json.dumps(document, sort_keys=True))):
        found = statistics_of(loaded)
        assert found == statistics
        assert orjson.dumps(statistics_document(found)) == text, "in the same order"


@given(items=st.lists(strategies.items, max_size=5), limit=LIMITS)
def test_those_of_items_survive(items: list[Item], limit: int) -> None:
    survives(only(infer(ReferenceEngine(), written(items, TextForm.DYNAMODB_JSON), file_index=3, max_map_fields=limit)))


@given(changes=st.lists(strategies.changes(), max_size=5), limit=LIMITS)
def test_those_of_changes_survive(changes: list[ChangeRecord], limit: int) -> None:
    data = written(changes, TextForm.DYNAMODB_JSON)
    survives(only(infer(ReferenceEngine(), data, max_map_fields=limit, export_type=INCREMENTAL)))


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_those_of_the_good_records_survive(path: Path) -> None:
    survives(only(infer(ReferenceEngine(), path.read_bytes(), **kind(path))))


def test_a_document_is_as_it_is_told() -> None:
    one = TypeStatistics(2, Place(1, 3, 40), 0, 5)
    statistics = Statistics(records=2, bytes=80, item=PathStatistics({"M": one}, {"a": PathStatistics({"S": one})}))
    told = {"count": 2, "first": {"file": 1, "line": 3, "offset": 40}, "least": 0, "greatest": 5}
    assert statistics_document(statistics) == {
        "records": 2,
        "bytes": 80,
        "puts": 0,
        "deletes": 0,
        "old_images": 0,
        "item": {"types": {"M": told}, "fields": {"a": {"types": {"S": told}}}},
        "keys": None,
    }


def spoiled(*where: str, value: Any) -> Any:
    """Returns a document with another value somewhere."""
    one = TypeStatistics(2, Place(1, 3, 40), 0, 5)
    document: Any = statistics_document(Statistics(item=PathStatistics({"M": one})))
    at = document
    for step in where[:-1]:
        at = at[step]
    at[where[-1]] = value
    return document


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        spoiled("records", value=-1),
        spoiled("records", value="1"),
        spoiled("records", value=1.0),
        spoiled("item", value=None),
        spoiled("keys", value=7),
        spoiled("item", "types", value=[]),
        spoiled("item", "types", "X", value={}),
        spoiled("item", "types", "S", value={}),
        spoiled("item", "types", "M", "first", value=None),
        spoiled("item", "types", "M", "count", value=True),
        spoiled("item", "types", "M", "number", value=[]),
    ],
)
def test_what_is_no_document_is_a_value_error(document: Any) -> None:
    with pytest.raises(ValueError, match="these are no statistics"):
        statistics_of(document)
