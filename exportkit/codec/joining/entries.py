"""Join entries: one record of those that are joined, as bytes (``docs/joining.md``)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from exportkit.codec.keys import HASH_SIZE, judge_hash_byte
from exportkit.codec.tree import RecordFault
from exportkit.model.joining import HEADER_SIZE, Place
from exportkit.model.scan import Buffer

__all__ = ["Entry", "Image", "pack_entry", "partition_entries", "read_entries", "whole_entries"]

ITEM, CHANGE = 0, 1
NEW, OLD, HASHED = 1, 2, 4
HASH_AT = 8
MAX_SIZE = 2**32 - 1

_HEADER = struct.Struct(f"<IBBH{HASH_SIZE}sQIIQQQ{HASH_SIZE}sIII")
_SIZE = struct.Struct("<I")
_HASHES = struct.Struct(f"<{HASH_SIZE}sQ")
_NO_HASH = bytes(HASH_SIZE)


class Image(NamedTuple):
    """One side of a record.

    Attributes:
        text: As it is written; nothing where it is asked for its value alone.
        hash: Of its value, if it is known.
        is_line: Whether the text is an item's line rather than a map.
    """

    text: bytes
    hash: bytes | None = None
    is_line: bool = False


class Entry(NamedTuple):
    """One record, in the order in which records are joined.

    Attributes:
        hash: The key's.
        source: The number of the export.
        timestamp: WriteTimestampMicros; 0 of an item.
        file: The number of the data file.
        line: From 1.
        offset: The record's byte offset in its file.
        changes: Whether it is a change record, not an item.
        key: Its text.
        new: The new image, if there is one; the item.
        old: The old image, if there is one.
        quick_hash: The key's.
    """

    hash: bytes
    source: int
    timestamp: int
    file: int
    line: int
    offset: int
    changes: bool
    key: bytes
    new: Image | None
    old: Image | None
    quick_hash: int

    @property
    def place(self) -> Place:
        """Where the record stands."""
        return self.source, self.file, self.line, self.offset


def pack_entry(entry: Entry) -> bytes:
    """Returns the bytes of an entry.

    Raises:
        RecordFault: It is longer than an entry can be.
    """
    new, old = entry.new or Image(b""), entry.old or Image(b"")
    texts = entry.key, new.text, old.text
    size = HEADER_SIZE + sum(map(len, texts))
    if size > MAX_SIZE:
        raise RecordFault("too-long")
    header = _HEADER.pack(
        size,
        CHANGE if entry.changes else ITEM,
        (NEW if entry.new else 0) | (OLD if entry.old else 0) | (HASHED if new.hash else 0),
        0,
        entry.hash,
        entry.quick_hash,
        entry.source,
        entry.file,
        entry.line,
        entry.offset,
        entry.timestamp,
        new.hash or _NO_HASH,
        *map(len, texts),
    )
    return b"".join((header, *texts))


class Whole(NamedTuple):
    """An entry as bytes, and what it is found by.

    Attributes:
        hash: The key's.
        quick_hash: The key's.
        data: All of it.
    """

    hash: bytes
    quick_hash: int
    data: bytes


def whole_entries(entries: Buffer) -> Iterator[Whole]:
    """Yields each entry.

    Raises:
        ValueError: They are no whole entries.
    """
    view = memoryview(entries)
    at = 0
    while at < len(view):
        rest = len(view) - at
        size = _SIZE.unpack_from(view, at)[0] if rest >= HEADER_SIZE else 0
        entry = bytes(view[at : at + size])
        if not HEADER_SIZE <= size <= rest or size != HEADER_SIZE + sum(_HEADER.unpack_from(entry)[-3:]):
            raise ValueError(f"no whole join entry at byte {at} of {len(view)}")
        key_hash, quick = _HASHES.unpack_from(entry, HASH_AT)
        yield Whole(key_hash, quick, entry)
        at += size


def read_entries(entries: Buffer) -> Iterator[Entry]:
    """Yields what entries say.

    Raises:
        ValueError: They are no whole entries, or say what no entry says.
    """
    for _, _, entry in whole_entries(entries):
        (_, kind, sides, zero, key_hash, quick, source, file, line, offset, timestamp, new_hash, *sizes) = (
            _HEADER.unpack_from(entry)
        )
        allowed = {NEW, NEW | HASHED} if kind == ITEM else {0, NEW, OLD, NEW | OLD}
        if kind > CHANGE or sides not in allowed or zero:
            raise ValueError(f"no join entry: kind {kind}, images {sides}, zero {zero}")
        key_end = HEADER_SIZE + sizes[0]
        new_end = key_end + sizes[1]
        yield Entry(
            key_hash,
            source,
            timestamp,
            file,
            line,
            offset,
            kind == CHANGE,
            entry[HEADER_SIZE:key_end],
            Image(entry[key_end:new_end], new_hash if sides & HASHED else None, sides == NEW and kind == ITEM)
            if sides & NEW
            else None,
            Image(entry[new_end:]) if sides & OLD else None,
            quick,
        )


def partition_entries(entries: Buffer, byte: int) -> list[bytes]:
    """Returns 256 runs of the entries, split by that byte of the hash, order kept.

    Raises:
        ValueError: They are no whole entries, or the hash has no such byte.
    """
    judge_hash_byte(byte)
    runs = [bytearray() for _ in range(256)]
    for entry in whole_entries(entries):
        runs[entry.hash[byte]] += entry.data
    return [bytes(run) for run in runs]
