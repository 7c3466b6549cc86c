"""The three phases of a replay: index the changes, split the base, join what they hit."""

import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from exportkit.convert.tasks import cut_tasks
from exportkit.engine.protocols import Engine
from exportkit.errors import DriftError, ItemCountError
from exportkit.export import DataFile, Export
from exportkit.joining.chains import ReplayChain
from exportkit.joining.changes import Changes, filter_words, index_changes
from exportkit.joining.joins import Totals
from exportkit.joining.key_types import KeyTypes
from exportkit.joining.made import MadeExport
from exportkit.joining.places import named_places
from exportkit.joining.states import StateReader
from exportkit.joining.writing import write_joined
from exportkit.model.joining import JoinOptions, Operation
from exportkit.reading import Progress, Workers
from exportkit.reading.spill import Spill
from exportkit.replay.options import ReplayOptions
from exportkit.replay.samples import told_sample
from exportkit.sink.export_writer import DataFileWriter

__all__ = ["Rebuild", "words_of"]

_TEXT_BYTES = 64 * 1024 * 1024
"""Decompressed bytes of the base's data files that go into one file of the result, about."""
_ITEM_BYTES = 500
"""Bytes of an item whose export does not say what it was billed for."""


def words_of(chain: ReplayChain, options: ReplayOptions) -> int:
    """Returns the words of the filter of changed keys: of the settings the one that decides what is written where."""
    changes = sum(link.export.summary.item_count for link in chain.links)
    return filter_words(changes, options.budget.filter_bytes)


class _Stopped(Exception):  # noqa: N818 - no error: it leaves a file unfinished that nobody wants any more
    """Another file failed."""


@dataclass(kw_only=True)
class Rebuild:
    """One replay into an export that is made.

    Attributes:
        chain: What is replayed.
        made: The export that is made.
        options: What was asked for.
        engine: Reads and joins the records.
        progress: Hears how it goes on.
    """

    chain: ReplayChain
    made: MadeExport
    options: ReplayOptions
    engine: Engine
    progress: Progress

    def run(self) -> Mapping[str, Any]:
        """Replays, finishes the export with its lineage, and returns what that tells of the replay.

        Files of samples are told by their URIs; in the lineage, which does not depend on places, by their names.

        Raises:
            DriftError: There is drift, and it was to be refused.
            ChainError: Base and changes have keys of other types.
            DuplicateKeyError: Two items of the base have one key that a change hits.
            ItemCountError: The result is not what base and changes amount to.
            ExportkitError: As ``exportkit.replay``.
        """
        links = [link.export for link in self.chain.links]
        self.progress.begin(sum(each.summary.item_count for each in (self._base, *links)))
        with self._spill() as spill:
            changes, kept = self._read(spill, links)
            totals = write_joined(
                self.made,
                self.engine,
                spill,
                JoinOptions(operation=Operation.REPLAY, form=self.options.form, sources=self.chain.sources),
                exports=self._exports,
                records=sum(changes.records),
                jobs=self.options.jobs,
            )
        samples = self._samples(totals)
        if self.options.strict and totals.drifts:
            raise DriftError({str(kind): count for kind, count in totals.drift.items()}, samples)
        told = {
            "key": None if changes.key_names is None else list(changes.key_names),
            "counts": self._counts(kept, changes, totals),
            "drift": {str(kind): count for kind, count in totals.drift.items()},
            "samples": samples,
        }
        named = [{**sample, "file": sample["file"].rpartition("/")[2]} for sample in samples]
        self.made.finish({**told, "samples": named})
        return told

    @property
    def _base(self) -> Export:
        assert self.chain.base is not None, "a replay has one"
        return self.chain.base

    @property
    def _exports(self) -> Sequence[Export]:
        return [self._base, *(link.export for link in self.chain.links)]

    def _spill(self) -> Spill:
        memory = self.options.budget.entry_bytes
        partition = self.engine.partition_entries
        return Spill(partition, temp_dir=self.options.temp_dir, memory=memory, what="changes")

    def _read(self, spill: Spill, links: Sequence[Export]) -> tuple[Changes, int]:
        """Reads the changes, then the base; returns what was read, and how many items were kept at once."""
        key_filter = self.engine.key_filter(words_of(self.chain, self.options))
        types = KeyTypes()
        changes = index_changes(
            links,
            engine=self.engine,
            form=self.options.form,
            jobs=self.options.jobs,
            spill=spill,
            key_filter=key_filter,
            key_types=types,
            max_record_size=self.options.max_record_size,
            progress=self.progress,
        )
        stop, workers = threading.Event(), Workers(self.options.jobs)
        reader = StateReader(
            export=self._base,
            engine=self.engine,
            form=self.options.form,
            key_names=changes.key_names or (),
            key_filter=key_filter,
            spill=spill,
            key_types=types,
            max_record_size=self.options.max_record_size,
            progress=self.progress,
            stop=stop,
            workers=workers,
        )

        def keep(task: tuple[DataFileWriter, Sequence[DataFile]]) -> int:
            output, files = task
            pieces = workers.ahead(reader.kept_of(files), lambda kept: len(kept.lines))
            with output, closing(pieces):
                for lines, records in pieces:
                    output.write(lines, records)
                if stop.is_set():
                    raise _Stopped
                return output.records

        with closing(workers.in_order(keep, self._tasks(), stop)) as results:
            return changes, sum(results)

    def _tasks(self) -> Iterator[tuple[DataFileWriter, Sequence[DataFile]]]:
        """Yields runs of the base's data files, each with the file that takes what is kept of them."""
        counts = array("q", (file.entry.item_count for file in self._base.files()))
        summary = self._base.summary
        billed = summary.billed_size_bytes or summary.item_count * _ITEM_BYTES
        files = self._base.files()
        for task in cut_tasks(counts, billed / max(1, summary.item_count), _TEXT_BYTES):
            yield self.made.data_file(), list(islice(files, task.files))

    def _counts(self, kept: int, changes: Changes, totals: Totals) -> Mapping[str, int]:
        """Returns what became of the base's items and of the changes, once it adds up."""
        base, untouched = self._base.summary.item_count, kept + totals.untouched
        if (
            base != untouched + totals.replaced + totals.deleted
            or self.made.item_count != untouched + totals.replaced + totals.inserted
        ):
            raise ItemCountError(
                self.made.uri,
                f"of {base:,} items {untouched:,} were untouched, {totals.replaced:,} replaced, {totals.deleted:,} "
                f"deleted, {totals.inserted:,} inserted, and {self.made.item_count:,} written: a bug in exportkit",
            )
        return {
            "base": base,
            "changes": sum(changes.records),
            "inserted": totals.inserted,
            "replaced": totals.replaced,
            "deleted": totals.deleted,
            "untouched": untouched,
            "absent": totals.absent,
            "repeated": totals.repeated,
            "ghosts": totals.ghosts,
            "items": self.made.item_count,
        }

    def _samples(self, totals: Totals) -> list[dict[str, Any]]:
        places = named_places(self._exports, (drift.place for drift in totals.samples))
        return [told_sample(drift, place) for drift, place in zip(totals.samples, places, strict=True)]
