"""The law of replay to Parquet: the very bytes that convert makes of the export that replay makes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import Md5MismatchError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.schema import SchemaOptions
from tests.replay.story import files_in, written

JSON, ION = OutputFormat

HOWS: list[dict[str, Any]] = [
    {},
    {"options": SchemaOptions(flatten_depth=1, rest_as_json=True, columns=("pk",))},
    {"sample": 3, "compression": "snappy"},
    {"split_by": "pk"},
    {"target_file_size": 1000},
]


def parquet_in(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in files_in(folder).items() if name.endswith(".parquet")}


@pytest.mark.parametrize("how", HOWS, ids=["plain", "columns", "sampled", "split", "small files"])
@pytest.mark.parametrize("form", OutputFormat)
def test_equal_to_an_export_that_is_converted(
    engine: Engine, tmp_path: Path, form: OutputFormat, how: dict[str, Any]
) -> None:
    base = written(tmp_path / "in", forms=(form, ION, JSON))
    state = exportkit.replay(base, engine=engine, jobs=2)
    direct = state.to_parquet(tmp_path / "direct", **how)
    exported = state.write(tmp_path / "export")
    exportkit.convert(exported.dest, tmp_path / "converted", engine=engine, jobs=2, **how)
    found = parquet_in(tmp_path / "direct")
    assert found == parquet_in(tmp_path / "converted")
    assert found
    assert direct.counts == exported.counts
    assert direct.dataset is not None
    assert direct.dataset.rows == exported.items


def test_the_dataset_tells_what_it_is_made_of(engine: Engine, base: Path, tmp_path: Path) -> None:
    exportkit.replay(base, engine=engine).to_parquet(tmp_path / "d")
    told = orjson.loads((tmp_path / "d/dataset.json").read_bytes())
    assert told["export"]["uri"] is None, "it was in temporary files"
    assert [each["items"] for each in told["export"]["exportkit"]["inputs"]] == [40, 7, 3]
    assert told["export"]["replayed"]["counts"]["deleted"] == 2
    assert "/tmp" not in str(told["export"])
    assert pq.read_table(tmp_path / "d/data").num_rows == 39


def test_the_same_again_is_there_already_and_another_is_refused(
    engine: Engine, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = exportkit.replay(base, engine=engine)
    assert not state.to_parquet(tmp_path / "d").already
    assert state.to_parquet(tmp_path / "d").already
    earlier = exportkit.replay(base, engine=engine, until="2026-01-14T10:35:00Z")
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["exportkit.replay.rebuilt"].Rebuild, "run", lambda _: pytest.fail("too late"))
        with pytest.raises(UsageError, match="another input"):
            earlier.to_parquet(tmp_path / "d")
    assert earlier.to_parquet(tmp_path / "d", overwrite=True).items == 40


def test_what_stands_in_the_way_is_told_before_anything_is_rebuilt(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["exportkit.replay.rebuilt"].Rebuild, "run", lambda _: pytest.fail("too late"))
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
