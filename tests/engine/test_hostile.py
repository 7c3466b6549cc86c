"""Lines made to hurt: each is judged in time that grows with its length alone."""

import time

import pytest

from exportkit.codec import dumps_item
from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from exportkit.reasons import REASONS
from tests.engine.running import ION, JSON, items, scan, transcode

SIZE = 50_000
PIECES = {
    JSON: [
        *rb"""\ " [ { ] {"a": 1 \" \ud83d {"Item": {"a":1,"a":1}, [], "Item": - 1e""".split(),
        *(b" x", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    ],
    ION: [
        *rb"""\ " ' [ ] { {{ }} ( /* / /**/ /*** 1 1_ - a:: 'a':: \u00 $0:: . 1e (a (+ 2020- {a: {'a': {"a":""".split(),
        *rb"""$ion_symbol_table::{imports:$ion_symbol_table,symbols:["a"]} null.""".split(),
        *(b"$ion_1_0 ", b"$10 ", b"\xff", b"\x00", b"'''", b"''' ", b"'''a''' ", b"{{'''"),
    ],
}
FRAMES = {
    JSON: rb"""%s {"Item":{"a":{"S":"%s"}}} {"Item":{"a":{"N":"%s"}}} {"Item":{"a":{"B":"%s"}}} {"Item":%s}""".split(),
    ION: rb"""%s {Item:{a:"%s"}} {Item:{a:'''%s'''}} {Item:{a:%s}} {Item:{a:{{%s}}}} {Item:{a:(%s)}}""".split(),
}
NUMBERS = {
    JSON: (b'{"Item":{"a":{"N":"%s"}}}', (b"1%s", b"0.%s", b"1e%s", b"1e-%s", b"%s.%s", b"-0.%s1")),
    ION: (b"{Item:{a:%s}}", (b"1%s", b"0.%s", b"1d%s", b"1e%s", b"1%se0", b"0.%se0", b"0x%s", b"0b1%s", b"1%s.5d7")),
}


@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_long_lines_of_one_piece_take_linear_time(engine: Engine, form: str) -> None:
    for piece in PIECES[form]:
        body = piece * (SIZE // len(piece))
        for frame in FRAMES[form]:
            judged_quickly(engine, form, frame.replace(b"%s", body))


@pytest.mark.parametrize("digit", [b"0", b"1", b"9"])
@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_long_numbers_take_linear_time(engine: Engine, form: str, digit: bytes) -> None:
    frame, shapes = NUMBERS[form]
    for shape in shapes:
        judged_quickly(engine, form, frame.replace(b"%s", shape.replace(b"%s", digit * SIZE)))


def judged_quickly(engine: Engine, form: str, line: bytes) -> None:
    start = time.process_time()
    report = scan(engine, line + b"\n", format=form)
    assert time.process_time() - start < 10, line[:60]
    assert report.records == 1
    assert set(report.fault_counts) <= set(REASONS)


@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_items_of_400_kb(engine: Engine, form: str) -> None:
    item = {
        "pk": "k",
        "long": 'é\u2028\\"' * 40_000,
        "binary": bytes(range(256)) * 400,
        "wide": {f"name {number}": [str(number)] for number in range(4_000)},
        "set": {str(number) for number in range(4_000)},
    }
    data = dumps_item(item, TextForm.ION if form is ION else TextForm.DYNAMODB_JSON) + b"\n"
    assert len(data) > 400_000
    for size in (977, 1 << 20):
        assert items(engine, data, size, format=form) == [item]
    assert (
        transcode(engine, data, TextForm.DYNAMODB_JSON, format=form) == dumps_item(item, TextForm.DYNAMODB_JSON) + b"\n"
    )
