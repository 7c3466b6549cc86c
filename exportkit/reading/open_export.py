"""One export opened for reading: its items, changes, lines, statistics, batches."""

import os
from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import closing
from dataclasses import replace
from typing import TypeVar, cast

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import ItemCountError, UsageError
from exportkit.export import DataFile, Export, open_export
from exportkit.model.decode import DEFAULT_BATCH_BYTES, DEFAULT_BATCH_ROWS, DecodeOptions, MalformedRecord, Split
from exportkit.model.formats import ExportType, TextForm
from exportkit.model.manifest import ManifestSummary
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.model.values import ChangeRecord, Item, Record
from exportkit.reading.batches import FileBatches
from exportkit.reading.files import CheckedFile
from exportkit.reading.progress import Progress
from exportkit.reading.threads import default_jobs, streams_in_order
from exportkit.store import StoreOptions

__all__ = ["OpenExport", "open_for_reading", "with_connections"]

P = TypeVar("P", bound=Sized)


def with_connections(storage: StoreOptions, jobs: int | None) -> StoreOptions:
    """Returns the options with a connection for each job at least."""
    return replace(storage, connections=max(storage.connections, jobs or default_jobs()))


class OpenExport:
    """An export opened for reading.

    Args:
        export: The export.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.
    """

    def __init__(
        self,
        export: Export,
        *,
        jobs: int | None = None,
        max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
        engine: Engine | None = None,
    ) -> None:
        self._export = export
        self._jobs = jobs or default_jobs()
        self._max_record_size = max_record_size
        self._engine = engine or select_engine()

    @property
    def uri(self) -> str:
        """The export's folder."""
        return self._export.uri

    @property
    def summary(self) -> ManifestSummary:
        """What manifest-summary.json says."""
        return self._export.summary

    def files(self) -> Iterator[DataFile]:
        """Yields the data files in the order of manifest-files.json, which is read as a stream.

        Raises:
            ManifestError: A line is malformed.
            ForeignKeyError: A key leads out of the export's root.
            ItemCountError: The files' counts do not add up to the export's; told at the end.
        """
        items = 0
        for file in self._export.files():
            items += file.entry.item_count
            yield file
        if items != self.summary.item_count:
            raise ItemCountError(
                self._export.uri,
                f"its files hold {items:,} records, its manifest-summary says {self.summary.item_count:,}; export anew",
            )

    def items(self) -> Iterator[Item]:
        """Returns every item of a full export.

        Files come in the order of the manifest, items in the order of their file, as the Python
        values of ``exportkit.model.values``. Each file is checked while it is read.

        Raises:
            UsageError: The export is incremental: read its ``changes``. Raised at once, the rest
                while the items are taken.
            MalformedRecordError: A record cannot be read; told after all those before it.
            GzipError: A file cannot be inflated.
            Md5MismatchError: A file is not what the manifest says; told at its end.
            ItemCountError: It holds another number of records; told at its end.
            StoreError: A file cannot be read from storage.
        """
        if self.summary.export_type is not ExportType.FULL:
            raise UsageError(f"{self.uri} is an incremental export: read its changes(), not items()")
        return cast("Iterator[Item]", self._records())

    def changes(self) -> Iterator[ChangeRecord]:
        """Returns every record of an incremental export, in order as ``items`` does.

        Raises:
            UsageError: The export is full: read its ``items``.
            ExportkitError: As ``items``.
        """
        if self.summary.export_type is not ExportType.INCREMENTAL:
            raise UsageError(f"{self.uri} is a full export: read its items(), not changes()")
        return cast("Iterator[ChangeRecord]", self._records())

    def _records(self) -> Iterator[Record]:
        def produce(file: DataFile) -> Iterator[Sequence[Record]]:
            items = self._engine.items(self._options(file))
            return self._checked(file, items.feed, items.finish, len)

        # Python values are made under the interpreter's lock: a second thread helps only the
        # inflating of the next file, so one ahead is all that pays.
        for records in streams_in_order(produce, self.files(), min(self._jobs, 2)):
            yield from records

    def lines(self, form: TextForm, *, limit: int | None = None) -> Iterator[bytes]:
        """Yields the records as lines of text, many at a time.

        Args:
            form: How they are written (``docs/records.md``).
            limit: Stop after so many records.

        Raises:
            ExportkitError: As ``items``.
        """

        def produce(file: DataFile) -> Iterator[bytes]:
            transcoder = self._engine.transcoder(self._options(file), form)
            return self._checked(file, transcoder.feed, transcoder.finish, _count_lines)

        left = limit
        with closing(streams_in_order(produce, self.files(), self._jobs)) as pieces:
            for lines in pieces if left != 0 else ():
                if left is None:
                    yield lines
                    continue
                taken = _first_lines(lines, left)
                yield taken
                left -= _count_lines(taken)
                if left == 0:
                    return

    def decode(
        self,
        file: DataFile,
        plans: Sequence[ColumnPlan],
        *,
        split: Split | None = None,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        batch_bytes: int = DEFAULT_BATCH_BYTES,
        quarantine: bool = False,
        on_malformed: Callable[[Sequence[MalformedRecord]], None] | None = None,
        progress: Progress | None = None,
    ) -> FileBatches:
        """Returns the records of one data file as Arrow record batches, made as they are taken.

        Args:
            file: One of ``files()``.
            plans: What columns to fill: one plan, or with ``split`` one for each of its values.
            split: Which plan takes which record.
            batch_rows: Rows of a batch at most.
            batch_bytes: Bytes of the records a batch is made of, about at most; up to 2**30.
            quarantine: Whether malformed records are set aside; else the first is an error.
            on_malformed: Takes those set aside, chunk by chunk; None leaves them for ``take_malformed``,
                and gathers them in memory until it is called.
            progress: Hears how it goes on; its ``begin`` is left to the caller.

        Raises:
            UsageError: An argument is out of range.
        """
        for name, value, most in (("batch_rows", batch_rows, 1 << 31), ("batch_bytes", batch_bytes, 1 << 30)):
            if not 1 <= value <= most:
                raise UsageError(f"{name} is {value}; it has to be from 1 to {most:,}")
        options = DecodeOptions(
            format=self.summary.output_format,
            export_type=self.summary.export_type,
            uri=file.uri,
            max_record_size=self._max_record_size,
            batch_rows=batch_rows,
            batch_bytes=batch_bytes,
            quarantine=quarantine,
        )
        decoder = self._engine.decoder(options, plans, split)
        return FileBatches(lambda: CheckedFile(self._export, file, progress), decoder, plans, on_malformed)

    def _options(self, file: DataFile) -> ReadOptions:
        return ReadOptions(
            format=self.summary.output_format,
            export_type=self.summary.export_type,
            uri=file.uri,
            max_record_size=self._max_record_size,
        )

    def _checked(
        self,
        file: DataFile,
        feed: Callable[[bytes], P],
        finish: Callable[[], P],
        count: Callable[[P], int],
    ) -> Iterator[P]:
        """Yields what a reader makes of a data file, piece by piece, and checks the file at its end."""
        records = 0
        with CheckedFile(self._export, file) as data:
            for chunk in data:
                if piece := feed(chunk):
                    records += count(piece)
                    yield piece
            if piece := finish():
                records += count(piece)
                yield piece
            data.check(records)


def open_for_reading(
    location: str | os.PathLike[str],
    *,
    storage: StoreOptions | None = None,
    jobs: int | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
) -> OpenExport:
    """Opens a finished export for reading; ``exportkit.open`` is this function.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        storage: How to reach it; standard AWS configuration if None.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.

    Raises:
        UsageError: An argument is out of range.
        ManifestError: The manifest is missing or malformed.
        ExportIncompleteError: The export is still running, or failed.
        StoreError: It cannot be read from storage.

    Example:
        >>> import exportkit
        >>> for item in exportkit.open("samples/full-json").items():
        ...     print(item["pk"])  # doctest: +SKIP
    """
    for name, value in (("jobs", jobs), ("max_record_size", max_record_size)):
        if value is not None and not 1 <= value < 1 << 63:
            raise UsageError(f"{name} is {value}; it has to be at least 1")
    export = open_export(location, with_connections(storage or StoreOptions(), jobs))
    return OpenExport(export, jobs=jobs, max_record_size=max_record_size)


def _count_lines(lines: bytes) -> int:
    return lines.count(b"\n")


def _first_lines(lines: bytes, limit: int) -> bytes:
    """Returns no more than ``limit`` lines of whole lines."""
    if _count_lines(lines) <= limit:
        return lines
    end = 0
    for _ in range(limit):
        end = lines.index(b"\n", end) + 1
    return lines[:end]
