"""The index: every change record becomes an entry, or ends the file."""

from decimal import Decimal
from typing import Any

import pytest

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.joining import IndexOptions
from exportkit.model.values import ChangeRecord
from tests.engine.joining.entries import FORMATS, delete, digest, index, put, told_change, unpack
from tests.engine.running import ION, JSON, chunks, each_size

CHANGES = [
    ChangeRecord(
        keys={"sk": Decimal("1.5"), "pk": "a"},
        write_timestamp=1684374845117899,
        new_image={"z": {Decimal(2), Decimal("1E-9")}, "pk": "a", "sk": Decimal("1.5"), "it's": [None, {"b": b"\xff"}]},
        old_image={"pk": "a", "sk": Decimal("1.5")},
    ),
    ChangeRecord({"pk": "b", "sk": Decimal(0)}, 0, {"pk": "b", "sk": Decimal(0), "v": "😀\n"}, None),
    ChangeRecord({"pk": "c", "sk": Decimal(-7)}, 5, None, {"pk": "c", "sk": Decimal(-7), "v": True}),
    ChangeRecord({"sk": Decimal("1E+100"), "pk": "d"}, 2**63 - 1, None, None),
]


@each_size
@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_changes_become_entries(engine: Engine, format_: Any, form: Any, size: int) -> None:
    ends = (b"\n", b"\r\n", b"\n\n \t\r\n", b"")
    data, expected, line = b"", [], 1
    for change, end in zip(CHANGES, ends, strict=True):
        expected.append(told_change(engine, change, form, source=7, file=9, line=line, offset=len(data)))
        data += dumps_change(change, format_.form) + end
        line += end.count(b"\n")

    reader = engine.index(IndexOptions(format=format_, form=form, uri="x", source=7, file_index=9))
    assert (reader.key_names, reader.records) == (None, 0)
    entries = b"".join(reader.feed(chunk) for chunk in chunks(data, size)) + reader.finish()
    assert unpack(entries) == expected
    assert (reader.key_names, reader.records) == (("pk", "sk"), 4)
    for again in (reader.finish, lambda: reader.feed(b"")):
        with pytest.raises(ValueError, match="finished"):
            again()


@pytest.mark.parametrize("names", [("pk", "sk"), ("sk", "pk"), ("sk", "pk", "sk")])
def test_names_may_be_given_in_any_order(engine: Engine, names: tuple[str, ...]) -> None:
    data = b"".join(dumps_change(change, JSON.form) + b"\n" for change in CHANGES)
    reader = engine.index(IndexOptions(format=JSON, form=JSON, uri="x", key_names=names))
    assert reader.key_names == ("pk", "sk")
    assert reader.feed(data) == index(engine, data).given


def test_names_are_in_the_order_of_their_utf_8(engine: Engine) -> None:
    names = ["\U0001f600", "\uffff", "é", "z", "a", "Z", ""]
    change = ChangeRecord(dict.fromkeys(names, "x"), 1, None, None)
    reader = engine.index(IndexOptions(format=JSON, form=JSON, uri="x"))
    reader.feed(dumps_change(change, JSON.form) + b"\n")
    assert reader.key_names == ("", "Z", "a", "z", "é", "\uffff", "\U0001f600")


SPELLED = {
    JSON: (
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"pk":{"N":"100"},"sk":{"B":"aGk="}},'
        b'"NewImage":{"pk":{"N":"100"},"sk":{"B":"aGk="},"s":{"NS":["1","2"]},"t":{"S":"A"}}}'
        b"\n"
        b'{"NewImage": {"t":{"S":"\\u0041"}, "s":{"NS":["2.0","1e0"]}, "sk":{"B":"aGl="}, "pk":{"N":"1E+2"}},'
        b' "Keys": {"sk":{"B":"aGk="}, "pk":{"N":"+100.00"}}, "Metadata":{"WriteTimestampMicros":"1e0"}}'
    ),
    ION: (
        b"{Record:{Metadata:{WriteTimestampMicros:1.},Keys:{pk:100.,sk:{{aGk=}}},"
        b'NewImage:{pk:100.,sk:{{aGk=}},s:$dynamodb_NS::[1.,2.],t:"A"}}}'
        b"\n"
        b"{NewImage:{t:'''\\x41''',s:$dynamodb_NS::[20d-1,0x1],sk:{{ aGl= }},pk:1e2},"
        b"Keys:{sk:{{aGk=}},pk:100},Metadata:{WriteTimestampMicros:1}}"
    ),
}


@each_size
@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_keys_and_images_are_told_apart_by_value(engine: Engine, format_: Any, form: Any, size: int) -> None:
    first, second = unpack(index(engine, SPELLED[format_], size, format=format_, form=form).given)
    assert first.hash == second.hash == digest(engine, {"pk": Decimal(100), "sk": b"hi"})
    assert first.timestamp == second.timestamp == 1
    if form is JSON:
        assert first.key == b'{"pk":{"N":"100"},"sk":{"B":"aGk="}}'
        assert second.key == b'{"sk":{"B":"aGk="},"pk":{"N":"100"}}', "attributes keep the order of the record"
        assert second.new == (
            b'{"t":{"S":"A"},"s":{"NS":["2","1"]},"sk":{"B":"aGk="},"pk":{"N":"100"}}'  # numbers and binary do not
        )
    else:
        assert first.key == b"{pk:1d2,sk:{{aGk=}}}"
        assert second.new == b'{t:"A",s:$dynamodb_NS::[2.,1.],sk:{{aGk=}},pk:1d2}'


KEY_FAULTS = [
    (ChangeRecord({"pk": "a"}, 1, None, None), "key-absent", "/Keys/sk"),
    (ChangeRecord({"x": "a"}, 1, None, None), "key-absent", "/Keys/pk"),
    (ChangeRecord({"x": "a", "sk": True}, 1, {"y": "b"}, None), "key-absent", "/Keys/pk"),
    (ChangeRecord({"x": "a", "sk": "s", "pk": "p"}, 1, None, None), "key-other", "/Keys/x"),
    (ChangeRecord({"sk": "", "z~/": "", "pk": "p", "y": "b"}, 1, {}, None), "key-other", "/Keys/z~0~1"),
    (ChangeRecord({"sk": "s", "pk": ""}, 1, None, None), "key-empty", "/Keys/pk"),
    (ChangeRecord({"sk": b"", "pk": "p"}, 1, None, None), "key-empty", "/Keys/sk"),
    (ChangeRecord({"sk": True, "pk": "p"}, 1, None, None), "key-type", "/Keys/sk"),
    (ChangeRecord({"sk": "s", "pk": {"p"}}, 1, None, None), "key-type", "/Keys/pk"),
    (ChangeRecord({"sk": "s", "pk": []}, 1, None, None), "key-type", "/Keys/pk"),
    (ChangeRecord({"sk": None, "pk": ""}, 1, None, None), "key-empty", "/Keys/pk"),
    (ChangeRecord({"sk": "s", "pk": "p"}, 1, {"pk": "p"}, {"pk": "p"}), "new-image-key", "/NewImage"),
    (ChangeRecord({"sk": "s", "pk": "p"}, 1, {"pk": "p", "sk": b"s"}, None), "new-image-key", "/NewImage"),
    (ChangeRecord({"sk": "s", "pk": "p"}, 1, {"pk": "p", "sk": "s"}, {"sk": "s"}), "old-image-key", "/OldImage"),
    (ChangeRecord({"sk": "s", "pk": "p"}, 1, None, {"pk": "P", "sk": "s"}), "old-image-key", "/OldImage"),
    (ChangeRecord({"sk": b"s", "pk": "p"}, 1, {"pk": "p", "sk": "s"}, None), "new-image-key", "/NewImage"),
    (ChangeRecord({"sk": b"s", "pk": "p"}, 1, None, None), "key-mixed", "/Keys/sk"),
    (ChangeRecord({"sk": b"s", "pk": Decimal(1)}, 1, None, {"sk": b"s", "pk": Decimal(1)}), "key-mixed", "/Keys/pk"),
]


@pytest.mark.parametrize("given", [("sk", "pk"), None], ids=["given", "of-the-first"])
@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
@pytest.mark.parametrize(
    ("change", "reason", "path"), KEY_FAULTS, ids=[f"{fault[1]}{fault[2]}" for fault in KEY_FAULTS]
)
def test_a_key_that_is_not_what_it_has_to_be_ends_the_file(
    engine: Engine, change: ChangeRecord, reason: str, path: str, format_: Any, size: int, given: Any
) -> None:
    good = dumps_change(CHANGES[0], format_.form) + b"\n"
    data = good + b"\n" + dumps_change(change, format_.form) + b"\n" + good
    found = index(engine, data, size, format=format_, key_names=given)
    assert found.given == index(engine, good, format=format_).given, "what stands in front is handed on"
    assert found.fault == (reason, 3, len(good) + 1, path)


def test_the_first_record_is_judged_by_its_own_names(engine: Engine) -> None:
    reader = engine.index(IndexOptions(format=JSON, form=JSON, uri="file"))
    with pytest.raises(MalformedRecordError) as caught:
        reader.feed(dumps_change(ChangeRecord({"a": True, "pk": "a"}, 1, None, None), JSON.form) + b"\n")
    assert (caught.value.uri, caught.value.reason, caught.value.path) == ("file", "key-type", "/Keys/a")
    assert (reader.key_names, reader.records) == (None, 0), "no entry was made"
    assert reader.first_key is None


@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_the_first_key_is_told(engine: Engine, format_: Any) -> None:
    reader = engine.index(IndexOptions(format=format_, form=JSON, uri="file"))
    reader.feed(b"\n")
    assert reader.first_key is None
    for keys in ({"sk": b"s", "pk": Decimal(1)}, {"pk": Decimal(2), "sk": b"s"}):
        reader.feed(dumps_change(ChangeRecord(keys, 1, None, None), format_.form) + b"\n")
    assert (reader.first_key, reader.key_names) == (("NB", 2, 1), ("pk", "sk"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"Item":{"pk":{"S":"a"}}}', "item-in-incremental"),
        (b'{"Keys":{"pk":{"S":"a"}}}', "timestamp-absent"),
        (b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{}}', "keys-empty"),
        (b'{"Keys"', "syntax"),
        (b"\xff", "utf-8"),
        (b'{"Keys":{"pk":{"S":"' + b"a" * 400, "too-long"),
    ],
)
@each_size
def test_a_malformed_record_ends_the_file(engine: Engine, line: bytes, reason: str, size: int) -> None:
    good = dumps_change(put("a"), JSON.form) + b"\n"
    data = good + line + b"\n" + good
    found = index(engine, data, size, max_record_size=400)
    assert [told.line for told in unpack(found.given)] == [1]
    assert found.fault is not None
    assert found.fault[:3] == (reason, 2, len(good))


def test_a_fault_is_kept_for_the_next_call_and_given_again_at_every_later_one(engine: Engine) -> None:
    good = dumps_change(delete("a"), JSON.form) + b"\n"
    reader = engine.index(IndexOptions(format=JSON, form=JSON, uri="x"))
    assert len(unpack(reader.feed(good + good + b"{\n" + good))) == 2
    for again in (lambda: reader.feed(good), lambda: reader.feed(b""), reader.finish, reader.finish):
        with pytest.raises(MalformedRecordError) as caught:
            again()
        assert (caught.value.reason, caught.value.line) == ("syntax", 3)
    assert reader.records == 2


@pytest.mark.parametrize("data", [b"", b"\n\n \t\r\n"])
def test_a_file_of_nothing(engine: Engine, data: bytes) -> None:
    reader = engine.index(IndexOptions(format=ION, form=ION, uri="x"))
    assert (reader.feed(data), reader.finish()) == (b"", b"")
    assert (reader.records, reader.key_names) == (0, None)


def test_items_are_no_changes(engine: Engine) -> None:
    assert index(engine, dumps_item({"pk": "a"}, ION.form), format=ION).fault == ("item-in-incremental", 1, 0, "")


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
@pytest.mark.parametrize(
    ("micros", "good"),
    [
        (40_000_000, True),
        (100_000_000, True),
        (199_999_999, True),
        (260_000_000, True),
        (39_999_999, False),
        (260_000_001, False),
        (2**63 - 1, False),
    ],
)
def test_a_change_that_was_written_far_from_the_window_ends_the_file(
    engine: Engine, format_: Any, micros: int, good: bool, size: int
) -> None:
    inside = dumps_change(ChangeRecord({"pk": "a"}, 150_000_000, {"pk": "a"}, None), format_.form) + b"\n"
    data = inside + dumps_change(ChangeRecord({"pk": "b"}, micros, {"pk": "b"}, None), format_.form)
    found = index(engine, data, size, format=format_, window=(100_000_000, 200_000_000))
    assert len(unpack(found.given)) == 1 + good
    fault = ("timestamp-far", 2, len(inside), "/Metadata/WriteTimestampMicros")
    assert found.fault == (None if good else fault)


def test_the_key_is_judged_before_the_time(engine: Engine) -> None:
    data = dumps_change(ChangeRecord({"pk": ""}, 5, None, None), JSON.form)
    found = index(engine, data, window=(100_000_000, 200_000_000))
    assert found.fault is not None
    assert found.fault[0] == "key-empty"
