"""A replay into an export that is made."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from exportkit.export import DataFile
from exportkit.joining.made import MadeExport
from exportkit.joining.writing import write_joined
from exportkit.reading import Stopped, Workers
from exportkit.replay.rebuild import Rebuilding, runs_of
from exportkit.sink.export_writer import DataFileWriter

__all__ = ["write_state"]


def write_state(state: Rebuilding, made: MadeExport) -> Mapping[str, Any]:
    """Writes a rebuilt state, finishes the export with its lineage, and returns what that tells of the replay.

    Files of samples are told by their URIs; in the lineage, which does not depend on places, by their names.

    Args:
        state: The state, not entered yet.
        made: The export that is made.

    Raises:
        DriftError: There is drift, and it was to be refused.
        ChainError: Base and changes have keys of other types.
        DuplicateKeyError: Two items of the base have one key that a change hits.
        ItemCountError: The result is not what base and changes amount to.
        ExportkitError: As ``exportkit.replay``.
    """
    state.progress.begin(sum(each.summary.item_count for each in state.exports))
    jobs = state.options.jobs
    with state:
        kept = _write_kept(state, made, jobs)
        state.end_base()
        totals = write_joined(
            made,
            state.engine,
            state.spill,
            state.join_options,
            exports=state.exports,
            records=sum(state.changes.records),
            jobs=jobs,
        )
    told = state.told(kept, totals, made.item_count, made.uri)
    named = [{**sample, "file": sample["file"].rpartition("/")[2]} for sample in told["samples"]]
    made.finish({**told, "samples": named})
    return told


def _write_kept(state: Rebuilding, made: MadeExport, jobs: int) -> int:
    """Writes what no change can hit, and returns how many items that are."""
    workers = Workers(jobs)

    def keep(task: tuple[DataFileWriter, Sequence[DataFile]]) -> int:
        output, files = task
        with output, closing(state.kept_of(files, workers)) as pieces:
            for lines, records in pieces:
                output.write(lines, records)
            if state.stop.is_set():
                raise Stopped
            return output.records

    def tasks() -> Iterator[tuple[DataFileWriter, Sequence[DataFile]]]:
        for _, files in runs_of(state.base):
            yield made.data_file(), files

    with closing(workers.in_order(keep, tasks(), state.stop)) as results:
        return sum(results)
