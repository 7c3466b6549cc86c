"""A rebuilt state read at once, in a with statement: once at a time, and not after it."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import StoreError, UsageError
from exportkit.model.formats import TextForm
from tests.making import Made
from tests.replay.story import END, STORY, numbers, written


def test_the_state_can_be_read_without_writing_it(engine: Engine, tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    temp = tmp_path / "temp"
    temp.mkdir()
    state = exportkit.replay(base, engine=engine, jobs=1, temp_dir=temp)
    for _ in range(2):
        with state as export:
            assert {(item["pk"],): item["n"] for item in export.items()} == numbers(STORY.state(END))
            assert export.to_arrow(["pk"]).num_rows == export.summary.item_count == 39
            assert list(temp.iterdir())
        assert list(temp.iterdir()) == []


def test_a_state_that_is_open_is_not_opened_again(tmp_path: Path) -> None:
    state = exportkit.replay(written(tmp_path / "in"))
    with state as export:
        with pytest.raises(UsageError, match="open already"), state:
            pass
        assert {(item["pk"],): item["n"] for item in export.items()} == numbers(STORY.state(END))
    with state as export:
        assert export.summary.item_count == 39


def test_a_state_is_not_read_after_its_block(tmp_path: Path) -> None:
    state = exportkit.replay(written(tmp_path / "in"))
    with state as export:
        scan, items, (file, *_) = export.scan(["pk"]), export.items(), export.files()
        next(items)
    late: tuple[Callable[[], object], ...] = (
        export.items,
        export.files,
        lambda: export.lines(TextForm.JSON),
        lambda: list(export.file_lines(file, TextForm.JSON)),
        export.statistics,
        export.schema,
        export.scan,
        export.to_arrow,
        lambda: list(scan),
        scan.to_arrow,
        lambda: list(export.decode(file, [scan.plan])),
    )
    for use in late:
        with pytest.raises(UsageError, match=r"with block .* has ended.* read it inside the block, or enter"):
            use()
    assert (export.summary.item_count, Path(export.uri).exists()) == (39, False)
    assert "OpenExport" in repr(export)
    with state as again:
        assert len(list(again.items())) == 39


def test_a_state_that_could_not_be_rebuilt_can_be_opened_later(tmp_path: Path) -> None:
    base = written(tmp_path / "in")
    state = exportkit.replay(base)
    (file, *_) = (file for file in Made(tmp_path / "in", base).data_files if len(gzip.decompress(file.read_bytes())))
    file.rename(file.with_suffix(".away"))
    with pytest.raises(StoreError), state:
        pass
    file.with_suffix(".away").rename(file)
    with state as export:
        assert export.summary.item_count == 39
