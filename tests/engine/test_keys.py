"""Key entries, and what they tell: duplicates over a whole export, split so that they fit into memory."""

import hashlib
import struct

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.scan import DuplicateKeys, ScanOptions
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, canonical, chunks, each_size

ITEMS = {
    JSON: [
        b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":"one"}}}',
        b'{"Item":{"v":{"S":"other"},"sk":{"N":"1.0"},"pk":{"S":"\\u0061"}}}',
        b'{"Item":{"pk":{"S":"a"}}}',
        b"{",
        b'{"Item":{"pk":{"S":"b"},"sk":{"N":"1"}}}',
        b'{"Item":{"pk":{"S":""},"sk":{"N":"1"}}}',
        b'{"Item":{"pk":{"BOOL":true},"sk":{"N":"1"}}}',
    ],
    ION: [
        b'$ion_1_0 {Item:{pk:"a",sk:1.,v:"one"}}',
        b'$ion_1_0 {Item:{v:"other",sk:10d-1,pk:"\\x61"}}',
        b'$ion_1_0 {Item:{pk:"a"}}',
        b"{",
        b'$ion_1_0 {Item:{pk:"b",sk:1.}}',
        b'$ion_1_0 {Item:{pk:"",sk:1.}}',
        b"$ion_1_0 {Item:{pk:true,sk:1.}}",
    ],
}
KEY_LINES = {"a": b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}', "b": b'{"Item":{"pk":{"S":"b"},"sk":{"N":"1"}}}'}

Entry = tuple[bytes, int, int, int]


def unpack(entries: bytes) -> list[Entry]:
    """Returns entries as (hash, file, line, offset)."""
    assert len(entries) % 32 == 0
    return [
        (digest, where >> 40, where & (1 << 40) - 1, offset)
        for digest, offset, where in struct.iter_unpack("<16sQQ", entries)
    ]


def pack(digest: bytes, file: int, line: int, offset: int) -> bytes:
    return struct.pack("<16sQQ", digest, offset, file << 40 | line)


def key_hash(engine: Engine, line: bytes) -> bytes:
    return hashlib.sha256(canonical(engine, line)[0]).digest()[:16]


@each_size
@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_an_entry_for_each_record_that_has_its_key(engine: Engine, form: str, size: int) -> None:
    options = ScanOptions(
        format=form, export_type=FULL, key_names=("sk", "pk"), collect_keys=True, file_index=2**24 - 1
    )
    scanner = engine.scanner(options)
    entries = b""
    for chunk in chunks(b"\n".join(ITEMS[form]), size):
        scanner.feed(chunk)
        entries += scanner.take_keys()
    scanner.finish()
    entries += scanner.take_keys()

    a, b = (key_hash(engine, KEY_LINES[name]) for name in "ab")
    second, fifth = (sum(len(line) + 1 for line in ITEMS[form][:before]) for before in (1, 4))
    assert unpack(entries) == [
        (a, 2**24 - 1, 1, 0),
        (a, 2**24 - 1, 2, second),
        (b, 2**24 - 1, 5, fifth),
    ]
    assert scanner.take_keys() == b"", "keys are forgotten once they were taken"


@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_no_entries_unless_asked_for(engine: Engine, form: str) -> None:
    for options in ({"key_names": ("pk",)}, {"collect_keys": True}):
        scanner = engine.scanner(ScanOptions(format=form, export_type=FULL, **options))
        scanner.feed(b"\n".join(ITEMS[form]))
        scanner.finish()
        assert scanner.take_keys() == b""


@pytest.mark.parametrize("names", [None, ("pk", "sk")])
@pytest.mark.parametrize("form", [JSON, ION], ids=str)
def test_a_change_has_its_own_keys(engine: Engine, form: str, names: tuple[str, ...] | None) -> None:
    data = (
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"sk":{"N":"1"},"pk":{"S":"a"}}}\n'
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"sk":{"N":"1"},"pk":{"S":"a"},"x":{"S":"a"}}}\n'
        b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"sk":{"N":"1"},"pk":{"S":""}}}\n'
        if form == JSON
        else b'{Record:{Metadata:{WriteTimestampMicros:1.},Keys:{sk:1.,pk:"a"}}}\n'
        b'{Metadata:{WriteTimestampMicros:1.},Keys:{sk:1.,pk:"a",x:"a"}}\n'
        b'{Metadata:{WriteTimestampMicros:1.},Keys:{sk:1.,pk:""}}\n'
    )
    scanner = engine.scanner(ScanOptions(format=form, export_type=INCREMENTAL, key_names=names, collect_keys=True))
    scanner.feed(data)
    scanner.finish()

    key = key_hash(engine, KEY_LINES["a"])
    (first, _, line, _), (second, *_) = unpack(scanner.take_keys())
    assert (first, line) == (key, 1)
    assert (second == key) == (names is not None), "named keys leave other members of Keys out"


def test_duplicates_are_counted_and_placed(engine: Engine) -> None:
    low, middle, high = b"\x00" * 16, b"\x00" * 15 + b"\x01", b"\xff" * 16
    entries = b"".join(
        [
            pack(high, 0, 9, 900),
            pack(low, 1, 5, 50),
            pack(middle, 0, 1, 0),
            pack(low, 0, 2**40 - 1, 2**63),
            pack(high, 0, 10, 2),
            pack(low, 2**24 - 1, 1, 1),
            pack(high, 0, 2, 990),
        ]
    )
    first_low, first_high = (0, 2**40 - 1, 2**63), (0, 2, 990)
    places = (
        ((1, 5, 50), first_low),
        ((2**24 - 1, 1, 1), first_low),
        ((0, 9, 900), first_high),
        ((0, 10, 2), first_high),
    )
    for limit in (0, 1, 2, 3, 4, 100):
        assert engine.duplicate_keys(entries, limit) == DuplicateKeys(4, places[:limit])
    assert engine.duplicate_keys(bytearray(entries), 4) == DuplicateKeys(4, places)
    assert engine.duplicate_keys(memoryview(entries), 4) == DuplicateKeys(4, places)


def test_no_duplicates_among_none_and_one(engine: Engine) -> None:
    assert engine.duplicate_keys(b"", 10) == DuplicateKeys(0, ())
    assert engine.duplicate_keys(pack(b"k" * 16, 0, 1, 0), 10) == DuplicateKeys(0, ())


@pytest.mark.parametrize("byte", [0, 7, 15])
def test_partitions_keep_every_entry_in_order(engine: Engine, byte: int) -> None:
    entries = [pack(hashlib.md5(bytes([n % 50])).digest(), n % 3, n, n * 100) for n in range(500)]
    runs = engine.partition_keys(b"".join(entries), byte)
    assert len(runs) == 256
    assert all(isinstance(run, bytes) for run in runs)
    for value, run in enumerate(runs):
        assert run == b"".join(entry for entry in entries if entry[byte] == value)


def test_partitions_of_nothing(engine: Engine) -> None:
    assert list(engine.partition_keys(b"", 0)) == [b""] * 256


def test_what_is_no_entry_is_refused(engine: Engine) -> None:
    for broken in (b"x", b"x" * 31, b"x" * 33):
        with pytest.raises(ValueError, match="32"):
            engine.duplicate_keys(broken, 1)
        with pytest.raises(ValueError, match="32"):
            engine.partition_keys(broken, 0)
    for byte in (-1, 16):
        with pytest.raises((ValueError, OverflowError)):
            engine.partition_keys(b"", byte)
