"""The applier: lines kept as they are, and entries of what a filter may hold."""

from decimal import Decimal
from typing import Any

import pytest

from exportkit.codec import dumps_item
from exportkit.engine.protocols import Engine, KeyFilter
from exportkit.errors import MalformedRecordError
from exportkit.model.joining import ApplyOptions
from exportkit.model.values import Item
from tests.engine.joining.entries import (
    FORMATS,
    Told,
    apply,
    digest,
    index,
    item,
    quick,
    run,
    unpack,
)
from tests.engine.running import ION, JSON, chunks, each_size, transcode

ITEMS: list[Item] = [item(name, v=[name * 3, {"x": {name}}]) for name in "abcdefgh"]
HIT = "cdh"


def filter_of(engine: Engine, keys: str) -> KeyFilter:
    """Returns a filter of these values of pk, so large that it holds no other key of the tests."""
    lines = b"".join(
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"pk":{"S":"%s"}}}\n' % key.encode() for key in keys
    )
    key_filter = engine.key_filter(1 << 12)
    key_filter.add(index(engine, lines).given)
    return key_filter


@each_size
@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_records_that_the_filter_does_not_hold_are_kept(engine: Engine, format_: Any, form: Any, size: int) -> None:
    lines = [dumps_item(one, format_.form) for one in ITEMS]
    data = b"\n".join(lines)
    options = ApplyOptions(format=format_, form=form, uri="x", source=3, file_index=4, key_names=("pk",))
    reader = engine.applier(options, filter_of(engine, HIT))
    kept = b"".join(reader.feed(chunk) for chunk in chunks(data, size)) + reader.finish()
    assert kept == b"".join(dumps_item(one, form.form) + b"\n" for one in ITEMS if one["pk"] not in HIT)
    assert (reader.records, reader.kept) == (8, 5)

    expected = [
        Told(
            kind=0,
            images=1,
            hash=digest(engine, {"pk": one["pk"]}),
            quick_hash=quick(engine, {"pk": one["pk"]}),
            source=3,
            file=4,
            line=number + 1,
            offset=sum(len(line) + 1 for line in lines[:number]),
            timestamp=0,
            image_hash=bytes(16),
            key=b"",
            new=dumps_item(one, form.form),
            old=b"",
        )
        for number, one in enumerate(ITEMS)
        if one["pk"] in HIT
    ]
    assert unpack(reader.take_entries()) == expected
    assert reader.take_entries() == b"", "entries are forgotten once they were taken"
    with pytest.raises(ValueError, match="finished"):
        reader.feed(b"")


def test_entries_are_taken_as_they_come(engine: Engine) -> None:
    reader = engine.applier(ApplyOptions(format=JSON, form=JSON, uri="x", key_names=("pk",)), None)
    for number, one in enumerate(ITEMS, 1):
        assert reader.feed(dumps_item(one, JSON.form) + b"\n") == b""
        assert [told.line for told in unpack(reader.take_entries())] == [number]
        assert (reader.records, reader.kept) == (number, 0)


@each_size
@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_the_payloads(engine: Engine, form: Any, size: int) -> None:
    line = b' {"Item": {"b":{"N":"1.50"}, "pk":{"S":"\\u0061"}, "sk":{"N":"7e0"}} }\r'
    keys = {
        ("pk", "sk"): {JSON: b'{"pk":{"S":"a"},"sk":{"N":"7"}}', ION: b'{pk:"a",sk:7.}'},
        ("sk", "pk"): {JSON: b'{"sk":{"N":"7"},"pk":{"S":"a"}}', ION: b'{sk:7.,pk:"a"}'},
    }
    for names, key in keys.items():
        image = {JSON: b'{"b":{"N":"1.5"},"pk":{"S":"a"},"sk":{"N":"7"}}', ION: b'{b:1.5,pk:"a",sk:7.}'}
        kept = {JSON: line, ION: b'$ion_1_0 {Item:{b:1.5,pk:"a",sk:7.}}'}
        for payload, expected in (("line", kept), ("image", image), ("none", {JSON: b"", ION: b""})):
            found = apply(engine, line + b"\n", None, size, form=form, key_names=names, payload=payload)
            (told,) = unpack(found.entries)
            assert told.new == expected[form]
            assert told.key == (key[form] if payload == "image" else b"")
            value = {"pk": "a", "sk": Decimal(7), "b": Decimal("1.5")}
            hashed = payload != "line"
            assert (told.images, told.image_hash) == ((5, digest(engine, value)) if hashed else (1, bytes(16)))


KEPT = {
    JSON: [
        b'{"Item":{"pk":{"S":"a"}}}',
        b'  { "Item" : {"n":{"N":"1.0e1"},"pk":{"S":"\\u0062"}}}\t',
        b'{"Item":{"pk":{"S":"\\/"},"s":{"NS":["2","1"]}}}\r',
        b'{"Item":{"pk":{"S":"x"},"b":{"B":"aGl="}}}\t\r',
        '{"Item":{"pk":{"S":"😀"}}}'.encode(),
    ],
    ION: [
        b'$ion_1_0 {Item:{pk:"a"}}',
        b'{Item:{pk:"a",n:10d-1,m:-0.,l:[1d5,null.int,null.float]}}',
        b' /* 1 */ $ion_1_0 $ion_symbol_table::{symbols:["pk"],max_id:10,x:[1e0,0xF]} {Item:{$10:"a",},} // 1\r',
        b"{\"Item\":{'pk':'''a''' '''b''',n:1_0.5}}\t\r",
        b'$ion_1_0 {Item:{pk:"1",\'1\':"1",b:{{MTE=}}}} $ion_symbol_table::{max_id:1}',
    ],
}


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_lines_of_the_same_format_stay_as_they_are(engine: Engine, format_: Any, size: int) -> None:
    empty = engine.key_filter(1)
    data = b"\n".join(KEPT[format_])
    expected = b"".join(line + b"\n" for line in KEPT[format_])
    for end in (b"", b"\n"):
        assert apply(engine, data + end, empty, size, format=format_, form=format_).given == expected
    told = unpack(apply(engine, data, None, size, format=format_, form=format_).entries)
    assert [entry.new for entry in told] == KEPT[format_], "as it would be kept"


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_lines_of_the_other_format_are_transcoded(engine: Engine, format_: Any, size: int) -> None:
    form = ION if format_ is JSON else JSON
    data = b"\n".join(KEPT[format_])
    expected = transcode(engine, data, form.form, format=format_)
    assert apply(engine, data, engine.key_filter(1), size, format=format_, form=form).given == expected
    told = unpack(apply(engine, data, None, size, format=format_, form=form).entries)
    assert b"".join(entry.new + b"\n" for entry in told) == expected


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_blank_lines_are_left_out(engine: Engine, format_: Any, size: int) -> None:
    first, second, *_ = KEPT[format_]
    data = b"\n \t\r\n" + first + b"\n\r\n\n" + second + b"\n\t"
    found = apply(engine, data, engine.key_filter(1), size, format=format_, form=format_)
    assert found.given == first + b"\n" + second + b"\n"
    told = unpack(apply(engine, data, None, size, format=format_, form=format_).entries)
    assert [(entry.line, entry.offset) for entry in told] == [(3, 5), (6, len(first) + 9)]


REWRITTEN = [
    (b'{Item:{pk:"a",n:1}}', b'$ion_1_0 {Item:{pk:"a",n:1.}}'),
    (b'$ion_1_0 {Item:{pk:"a",n:-10}}\r', b'$ion_1_0 {Item:{pk:"a",n:-1d1}}'),
    (b'$ion_1_0 {Item:{pk:"a",n:15e-1}}', b'$ion_1_0 {Item:{pk:"a",n:1.5}}'),
    (b'{Item:{pk:"a",n:0e0}}', b'$ion_1_0 {Item:{pk:"a",n:0.}}'),
    (b'{Item:{pk:"a",n:0x1F,b:0b11}}', b'$ion_1_0 {Item:{pk:"a",n:31.,b:3.}}'),
    (b'{Item:{pk:"a",l:[1.,[2]]}}', b'$ion_1_0 {Item:{pk:"a",l:[1.,[2.]]}}'),
    (b'{Item:{pk:"a",m:{x:{y:1E2}}}}', b'$ion_1_0 {Item:{pk:"a",m:{x:{y:1d2}}}}'),
    (b'{Item:{pk:"a",s:$dynamodb_NS::[2.0,1]}}', b'$ion_1_0 {Item:{pk:"a",s:$dynamodb_NS::[2.,1.]}}'),
    (b"{Item:{n:10d-1,pk:'''a''',i:1}}", b'$ion_1_0 {Item:{n:1.,pk:"a",i:1.}}'),
]


@each_size
@pytest.mark.parametrize(("line", "expected"), REWRITTEN, ids=[line.decode() for line, _ in REWRITTEN])
def test_ion_numbers_that_are_no_decimals_are_written_anew(
    engine: Engine, line: bytes, expected: bytes, size: int
) -> None:
    data = KEPT[ION][1] + b"\n" + line + b"\n"
    kept = KEPT[ION][1] + b"\n" + expected + b"\n"
    assert apply(engine, data, engine.key_filter(1), size, format=ION, form=ION).given == kept
    told = unpack(apply(engine, data, None, size, format=ION, form=ION).entries)
    assert [entry.new for entry in told] == [KEPT[ION][1], expected]


def test_keys_that_are_ints_are_written_anew_as_well(engine: Engine) -> None:
    found = apply(engine, b"{Item:{pk:7}}", engine.key_filter(1), format=ION, form=ION)
    assert found.given == b"$ion_1_0 {Item:{pk:7.}}\n"


@each_size
def test_lines_to_keep_may_be_left_out(engine: Engine, size: int) -> None:
    data = b"".join(dumps_item(one, JSON.form) + b"\n" for one in ITEMS) + b"{\n"
    options = {"format": JSON, "form": ION, "uri": "x", "key_names": ("pk",), "payload": "image"}
    reader = engine.applier(ApplyOptions(**options, keep_lines=False), filter_of(engine, HIT))
    found = run(reader, data, size)
    assert (found.given, found.fault) == (b"", ("syntax", 9, len(data) - 2, ""))
    assert (reader.records, reader.kept) == (8, 5)
    assert [told.line for told in unpack(found.entries)] == [3, 4, 8]


KEY_FAULTS: list[tuple[Item, str, str]] = [
    ({"v": "a"}, "key-absent", "/Item/sk"),
    ({"sk": "a"}, "key-absent", "/Item/p~0k"),
    ({"p~k": "a"}, "key-absent", "/Item/sk"),
    ({"p~k": "", "sk": "a"}, "key-empty", "/Item/p~0k"),
    ({"p~k": "p", "sk": b""}, "key-empty", "/Item/sk"),
    ({"p~k": None, "sk": "a"}, "key-type", "/Item/p~0k"),
    ({"p~k": "", "sk": ["a"]}, "key-type", "/Item/sk"),
    ({"p~k": {"p"}, "sk": ""}, "key-empty", "/Item/sk"),
    ({"p~k": "p", "sk": b"s"}, "key-mixed", "/Item/sk"),
    ({"sk": b"s", "p~k": Decimal(1)}, "key-mixed", "/Item/p~0k"),
]


@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_the_first_key_is_told(engine: Engine, format_: Any) -> None:
    options = ApplyOptions(format=format_, form=format_, uri="x", key_names=("sk", "pk", "sk"))
    reader = engine.applier(options, None)
    reader.feed(b"\n\n")
    assert reader.first_key is None
    line = dumps_item({"v": "x", "sk": b"s", "pk": Decimal(1)}, format_.form) + b"\n"
    reader.feed(line + line)
    reader.finish()
    assert reader.first_key == ("NB", 3, 2)


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
@pytest.mark.parametrize(("faulty", "reason", "path"), KEY_FAULTS, ids=str)
def test_an_item_without_its_key_ends_the_file(
    engine: Engine, faulty: Item, reason: str, path: str, format_: Any, size: int
) -> None:
    good = dumps_item({"p~k": "a", "sk": "b"}, format_.form) + b"\n"
    data = good + b"\r\n" + dumps_item(faulty, format_.form) + b"\n" + good
    for key_filter in (None, engine.key_filter(1)):
        found = apply(engine, data, key_filter, size, format=format_, form=format_, key_names=("sk", "p~k"))
        assert found.fault == (reason, 3, len(good) + 2, path)
        assert (found.given, len(unpack(found.entries))) == ((b"", 1) if key_filter is None else (good, 0))


def test_an_error_waits_for_lines_and_not_for_entries(engine: Engine) -> None:
    kept, hit = (dumps_item(item(name), JSON.form) + b"\n" for name in "ac")
    options = ApplyOptions(format=JSON, form=JSON, uri="x", key_names=("pk",))

    reader = engine.applier(options, filter_of(engine, HIT))
    assert reader.feed(hit + kept + b"{\n" + kept) == kept
    for again in (lambda: reader.feed(kept), reader.finish, reader.finish):
        with pytest.raises(MalformedRecordError, match="line 3"):
            again()
    assert [told.line for told in unpack(reader.take_entries())] == [1]
    assert (reader.records, reader.kept) == (2, 1)

    reader = engine.applier(options, filter_of(engine, HIT))
    with pytest.raises(MalformedRecordError, match="line 2"):
        reader.feed(hit + b"{\n")
    assert [told.line for told in unpack(reader.take_entries())] == [1]


@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize("tail", [b"{", b"x", b"\0", b"\xff", b'{"Item":{"v":{"S":"no key"}}}'])
def test_an_error_at_the_end_of_the_file_waits_for_nothing(engine: Engine, tail: bytes, form: Any) -> None:
    """Nobody calls after the end; lines that waited until then shall not hide it."""
    lines = b"".join(dumps_item(item(name), JSON.form) + b"\n" for name in "abe")
    options = ApplyOptions(format=JSON, form=form, uri="x", key_names=("pk",))
    reader = engine.applier(options, filter_of(engine, HIT))
    reader.feed(lines + tail)
    with pytest.raises(MalformedRecordError, match="line 4"):
        reader.finish()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"Metadata":{},"Keys":{"pk":{"S":"a"}}}', "change-in-full"),
        (b"\xef\xbb\xbf{}", "bom"),
        (b'{"Item":{"pk":{"S":"a"},"pk":{"S":"a"}}}', "attribute-duplicate"),
        (b'{"Item":{"pk":{"S":"' + b"a" * 100, "too-long"),
    ],
)
@each_size
def test_a_malformed_record_ends_the_file(engine: Engine, line: bytes, reason: str, size: int) -> None:
    good = dumps_item(item("a"), JSON.form) + b"\n"
    found = apply(engine, good + line + b"\n" + good, engine.key_filter(1), size, max_record_size=100)
    assert found.given == good
    assert found.fault is not None
    assert found.fault[:3] == (reason, 2, len(good))


@pytest.mark.parametrize("names", [("pk", "pk"), ("pk",)])
def test_names_given_twice_count_once(engine: Engine, names: tuple[str, ...]) -> None:
    (told,) = unpack(
        apply(engine, b'{"Item":{"v":{"S":"v"},"pk":{"S":"a"}}}', key_names=names, payload="image").entries
    )
    assert (told.key, told.hash) == (b'{"pk":{"S":"a"}}', digest(engine, {"pk": "a"}))


def test_without_names_every_item_has_the_key_of_no_attributes(engine: Engine) -> None:
    data = b'{"Item":{"v":{"S":"v"}}}\n{"Item":{}}\n'
    assert apply(engine, data, engine.key_filter(1), key_names=()).given == data
    told = unpack(apply(engine, data, key_names=(), payload="image").entries)
    assert [(entry.key, entry.hash) for entry in told] == [(b"{}", digest(engine, {}))] * 2


@pytest.mark.parametrize("data", [b"", b"\n\r\n"])
def test_a_file_of_nothing(engine: Engine, data: bytes) -> None:
    reader = engine.applier(ApplyOptions(format=ION, form=JSON, uri="x", key_names=("pk",)), engine.key_filter(1))
    assert (reader.feed(data), reader.finish(), reader.take_entries()) == (b"", b"", b"")
    assert (reader.records, reader.kept) == (0, 0)
