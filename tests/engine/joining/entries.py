"""Join entries as Python values, taken apart and put together without any engine; and readers that make them."""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import xxhash

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Applier, Engine, Index, KeyFilter
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import ApplyOptions, IndexOptions, Joined, JoinOptions, Operation, Source
from exportkit.model.values import ChangeRecord, Item
from tests.engine.running import ION, JSON, chunks

HEADER = struct.Struct("<IBBH16sQIIQQQ16sIII")
FORMATS = (JSON, ION)
NO_HASH = bytes(16)
FRAMES = {JSON: (len(b'{"Item":'), 1), ION: (len(b"$ion_1_0 {Item:"), 1)}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an entry says."""

    kind: int
    images: int
    hash: bytes
    quick_hash: int
    source: int
    file: int
    line: int
    offset: int
    timestamp: int
    image_hash: bytes
    key: bytes
    new: bytes
    old: bytes
    zero: int = 0


def unpack(entries: bytes) -> list[Told]:
    """Returns what entries say."""
    found = []
    while entries:
        size, kind, images, zero, key, quick, source, file, line, offset, micros, new, *sizes = HEADER.unpack_from(
            entries
        )
        assert size == HEADER.size + sum(sizes) <= len(entries)
        texts = (
            entries[HEADER.size : HEADER.size + sizes[0]],
            entries[HEADER.size + sizes[0] : size - sizes[2]],
            entries[size - sizes[2] : size],
        )
        found.append(
            Told(
                kind=kind,
                images=images,
                zero=zero,
                hash=key,
                quick_hash=quick,
                source=source,
                file=file,
                line=line,
                offset=offset,
                timestamp=micros,
                image_hash=new,
                key=texts[0],
                new=texts[1],
                old=texts[2],
            )
        )
        entries = entries[size:]
    return found


def pack(told: Told) -> bytes:
    """Returns the entry that says so."""
    texts = (told.key, told.new, told.old)
    return HEADER.pack(
        HEADER.size + sum(map(len, texts)),
        told.kind,
        told.images,
        told.zero,
        told.hash,
        told.quick_hash,
        told.source,
        told.file,
        told.line,
        told.offset,
        told.timestamp,
        told.image_hash,
        *map(len, texts),
    ) + b"".join(texts)


def digest(engine: Engine, item: Item | None) -> bytes:
    """Returns the hash of a key or an image; zeros of none."""
    return NO_HASH if item is None else hashlib.sha256(engine.canonical_item(item)).digest()[:16]


def quick(engine: Engine, key: Item) -> int:
    """Returns the quick hash of a key."""
    names = sorted(key, key=lambda name: name.encode())
    values = (engine.canonical_item({name: key[name]})[9 + len(name.encode()) :] for name in names)
    return xxhash.xxh3_64_intdigest(b"".join(values))


def text(item: Item | None, form: OutputFormat) -> bytes:
    """Returns a key or an image as entries have it; nothing of none."""
    if item is None:
        return b""
    before, behind = FRAMES[form]
    return dumps_item(item, form.form)[before:-behind]


def told_change(engine: Engine, change: ChangeRecord, form: OutputFormat, **place: int) -> Told:
    """Returns the entry that a change has to become."""
    return Told(
        kind=1,
        images=(change.new_image is not None) + 2 * (change.old_image is not None),
        hash=digest(engine, change.keys),
        quick_hash=quick(engine, change.keys),
        timestamp=change.write_timestamp,
        image_hash=NO_HASH,
        key=text(change.keys, form),
        new=text(change.new_image, form),
        old=text(change.old_image, form),
        **{"source": 1, "file": 0, **place},
    )


@dataclass
class Outcome:
    """What an index or an applier handed on, and the fault that ended it."""

    given: bytes = b""
    entries: bytes = b""
    fault: tuple[str, int, int, str] | None = None


def run(reader: Index | Applier, data: bytes, size: int = 1 << 20) -> Outcome:
    """Pushes all of it; of an index what it gives are the entries."""
    outcome = Outcome()
    taken = getattr(reader, "take_entries", bytes)
    try:
        for chunk in chunks(data, size):
            outcome.given += reader.feed(chunk)
            outcome.entries += taken()
        outcome.given += reader.finish()
    except MalformedRecordError as error:
        outcome.fault = (error.reason, error.line, error.offset, error.path)
    outcome.entries += taken()
    return outcome


def index(engine: Engine, data: bytes, size: int = 1 << 20, **options: Any) -> Outcome:
    return run(engine.index(IndexOptions(**{"format": JSON, "form": JSON, "uri": "x", **options})), data, size)


def apply(
    engine: Engine, data: bytes, key_filter: KeyFilter | None = None, size: int = 1 << 20, **options: Any
) -> Outcome:
    chosen = ApplyOptions(**{"format": JSON, "form": JSON, "uri": "x", "key_names": ("pk",), **options})
    return run(engine.applier(chosen, key_filter), data, size)


@dataclass
class Joining:
    """Some exports, made into entries by an engine and joined.

    Attributes:
        engine: Which.
        form: What entries and lines are written in.
    """

    engine: Engine
    form: OutputFormat
    entries: list[bytes] = field(default_factory=list)

    def state(self, items: Iterable[Item], *, source: int = 0, **options: Any) -> "Joining":
        """Adds the items of a state."""
        data = b"".join(dumps_item(item, self.form.form) + b"\n" for item in items)
        found = apply(self.engine, data, source=source, format=self.form, form=self.form, **options)
        assert (found.fault, found.given) == (None, b"")
        self.entries.append(found.entries)
        return self

    def changes(self, changes: Iterable[ChangeRecord], *, source: int = 1, **options: Any) -> "Joining":
        """Adds the records of an increment."""
        data = b"".join(dumps_change(change, self.form.form) + b"\n" for change in changes)
        found = index(self.engine, data, source=source, format=self.form, form=self.form, **options)
        assert found.fault is None
        self.entries.append(found.given)
        return self

    def join(self, operation: Operation, sources: Sequence[Source] = (), **options: Any) -> Joined:
        """Joins them, given in some order or the other."""
        chosen = JoinOptions(operation=operation, form=self.form, sources=tuple(sources), **options)
        joined = self.engine.join(b"".join(self.entries), chosen)
        single = [pack(told) for told in unpack(b"".join(self.entries))]
        assert self.engine.join(memoryview(b"".join(reversed(single))), chosen) == joined, "the order does not matter"
        return joined

    def ordered(self, records: Iterable[Item | ChangeRecord]) -> bytes:
        """Returns the lines of records, in the order of the hashes of their keys."""
        lines = []
        for record in records:
            if isinstance(record, ChangeRecord):
                lines.append((digest(self.engine, record.keys), dumps_change(record, self.form.form)))
            else:
                lines.append((digest(self.engine, {"pk": record["pk"]}), dumps_item(record, self.form.form)))
        return b"".join(line + b"\n" for _, line in sorted(lines, key=lambda pair: pair[0]))


def put(key: Any, image: Item | None = None, old: Item | None = None, at: int = 1) -> ChangeRecord:
    """Returns a put of an item with that key; images are given without it."""
    return ChangeRecord({"pk": key}, at, {"pk": key, **(image or {})}, None if old is None else {"pk": key, **old})


def delete(key: Any, old: Item | None = None, at: int = 1) -> ChangeRecord:
    """Returns a delete."""
    return ChangeRecord({"pk": key}, at, None, None if old is None else {"pk": key, **old})


def item(key: Any, **attributes: Any) -> Item:
    return {"pk": key, **attributes}


def without_old(change: ChangeRecord) -> ChangeRecord:
    return replace(change, old_image=None)
