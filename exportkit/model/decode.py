"""What goes into a decoder and what it counts."""

from dataclasses import dataclass

from exportkit.model.scan import Fault, ReadOptions
from exportkit.model.statistics import InferOptions, SplitValue

__all__ = [
    "DEFAULT_BATCH_BYTES",
    "DEFAULT_BATCH_ROWS",
    "DecodeOptions",
    "DecodeReport",
    "MalformedRecord",
    "Misfit",
    "Split",
]

DEFAULT_BATCH_ROWS = 65_536
DEFAULT_BATCH_BYTES = 4 * 1024 * 1024
"""What a batch of so many bytes is made of stays in the processor's caches, and its memory is soon used again: for a
batch several times as large the system hands out new memory, which costs more than to fill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions(ReadOptions):
    """How the records of one data file become record batches.

    Attributes:
        batch_rows: A batch is handed on once it has so many rows.
        batch_bytes: Or once the lines of its records hold so many bytes; at most 2**30. With several plans,
            all batches are handed on once they hold so many together.
        quarantine: Whether malformed records are set aside with their places; else the first is an error.
        misfit_limit: Misfits kept with their places; the rest are counted.
        infer: Take the statistics of the records as well, of those with misfits too. Only its ``file_index`` and
            ``max_map_fields`` are looked at; what else it says is said here. Not with a split.
    """

    batch_rows: int = DEFAULT_BATCH_ROWS
    batch_bytes: int = DEFAULT_BATCH_BYTES
    quarantine: bool = False
    misfit_limit: int = 20
    infer: InferOptions | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """How records are told apart by a top-level attribute.

    Attributes:
        attribute: Its name.
        values: Its values, each once; records with ``values[i]`` go by plan i.
    """

    attribute: str
    values: tuple[SplitValue, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """One value that fits no column.

    Attributes:
        line: The record's line, from 1.
        offset: Byte offset of the record's start in the decompressed file.
        path: JSON Pointer of the value in the row, as in ``_rescued``.
        found: Its type tag.
    """

    line: int
    offset: int
    path: str
    found: str


@dataclass(frozen=True, slots=True)
class MalformedRecord:
    """One malformed record that was set aside.

    Attributes:
        fault: What is wrong with it, and where it stands.
        data: Its bytes, without the line feed; None where the line was too long.
    """

    fault: Fault
    data: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeReport:
    """What a decoder counted.

    Attributes:
        rows: Records that became rows, of batches not handed on yet too.
        malformed: Records that were set aside.
        merged_nulls: NULL values that became nulls.
        rescued: Values that went into ``_rescued``.
        rescued_rows: Rows with at least one such value.
        misfits: The first of them.
    """

    rows: int = 0
    malformed: int = 0
    merged_nulls: int = 0
    rescued: int = 0
    rescued_rows: int = 0
    misfits: tuple[Misfit, ...] = ()
