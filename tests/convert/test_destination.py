"""What may lie in a destination, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import orjson
import pytest

import exportkit
from exportkit.convert import conversion
from exportkit.convert.destination import Destination
from exportkit.convert.work import Target, Workplace, WorkPlan
from exportkit.errors import MalformedRecordError, StoreError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.store.local import LocalStore
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


STRANGE = ["data/strange.parquet", "data/part-00000-000.parquet", "data/sub/x", "quarantine/x", "strange", "sub/x"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", [*STRANGE, "_work/notes.txt"])
def test_where_no_result_is_files_of_others_are_refused_and_stay(
    name: str, overwrite: bool, made: Made, tmp_path: Path
) -> None:
    path = tmp_path / "d" / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(UsageError, match=f"is not empty: {path} lies there"):
        exportkit.convert(made.folder, tmp_path / "d", overwrite=overwrite)
    assert list(contents(tmp_path / "d")) == [name]


def test_a_link_to_a_folder_of_others_is_not_written_through(made: Made, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "part-00000-000.parquet").write_text("mine")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "data").symlink_to(tmp_path / "theirs")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="is not empty"):
            exportkit.convert(made.folder, tmp_path / "d", overwrite=overwrite)
    assert (tmp_path / "theirs" / "part-00000-000.parquet").read_text() == "mine"


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    "name", ["data/notes.md", "data/sub/part-00000-000.parquet", "quarantine/x", "pk=other/data/part-00000-000.parquet"]
)
def test_files_of_others_within_a_result_are_refused_before_anything_is_deleted(
    name: str, finished: bool, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "d"
    if finished:
        exportkit.convert(made.folder, dest)
    else:
        monkeypatch.setattr(conversion, "write_dataset", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            exportkit.convert(made.folder, dest)
        monkeypatch.undo()
    (dest / name).parent.mkdir(parents=True, exist_ok=True)
    (dest / name).touch()
    before = contents(dest)
    with pytest.raises(UsageError, match=f"{name} is none of exportkit's files; nothing was deleted"):
        exportkit.convert(made.folder, dest, overwrite=True, compression="snappy")
    assert contents(dest) == before


def test_files_of_others_beside_a_result_stay(made: Made, tmp_path: Path) -> None:
    dest = tmp_path / "d"
    exportkit.convert(made.folder, dest, split_by="pk")
    (dest / "notes.md").write_text("mine")
    (dest / "backup").mkdir()
    (dest / "backup" / "part-00000-000.parquet").write_text("mine")
    exportkit.convert(made.folder, dest, overwrite=True)
    assert sorted(contents(dest)) == [
        "backup/part-00000-000.parquet",
        "data/part-00000-000.parquet",
        "dataset.json",
        "notes.md",
    ]


def test_an_overwrite_that_is_killed_can_be_repeated(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "d"
    exportkit.convert(made.folder, dest, split_by="revision")
    delete, left = LocalStore.delete, 0
    while left < 40:
        calls = iter(range(left))

        def killed(self: LocalStore, uri: str, calls: Iterator[int] = calls) -> None:
            if next(calls, None) is None:
                raise KeyboardInterrupt
            delete(self, uri)

        monkeypatch.setattr(LocalStore, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            exportkit.convert(made.folder, dest, overwrite=True)
        monkeypatch.undo()
        if (dest / "dataset.json").exists():
            assert exportkit.convert(made.folder, dest, split_by="revision").already
        else:
            with pytest.raises(UsageError, match="--overwrite"):
                exportkit.convert(made.folder, dest, split_by="revision")
        left += 9
    exportkit.convert(made.folder, dest, overwrite=True)
    assert sorted(contents(dest)) == ["data/part-00000-000.parquet", "dataset.json"]


@pytest.mark.parametrize("text", [b"{}", b"[]", b"no json", b'{"format": "another"}'])
def test_a_dataset_json_of_somebody_else_is_left_alone(text: bytes, made: Made, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_bytes(text)
    for overwrite in (False, True):
        with pytest.raises(UsageError, match=r"dataset\.json is none of exportkit's files"):
            exportkit.convert(made.folder, tmp_path, overwrite=overwrite)
    assert (tmp_path / "dataset.json").read_bytes() == text


def test_a_dataset_json_of_another_version_is_left_alone(made: Made, tmp_path: Path) -> None:
    text = orjson.dumps({"format": "exportkit-dataset", "version": 99})
    (tmp_path / "dataset.json").write_bytes(text)
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="is of version 99"):
            exportkit.convert(made.folder, tmp_path, overwrite=overwrite)
    assert (tmp_path / "dataset.json").read_bytes() == text


def test_a_dataset_json_that_was_harmed_is_told(made: Made, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_bytes(orjson.dumps({"format": "exportkit-dataset", "version": 1}))
    with pytest.raises(StoreError, match="not as exportkit wrote it"):
        exportkit.convert(made.folder, tmp_path)


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


@pytest.mark.parametrize("place", [".", "data", "data/parquet", "parquet"])
def test_the_export_s_own_folder_is_no_destination(made: Made, place: str) -> None:
    before = contents(made.root)
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="belongs to the input"):
            exportkit.convert(made.folder, made.folder / place, overwrite=overwrite)
    assert contents(made.root) == before


def test_what_fails_before_anything_is_decided_leaves_nothing(tmp_path: Path) -> None:
    made = make_export(tmp_path / "e", OutputFormat.DYNAMODB_JSON, [["{"]])
    with pytest.raises(MalformedRecordError):
        exportkit.convert(made.folder, tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_folders_of_parts_that_were_never_finished_go_with_the_results(made: Made, tmp_path: Path) -> None:
    dest = tmp_path / "out"
    split = Target(folder="kind=a", value=("S", "a"), schema=exportkit.open(made.folder).schema(), dictionary=None)
    Workplace(LocalStore(), str(dest)).save_plan(WorkPlan(fingerprint="", targets=(split,), tasks=()))
    for name in ("data", "quarantine", "kind=a/data"):
        (dest / name).mkdir(parents=True)
    Destination(LocalStore(), str(dest)).remove_results(None)
    assert list(dest.iterdir()) == []
