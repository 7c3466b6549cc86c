"""How a conversion is cut into tasks: contiguous runs of the manifest, by the data alone."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

__all__ = ["Task", "by_stage", "cut_stages", "cut_tasks"]

_TASKS_WANTED = 16
"""A small export is cut into so many tasks, to keep as many processors busy, unless its parts were too small then."""
_LEAST_PART = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A contiguous run of data files that is converted into files of its own; the unit of resume.

    Attributes:
        number: From 0, in the order of the manifest.
        first: Index of its first data file.
        files: How many there are.
        items: Records they hold, as the manifest says.
        part_rows: Rows of each of its Parquet files, about.
    """

    number: int
    first: int
    files: int
    items: int
    part_rows: int

    @classmethod
    def from_dict(cls, document: Any) -> Self:
        """Returns a task as ``to_dict`` tells it."""
        return cls(**document)

    def to_dict(self) -> dict[str, int]:
        """Returns the task for JSON."""
        return asdict(self)


def cut_tasks(counts: Sequence[int], bytes_per_row: float, target: int) -> tuple[Task, ...]:
    """Returns the tasks that all data files fall into, near equal in rows.

    A large export's tasks give one file of the target size each; a data file that is larger makes
    a task alone, of several Parquet files.

    Args:
        counts: Records of each data file, in the order of the manifest.
        bytes_per_row: What a row takes in Parquet, about.
        target: Bytes that a Parquet file should have.

    Example:
        >>> [(task.first, task.files) for task in cut_tasks([100, 0, 100, 400], 10_000, 256_000_000)]
        [(0, 3), (3, 1)]
    """
    items = sum(counts)
    size = items * bytes_per_row
    wanted = max(1, min(_TASKS_WANTED, int(size // min(_LEAST_PART, target))), round(size / target))
    runs = min(
        (_runs(counts, items, number) for number in _numbers_near(wanted)),
        key=lambda each: (_spans(each), -len(each)),
    )
    tasks: list[Task] = []
    first = 0
    for files, held in runs:
        parts = max(1, round(held * bytes_per_row / target))
        part_rows = max(1, -(-held // parts))
        tasks.append(Task(number=len(tasks), first=first, files=files, items=held, part_rows=part_rows))
        first += files
    return tuple(tasks)


def cut_stages(stages: Sequence[Sequence[int]], bytes_per_row: float, target: int) -> tuple[Task, ...]:
    """Returns the tasks of several stages, numbered on; arguments as of ``cut_tasks``, ``counts`` for each stage."""
    tasks: list[Task] = []
    files = 0
    for counts in stages:
        own = cut_tasks(counts, bytes_per_row, target)
        tasks += [replace(task, number=len(tasks) + task.number, first=files + task.first) for task in own]
        files += len(counts)
    return tuple(tasks)


def by_stage(tasks: Sequence[Task], stages: Sequence[Sequence[int]]) -> Iterator[Sequence[Task]]:
    """Yields the tasks of each stage, in order, as ``cut_stages`` cut them."""
    files = 0
    for counts in stages:
        end = files + len(counts)
        yield [task for task in tasks if files <= task.first < end]
        files = end


def _numbers_near(wanted: int) -> Iterable[int]:
    """Returns the numbers of tasks to choose from: few files may fall into one more evenly than into another."""
    return range(max(1, wanted * 2 // 3), wanted + 1) if wanted <= _TASKS_WANTED else (wanted,)


def _runs(counts: Sequence[int], items: int, wanted: int) -> list[tuple[int, int]]:
    """Returns runs of files, none of them without records, each as the number of its files and of their records."""
    runs: list[tuple[int, int]] = []
    files = held = before = 0
    current = 0
    for count in counts:
        # By the middle of the file, so that one that lies across a border goes where most of it is.
        own = min(wanted - 1, (2 * before + count) * wanted // (2 * items)) if count else current
        if own != current and held:
            runs.append((files, held))
            files = held = 0
        current = own
        files += 1
        held += count
        before += count
    return [*runs, (files, held)] if files else runs


def _spans(runs: Sequence[tuple[int, int]]) -> int:
    """Returns how long two workers and four would take for the runs, together, in records."""
    total = 0
    for workers in (2, 4):
        ends = [0] * workers
        for _, held in runs:
            heapq.heapreplace(ends, ends[0] + held)
        total += max(ends)
    return total
