"""A record is a line: where lines end, where they begin, what is none, and how long one may be."""

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from exportkit.model.scan import Fault, ReadOptions
from tests.engine.running import FULL, ION, JSON, drain, each_size, items, readers, scan, transcode

RECORD = {JSON: b'{"Item":{"a":{"S":"x"}}}', ION: b'$ion_1_0 {Item:{a:"x"}}'}

pytestmark = pytest.mark.parametrize("form", [JSON, ION], ids=str)


@each_size
def test_offsets_and_line_numbers_count_every_byte_and_line(engine: Engine, form: str, size: int) -> None:
    good, bad = RECORD[form], b"{"
    data = b"".join(
        [bad + b"\n", b"\n", good + b"\r\n", b" \t\r\n", bad + b"\r\n", "{é\n".encode(), b"\r\n\n", good + b"\n", bad]
    )
    starts = [0, 2 + 1 + len(good) + 2 + 4, 2 + 1 + len(good) + 2 + 4 + 3, len(data) - 1]

    report = scan(engine, data, size, format=form)

    assert report.faults == tuple(
        Fault("syntax", line, offset) for line, offset in zip([1, 5, 6, 10], starts, strict=True)
    )
    assert (report.bytes, report.records, report.blank_lines, report.malformed) == (len(data), 6, 4, 4)


@each_size
def test_only_line_feeds_split_lines(engine: Engine, form: str, size: int) -> None:
    inside = "a\u2028b\u2029c\u0085d"
    record = f'{{"Item":{{"a":{{"S":"{inside}"}}}}}}' if form == JSON else f'{{Item:{{a:"{inside}"}}}}'
    assert items(engine, f"{record}\n".encode(), size, format=form) == [{"a": inside}]

    report = scan(engine, RECORD[form] + b"\r" + RECORD[form], size, format=form)
    assert [fault.reason for fault in report.faults] == ["syntax"], "a carriage return alone ends no line"


@each_size
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r", b"\n\n", b"\n  \t"])
def test_the_last_line_needs_no_line_feed(engine: Engine, form: str, size: int, end: bytes) -> None:
    data = RECORD[form] + b"\n" + RECORD[form] + end
    assert items(engine, data, size, format=form) == [{"a": "x"}] * 2
    assert scan(engine, data, size, format=form).records == 2


@each_size
@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b" \t\r", b"\n\n\n"])
def test_files_without_records(engine: Engine, form: str, size: int, data: bytes) -> None:
    report = scan(engine, data, size, format=form)
    blank = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    assert (report.bytes, report.records, report.blank_lines, report.faults) == (len(data), 0, blank, ())
    assert report.longest_record == 0
    for reader in readers(engine, ReadOptions(format=form, export_type=FULL)):
        assert drain(reader, data, size).results == []


@each_size
def test_a_record_of_the_greatest_size_is_read(engine: Engine, form: str, size: int) -> None:
    data = RECORD[form] + b"\n"
    report = scan(engine, data, size, format=form, max_record_size=len(RECORD[form]))
    assert (report.faults, report.longest_record) == ((), len(RECORD[form]))


@each_size
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_longer_one_is_skipped_and_counted(engine: Engine, form: str, size: int, end: bytes) -> None:
    good = RECORD[form]
    long = good + b" " * 10
    data = good + b"\n" + long + b"\n" + b" " * 100 + b"\n" + good + b"\n" + b"\xff" * 50 + end

    report = scan(engine, data, size, format=form, max_record_size=len(good))

    second, third = len(good) + 1, len(good) + 1 + len(long) + 1
    fifth = third + 101 + len(good) + 1
    assert report.faults == (
        Fault("too-long", 2, second),
        Fault("too-long", 3, third),
        Fault("too-long", 5, fifth),
    )
    assert (report.records, report.malformed, report.blank_lines) == (5, 3, 0)
    assert report.longest_record == 100


@each_size
def test_the_carriage_return_counts_for_the_length(engine: Engine, form: str, size: int) -> None:
    data = RECORD[form] + b"\r\n"
    assert scan(engine, data, size, format=form).longest_record == len(RECORD[form]) + 1
    report = scan(engine, data, size, format=form, max_record_size=len(RECORD[form]))
    assert [fault.reason for fault in report.faults] == ["too-long"]


@each_size
def test_blank_lines_are_never_the_longest(engine: Engine, form: str, size: int) -> None:
    data = b" " * 500 + b"\n" + RECORD[form] + b"\n"
    assert scan(engine, data, size, format=form).longest_record == len(RECORD[form])


@each_size
def test_every_kind_of_buffer_is_taken(engine: Engine, form: str, size: int) -> None:
    data = (RECORD[form] + b"\n") * 3
    whole = [data[start : start + size] for start in range(0, len(data), size)]
    options = ReadOptions(format=form, export_type=FULL)
    expected = transcode(engine, data, TextForm.JSON, format=form)
    for kind in (bytes, bytearray, memoryview, lambda part: memoryview(bytearray(part))):
        reader = engine.transcoder(options, TextForm.JSON)
        assert b"".join([*(reader.feed(kind(part)) for part in whole), reader.finish()]) == expected


@each_size
def test_a_buffer_may_be_used_again_after_feeding(engine: Engine, form: str, size: int) -> None:
    data = (RECORD[form] + b"\n") * 3
    reader = engine.items(ReadOptions(format=form, export_type=FULL))
    buffer = bytearray(min(len(data), size))
    found = []
    for start in range(0, len(data), len(buffer)):
        part = data[start : start + len(buffer)]
        buffer[: len(part)] = part
        found += reader.feed(memoryview(buffer)[: len(part)])
        buffer[:] = b"#" * len(buffer)
    assert [*found, *reader.finish()] == [{"a": "x"}] * 3
