"""What is decided before the first task: the schemas, the datasets, the cut into tasks."""

from array import array
from collections.abc import Sequence

from exportkit.codec.arrow_types import arrow_schema
from exportkit.convert.guess import SAMPLE_FILES, sample_size
from exportkit.convert.hints import with_hints
from exportkit.convert.options import ConvertOptions, OnMalformed, OnMisfit
from exportkit.convert.sizing import measure
from exportkit.convert.source import Source
from exportkit.convert.splits import split_folders
from exportkit.convert.tasks import cut_stages
from exportkit.convert.work import Target, WorkPlan
from exportkit.export import DataFile
from exportkit.model.decode import Split
from exportkit.model.formats import ExportType
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import SplitValue
from exportkit.reading import OpenExport, Progress
from exportkit.schema import Schema, extend, resolve
from exportkit.schema.left_out import with_left_out
from exportkit.schema.never_seen import with_split_never_seen
from exportkit.sink.parquet import leaf_paths

__all__ = ["column_plans", "decide"]


def decide(
    source: Source,
    options: ConvertOptions,
    fingerprint: str,
    progress: Progress,
    *,
    jobs: int,
    guess: bool = False,
) -> WorkPlan:
    """Returns what is to be done; reads all of the source or a little of it.

    Args:
        source: What is converted.
        options: What was asked for.
        fingerprint: Of the input and the settings.
        progress: Hears how the reading goes on.
        jobs: Files to read side by side, where little of each is read.
        guess: Guess the schema from a sample; the whole is to confirm it.

    Raises:
        ExportkitError: As ``exportkit.convert``.
    """
    looked_at = _spread(source.sampled)
    schemas = _guessed(source, looked_at, options) if guess else _schemas(source, options, progress)
    values = tuple(schemas)
    folders = ("",) if options.split_by is None else split_folders(options.split_by, values)
    targets = [
        Target(folder=folder, value=value, schema=schemas[value], dictionary=None)
        for folder, value in zip(folders, values, strict=True)
    ]
    plans = column_plans(source, targets, options)
    split = None if options.split_by is None else Split(options.split_by, values)
    strict = guess or source.samples_fit
    sizing = measure(source.sampled, _four(looked_at), plans, options, split, jobs, strict=strict)
    incremental = source.summary.export_type is ExportType.INCREMENTAL
    return WorkPlan(
        fingerprint=fingerprint,
        targets=tuple(
            Target(
                folder=target.folder,
                value=target.value,
                schema=target.schema,
                dictionary=with_hints(
                    dictionary,
                    target.schema,
                    tuple(path for path, _ in leaf_paths(arrow_schema(plan))),
                    incremental=incremental,
                ),
            )
            for target, dictionary, plan in zip(targets, sizing.dictionaries, plans, strict=True)
        ),
        tasks=cut_stages(source.counts, sizing.bytes_per_row, options.target_file_size),
        guessed=guess,
    )


def column_plans(source: Source, targets: Sequence[Target], options: ConvertOptions) -> list[ColumnPlan]:
    """Returns the column plan of each dataset."""
    incremental = source.summary.export_type is ExportType.INCREMENTAL
    return [target.schema.plan(rescue=options.rescue, incremental=incremental) for target in targets]


def _guessed(source: Source, files: Sequence[DataFile], options: ConvertOptions) -> dict[SplitValue, Schema]:
    """Returns the schema that a sample leads to."""
    policies = options.policies
    found = source.statistics(
        sample=sample_size(source.items),
        files=files,
        max_map_fields=policies.max_map_fields,
        quarantine=options.on_malformed is OnMalformed.QUARANTINE,
    )
    return {None: resolve(found[None], policies)}


def _schemas(source: Source, options: ConvertOptions, progress: Progress) -> dict[SplitValue, Schema]:
    """Returns the schema of each dataset, in the order of their values."""
    given = options.schema
    if given is not None and not options.looks_at_all:
        return {None: with_left_out(given)}
    policies = options.policies if given is None else given.options
    sample = None if options.looks_at_all else options.sample
    found = source.statistics(
        split_by=options.split_by,
        sample=sample,
        max_map_fields=policies.max_map_fields,
        quarantine=options.on_malformed is OnMalformed.QUARANTINE,
        progress=progress,
    )
    schemas: dict[SplitValue, Schema] = {}
    for value in sorted(found, key=lambda value: value or ("", "")):
        if given is None:
            schemas[value] = resolve(found[value], policies)
        elif options.on_misfit is OnMisfit.EXTEND:
            schemas[value] = with_left_out(extend(given, found[value]), found[value])
        else:
            schemas[value] = with_left_out(given, found[value])
    return with_split_never_seen(schemas, found, options.split_by)


def _spread(export: OpenExport) -> list[DataFile]:
    """Returns some of the data files that are not empty, evenly, the first and the last among them."""
    filled = array("q", (file.index for file in export.files() if file.entry.item_count))
    steps = SAMPLE_FILES - 1
    wanted = {filled[place * (len(filled) - 1) // steps] for place in range(SAMPLE_FILES)} if filled else set()
    return [file for file in export.files() if file.index in wanted]


def _four(files: Sequence[DataFile]) -> list[DataFile]:
    """Returns four of the files, evenly, the first and the last among them; all where there are fewer."""
    return [files[place] for place in sorted({step * (len(files) - 1) // 3 for step in range(4)})] if files else []
