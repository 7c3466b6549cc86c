"""A run that is refused before anything is written leaves no folder that it made, and every folder that was there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exportkit.cli import main
from exportkit.engine.protocols import Engine
from exportkit.model.formats import OutputFormat
from tests.making import item, make_export
from tests.replay.story import drifted

JSON = OutputFormat.DYNAMODB_JSON


def malformed(root: Path) -> Path:
    return make_export(root, JSON, [[item(JSON, "a"), "{nonsense"]]).folder


def mixed(root: Path) -> Path:
    return make_export(root, JSON, [[item(JSON, "a"), item(JSON, "1", tag="N")]]).folder


def repeated(root: Path) -> Path:
    return make_export(root, JSON, [[item(JSON, "a"), item(JSON, "a")]]).folder


RUNS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "convert, malformed": (malformed, "convert E -o D"),
    "convert, types": (mixed, "convert E -o D --mixed error"),
    "convert, a misfit": (mixed, "convert E -o D --sample 1 --on-misfit error"),
    "replay, malformed": (malformed, "replay E -o D"),
    "replay, drift": (drifted, "replay E -o D --strict"),
    "replay to Parquet, drift": (drifted, "replay E -o D --to parquet --strict"),
    "replay to Parquet, types": (mixed, "replay E -o D --to parquet --mixed error"),
    "diff, a key twice": (repeated, "diff E E -o D --key pk"),
    "generate, a key's name": (repeated, "generate -o D --key Name"),
}


@pytest.mark.parametrize("there", ["", "a", "a/b", "a/b/AWSDynamoDB"])
@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine, run: str, there: str) -> None:
    monkeypatch.setenv("EXPORTKIT_ENGINE", engine.name)
    (tmp_path / "out" / there).mkdir(parents=True)
    before = sorted((tmp_path / "out").rglob("*"))
    make, command = RUNS[run]
    places = {"E": str(make(tmp_path / "in")), "D": str(tmp_path / "out" / "a" / "b")}
    assert main([places.get(word, word) for word in command.split()]) in {1, 2, 3}
    assert sorted((tmp_path / "out").rglob("*")) == before
