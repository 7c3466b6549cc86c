"""The law of replay to Parquet: the rows that convert makes of the export that replay makes, in its order."""

import functools
import gzip
import re
import subprocess
import sys
import tempfile
import threading
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import exportkit
from exportkit.convert.run import prepare
from exportkit.convert.work import TaskRecord, Workplace
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    DriftError,
    ItemCountError,
    Md5MismatchError,
    MisfitError,
    MixedTypesError,
    SplitError,
    UsageError,
)
from exportkit.joining.identity import identify
from exportkit.model.formats import OutputFormat
from exportkit.model.statistics import InferOptions
from exportkit.reading import NoProgress, Workers
from exportkit.reading.spill import Spill
from exportkit.replay.rebuild import Rebuilding
from exportkit.replay.state import StateSource
from exportkit.schema import Mixed, Numbers, SchemaOptions
from exportkit.store import StoreOptions
from tests.histories import START, History, Write
from tests.replay.story import drifted, files_in, history, written

JSON, ION = OutputFormat


def parquet_in(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in files_in(folder).items() if name.endswith(".parquet")}


HOWS: dict[str, dict[str, Any]] = {
    "plain": {},
    "columns": {"options": SchemaOptions(flatten_depth=1, rest_as_json=True, columns=("pk",))},
    "split": {"split_by": "pk"},
    "small files": {"target_file_size": 1000},
    "numbers as strings": {"options": SchemaOptions(numbers=Numbers.STRING)},
}


def table_in(folder: Path) -> pa.Table:
    """Returns the rows of a dataset, file by file in the order of their names."""
    return pa.concat_tables([pq.read_table(path) for path in sorted((folder / "data").iterdir())])


def datasets_in(folder: Path) -> dict[str, Path]:
    """Returns the folders that have a dataset of their own, by their names; the folder itself where it is not split."""
    split = {path.parent.name: path.parent for path in folder.glob("*=*/dataset.json")}
    return split or {"": folder}


@pytest.mark.parametrize("how", [{"numbers": "string"}, {"on_malformed": "quarantine"}], ids=min)
def test_what_is_no_argument_is_not_passed_over(tmp_path: Path, how: dict[str, Any]) -> None:
    state = exportkit.replay(written(tmp_path / "in"))
    with pytest.raises(TypeError, match=min(how)):
        state.to_parquet(tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("form", "how"),
    [
        pytest.param(form, how, marks=() if form is JSON or name == "plain" else pytest.mark.slow, id=f"{form}-{name}")
        for form, (name, how) in product(OutputFormat, HOWS.items())
    ],
)
def test_equal_to_an_export_that_is_converted(
    engine: Engine, tmp_path: Path, form: OutputFormat, how: dict[str, Any]
) -> None:
    base = written(tmp_path / "in", forms=(form, ION, JSON))
    state = exportkit.replay(base, engine=engine, jobs=2)
    direct = state.to_parquet(tmp_path / "direct", **how)
    exported = state.write(tmp_path / "export")
    exportkit.convert(exported.dest, tmp_path / "converted", engine=engine, jobs=2, **how)
    found, expected = datasets_in(tmp_path / "direct"), datasets_in(tmp_path / "converted")
    assert list(found) == list(expected)
    for name, folder in found.items():
        table = table_in(folder)
        assert table.schema.equals(table_in(expected[name]).schema, check_metadata=True)
        assert table.equals(table_in(expected[name]))
    assert direct.counts == exported.counts
    assert direct.dataset is not None
    assert direct.dataset.rows == direct.dataset.items == exported.items


def test_a_sample_is_of_base_and_changes(engine: Engine, base: Path, tmp_path: Path) -> None:
    report = exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d", sample=40, compression="snappy")
    assert report.dataset is not None
    assert not report.dataset.counts.rescued
    assert table_in(tmp_path / "d").schema.names == ["n", "pk", "_rescued"]
    assert table_in(tmp_path / "d").num_rows == 39


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_state_is_written_nowhere_and_the_bytes_do_not_depend_on_jobs(
    engine: Engine, tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = written(tmp_path / "in", forms=(JSON, ION))
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *_, **__: pytest.fail("nothing is to lie in a temporary folder"))
    monkeypatch.setattr(Spill, "_spill", lambda *_: pytest.fail("so few changes fit into memory"))
    state = exportkit.replay(base, engine=engine, jobs=jobs)
    state.to_parquet(tmp_path / "d", target_file_size=1000)
    assert state.plan().temporary_bytes == 0
    again = exportkit.replay(base, engine=engine, jobs=2)
    again.to_parquet(tmp_path / "e", target_file_size=1000)
    assert parquet_in(tmp_path / "d") == parquet_in(tmp_path / "e")
    assert len(parquet_in(tmp_path / "d")) > 1


LATE = history(
    *((-1, f"k{n:02}", n) for n in range(40)),
    *((0.2 + n / 100, f"k{n:02}", 10**20 + n) for n in range(40)),
)


@pytest.mark.parametrize("windows", [0, 1])
def test_the_schema_is_that_of_the_final_state(engine: Engine, tmp_path: Path, windows: int) -> None:
    """Every number outgrows the base's; with no window at all the base is the state."""
    base = written(tmp_path / "in", LATE, windows=windows)
    exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d")
    table = table_in(tmp_path / "d")
    expected = pa.decimal128(38, 0) if windows else pa.int64()
    assert table.schema.field("n").type == expected
    assert sorted(map(int, table["n"].to_pylist())) == [n + 10**20 * windows for n in range(40)]


def test_an_attribute_that_all_items_have_lost_is_no_column(engine: Engine, tmp_path: Path) -> None:
    """The guess has it, for the base's sample has it; the whole state has not."""
    gone = history(*((-1, f"k{n:02}", n) for n in range(5)), *((0.5, f"k{n:02}", None) for n in range(5)))
    base = written(tmp_path / "in", gone, windows=1)
    report = exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d")
    assert report.counts["deleted"] == 5
    assert report.items == 0
    table = table_in(tmp_path / "d")
    assert (table.num_rows, table.schema.names) == (0, ["_rest"])


def retyped(items: int, changed: int) -> History:
    """Returns a table whose first items get another type after the base."""
    keys = [f"k{n:02}" for n in range(items)]
    base = [Write(START - items + n, (key,), {"pk": key, "v": Decimal(n)}) for n, key in enumerate(keys)]
    return History(("pk",), (*base, *(Write(START, (key,), {"pk": key, "v": "text"}) for key in keys[:changed])))


def test_types_that_mix_in_the_sample_alone_are_no_error(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in", retyped(50, 50), windows=1)
    state = exportkit.replay(base, engine=engine)
    state.to_parquet(tmp_path / "d", options=SchemaOptions(mixed=Mixed.ERROR))
    assert table_in(tmp_path / "d")["v"].to_pylist() == ["text"] * 50


def lines_named(error: Exception, root: Path) -> dict[str, dict[str, Any]]:
    """Returns the items that an error's notes name, by what is named: read where the state was written to."""
    found = {}
    for note in error.__notes__:
        if named := re.fullmatch(r"first (\w+): (.*), line (\d+) \(byte (\d+)\)", note):
            tag, name, line, offset = named.groups()
            data = gzip.decompress((root / name).read_bytes())
            assert data[: int(offset)].count(b"\n") == int(line) - 1
            found[tag] = orjson.loads(data[int(offset) :].splitlines()[0])
    return found


@pytest.mark.parametrize("how", [{}, {"split_by": "other"}], ids=["guessed", "split"])
def test_types_that_mix_in_the_state_are_an_error(engine: Engine, tmp_path: Path, how: dict[str, Any]) -> None:
    base = written(tmp_path / "in", retyped(3, 1), windows=1)
    state = exportkit.replay(base, engine=engine)
    with pytest.raises(MixedTypesError, match=r"v has values of several types: .*\b2 N\b.*") as caught:
        state.to_parquet(tmp_path / "d", options=SchemaOptions(mixed=Mixed.ERROR), **how)
    assert files_in(tmp_path / "d") == {}
    state.write(tmp_path / "e")
    found = lines_named(caught.value, tmp_path / "e")
    assert {tag: list(line["Item"]["v"]) for tag, line in found.items()} == {"N": ["N"], "S": ["S"]}
    assert any("of the rebuilt state, which is written nowhere" in note for note in caught.value.__notes__)


def test_types_that_mix_in_a_sample_are_told_in_the_inputs(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in", retyped(3, 1), windows=1)
    with pytest.raises(MixedTypesError) as caught:
        exportkit.replay(base, engine=engine).to_parquet(
            tmp_path / "d", options=SchemaOptions(mixed=Mixed.ERROR), sample=100
        )
    found = lines_named(caught.value, tmp_path)
    assert list(found["N"]["Item"]["v"]) == ["N"]
    assert found["S"]["NewImage"]["v"] == {"S": "text"}
    assert not any("rebuilt" in note for note in caught.value.__notes__)


def test_a_misfit_is_told_in_the_state(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in", retyped(3, 1), windows=1)
    state = exportkit.replay(base, engine=engine)
    with exportkit.replay(base, [], engine=engine) as before:
        schema = before.schema()
    with pytest.raises(MisfitError, match="the S at /v fits no column") as caught:
        state.to_parquet(tmp_path / "d", schema=schema, on_misfit="error")
    assert "of the rebuilt state, which is written nowhere" in "".join(caught.value.__notes__)
    state.write(tmp_path / "e")
    assert (tmp_path / "e" / caught.value.uri).is_file()


def test_too_many_values_to_split_by_are_told_of_the_state(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = written(tmp_path / "in", retyped(3, 1), windows=1)
    state_module = sys.modules[StateSource.__module__]  # the package has a function of its name
    monkeypatch.setattr(state_module, "InferOptions", functools.partial(InferOptions, max_split_values=2))
    state = exportkit.replay(base, engine=engine)
    with pytest.raises(SplitError, match=r"^the rebuilt state: more than 2 values of pk") as caught:
        state.to_parquet(tmp_path / "d", split_by="pk")
    assert "a split takes at most 2 values; name another attribute" in caught.value.__notes__
    monkeypatch.setattr(state_module, "InferOptions", functools.partial(InferOptions, max_split_values=1))
    with pytest.raises(SplitError, match=r"^AWSDynamoDB/.* line 2 .*more than 1 values of pk") as caught:
        state.to_parquet(tmp_path / "d", split_by="pk")
    assert "of the rebuilt state, which is written nowhere" in "".join(caught.value.__notes__)
    assert "a split takes at most 1 values; name another attribute" in caught.value.__notes__


@pytest.mark.parametrize("tasks", [1, 2])
def test_a_run_that_was_interrupted_is_gone_on_with(
    engine: Engine, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: int
) -> None:
    exportkit.replay(base, engine=engine).to_parquet(tmp_path / "whole", target_file_size=300)
    done: list[int] = []
    save = Workplace.save_record

    def interrupted(self: Workplace, task: int, record: TaskRecord) -> None:
        if len(done) == tasks:
            raise KeyboardInterrupt
        done.append(task)
        save(self, task, record)

    state = exportkit.replay(base, engine=engine, jobs=1)
    with monkeypatch.context() as patched:
        patched.setattr(Workplace, "save_record", interrupted)
        try:
            state.to_parquet(tmp_path / "d", target_file_size=300)
        except KeyboardInterrupt:
            assert not (tmp_path / "d/dataset.json").exists()
    report = state.to_parquet(tmp_path / "d", target_file_size=300)
    assert report.dataset is not None
    assert report.already or report.dataset.resumed == tasks
    assert report.counts["items"] == report.dataset.rows == 39
    assert parquet_in(tmp_path / "d") == parquet_in(tmp_path / "whole")


def test_nothing_more_is_joined_once_another_task_has_failed(base: Path) -> None:
    state = exportkit.replay(base)
    prepared = prepare("nowhere", storage=StoreOptions())
    identity = identify(state.chain.base.summary, "replay", [], {}, None) if state.chain.base else None
    assert identity is not None
    source = StateSource(state.chain, state.options, state.engine, identity, prepared.opened, 1)
    stop = threading.Event()
    with source.reading(NoProgress(), stop) as reading:
        reading.pass_over(list(reading.files(0, Workers(1))))
        stop.set()
        reading.pass_over(list(reading.files(1, Workers(1))))
        with pytest.raises(ItemCountError, match="0 replaced, 0 deleted, 0 inserted"):
            reading.end()


def test_drift_that_is_refused_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    base = drifted(tmp_path / "in")
    with pytest.raises(DriftError):
        exportkit.replay(base, engine=engine, strict=True).to_parquet(tmp_path / "d")
    assert files_in(tmp_path / "d") == {}
    assert sum(exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d").drift.values()) == 3
    with pytest.raises(DriftError):
        exportkit.replay(base, engine=engine, strict=True).to_parquet(tmp_path / "d")
    assert table_in(tmp_path / "d").num_rows


def test_the_dataset_tells_what_it_is_made_of(engine: Engine, base: Path, tmp_path: Path) -> None:
    exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d")
    told = orjson.loads((tmp_path / "d/dataset.json").read_bytes())
    assert told["export"]["uri"] is None, "it was written nowhere"
    assert [each["items"] for each in told["export"]["exportkit"]["inputs"]] == [40, 7, 3]
    assert told["export"]["replayed"]["counts"]["deleted"] == 2
    assert "/tmp" not in str(told["export"])
    assert sum(each["items"] for each in told["inputs"] if each["task"] == 0) == 40
    assert sum(each["items"] for each in told["inputs"] if each["task"] is None) == 10
    assert all(each["md5"] for each in told["inputs"])
    assert told["counts"]["items"] == told["counts"]["rows"] == 39
    assert pq.read_table(tmp_path / "d/data").num_rows == 39


def test_the_same_again_is_there_already_and_another_is_refused(
    engine: Engine, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = exportkit.replay(base, engine=engine)
    assert not state.to_parquet(tmp_path / "d").already
    again = state.to_parquet(tmp_path / "d")
    assert again.already
    assert again.counts["items"] == again.items == 39
    assert again.dataset is not None
    assert again.dataset.items == 39
    earlier = exportkit.replay(base, engine=engine, until="2026-01-14T10:35:00Z")
    with monkeypatch.context() as patched:
        patched.setattr(Rebuilding, "__enter__", lambda _: pytest.fail("too late"))
        with pytest.raises(UsageError, match="another input"):
            earlier.to_parquet(tmp_path / "d")
    assert earlier.to_parquet(tmp_path / "d", overwrite=True).items == 40


def test_what_stands_in_the_way_is_told_before_anything_is_rebuilt(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rebuilding, "__enter__", lambda _: pytest.fail("too late"))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/mine.txt").write_text("mine")
    state = exportkit.replay(base)
    with pytest.raises(UsageError, match=r"is not empty: .*mine\.txt"):
        state.to_parquet(tmp_path / "d")
    with pytest.raises(UsageError, match="compression_level"):
        state.to_parquet(tmp_path / "e", compression_level=99)


def test_a_corrupt_increment_never_becomes_rows(engine: Engine, base: Path, tmp_path: Path) -> None:
    path = max((base.parent / "data").iterdir(), key=lambda each: each.stat().st_size)
    data = bytearray(path.read_bytes())
    data[-12] ^= 1
    path.write_bytes(data)
    temp = tmp_path / "temp"
    temp.mkdir()
    with pytest.raises((Md5MismatchError, exportkit.errors.DataError), match=path.name):
        exportkit.replay(base, engine=engine, temp_dir=temp).to_parquet(tmp_path / "d")
    assert files_in(tmp_path / "d") == {}
    assert list(temp.iterdir()) == []


def test_an_export_is_written_without_pyarrow(base: Path, tmp_path: Path) -> None:
    code = "import sys, exportkit; exportkit.replay(sys.argv[1]).write(sys.argv[2]); print('pyarrow' in sys.modules)"
    words = [sys.executable, "-c", code, str(base), str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
