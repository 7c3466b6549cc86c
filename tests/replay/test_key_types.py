"""A key that has one type in the base and another in the changes: two tables, whatever the manifests say."""

from pathlib import Path

import pytest

import exportkit
from exportkit.errors import ChainError
from exportkit.model.formats import ExportType, OutputFormat
from tests.commands import left_behind, run
from tests.making import Made, change, item, make_export

JSON, ION = OutputFormat


@pytest.fixture(params=["reference", "native"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn, by its name."""
    name: str = request.param
    return name


def base(root: Path, form: OutputFormat, tag: str) -> Made:
    return make_export(root, form, [[], [item(form, "1", tag=tag), item(form, "2", tag=tag)]])


def window(root: Path, form: OutputFormat, *files: list[str]) -> Made:
    return make_export(root, form, files, export_type=ExportType.INCREMENTAL)


@pytest.mark.parametrize("dest", ["export", "parquet"])
@pytest.mark.parametrize("forms", [(JSON, JSON), (ION, ION), (ION, JSON)])
def test_replay(engine_name: str, tmp_path: Path, forms: tuple[OutputFormat, OutputFormat], dest: str) -> None:
    state, changes = base(tmp_path / "b", forms[0], "N"), window(tmp_path / "c", forms[1], [change(forms[1], "1")])
    words = ("replay", state.folder, changes.folder, "-o", tmp_path / "out", "--to", dest)
    done = run(*words, engine=engine_name)
    assert (done.code, done.out) == (1, "")
    told = f"{state.data_files[1]}: line 1 (byte 0): the key attribute pk is N, but S in {changes.data_files[0]}"
    assert told in done.err
    assert not (tmp_path / "out").exists() or left_behind(tmp_path / "out") == []


def test_the_first_record_of_a_file_is_the_one_that_tells(engine_name: str, tmp_path: Path) -> None:
    """Blank lines are passed over; a last line needs no line feed; a record may be longer than a chunk."""
    long = item(JSON, "1", tag="N", extra=f'"x":{{"S":"{"x" * 3_000_000}"}}')
    state = make_export(tmp_path / "b", JSON, [["", " ", long, item(JSON, "2", tag="N")]])
    changes = window(tmp_path / "c", JSON, ["", change(JSON, "1")])
    done = run("replay", state.folder, changes.folder, "-o", tmp_path / "out", engine=engine_name)
    assert f"{state.data_files[0]}: line 3 (byte 3): the key attribute pk is N, but S in " in done.err
    assert f"{changes.data_files[0]}: line 2 (byte 1)" in done.err


@pytest.mark.parametrize("form", [JSON, ION])
def test_a_single_record(engine_name: str, tmp_path: Path, form: OutputFormat) -> None:
    """One item, or one change, of another type among many is refused where it stands."""
    others = [item(form, str(number)) for number in range(100, 300)]
    wrong = item(form, "7", tag="N")
    state = make_export(tmp_path / "b", form, [[*others[:150], wrong, *others[150:]]])
    changes = window(tmp_path / "c", form, [change(form, "100")])
    done = run("replay", state.folder, changes.folder, "-o", tmp_path / "out", engine=engine_name)
    assert done.code == 3
    assert f"{state.data_files[0]}: line 151 " in done.err
    assert "another type" in done.err

    state = make_export(tmp_path / "b2", form, [others])
    wrong = change(form, "7").replace('"S":"7"', '"N":"7"').replace('pk:"7"', "pk:7.")
    lines = [change(form, "100"), wrong]
    changes = window(tmp_path / "c2", form, lines)
    done = run("replay", state.folder, changes.folder, "-o", tmp_path / "out2", engine=engine_name)
    assert done.code == 3
    assert f"{changes.data_files[0]}: line 2 " in done.err
    assert not (tmp_path / "out2").exists() or left_behind(tmp_path / "out2") == []


def test_windows_among_themselves_and_two_states(tmp_path: Path) -> None:
    lines = [change(JSON, "1"), change(JSON, "1").replace('"S"', '"N"', 1)]
    mixed = window(tmp_path / "c", JSON, *([line] for line in lines))
    for make in (exportkit.compact, exportkit.revert):
        with pytest.raises(ChainError, match="the key attribute pk is ") as caught:
            make([mixed.folder], tmp_path / "out")
        assert caught.value.reason == "key-type"
    states = [base(tmp_path / tag, JSON, tag) for tag in "SN"]
    with pytest.raises(ChainError, match="a table's key has one type"):
        exportkit.diff(states[0].folder, states[1].folder, key=("pk",))


def test_the_same_type_in_another_spelling(engine_name: str, tmp_path: Path) -> None:
    state = base(tmp_path / "b", ION, "N")
    changes = window(tmp_path / "c", JSON, [change(JSON, "1.0").replace('"S"', '"N"')])
    done = run("replay", state.folder, changes.folder, "-o", tmp_path / "out", "--json", engine=engine_name)
    assert done.told["counts"]["deleted"] == 1
