"""One measurement in a process of its own, so that imports and memory of others do not mix with it.

``python -m benchmarks.convert.child JSON`` runs one way once and prints what it took, as JSON.
"""

import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.convert import ours, peers, spool
from benchmarks.convert.task import Task, Way
from benchmarks.data import Dataset
from benchmarks.replay import rebuild
from exportkit.generate import Shape
from exportkit.model.formats import OutputFormat

ROOT = Path(__file__).parents[2]
MODULES = {"ours": ours, "peers": peers, "spool": spool, "rebuild": rebuild}


@dataclass(frozen=True)
class Measured:
    """What one run took.

    Attributes:
        seconds: Time.
        cpu_seconds: Processor time, of all its threads.
        peak: The process's greatest resident set, in bytes, interpreter and what lay ready in memory included.
        rows: Rows it made.
        answer: Figures of what it made (``answers``), where they were asked for.
    """

    seconds: float
    cpu_seconds: float
    peak: int
    rows: int
    answer: dict[str, list[str]] | None


def measure(
    way: str,
    data: Dataset,
    shape: Shape,
    output_format: OutputFormat,
    *,
    windows: Sequence[Dataset] = (),
    jobs: int = 1,
    reference: bool = False,
    check: bool = False,
    alone: bool = True,
) -> Measured:
    """Runs a way, in a child process.

    Args:
        way: Module and function, ``ours.scan``.
        data: What it reads.
        shape: What the items look like.
        output_format: How they are written.
        windows: The incremental exports after it, for ways that read them.
        jobs: Threads it may use; libraries that have pools of their own are held to it too.
        reference: Whether the reference engine reads.
        check: Whether to ask for its answer too.
        alone: Whether in a process of its own; else in this one, which is quick and measures nothing.
    """
    with tempfile.TemporaryDirectory() as scratch:
        told = {
            "way": way,
            "shape": shape,
            "format": output_format,
            "location": data.location,
            "windows": [window.location for window in windows],
            "files": [str(path) for path in data.files],
            "items": data.items,
            "bytes": data.bytes,
            "jobs": jobs,
            "scratch": scratch,
            "check": check,
        }
        engine = {"EXPORTKIT_ENGINE": "reference" if reference else "native"}
        if not alone:
            with mock.patch.dict(os.environ, engine):
                return main(told)
        env = os.environ | engine | dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(jobs))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.convert.child", json.dumps(told)],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{way} on {data.location} failed:\n{done.stderr}")
    return Measured(**json.loads(done.stdout))


def main(told: dict[str, Any]) -> Measured:
    task = Task(
        shape=Shape(told["shape"]),
        format=OutputFormat(told["format"]),
        location=told["location"],
        windows=tuple(told["windows"]),
        files=tuple(map(Path, told["files"])),
        items=told["items"],
        size=told["bytes"],
        jobs=told["jobs"],
        scratch=Path(told["scratch"]),
    )
    module, _, name = told["way"].partition(".")
    way: Way = getattr(MODULES[module], name)(task)
    gc.collect()
    start, cpu_start = time.perf_counter(), time.process_time()
    result = way.run()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    peak = _peak()
    return Measured(seconds, cpu_seconds, peak, way.rows(result), way.answer(result) if told["check"] else None)


def _peak() -> int:
    # Not ru_maxrss: that has the peak of the process that was forked from, too.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    assert found is not None
    return 1024 * int(found[1])


if __name__ == "__main__":
    print(json.dumps(asdict(main(json.loads(sys.argv[1])))))
