"""From exports and schema files to the schema that takes all of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import orjson

from exportkit.errors import MixedTypesError, ObjectNotFoundError, StoreError, UsageError
from exportkit.model.layout import MANIFEST_SUMMARY
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.statistics import SplitValue, Statistics
from exportkit.model.statistics_document import statistics_document
from exportkit.reading.open_export import OpenExport
from exportkit.reading.opening import open_for_reading
from exportkit.reading.progress import NoProgress, Progress
from exportkit.schema import Schema, SchemaOptions, extend, merge_schemas, merge_statistics, read_schema, resolve
from exportkit.schema.merge import with_later_files
from exportkit.schema.never_seen import with_split_never_seen
from exportkit.schema.report import places_of
from exportkit.store import StoreOptions, open_store
from exportkit.store.opening import normal_uri

__all__ = ["Inferred", "infer", "note_places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What exports hold, and the columns for it.

    Attributes:
        schemas: By the value of the attribute they are split by; under None where they are not.
        statistics: The same; empty where only schema files were named.
        exports: The folders of the exports.
        files: Their data files, by the number that a place names.
    """

    schemas: Mapping[SplitValue, Schema]
    statistics: Mapping[SplitValue, Statistics]
    exports: tuple[str, ...]
    files: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the same for ``--json``."""
        named = {
            number
            for each in self.statistics.values()
            for path in (each.item, each.keys)
            if path is not None
            for number in places_of(path)
        }
        return {
            "exports": list(self.exports),
            "files": {str(number): self.files[number] for number in sorted(named)},
            "datasets": [
                {
                    "value": None if value is None else {value[0]: value[1]},
                    "statistics": statistics_document(self.statistics[value]) if value in self.statistics else None,
                    "schema": orjson.loads(schema.to_json()),
                    "notes": [note.to_dict() for note in schema.notes],
                }
                for value, schema in self.schemas.items()
            ],
        }


def infer(
    locations: Sequence[str | os.PathLike[str]],
    *,
    options: SchemaOptions | None = None,
    split_by: str | None = None,
    sample: int | None = None,
    jobs: int | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
) -> Inferred:
    """Returns the schema that takes all values of some exports and all that some schema files take.

    Args:
        locations: Exports; and schema files, which are named ``….json``. Names, order and policies of columns are as in
            the first file, where there is one.
        options: The policies, where no schema file is named; the defaults if None.
        split_by: A top-level attribute: each of its values, at most 1,000, has a schema of its own.
        sample: Look at so many records of each export alone.
        jobs: Data files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.
        storage: How all of it is reached.
        progress: Hears how it goes on.

    Raises:
        UsageError: Nothing is named, or policies although a schema file has them.
        SchemaFileError: A schema file is not what it should be.
        MixedTypesError: Values of several types at one path, and the policy is ``error``.
        ExportkitError: As ``OpenExport.statistics``.
    """
    if not locations:
        raise UsageError("no location is named")
    progress = progress or NoProgress()
    named = [read_schema(each, storage) for each in locations if _is_schema_file(each)]
    if named and options not in {None, SchemaOptions()}:
        raise UsageError("a schema file is named, and it has its policies in it: change them there")
    given = reduce(merge_schemas, named) if named else None
    policies = given.options if given is not None else options or SchemaOptions()
    exports = [
        _opened(each, storage=storage, jobs=jobs, max_record_size=max_record_size)
        for each in locations
        if not _is_schema_file(each)
    ]
    progress.begin(sum(sample or each.summary.item_count for each in exports))
    statistics, files = _statistics(exports, split_by, sample, policies.max_map_fields, progress)
    try:
        schemas: dict[SplitValue, Schema] = {
            value: resolve(each, policies) if given is None else extend(given, each)
            for value, each in statistics.items()
        }
    except MixedTypesError as error:
        note_places(error, dict(enumerate(files)))
        raise
    schemas = with_split_never_seen(schemas, statistics, split_by)
    if given is not None and not exports:
        schemas = {None: given}
    return Inferred(
        schemas=schemas, statistics=statistics, exports=tuple(each.uri for each in exports), files=tuple(files)
    )


def note_places(error: MixedTypesError, files: Mapping[int, str]) -> None:
    """Notes with an error where the first value of each type stands.

    Args:
        error: The error.
        files: The URIs of the data files by the numbers that it names.
    """
    for tag, seen in error.types.items():
        if seen is not None:
            number, line, offset = seen[1]
            error.add_note(f"first {tag}: {files[number]}, line {line} (byte {offset})")


def _is_schema_file(location: str | os.PathLike[str]) -> bool:
    name = os.fspath(location).rsplit("/", 1)[-1]
    return name.endswith(".json") and name != MANIFEST_SUMMARY


def _opened(
    location: str | os.PathLike[str], *, storage: StoreOptions | None, jobs: int | None, max_record_size: int
) -> OpenExport:
    """Returns an export, opened; of a file that is none it is said how a schema file would have been told."""
    try:
        return open_for_reading(location, storage=storage, jobs=jobs, max_record_size=max_record_size)
    except ObjectNotFoundError as error:
        if not _is_file(location, storage or StoreOptions()):
            raise
        told = f"{error.message}; if it is a schema file, let its name end in .json: that tells it from an export"
        raise ObjectNotFoundError(error.uri, told) from error


def _is_file(location: str | os.PathLike[str], storage: StoreOptions) -> bool:
    try:
        uri = normal_uri(os.fspath(location))
        with open_store(uri, storage).open(uri):  # a folder has what stat tells, too
            return True
    except (StoreError, UsageError):
        return False


def _statistics(
    exports: Sequence[OpenExport], split_by: str | None, sample: int | None, max_map_fields: int, progress: Progress
) -> tuple[dict[SplitValue, Statistics], list[str]]:
    """Returns the statistics of all exports, and the data files that their places name."""
    whole: dict[SplitValue, Statistics] = {}
    files: list[str] = []
    for export in exports:
        found = export.statistics(split_by=split_by, sample=sample, max_map_fields=max_map_fields, progress=progress)
        for value, statistics in found.items():
            later = with_later_files(statistics, len(files))
            whole[value] = merge_statistics(whole[value], later, max_map_fields) if value in whole else later
        files += [file.uri for file in export.files()]
    return dict(sorted(whole.items(), key=lambda item: item[0] or ("", ""))), files
