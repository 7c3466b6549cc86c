"""Manifests that cannot be gone by are refused before data is read, whoever reads."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import exportkit
from exportkit.cli import main
from exportkit.engine.protocols import Engine
from exportkit.errors import ItemCountError, ManifestError, Md5MismatchError
from exportkit.model.formats import OutputFormat, TextForm
from exportkit.reading import OpenExport
from tests.making import Made
from tests.reading.exports import FULL_ROWS, make_full, opened

READERS: dict[str, Callable[[OpenExport], object]] = {
    "items": lambda export: list(export.items()),
    "lines": lambda export: list(export.lines(TextForm.JSON, limit=1)),
    "statistics": lambda export: export.statistics(),
    "sample": lambda export: export.statistics(sample=1),
    "schema": lambda export: export.schema(),
    "scan": lambda export: list(export.scan()),
    "to_arrow": lambda export: export.to_arrow(),
}
COMMANDS = {
    "cat": ["cat", "E", "--limit", "1"],
    "schema": ["schema", "E"],
    "convert": ["convert", "E", "-o", "D"],
    "signature": ["signature", "E"],
    "replay": ["replay", "E", "-o", "D"],
    "replay to Parquet": ["replay", "E", "-o", "D", "--to", "parquet"],
    "diff": ["diff", "E", "E", "--key", "pk", "--summary"],
}


@pytest.fixture
def full(tmp_path: Path) -> Made:
    """An export without its data files: who reads one gets another error."""
    made = make_full(tmp_path / "e", OutputFormat.DYNAMODB_JSON)
    for path in made.data_files:
        path.unlink()
    return made


def other_than_its_md5(made: Made, name: str) -> str:
    """Makes a manifest another than its MD5 file says; returns the error's words."""
    manifest = made.folder / f"{name}.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    delete = f"or, if the manifest was changed on purpose, delete {name}.md5 beside it"
    return f"{manifest}: its MD5 is .*{name}.md5 says .*; copy the export again, {delete}"


@pytest.mark.parametrize("name", ["manifest-summary", "manifest-files"])
@pytest.mark.parametrize("reader", READERS)
def test_a_manifest_that_is_not_what_its_md5_file_says(full: Made, engine: Engine, reader: str, name: str) -> None:
    told = other_than_its_md5(full, name)
    with pytest.raises(Md5MismatchError, match=told):
        READERS[reader](opened(full, engine))


@pytest.mark.parametrize("name", ["manifest-summary", "manifest-files"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_refuse_it(
    full: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    told = other_than_its_md5(full, name)
    places = {"E": str(full.folder), "D": str(tmp_path / "d")}
    assert main([places.get(word, word) for word in COMMANDS[command]]) == 3
    assert re.search(told, capsys.readouterr().err)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("reader", READERS)
def test_counts_that_do_not_add_up(full: Made, engine: Engine, reader: str) -> None:
    full.rewrite_summary(itemCount=9)
    told = "manifest-files.json: it lists 3 data files with 8 records in all, manifest-summary.json says 9; copy the"
    with pytest.raises(ItemCountError, match=told) as caught:
        READERS[reader](opened(full, engine))
    assert str(caught.value).endswith("; copy the export again; if it is so at its source too, export anew")


@pytest.mark.parametrize(("kept", "lists"), [(0, "0 data files with 0 records"), (1, "1 data file with")])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_tell_of_a_cut_list_of_files(
    full: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, kept: int, lists: str
) -> None:
    files = full.folder / "manifest-files.json"
    files.write_bytes(b"".join(files.read_bytes().splitlines(keepends=True)[:kept]))
    files.with_suffix(".md5").unlink()
    places = {"E": str(full.folder), "D": str(tmp_path / "d")}
    assert main([places.get(word, word) for word in COMMANDS[command]]) == 1
    assert f"error: {files}: it lists {lists}" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def list_twice(made: Made) -> str:
    """Lists the second data file again, with counts that add up; returns the error's words."""
    made.rewrite("manifest-files", lambda data: data + data.splitlines(keepends=True)[1])
    made.rewrite_summary(itemCount=13)
    told = f"manifest-files.json: line 4: .*{made.data_files[1].name} is listed at line 2 already"
    return f"{told} .*; copy the export again; if it is so at its source too, export anew"


@pytest.mark.parametrize("reader", READERS)
def test_a_data_file_that_is_listed_twice(full: Made, engine: Engine, reader: str) -> None:
    told = list_twice(full)
    with pytest.raises(ManifestError, match=told):
        READERS[reader](opened(full, engine))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_refuse_a_data_file_that_is_listed_twice(
    full: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    told = list_twice(full)
    places = {"E": str(full.folder), "D": str(tmp_path / "d")}
    assert main([places.get(word, word) for word in COMMANDS[command]]) == 1
    assert re.search(told, capsys.readouterr().err)
    assert not (tmp_path / "d").exists()


def test_without_md5_files_there_is_nothing_to_compare_with(tmp_path: Path, engine: Engine) -> None:
    made = make_full(tmp_path / "e", OutputFormat.DYNAMODB_JSON)
    for name in ("manifest-summary", "manifest-files"):
        other_than_its_md5(made, name)
        (made.folder / f"{name}.md5").unlink()
    assert len(list(opened(made, engine).items())) == len(FULL_ROWS)
    assert exportkit.convert(made.folder, tmp_path / "d", engine=engine).rows == len(FULL_ROWS)
