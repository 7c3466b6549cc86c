"""``exportkit.convert``: what it takes, and what of it contradicts itself."""

import os
from dataclasses import dataclass
from typing import Any, Unpack

from exportkit.convert.options import (
    DEFAULT_TARGET_FILE_SIZE,
    Budget,
    Compression,
    ConvertArguments,
    ConvertOptions,
    OnMalformed,
    OnMisfit,
)
from exportkit.convert.report import ConvertReport
from exportkit.convert.source import ExportSource, Source
from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError, MisfitError, UsageError
from exportkit.export import Export, open_export
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import NoProgress, OpenExport, Progress, default_jobs, with_connections
from exportkit.reading.outside import check_outside
from exportkit.schema import Schema, SchemaOptions, read_schema
from exportkit.store import Store, StoreOptions, open_store
from exportkit.store.opening import normal_uri, refuse_file, storage_options
from exportkit.store.temporary import checked_temp_dir

__all__ = ["Prepared", "convert", "prepare"]


def convert(
    location: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    *,
    schema: Schema | str | os.PathLike[str] | None = None,
    options: SchemaOptions | None = None,
    sample: int | None = None,
    on_misfit: OnMisfit | str = OnMisfit.RESCUE,
    on_malformed: OnMalformed | str = OnMalformed.STOP,
    split_by: str | None = None,
    overwrite: bool = False,
    target_file_size: int = DEFAULT_TARGET_FILE_SIZE,
    compression: Compression = "zstd",
    compression_level: int | None = None,
    jobs: int | None = None,
    memory: int | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> ConvertReport:
    """Converts a finished export to Parquet and returns what it did.

    Every attribute value becomes part of a row, or is counted in the report. What a run that was
    killed had finished is kept: the same call goes on with it. Where the same result is there
    already nothing is done.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        dest: The folder or S3 URI the result goes to: Parquet files in ``data``, and ``dataset.json`` beside it.
        schema: The columns: a Schema, or where a schema file lies (path or S3 URI). Without one the
            whole export is read first, to find columns that every value fits.
        options: The policies by which values become columns, where no schema is given.
        sample: Find the schema from so many records instead of all.
        on_misfit: What becomes of values that fit no column of a given or sampled schema: ``rescue``, ``extend``
            or ``error``.
        on_malformed: What becomes of records that cannot be read: ``stop`` or ``quarantine``.
        split_by: A top-level attribute: each of its values, at most 1,000, gets a dataset of its own, in
            ``dest/ATTR=value``.
        overwrite: Delete the result of other settings or another input that is there.
        target_file_size: Bytes that a Parquet file should have.
        compression: The codec: ``zstd``, ``snappy``, ``gzip`` or ``none``.
        compression_level: Its level; the fastest if None.
        jobs: Tasks side by side; one for each processor if None. The result does not depend on it.
        memory: Bytes the process may take, about; fewer jobs run side by side where they need more.
        temp_dir: Where the files of a split export lie until they are uploaded to S3; the system's if None.
        max_record_size: Bytes a record may have.
        storage: How to reach export and destination; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range, the destination is a file or lies in the export, or something else
            lies in it.
        MalformedRecordError: A record cannot be read, and is not to be quarantined.
        MisfitError: A value fits no column, and ``on_misfit`` is ``error``.
        SplitError: The attribute to split by has too many values.
        ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
        Md5MismatchError: A manifest is not what its MD5 file says, or a data file not what the manifest says.
        ItemCountError: It holds another number of records, or the result another number of rows.
        LockedError: Another run writes to the destination.
        StoreError: Something cannot be read or written.

    Example:
        >>> import exportkit, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     exportkit.convert("samples/full-json", dest).rows
        150
    """
    storage = storage_options(storage)
    prepared = prepare(
        dest,
        on_malformed=on_malformed,
        jobs=jobs,
        memory=memory,
        temp_dir=temp_dir,
        max_record_size=max_record_size,
        storage=storage,
        progress=progress,
        engine=engine,
        schema=schema,
        options=options,
        sample=sample,
        on_misfit=on_misfit,
        split_by=split_by,
        overwrite=overwrite,
        target_file_size=target_file_size,
        compression=compression,
        compression_level=compression_level,
    )
    export = open_export(location, with_connections(storage, jobs))
    check_outside(dest, [export])
    return prepared.convert(ExportSource(export, prepared.opened(export)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A conversion whose arguments are judged, before there is an export to convert."""

    options: ConvertOptions
    store: Store
    uri: str
    jobs: int
    overwrite: bool
    temp_dir: str | None
    progress: Progress
    engine: Engine | None

    def opened(self, export: Export) -> OpenExport:
        """Returns an export opened as the arguments say."""
        return OpenExport(export, jobs=self.jobs, max_record_size=self.options.max_record_size, engine=self.engine)

    def convert(self, source: Source) -> ConvertReport:
        """Converts a source; errors are those of ``exportkit.convert``."""
        from exportkit.convert.conversion import Conversion  # noqa: PLC0415 - pyarrow takes long to import
        from exportkit.convert.destination import Destination  # noqa: PLC0415 - as above

        run = Conversion(
            source=source,
            dest=Destination(self.store, self.uri),
            options=self.options,
            jobs=self.jobs,
            overwrite=self.overwrite,
            temp_dir=self.temp_dir,
            progress=self.progress,
        )
        try:
            return run.run()
        except MalformedRecordError as error:
            error.add_note("--on-malformed quarantine sets such records aside, and goes on")
            raise
        except MisfitError as error:
            error.add_note(
                "--on-misfit rescue keeps such values in the column _rescued, extend widens the schema first"
            )
            raise


def prepare(
    dest: str | os.PathLike[str],
    *,
    on_malformed: OnMalformed | str = OnMalformed.STOP,
    jobs: int | None = None,
    memory: int | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions,
    progress: Progress | None = None,
    engine: Engine | None = None,
    **arguments: Unpack[ConvertArguments],
) -> Prepared:
    """Returns a conversion that is ready to take its export; arguments are those of ``exportkit.convert``.

    Raises:
        UsageError: An argument is out of range, or the destination is a file.
        SchemaFileError: The schema file is not what it should be.
        StoreError: The schema file cannot be read.
    """
    check_range(jobs=jobs, memory=memory, max_record_size=max_record_size)
    checked_temp_dir(temp_dir)
    budget = Budget.of(memory, jobs or default_jobs())
    schema = arguments.get("schema")
    asked = ConvertOptions(
        schema=read_schema(schema, storage) if isinstance(schema, str | os.PathLike) else schema,
        policies=arguments.get("options") or SchemaOptions(),
        sample=arguments.get("sample"),
        on_misfit=_word(OnMisfit, arguments.get("on_misfit", OnMisfit.RESCUE), "on_misfit"),
        on_malformed=_word(OnMalformed, on_malformed, "on_malformed"),
        split_by=arguments.get("split_by"),
        max_record_size=max_record_size,
        target_file_size=arguments.get("target_file_size", DEFAULT_TARGET_FILE_SIZE),
        compression=arguments.get("compression", "zstd"),
        compression_level=arguments.get("compression_level"),
        row_group_bytes=budget.row_group_bytes,
        batch_bytes=budget.batch_bytes,
    )
    uri = normal_uri(dest)
    refuse_file(uri)
    return Prepared(
        options=asked,
        store=open_store(uri, with_connections(storage, budget.jobs).for_output()),
        uri=uri,
        jobs=budget.jobs,
        overwrite=arguments.get("overwrite", False),
        temp_dir=None if temp_dir is None else os.fspath(temp_dir),
        progress=progress or NoProgress(),
        engine=engine,
    )


def _word(kind: Any, value: Any, name: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}; it takes {', '.join(kind)}") from None
