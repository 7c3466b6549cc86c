"""The three text forms, byte for byte."""

import json
from decimal import Decimal

import pytest

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from exportkit.model.values import ChangeRecord, Item
from tests.engine.running import INCREMENTAL, ION, JSON, each_size, items, transcode

ITEM: Item = {
    "id": "foo",
    "n": Decimal(61600),
    "tiny": Decimal("1E-10"),
    "b": b"\xff\x00",
    "t": True,
    "z": None,
    "ss": {"b", "a"},
    "ns": {Decimal("2.5"), Decimal(-1)},
    "bs": {b"b", b""},
    "l": ["x", Decimal(0), [], {}],
    "m": {"a b": "\x00\x07\x0b\x1b\x7f\"'\\\n\t\u2028😀", "it's": False},
}
FORMS = {
    TextForm.DYNAMODB_JSON: (
        '{"Item":{"id":{"S":"foo"},"n":{"N":"61600"},"tiny":{"N":"1E-10"},"b":{"B":"/wA="},"t":{"BOOL":true},'
        '"z":{"NULL":true},"ss":{"SS":["a","b"]},"ns":{"NS":["-1","2.5"]},"bs":{"BS":["","Yg=="]},'
        '"l":{"L":[{"S":"x"},{"N":"0"},{"L":[]},{"M":{}}]},"m":{"M":{"a b":{"S":"\\u0000\\u0007\\u000b\\u001b\x7f'
        '\\"\'\\\\\\n\\t\u2028😀"},"it\'s":{"BOOL":false}}}}}\n'
    ),
    TextForm.JSON: (
        '{"id":"foo","n":61600,"tiny":1E-10,"b":"/wA=","t":true,"z":null,"ss":["a","b"],"ns":[-1,2.5],'
        '"bs":["","Yg=="],"l":["x",0,[],{}],"m":{"a b":"\\u0000\\u0007\\u000b\\u001b\x7f\\"\'\\\\\\n\\t\u2028😀",'
        '"it\'s":false}}\n'
    ),
    TextForm.ION: (
        '$ion_1_0 {Item:{id:"foo",n:616d2,tiny:1d-10,b:{{/wA=}},t:true,z:null,ss:$dynamodb_SS::["a","b"],'
        'ns:$dynamodb_NS::[-1.,2.5],bs:$dynamodb_BS::[{{}},{{Yg==}}],l:["x",0.,[],{}],'
        "m:{'a b':\"\\0\\a\\v\\x1b\\x7f\\\"'\\\\\\n\\t\u2028😀\",'it\\'s':false}}}\n"
    ),
}
CHANGE = ChangeRecord(
    keys={"pk": "a"}, write_timestamp=1684374845117900, new_image={"pk": "a", "v": Decimal(2)}, old_image={"pk": "a"}
)
CHANGE_FORMS = {
    TextForm.DYNAMODB_JSON: '{"Metadata":{"WriteTimestampMicros":{"N":"1684374845117900"}},"Keys":{"pk":{"S":"a"}},'
    '"OldImage":{"pk":{"S":"a"}},"NewImage":{"pk":{"S":"a"},"v":{"N":"2"}}}\n',
    TextForm.JSON: '{"Metadata":{"WriteTimestampMicros":1684374845117900},"Keys":{"pk":"a"},"OldImage":{"pk":"a"},'
    '"NewImage":{"pk":"a","v":2}}\n',
    TextForm.ION: '$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:1684374845117900.},Keys:{pk:"a"},'
    'OldImage:{pk:"a"},NewImage:{pk:"a",v:2.}}}\n',
}
SOURCES = [(TextForm.DYNAMODB_JSON, JSON), (TextForm.ION, ION)]


def test_python_values_are_written_in_three_forms() -> None:
    for form, line in FORMS.items():
        assert dumps_item(ITEM, form) + b"\n" == line.encode()
    for form, line in CHANGE_FORMS.items():
        assert dumps_change(CHANGE, form) + b"\n" == line.encode()


@each_size
@pytest.mark.parametrize("target", list(TextForm), ids=str)
@pytest.mark.parametrize(("source", "form"), SOURCES, ids=str)
def test_items_in_three_forms(engine: Engine, source: TextForm, form: str, target: TextForm, size: int) -> None:
    data = FORMS[source].encode() * 2
    assert transcode(engine, data, target, size, format=form) == FORMS[target].encode() * 2


@pytest.mark.parametrize("target", list(TextForm), ids=str)
@pytest.mark.parametrize(("source", "form"), SOURCES, ids=str)
def test_changes_in_three_forms(engine: Engine, source: TextForm, form: str, target: TextForm) -> None:
    data = CHANGE_FORMS[source].encode()
    assert transcode(engine, data, target, format=form, export_type=INCREMENTAL) == CHANGE_FORMS[target].encode()
    assert items(engine, data, format=form, export_type=INCREMENTAL) == [CHANGE]


@pytest.mark.parametrize("form", list(TextForm), ids=str)
def test_absent_images_are_left_out(engine: Engine, form: TextForm) -> None:
    change = ChangeRecord(keys={"pk": "a"}, write_timestamp=0, new_image=None, old_image=None)
    data = dumps_change(change, TextForm.ION)
    written = transcode(engine, data, form, format=ION, export_type=INCREMENTAL)
    assert written == dumps_change(change, form) + b"\n"
    assert b"Image" not in written


def test_every_control_character_survives(engine: Engine) -> None:
    everything = "".join(map(chr, range(0x300))) + "\u2028\u2029\ufeff\ufffe\uffff\U0001f600\U0010ffff"
    item: Item = {everything: everything}
    for form, format_ in SOURCES:
        data = dumps_item(item, form)
        assert items(engine, data, format=format_) == [item]
        for target in TextForm:
            assert transcode(engine, data, target, format=format_) == dumps_item(item, target) + b"\n"
    assert json.loads(transcode(engine, dumps_item(item, TextForm.ION), TextForm.JSON, format=ION)) == item


NOT_OURS = [1, 1.5, ("a",), bytearray(b"a"), {1: "a"}, {"a", b"a"}, {1}]
NOT_DYNAMODBS = [
    set(),
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1E126"),
    Decimal("1E-131"),
    Decimal("1" * 39),
    {Decimal("1E126")},
    "\ud800",
    {"\ud800": "a"},
    {"\ud800"},
]
REFUSED = [(value, TypeError) for value in NOT_OURS] + [(value, ValueError) for value in NOT_DYNAMODBS]


@pytest.mark.parametrize(("value", "error"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_dynamodb_cannot_hold_is_refused(engine: Engine, value: object, error: type[Exception]) -> None:
    for item in ({"v": value}, {"v": [value]}, {"v": {"v": value}}):
        for form in TextForm:
            with pytest.raises(error):
                dumps_item(item, form)
        with pytest.raises(error):
            engine.canonical_item(item)


def test_more_than_64_levels_are_refused(engine: Engine) -> None:
    value: list[object] = []
    for _ in range(63):
        value = [value]
    assert dumps_item({"v": value}, TextForm.JSON) == b'{"v":' + b"[" * 64 + b"]" * 64 + b"}"
    assert engine.canonical_item({"v": value})
    for deeper in ([value], {"x": value}):
        with pytest.raises(ValueError, match="64"):
            dumps_item({"v": deeper}, TextForm.JSON)
        with pytest.raises(ValueError, match="64"):
            engine.canonical_item({"v": deeper})
