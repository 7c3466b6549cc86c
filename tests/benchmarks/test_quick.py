"""The benchmarks still run, and their tables fit the README."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import making, memory, report, verify
from benchmarks.data import dataset
from benchmarks.machine import machine, told
from exportkit.generate import GenerateOptions


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("data")
    return {
        "verify": verify.result(verify.run(quick=True, folder=folder)),
        "memory": memory.run(quick=True, folder=folder),
        "making": making.run(quick=True),
    }


def test_every_target_is_measured(results: dict[str, dict[str, dict[str, Any]]]) -> None:
    ratios = results["verify"]["ratios"]
    assert set(report.TARGETS) <= set(ratios)
    assert all(ratio > 0 for ratio, _ in ratios.values())
    assert [name for name, (_, cpu) in ratios.items() if cpu is None] == [name for name in ratios if "jobs" in name]
    peaks = results["memory"]["peaks"]
    assert len(peaks) == 8
    assert all(20_000_000 < peak < 400_000_000 for peak in peaks.values())
    assert len(results["making"]["seconds"]) == 8


def test_tables_go_into_the_readme(
    results: dict[str, dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(report.README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(report, "README", readme)
    here = machine()
    for name, result in results.items():
        report.write(name, here, result)
        report.write(name, here, result)  # takes the place of the first
        assert json.loads((tmp_path / "results" / f"{name}.json").read_bytes())["machine"] == here
    text = readme.read_text("utf-8")
    assert text.count(told(here)) == 3
    for part in (
        "| verify / limit, typical DYNAMODB_JSON |",
        "| verify --key --jobs 2, 4 GB |",
        "| 1,000 items, wide ION |",
    ):
        assert text.count(part) == 1


def test_data_is_made_once_and_anew_for_other_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = dataset("x", GenerateOptions(items=30), tmp_path)
    assert dataset("x", GenerateOptions(items=30), tmp_path) == first
    assert capsys.readouterr().err.count("making") == 1
    assert dataset("x", GenerateOptions(items=31), tmp_path).items == 31
