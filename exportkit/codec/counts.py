"""The records of one data file, counted path by path: ``exportkit.model.statistics`` while it grows."""

from exportkit.codec.lines import Line
from exportkit.codec.paths import Path, Size
from exportkit.codec.tree import Attributes, ItemTree, RecordTree, Value
from exportkit.model.formats import ExportType
from exportkit.model.statistics import (
    MAX_INNER_PATHS,
    MAX_NAME_BYTES,
    PATHS_PER_MAP_FIELD,
    InferOptions,
    Place,
    Statistics,
)

__all__ = ["Counts"]


class Counts:
    """What was counted of the records of one data file, or of those with one value of the attribute to split by.

    Args:
        options: The file's number and the limits of what is kept.
        export_type: What the records are.
    """

    def __init__(self, options: InferOptions, export_type: ExportType) -> None:
        self._file = options.file_index
        self._max_map_fields = options.max_map_fields
        self._max_names = options.max_map_fields * PATHS_PER_MAP_FIELD
        self._size = Size()
        self._records = self._bytes = self._puts = self._deletes = self._old_images = 0
        self._item = Path()
        self._keys = Path() if export_type is ExportType.INCREMENTAL else None

    def add(self, line: Line, record: RecordTree) -> None:
        """Counts a record."""
        place = Place(self._file, line.number, line.offset)
        self._records += 1
        self._bytes += line.size
        if isinstance(record, ItemTree):
            self._add_top(self._item, record.item, place)
            return
        self._puts += record.new_image is not None
        self._deletes += record.new_image is None
        self._old_images += record.old_image is not None
        for member, attributes in record.members():
            path = self._keys if member == "Keys" else self._item
            assert path is not None
            self._add_top(path, attributes, place)

    def statistics(self) -> Statistics:
        """Returns all that was counted."""
        return Statistics(
            records=self._records,
            bytes=self._bytes,
            puts=self._puts,
            deletes=self._deletes,
            old_images=self._old_images,
            item=self._item.statistics(),
            keys=None if self._keys is None else self._keys.statistics(),
        )

    def _add_top(self, path: Path, attributes: Attributes, place: Place) -> None:
        """Counts an item, an image or Keys: no map with data for keys, however many names it has."""
        path.note(Value("M", attributes), place)
        for name, value in attributes:
            below = path.fields.get(name)
            if below is None and path.values is None and self._has_room(name):
                below = self._new_field(path, name)
            elif below is None:
                below = path.values = path.values or self._new_inner()
            self._add_value(below, value, place)

    def _add_value(self, path: Path | None, value: Value, place: Place) -> None:
        """Counts a value and what lies in it; nothing where there is no path for it."""
        if path is None:
            return
        path.note(value, place)
        if value.tag == "L":
            for element in value.content:
                path.elements = path.elements or self._new_inner()
                self._add_value(path.elements, element, place)
        elif value.tag == "M":
            for name, part in value.content:
                self._add_value(self._below(path, name), part, place)

    def _below(self, path: Path, name: str) -> Path | None:
        """Returns where a map's value of that name is counted; a map with too many names gets one place for all."""
        if path.values is not None:
            return path.values
        below = path.fields.get(name)
        if below is not None:
            return below
        if len(path.fields) < self._max_map_fields and self._has_room(name):
            return self._new_field(path, name)
        if path.fields:
            before = path.size()
            path.values = path.merge_fields(self._max_map_fields)
            self._size += path.size() - before
        else:
            path.values = self._new_inner()
        return path.values

    def _has_room(self, name: str) -> bool:
        """Tells whether one more name may be kept."""
        return self._size.names < self._max_names and (
            self._size.name_bytes + len(name.encode("utf-8")) <= MAX_NAME_BYTES
        )

    def _new_field(self, path: Path, name: str) -> Path:
        self._size += Size(1, len(name.encode("utf-8")))
        below = path.fields[name] = Path()
        return below

    def _new_inner(self) -> Path | None:
        """Returns a path for elements or values; None where there are enough."""
        if self._size.inner >= MAX_INNER_PATHS:
            return None
        self._size += Size(inner=1)
        return Path()
