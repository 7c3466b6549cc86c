"""What may lie in a destination, and what is refused."""

from pathlib import Path

import orjson
import pytest

import exportkit
from exportkit.errors import MalformedRecordError, StoreError, UsageError
from exportkit.model.formats import OutputFormat
from tests.convert.helpers import SMALL, contents, orders, rows
from tests.making import Made, item, make_export


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return orders(tmp_path_factory.mktemp("export"), files=3, items=20)


@pytest.mark.parametrize("settings", [{"compression": "snappy"}, {"on_malformed": "quarantine"}, {"sample": 10}])
def test_a_result_of_other_settings_is_refused(settings: dict[str, object], made: Made, tmp_path: Path) -> None:
    exportkit.convert(made.folder, tmp_path / "d")
    before = contents(tmp_path / "d")
    with pytest.raises(UsageError, match="--overwrite"):
        exportkit.convert(made.folder, tmp_path / "d", **settings)
    assert contents(tmp_path / "d") == before
    exportkit.convert(made.folder, tmp_path / "d", overwrite=True, **settings)
    assert exportkit.convert(made.folder, tmp_path / "d", **settings).already


def test_a_result_of_another_input_is_refused(made: Made, tmp_path: Path) -> None:
    other = make_export(tmp_path / "e", OutputFormat.DYNAMODB_JSON, [[item(OutputFormat.DYNAMODB_JSON, "a")]])
    exportkit.convert(other.folder, tmp_path / "d")
    with pytest.raises(UsageError, match="another input"):
        exportkit.convert(made.folder, tmp_path / "d")
    exportkit.convert(made.folder, tmp_path / "d", overwrite=True)
    assert rows(tmp_path / "d").num_rows == 60


def test_fewer_files_than_before_leave_none_behind(made: Made, tmp_path: Path) -> None:
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    exportkit.convert(made.folder, tmp_path / "d", overwrite=True)
    assert sorted(contents(tmp_path / "d")) == ["data/part-00000-000.parquet", "dataset.json"]


def test_a_moved_export_is_the_same_input(made: Made, tmp_path: Path) -> None:
    exportkit.convert(made.folder, tmp_path / "d")
    moved = tmp_path / "moved"
    made.root.rename(moved)
    try:
        assert exportkit.convert(moved / made.folder.relative_to(made.root), tmp_path / "d").already
    finally:
        moved.rename(made.root)


@pytest.mark.parametrize("name", ["data/strange.parquet", "strange", "data/sub/x", "quarantine/x"])
def test_files_of_others_are_refused_and_stay(name: str, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "d" / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(UsageError, match="is not empty"):
        exportkit.convert(made.folder, tmp_path / "d")
    if "/" in name:
        with pytest.raises(UsageError, match="none of exportkit's"):
            exportkit.convert(made.folder, tmp_path / "d", overwrite=True)
    assert list(contents(tmp_path / "d")) == [name]


def test_a_dataset_json_of_somebody_else_is_left_alone(made: Made, tmp_path: Path) -> None:
    for text in (b"{}", b"no json", orjson.dumps({"format": "exportkit-dataset", "version": 99})):
        (tmp_path / "dataset.json").write_bytes(text)
        for overwrite in (False, True):
            with pytest.raises(StoreError, match="was not written by this exportkit"):
                exportkit.convert(made.folder, tmp_path, overwrite=overwrite)
        assert (tmp_path / "dataset.json").read_bytes() == text


@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_a_result_that_was_harmed_is_not_called_done(harm: str, made: Made, tmp_path: Path) -> None:
    exportkit.convert(made.folder, tmp_path / "d")
    before = contents(tmp_path / "d")
    path = tmp_path / "d" / "data" / "part-00000-000.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    if harm == "gone":
        path.unlink()
    with pytest.raises(StoreError, match="missing or was changed"):
        exportkit.convert(made.folder, tmp_path / "d")
    exportkit.convert(made.folder, tmp_path / "d", overwrite=True)
    assert contents(tmp_path / "d") == before


def test_the_export_s_own_folder_is_no_destination(made: Made) -> None:
    before = contents(made.root)
    for overwrite in (False, True):
        with pytest.raises(UsageError):
            exportkit.convert(made.folder, made.folder, overwrite=overwrite)
    assert contents(made.root) == before


def test_what_fails_before_anything_is_decided_leaves_nothing(tmp_path: Path) -> None:
    made = make_export(tmp_path / "e", OutputFormat.DYNAMODB_JSON, [["{"]])
    with pytest.raises(MalformedRecordError):
        exportkit.convert(made.folder, tmp_path / "d")
    assert not (tmp_path / "d").exists()
