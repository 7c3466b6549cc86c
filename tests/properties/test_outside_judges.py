"""Libraries that know nothing of exportkit read the same values where they read them at all.

Each difference there is stands here by name.
"""

import base64
import io
import json
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import Any

import boto3.dynamodb.types
from amazon.ion import simpleion
from amazon.ion.core import IonType
from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyList, IonPyNull
from hypothesis import assume, event, given
from hypothesis import strategies as st

from exportkit.codec import dumps_item
from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from exportkit.model.scan import ReadOptions
from exportkit.model.values import Item
from tests import strategies
from tests.engine.running import FULL, ION, JSON, drain, items, transcode
from tests.engine.test_conformance import GOOD

GOOD_ION = [
    line
    for path in GOOD
    if path.suffix == ".ion" and path.parent.name == "full"
    for line in path.read_bytes().split(b"\n")
    if line.strip() and len(line) < 1000
]


@given(item=strategies.items)
def test_amazon_ion_reads_what_is_written(engine: Engine, item: Item) -> None:
    line = transcode(engine, dumps_item(item, TextForm.DYNAMODB_JSON), TextForm.ION)
    record = load_ion(line)
    assert list(record) == ["Item"]
    assert from_ion(record["Item"]) == item


@given(item=strategies.items)
def test_amazon_ion_writes_what_is_read(engine: Engine, item: Item) -> None:
    text = simpleion.dumps({"Item": to_ion(item)}, binary=False, sequence_as_stream=False)
    assume("\n" not in text)
    assert items(engine, text.encode(), format=ION) == [item]


@given(data=st.sampled_from(GOOD_ION) | st.sampled_from(GOOD_ION).flatmap(strategies.edited))
def test_amazon_ion_reads_what_is_accepted(engine: Engine, data: bytes) -> None:
    """The other way round it is laxer: docs/decisions/2026-11-22-ion-reader.md lists what it passes over."""
    outcome = drain(engine.items(ReadOptions(format=ION, export_type=FULL)), data)
    if outcome.error is not None or len(outcome.results) != 1:
        event("refused")
        return
    if b"**/" in data:
        event("amazon.ion sees no end of a comment there")
        return
    try:
        record = load_ion(data)
    except IonException as error:
        if "IERR_NUMERIC_OVERFLOW" not in str(error):
            raise
        event("a number whose zeros are too many for amazon.ion")
    else:
        assert from_ion(record["Item"]) == outcome.results[0]


@given(item=strategies.items)
def test_boto3_deserialises_to_the_same_values(engine: Engine, item: Item) -> None:
    line = transcode(engine, dumps_item(item, TextForm.ION), TextForm.DYNAMODB_JSON, format=ION)
    wire = json.loads(line, object_hook=with_bytes)
    deserializer = boto3.dynamodb.types.TypeDeserializer()
    try:
        values = {name: deserializer.deserialize(value) for name, value in wire["Item"].items()}
    except DecimalException:  # its context ends at 1E-128, DynamoDB at 1E-130
        assert any(number.adjusted() < -128 for number in numbers_in(item))
    else:
        assert values == item
    assert items(engine, line) == [item]


@given(item=strategies.items)
def test_plain_json_is_json(engine: Engine, item: Item) -> None:
    line = transcode(engine, dumps_item(item, TextForm.ION), TextForm.JSON, format=ION)
    assert json.loads(line, parse_float=Decimal, parse_int=Decimal) == plain(item)


@given(text=strategies.spelled_numbers())
def test_decimal_reads_the_same_numbers(engine: Engine, text: str) -> None:
    outcome = drain(
        engine.items(ReadOptions(format=JSON, export_type=FULL)), f'{{"Item":{{"n":{{"N":"{text}"}}}}}}'.encode()
    )
    try:
        value = Decimal(text)
    except DecimalException:  # no number, or an exponent beyond what Decimal can hold
        assert outcome.error is None or outcome.error.reason in {"number", "number-range", "number-precision"}
        return
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    if outcome.error is None:
        assert outcome.results == [{"n": value}]
        assert len(digits) <= 38
    elif outcome.error.reason == "number-precision":
        assert len(digits) > 38
    else:
        assert outcome.error.reason == "number-range"
        assert not -130 <= value.adjusted() <= 125


# --- their values as ours ----------------------------------------------------------------------------------


def load_ion(line: bytes) -> Any:
    (value,) = simpleion.load(io.BytesIO(line), single_value=False, parse_eagerly=False, text_buffer_size_limit=1 << 20)
    return value


def from_ion(value: Any) -> Any:  # noqa: PLR0911 - one return a type
    """Returns a value of amazon.ion as boto3 would have it."""
    annotations = [annotation.text for annotation in value.ion_annotations]
    match value.ion_type:
        case _ if isinstance(value, IonPyNull):
            return None
        case IonType.STRUCT:
            return {name: from_ion(inner) for name, inner in value.items()}
        case IonType.LIST:
            elements = [from_ion(inner) for inner in value]
            return set(elements) if annotations else elements
        case IonType.BOOL:
            return bool(value)
        case IonType.STRING:
            return str(value)
        case IonType.BLOB:
            return bytes(value)
        case IonType.FLOAT:
            return Decimal(repr(float(value)))
        case IonType.DECIMAL | IonType.INT:
            return Decimal(value)
    raise AssertionError(f"no DynamoDB type: {value.ion_type}")


def to_ion(value: Any) -> Any:
    """Returns a value as amazon.ion writes it; sets with their annotation."""
    match value:
        case dict():
            return {name: to_ion(inner) for name, inner in value.items()}
        case list():
            return [to_ion(inner) for inner in value]
        case set():
            tag = {str: "SS", Decimal: "NS", bytes: "BS"}[type(next(iter(value)))]
            return IonPyList.from_value(IonType.LIST, list(value), annotations=(f"$dynamodb_{tag}",))
    return value


def numbers_in(value: Any) -> Iterator[Decimal]:
    match value:
        case dict():
            yield from numbers_in(list(value.values()))
        case list() | set():
            for inner in value:
                yield from numbers_in(inner)
        case Decimal():
            yield value


def with_bytes(wire: dict[str, Any]) -> dict[str, Any]:
    """Returns an object with its B and BS decoded, which boto3 expects of its caller."""
    if list(wire) == ["B"] and isinstance(wire["B"], str):
        return {"B": base64.b64decode(wire["B"])}
    if list(wire) == ["BS"] and isinstance(wire["BS"], list):
        return {"BS": [base64.b64decode(text) for text in wire["BS"]]}
    return wire


def plain(value: Any) -> Any:
    """Returns a value as plain JSON has it; sets in ascending order, as they were written."""
    match value:
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case set():
            return [plain(inner) for inner in sorted(value)]
        case bytes():
            return base64.b64encode(value).decode()
    return value
