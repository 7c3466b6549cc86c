"""What an unfinished conversion remembers in its destination, so that the same command goes on with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import orjson

from exportkit.convert.tasks import Task
from exportkit.errors import ObjectNotFoundError, StoreError
from exportkit.model.decode import DecodeReport, Misfit
from exportkit.model.statistics import Place, SplitValue, Statistics
from exportkit.model.statistics_document import statistics_document, statistics_of
from exportkit.schema import Note, NoteKind, Schema, merge_statistics
from exportkit.store import Store

__all__ = [
    "DATA_FOLDER",
    "MISFITS_KEPT",
    "WORK_FOLDER",
    "Outcome",
    "Target",
    "TaskRecord",
    "WorkPlan",
    "Workplace",
    "WrittenPart",
    "add_counts",
    "target_document",
    "target_of",
]

MISFITS_KEPT = 20
"""Misfits that are told with their places; the others are counted."""


DATA_FOLDER = "data"
WORK_FOLDER = "_work"
_LIMIT = 1 << 30
_FORM = 1
"""The form of what lies in the work folder; one of another form is as of other settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One dataset that is written: the whole, or what has one value of the attribute the export is split by.

    Attributes:
        folder: Its folder in the destination; empty for the destination itself.
        value: The value.
        schema: Its schema.
        dictionary: Parquet paths of the columns with dictionaries; None: all.
    """

    folder: str
    value: SplitValue
    schema: Schema
    dictionary: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlan:
    """What was decided before the first task.

    Attributes:
        fingerprint: Of the input and the settings.
        targets: The datasets.
        tasks: The tasks.
        guessed: Whether the schema is a guess that the whole export has yet to confirm (``exportkit.convert.guess``).
    """

    fingerprint: str
    targets: tuple[Target, ...]
    tasks: tuple[Task, ...]
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPart:
    """One Parquet file of a task.

    Attributes:
        target: The number of its dataset.
        path: Where it lies in the destination.
        task: The task's number.
        rows: Its rows.
        bytes: Its bytes.
        md5: Base64 of their MD5.
        etag: Its ETag; None in local folders.
    """

    target: int
    path: str
    task: int
    rows: int
    bytes: int
    md5: str
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A finished task.

    Attributes:
        task: Its number.
        parts: What it wrote.
        counts: What was counted in all its files, ``misfits`` left out.
        misfits: The first misfits, each with its data file.
        quarantined: Malformed records of each data file that has some, by its index.
        statistics: Of all its records, where the schema is a guess.
    """

    task: int
    parts: tuple[WrittenPart, ...]
    counts: DecodeReport
    misfits: tuple[tuple[str, Misfit], ...] = ()
    quarantined: Mapping[int, int] = field(default_factory=dict)
    statistics: Statistics | None = None

    def to_json(self) -> bytes:
        """Returns the record as a document."""
        statistics = None if self.statistics is None else statistics_document(self.statistics)
        document = {**asdict(replace(self, statistics=None)), "statistics": statistics}
        return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Returns the record of a document.

        Raises:
            ValueError: It is none.
            TypeError: Likewise.
            KeyError: Likewise.
        """
        document: Any = orjson.loads(data)
        return cls(
            task=document["task"],
            parts=tuple(WrittenPart(**part) for part in document["parts"]),
            counts=replace(DecodeReport(**document["counts"]), misfits=()),
            misfits=tuple((uri, Misfit(**misfit)) for uri, misfit in document["misfits"]),
            quarantined={int(index): count for index, count in document["quarantined"].items()},
            statistics=None if document["statistics"] is None else statistics_of(document["statistics"]),
        )


@dataclass(slots=True)
class Outcome:
    """What the tasks did, all together.

    Attributes:
        parts: The Parquet files, in the order of the tasks.
        counts: What was counted, ``misfits`` left out.
        misfits: The first misfits, each with its data file.
        quarantined: Malformed records of each data file that has some, by its index.
        quarantine_tasks: The tasks that have a quarantine file.
        items: Records that were read, those that an earlier run had read and the malformed ones too.
        resumed: Tasks that an earlier run had done.
        statistics: Of all records, where the schema is a guess.
    """

    parts: list[WrittenPart] = field(default_factory=list)
    counts: DecodeReport = field(default_factory=DecodeReport)
    misfits: list[tuple[str, Misfit]] = field(default_factory=list)
    quarantined: dict[int, int] = field(default_factory=dict)
    quarantine_tasks: list[int] = field(default_factory=list)
    items: int = 0
    resumed: int = 0
    statistics: Statistics | None = None

    def add(self, record: TaskRecord, max_map_fields: int) -> None:
        """Takes the record of the next task; ``max_map_fields`` is the policies'."""
        if self.statistics is None or record.statistics is None:
            self.statistics = record.statistics
        else:
            self.statistics = merge_statistics(self.statistics, record.statistics, max_map_fields)
        self.parts += record.parts
        self.counts = add_counts(self.counts, record.counts)
        self.misfits += record.misfits[: MISFITS_KEPT - len(self.misfits)]
        self.quarantined.update(record.quarantined)
        if record.quarantined:
            self.quarantine_tasks.append(record.task)

    def told(self) -> dict[str, int]:
        """Returns the counts for dataset.json."""
        counts = self.counts
        return {
            "items": self.items,
            "rows": counts.rows,
            "quarantined": counts.malformed,
            "merged_nulls": counts.merged_nulls,
            "rescued": counts.rescued,
            "rescued_rows": counts.rescued_rows,
        }

    def told_misfits(self) -> list[dict[str, Any]]:
        """Returns the misfits for dataset.json."""
        return [{"file": uri, **asdict(misfit)} for uri, misfit in self.misfits]


def add_counts(a: DecodeReport, b: DecodeReport) -> DecodeReport:
    """Returns what was counted in both, without the misfits."""
    return DecodeReport(
        rows=a.rows + b.rows,
        malformed=a.malformed + b.malformed,
        merged_nulls=a.merged_nulls + b.merged_nulls,
        rescued=a.rescued + b.rescued,
        rescued_rows=a.rescued_rows + b.rescued_rows,
    )


def target_document(target: Target) -> dict[str, Any]:
    """Returns a dataset as it is remembered, its schema and what is to be known of it."""
    return {
        "folder": target.folder,
        "value": target.value,
        "schema": orjson.loads(target.schema.to_json()),
        "dictionary": target.dictionary,
        "notes": [note.to_dict() for note in target.schema.notes],
    }


def target_of(document: Any, uri: str) -> Target:
    """Returns the dataset that ``target_document`` told of; the errors of a document of another form are Python's."""
    value, dictionary = document["value"], document["dictionary"]
    schema = Schema.from_json(orjson.dumps(document["schema"]), uri)
    return Target(
        folder=document["folder"],
        value=None if value is None else (value[0], value[1]),
        schema=replace(schema, notes=tuple(_note(each) for each in document["notes"])),
        dictionary=None if dictionary is None else tuple(dictionary),
    )


def _note(document: Any) -> Note:
    first = document["first"]
    return Note(
        NoteKind(document["kind"]),
        document["path"],
        document["message"],
        document["count"],
        None if first is None else Place(**first),
    )


class Workplace:
    """The work folder of a destination.

    Args:
        store: Where the destination lies.
        dest: The destination.
    """

    def __init__(self, store: Store, dest: str) -> None:
        self._store = store
        self.folder = store.join(dest, WORK_FOLDER)

    def plan(self) -> WorkPlan | None:
        """Returns what was decided; None where no conversion was begun, or nothing was decided yet."""
        data = self._read("plan.json")
        if data is None:
            return None
        try:
            document: Any = orjson.loads(data)
            if document["form"] != _FORM:
                return WorkPlan(fingerprint="", targets=(), tasks=())
            return WorkPlan(
                fingerprint=document["fingerprint"],
                targets=tuple(target_of(each, self._uri("plan.json")) for each in document["targets"]),
                tasks=tuple(Task.from_dict(each) for each in document["tasks"]),
                guessed=document["guessed"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(self._uri("plan.json"), f"is no plan of a conversion ({error}); --overwrite") from error

    def save_plan(self, plan: WorkPlan) -> None:
        """Remembers what was decided."""
        document = {
            "form": _FORM,
            "fingerprint": plan.fingerprint,
            "targets": [target_document(target) for target in plan.targets],
            "tasks": [task.to_dict() for task in plan.tasks],
            "guessed": plan.guessed,
        }
        self._store.put(self._uri("plan.json"), orjson.dumps(document, option=orjson.OPT_INDENT_2))

    def record(self, task: int) -> TaskRecord | None:
        """Returns the record of a task that is finished."""
        data = self._read(_task_name(task))
        if data is None:
            return None
        try:
            return TaskRecord.from_json(data)
        except (KeyError, TypeError, ValueError):
            return None  # half of a record, after a power cut say: the task is done again

    def save_record(self, task: int, record: TaskRecord) -> None:
        """Remembers that a task is finished."""
        self._store.put(self._uri(_task_name(task)), record.to_json())

    def forget_records(self) -> None:
        """Forgets all finished tasks."""
        for info in self._store.children(self.folder)[1]:
            if self._store.name(info.uri).startswith("task-"):
                self._store.delete(info.uri)

    def clear(self) -> None:
        """Deletes the work folder."""
        self._store.delete_folder(self.folder)

    def _read(self, name: str) -> bytes | None:
        try:
            return self._store.read(self._uri(name), _LIMIT)
        except ObjectNotFoundError:
            return None

    def _uri(self, name: str) -> str:
        return self._store.join(self.folder, name)


def _task_name(task: int) -> str:
    return f"task-{task:05d}.json"
