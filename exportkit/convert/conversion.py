"""One conversion, from the manifest to dataset.json."""

import threading
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from exportkit.codec.arrow_types import arrow_schema
from exportkit.convert.dataset import Finished, read_dataset, read_rows, write_dataset
from exportkit.convert.deciding import column_plans, decide
from exportkit.convert.destination import LOCK, Destination
from exportkit.convert.guess import confirmed
from exportkit.convert.options import ConvertOptions, MadeOf, fingerprint_of
from exportkit.convert.progress import FirstPass
from exportkit.convert.report import ConvertReport, DatasetReport
from exportkit.convert.tasks import Task
from exportkit.convert.work import Outcome, Target, Workplace, WorkPlan, WrittenPart
from exportkit.convert.writing import TaskWriter, part_is_whole, quarantine_name
from exportkit.errors import ItemCountError, MisfitError, MixedTypesError, StoreError, UsageError
from exportkit.export import DataFile, Export
from exportkit.model.formats import ExportType
from exportkit.reading import NoProgress, OpenExport, Progress, in_order
from exportkit.reading.schemas import note_places
from exportkit.store import Store
from exportkit.store.base import Lock
from exportkit.store.temporary import temporary_folder

__all__ = ["Conversion", "refuse_another"]

_ASKERS = 16  # footers are waited for, not computed


@dataclass(kw_only=True)
class Conversion:
    """The arguments of one conversion, and where it stands."""

    source: Export
    export: OpenExport
    dest: Destination
    options: ConvertOptions
    made_of: MadeOf | None = None
    jobs: int
    overwrite: bool
    temp_dir: str | None
    progress: Progress
    counts: "array[int]" = field(default_factory=lambda: array("q"))
    started: float = field(default_factory=time.monotonic)

    @property
    def store(self) -> Store:
        """Where the destination lies."""
        return self.dest.store

    def run(self) -> ConvertReport:
        """Converts, or finds that it was done; arguments and errors are those of ``exportkit.convert``."""
        try:
            return self._run()
        except MixedTypesError as error:
            note_places(error, {file.index: file.uri for file in self.source.files()})
            raise

    def _run(self) -> ConvertReport:
        fingerprint = self._fingerprint(self._read_manifest())
        with self.store.lock(self.store.join(self.dest.uri, LOCK)) as lock:
            finished = read_dataset(self.store, self.dest.uri)
            if finished is not None and not self.overwrite:
                return self._already(finished, fingerprint)
            work = Workplace(self.store, self.dest.uri)
            plan = self._begin(work, finished, fingerprint)
            try:
                plan, outcome = self._written(work, plan, lock)
                lock.check()
                self._finish(work, plan, outcome)
            except BaseException as error:
                error.add_note(f"unfinished: {self.dest.uri}; the same command goes on, --overwrite starts anew")
                raise
        return self._report(plan.targets, outcome, len(plan.tasks))

    def _read_manifest(self) -> str:
        """Notes how many records each data file has; returns the MD5 of manifest-files.json.

        Raises:
            ItemCountError: They do not add up to the export's.
        """
        files = self.source.files()
        for file in files:
            self.counts.append(file.entry.item_count)
        said = self.source.summary.item_count
        if files.item_count != said:
            raise ItemCountError(
                self.source.uri, f"its files hold {files.item_count:,} records, its summary says {said:,}; export anew"
            )
        return files.md5 or ""

    def _fingerprint(self, files_md5: str) -> str:
        export = [self.source.summary_md5, files_md5] if self.made_of is None else [self.made_of.fingerprint]
        return fingerprint_of(export, self.options)

    def _already(self, finished: Finished, fingerprint: str) -> ConvertReport:
        """Returns the report on a result that is there.

        Raises:
            UsageError: It is another one.
            StoreError: It is not whole.
        """
        _refuse_finished(self.dest, finished, fingerprint)
        outcome = finished.outcome
        for part in outcome.parts:
            if not part_is_whole(self.store, self.dest.uri, part, thorough=False):
                uri = self.store.join(self.dest.uri, part.path)
                raise StoreError(uri, "is missing or was changed since it was written; convert again with --overwrite")
        self._clean(Workplace(self.store, self.dest.uri))
        return self._report(finished.targets, outcome, finished.tasks, already=True)

    def _begin(self, work: Workplace, finished: Finished | None, fingerprint: str) -> WorkPlan:
        """Returns what is to be done: what an earlier run decided, or what is decided now."""
        plan = None if finished else work.plan()
        if plan is not None and plan.fingerprint != fingerprint:
            if not self.overwrite:
                raise _unfinished(self.dest)
            plan = None
        if plan is None and self.overwrite:
            self.dest.remove_results(finished)
        elif plan is None:
            self.dest.refuse_unless_empty()
        self.dest.clear_unfinished()
        if plan is not None:
            self.progress.begin(self.source.summary.item_count)
            return plan
        return self._decide(work, fingerprint, guess=self.options.guesses)

    def _decide(self, work: Workplace, fingerprint: str, *, guess: bool) -> WorkPlan:
        """Returns what is to be done, decided now; by a guess if the records looked at for it do not contradict it."""
        if guess:
            with suppress(MisfitError):
                return self._save(work, fingerprint, NoProgress(), passes=1, guess=True)
        looks = self.options.looks_at_all
        looking = FirstPass(self.progress) if looks else NoProgress()
        return self._save(work, fingerprint, looking, passes=2 if looks else 1, guess=False)

    def _save(self, work: Workplace, fingerprint: str, looking: Progress, *, passes: int, guess: bool) -> WorkPlan:
        """Decides, and remembers it."""
        self.progress.begin(self.source.summary.item_count * passes)
        plan = decide(self.export, self.counts, self.options, fingerprint, looking, jobs=self.jobs, guess=guess)
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
            writer = TaskWriter(
                export=self.export,
                store=self.store,
                dest=self.dest.uri,
                work=work,
                plan=plan,
                plans=column_plans(self.export, plan.targets, self.options),
                options=self.options,
                spool=spool,
                lock=lock,
                progress=self.progress,
                stop=stop,
            )
            outcome = Outcome()
            with closing(in_order(writer, self._with_files(plan.tasks), self.jobs, stop)) as records:
                for record in records:
                    outcome.add(record, self.options.policies.max_map_fields)
            filled = {part.target for part in outcome.parts}
            for target in range(len(plan.targets)):
                if target not in filled:
                    outcome.parts.append(writer.empty_part(target))  # readers need one file to know the columns
        outcome.resumed = writer.resumed
        return outcome

    def _with_files(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Sequence[DataFile]]]:
        files = self.source.files()
        for task in tasks:
            yield task, list(islice(files, task.files))

    def _finish(self, work: Workplace, plan: WorkPlan, outcome: Outcome) -> None:
        """Compares rows with records, marks the result as complete and tidies up.

        Raises:
            ItemCountError: They do not match.
        """

        def rows_of(part: WrittenPart) -> int:
            return read_rows(self.store, self.dest.uri, part)

        rows = sum(in_order(rows_of, outcome.parts, _ASKERS))
        expected = self.source.summary.item_count - outcome.counts.malformed
        if rows != expected:
            raise ItemCountError(
                self.dest.uri, f"{rows:,} rows were written of {expected:,} records; convert again with --overwrite"
            )
        told = {
            "export": self._describe(),
            "settings": self.options.settings(),
            "counts": {"items": self.source.summary.item_count, **outcome.told()},
            "misfits": outcome.told_misfits(),
            "quarantine": [quarantine_name(task) for task in outcome.quarantine_tasks],
            "tasks": len(plan.tasks),
        }
        write_dataset(self.store, self.dest.uri, plan, outcome.parts, told, self._inputs(plan, outcome), work.folder)
        self._clean(work)

    def _inputs(self, plan: WorkPlan, outcome: Outcome) -> Iterator[Mapping[str, Any]]:
        """Yields what became of each data file: the task says which Parquet files its rows are in."""
        for task, files in self._with_files(plan.tasks):
            for file in files:
                entry = file.entry
                told = {"key": entry.key, "items": entry.item_count, "md5": entry.md5, "task": task.number}
                quarantined = outcome.quarantined.get(file.index)
                yield told if quarantined is None else told | {"quarantined": quarantined}

    def _clean(self, work: Workplace) -> None:
        self.dest.clear_unfinished()
        work.clear()

    def _report(
        self, targets: Sequence[Target], outcome: Outcome, tasks: int, *, already: bool = False
    ) -> ConvertReport:
        plans = column_plans(self.export, targets, self.options)
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
            export=self._describe(),
            already=already,
            datasets=tuple(datasets),
            files=len(self.counts),
            named_files=self._named_files(targets),
            items=self.source.summary.item_count,
            counts=outcome.counts,
            misfits=tuple(outcome.misfits),
            tasks=tasks,
            resumed=outcome.resumed,
            rescue=self.options.rescue,
            seconds=time.monotonic() - self.started,
        )

    def _named_files(self, targets: Sequence[Target]) -> dict[int, str]:
        """Returns the data files that notes name by their number; none where they are soon gone."""
        if self.made_of is not None:
            return {}
        named = {note.first.file for target in targets for note in target.schema.notes if note.first is not None}
        return {file.index: file.uri for file in self.source.files() if file.index in named} if named else {}

    def _describe(self) -> dict[str, Any]:
        if self.made_of is not None:
            return dict(self.made_of.told)
        summary = self.source.summary
        told = {"uri": self.source.uri, "arn": summary.export_arn, **summary.told()}
        return {**told, "summary_md5": self.source.summary_md5}


def refuse_another(dest: Destination, fingerprint: str) -> None:
    """Makes sure that a destination holds nothing, or of the result of that fingerprint as much as there is.

    Raises:
        UsageError: It holds something else.
    """
    finished = read_dataset(dest.store, dest.uri)
    plan = Workplace(dest.store, dest.uri).plan()
    if finished is not None:
        _refuse_finished(dest, finished, fingerprint)
    elif plan is None:
        dest.refuse_unless_empty()
    elif plan.fingerprint != fingerprint:
        raise _unfinished(dest)


def _refuse_finished(dest: Destination, finished: Finished, fingerprint: str) -> None:
    if finished.fingerprint != fingerprint:
        raise UsageError(
            f"{dest.uri} holds the result of another input or of other settings; take another destination, "
            "or --overwrite it"
        )


def _unfinished(dest: Destination) -> UsageError:
    return UsageError(
        f"{dest.uri} holds an unfinished conversion of another input or with other settings; repeat "
        "its command to go on with it, or --overwrite it"
    )
