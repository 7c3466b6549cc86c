"""Keys: what is wrong with one; and key entries, by which duplicate keys are found over a whole export.

A key entry is 32 bytes: the key's hash (16 bytes), the record's byte offset as u64 and ``file_index << 40 | line`` as
u64, both little-endian.
"""

import struct
from itertools import groupby
from typing import TypeAlias

from xxhash import xxh3_64_intdigest

from exportkit.codec.canonical import encode_value, item_hash
from exportkit.codec.lines import Line
from exportkit.codec.tree import Attributes, RecordFault, Value
from exportkit.model.joining import FirstKey
from exportkit.model.scan import Buffer, DuplicateKeys

__all__ = [
    "ENTRY_SIZE",
    "HASH_SIZE",
    "KEY_TAGS",
    "FirstTypes",
    "duplicate_keys",
    "has_key",
    "judge_hash_byte",
    "key_entry",
    "key_fault",
    "partition_keys",
    "quick_hash",
]

KEY_TAGS = frozenset("SNB")

HASH_SIZE = 16
LINE_BITS = 40

_ENTRY = struct.Struct(f"<{HASH_SIZE}sQQ")
ENTRY_SIZE = _ENTRY.size

Place: TypeAlias = tuple[int, int, int]


def key_fault(value: Value | None) -> str | None:
    """Returns the reason why a value is none of a key's attribute, None where it is one."""
    if value is None:
        return "key-absent"
    if value.tag not in KEY_TAGS:
        return "key-type"
    return "key-empty" if value.tag != "N" and not value.content else None


class FirstTypes:
    """The types that key attributes have in a file's first record, and have to have in all of them."""

    def __init__(self) -> None:
        self.first: FirstKey | None = None

    def judge(self, member: str, key: Attributes, line: Line) -> None:
        """Takes the key of a record with nothing else wrong with it; raises RecordFault where a type is another one."""
        tags = sorted((name.encode("utf-8"), name, value.tag) for name, value in key)
        first = self.first or ("".join(tag for *_, tag in tags), line.number, line.offset)
        for (_, name, tag), known in zip(tags, first[0], strict=True):
            if tag != known:
                raise RecordFault("key-mixed", member, name)
        self.first = first


def has_key(image: Attributes | None, key: Attributes) -> bool:
    """Returns whether an image, if there is one, has the key's attributes with the key's values."""
    if image is None:
        return True
    values = dict(image)
    return all(_same(values.get(name), value) for name, value in key)


def _same(value: Value | None, other: Value) -> bool:
    return value is not None and encode_value(value) == encode_value(other)


def quick_hash(key: Attributes) -> int:
    """Returns the hash by which filters know a key: XXH3, 64 bits, of its values' encodings in the order of names."""
    values = sorted((name.encode("utf-8"), value) for name, value in key)
    return xxh3_64_intdigest(b"".join(encode_value(value) for _, value in values))


def key_entry(key: Attributes, file_index: int, line: int, offset: int) -> bytes:
    """Returns the entry of a record's key."""
    return _ENTRY.pack(item_hash(key), offset, file_index << LINE_BITS | line)


def duplicate_keys(entries: Buffer, limit: int) -> DuplicateKeys:
    """Returns the keys that stand more than once, the first ``limit`` with their places."""
    _judge_size(entries)
    ordered = sorted((digest, where, offset) for digest, offset, where in _ENTRY.iter_unpack(entries))
    count = 0
    places: list[tuple[Place, Place]] = []
    for _, group in groupby(ordered, key=lambda entry: entry[0]):
        (_, where, offset), *others = group
        count += len(others)
        room = max(0, limit - len(places))
        places += [(_place(*other[1:]), _place(where, offset)) for other in others[:room]]
    return DuplicateKeys(count, tuple(places))


def partition_keys(entries: Buffer, byte: int) -> list[bytes]:
    """Returns 256 runs of the entries, split by that byte of the hash, order kept."""
    _judge_size(entries)
    judge_hash_byte(byte)
    runs = [bytearray() for _ in range(256)]
    view = memoryview(entries)
    for start in range(0, len(view), ENTRY_SIZE):
        runs[view[start + byte]] += view[start : start + ENTRY_SIZE]
    return [bytes(run) for run in runs]


def judge_hash_byte(byte: int) -> None:
    """Raises ValueError where a key's hash has no such byte."""
    if not 0 <= byte < HASH_SIZE:
        raise ValueError(f"a key's hash has {HASH_SIZE} bytes, and no byte {byte}")


def _judge_size(entries: Buffer) -> None:
    if len(entries) % ENTRY_SIZE:
        raise ValueError(f"key entries have {ENTRY_SIZE} bytes each; {len(entries)} is no multiple")


def _place(where: int, offset: int) -> Place:
    return where >> LINE_BITS, where & ((1 << LINE_BITS) - 1), offset
