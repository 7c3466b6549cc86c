"""The index: change records as join entries (``docs/joining.md``)."""

from collections.abc import Iterable
from typing import cast

from exportkit.codec.canonical import item_hash
from exportkit.codec.joining.entries import Entry, Image, pack_entry
from exportkit.codec.keys import FirstTypes, has_key, key_fault, quick_hash
from exportkit.codec.lines import Line
from exportkit.codec.readers import Reader
from exportkit.codec.source import OnBytes
from exportkit.codec.tree import ChangeTree, RecordFault, RecordTree
from exportkit.codec.windows import outside
from exportkit.codec.writing import write_map
from exportkit.model.formats import ExportType
from exportkit.model.joining import FirstKey, IndexOptions
from exportkit.model.scan import Buffer, ReadOptions

__all__ = ["ReferenceIndex"]


class ReferenceIndex(Reader[bytes]):
    """Turns change records into join entries; see ``exportkit.engine.protocols.Index``."""

    def __init__(self, options: IndexOptions, on_bytes: OnBytes) -> None:
        reading = ReadOptions(
            format=options.format,
            export_type=ExportType.INCREMENTAL,
            uri=options.uri,
            max_record_size=options.max_record_size,
        )
        super().__init__(reading, on_bytes)
        self._options = options
        self._form = options.form.form
        self._key_names = None if options.key_names is None else _in_order(options.key_names)
        self._types = FirstTypes()
        self._records = 0

    @property
    def records(self) -> int:
        """Records that became entries."""
        return self._records

    @property
    def key_names(self) -> tuple[str, ...] | None:
        """Names of the key attributes in the order of their UTF-8; None before the first entry, if not given."""
        return self._key_names

    @property
    def first_key(self) -> FirstKey | None:
        """The key of the first record; None before it."""
        return self._types.first

    def feed(self, chunk: Buffer) -> bytes:
        """Returns the entries of the records that the chunk completed."""
        return b"".join(self._feed(chunk))

    def finish(self) -> bytes:
        """Returns the last record's, if it had no line feed."""
        return b"".join(self._finish())

    def _make(self, tree: RecordTree, line: Line) -> bytes:
        change = cast("ChangeTree", tree)
        names = self._key_names
        if names is None:
            names = _in_order(name for name, _ in change.keys)
        _judge(change, names)
        self._types.judge("Keys", change.keys, line)
        fault = outside(self._options.window, change.write_timestamp)
        if fault is not None and fault.reason == "timestamp-far":
            raise fault
        entry = pack_entry(self._entry(change, line))
        self._key_names = names
        self._records += 1
        return entry

    def _entry(self, change: ChangeTree, line: Line) -> Entry:
        return Entry(
            hash=item_hash(change.keys),
            source=self._options.source,
            timestamp=change.write_timestamp,
            file=self._options.file_index,
            line=line.number,
            offset=line.offset,
            changes=True,
            key=write_map(change.keys, self._form),
            new=None if change.new_image is None else Image(write_map(change.new_image, self._form)),
            old=None if change.old_image is None else Image(write_map(change.old_image, self._form)),
            quick_hash=quick_hash(change.keys),
        )


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))  # by code points, which is the order of their UTF-8


def _judge(change: ChangeTree, names: tuple[str, ...]) -> None:
    """Raises RecordFault where a change's key is not what it has to be."""
    values = dict(change.keys)
    for name in names:
        if name not in values:
            raise RecordFault("key-absent", "Keys", name)
    for name in values:
        if name not in names:
            raise RecordFault("key-other", "Keys", name)
    for name in names:
        if (reason := key_fault(values[name])) is not None:
            raise RecordFault(reason, "Keys", name)
    if not has_key(change.new_image, change.keys):
        raise RecordFault("new-image-key", "NewImage")
    if not has_key(change.old_image, change.keys):
        raise RecordFault("old-image-key", "OldImage")
