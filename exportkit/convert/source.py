"""What a conversion reads: an export, or what is made of several while it is read."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any, Protocol

from exportkit.convert.tasks import Task
from exportkit.errors import DataError, MixedTypesError
from exportkit.export import DataFile, Export
from exportkit.model.decode import MalformedRecord, Split
from exportkit.model.manifest import ManifestSummary
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from exportkit.reading import FileBatches, OpenExport, Progress, Workers
from exportkit.reading.schemas import note_places

__all__ = ["ExportSource", "Reading", "Source"]


class Reading(Protocol):
    """One reading of all records, stage by stage: a stage begins when all files of the one before have been read."""

    def files(self, stage: int, workers: Workers) -> Iterator[DataFile]:
        """Yields the data files of a stage, in order.

        Args:
            stage: From 0.
            workers: The threads that are about to read them.
        """
        ...

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
        """Returns the records of a data file as record batches; arguments and errors as ``OpenExport.decode``.

        Malformed records are quarantined where there is somebody to take them.
        """
        ...

    def pass_over(self, files: Sequence[DataFile]) -> None:
        """Takes data files for read whose rows an earlier run has written."""
        ...

    def end(self) -> int:
        """Returns how many records there were, once all files have been read.

        Raises:
            ExportkitError: What was read turns out to be wrong as a whole.
        """
        ...


class Source(Protocol):
    """What is converted."""

    @property
    def summary(self) -> ManifestSummary:
        """What it is: kind, format, table, time."""
        ...

    @property
    def sampled(self) -> OpenExport:
        """An export of whose items samples can be taken at any time."""
        ...

    @property
    def samples_fit(self) -> bool:
        """Whether a schema that fits all of the source fits these samples too."""
        ...

    @property
    def identity(self) -> Sequence[str]:
        """What tells it from others: equal ones, equal results."""
        ...

    @property
    def counts(self) -> Sequence[Sequence[int]]:
        """Of each stage the records of its data files, about where they are only known once they have been read."""
        ...

    @property
    def items(self) -> int:
        """Records that one reading reads."""
        ...

    @property
    def input_files(self) -> int:
        """Data files that are read."""
        ...

    def make_ready(self) -> None:
        """Makes sure that there is what reading takes, once there is something to be read for.

        Raises:
            StoreError: There is not.
        """
        ...

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
        """Returns what the values are, path by path; arguments and errors as ``OpenExport.statistics``."""
        ...

    def reading(self, progress: Progress, stop: threading.Event) -> AbstractContextManager[Reading]:
        """Returns a reading.

        Args:
            progress: Hears how it goes on.
            stop: Set once nobody wants the records any more.
        """
        ...

    def told(self, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """Returns what reports tell of it.

        Args:
            before: What dataset.json tells of the same source, where nothing was read this time.
        """
        ...

    def told_inputs(self, tasks: Sequence[Task], quarantined: Mapping[int, int]) -> Iterator[Mapping[str, Any]]:
        """Yields what became of each data file that was read: the task says which Parquet files its rows are in.

        Args:
            tasks: The tasks.
            quarantined: Malformed records of each data file that has some, by its index.
        """
        ...

    def places(self) -> Iterable[DataFile]:
        """Returns the data files that places name by their indexes; none where these files do not exist."""
        ...

    def explain(self, error: DataError) -> None:
        """Notes with an error where the records are that it names by numbers, or in files that nobody has."""
        ...

    def is_refused_by(self, error: BaseException) -> bool:
        """Returns whether an error leaves nothing to go on with, so that nothing of the result shall be left."""
        ...


class ExportSource:
    """A finished export, in one stage.

    Args:
        export: The export.
        opened: The same, for reading.

    Raises:
        ExportkitError: Its manifests are not sound.
    """

    def __init__(self, export: Export, opened: OpenExport) -> None:
        self.sampled = opened
        self.samples_fit = True
        self.summary = export.summary
        self.items = export.summary.item_count
        self._export = export
        manifest = export.sound_manifest()
        self.counts = [manifest.item_counts]
        self.input_files = len(manifest.item_counts)
        self.identity = [export.summary_md5, manifest.md5]
        self.statistics = opened.statistics

    def make_ready(self) -> None:
        """As ``Source.make_ready``; it takes nothing."""

    def reading(self, progress: Progress, stop: threading.Event) -> AbstractContextManager[Reading]:  # noqa: ARG002
        """As ``Source.reading``; nobody but the tasks looks at ``stop``."""
        return nullcontext(_ExportReading(self._export, self.sampled, progress))

    def told(self, before: Mapping[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002 - it may lie elsewhere now
        """As ``Source.told``."""
        export, summary = self._export, self.summary
        return {"uri": export.uri, "arn": summary.export_arn, **summary.told(), "summary_md5": export.summary_md5}

    def told_inputs(self, tasks: Sequence[Task], quarantined: Mapping[int, int]) -> Iterator[Mapping[str, Any]]:
        """As ``Source.told_inputs``."""
        files = self._export.files()
        for task in tasks:
            for file in islice(files, task.files):
                entry = file.entry
                told = {"key": entry.key, "items": entry.item_count, "md5": entry.md5, "task": task.number}
                count = quarantined.get(file.index)
                yield told if count is None else told | {"quarantined": count}

    def places(self) -> Iterable[DataFile]:
        """As ``Source.places``."""
        return self._export.files()

    def explain(self, error: DataError) -> None:
        """As ``Source.explain``; only values of several types are told by numbers."""
        if isinstance(error, MixedTypesError):
            note_places(error, {file.index: file.uri for file in self._export.files()})

    def is_refused_by(self, error: BaseException) -> bool:  # noqa: ARG002 - other settings may go on with it
        """As ``Source.is_refused_by``."""
        return False


class _ExportReading:
    def __init__(self, export: Export, opened: OpenExport, progress: Progress) -> None:
        self._export = export
        self._opened = opened
        self._progress = progress
        self._workers = Workers(1)

    def files(self, stage: int, workers: Workers) -> Iterator[DataFile]:  # noqa: ARG002 - there is one
        self._workers = workers
        return self._export.files()

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
        return self._opened.decode(
            file,
            plans,
            split=split,
            batch_bytes=batch_bytes,
            quarantine=on_malformed is not None,
            on_malformed=on_malformed,
            infer=infer,
            progress=self._progress,
            workers=self._workers,
        )

    def pass_over(self, files: Sequence[DataFile]) -> None:
        self._progress.advance(files=len(files), items=sum(file.entry.item_count for file in files))

    def end(self) -> int:
        return self._export.summary.item_count
