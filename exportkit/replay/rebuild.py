"""One reading of a base and its changes: index the changes, split the base, join what they hit."""

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from types import TracebackType
from typing import Any, Self

from exportkit.convert.tasks import cut_tasks
from exportkit.engine.protocols import Engine
from exportkit.errors import DriftError, ItemCountError
from exportkit.export import DataFile, Export
from exportkit.joining.chains import ReplayChain
from exportkit.joining.changes import Changes, filter_words, index_changes
from exportkit.joining.joins import Totals, join_leaves
from exportkit.joining.key_types import KeyTypes
from exportkit.joining.places import named_places
from exportkit.joining.states import Kept, StateReader
from exportkit.model.joining import Joined, JoinOptions, Operation
from exportkit.reading import Progress, Workers
from exportkit.reading.spill import Spill
from exportkit.replay.options import ReplayOptions
from exportkit.replay.samples import told_sample

__all__ = ["Rebuilding", "runs_of", "words_of"]

_TEXT_BYTES = 64 * 1024 * 1024
"""Decompressed bytes of the base's data files that go into one file of the result, about."""
_ITEM_BYTES = 500
"""Bytes of an item whose export does not say what it was billed for."""


def words_of(chain: ReplayChain, options: ReplayOptions) -> int:
    """Returns the words of the filter of changed keys: of the settings the one that decides what is written where."""
    changes = sum(link.export.summary.item_count for link in chain.links)
    return filter_words(changes, options.budget.filter_bytes)


def runs_of(base: Export) -> Iterator[tuple[int, Sequence[DataFile]]]:
    """Yields runs of the base's data files, each with the items it holds: what is kept of a run makes one data file."""
    counts = base.sound_manifest().item_counts
    billed = base.summary.billed_size_bytes or base.summary.item_count * _ITEM_BYTES
    files = base.files()
    for task in cut_tasks(counts, billed / max(1, base.summary.item_count), _TEXT_BYTES):
        yield task.items, list(islice(files, task.files))


@dataclass(kw_only=True)
class Rebuilding:
    """One reading of a base and its changes; a context manager, and the changes are read on entering.

    First everything has to be taken that is kept of the base, then what is joined.

    Attributes:
        chain: What is replayed.
        options: What was asked for.
        engine: Reads and joins the records.
        progress: Hears how it goes on; its ``begin`` is left to the caller.
        stop: Ends the reading of the base once it is set: nobody waits for the answers any more.
        changes: What was read of the changes.
        spill: The changes, and the items that they may hit.

    Raises:
        ExportkitError: On entering, as ``index_changes``.
    """

    chain: ReplayChain
    options: ReplayOptions
    engine: Engine
    progress: Progress
    stop: threading.Event
    changes: Changes = field(init=False)
    spill: Spill = field(init=False)

    def __enter__(self) -> Self:
        options = self.options
        key_filter, types = self.engine.key_filter(words_of(self.chain, options)), KeyTypes()
        with ExitStack() as stack:
            self.spill = stack.enter_context(
                Spill(
                    self.engine.partition_entries,
                    temp_dir=options.temp_dir,
                    memory=options.budget.entry_bytes,
                    leaf_memory=options.budget.leaf_bytes,
                    what="changes",
                )
            )
            self.changes = index_changes(
                [link.export for link in self.chain.links],
                engine=self.engine,
                form=options.form,
                jobs=options.jobs,
                spill=self.spill,
                key_filter=key_filter,
                key_types=types,
                max_record_size=options.max_record_size,
                progress=self.progress,
            )
            self._reader: StateReader | None = StateReader(
                export=self.base,
                engine=self.engine,
                form=options.form,
                key_names=self.changes.key_names or (),
                key_filter=key_filter,
                spill=self.spill,
                key_types=types,
                max_record_size=options.max_record_size,
                progress=self.progress,
                stop=self.stop,
            )
            self._held = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.__exit__(kind, error, trace)

    @property
    def base(self) -> Export:
        """The full export."""
        assert self.chain.base is not None, "a replay has one"
        return self.chain.base

    @property
    def exports(self) -> Sequence[Export]:
        """The base and the increments, by their numbers as sources."""
        return [self.base, *(link.export for link in self.chain.links)]

    @property
    def join_options(self) -> JoinOptions:
        """How base and changes are joined."""
        return JoinOptions(operation=Operation.REPLAY, form=self.options.form, sources=self.chain.sources)

    def kept_of(
        self, files: Iterable[DataFile], workers: Workers, *, lines: bool = True
    ) -> Generator[Kept, None, None]:
        """Yields what no change can hit of some of the base's data files.

        Args:
            files: The files.
            workers: The threads that read.
            lines: Whether the lines are wanted, rather than their number alone.

        Raises:
            ExportkitError: As ``StateReader.kept``.
        """
        assert self._reader is not None, "the base comes first"
        reader = replace(self._reader, workers=workers, keep_lines=lines)
        return workers.ahead(reader.kept_of(files), lambda kept: len(kept.lines))

    def end_base(self) -> None:
        """The base has been read: the filter of changed keys is given up, for joining takes memory of its own."""
        self._reader = None

    def joined(self, hashes: range) -> Iterator[Joined]:
        """Yields what becomes of the keys that changes may hit; arguments and errors as ``join_leaves``."""
        self.end_base()
        return join_leaves(self.engine, self.spill, self.join_options, self.exports, hashes)

    def told(self, kept: int, totals: Totals, items: int, uri: str) -> dict[str, Any]:
        """Returns what is to be told of the replay, once everything adds up.

        Args:
            kept: Items of the base that no change could hit.
            totals: What became of the others.
            items: Items that were written.
            uri: Where they were written to.

        Raises:
            DriftError: There is drift, and it was to be refused.
            ItemCountError: The result is not what base and changes amount to.
        """
        counts = self._counts(kept, totals, items, uri)
        places = named_places(self.exports, (drift.place for drift in totals.samples))
        samples = [told_sample(drift, place) for drift, place in zip(totals.samples, places, strict=True)]
        if self.options.strict and totals.drifts:
            raise DriftError({str(kind): count for kind, count in totals.drift.items()}, samples)
        names = self.changes.key_names
        return {
            "key": None if names is None else list(names),
            "counts": counts,
            "drift": {str(kind): count for kind, count in totals.drift.items()},
            "samples": samples,
        }

    def _counts(self, kept: int, totals: Totals, items: int, uri: str) -> Mapping[str, int]:
        base, untouched = self.base.summary.item_count, kept + totals.untouched
        if (
            base != untouched + totals.replaced + totals.deleted
            or items != untouched + totals.replaced + totals.inserted
        ):
            raise ItemCountError(
                uri,
                f"of {base:,} items {untouched:,} were untouched, {totals.replaced:,} replaced, {totals.deleted:,} "
                f"deleted, {totals.inserted:,} inserted, and {items:,} written: a bug in exportkit",
            )
        return {
            "base": base,
            "changes": sum(self.changes.records),
            "inserted": totals.inserted,
            "replaced": totals.replaced,
            "deleted": totals.deleted,
            "untouched": untouched,
            "absent": totals.absent,
            "repeated": totals.repeated,
            "ghosts": totals.ghosts,
            "items": items,
        }
