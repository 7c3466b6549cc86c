"""How fast verify and convert are on an export in S3, against the same export in a local folder.

``python -m benchmarks s3`` measures; README.md says what each row is. The server is SeaweedFS on loopback, in a
process of its own, whose processor time is not ours: the ratio of processor time is what reading from S3 costs,
that of time what it takes where the server has no core of its own. Every answer that is timed is checked.
"""

import gc
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import exportkit
from benchmarks.data import FOLDER, Dataset, dataset
from exportkit.generate import GenerateOptions, Shape
from exportkit.store import StoreOptions
from tests.servers.s3 import S3, start_seaweedfs

ITEMS = 250_000
JOBS = (1, 2)
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "testsecret",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Timing:
    """The runs of one case.

    Attributes:
        case: What ran.
        place: Where the export lay.
        seconds: The median.
        cpu_seconds: The median of our processor time.
        requests: Requests to S3 of one run.
    """

    case: str
    place: str
    seconds: float
    cpu_seconds: float
    requests: int


def run(*, quick: bool = False, rounds: int = 7, folder: Path = FOLDER) -> list[Timing]:
    """Measures every case, local files and S3 in turn.

    Args:
        quick: On little data, one round: whether it works, not how fast it is.
        rounds: Runs of each case.
        folder: Where the data lies.
    """
    items = ITEMS // 100 if quick else ITEMS
    data = dataset(f"{Shape.TYPICAL}-s3-{items}", GenerateOptions(items=items, shape=Shape.TYPICAL), folder)
    server = start_seaweedfs()
    try:
        with mock.patch.dict(os.environ, _ENVIRONMENT), S3.with_new_bucket(server.url, "benchmark") as s3:
            top = next(parent for parent in Path(data.location).parents if parent.name == "AWSDynamoDB").parent
            s3.upload(top)
            places = {"local": data.location, "S3": f"{s3.uri}/{Path(data.location).relative_to(top)}"}
            cases = {("verify", jobs): _verify for jobs in JOBS} | {("convert", jobs): _convert for jobs in JOBS}
            return [
                timing
                for (name, jobs), work in cases.items()
                for timing in _measure(f"{name} --jobs {jobs}", work, jobs, data, places, s3, 1 if quick else rounds)
            ]
    finally:
        server.stop()


def _measure(
    case: str,
    work: Callable[[str, Dataset, int, StoreOptions], None],
    jobs: int,
    data: Dataset,
    places: dict[str, str],
    s3: S3,
    rounds: int,
) -> list[Timing]:
    runs: dict[str, list[tuple[float, float]]] = {place: [] for place in places}
    requests = dict.fromkeys(places, 0)
    for _ in range(rounds):
        for place, location in places.items():
            options = s3.options()
            gc.collect()
            start, cpu_start = time.perf_counter(), time.process_time()
            work(location, data, jobs, options)
            runs[place].append((time.perf_counter() - start, time.process_time() - cpu_start))
            requests[place] = options.traffic.requests
    timings = []
    for place, measured in runs.items():
        seconds, cpu_seconds = map(statistics.median, zip(*measured, strict=True))
        timings.append(Timing(case, place, seconds, cpu_seconds, requests[place]))
    return timings


def _verify(location: str, data: Dataset, jobs: int, options: StoreOptions) -> None:
    report = exportkit.verify(location, jobs=jobs, storage=options)
    assert report.ok, report.findings
    assert report.counts["bytes"] == data.bytes


def _convert(location: str, data: Dataset, jobs: int, options: StoreOptions) -> None:
    dest = tempfile.mkdtemp()
    try:
        report = exportkit.convert(location, f"{dest}/out", jobs=jobs, storage=options)
        assert report.ok
        assert report.rows == data.items
    finally:
        shutil.rmtree(dest)


def result(timings: list[Timing]) -> dict[str, Any]:
    """Returns timings, and for each case the ratios of S3 to local files: of time, and of processor time."""
    by_name = {(timing.case, timing.place): timing for timing in timings}
    ratios = {
        f"{case}: S3 / local": (
            by_name[case, "S3"].seconds / local.seconds,
            by_name[case, "S3"].cpu_seconds / local.cpu_seconds,
        )
        for (case, place), local in by_name.items()
        if place == "local"
    }
    return {"timings": [asdict(timing) for timing in timings], "ratios": ratios}
