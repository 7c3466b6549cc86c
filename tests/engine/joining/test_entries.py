"""Join entries, in partitions and malformed; the vectors; and the filter."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.joining import JoinOptions, Operation
from tests.engine.joining.entries import FORMATS, Told, apply, index, pack, unpack
from tests.engine.running import JSON, each_size

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "joining.json").read_text(encoding="utf-8")
)
PAYLOADS = ("none", "line", "image")


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def told(key: int, **parts: Any) -> Told:
    """Returns a change's entry, whatever it says."""
    entry = Told(
        kind=1,
        images=1,
        hash=hashlib.md5(bytes([key])).digest(),
        quick_hash=key,
        source=1,
        file=0,
        line=1,
        offset=0,
        timestamp=1,
        image_hash=bytes(16),
        key=b"{}",
        new=b"{}" * key,
        old=b"",
    )
    return replace(entry, **parts)


@each_size
@pytest.mark.parametrize("form", FORMATS, ids=str)
@pytest.mark.parametrize("vector", VECTORS["changes"], ids=name)
def test_changes_have_their_vector(engine: Engine, vector: dict[str, Any], form: str, size: int) -> None:
    for format_ in FORMATS:
        data = vector["lines"][format_].encode()
        options = {"source": vector["source"], "file_index": vector["file"]}
        found = index(engine, data, size, format=format_, form=form, **options)
        assert found.given.hex() == vector["entry"][form]


@each_size
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("vector", VECTORS["items"], ids=name)
def test_items_have_their_vector(engine: Engine, vector: dict[str, Any], payload: str, size: int) -> None:
    for format_ in FORMATS:
        data = vector["lines"][format_].encode()
        options = {"source": vector["source"], "file_index": vector["file"], "key_names": tuple(vector["key_names"])}
        for form in FORMATS:
            found = apply(engine, data, None, size, format=format_, form=form, payload=payload, **options)
            assert (found.given, found.fault) == (b"", None)
            assert found.entries.hex() == vector["entry"][format_][form][payload]


@pytest.mark.parametrize("byte", [0, 7, 15])
def test_partitions_keep_every_entry_in_order(engine: Engine, byte: int) -> None:
    entries = [pack(told(number % 50, line=number)) for number in range(1, 500)]
    runs = engine.partition_entries(b"".join(entries), byte)
    assert len(runs) == 256
    assert all(isinstance(run, bytes) for run in runs)
    for value, run in enumerate(runs):
        assert run == b"".join(entry for entry in entries if entry[8 + byte] == value)
    assert list(engine.partition_entries(memoryview(b"".join(entries)), byte)) == list(runs)


def test_partitions_of_nothing(engine: Engine) -> None:
    assert list(engine.partition_entries(b"", 0)) == [b""] * 256
    for byte in (-1, 16):
        with pytest.raises((ValueError, OverflowError)):
            engine.partition_entries(b"", byte)


def broken() -> list[bytes]:
    """Returns what is no whole entry, in as many ways as there are."""
    sound = pack(told(3))
    longer = (len(sound) + 1).to_bytes(4, "little") + sound[4:] + b"x"
    return [
        b"x",
        sound[:91],
        sound[:-1],
        sound + b"x",
        bytes(92),
        (91).to_bytes(4, "little") + sound[4:],
        (2**32 - 1).to_bytes(4, "little") + sound[4:],
        longer,
        sound + longer,
        sound[:80] + b"\xff\xff\xff\xff" + sound[84:],
        sound[:84] + b"\xff\xff\xff\xff\xff\xff\xff\xff" + sound[92:],
    ]


@pytest.mark.parametrize("entries", broken(), ids=str)
def test_what_is_no_whole_entry_is_refused(engine: Engine, entries: bytes) -> None:
    with pytest.raises(ValueError, match="entr"):
        engine.partition_entries(entries, 0)
    with pytest.raises(ValueError, match="entr"):
        engine.key_filter(1).add(entries)
    for operation in Operation:
        with pytest.raises(ValueError, match="entr"):
            engine.join(entries, JoinOptions(operation=operation, form=JSON, timestamp=1))


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": 2},
        {"kind": 255},
        {"images": 4},
        {"images": 5},
        {"images": 8},
        {"kind": 0, "source": 0, "images": 4},
        {"kind": 0, "source": 0, "images": 9},
        {"zero": 1},
        {"zero": 256},
        {"kind": 0, "source": 0, "images": 0},
        {"kind": 0, "source": 0, "images": 2},
        {"kind": 0, "source": 0, "images": 3},
    ],
    ids=str,
)
def test_what_no_entry_says_is_refused(engine: Engine, parts: dict[str, int]) -> None:
    entries = pack(told(1)) + pack(told(2, **parts))
    assert b"".join(engine.partition_entries(entries, 0)), "where it goes can be told of any"
    for operation in Operation:
        with pytest.raises(ValueError):  # noqa: PT011 - one of several things is wrong
            engine.join(entries, JoinOptions(operation=operation, form=JSON, timestamp=1))


@pytest.mark.parametrize(
    ("operation", "parts"),
    [
        (Operation.REPLAY, {"source": 0}),
        (Operation.REPLAY, {"kind": 0, "source": 1}),
        (Operation.COMPACT, {"kind": 0}),
        (Operation.REVERT, {"kind": 0, "source": 0}),
        (Operation.DIFF, {}),
        (Operation.DIFF, {"kind": 0, "source": 2}),
    ],
    ids=str,
)
def test_what_an_operation_does_not_take_is_refused(
    engine: Engine, operation: Operation, parts: dict[str, int]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        engine.join(pack(told(1, **parts)), JoinOptions(operation=operation, form=JSON, timestamp=1))


@pytest.mark.parametrize("operation", [Operation.REVERT, Operation.DIFF])
def test_a_change_that_is_made_up_needs_a_timestamp(engine: Engine, operation: Operation) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        engine.join(b"", JoinOptions(operation=operation, form=JSON))


def test_the_largest_numbers(engine: Engine) -> None:
    """Places and times of an entry are as large as its members."""
    data = b'{"Metadata":{"WriteTimestampMicros":{"N":"9223372036854775807"}},"Keys":{"pk":{"S":"a"}}}'
    found = index(engine, data, source=2**32 - 1, file_index=2**32 - 1)
    (entry,) = unpack(found.given)
    assert (entry.source, entry.file, entry.timestamp) == (2**32 - 1, 2**32 - 1, 2**63 - 1)


# --- the filter --------------------------------------------------------------------------------------------


def place(key: int, words: int) -> tuple[int, set[int]]:
    """Returns the word and the bits of a key, as the document says."""
    return key % words, {(key >> shift) & 63 for shift in (40, 46, 52, 58)}


@pytest.mark.parametrize("words", [1, 2, 64, 4096])
def test_the_filter_holds_what_was_added_and_tells_what_the_document_says(engine: Engine, words: int) -> None:
    random = Random(words)
    added, others = ([random.getrandbits(64) for _ in range(count)] for count in (40, 2000))
    key_filter = engine.key_filter(words)
    assert not any(key in key_filter for key in added), "nothing is in an empty filter"
    entries = [pack(told(1, quick_hash=key)) for key in added]
    key_filter.add(b"".join(entries[:20]))
    key_filter.add(memoryview(b"".join(entries[20:])))
    key_filter.add(b"")
    assert all(key in key_filter for key in added)
    bits: dict[int, set[int]] = {}
    for key in added:
        word, ones = place(key, words)
        bits.setdefault(word, set()).update(ones)
    for key in others:
        word, ones = place(key, words)
        assert (key in key_filter) == (ones <= bits.get(word, set()))


def test_a_filter_of_other_sizes_is_refused(engine: Engine) -> None:
    for words in (0, 3, 6, 1000):
        with pytest.raises(ValueError, match="power of two"):
            engine.key_filter(words)
    for key in (-1, 1 << 64):
        with pytest.raises(OverflowError):
            key in engine.key_filter(1)  # noqa: B015 - it raises


def test_few_keys_pass_that_were_not_added(engine: Engine) -> None:
    """With sixteen bits a key, and keys that count up, as many do."""
    keys = b"".join(
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"sk":{"N":"%d"},"pk":{"S":"user#%d"}}}\n'
        % (key % 7, key)
        for key in range(5000)
    )
    changes = index(engine, keys)
    assert changes.fault is None
    entries = [pack(entry) for entry in unpack(changes.given)]
    key_filter = engine.key_filter(256)
    key_filter.add(b"".join(entries[:1024]))
    held = [entry.quick_hash in key_filter for entry in unpack(changes.given)]
    assert all(held[:1024])
    assert sum(held[1024:]) < len(held[1024:]) / 50
