"""What an inference pass finds out about the values of an export, path by path.

The rules, and what is counted where, stand in ``docs/columns.md``. Statistics of files are merged
by ``exportkit.schema``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exportkit.model.scan import ReadOptions

__all__ = [
    "DEFAULT_MAX_MAP_FIELDS",
    "MAX_INNER_PATHS",
    "MAX_NAME_BYTES",
    "PATHS_PER_MAP_FIELD",
    "TYPE_TAGS",
    "InferOptions",
    "NumberStatistics",
    "PathStatistics",
    "Place",
    "SplitValue",
    "Statistics",
    "TypeStatistics",
]

TYPE_TAGS = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")
"""The types of values, in the order that they are told in."""

DEFAULT_MAX_MAP_FIELDS = 200
"""Distinct names a map may have before its keys are taken for data."""

PATHS_PER_MAP_FIELD = 50
"""Places of a whole export that statistics are kept for, as a multiple of the limit on one map."""

MAX_INNER_PATHS = 10_000
"""Places beside these that are ``elements`` or ``values``."""

MAX_NAME_BYTES = 4 * 1024 * 1024
"""Bytes that the names of all these places may hold together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InferOptions(ReadOptions):
    """How statistics of one data file are to be taken.

    Attributes:
        file_index: The file's number in the export, for :class:`Place`.
        max_map_fields: Distinct names a map may have before its values are counted as one, in ``values``.
        split_by: A top-level attribute: statistics are kept apart by its value; None keeps them together.
        max_split_values: Distinct values of it; one more is a SplitError.
        quarantine: Whether malformed records are counted and passed over; else the first is an error.
    """

    file_index: int = 0
    max_map_fields: int = DEFAULT_MAX_MAP_FIELDS
    split_by: str | None = None
    max_split_values: int = 1000
    quarantine: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands.

    Attributes:
        file: The data file's number in the export, from 0, in the order of manifest-files.json.
        line: The record's line, from 1.
        offset: Byte offset of the record's start in the decompressed file.
    """

    file: int
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class NumberStatistics:
    """What columns the numbers at a path would fit, by value: 1.50 has scale 1.

    Attributes:
        integer_digits: Most digits before the point, without leading zeros; 0 where all are below one.
        scale: Most digits behind the point, without trailing zeros.
        int64: Whether all are whole and from -2**63 to 2**63 - 1.
    """

    integer_digits: int
    scale: int
    int64: bool


@dataclass(frozen=True, slots=True)
class TypeStatistics:
    """The values of one type at one path.

    Attributes:
        count: How many.
        first: The first record with one.
        least: Least length: bytes of an S (UTF-8) or B (decoded), elements of an L, SS, NS or BS,
            attributes of an M; 0 of N, BOOL and NULL.
        greatest: Greatest length.
        number: Of N, and of the elements of NS; None of other types.
    """

    count: int
    first: Place
    least: int
    greatest: int
    number: NumberStatistics | None = None


@dataclass(frozen=True, slots=True)
class PathStatistics:
    """The values at one path.

    Attributes:
        types: By type tag, those seen alone, in the order of ``TYPE_TAGS``.
        fields: Of M values: the attributes by name, sorted by UTF-8 bytes; empty where ``values`` is set,
            but at the top of an item.
        values: Of M values with more distinct names than the limit: all their values, as one path. At the top of an
            item: the values of the names that came after the limit of paths was reached.
        elements: Of L values: all their elements, as one path; None where there was none.
    """

    types: Mapping[str, TypeStatistics] = field(default_factory=dict)
    fields: Mapping[str, "PathStatistics"] = field(default_factory=dict)
    values: "PathStatistics | None" = None
    elements: "PathStatistics | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the records of a file, an export or one split of it hold.

    Attributes:
        records: Well-formed records.
        bytes: Bytes of their lines, line feeds counted.
        puts: Change records with a new image; 0 in full exports.
        deletes: Change records without one.
        old_images: Change records with an old image.
        item: The items, or both images together, as M values of one path.
        keys: The Keys of change records; None in full exports.
    """

    records: int = 0
    bytes: int = 0
    puts: int = 0
    deletes: int = 0
    old_images: int = 0
    item: PathStatistics = PathStatistics()
    keys: PathStatistics | None = None


SplitValue = tuple[str, str] | None
"""A value of the attribute that an export is split by: type tag (S, N, B, BOOL) and text; None where it has none."""
