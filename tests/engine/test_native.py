"""What only the native engine has: foreign memory, threads, and objects that outlive a record."""

import gc
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import TextForm
from exportkit.model.scan import ReadOptions, ScanOptions
from exportkit.reasons import REASONS
from tests.conftest import native_engine
from tests.engine.running import FULL, ION, JSON

LINE = b'{"Item":{"id":{"S":"a"},"n":{"N":"1.5"},"l":{"L":[{"B":"aGk="},{"NULL":true}]},"s":{"NS":["1","2"]}}}\n'
OPTIONS = ReadOptions(format=JSON, export_type=FULL, uri="x.json.gz")
SCAN_OPTIONS = ScanOptions(format=JSON, export_type=FULL, key_names=("id",), collect_keys=True)


@pytest.fixture
def engine() -> Engine:
    """Overrides the fixture of both engines."""
    return native_engine()


def test_both_engines_know_the_same_reasons() -> None:
    native_engine()
    from exportkit import _native  # noqa: PLC0415 - it may be absent

    assert _native.reasons() == list(REASONS)


# --- buffers -----------------------------------------------------------------------------------------------


class Heir(bytes):
    """A subclass of bytes."""


@pytest.mark.parametrize(
    "buffer",
    [
        LINE,
        Heir(LINE),
        bytearray(LINE),
        memoryview(LINE),
        memoryview(b"before" + LINE + b"after")[6 : 6 + len(LINE)],
        memoryview(bytearray(LINE)),
        memoryview(bytearray(LINE)).toreadonly(),
        memoryview(memoryview(Heir(LINE))),
        memoryview(b"".join(bytes((byte, 0)) for byte in LINE))[::2],
        memoryview(LINE[::-1])[::-1],
        memoryview(LINE).cast("B", (2, len(LINE) // 2)) if len(LINE) % 2 == 0 else memoryview(LINE),
        array("B", LINE),
    ],
    ids=range(12),
)
def test_every_buffer_of_bytes_is_read(engine: Engine, buffer: Any) -> None:
    assert engine.transcoder(OPTIONS, TextForm.DYNAMODB_JSON).feed(buffer) == LINE


def test_an_empty_buffer_is_read(engine: Engine) -> None:
    for buffer in (b"", bytearray(), memoryview(b""), memoryview(LINE)[7:7]):
        assert list(engine.items(OPTIONS).feed(buffer)) == []


@pytest.mark.parametrize("buffer", ["text", 7, None, [1], array("I", [1]), memoryview(LINE[:100]).cast("I")])
def test_what_is_no_buffer_of_bytes_is_refused_and_does_no_harm(engine: Engine, buffer: Any) -> None:
    reader, scanner = engine.items(OPTIONS), engine.scanner(SCAN_OPTIONS)
    for feed in (reader.feed, scanner.feed):
        with pytest.raises((TypeError, BufferError)):
            feed(buffer)
    assert len(reader.feed(LINE)) == 1
    scanner.feed(LINE)
    assert scanner.finish().records == 1


def test_bytes_that_change_meanwhile_are_read_as_they_were(engine: Engine) -> None:
    original = LINE * 50_000
    chunk = bytearray(original)
    reader = engine.transcoder(OPTIONS, TextForm.DYNAMODB_JSON)
    handed_on: list[bytes] = []
    with _switching_only_when_released():
        reading = threading.Thread(target=lambda: handed_on.append(reader.feed(memoryview(chunk))))
        reading.start()  # and reads until it lets go of the interpreter, the chunk copied
        chunk[:] = b"x" * len(chunk)
        reading.join()
    assert handed_on == [original]


# --- threads -----------------------------------------------------------------------------------------------


class _switching_only_when_released:  # noqa: N801 - a context manager
    """No thread is interrupted: others run only while one lets go of the interpreter."""

    def __enter__(self) -> None:
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self._interval)


def _released(engine: Engine) -> Iterator[tuple[str, Callable[[bytes], Any]]]:
    yield "scanner", engine.scanner(SCAN_OPTIONS).feed
    for form in TextForm:
        yield form, engine.transcoder(OPTIONS, form).feed
    yield "canonicaliser", engine.canonicaliser(OPTIONS).feed


def test_other_threads_run_while_a_chunk_is_read(engine: Engine) -> None:
    chunk = LINE * 100_000
    for name, feed in _released(engine):
        order: list[str] = []
        ready = threading.Event()

        def run(order: list[str] = order, ready: threading.Event = ready) -> None:
            ready.wait()
            order.append("other")

        other = threading.Thread(target=run)
        other.start()
        with _switching_only_when_released():
            ready.set()
            feed(chunk)
            order.append("reader")
        other.join()
        assert order == ["other", "reader"], name


def test_a_reader_serves_one_thread_at_a_time(engine: Engine) -> None:
    reader = engine.transcoder(OPTIONS, TextForm.JSON)
    chunk = LINE * 20_000
    refusals: list[str] = []
    stop = time.monotonic() + 30

    def feed(data: bytes) -> None:
        while not refusals and time.monotonic() < stop:
            try:
                reader.feed(data)
            except RuntimeError as error:
                refusals.append(str(error))

    threads = [threading.Thread(target=feed, args=(data,)) for data in (chunk, b"")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "borrowed" in refusals[0]
    assert reader.feed(LINE) == b'{"id":"a","n":1.5,"l":["aGk=",null],"s":[1,2]}\n'  # and no harm was done


# --- objects -----------------------------------------------------------------------------------------------


def test_names_are_one_object_for_all_items(engine: Engine) -> None:
    reader = engine.items(OPTIONS)
    first, *others = [*reader.feed(LINE + LINE), *reader.feed(LINE)]
    assert isinstance(first, dict)
    assert len(others) == 2
    for item in others:
        assert isinstance(item, dict)
        assert [id(name) for name in item] == [id(name) for name in first]


def test_values_that_repeat_are_right_whether_kept_or_not(engine: Engine) -> None:
    """Lengths around the longest text that is kept, few and many different values, several kinds of each."""
    texts = ["", "a", "a\0", "\0a", "é", "😀", *("x" * length for length in range(20, 27)), *map(str, range(5000))]
    lines, expected = [], []
    for turn in range(3):
        for number, text in enumerate(texts):
            escaped = text.replace("\0", "\\u0000")
            digits = str(number * 10**turn)
            lines.append(f'{{"Item":{{"s":{{"S":"{escaped}"}},"n":{{"N":"{digits}"}},"x":{{"SS":["{escaped}"]}}}}}}\n')
            expected.append({"s": text, "n": Decimal(digits), "x": {text}})
    assert engine.items(OPTIONS).feed("".join(lines).encode()) == expected


def test_nothing_is_left_behind(engine: Engine) -> None:
    def read() -> None:
        options = ReadOptions(format=JSON, export_type=FULL, uri="x")
        items = engine.items(options)
        items.feed(LINE * 50)
        items.feed(bytearray(b'{"Item":{"a":{"L":[{"M":{"b":{"S":"x"}'))
        with pytest.raises(MalformedRecordError):
            items.finish()
        engine.canonicaliser(options, hashed=True).feed(LINE * 50)
        scanner = engine.scanner(SCAN_OPTIONS)
        scanner.feed(LINE * 50 + b"{}\n")
        engine.duplicate_keys(scanner.take_keys(), 3)
        scanner.finish()
        engine.canonical_item({"a": [{"b": {Decimal(1)}}]})
        with pytest.raises(TypeError):
            engine.canonical_item({"a": [{"b": 1.5}]})  # type: ignore[dict-item]

    for _ in range(50):
        read()
    gc.collect()
    before = sys.getallocatedblocks()
    rounds = 500  # each makes hundreds of objects; the interpreter itself keeps some for later
    for _ in range(rounds):
        read()
    gc.collect()
    assert sys.getallocatedblocks() - before < rounds


# --- options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("format", "CSV"), ("export_type", "PART"), ("view", "OLD_IMAGES"), ("max_record_size", -1), ("format", 7)],
)
def test_options_with_unknown_values_are_refused(engine: Engine, field: str, value: object) -> None:
    options: Any = SimpleNamespace(
        format=ION,
        export_type=FULL,
        uri="x",
        max_record_size=100,
        view=None,
        key_names=None,
        collect_keys=False,
        window=None,
        file_index=0,
        fault_limit=20,
    )
    engine.scanner(options)
    setattr(options, field, value)
    with pytest.raises((ValueError, OverflowError, TypeError)):
        engine.scanner(options)


def test_an_unknown_form_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="csv"):
        engine.transcoder(OPTIONS, "csv")  # type: ignore[arg-type]


# --- the garbage collector ---------------------------------------------------------------------------------


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(engine: Engine, enabled: bool) -> None:
    reader = engine.items(OPTIONS)
    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        reader.feed(LINE)
        assert gc.isenabled() is enabled
        with pytest.raises(MalformedRecordError):
            reader.feed(b"{}\n")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_the_garbage_collector_rests_while_items_are_made(engine: Engine) -> None:
    reader = engine.items(OPTIONS)
    collections: list[str] = []

    def note(phase: str, _: dict[str, int]) -> None:
        collections.append(phase)

    gc.callbacks.append(note)
    try:
        with_gc = gc.isenabled()
        items = reader.feed(LINE * 20_000)
        during = len(collections)
    finally:
        gc.callbacks.remove(note)
    assert with_gc
    assert len(items) == 20_000
    assert during <= 2, "at most the one that was due when it began to work again"
