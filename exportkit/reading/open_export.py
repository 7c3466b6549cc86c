"""One export opened for reading: its items, changes, lines, statistics, batches.

Past 400 lines, as it is one class that people meet, and half of it is what its methods promise them.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar, cast, get_args

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine, Inference
from exportkit.errors import UsageError
from exportkit.export import DataFile, Export
from exportkit.model.decode import DEFAULT_BATCH_BYTES, DEFAULT_BATCH_ROWS, DecodeOptions, MalformedRecord, Split
from exportkit.model.formats import ExportType, TextForm
from exportkit.model.manifest import ManifestSummary
from exportkit.model.plan import ColumnPlan
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.model.statistics import DEFAULT_MAX_MAP_FIELDS, InferOptions, SplitValue, Statistics
from exportkit.model.values import ChangeRecord, Item, Record
from exportkit.reading.batches import FileBatches
from exportkit.reading.files import CheckedFile
from exportkit.reading.progress import Progress
from exportkit.reading.scan import Scan, select_columns
from exportkit.reading.statistics import FileStatistics, merged
from exportkit.reading.threads import Workers, default_jobs, streams_in_order
from exportkit.schema import Schema, SchemaOptions, read_schema, resolve

if TYPE_CHECKING:  # it takes long to import
    import pyarrow as pa

__all__ = ["OnMisfit", "OpenExport"]

OnMisfit = Literal["rescue", "error"]
"""What becomes of a value that fits no column."""

_MAX_BATCH_ROWS = 1 << 31
_MAX_BATCH_BYTES = 1 << 30

P = TypeVar("P", bound=Sized)


class OpenExport:
    """An export opened for reading.

    Args:
        export: The export.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.
        ended: Set once its files are gone, as those of a state are when its ``with`` statement ends: to read it then is
            a UsageError.
    """

    def __init__(
        self,
        export: Export,
        *,
        jobs: int | None = None,
        max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
        engine: Engine | None = None,
        ended: threading.Event | None = None,
    ) -> None:
        self._opened = export
        self._ended = ended
        self._jobs = jobs or default_jobs()
        self._max_record_size = max_record_size
        self._engine = engine or select_engine()

    def __repr__(self) -> str:
        return f"<OpenExport of {self._opened!r}>"

    @property
    def _export(self) -> Export:
        """The export, while it can be read."""
        if self._ended is not None and self._ended.is_set():
            raise UsageError(
                "the with block that this state was opened by has ended, and its files are deleted; read it inside the "
                "block, or enter the state again"
            )
        return self._opened

    @property
    def uri(self) -> str:
        """The export's folder."""
        return self._opened.uri

    @property
    def summary(self) -> ManifestSummary:
        """What manifest-summary.json says."""
        return self._opened.summary

    def files(self) -> Iterator[DataFile]:
        """Returns the data files in the order of manifest-files.json, which is read as a stream.

        Raises:
            UsageError: The state is not open any more; raised at once.
            ExportkitError: The manifests are not sound; told before the first file (``Export.sound_manifest``).
        """
        return self._files(self._export)

    def _files(self, export: Export) -> Iterator[DataFile]:
        export.sound_manifest()
        yield from export.files()

    def items(self) -> Iterator[Item]:
        """Returns every item of a full export.

        Files come in the order of the manifest, items in the order of their file, as the Python
        values of ``exportkit.model.values``. Each file is checked while it is read.

        Raises:
            UsageError: The export is incremental: read its ``changes``. Raised at once, the rest
                while the items are taken.
            MalformedRecordError: A record cannot be read; told after all those before it.
            GzipError: A file cannot be inflated.
            ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
            Md5MismatchError: A manifest is not what its MD5 file says; or a file not what is listed, told at its end.
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
        return self._records_of(self.files())

    def _records_of(self, files: Iterator[DataFile]) -> Iterator[Record]:
        def produce(file: DataFile) -> Iterator[Sequence[Record]]:
            items = self._engine.items(self._options(file))
            return self._checked(file, items.feed, items.finish, len)

        # Python values are made under the interpreter's lock: a second thread helps only the
        # inflating of the next file, so one ahead is all that pays.
        for records in streams_in_order(produce, files, min(self._jobs, 2)):
            yield from records

    def lines(self, form: TextForm | str, *, limit: int | None = None) -> Iterator[bytes]:
        """Returns the records as lines of text, many at a time.

        Args:
            form: How they are written (``docs/records.md``).
            limit: Stop after so many records.

        Raises:
            UsageError: There is no such form. Raised at once, the rest while the lines are taken.
            ExportkitError: As ``items``.
        """
        return self._lines_of(self.files(), _text_form(form), limit)

    def _lines_of(self, files: Iterator[DataFile], form: TextForm, limit: int | None) -> Iterator[bytes]:
        left = limit
        with closing(streams_in_order(lambda file: self.file_lines(file, form), files, self._jobs)) as pieces:
            for lines in pieces if left != 0 else ():
                if left is None:
                    yield lines
                    continue
                taken = _first_lines(lines, left)
                yield taken
                left -= _count_lines(taken)
                if left == 0:
                    return

    def file_lines(self, file: DataFile, form: TextForm | str) -> Iterator[bytes]:
        """Returns the records of one data file as lines of text, many at a time; the file is checked at its end.

        Args:
            file: One of ``files``.
            form: How they are written (``docs/records.md``).

        Raises:
            UsageError: There is no such form.
            ExportkitError: As ``items``.
        """
        transcoder = self._engine.transcoder(self._options(file), _text_form(form))
        return self._checked(file, transcoder.feed, transcoder.finish, _count_lines)

    def statistics(
        self,
        *,
        split_by: str | None = None,
        max_split_values: int = 1000,
        sample: int | None = None,
        files: Sequence[DataFile] | None = None,
        max_map_fields: int = DEFAULT_MAX_MAP_FIELDS,
        quarantine: bool = False,
        progress: Progress | None = None,
    ) -> Mapping[SplitValue, Statistics]:
        """Returns what the values of the export are, path by path (``docs/columns.md``).

        Files are read side by side, and each is checked while it is read. What comes out does not
        depend on ``jobs``.

        Args:
            split_by: A top-level attribute: statistics are kept apart by its value.
            max_split_values: Values that it may have.
            sample: Take so many records alone: file after file as large a part of them as of all records, its
                first ones. What is read in part is not checked.
            files: Look at these data files alone.
            max_map_fields: Distinct names a map may have before its keys are taken for data.
            quarantine: Whether malformed records are passed over; else the first is an error.
            progress: Hears how it goes on; its ``begin`` is left to the caller.

        Returns:
            Under None where they are not split; else one entry for each value, in the order of the records.

        Raises:
            UsageError: An argument is out of range.
            SplitError: The attribute has more values than allowed.
            ExportkitError: As ``items``.
        """
        check_range(1, (1 << 32) - 1, sample=sample, max_map_fields=max_map_fields, max_split_values=max_split_values)
        summary = self.summary
        options = InferOptions(
            format=summary.output_format,
            export_type=summary.export_type,
            max_record_size=self._max_record_size,
            max_map_fields=max_map_fields,
            split_by=split_by,
            max_split_values=max_split_values,
            quarantine=quarantine,
        )

        def inference(file: DataFile) -> Inference:
            return self._engine.inference(replace(options, uri=file.uri, file_index=file.index))

        def opened(file: DataFile) -> CheckedFile:
            return CheckedFile(self._export, file, progress)

        stop = threading.Event()
        looked_at = self.files() if files is None else iter(files)
        items = summary.item_count if files is None else sum(each.entry.item_count for each in files)
        take = FileStatistics(opened, inference, items, sample, stop)
        found = merged(take, looked_at, self._jobs, self.uri, options, stop)
        if not found and split_by is None:  # an export without a single file
            return self._engine.inference(options).finish()
        return found

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
        infer: InferOptions | None = None,
        progress: Progress | None = None,
        workers: Workers | None = None,
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
            infer: Take the statistics of the records in the same pass, for ``FileBatches.statistics``; what counts of
                it are ``file_index`` and ``max_map_fields``. Not with a split.
            progress: Hears how it goes on; its ``begin`` is left to the caller.
            workers: The threads that read; idle ones inflate ahead.

        Raises:
            UsageError: An argument is out of range.
            ValueError: The plans are not those of the split, or of the kind of export; or there are both a split and
                ``infer``.
        """
        for name, value, most in (
            ("batch_rows", batch_rows, _MAX_BATCH_ROWS),
            ("batch_bytes", batch_bytes, _MAX_BATCH_BYTES),
        ):
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
            infer=infer,
        )
        decoder = self._engine.decoder(options, plans, split)
        return FileBatches(
            lambda: CheckedFile(self._export, file, progress), decoder, plans, on_malformed, workers=workers
        )

    def schema(
        self,
        options: SchemaOptions | None = None,
        *,
        sample: int | None = None,
        progress: Progress | None = None,
    ) -> Schema:
        """Returns the columns that the export's values fit, after a look at all of them.

        Args:
            options: The policies by which values become columns; the defaults if None.
            sample: Look at so many records alone, as ``statistics`` does.
            progress: As for ``statistics``.

        Raises:
            UsageError: An argument is out of range.
            ExportkitError: As ``items``.
        """
        if options is not None and not isinstance(options, SchemaOptions):
            raise UsageError(f"options is {options!r}; it takes SchemaOptions")
        options = options or SchemaOptions()
        found = self.statistics(sample=sample, max_map_fields=options.max_map_fields, progress=progress)
        return resolve(found[None], options)

    def scan(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_size: int = DEFAULT_BATCH_ROWS,
        schema: Schema | str | os.PathLike[str] | None = None,
        sample: int | None = None,
        on_misfit: OnMisfit = "rescue",
        progress: Progress | None = None,
    ) -> Scan:
        """Returns the rows of the export as a stream of Arrow record batches, to be read any number of times.

        A full export's columns are its attributes; an incremental's are ``operation``, ``write_timestamp``,
        ``keys``, ``new_image``, ``old_image``. Without a schema the whole export is read first, to find one that
        every value fits; ``schema()`` finds one that several scans can share.

        Args:
            columns: Top-level attributes to read, in this order; others are passed over early. All if None.
            batch_size: Rows of a batch at most.
            schema: The columns: a Schema, or where a schema file lies (path or S3 URI).
            sample: Find the schema from so many records instead of all.
            on_misfit: What becomes of values that fit no column of a given or sampled schema: ``rescue`` keeps them
                as DynamoDB JSON in the column ``_rescued``, ``error`` raises.
            progress: Hears how the finding of the schema and each reading go on; its ``begin`` is left to the caller.

        Raises:
            UsageError: An argument is out of range, or names a column that there is not.
            ExportkitError: As ``items``, while the schema is looked for.
        """
        if not 1 <= batch_size <= _MAX_BATCH_ROWS:
            raise UsageError(f"batch_size is {batch_size}; it has to be from 1 to {_MAX_BATCH_ROWS:,}")
        if schema is not None and sample is not None:
            raise UsageError("a schema is given, so no sample is taken: name one of them")
        if on_misfit not in get_args(OnMisfit):
            raise UsageError(f"on_misfit is {on_misfit!r}; it takes {' or '.join(get_args(OnMisfit))}")
        if isinstance(schema, str | os.PathLike):
            schema = read_schema(schema, self._export.options)
        elif schema is not None and not isinstance(schema, Schema):
            raise UsageError(f"schema is {schema!r}; it takes a Schema, or where a schema file lies")
        fits = schema is None and sample is None  # every value was looked at
        schema = schema or self.schema(sample=sample, progress=progress)
        plan = schema.plan(
            rescue=not fits and on_misfit == "rescue", incremental=self.summary.export_type is ExportType.INCREMENTAL
        )
        if columns is not None:
            plan = select_columns(plan, columns)

        def decode(file: DataFile) -> FileBatches:
            return self.decode(file, [plan], batch_rows=batch_size, progress=progress)

        return Scan(self.files, decode, plan, self._jobs)

    def to_arrow(
        self,
        columns: Sequence[str] | None = None,
        *,
        schema: Schema | str | os.PathLike[str] | None = None,
        sample: int | None = None,
        on_misfit: OnMisfit = "rescue",
        progress: Progress | None = None,
    ) -> "pa.Table":
        """Returns the rows of the export as one Arrow table, in memory; arguments and errors as for ``scan``."""
        scan = self.scan(columns, schema=schema, sample=sample, on_misfit=on_misfit, progress=progress)
        return scan.to_arrow()

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


def _text_form(form: TextForm | str) -> TextForm:
    try:
        return TextForm(form)
    except ValueError:
        raise UsageError(f"form is {form!r}; it takes {', '.join(TextForm)}") from None


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
