"""The benchmarks still run, and their tables fit the README."""

import json
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks import convert, making, memory, plot, report, s3, verify
from benchmarks.convert import answers, compare_answers
from benchmarks.convert.cases import ITEMS, cases
from benchmarks.convert.child import Measured
from benchmarks.convert.ratios import TARGETS
from benchmarks.data import dataset
from benchmarks.machine import machine, told
from benchmarks.replay import measuring as replay
from benchmarks.replay import memory as replay_memory
from benchmarks.replay.cases import CASES, PEAK_RATIO
from benchmarks.replay.cases import ITEMS as REPLAYED
from benchmarks.replay.cases import TARGETS as REPLAY_TARGETS
from exportkit.generate import GenerateOptions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("data")
    return {
        "verify": verify.result(verify.run(quick=True, folder=folder)),
        "convert": convert.result(convert.run(quick=True, folder=folder)),
        "memory": memory.run(quick=True, folder=folder),
        "replay": replay.result(replay.run(quick=True, folder=folder)),
        "replay-memory": replay_memory.run(quick=True, folder=folder),
        "s3": s3.result(s3.run(quick=True, folder=folder)),
        "making": making.run(quick=True),
    }


def test_every_target_is_measured(results: dict[str, dict[str, dict[str, Any]]]) -> None:
    ratios = results["verify"]["ratios"]
    assert set(report.TARGETS) <= set(ratios)
    assert all(ratio > 0 for ratio, _ in ratios.values())
    assert [name for name, (_, cpu) in ratios.items() if cpu is None] == [name for name in ratios if "jobs" in name]
    peaks = results["memory"]["peaks"]
    assert len(peaks) == 12
    assert all(20_000_000 < peak < 400_000_000 for peak in peaks.values())
    assert len(results["making"]["seconds"]) == 8


def test_s3_and_local_files_are_measured_in_turn(results: dict[str, dict[str, Any]]) -> None:
    timings = results["s3"]["timings"]
    assert [timing["place"] for timing in timings] == ["local", "S3"] * 4
    assert all((timing["requests"] > 0) is (timing["place"] == "S3") for timing in timings)
    assert all(ratio > 0 for both in results["s3"]["ratios"].values() for ratio in both)


def test_every_way_of_convert_is_measured(results: dict[str, dict[str, Any]]) -> None:
    timings = results["convert"]["timings"]
    ways = {case.way for shape in ITEMS for case in cases(shape)}
    assert len(timings) == sum(1 for shape in ITEMS for _ in cases(shape))
    assert {timing["way"] for timing in timings} == ways
    assert all(timing["seconds"] > 0 and timing["peak"] > 10_000_000 for timing in timings)
    ratios = results["convert"]["ratios"]
    assert set(ratios) == set(TARGETS)
    assert all(values and all(value > 0 for value in values.values()) for values in ratios.values())


def test_every_way_of_replay_is_measured(results: dict[str, dict[str, Any]]) -> None:
    timings = results["replay"]["timings"]
    assert len(timings) == len(REPLAYED) * sum(len(case.formats) for case in CASES)
    assert all(timing["seconds"] > 0 for timing in timings)
    ratios = results["replay"]["ratios"]
    assert set(ratios) == {*REPLAY_TARGETS, *PEAK_RATIO}
    assert all(values and all(value > 0 for value in values.values()) for values in ratios.values())
    peaks = results["replay-memory"]["peaks"]
    assert len(peaks) == 8
    assert all(20_000_000 < peak < 400_000_000 for peak in peaks.values())


def test_answers_that_differ_are_told() -> None:
    first, second = list(cases(next(iter(ITEMS))))[:2]
    table = pa.table({"n": [1, None, 3], "s": ["x", "y", None], "m": [{"a": True}, None, {"a": None}]})
    whole = answers.of_table(table)
    assert whole == {"rows": ["3"], "n": ["2", "4"], "s": ["2", f"2 {zlib.crc32(b'xy'):08x}"], "m.a": ["1", "1"]}
    assert answers.of_table(pa.concat_tables([table.slice(0, 1), table.slice(1)])) == whole
    other = answers.of_table(table.set_column(1, "s", pa.array(["y", "x", None])))
    assert other["s"] != whole["s"]
    told = [Measured(1.0, 1.0, 1, 3, answer) for answer in (whole, other)]
    compare_answers({first: told[0], second: told[0]})
    with pytest.raises(AssertionError, match=r"answer differently: \{'s'"):
        compare_answers(dict(zip((first, second), told, strict=True)))


def test_the_plot_is_drawn_the_same_each_time(results: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: it comes with the extra bench")
    for name in ("first", "second"):
        plot.plot(results["convert"], tmp_path / f"{name}.svg")
    drawn = (tmp_path / "first.svg").read_text("utf-8")
    assert drawn == (tmp_path / "second.svg").read_text("utf-8")
    assert "DuckDB read_json, casts by hand" in drawn


def test_tables_go_into_the_readme(
    results: dict[str, dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(report.README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    docs = tmp_path / "performance.md"
    docs.write_text(report.DOCS.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(report, "README", readme)
    monkeypatch.setattr(report, "DOCS", docs)
    here = machine()
    for name, result in results.items():
        report.write(name, here, result)
        report.write(name, here, result)  # takes the place of the first
        assert json.loads((tmp_path / "results" / f"{name}.json").read_bytes())["machine"] == here
    text = readme.read_text("utf-8")
    assert text.count(told(here)) == len(results)
    for part in (
        "| verify / limit, typical DYNAMODB_JSON |",
        "| verify --key --jobs 2, 4 GB |",
        "| convert --jobs 2, 4 GB |",
        "| pyarrow.json / exportkit, bytes to Arrow |",
        "**gz to Parquet, wide ION**",
        "| 1,000 items, wide ION |",
        "| replay --to parquet / convert of the base |",
        "| replay --to export, 5,000,000 items, 300 % changed |",
    ):
        assert text.count(part) == 1
    assert docs.read_text("utf-8").count("| igzip / inference, without MD5 |") == 1


def test_data_is_made_once_and_anew_for_other_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = dataset("x", GenerateOptions(items=30), tmp_path)
    assert dataset("x", GenerateOptions(items=30), tmp_path) == first
    assert capsys.readouterr().err.count("making") == 1
    assert dataset("x", GenerateOptions(items=31), tmp_path).items == 31


def test_shapes_that_were_not_measured_keep_their_figures(results: dict[str, dict[str, Any]]) -> None:
    whole = {"machine": machine(), **results["convert"]}

    def only(*shapes: str) -> dict[str, Any]:
        timings = [timing for timing in whole["timings"] if timing["shape"] in shapes]
        ratios = {
            name: {data: ratio for data, ratio in values.items() if data.split()[0] in shapes}
            for name, values in whole["ratios"].items()
        }
        return whole | {"timings": timings, "ratios": ratios}

    joined = report._with_other_shapes(only("wide"), only("narrow", "typical"))
    assert joined["ratios"] == whole["ratios"]
    assert sorted(map(json.dumps, joined["timings"])) == sorted(map(json.dumps, whole["timings"]))
    assert list(joined["earlier"]) == ["narrow", "typical"]
    again = report._with_other_shapes(only("narrow"), joined)
    assert list(again["earlier"]) == ["typical", "wide"]
    assert again["earlier"]["typical"] == joined["earlier"]["typical"]
