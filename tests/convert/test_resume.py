"""Killed at any point, the same command goes on: the same bytes in the end, and nothing half-written before."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import LockedError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.store import open_store
from tests.convert.helpers import SMALL, contents, dataset, orders
from tests.making import Made, item, make_export

# Kills itself, as SIGKILL does, before the n-th time that it touches a file in the destination.
CHILD = """
import os, signal, sys
from pathlib import Path

location, dest, left, how = sys.argv[1], os.path.realpath(sys.argv[2]), int(sys.argv[3]), eval(sys.argv[4])
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}

def watch(event, args):
    global left
    if event in EVENTS and str(args[0]).startswith(dest):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

import exportkit
sys.addaudithook(watch)
exportkit.convert(location, dest, **how)
"""
JSON = OutputFormat.DYNAMODB_JSON
HOW = {"target_file_size": SMALL, "jobs": 2}


def run(made: Made, dest: Path, kill_at: int, how: dict[str, object] | None = None) -> int:
    """Converts in a process of its own and returns its exit code."""
    words = [sys.executable, "-c", CHILD, str(made.folder), str(dest), str(kill_at), repr(how or HOW)]
    return subprocess.run(words, check=False, capture_output=True, timeout=120).returncode


def look(dest: Path) -> None:
    """Sees that what has its name is whole."""
    for path in dest.rglob("*.parquet"):
        assert pq.ParquetFile(path).read().num_rows == pq.read_metadata(path).num_rows
    for path in dest.rglob("*.json"):
        orjson.loads(path.read_bytes())
    if (dest / "dataset.json").exists():
        told = dataset(dest)
        assert all((dest / part["path"]).stat().st_size == part["bytes"] for part in told["parts"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return orders(tmp_path_factory.mktemp("export"), files=8, items=20)


@pytest.fixture(scope="module")
def whole(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    dest = tmp_path_factory.mktemp("whole") / "d"
    exportkit.convert(made.folder, dest, **HOW)
    return dict(contents(dest))


@pytest.mark.parametrize("kill_at", [1, 5, 40])
def test_killed_at_a_point(kill_at: int, made: Made, whole: dict[str, bytes], tmp_path: Path) -> None:
    dest = tmp_path / "d"
    assert run(made, dest, kill_at) == -signal.SIGKILL
    look(dest)
    exportkit.convert(made.folder, dest, **HOW)
    assert contents(dest) == whole


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("split_by", [None, "kind"])
def test_killed_at_every_point(split_by: str | None, made: Made, tmp_path: Path) -> None:
    if split_by:
        lines = [item(JSON, str(number), extra=f'"kind":{{"S":"{number % 2}"}}') for number in range(60)]
        made = make_export(tmp_path / "e", JSON, [lines[:20], lines[20:40], lines[40:]])
    how = {**HOW, "jobs": 1, "split_by": split_by}
    exportkit.convert(made.folder, tmp_path / "whole", **how)
    whole = contents(tmp_path / "whole")
    kill_at = 0
    code = -signal.SIGKILL
    while code == -signal.SIGKILL:
        kill_at += 1 if split_by is None else 3
        dest = tmp_path / f"d{kill_at}"
        code = run(made, dest, kill_at, how)
        if dest.exists():
            look(dest)
        exportkit.convert(made.folder, dest, **how)
        assert contents(dest) == whole, f"killed at {kill_at}"
    assert code == 0
    assert kill_at > 25


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_thirty_random_times(made: Made, whole: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(7)
    killed = 0
    for number in range(200):
        dest = tmp_path / f"d{number // 5}"  # several times in a row, too
        words = [sys.executable, "-c", CHILD, str(made.folder), str(dest), "0", repr(HOW)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not dest.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        _, said = process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}, said.decode()
        if dest.exists():
            look(dest)
        if process.returncode and number % 5 == 4:
            killed += 5
            exportkit.convert(made.folder, dest, **HOW)
            assert contents(dest) == whole
        if killed >= 30:
            break
    assert killed >= 30


def test_finished_tasks_are_not_done_again(made: Made, whole: dict[str, bytes], tmp_path: Path) -> None:
    dest = tmp_path / "d"
    assert run(made, dest, 45, {**HOW, "jobs": 1}) == -signal.SIGKILL
    before = {path.name: path.stat().st_mtime_ns for path in (dest / "data").iterdir()}
    done = len(list((dest / "_work").glob("task-*.json")))
    assert done > 1
    report = exportkit.convert(made.folder, dest, **HOW)
    assert report.resumed == done
    after = {path.name: path.stat().st_mtime_ns for path in (dest / "data").iterdir()}
    assert sum(before.get(name) == time for name, time in after.items()) >= done
    assert contents(dest) == whole


@pytest.mark.parametrize("harm", ["gone", "changed", "shorter", "record"])
def test_a_finished_task_whose_files_are_harmed_is_done_again(
    harm: str, made: Made, whole: dict[str, bytes], tmp_path: Path
) -> None:
    dest = tmp_path / "d"
    assert run(made, dest, 45, {**HOW, "jobs": 1}) == -signal.SIGKILL
    path = dest / "data" / "part-00000-000.parquet"
    data = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "record":
        record = dest / "_work" / "task-00000.json"
        record.write_bytes(record.read_bytes()[:50])
    else:
        path.write_bytes(data[:-1] if harm == "shorter" else data[:100] + b"x" + data[101:])
    exportkit.convert(made.folder, dest, **HOW)
    assert contents(dest) == whole


def test_an_unfinished_conversion_of_other_settings_is_refused(made: Made, tmp_path: Path) -> None:
    dest = tmp_path / "d"
    assert run(made, dest, 45) == -signal.SIGKILL
    with pytest.raises(UsageError, match="unfinished conversion"):
        exportkit.convert(made.folder, dest)
    report = exportkit.convert(made.folder, dest, overwrite=True)
    assert report.resumed == 0
    assert sorted(contents(dest)) == ["data/part-00000-000.parquet", "dataset.json"]


def test_overwriting_goes_on_too(made: Made, whole: dict[str, bytes], tmp_path: Path) -> None:
    dest = tmp_path / "d"
    exportkit.convert(made.folder, dest, compression="snappy")
    how = {**HOW, "overwrite": True, "jobs": 1}
    assert run(made, dest, 60, how) == -signal.SIGKILL
    assert exportkit.convert(made.folder, dest, **how).resumed > 0
    assert contents(dest) == whole


def test_what_is_done_is_not_done_again(made: Made, whole: dict[str, bytes], tmp_path: Path, engine: Engine) -> None:
    dest = tmp_path / "d"
    first = exportkit.convert(made.folder, dest, engine=engine, **HOW)
    times = {path: path.stat().st_mtime_ns for path in dest.rglob("*")}
    again = exportkit.convert(made.folder, dest, engine=engine, **{**HOW, "jobs": 1})
    assert again.already
    assert {path: path.stat().st_mtime_ns for path in dest.rglob("*")} == times
    told, told_again = first.to_dict(), again.to_dict()
    for report in (told, told_again):
        del report["already"], report["seconds"]
    assert told == told_again
    assert again.datasets[0].schema.notes == first.datasets[0].schema.notes


def test_one_run_at_a_time(made: Made, tmp_path: Path) -> None:
    dest = tmp_path / "d"
    with open_store(str(dest)).lock(str(dest / "_lock")), pytest.raises(LockedError, match="is writing here"):
        exportkit.convert(made.folder, dest)
    assert exportkit.convert(made.folder, dest).ok
