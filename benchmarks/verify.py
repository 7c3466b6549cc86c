"""How fast verify is: against the limit, against what people do today, and one job against two.

``python -m benchmarks verify`` measures; README.md says what each row is. All cases of one
kind of data run in turn, round after round, in one process: what disturbs one disturbs all.
Every answer that is timed is checked.
"""

import base64
import gc
import gzip
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer
from isal.igzip import IGzipFile

import exportkit
from benchmarks.data import FOLDER, Dataset, dataset
from exportkit.generate import GenerateOptions, Shape
from exportkit.model.formats import OutputFormat
from exportkit.store.inflate import CHUNK_SIZE

JSON, ION = OutputFormat
KEY = ("pk", "sk")
ITEMS = {Shape.TYPICAL: 250_000, Shape.NARROW: 1_000_000, Shape.WIDE: 340_000}
"""Items of each shape that make 200 MB and more of DynamoDB JSON."""

SLOW_SHARE = 20
"""What is slow reads a table of the same shape that is smaller by this; time per item is compared."""


@dataclass(frozen=True)
class Timing:
    """The runs of one case.

    Attributes:
        case: What ran.
        data: On which data.
        items: Items it read.
        bytes: Decompressed bytes it read.
        seconds: The median.
        cpu_seconds: The median of processor time, which a busy machine disturbs less.
        all_seconds: Every run.
    """

    case: str
    data: str
    items: int
    bytes: int
    seconds: float
    cpu_seconds: float
    all_seconds: list[float]


def run(*, quick: bool = False, rounds: int = 7, folder: Path = FOLDER) -> list[Timing]:
    """Measures every case.

    Args:
        quick: On little data, one round: whether it works, not how fast it is.
        rounds: Runs of each case.
        folder: Where the data lies.
    """
    timings: list[Timing] = []
    for shape, items in ITEMS.items():
        timings += measure_shape(shape, items // 1000 if quick else items, 1 if quick else rounds, folder)
    return timings


def measure_shape(shape: Shape, items: int, rounds: int, folder: Path) -> list[Timing]:
    """Measures all cases on one shape of items, in turn."""
    whole = {
        output_format: dataset(
            f"{shape}-{output_format}-{items}", GenerateOptions(items=items, shape=shape, format=output_format), folder
        )
        for output_format in OutputFormat
    }
    cases: dict[tuple[str, str], tuple[Dataset, Callable[[Dataset], None]]] = {}
    for output_format, data in whole.items():
        cases["limit", output_format] = data, inflate_and_hash
        cases["verify", output_format] = data, verify
        cases["verify --key", output_format] = data, verify_with_key
        cases["verify --jobs 2", output_format] = data, verify_in_two_jobs
    if shape is Shape.TYPICAL:
        few = items // SLOW_SHARE
        small = dataset(f"{shape}-small-{few}", GenerateOptions(items=few, shape=shape), folder)
        cases["today", JSON] = small, todays_way
        cases["reference", JSON] = small, verify_by_the_reference_engine
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (data, work) in cases.items():
            gc.collect()
            start, cpu_start = time.perf_counter(), time.process_time()
            work(data)
            runs[name].append((time.perf_counter() - start, time.process_time() - cpu_start))
    timings = []
    for (case, output_format), (data, _) in cases.items():
        seconds, cpu_seconds = zip(*runs[case, output_format], strict=True)
        medians = statistics.median(seconds), statistics.median(cpu_seconds)
        timings.append(Timing(case, f"{shape} {output_format}", data.items, data.bytes, *medians, list(seconds)))
    return timings


# --- the cases ---------------------------------------------------------------------------------------------


class _Hashing(FileIO):
    """Hashes a file's bytes as they are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.md5 = hashlib.md5(usedforsecurity=False)

    def readinto(self, buffer: memoryview) -> int:
        count = super().readinto(buffer)
        self.md5.update(buffer[:count])
        return count


def inflate_and_hash(data: Dataset) -> None:
    """The limit: igzip's inflate and OpenSSL's MD5 over all files, in verify's chunks, and nothing else."""
    size = 0
    digests = []
    for path in data.files:
        with _Hashing(path) as file:
            reader = IGzipFile(fileobj=file, mode="rb")
            while chunk := reader.read(CHUNK_SIZE):
                size += len(chunk)
            digests.append(file.md5.hexdigest())
    assert size == data.bytes
    assert digests == [base64.b64decode(text).hex() for text in data.md5s]


def verify(data: Dataset, *, jobs: int = 1, key: tuple[str, ...] | None = None) -> None:
    """Verifies at the level of records, as ``exportkit verify --jobs 1`` does."""
    report = exportkit.verify(data.location, jobs=jobs, key=key)
    assert report.ok, report.findings
    assert report.counts["records"] == report.counts["items"] == data.items
    assert report.counts["bytes"] == data.bytes


def verify_with_key(data: Dataset) -> None:
    """The same with ``--key``: every key is looked at, and none may stand twice."""
    verify(data, key=KEY)


def verify_in_two_jobs(data: Dataset) -> None:
    """The same with ``--jobs 2``."""
    verify(data, jobs=2)


def verify_by_the_reference_engine(data: Dataset) -> None:
    """The same by the engine in Python."""
    with _environment("EXPORTKIT_ENGINE", "reference"):
        verify(data)


class _Deserializer(TypeDeserializer):
    """boto3's, made to take what an export holds for B: it refuses base64 text."""

    def _deserialize_b(self, value: str) -> Binary:
        return Binary(base64.b64decode(value))


def todays_way(data: Dataset) -> None:
    """gzip, json.loads and boto3's TypeDeserializer, line by line: what the web tells people to do."""
    deserialize = _Deserializer().deserialize
    items = 0
    for path in data.files:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                item = {name: deserialize(value) for name, value in json.loads(line)["Item"].items()}
                items += bool(item)
    assert items == data.items


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


# --- what comes of it --------------------------------------------------------------------------------------


def result(timings: list[Timing]) -> dict[str, Any]:
    """Returns timings, and the ratios that are asked for: of time per item, and of processor time where one job ran."""
    by_name = {(timing.case, timing.data): timing for timing in timings}
    ratios: dict[str, tuple[float, float | None]] = {}

    def compare(name: str, over: Timing, under: Timing, *, jobs: int = 1) -> None:
        cpu = over.cpu_seconds / over.items / (under.cpu_seconds / under.items)
        ratios[name] = over.seconds / over.items / (under.seconds / under.items), cpu if jobs == 1 else None

    for shape in ITEMS:
        as_json, as_ion = (f"{shape} {output_format}" for output_format in OutputFormat)
        for data in (as_json, as_ion):
            limit, one = by_name["limit", data], by_name["verify", data]
            compare(f"verify / limit, {data}", one, limit)
            compare(f"verify --key / limit, {data}", by_name["verify --key", data], limit)
            compare(f"one job / two jobs, {data}", one, by_name["verify --jobs 2", data], jobs=2)
        compare(f"ION / DYNAMODB_JSON, {shape}", by_name["verify", as_ion], by_name["verify", as_json])
    data = f"{Shape.TYPICAL} {JSON}"
    for case in ("today", "reference"):
        compare(f"{case} / verify, {data}", by_name[case, data], by_name["verify", data])
    return {"timings": [asdict(timing) for timing in timings], "ratios": ratios}
