"""From a base and increments to the table at a later instant: as an export, over both engines."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    DriftError,
    DuplicateKeyError,
    GzipError,
    ItemCountError,
    MalformedRecordError,
    Md5MismatchError,
    StoreError,
    UsageError,
)
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.scan import ReadOptions
from exportkit.replay import Rebuilt
from tests.commands import lines_in, made, state_in
from tests.histories import START, WINDOW, Writing, typed
from tests.making import Made
from tests.replay.story import END, STORY, drifted, files_in, history, numbers, written

CHAIN = Path(__file__).parents[2] / "samples/chain"
BASE = CHAIN / "backups/AWSDynamoDB/01769904000000-ba5569b2"
JSON, ION = OutputFormat


def rebuilt(base: Path, engine: Engine, **how: Any) -> Rebuilt:
    return exportkit.replay(base, engine=engine, **{"jobs": 1, **how})


def times_in(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_sample_chain_leads_to_what_it_is_said_to(engine: Engine, tmp_path: Path) -> None:
    report = rebuilt(BASE, engine).write(tmp_path, verify_result=True)
    assert report.verified is not None
    assert report.ok
    items = engine.items(ReadOptions(format=JSON, export_type=ExportType.FULL, uri="items.jsonl"))
    expected = [
        *items.feed((CHAIN / f"expected/{BASE.name}/items.jsonl").read_bytes()),
        *items.finish(),
    ]
    found = state_in(Path(report.dest), ("pk", "sk"))
    assert typed(found) == typed({(item["pk"], item["sk"]): item for item in expected})
    told = orjson.loads((CHAIN / f"expected/{BASE.name}/exports.json").read_bytes())["exports"]
    assert report.items == told[-1]["tableItems"] == len(expected)
    assert report.key == ("pk", "sk")


@pytest.mark.parametrize("forms", [(JSON,), (ION,), (JSON, ION), (ION, JSON)], ids="-".join)
@pytest.mark.parametrize("form", [None, JSON, ION])
def test_formats_may_be_mixed_and_changed(
    engine: Engine, tmp_path: Path, forms: tuple[OutputFormat, ...], form: OutputFormat | None
) -> None:
    base = written(tmp_path / "in", forms=forms)
    report = rebuilt(base, engine, format=form).write(tmp_path / "out", verify_result=True)
    folder = made(tmp_path / "out")
    summary = exportkit.open(folder).summary
    assert summary.output_format is (form or forms[0])
    assert numbers(state_in(folder, ("pk",))) == numbers(STORY.state(END))
    assert report.counts == {
        "base": 40,
        "changes": 7 + 3,
        "inserted": 1,
        "replaced": 5,
        "deleted": 2,
        "untouched": 33,
        "absent": 0,
        "repeated": 0,
        "ghosts": 0,
        "items": 39,
    }
    assert not any(report.drift.values())
    assert report.ok


def test_untouched_lines_stay_as_they_are_and_in_order(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    changed = {f"k{n:02}" for n in (0, 1, 2, 3, 4, 10, 11)}
    before = [line for line in lines_in(base) if orjson.loads(line)["Item"]["pk"]["S"] not in changed]
    rebuilt(base, engine).write(tmp_path / "out")
    assert [line for line in lines_in(made(tmp_path / "out")) if line in before] == before


@pytest.mark.parametrize("form", OutputFormat)
def test_the_same_bytes_whatever_is_done_side_by_side_and_fits_into_memory(
    engine: Engine, tmp_path: Path, form: OutputFormat
) -> None:
    base = written(tmp_path / "in", forms=(form,))
    found = []
    for jobs, memory in ((1, 1 << 30), (4, 1 << 30), (2, 1)):
        dest = tmp_path / f"{jobs} {memory}"
        rebuilt(base, engine, jobs=jobs, memory=memory).write(dest)
        found.append(files_in(dest))
    assert found[0] == found[1] == found[2]
    assert any(name.endswith("lineage.json") for name in found[0])


def test_a_result_that_is_there_is_not_made_again(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    first = rebuilt(base, engine).write(tmp_path / "out")
    before = times_in(tmp_path / "out")
    second = rebuilt(base, engine).write(tmp_path / "out")
    assert (first.already, second.already) == (False, True)
    assert times_in(tmp_path / "out") == before
    assert (second.counts, second.key, second.dest) == (first.counts, first.key, first.dest)


def test_until_stops_at_the_end_of_a_window_or_at_the_base(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    for windows, until in ((1, "2026-01-14T10:35:00Z"), (0, "2026-01-14T10:20:00Z")):
        dest = tmp_path / str(windows)
        report = rebuilt(base, engine, until=until).write(dest)
        assert numbers(state_in(made(dest), ("pk",))) == numbers(STORY.state(START + windows * WINDOW))
        assert exportkit.open(made(dest)).summary.export_time == report.chain.end
    assert report.key is None, "no change record told it"


@pytest.mark.parametrize("forms", [(JSON, JSON), (ION, ION), (JSON, ION), (ION, JSON)], ids=str)
def test_without_any_change_the_state_stays(
    engine: Engine, tmp_path: Path, forms: tuple[OutputFormat, OutputFormat]
) -> None:
    base = written(tmp_path / "in", windows=0, forms=forms[:1])
    rebuilt(base, engine, format=forms[1]).write(tmp_path / "out", verify_result=True)
    assert numbers(state_in(made(tmp_path / "out"), ("pk",))) == numbers(STORY.state(START))


def test_an_empty_table_and_a_table_that_is_emptied(engine: Engine, tmp_path: Path) -> None:
    born = history((0.5, "a", 1))
    base = written(tmp_path / "empty", born, windows=1)
    assert rebuilt(base, engine).write(tmp_path / "one", verify_result=True).items == 1
    gone = history((-1, "a", 1), (0.5, "a", None))
    base = written(tmp_path / "full", gone, windows=1)
    assert rebuilt(base, engine).write(tmp_path / "none", verify_result=True).items == 0


def test_the_result_is_a_base_again(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    whole = rebuilt(base, engine).write(tmp_path / "whole")
    half = rebuilt(base, engine, until="2026-01-14T10:35:00Z").write(tmp_path / "half")
    windows = [export.uri for export in exportkit.find_exports(tmp_path / "in") if export.summary.window]  # type: ignore[union-attr]  # whole ones
    rest = exportkit.replay(half.dest, windows, engine=engine).write(tmp_path / "rest")
    assert state_in(Path(rest.dest), ("pk",)) == state_in(Path(whole.dest), ("pk",))
    assert [why for _, why in rest.chain.left_out] == ["before-base"]


# --- drift ---------------------------------------------------------------------------------------------------


def test_drift_is_counted_and_told_with_both_images(engine: Engine, tmp_path: Path) -> None:
    report = rebuilt(drifted(tmp_path / "in"), engine).write(tmp_path / "out")
    assert report.drift == {"missing": 1, "unexpected": 1, "different": 1}
    told = {sample["kind"]: sample for sample in report.samples}
    images = {kind: (sample["old_image"], sample["state"]) for kind, sample in told.items()}
    read = {kind: tuple(text and orjson.loads(text)["n"]["N"] for text in both) for kind, both in images.items()}
    assert [float(n) if n else n for n in read["different"]] == [2, 7]
    assert [float(n) if n else n for n in read["missing"]] == [1, None]
    assert [float(n) if n else n for n in read["unexpected"]] == [None, 8]
    assert orjson.loads(told["different"]["key"]) == {"pk": {"S": "k02"}}
    line = lines_in(Path(report.chain.links[0].export.uri))
    assert any(b"k02" in each for each in line)
    assert Path(told["different"]["file"]).is_file()
    data = gzip.decompress(Path(told["different"]["file"]).read_bytes())
    assert b"k02" in data.splitlines()[told["different"]["line"] - 1]
    assert data[told["different"]["offset"] :].splitlines()[0] == data.splitlines()[told["different"]["line"] - 1]
    assert numbers(state_in(made(tmp_path / "out"), ("pk",))) == numbers(STORY.state(START + WINDOW))
    again = rebuilt(tmp_path / "in" / "AWSDynamoDB" / Path(report.chain.base.uri).name, engine).write(tmp_path / "out")  # type: ignore[union-attr]
    assert again.already
    assert again.drift == report.drift
    window = report.chain.links[0].export.id
    assert {sample["export"] for sample in report.samples} == {window}
    names = [Path(sample["file"]).name for sample in report.samples]
    assert [sample["file"] for sample in again.samples] == [f"{window}/…/{name}" for name in names]
    kept = orjson.loads((Path(report.dest) / "lineage.json").read_bytes())["samples"]
    assert [(sample["export"], sample["file"]) for sample in kept] == [(window, name) for name in names]


def test_drift_can_be_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"1 missing, 1 unexpected, 1 different") as raised:
        rebuilt(drifted(tmp_path / "in"), engine, strict=True).write(tmp_path / "out")
    assert raised.value.exit_code == 1
    assert len(raised.value.samples) == 3
    assert files_in(tmp_path / "out") == {}


def test_drift_in_a_result_that_is_there_is_refused_too(engine: Engine, tmp_path: Path) -> None:
    base = drifted(tmp_path / "in")
    rebuilt(base, engine).write(tmp_path / "out")
    there = files_in(tmp_path / "out")
    with pytest.raises(DriftError, match=r"1 missing, 1 unexpected, 1 different\); first [0-9a-f-]{23}/…/\w+\.json"):
        rebuilt(base, engine, strict=True).write(tmp_path / "out")
    assert files_in(tmp_path / "out") == there


def test_a_result_whose_lineage_tells_nothing_is_not_taken_for_done(engine: Engine, tmp_path: Path) -> None:
    base = drifted(tmp_path / "in")
    report = rebuilt(base, engine).write(tmp_path / "out")
    (Path(report.dest) / "lineage.json").write_bytes(b"{}")
    with pytest.raises(StoreError, match=r"lineage\.json is gone or tells no key; delete the folder and run again"):
        rebuilt(base, engine).write(tmp_path / "out")


# --- faults: nothing is left -----------------------------------------------------------------------------------


def spoil_gzip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def spoil_md5(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 9, mtime=1))


def spoil_record(path: Path) -> None:
    manifest = next(each for each in path.parents[1].glob("*/manifest-files.json") if path.name in each.read_text())
    data = gzip.compress(gzip.decompress(path.read_bytes()).replace(b'{"N"', b'{"X"'))
    path.write_bytes(data)
    forget_md5s(manifest)


def spoil_count(path: Path) -> None:
    data = gzip.compress(gzip.decompress(path.read_bytes()).split(b"\n", 1)[1])
    path.write_bytes(data)
    for manifest in (*path.parents[1].glob("*/manifest-files.json"), *path.parents[1].glob("manifest-files.json")):
        forget_md5s(manifest)


def forget_md5s(manifest: Path) -> None:
    export = Made(manifest.parents[2], manifest.parent)
    export.rewrite(manifest.stem, lambda data: b"".join(map(without_md5, data.splitlines())))


def without_md5(line: bytes) -> bytes:
    entry = orjson.loads(line)
    entry.pop("md5Checksum")
    return bytes(orjson.dumps(entry)) + b"\n"


SPOILED: list[tuple[Callable[[Path], None], type[Exception]]] = [
    (spoil_gzip, GzipError),
    (spoil_md5, Md5MismatchError),
    (spoil_count, ItemCountError),
]


@pytest.mark.parametrize(("spoil", "error"), SPOILED, ids=["gzip", "MD5", "count"])
@pytest.mark.parametrize("which", ["base", "increment"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_fault_in_any_input_leaves_nothing(
    engine: Engine, tmp_path: Path, spoil: Callable[[Path], None], error: type[Exception], which: str, jobs: int
) -> None:
    base = written(tmp_path / "in")
    folder = base / "data" if which == "base" else base.parent / "data"
    path = max(folder.iterdir(), key=lambda each: each.stat().st_size)
    spoil(path)
    with pytest.raises(error, match=path.name):
        rebuilt(base, engine, jobs=jobs).write(tmp_path / "out")
    assert files_in(tmp_path / "out") == {}


def test_a_malformed_record_is_named(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    path = max((base.parent / "data").iterdir(), key=lambda each: each.stat().st_size)
    spoil_record(path)
    with pytest.raises(MalformedRecordError, match=rf"{path.name}: line \d+ \(byte \d+\)"):
        rebuilt(base, engine).write(tmp_path / "out")
    assert files_in(tmp_path / "out") == {}


def test_two_items_with_one_key_that_is_changed_are_an_error_that_names_both(engine: Engine, tmp_path: Path) -> None:
    root = tmp_path / "in"
    writing = Writing(root, plain=True)
    writing.numbered(STORY, 0)
    twice = dict(STORY.state(START))
    twice["again",] = {"pk": "k01", "n": Decimal(5)}
    base = writing.full(twice)
    with pytest.raises(DuplicateKeyError, match=r"line 41 \(byte \d+\).*line 2 \(byte \d+\)") as raised:
        rebuilt(base, engine).write(tmp_path / "out")
    assert raised.value.exit_code == 3
    assert files_in(tmp_path / "out") == {}


def test_a_fault_while_the_result_is_written_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = written(tmp_path / "in")

    def full(*_: Any, **__: Any) -> None:
        raise StoreError("lineage.json", "no space left on device")

    monkeypatch.setattr("exportkit.joining.made.MadeExport.finish", full)
    with pytest.raises(StoreError, match="no space"):
        rebuilt(base, engine).write(tmp_path / "out")
    assert files_in(tmp_path / "out") == {}


# --- the plan, and what is refused at once -----------------------------------------------------------------------


def test_the_plan_tells_what_applies_and_what_it_takes(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    plan = rebuilt(base, engine).plan()
    assert [size.items for size in plan.sizes] == [40, 7, 3]
    assert all(size.bytes and size.text_bytes >= size.bytes for size in plan.sizes)
    told = plan.to_dict()
    assert told["format"] == "DYNAMODB_JSON"
    assert len(told["links"]) == 2
    assert told["temporary"] == {"folder": None, "entries": 0, "state": 0}
    assert 0 < told["memory"]["filter"] + told["memory"]["entries"] < told["memory"]["allowed"] == 1 << 30
    assert rebuilt(base, engine).plan(written=False).state_bytes > 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"format": "CSV"}, "format is 'CSV'"),
        ({"jobs": 0}, "jobs is 0"),
        ({"memory": 0}, "memory is 0"),
        ({"max_record_size": 0}, "max_record_size is 0"),
        ({"until": "yesterday"}, "until is 'yesterday'"),
        ({"until": "2026-01-14T10:20:00"}, "until is"),
        ({"increments": "somewhere"}, "pass a list"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path: Path, how: dict[str, Any], error: str) -> None:
    base = written(tmp_path / "in")
    with pytest.raises(UsageError, match=error):
        exportkit.replay(base, **how)
