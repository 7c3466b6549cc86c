"""From a rebuilt state to Parquet, by convert."""

from collections.abc import Mapping
from typing import Any

from exportkit.convert import ConvertReport
from exportkit.convert.options import ConvertArguments, MadeOf
from exportkit.convert.run import convert_export
from exportkit.engine.protocols import Engine
from exportkit.export import Location, open_export
from exportkit.joining.made import MadeExport
from exportkit.reading import Progress
from exportkit.replay.options import ReplayOptions

__all__ = ["to_parquet"]


def to_parquet(
    made: MadeExport,
    replayed: Mapping[str, Any],
    dest: Location,
    options: ReplayOptions,
    arguments: ConvertArguments,
    *,
    engine: Engine,
    progress: Progress,
) -> ConvertReport:
    """Converts the rebuilt state and returns what that did; dataset.json tells what the state is made of.

    Args:
        made: The state, as an export in temporary files.
        replayed: What its lineage tells of the replay.
        dest: Where the Parquet files go.
        options: What was asked of the replay.
        arguments: What is asked of convert.
        engine: Reads the records.
        progress: Hears how it goes on.
    """
    source = open_export(made.uri)
    told = {"uri": None, "arn": source.summary.export_arn, **source.summary.told()}
    return convert_export(
        source,
        dest,
        made_of=MadeOf(
            told={**told, "exportkit": source.summary.exportkit, "replayed": dict(replayed)},
            fingerprint=made.fingerprint,
        ),
        jobs=options.jobs,
        memory=options.memory,
        temp_dir=options.temp_dir,
        max_record_size=options.max_record_size,
        storage=options.storage,
        progress=progress,
        engine=engine,
        **arguments,
    )
