"""Room for temporary files: asked for before anything is read, and only where something is read."""

from pathlib import Path

import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import StoreError
from exportkit.export import open_export
from exportkit.replay import ReplayReport
from tests.histories import START, Writing
from tests.replay.story import files_in, history


def large(root: Path) -> Path:
    """Writes a base and an increment that spill where there is little memory; returns the base's folder."""
    story = history(*((-1, f"{n:0900}", n) for n in range(400)), *((0.5, f"{n:0900}", -n) for n in range(400)))
    writing = Writing(root, plain=True)
    writing.numbered(story, 0)
    return writing.full(story.state(START))


def test_too_little_room_for_temporary_files_is_told_before_anything_is_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = large(tmp_path / "in")
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(
        StoreError, match=r"about [\d,]+ bytes are needed for temporary files, and 1,000 are free.*--temp"
    ):
        exportkit.replay(base, engine=engine, memory=1).write(tmp_path / "out")
    assert files_in(tmp_path / "out") == {}
    with pytest.raises(StoreError, match="are needed for temporary files"):
        exportkit.replay(base, engine=engine, memory=1).to_parquet(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert exportkit.replay(base, engine=engine).write(tmp_path / "out").items == 400, (
        "what stays in memory needs no room"
    )


@pytest.mark.parametrize("to", ["export", "parquet"])
def test_a_result_that_is_there_needs_no_room(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    base = large(tmp_path / "in")

    def run() -> ReplayReport:
        state = exportkit.replay(base, engine=engine, memory=1)
        return state.write(tmp_path / "out") if to == "export" else state.to_parquet(tmp_path / "out")

    assert not run().already
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    assert run().already
    (path,) = {file.uri for file in open_export(base).files() if file.entry.item_count}
    Path(path).unlink()
    assert run().already, "nor its inputs' data"


def test_overwriting_needs_room_before_it_deletes(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = large(tmp_path / "in")
    exportkit.replay(base, engine=engine, memory=1).to_parquet(tmp_path / "out")
    before = files_in(tmp_path / "out")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(StoreError, match="are needed for temporary files"):
        exportkit.replay(base, engine=engine, memory=1).to_parquet(tmp_path / "out", overwrite=True)
    assert files_in(tmp_path / "out") == before
