"""The bytes that AWS wrote are read without a fault, and written again as they were."""

import gzip
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import TextForm
from tests.engine.running import ION, JSON, canonical, items, scan, transcode

FILES = [
    ("full-json/**/data/*.json.gz", JSON, 3),
    ("full-ion/input1.ion.gz", ION, 236),
    ("full-ion/input2.ion.gz", ION, 296),
]

each_file = pytest.mark.parametrize(("pattern", "form", "count"), FILES, ids=["json", "ion-1", "ion-2"])


def read(folder: Path, pattern: str) -> bytes:
    (path,) = folder.glob(pattern)
    return gzip.decompress(path.read_bytes())


@each_file
def test_they_scan_clean(engine: Engine, real_exports: Path, pattern: str, form: str, count: int) -> None:
    report = scan(engine, read(real_exports, pattern), 1000, format=form)
    assert (report.records, report.faults, report.malformed, report.blank_lines) == (count, (), 0, 0)
    assert sum(report.types.values()) > count


@each_file
def test_they_are_written_as_they_were(engine: Engine, real_exports: Path, pattern: str, form: str, count: int) -> None:
    data = read(real_exports, pattern)
    same = TextForm.ION if form is ION else TextForm.DYNAMODB_JSON
    lines = data.split(b"\n")
    if form is ION:  # most lines begin with a space, which means nothing
        lines = [line.removeprefix(b" ") for line in lines]
    assert transcode(engine, data, same, format=form) == b"\n".join(lines)


@each_file
def test_they_keep_their_values_in_the_other_format(
    engine: Engine, real_exports: Path, pattern: str, form: str, count: int
) -> None:
    data = read(real_exports, pattern)
    other, written = (JSON, TextForm.DYNAMODB_JSON) if form is ION else (ION, TextForm.ION)
    there = transcode(engine, data, written, format=form)
    assert canonical(engine, there, format=other) == canonical(engine, data, format=form)
    assert items(engine, there, format=other) == items(engine, data, format=form)
    assert len(items(engine, data, format=form)) == count
