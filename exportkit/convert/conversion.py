"""One conversion, from the manifest to dataset.json."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from exportkit.codec.arrow_types import arrow_schema
from exportkit.convert.dataset import Finished, read_dataset, read_rows, write_dataset
from exportkit.convert.deciding import column_plans, decide
from exportkit.convert.destination import LOCK, Destination
from exportkit.convert.guess import confirmed
from exportkit.convert.options import ConvertOptions, fingerprint_of
from exportkit.convert.progress import FirstPass
from exportkit.convert.report import ConvertReport, DatasetReport
from exportkit.convert.source import Source
from exportkit.convert.tasks import Task, by_stage
from exportkit.convert.work import Outcome, Target, Workplace, WorkPlan, WrittenPart
from exportkit.convert.writing import TaskWriter, part_is_whole, quarantine_name
from exportkit.errors import (
    DataError,
    ExportkitError,
    ItemCountError,
    MisfitError,
    MixedTypesError,
    StoreError,
    UsageError,
)
from exportkit.export import DataFile
from exportkit.model.formats import ExportType
from exportkit.reading import NoProgress, Progress, Workers, in_order
from exportkit.store import Store
from exportkit.store.base import Lock
from exportkit.store.temporary import temporary_folder

__all__ = ["Conversion"]

_ASKERS = 16  # footers are waited for, not computed


@dataclass(kw_only=True)
class Conversion:
    """The arguments of one conversion, and where it stands."""

    source: Source
    dest: Destination
    options: ConvertOptions
    jobs: int
    overwrite: bool
    temp_dir: str | None
    progress: Progress
    started: float = field(default_factory=time.monotonic)

    @property
    def store(self) -> Store:
        """Where the destination lies."""
        return self.dest.store

    def run(self) -> ConvertReport:
        """Converts, or finds that it was done; arguments and errors are those of ``exportkit.convert``."""
        try:
            return self._run()
        except DataError as error:
            self.source.explain(error)
            raise

    def _run(self) -> ConvertReport:
        fingerprint = fingerprint_of(self.source.identity, self.options)
        with self.store.lock(self.store.join(self.dest.uri, LOCK)) as lock:
            finished = read_dataset(self.store, self.dest.uri)
            if finished is not None and not self.overwrite:
                return self._already(finished, fingerprint)
            self.source.make_ready()
            work = Workplace(self.store, self.dest.uri)
            plan = self._begin(work, finished, fingerprint)
            try:
                plan, outcome = self._written(work, plan, lock)
                lock.check()
                self._finish(work, plan, outcome)
            except BaseException as error:
                self._leave(error, lock)
                raise
        return self._report(plan.targets, outcome, len(plan.tasks))

    def _leave(self, error: BaseException, lock: Lock) -> None:
        """Leaves what is written to be gone on with, or nothing, after an error; that tells what is left."""
        if self.source.is_refused_by(error):
            try:
                lock.check()
                self.dest.remove_results(None)
            except ExportkitError as another:
                error.add_note(f"{self.dest.uri} could not be cleared ({another}); take another, or --overwrite it")
        else:
            error.add_note(f"unfinished: {self.dest.uri}; the same command goes on, --overwrite starts anew")

    def _already(self, finished: Finished, fingerprint: str) -> ConvertReport:
        """Returns the report on a result that is there.

        Raises:
            UsageError: It is another one.
            StoreError: It is not whole.
        """
        if finished.fingerprint != fingerprint:
            raise UsageError(
                f"{self.dest.uri} holds the result of another input or of other settings; take another destination, "
                "or --overwrite it"
            )
        outcome = finished.outcome
        for part in outcome.parts:
            if not part_is_whole(self.store, self.dest.uri, part, thorough=False):
                uri = self.store.join(self.dest.uri, part.path)
                raise StoreError(uri, "is missing or was changed since it was written; convert again with --overwrite")
        self._clean(Workplace(self.store, self.dest.uri))
        return self._report(finished.targets, outcome, finished.tasks, before=finished.export)

    def _begin(self, work: Workplace, finished: Finished | None, fingerprint: str) -> WorkPlan:
        """Returns what is to be done: what an earlier run decided, or what is decided now."""
        plan = None if finished else work.plan()
        if plan is not None and plan.fingerprint != fingerprint:
            if not self.overwrite:
                raise UsageError(
                    f"{self.dest.uri} holds an unfinished conversion of another input or with other settings; repeat "
                    "its command to go on with it, or --overwrite it"
                )
            plan = None
        if plan is None and self.overwrite:
            self.dest.remove_results(finished)
        elif plan is None:
            self.dest.refuse_unless_empty()
        self.dest.clear_unfinished()
        if plan is not None:
            self.progress.begin(self.source.items)
            return plan
        return self._decide(work, fingerprint, guess=self.options.guesses)

    def _decide(self, work: Workplace, fingerprint: str, *, guess: bool) -> WorkPlan:
        """Returns what is to be done, decided now; by a guess if the records looked at for it do not contradict it."""
        if guess:
            # Where a sample need not fit, what mixes in it need not mix in the whole.
            with suppress(MisfitError, *() if self.source.samples_fit else (MixedTypesError,)):
                return self._save(work, fingerprint, NoProgress(), passes=1, guess=True)
        looks = self.options.looks_at_all
        looking = FirstPass(self.progress) if looks else NoProgress()
        return self._save(work, fingerprint, looking, passes=2 if looks else 1, guess=False)

    def _save(self, work: Workplace, fingerprint: str, looking: Progress, *, passes: int, guess: bool) -> WorkPlan:
        """Decides, and remembers it."""
        self.progress.begin(self.source.items * passes)
        plan = decide(self.source, self.options, fingerprint, looking, jobs=self.jobs, guess=guess)
        work.save_plan(plan)
        return plan

    def _written(self, work: Workplace, plan: WorkPlan, lock: Lock) -> tuple[WorkPlan, Outcome]:
        """Writes all files; twice where a guessed schema turns out not to be that of the whole."""
        if plan.guessed:
            incremental = self.source.summary.export_type is ExportType.INCREMENTAL
            with suppress(MisfitError):  # the first contradiction ends the guess
                outcome = self._tasks(work, plan, lock)
                final = confirmed(plan, outcome.statistics, self.options, incremental=incremental)
                if final is not None:
                    return final, outcome
            lock.check()
            # In this order a run that is killed in between finds the guess, and nothing finished of it.
            self.dest.remove_files()
            work.forget_records()
            plan = self._decide(work, plan.fingerprint, guess=False)
        return plan, self._tasks(work, plan, lock)

    def _tasks(self, work: Workplace, plan: WorkPlan, lock: Lock) -> Outcome:
        """Does what is left to be done."""
        stop = threading.Event()
        with ExitStack() as stack:
            spool = work.folder
            if self.options.split_by is not None and self.dest.uri.startswith("s3://"):
                spool = stack.enter_context(temporary_folder(self.temp_dir))
            reading = stack.enter_context(self.source.reading(self.progress, stop))
            writer = TaskWriter(
                reading=reading,
                summary=self.source.summary,
                store=self.store,
                dest=self.dest.uri,
                work=work,
                plan=plan,
                plans=column_plans(self.source, plan.targets, self.options),
                options=self.options,
                spool=spool,
                lock=lock,
                stop=stop,
            )
            outcome = Outcome()
            for stage, tasks in enumerate(by_stage(plan.tasks, self.source.counts)):
                workers = Workers(self.jobs)
                jobs = _with_files(tasks, reading.files(stage, workers))
                with closing(workers.in_order(writer, jobs, stop)) as records:
                    for record in records:
                        outcome.add(record, self.options.policies.max_map_fields)
            outcome.items = reading.end()
            filled = {part.target for part in outcome.parts}
            for target in range(len(plan.targets)):
                if target not in filled:
                    outcome.parts.append(writer.empty_part(target))  # readers need one file to know the columns
        outcome.resumed = writer.resumed
        return outcome

    def _finish(self, work: Workplace, plan: WorkPlan, outcome: Outcome) -> None:
        """Compares rows with records, marks the result as complete and tidies up.

        Raises:
            ItemCountError: They do not match.
        """

        def rows_of(part: WrittenPart) -> int:
            return read_rows(self.store, self.dest.uri, part)

        rows = sum(in_order(rows_of, outcome.parts, _ASKERS))
        expected = outcome.items - outcome.counts.malformed
        if rows != expected:
            raise ItemCountError(
                self.dest.uri, f"{rows:,} rows were written of {expected:,} records; convert again with --overwrite"
            )
        told = {
            "export": self.source.told(None),
            "settings": self.options.settings(),
            "counts": outcome.told(),
            "misfits": outcome.told_misfits(),
            "quarantine": [quarantine_name(task) for task in outcome.quarantine_tasks],
            "tasks": len(plan.tasks),
        }
        inputs = self.source.told_inputs(plan.tasks, outcome.quarantined)
        write_dataset(self.store, self.dest.uri, plan, outcome.parts, told, inputs, work.folder)
        self._clean(work)

    def _clean(self, work: Workplace) -> None:
        self.dest.clear_unfinished()
        work.clear()

    def _report(
        self, targets: Sequence[Target], outcome: Outcome, tasks: int, *, before: Mapping[str, Any] | None = None
    ) -> ConvertReport:
        """Returns the report; ``before`` is what an earlier run told of the source, if that had done it all."""
        plans = column_plans(self.source, targets, self.options)
        datasets = []
        for number, (target, plan) in enumerate(zip(targets, plans, strict=True)):
            parts = [part for part in outcome.parts if part.target == number]
            datasets.append(
                DatasetReport(
                    uri=self.store.join(self.dest.uri, target.folder) if target.folder else self.dest.uri,
                    value=target.value,
                    schema=target.schema,
                    columns=len(arrow_schema(plan)),
                    rows=sum(part.rows for part in parts),
                    files=len(parts),
                    bytes=sum(part.bytes for part in parts),
                )
            )
        return ConvertReport(
            dest=self.dest.uri,
            export=self.source.told(before),
            already=before is not None,
            datasets=tuple(datasets),
            files=self.source.input_files,
            named_files=self._named_files(targets),
            items=outcome.items,
            counts=outcome.counts,
            misfits=tuple(outcome.misfits),
            tasks=tasks,
            resumed=outcome.resumed,
            rescue=self.options.rescue,
            seconds=time.monotonic() - self.started,
        )

    def _named_files(self, targets: Sequence[Target]) -> dict[int, str]:
        """Returns the data files that notes name by their number."""
        named = {note.first.file for target in targets for note in target.schema.notes if note.first is not None}
        return {file.index: file.uri for file in self.source.places() if file.index in named} if named else {}


def _with_files(tasks: Iterable[Task], files: Iterator[DataFile]) -> Iterator[tuple[Task, Sequence[DataFile]]]:
    for task in tasks:
        yield task, list(islice(files, task.files))
