"""A table's key has one type: that of the inputs' first records, seen before records of two kinds of keys are joined.

Keys that differ in type are different keys to the joining, so a wrong chain would only ever insert. The first record of
each data file tells whether that is so; what is mixed within a file is for ``exportkit verify --key`` to find.
"""

import threading
from decimal import Decimal
from typing import Any, NamedTuple

from exportkit.engine.protocols import Engine, Items
from exportkit.errors import ChainError
from exportkit.export import DataFile, Export
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.model.values import ChangeRecord

__all__ = ["FirstRecord", "KeyTypes"]

_TAGS: dict[type, str] = {str: "S", Decimal: "N", bytes: "B"}


class _Seen(NamedTuple):
    tag: str
    uri: str
    line: int
    offset: int


class KeyTypes:
    """The types of the key attributes, as far as they were seen; several threads may share them.

    Args:
        engine: Reads the records.
        max_record_size: Bytes a record may have.
    """

    def __init__(self, engine: Engine, max_record_size: int = DEFAULT_MAX_RECORD_SIZE) -> None:
        self.engine = engine
        self.max_record_size = max_record_size
        self._seen: dict[str, _Seen] = {}
        self._adding = threading.Lock()

    def first_of(self, export: Export, file: DataFile, key_names: tuple[str, ...] | None) -> "FirstRecord":
        """Returns what looks at the first record of a data file.

        Args:
            export: The export it belongs to.
            file: The data file.
            key_names: Names of the key attributes; None: those of the record's Keys.
        """
        options = ReadOptions(
            format=export.summary.output_format,
            export_type=export.summary.export_type,
            uri=file.uri,
            max_record_size=self.max_record_size,
        )
        return FirstRecord(self, self.engine.items(options), file.uri, key_names)

    def see(self, name: str, tag: str, uri: str, line: int, offset: int) -> None:
        """Takes the type that a key attribute has in a record.

        Raises:
            ChainError: It had another one in a record of another file.
        """
        with self._adding:
            known = self._seen.setdefault(name, _Seen(tag, uri, line, offset))
        if known.tag != tag:
            told = (
                f"line {line} (byte {offset}): the key attribute {name} is {tag}, but {known.tag} in {known.uri}: line "
                f"{known.line} (byte {known.offset}); a table's key has one type, so these are exports of two tables, "
                "or somebody has changed one: see exportkit inspect"
            )
            raise ChainError(uri, told, "key-type")


class FirstRecord:
    """Looks at the first record of a data file, and at no more of it.

    Args:
        types: Hear of its key.
        items: Reads it.
        uri: The data file.
        key_names: Names of the key attributes; None: those of the record's Keys.
    """

    def __init__(self, types: KeyTypes, items: Items, uri: str, key_names: tuple[str, ...] | None) -> None:
        self._types = types
        self._items: Items | None = items
        self._uri = uri
        self._key_names = key_names
        self._line = 1
        self._offset = self._begun = 0

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the file, once the joining has found nothing wrong with them.

        Raises:
            ChainError: Its key is of another type than those of other files.
        """
        start = 0
        while self._items is not None and start < len(chunk):
            end = chunk.find(b"\n", start) + 1 or len(chunk)
            self._take(self._items.feed(chunk[start:end]))
            self._offset += end - start
            if chunk[end - 1 : end] == b"\n":
                self._line, self._begun = self._line + 1, self._offset
            start = end

    def finish(self) -> None:
        """Ends the file; a first record without line feed counts. Errors as ``feed``."""
        if self._items is not None:
            self._take(self._items.finish())

    def _take(self, records: Any) -> None:
        if not records:
            return
        self._items = None
        (record,) = records
        key = record.keys if isinstance(record, ChangeRecord) else record
        for name in self._key_names or key:
            if (tag := _TAGS.get(type(key.get(name)))) is not None:
                self._types.see(name, tag, self._uri, self._line, self._begun)
