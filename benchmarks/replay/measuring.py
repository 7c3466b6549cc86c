"""How fast a table is rebuilt: against the limit, against converting the base alone, and against SQL in DuckDB.

``python -m benchmarks replay`` measures; README.md says what each row is. Each run is a process of its own; all
cases of one shape run in turn, round after round. Of every run the items are counted; in the first round every way
that rebuilds the table also tells what its columns add up to, and all have to tell the same.
"""

import statistics
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.convert.cases import ION, JSON
from benchmarks.convert.child import Measured, measure
from benchmarks.data import FOLDER, Dataset, chain
from benchmarks.replay.cases import CASES, ITEMS, JOBS, LIMIT, PEAK_RATIO, SHARE, TARGETS, WINDOWS, Case
from benchmarks.rounds import ratio
from exportkit.generate import GenerateOptions, Shape
from exportkit.model.formats import OutputFormat

__all__ = ["Timing", "measure_shape", "result", "run"]


@dataclass(frozen=True)
class Timing:
    """The runs of one case.

    Attributes:
        case: What ran.
        data: On which data.
        items: Records it read.
        bytes: Decompressed bytes it read.
        seconds: The median.
        cpu_seconds: The median of processor time, of all threads.
        peak: The median of the process's greatest resident set, in bytes; 0 of the limit, which has its output ready in
            memory.
        all_seconds: Every run.
    """

    case: str
    data: str
    items: int
    bytes: int
    seconds: float
    cpu_seconds: float
    peak: int
    all_seconds: list[float]


def run(*, quick: bool = False, rounds: int = 5, folder: Path = FOLDER) -> list[Timing]:
    """Measures every case.

    Args:
        quick: On little data, one round, in this process: whether it works, not how fast it is.
        rounds: Runs of each case.
        folder: Where the data lies.
    """
    return [
        timing
        for shape, items in ITEMS.items()
        for timing in measure_shape(shape, items // 1000 if quick else items, quick, 1 if quick else rounds, folder)
    ]


def measure_shape(shape: Shape, items: int, quick: bool, rounds: int, folder: Path) -> list[Timing]:
    """Measures all cases on one shape of items, in turn."""
    data = {
        form: chain(
            f"replay-{shape}-{form}-{items}",
            GenerateOptions(items=items, shape=shape, format=form, windows=WINDOWS, changes=SHARE),
            folder,
        )
        for form in (JSON, ION)
    }
    runs: dict[tuple[Case, OutputFormat], list[Measured]] = {
        (case, form): [] for form in (JSON, ION) for case in CASES if form in case.formats
    }
    for turn in range(rounds):
        print(f"{shape}: round {turn + 1} of {rounds}", file=sys.stderr)
        for (case, form), done in runs.items():
            base, *windows = data[form]
            measured = measure(
                case.way,
                base,
                shape,
                form,
                windows=windows if case.whole else (),
                jobs=JOBS,
                check=turn == 0 and case.whole,
                alone=not quick,
            )
            expected = windows[-1].table_items if case.whole else base.items
            assert measured.rows == expected, (case, form, measured.rows, expected)
            done.append(measured)
    _compare({key: done[0].answer for key, done in runs.items()})
    return [_timing(case, f"{shape} {form}", _read(case, data[form]), done) for (case, form), done in runs.items()]


def _read(case: Case, exports: tuple[Dataset, ...]) -> tuple[Dataset, ...]:
    return exports if case.whole else exports[:1]


def _compare(answers: dict[tuple[Case, OutputFormat], dict[str, list[str]] | None]) -> None:
    """Makes sure that all ways rebuilt the same table, of both formats."""
    told = [(key, answer) for key, answer in answers.items() if answer is not None]
    (first, expected), *others = told
    for key, answer in others:
        assert answer == expected, f"{first} and {key} answer differently"


def _timing(case: Case, data: str, read: tuple[Dataset, ...], runs: list[Measured]) -> Timing:
    return Timing(
        case=case.name,
        data=data,
        items=sum(each.items for each in read),
        bytes=sum(each.bytes for each in read),
        seconds=statistics.median(each.seconds for each in runs),
        cpu_seconds=statistics.median(each.cpu_seconds for each in runs),
        peak=0 if case.name == LIMIT else int(statistics.median(each.peak for each in runs)),
        all_seconds=[each.seconds for each in runs],
    )


def result(timings: Iterable[Timing]) -> dict[str, Any]:
    """Returns timings, and the ratios that are asked for, by the data."""
    timings = list(timings)
    by_name = {(timing.case, timing.data): timing for timing in timings}
    ratios: dict[str, dict[str, float]] = {name: {} for name in (*TARGETS, *PEAK_RATIO)}
    for name, found in ratios.items():
        _, comma, cases = name.rpartition(", ")
        for data in dict.fromkeys(timing.data for timing in timings):
            over, under = (by_name.get((each, data)) for each in cases.split(" / "))
            if over is not None and under is not None:
                found[data] = over.peak / under.peak if comma else ratio(over.all_seconds, under.all_seconds)
    return {"timings": [asdict(timing) for timing in timings], "ratios": ratios}
