"""The shares of a joining's memory: together they are no more than it, and everything that joins keeps to them."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.joining.budget import Budget
from exportkit.joining.joins import join_all
from exportkit.joining.writing import write_joined
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import Joined, JoinOptions, Operation
from exportkit.reading.spill import Spill

MIB = 1 << 20
CHAIN = Path(__file__).parents[2] / "samples/chain/backups/AWSDynamoDB"
BASE = "01769904000000-ba5569b2"
WINDOW = "01769904911000-71f50655"


@pytest.mark.parametrize("jobs", [1, 2, 16])
@pytest.mark.parametrize("memory", [32 * MIB, 128 * MIB, 1 << 30, 1 << 40])
def test_the_shares_fit(memory: int, jobs: int) -> None:
    budget = Budget.of(memory, jobs)
    assert budget.filter_bytes + 2 * budget.entry_bytes <= memory, "while files are read"
    assert budget.filter_bytes + 3 * budget.entry_bytes <= memory, "while what stayed in memory is joined"
    # Of each job what it reads, what it makes of it, a copy of that, and what waits; and what is being taken.
    leaves = 4 * jobs + 1
    assert budget.filter_bytes + leaves * budget.leaf_bytes <= memory, "while what was spilled is joined"


def test_there_is_a_least() -> None:
    budget = Budget.of(1, 4)
    assert min(budget.entry_bytes, budget.leaf_bytes) >= 100_000


RUNS: list[tuple[str, Callable[..., object]]] = [
    ("replay", lambda dest, **how: exportkit.replay(CHAIN / BASE, **how).write(dest)),
    ("replay to Parquet", lambda dest, **how: exportkit.replay(CHAIN / BASE, **how).to_parquet(dest)),
    ("diff", lambda dest, **how: exportkit.diff(CHAIN / BASE, CHAIN / BASE, dest, key=("pk", "sk"), **how)),
    ("compact", lambda dest, **how: exportkit.compact([CHAIN / WINDOW], dest, **how)),
    ("revert", lambda dest, **how: exportkit.revert([CHAIN / WINDOW], dest, **how)),
]


@pytest.mark.parametrize("run", [run for _, run in RUNS], ids=[name for name, _ in RUNS])
def test_every_command_spills_and_joins_by_the_shares(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., object]
) -> None:
    asked: list[tuple[int, int]] = []
    begin = Spill.__init__

    def begin_and_note(self: Spill, *args: Any, **how: Any) -> None:
        asked.append((how["memory"], how["leaf_memory"]))
        begin(self, *args, **how)

    monkeypatch.setattr(Spill, "__init__", begin_and_note)
    run(tmp_path, memory=64 * MIB, jobs=3, engine=engine)
    budget = Budget.of(64 * MIB, 3)
    assert asked
    assert set(asked) == {(budget.entry_bytes, budget.leaf_bytes)}


# --- What is alive at once ---------------------------------------------------------------------------------

LEAF = 2 * MIB


class _Doubling:
    """Joins entries into as many bytes of lines."""

    def join(self, entries: bytes, _: JoinOptions) -> Joined:
        return Joined(
            lines=bytes(len(entries)),
            records=1,
            inserted=1,
            replaced=0,
            deleted=0,
            absent=0,
            untouched=0,
            dropped=0,
            repeated=0,
            ghosts=0,
            drift={},
            samples=(),
            keyed_twice=None,
        )


class _Nowhere:
    """A data file, and the export it is of: what is written is only counted."""

    size = 0

    def data_file(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, lines: bytes, _: int) -> None:
        self.size += len(lines)


@pytest.fixture
def leaves(tmp_path: Path) -> Iterator[Spill]:
    """Eight leaves on disk, all of one size."""

    def partition(entries: Any, _: int) -> list[bytes]:
        runs = [b""] * 256
        runs[entries[0]] = bytes(entries)
        return runs

    with Spill(partition, temp_dir=tmp_path, memory=1, leaf_memory=LEAF, what="changes") as spill:
        for number in range(8):
            spill.add(bytes([number]) * LEAF)
        yield spill


@pytest.fixture
def peak() -> Iterator[Callable[[], float]]:
    """Returns how many leaves were alive at once since the test began."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    yield lambda: (tracemalloc.get_traced_memory()[1] - before) / LEAF
    tracemalloc.stop()


OPTIONS = JoinOptions(operation=Operation.REPLAY, form=OutputFormat.DYNAMODB_JSON)


@pytest.mark.parametrize("jobs", [1, 3])
def test_lines_that_were_written_are_gone_before_the_next_are_made(
    leaves: Spill, peak: Callable[[], float], jobs: int
) -> None:
    written: Any = _Nowhere()
    engine: Any = _Doubling()
    write_joined(written, engine, leaves, OPTIONS, exports=[], records=1_000_000, jobs=jobs)
    assert written.size == 8 * LEAF
    assert peak() < 2.5 * jobs, "of each job the entries of a leaf and the lines made of them"


@pytest.mark.parametrize("jobs", [1, 3])
def test_lines_that_were_taken_are_gone_too(leaves: Spill, peak: Callable[[], float], jobs: int) -> None:
    engine: Any = _Doubling()
    taken = 0
    for joined in join_all(engine, leaves, OPTIONS, jobs, []):
        taken += len(joined.lines)
        del joined
    assert taken == 8 * LEAF
    assert peak() < 3 * jobs + 1.5, "and lines that wait for their turn"
