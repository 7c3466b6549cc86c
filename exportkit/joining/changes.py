"""The changes of incremental exports: every data file read side by side, checked, its records spilled by their keys."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from exportkit.engine.protocols import Engine, KeyFilter
from exportkit.export import DataFile, Export
from exportkit.joining.key_types import KeyTypes
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import IndexOptions
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import NoProgress, OpenExport, Progress, Workers
from exportkit.reading.files import CheckedFile
from exportkit.reading.spill import Spill

__all__ = ["Changes", "filter_words", "index_changes"]

_LEAST_WORDS = 1024
_CHANGES_PER_WORD = 4
_WORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was read of some incremental exports.

    Attributes:
        key_names: Names of the key attributes in the order of their UTF-8; None where there is no record at all.
        records: Change records of each export.
    """

    key_names: tuple[str, ...] | None
    records: tuple[int, ...]


class _Input(NamedTuple):
    source: int
    export: Export
    file: DataFile


def filter_words(changes: int, memory: int) -> int:
    """Returns how many words a filter of the keys of so many changes has, a power of two.

    Sixteen bits and more for each key let one in some hundred others pass without need.

    Args:
        changes: How many there are, as the manifests say.
        memory: Bytes that the filter may take, about; at least 8 KiB are taken.
    """
    wanted = max(_LEAST_WORDS, -(-changes // _CHANGES_PER_WORD))
    most = max(_LEAST_WORDS, memory // _WORD)
    return min(1 << (wanted - 1).bit_length(), 1 << (most.bit_length() - 1))


def index_changes(
    exports: Sequence[Export],
    *,
    engine: Engine,
    form: OutputFormat,
    jobs: int,
    spill: Spill,
    first_source: int = 1,
    key_names: tuple[str, ...] | None = None,
    key_filter: KeyFilter | None = None,
    key_types: KeyTypes | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    progress: Progress | None = None,
) -> Changes:
    """Reads every data file of some incremental exports and spills their records as join entries.

    Each file is checked against the manifest, MD5 and count; when this returns all of them are what they should be.

    Args:
        exports: In the order of their windows.
        engine: Reads the records.
        form: How their images are written into the entries.
        jobs: Data files read side by side.
        spill: Takes the entries.
        first_source: The number of the first export among those joined; the others follow.
        key_names: Names of the key attributes; None: those of the first record that has Keys, in the order of exports
            and files. All records have to have the same.
        key_filter: The keys of all records are added to it.
        key_types: Take the types of the key attributes, which have to be the same in all files.
        max_record_size: Bytes a record may have.
        progress: Hears how it goes on; its ``begin`` is left to the caller.

    Raises:
        MalformedRecordError: A record cannot be read, or its key is not what it has to be.
        ChainError: The key has other types in one file than in another.
        Md5MismatchError: A file is not what the manifest says.
        ItemCountError: It holds another number of records, or the files' counts do not add up to the export's.
        GzipError: It cannot be inflated.
        StoreError: It cannot be read, or the temporary folder not be written.
    """
    stop, adding, workers = threading.Event(), threading.Lock(), Workers(jobs)
    progress = progress or NoProgress()
    types = key_types or KeyTypes()

    def read(given: _Input, names: tuple[str, ...] | None = key_names) -> tuple[tuple[str, ...] | None, int]:
        source, export, file = given
        index = engine.index(
            IndexOptions(
                format=export.summary.output_format,
                form=form,
                uri=file.uri,
                max_record_size=max_record_size,
                source=source,
                file_index=file.index,
                key_names=names,
                window=export.summary.window.micros if export.summary.window else None,
            )
        )

        def take(entries: bytes) -> None:
            spill.add(entries)
            if key_filter is not None and entries:
                with adding:
                    key_filter.add(entries)

        seen = False
        with CheckedFile(export, file, progress) as data, closing(workers.ahead(iter(data), len)) as chunks:
            for chunk in chunks:
                if stop.is_set():
                    break
                take(index.feed(chunk))
                seen = seen or types.see(file.uri, index.key_names or (), index.first_key)
                data.advance(index.records)
            else:
                take(index.finish())
                data.check(index.records)
                if not seen:
                    types.see(file.uri, index.key_names or (), index.first_key)
        return index.key_names, index.records

    found, records = key_names, [0] * len(exports)
    inputs = _inputs(exports, first_source, engine)
    with closing(workers.in_order(lambda given: (given, *read(given)), inputs, stop)) as results:
        for given, names, count in results:
            records[given.source - first_source] += count
            found = found or names
            if names not in {None, found}:
                # Read alone it took the names of its own first record: that is the one at fault.
                read(given, found)
    return Changes(key_names=found, records=tuple(records))


def _inputs(exports: Sequence[Export], first_source: int, engine: Engine) -> Iterator[_Input]:
    """Yields the data files of all exports; each export's counts have to add up."""

    def of(source: int, export: Export) -> Iterator[_Input]:
        return (_Input(source, export, file) for file in OpenExport(export, engine=engine).files())

    return chain.from_iterable(of(first_source + number, export) for number, export in enumerate(exports))
