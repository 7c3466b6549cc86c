"""The applier: a state's records, to be kept as they are or to be joined (``docs/joining.md``)."""

from collections.abc import Callable
from typing import cast

from exportkit.codec.canonical import item_hash
from exportkit.codec.ion import all_decimals
from exportkit.codec.joining.entries import Entry, Image, pack_entry
from exportkit.codec.keys import FirstTypes, key_fault, quick_hash
from exportkit.codec.lines import Line
from exportkit.codec.readers import Reader
from exportkit.codec.source import OnBytes
from exportkit.codec.tree import Attributes, ItemTree, RecordFault, RecordTree
from exportkit.codec.writing import write_map, write_record
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.joining import ApplyOptions, FirstKey
from exportkit.model.scan import Buffer, ReadOptions

__all__ = ["ReferenceApplier"]


class ReferenceApplier(Reader[bytes]):
    """Splits the records of a state; see ``exportkit.engine.protocols.Applier``.

    Args:
        options: How to read it.
        may_hold: Tells of a key's quick hash whether a filter may hold it; None: it holds every key.
        on_bytes: Told the size of each chunk.
    """

    def __init__(self, options: ApplyOptions, may_hold: Callable[[int], bool] | None, on_bytes: OnBytes) -> None:
        reading = ReadOptions(
            format=options.format,
            export_type=ExportType.FULL,
            uri=options.uri,
            max_record_size=options.max_record_size,
        )
        super().__init__(reading, on_bytes)
        self._options = options
        self._form = options.form.form
        self._key_names = tuple(dict.fromkeys(options.key_names))
        self._may_hold = may_hold
        self._types = FirstTypes()
        self._entries = bytearray()
        self._joined = 0
        self._kept = 0

    @property
    def records(self) -> int:
        """Records that were kept or became entries."""
        return self._kept + self._joined

    @property
    def kept(self) -> int:
        """Records that were kept."""
        return self._kept

    @property
    def first_key(self) -> FirstKey | None:
        """The key of the first record; None before it."""
        return self._types.first

    def feed(self, chunk: Buffer) -> bytes:
        """Returns the lines to keep of the records that the chunk completed."""
        return self._lines(self._feed(chunk))

    def finish(self) -> bytes:
        """Returns the last record's, if it had no line feed."""
        return self._lines(self._finish())

    def take_entries(self) -> bytes:
        """Returns and forgets the entries collected since the last call."""
        entries = bytes(self._entries)
        self._entries.clear()
        return entries

    def _lines(self, lines: list[bytes]) -> bytes:
        """Returns the lines as one; raises at once where only entries stand before a fault."""
        kept = b"".join(lines)
        if not kept:
            self._raise()
        return kept

    def _make(self, tree: RecordTree, line: Line) -> bytes:
        """Returns the line if it is kept; else nothing, and its entry is collected."""
        item = cast("ItemTree", tree)
        key = self._key(item.item)
        self._types.judge("Item", key, line)
        quick = quick_hash(key)
        if self._may_hold is not None and not self._may_hold(quick):
            self._kept += 1
            return self._line(item, line) + b"\n" if self._options.keep_lines else b""
        payload = self._options.payload
        if payload == "line":
            new = Image(self._line(item, line), is_line=True)
        else:
            text = write_map(item.item, self._form) if payload == "image" else b""
            new = Image(text, item_hash(item.item))
        self._entries += pack_entry(
            Entry(
                hash=item_hash(key),
                source=self._options.source,
                timestamp=0,
                file=self._options.file_index,
                line=line.number,
                offset=line.offset,
                changes=False,
                key=write_map(key, self._form) if payload == "image" else b"",
                new=new,
                old=None,
                quick_hash=quick,
            )
        )
        self._joined += 1
        return b""

    def _key(self, item: Attributes) -> Attributes:
        values = dict(item)
        for name in self._key_names:
            if (reason := key_fault(values.get(name))) is not None:
                raise RecordFault(reason, "Item", name)
        return [(name, values[name]) for name in self._key_names]

    def _line(self, item: ItemTree, line: Line) -> bytes:
        """Returns the line as it is kept, without line feed."""
        data = cast("bytes", line.data)  # a line without data is too long, and never came here
        as_it_stands = self._options.format is self._options.form
        if as_it_stands and self._options.format is OutputFormat.ION:
            as_it_stands = all_decimals(data.removesuffix(b"\r").decode("utf-8"))
        return data if as_it_stands else write_record(item, self._form)
