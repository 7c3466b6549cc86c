"""The rebuilt state as convert reads it: made while it is read, and written nowhere before it is Parquet."""

import threading
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Any, Self

from exportkit.convert.source import Reading
from exportkit.convert.tasks import Task, by_stage
from exportkit.engine.protocols import Engine
from exportkit.errors import DataError, ExportError, ItemCountError, MisfitError, MixedTypesError, SplitError
from exportkit.export import DataFile, Export
from exportkit.joining.chains import ReplayChain
from exportkit.joining.identity import Identity
from exportkit.joining.joins import Totals
from exportkit.joining.sizes import check_space
from exportkit.joining.writing import hash_ranges
from exportkit.model.decode import DecodeOptions, MalformedRecord, Split
from exportkit.model.formats import ExportType
from exportkit.model.layout import DATA_FOLDER, ROOT_FOLDER, data_file_name
from exportkit.model.manifest import DataFileEntry
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from exportkit.reading import FileBatches, NoProgress, OpenExport, Progress, Workers
from exportkit.reading.schemas import note_places
from exportkit.reading.statistics import FileStatistics, merged, telling_most_values
from exportkit.replay.options import ReplayOptions
from exportkit.replay.plan import plan_of
from exportkit.replay.rebuild import Rebuilding, runs_of
from exportkit.schema import merge_statistics
from exportkit.schema.merge import with_later_files

__all__ = ["StateSource"]

_STATE = "the rebuilt state"


@dataclass(frozen=True, slots=True)
class _Kept(DataFile):
    """A data file of the state: what is kept of a run of the base's."""

    run: Sequence[DataFile]


@dataclass(frozen=True, slots=True)
class _Joined(DataFile):
    """A data file of the state: what becomes of the keys whose hash has such a first byte."""

    hashes: range


class StateSource:
    """The state that base and changes make, in two stages: what is kept of the base, and what is joined.

    Its data files are those that the same replay would write to an export, and so are the places that errors name.

    Args:
        chain: What is replayed.
        options: What was asked for.
        engine: Reads and joins the records.
        identity: What the export would be.
        opened: Opens exports for reading.
        jobs: Data files read side by side.

    Attributes:
        replayed: What is to be told of the replay, once a reading has ended.
    """

    def __init__(
        self,
        chain: ReplayChain,
        options: ReplayOptions,
        engine: Engine,
        identity: Identity,
        opened: Callable[[Export], OpenExport],
        jobs: int,
    ) -> None:
        assert chain.base is not None, "a replay has one"
        self.chain = chain
        self.options = options
        self.engine = engine
        self.id = identity.export_id
        self.summary = identity.summary
        self.identity = [identity.fingerprint]
        self.base = chain.base
        self.replayed: Mapping[str, Any] | None = None
        self.sampled = opened(self.base)
        self._sample_is_told = False  # by the statistics that were taken last
        self.samples_fit = False  # changes may have taken from the base what the state has no column for
        self._jobs = jobs
        self._changes = [opened(link.export) for link in chain.links]
        changes = sum(each.summary.item_count for each in self._changes)
        self.items = self.base.summary.item_count + changes
        self.ranges = hash_ranges(changes)
        self.counts = [
            array("q", (items for items, _ in runs_of(self.base))),
            array("q", [changes // len(self.ranges)] * len(self.ranges)),
        ]

    def make_ready(self) -> None:
        """As ``Source.make_ready``: there has to be room for what spills."""
        plan = plan_of(self.chain, self.options, written=True)
        check_space(self.options.temp_dir, plan.temporary_bytes)

    @property
    def input_files(self) -> int:
        """As ``Source.input_files``."""
        return sum(1 for export in (self.sampled, *self._changes) for _ in export.files())

    def statistics(
        self,
        *,
        split_by: str | None = None,
        sample: int | None = None,
        files: Sequence[DataFile] | None = None,
        max_map_fields: int,
        quarantine: bool,
        progress: Progress | None = None,
    ) -> Mapping[SplitValue, Statistics]:
        """As ``Source.statistics``; a sample is taken of the base and of the changes' images."""
        if sample is not None:
            self._sample_is_told = True
            return {None: self._sampled(sample, files, max_map_fields, quarantine=quarantine)}
        options = InferOptions(
            format=self.summary.output_format,
            export_type=ExportType.FULL,
            max_record_size=self.options.max_record_size,
            max_map_fields=max_map_fields,
            split_by=split_by,
            quarantine=quarantine,
        )
        stop = threading.Event()
        whole: dict[SplitValue, Statistics] = {}
        with self._begun(progress or NoProgress(), stop) as reading:
            take = FileStatistics(
                reading.opened,
                lambda file: self.engine.inference(replace(options, uri=file.uri, file_index=file.index)),
                self.items,
                None,
                stop,
            )
            for stage in range(len(self.counts)):
                found = merged(take, reading.files(stage, Workers(1)), self._jobs, _STATE, options, stop)
                for value, each in found.items():
                    before = whole.get(value)
                    whole[value] = each if before is None else merge_statistics(before, each, max_map_fields)
            reading.end()
        if len(whole) > options.max_split_values:
            with telling_most_values(options):
                raise SplitError(_STATE, f"more than {options.max_split_values:,} values of {split_by}")
        return whole

    def _sampled(
        self, sample: int, files: Sequence[DataFile] | None, max_map_fields: int, *, quarantine: bool
    ) -> Statistics:
        """Returns what a sample holds: of the base and of each increment as large a part as of all records."""
        taken: Statistics | None = None
        later = 0
        for export, source in zip((self.sampled, *self._changes), self._inputs(), strict=True):
            before, later = later, later + len(source.sound_manifest().item_counts)
            count = sample * export.summary.item_count // max(1, self.items)
            if export is self.sampled:
                count = max(1, count)
            elif not count:
                continue
            looked_at = files if export is self.sampled else None
            found = export.statistics(
                sample=count, files=looked_at, max_map_fields=max_map_fields, quarantine=quarantine
            )[None]
            # Of a change its images, which are items too; the old ones have been.
            found = with_later_files(replace(found, puts=0, deletes=0, old_images=0, keys=None), before)
            taken = found if taken is None else merge_statistics(taken, found, max_map_fields)
        assert taken is not None, "there is a base"
        return taken

    @contextmanager
    def reading(self, progress: Progress, stop: threading.Event) -> Iterator[Reading]:
        """As ``Source.reading``."""
        with self._begun(progress, stop) as reading:
            yield reading

    @contextmanager
    def _begun(self, progress: Progress, stop: threading.Event) -> Iterator["_StateReading"]:
        self._sample_is_told = False
        with Rebuilding(
            chain=self.chain, options=self.options, engine=self.engine, progress=progress, stop=stop
        ) as state:
            yield _StateReading(self, state)

    def told(self, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """As ``Source.told``; ``replayed`` tells of the replay."""
        if before is not None:
            return dict(before)
        summary = self.summary
        told: dict[str, Any] = {"uri": None, "arn": summary.export_arn, **summary.told()}
        return told | {"exportkit": summary.exportkit, "replayed": self.replayed}

    def told_inputs(self, tasks: Sequence[Task], quarantined: Mapping[int, int]) -> Iterator[Mapping[str, Any]]:  # noqa: ARG002 - none
        """As ``Source.told_inputs``; a change's row may be in the files of any task of the second stage."""
        first, _ = by_stage(tasks, self.counts)
        runs = runs_of(self.base)
        for task in first:
            for _, run in islice(runs, task.files):
                yield from (_told(file, task.number) for file in run)
        for export in self._changes:
            yield from (_told(file, None) for file in export.files())

    def places(self) -> Iterable[DataFile]:
        """As ``Source.places``."""
        return ()

    def explain(self, error: DataError) -> None:
        """As ``Source.explain``: a sample's places are in the inputs, all others in the state."""
        if isinstance(error, MixedTypesError):
            if not any(error.types.values()):  # a schema tells of them, no record
                return
            inputs = (file.uri for export in self._inputs() for file in export.files())
            files = sum(map(len, self.counts))
            places = inputs if self._sample_is_told else (self.key(index) for index in range(files))
            note_places(error, dict(enumerate(places)))
            if self._sample_is_told:
                return
        elif not isinstance(error, MisfitError | SplitError) or error.uri == _STATE:
            return
        error.add_note(
            f"files and lines are those of {_STATE}, which is written nowhere; to look at them, write it as an export "
            "with the same settings (replay --to export)"
        )

    def key(self, index: int) -> str:
        """Returns what the manifest of the export would call a data file."""
        name = data_file_name(self.id, index) + self.summary.output_format.suffix
        return f"{ROOT_FOLDER}/{self.id}/{DATA_FOLDER}/{name}"

    def _inputs(self) -> list[Export]:
        return [self.base, *(link.export for link in self.chain.links)]

    def is_refused_by(self, error: BaseException) -> bool:
        """As ``Source.is_refused_by``: what is wrong with an input makes the whole state wrong."""
        return isinstance(error, ExportError | DataError)


class _StateReading:
    """One rebuilding, as ``Reading`` has it."""

    def __init__(self, source: StateSource, state: Rebuilding) -> None:
        self._source = source
        self._state = state
        self._workers = Workers(1)
        self._counting = threading.Lock()
        self._kept = 0
        self._totals: dict[int, Totals] = {}

    def files(self, stage: int, workers: Workers) -> Iterator[DataFile]:
        self._workers = workers
        return self._joined_files() if stage else self._kept_files()

    def _kept_files(self) -> Iterator[DataFile]:
        for index, (items, run) in enumerate(runs_of(self._source.base)):
            entry, uri = self._named(index, items)
            yield _Kept(index, entry, uri, run)

    def _joined_files(self) -> Iterator[DataFile]:
        counts, first = self._source.counts[1], len(self._source.counts[0])
        for index, (items, hashes) in enumerate(zip(counts, self._source.ranges, strict=True), first):
            entry, uri = self._named(index, items)
            yield _Joined(index, entry, uri, hashes)

    def _named(self, index: int, items: int) -> tuple[DataFileEntry, str]:
        """Returns what the manifest would say of a data file, and its name."""
        key = self._source.key(index)
        return DataFileEntry(item_count=items, key=key), key

    def decode(
        self,
        file: DataFile,
        plans: Sequence[ColumnPlan],
        *,
        split: Split | None,
        batch_bytes: int,
        on_malformed: Callable[[Sequence[MalformedRecord]], None] | None,
        infer: InferOptions | None,
    ) -> FileBatches:
        options = DecodeOptions(
            format=self._source.summary.output_format,
            export_type=ExportType.FULL,
            uri=file.uri,
            max_record_size=self._source.options.max_record_size,
            batch_bytes=batch_bytes,
            infer=infer,
        )
        decoder = self._source.engine.decoder(options, plans, split)
        return FileBatches(lambda: self.opened(file), decoder, plans, on_malformed)

    def pass_over(self, files: Sequence[DataFile]) -> None:
        """Reads the files: what changes may hit, and what becomes of that, is not remembered."""
        for file in files:
            with self.opened(file, lines=False) as data:
                for _ in data:
                    pass
                data.check(data.records)

    def opened(self, file: DataFile, *, lines: bool = True) -> "_StateFile":
        """Opens a data file; ``lines`` tells whether all its lines are wanted."""
        if isinstance(file, _Kept):
            return _StateFile(file, self._state.kept_of(file.run, self._workers, lines=lines), self._count)
        assert isinstance(file, _Joined), "the files are of this reading"
        return _StateFile(file, self._joined(file), self._count)

    def _joined(self, file: _Joined) -> Generator[tuple[bytes, int], None, None]:
        found = Totals()
        for joined in self._state.joined(file.hashes):
            if self._state.stop.is_set():
                return
            found.add(joined)
            yield joined.lines, joined.records
            del joined  # as in join_leaves
        self._totals[file.index] = found

    def _count(self, file: DataFile, records: int) -> None:
        if isinstance(file, _Kept):
            with self._counting:
                self._kept += records

    def end(self) -> int:
        totals = Totals()
        for _, each in sorted(self._totals.items()):
            totals.add(each)
        items = self._kept + totals.records
        self._source.replayed = self._state.told(self._kept, totals, items, self._source.id)
        return items


class _StateFile:
    """The lines of one data file of the state, as ``Checked`` has it; its inputs are checked where they are read."""

    def __init__(
        self,
        file: DataFile,
        pieces: Generator[tuple[bytes, int], None, None],
        count: Callable[[DataFile, int], None],
    ) -> None:
        self.records = 0
        self._file = file
        self._pieces = pieces
        self._count = count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pieces.close()

    def __iter__(self) -> Generator[bytes, None, None]:
        for lines, records in self._pieces:
            self.records += records
            yield lines

    def advance(self, records: int) -> None:
        """Tells nothing: the reading of the inputs is what is told."""

    def check(self, records: int) -> None:
        if records != self.records:
            raise ItemCountError(
                self._file.uri, f"{self.records:,} records were rebuilt, {records:,} were read: a bug in exportkit"
            )
        self._count(self._file, records)


def _told(file: DataFile, task: int | None) -> Mapping[str, Any]:
    entry = file.entry
    return {"key": entry.key, "items": entry.item_count, "md5": entry.md5, "task": task}
