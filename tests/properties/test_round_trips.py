"""Whatever DynamoDB can hold goes through both formats, Python and the canonical encoding, and stays what it is."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from exportkit.model.values import ChangeRecord, Item
from tests import strategies
from tests.engine.running import CHUNK_SIZES, FULL, INCREMENTAL, ION, JSON, canonical, items, scan, transcode

FORMS = [(TextForm.DYNAMODB_JSON, JSON), (TextForm.ION, ION)]


def written(records: Iterable[Any], form: TextForm) -> bytes:
    dumps = {True: dumps_change, False: dumps_item}
    return b"".join(dumps[isinstance(record, ChangeRecord)](record, form) + b"\n" for record in records)


def round_trip(engine: Engine, records: list[Any], size: int, **options: Any) -> None:
    for form, format_ in FORMS:
        data = written(records, form)
        kind = {"format": format_, **options}
        read = items(engine, data, size, **kind)
        assert read == records
        report = scan(engine, data, size, **kind)
        assert (report.records, report.faults) == (len(records), ())
        for target, target_format in FORMS:
            there = transcode(engine, data, target, size, **kind)
            assert there == written(records, target)
            assert canonical(engine, there, format=target_format, **options) == canonical(engine, data, size, **kind)


@given(records=st.lists(strategies.items, max_size=3), size=st.sampled_from(CHUNK_SIZES))
def test_items_round_trip(engine: Engine, records: list[Item], size: int) -> None:
    round_trip(engine, records, size)
    for record in records:
        data = written([record], TextForm.DYNAMODB_JSON)
        assert canonical(engine, data, export_type=FULL) == [engine.canonical_item(record)]


@given(records=st.lists(strategies.changes(), max_size=2), size=st.sampled_from(CHUNK_SIZES))
def test_changes_round_trip(engine: Engine, records: list[ChangeRecord], size: int) -> None:
    round_trip(engine, records, size, export_type=INCREMENTAL)


@given(item=strategies.items, data=st.data())
def test_the_order_of_attributes_means_nothing(engine: Engine, item: Item, data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(item.items()))))
    assert engine.canonical_item(shuffled) == engine.canonical_item(item)


@given(first=strategies.items, second=strategies.items)
def test_equal_encodings_are_equal_items(engine: Engine, first: Item, second: Item) -> None:
    same = typed(first) == typed(second)
    assert (engine.canonical_item(first) == engine.canonical_item(second)) == same


@given(value=strategies.numbers, zeros=st.integers(0, 60), shift=st.integers(-60, 60))
def test_the_spelling_of_a_number_means_nothing(engine: Engine, value: Decimal, zeros: int, shift: int) -> None:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)) + "0" * zeros
    cut = max(0, min(len(text), len(text) + shift))
    exponent -= zeros - (len(text) - cut)
    minus = "-" if sign else ""
    json = f'{{"Item":{{"n":{{"N":"{minus}{text[:cut] or 0}.{text[cut:]}E{exponent}"}}}}}}'
    whole = text[:cut].lstrip("0") or "0"
    ion = f"{{Item:{{n:{minus}{whole}.{text[cut:]}d{exponent}}}}}"
    expected = [engine.canonical_item({"n": value})]
    assert canonical(engine, json.encode()) == expected
    assert canonical(engine, ion.encode(), format=ION) == expected


def typed(value: Any) -> Any:
    """Returns a value in which what Python holds equal and DynamoDB does not is told apart: True and 1, say."""
    match value:
        case dict():
            return {name: typed(inner) for name, inner in value.items()}
        case list():
            return [typed(inner) for inner in value]
        case set():
            return (type(next(iter(value))), value)
    return (type(value), value)
