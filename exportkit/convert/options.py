"""What a conversion is asked to do, and what of it decides the bytes that are written."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias, TypedDict, get_args

import orjson

from exportkit.errors import UsageError
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.schema import Schema, SchemaOptions

__all__ = [
    "DEFAULT_TARGET_FILE_SIZE",
    "Budget",
    "Compression",
    "ConvertArguments",
    "ConvertOptions",
    "OnMalformed",
    "OnMisfit",
    "fingerprint_of",
]

DEFAULT_TARGET_FILE_SIZE = 256 * 1024 * 1024

DEFAULT_POLICIES = SchemaOptions()

_MIB = 1024 * 1024
_BASE = 150 * _MIB
"""What the process takes before it reads: interpreter, libraries, manifest."""
_READING = 24 * _MIB
"""What reading takes for each file: chunks, parser, the part of an upload."""
_ROW_GROUP = 64 * _MIB
_LEAST_ROW_GROUP = 1 * _MIB
_BATCH = 8 * _MIB


Compression: TypeAlias = Literal["zstd", "snappy", "gzip", "none"]
"""The codecs that every reader of Parquet knows."""

_LEVELS = {"zstd": (1, 22), "gzip": (1, 9)}


class OnMisfit(StrEnum):
    """What becomes of a value that fits no column of a given or sampled schema."""

    RESCUE = "rescue"
    """It goes into the column ``_rescued`` as DynamoDB JSON, and is counted."""
    EXTEND = "extend"
    """The schema is widened so that it fits; the whole export is looked at first."""
    ERROR = "error"
    """The conversion ends with its place."""


class OnMalformed(StrEnum):
    """What becomes of a record that cannot be read."""

    STOP = "stop"
    """The conversion ends with its place."""
    QUARANTINE = "quarantine"
    """It goes into a file of its own with its place, and is counted."""


class ConvertArguments(TypedDict, total=False):
    """How rows and files are to be, by the names and with the defaults of ``exportkit.convert``."""

    schema: Schema | str | os.PathLike[str] | None
    options: SchemaOptions | None
    sample: int | None
    on_misfit: OnMisfit | str
    split_by: str | None
    overwrite: bool
    target_file_size: int
    compression: Compression
    compression_level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may lie in memory, and how many tasks may run side by side with it.

    Attributes:
        row_group_bytes: Arrow bytes of a row group.
        batch_bytes: Bytes of the records of a batch.
        jobs: Tasks side by side.
    """

    row_group_bytes: int
    batch_bytes: int
    jobs: int

    @classmethod
    def of(cls, memory: int | None, jobs: int) -> "Budget":
        """Returns how memory is shared out.

        Fewer tasks run side by side first; only where there is no room for one are row groups and
        batches smaller. So the bytes written may depend on ``memory``, but never on ``jobs``.

        Args:
            memory: Bytes the process may take, about; None: as much as the jobs need.
            jobs: Tasks that were asked for.
        """
        if memory is None:
            return cls(row_group_bytes=_ROW_GROUP, batch_bytes=_BATCH, jobs=jobs)
        room = max(0, memory - _BASE)
        # A row group is held once as batches and, while it is written, in part once more.
        each = _READING + 2 * _BATCH + 2 * _ROW_GROUP
        if room >= each:
            return cls(row_group_bytes=_ROW_GROUP, batch_bytes=_BATCH, jobs=min(jobs, room // each))
        share = max(0, room - _READING) // 4
        row_group = min(_ROW_GROUP, max(_LEAST_ROW_GROUP, share))
        return cls(row_group_bytes=row_group, batch_bytes=min(_BATCH, row_group), jobs=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """What a conversion is asked to do; ``exportkit.convert`` tells what each means."""

    schema: Schema | None = None
    policies: SchemaOptions = DEFAULT_POLICIES
    sample: int | None = None
    on_misfit: OnMisfit = OnMisfit.RESCUE
    on_malformed: OnMalformed = OnMalformed.STOP
    split_by: str | None = None
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE
    target_file_size: int = DEFAULT_TARGET_FILE_SIZE
    compression: Compression = "zstd"
    compression_level: int | None = None
    row_group_bytes: int = _ROW_GROUP
    batch_bytes: int = _BATCH

    def __post_init__(self) -> None:
        """Refuses what is out of range or contradicts itself.

        Raises:
            UsageError: Something does.
        """
        if self.schema is not None and self.sample is not None:
            raise UsageError("a schema is given, so no sample is taken: name one of them")
        if self.schema is not None and self.policies != DEFAULT_POLICIES:
            raise UsageError("a schema is given, and it has its policies in it: name one of them")
        if self.split_by is not None and self.sample is not None:
            raise UsageError("to split an export its values have to be known, all of them: name no sample")
        if self.split_by == "":
            raise UsageError("split_by names no attribute")
        check_range(1, (1 << 32) - 1, sample=self.sample)
        check_range(target_file_size=self.target_file_size)
        if self.compression not in get_args(Compression):
            known = ", ".join(get_args(Compression))
            raise UsageError(f"no such compression: {self.compression}; there are {known}")
        if self.compression_level is not None:
            least, most = _LEVELS.get(self.compression, (0, 0))
            if not least <= self.compression_level <= most:
                takes = f"{self.compression} takes {least} to {most}" if most else f"{self.compression} takes none"
                raise UsageError(f"compression_level is {self.compression_level}; {takes}")

    @property
    def rescue(self) -> bool:
        """Whether there may be misfits that are to be kept."""
        return self.on_misfit is OnMisfit.RESCUE and (self.schema is not None or self.sample is not None)

    @property
    def looks_at_all(self) -> bool:
        """Whether the whole export is read once before it is converted."""
        given = self.schema is not None or self.sample is not None
        return not given or self.on_misfit is OnMisfit.EXTEND or self.split_by is not None

    @property
    def guesses(self) -> bool:
        """Whether the schema may be guessed first and confirmed while the export is converted."""
        return self.schema is None and self.looks_at_all and self.split_by is None

    def settings(self) -> dict[str, Any]:
        """Returns all that decides the bytes that are written, but the input."""
        policies = self.policies
        return {
            "schema": None if self.schema is None else hashlib.sha256(self.schema.to_json()).hexdigest(),
            "policies": None
            if self.schema is not None
            else {
                "numbers": str(policies.numbers),
                "mixed": str(policies.mixed),
                "nulls": str(policies.nulls),
                "names": str(policies.names),
                "flatten_depth": policies.flatten_depth,
                "max_map_fields": policies.max_map_fields,
                "columns": None if policies.columns is None else list(policies.columns),
                "rest_as_json": policies.rest_as_json,
            },
            "sample": self.sample,
            "on_misfit": str(self.on_misfit),
            "on_malformed": str(self.on_malformed),
            "split_by": self.split_by,
            "max_record_size": self.max_record_size,
            "target_file_size": self.target_file_size,
            "compression": self.compression,
            "compression_level": self.compression_level,
            "row_group_bytes": self.row_group_bytes,
            "batch_bytes": self.batch_bytes,
        }


def fingerprint_of(export: Sequence[str], options: ConvertOptions) -> str:
    """Returns what tells a result from that of another input or of other settings.

    Args:
        export: What tells the input from others.
        options: The settings.
    """
    decides = {"export": list(export), "settings": options.settings()}
    return hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()
