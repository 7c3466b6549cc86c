"""Does one task: its data files become Parquet files, and a record that they did."""

import base64
import hashlib
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from exportkit.codec.arrow_types import arrow_schema
from exportkit.convert.options import ConvertOptions, OnMalformed
from exportkit.convert.quarantine import QUARANTINE_FOLDER, Quarantine
from exportkit.convert.source import Reading
from exportkit.convert.tasks import Task
from exportkit.convert.work import DATA_FOLDER, MISFITS_KEPT, TaskRecord, Workplace, WorkPlan, WrittenPart, add_counts
from exportkit.errors import ObjectNotFoundError
from exportkit.export import DataFile
from exportkit.model.decode import DecodeReport, Misfit, Split
from exportkit.model.manifest import ManifestSummary
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import InferOptions, Statistics
from exportkit.reading import Stopped
from exportkit.schema import merge_statistics
from exportkit.sink.parquet import ParquetOptions, Part, Parts, PartWriter
from exportkit.store import Store
from exportkit.store.base import Lock
from exportkit.store.spooled import SpooledObject

__all__ = ["TaskWriter", "part_is_whole", "part_name", "quarantine_name"]

_BLOCK = 1024 * 1024


def part_name(folder: str, task: int, number: int) -> str:
    """Returns the path of a Parquet file in the destination."""
    path = f"{DATA_FOLDER}/part-{task:05d}-{number:03d}.parquet"
    return f"{folder}/{path}" if folder else path


def quarantine_name(task: int) -> str:
    """Returns the path of a task's quarantine file in the destination."""
    return f"{QUARANTINE_FOLDER}/part-{task:05d}.jsonl"


def part_is_whole(store: Store, dest: str, part: WrittenPart, *, thorough: bool) -> bool:
    """Tells whether a part lies where it was written, as it was written.

    Args:
        store: Where the destination lies.
        dest: The destination.
        part: The part.
        thorough: Whether to read it for its MD5 where storage keeps no ETag.

    Raises:
        StoreError: It cannot be told.
    """
    uri = store.join(dest, part.path)
    try:
        info = store.stat(uri)
        if info.size != part.bytes or info.etag != part.etag:
            return False
        return info.etag is not None or not thorough or _md5(store, uri) == part.md5
    except ObjectNotFoundError:
        return False


def _md5(store: Store, uri: str) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with store.open(uri) as stream:
        while data := stream.read(_BLOCK):
            digest.update(data)
    return base64.b64encode(digest.digest()).decode()


@dataclass(kw_only=True)
class TaskWriter:
    """Does tasks; may be called from several threads.

    Attributes:
        reading: Reads what is converted.
        summary: What that is.
        store: Where the destination lies.
        dest: The destination.
        work: Remembers the finished tasks.
        plan: What was decided.
        plans: The column plan of each target.
        options: What was asked for.
        spool: A local folder for the parts of many targets until they are whole.
        lock: Of the destination.
        stop: Set once another task has failed.
    """

    reading: Reading
    summary: ManifestSummary
    store: Store
    dest: str
    work: Workplace
    plan: WorkPlan
    plans: Sequence[ColumnPlan]
    options: ConvertOptions
    spool: str
    lock: Lock
    stop: threading.Event
    resumed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._schemas = [arrow_schema(plan) for plan in self.plans]
        split_by = self.options.split_by
        values = tuple(target.value for target in self.plan.targets)
        self._split = None if split_by is None else Split(split_by, values)

    def __call__(self, job: tuple[Task, Sequence[DataFile]]) -> TaskRecord:
        """Does a task, unless it was done before.

        Raises:
            Stopped: Another task has failed.
            LockedError: Another run has taken the destination over.
            ExportkitError: As ``exportkit.convert``.
        """
        task, files = job
        self._go_on()
        record = self.work.record(task.number)
        if record and all(part_is_whole(self.store, self.dest, part, thorough=True) for part in record.parts):
            self.reading.pass_over(files)
            with self._lock:
                self.resumed += 1
            return record
        record = self._do(task, files)
        self._go_on()
        self.work.save_record(task.number, record)
        return record

    def _do(self, task: Task, files: Sequence[DataFile]) -> TaskRecord:
        counts, misfits = DecodeReport(), list[tuple[str, Misfit]]()
        statistics: Statistics | None = None
        with ExitStack() as stack:
            parts = [stack.enter_context(self._parts(task, number)) for number in range(len(self.plans))]
            uri = self.store.join(self.dest, quarantine_name(task.number))
            quarantine = stack.enter_context(Quarantine(self.store, uri, self.work.folder))
            for file in files:
                read, found = self._file(file, parts, quarantine)
                statistics = found if statistics is None or found is None else self._merged(statistics, found)
                counts = add_counts(counts, read)
                misfits += [(file.uri, misfit) for misfit in read.misfits[: MISFITS_KEPT - len(misfits)]]
        written = tuple(
            self._written(task.number, target, number, part)
            for target, each in enumerate(parts)
            for number, part in enumerate(each.done)
        )
        return TaskRecord(
            task=task.number,
            parts=written,
            counts=counts,
            misfits=tuple(misfits),
            quarantined=dict(sorted(quarantine.counts.items())),
            statistics=statistics,
        )

    def _merged(self, a: Statistics, b: Statistics) -> Statistics:
        return merge_statistics(a, b, self.options.policies.max_map_fields)

    def _file(
        self, file: DataFile, parts: Sequence[Parts], quarantine: Quarantine
    ) -> tuple[DecodeReport, Statistics | None]:
        options = self.options
        aside = options.on_malformed is OnMalformed.QUARANTINE
        with self.reading.decode(
            file,
            self.plans,
            split=self._split,
            batch_bytes=options.batch_bytes,
            on_malformed=(lambda records: quarantine.add(file.index, file.uri, records)) if aside else None,
            infer=self._infer(file) if self.plan.guessed else None,
        ) as batches:
            for target, batch in batches:
                self._go_on()
                parts[target].write(batch)
                # Row groups of many targets together hold no more than that of one.
                while sum(each.held_bytes for each in parts) > options.row_group_bytes:
                    max(parts, key=lambda each: each.held_bytes).flush()
        return batches.report, batches.statistics if self.plan.guessed else None

    def _infer(self, file: DataFile) -> InferOptions:
        return InferOptions(
            format=self.summary.output_format,
            export_type=self.summary.export_type,
            file_index=file.index,
            max_map_fields=self.options.policies.max_map_fields,
        )

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise Stopped
        self.lock.check()

    def empty_part(self, target: int) -> WrittenPart:
        """Writes a Parquet file without rows, for a dataset that has no other."""
        with self._open_part(0, target, 0) as writer:
            pass
        return self._written(0, target, 0, writer.part)

    def _parts(self, task: Task, target: int) -> Parts:
        split = self._split is not None
        return Parts(
            partial(self._open_part, task.number, target),
            part_rows=(1 << 62) if split else task.part_rows,
            part_bytes=self.options.target_file_size * (1 if split else 2),
        )

    def _open_part(self, task: int, target: int, number: int) -> PartWriter:
        uri = self.store.join(self.dest, part_name(self.plan.targets[target].folder, task, number))
        if self._split is None:
            writer = self.store.writer(uri, workplace=self.work.folder)
        else:  # all of a task are open at once: too many handles, and parts of uploads in memory
            writer = SpooledObject(self.store, uri, self.spool)
        options = ParquetOptions(
            compression=self.options.compression,
            compression_level=self.options.compression_level,
            row_group_bytes=self.options.row_group_bytes,
            dictionary=self.plan.targets[target].dictionary,
        )
        return PartWriter(writer, self._schemas[target], options)

    def _written(self, task: int, target: int, number: int, part: Part) -> WrittenPart:
        path = part_name(self.plan.targets[target].folder, task, number)
        return WrittenPart(
            target=target, path=path, task=task, rows=part.rows, bytes=part.bytes, md5=part.md5, etag=part.etag
        )
