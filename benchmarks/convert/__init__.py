"""How fast exports become Arrow and Parquet: exportkit stage by stage, the limit, and what people would take instead.

``python -m benchmarks convert`` measures; README.md says what each row is. Each run is a process of its own; all
cases of one shape run in turn, round after round. Of every run the rows are counted; in the first round every way
that makes columns also tells what they add up to (``answers``), and all have to tell the same.
"""

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.convert.cases import ION, ITEMS, JSON, SHAPES, Case, cases
from benchmarks.convert.child import Measured, measure
from benchmarks.convert.ratios import ratios
from benchmarks.data import FOLDER, Dataset, dataset
from exportkit.generate import GenerateOptions, Shape
from exportkit.model.formats import OutputFormat

__all__ = ["Timing", "measure_shape", "result", "run"]

_LEAST = 200
"""Items that hold every type that the shapes have, as the hand-written types expect."""


@dataclass(frozen=True)
class Timing:
    """The runs of one case.

    Attributes:
        case: Which one.
        items: Items it read.
        bytes: Decompressed bytes it read.
        seconds: The median.
        cpu_seconds: The median of processor time, of all threads.
        peak: The median of the process's greatest resident set, in bytes.
        all_seconds: Every run.
    """

    case: Case
    items: int
    bytes: int
    seconds: float
    cpu_seconds: float
    peak: int
    all_seconds: list[float]

    @property
    def per_item(self) -> list[float]:
        """Seconds an item of every run."""
        return [seconds / self.items for seconds in self.all_seconds]


def run(
    *, quick: bool = False, rounds: int = 5, folder: Path = FOLDER, shapes: Sequence[Shape] = SHAPES
) -> list[Timing]:
    """Measures every case.

    Args:
        quick: On little data, one round: whether it works, not how fast it is.
        rounds: Runs of each case.
        folder: Where the data lies.
        shapes: What items look like.
    """
    return [timing for shape in shapes for timing in measure_shape(shape, quick=quick, rounds=rounds, folder=folder)]


def measure_shape(shape: Shape, *, quick: bool, rounds: int, folder: Path) -> list[Timing]:
    """Measures all cases on one shape of items, in turn; quickly, in this process."""
    items = ITEMS[shape] // (1000 if quick else 1)
    rounds = 1 if quick else rounds
    todo = list(cases(shape))
    data = {
        (share, output_format): _data(shape, output_format, max(items // share, _LEAST), folder)
        for share in {case.share for case in todo}
        for output_format in (JSON, ION)
    }
    runs: dict[Case, list[Measured]] = {case: [] for case in todo}
    for turn in range(rounds):
        print(f"{shape}: round {turn + 1} of {rounds}", file=sys.stderr)
        for case, done in runs.items():
            read = data[case.share, case.format]
            measured = measure(
                case.way,
                read,
                case.shape,
                case.format,
                jobs=case.jobs,
                reference=case.reference,
                check=turn == 0,
                alone=not quick,
            )
            assert measured.rows == read.items, (case, measured.rows)
            done.append(measured)
    compare_answers({case: done[0] for case, done in runs.items()})
    return [_timing(case, data[case.share, case.format], done) for case, done in runs.items()]


def compare_answers(firsts: dict[Case, Measured]) -> None:
    """Makes sure that all ways that read the same items made the same columns of them.

    Raises:
        AssertionError: One did not; tells which, and where.
    """
    expected: dict[int, tuple[Case, dict[str, list[str]]]] = {}
    for case, measured in firsts.items():
        if measured.answer is None:
            continue
        first, answer = expected.setdefault(case.share, (case, measured.answer))
        different = {
            path: (answer.get(path), measured.answer.get(path))
            for path in sorted(answer.keys() | measured.answer.keys())
            if answer.get(path) != measured.answer.get(path)
        }
        assert not different, f"{first.key} and {case.key} answer differently: {different}"


def result(timings: Iterable[Timing]) -> dict[str, Any]:
    """Returns timings, and the ratios that are asked for."""
    timings = list(timings)
    return {
        "timings": [asdict(timing.case) | asdict(timing) | {"case": timing.case.name} for timing in timings],
        "ratios": ratios({timing.case.key: timing.per_item for timing in timings}),
    }


def _data(shape: Shape, output_format: OutputFormat, items: int, folder: Path) -> Dataset:
    options = GenerateOptions(items=items, shape=shape, format=output_format)
    return dataset(f"{shape}-{output_format}-{items}", options, folder)


def _timing(case: Case, data: Dataset, runs: list[Measured]) -> Timing:
    return Timing(
        case=case,
        items=data.items,
        bytes=data.bytes,
        seconds=statistics.median(each.seconds for each in runs),
        cpu_seconds=statistics.median(each.cpu_seconds for each in runs),
        peak=int(statistics.median(each.peak for each in runs)),
        all_seconds=[each.seconds for each in runs],
    )
