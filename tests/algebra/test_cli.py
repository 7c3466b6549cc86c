"""``exportkit diff``, ``compact`` and ``revert``: what they print, and what they exit with."""

from pathlib import Path

import pytest

from exportkit.model.times import format_time
from tests.algebra.tables import BOTH, NEW, WINDOWS, Exported, exported, instant, life
from tests.commands import did, left_behind, made, run


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("table"), life())


def test_diff_for_people(table: Exported, tmp_path: Path) -> None:
    words = ("diff", table.states[0], table.states[3], "--key", "pk,sk", "-o", tmp_path)
    done = did(*words)
    assert done.err == ""
    for told in (
        "added         1 item\n",
        "removed       1 item\n",
        "changed       2 items\n",
        "21 keys without need of a record",
    ):
        assert told in done.out
    assert f"written to    {made(tmp_path)}" in done.out
    assert f"[{format_time(instant(0))}, {format_time(instant(3))}), NEW_AND_OLD_IMAGES" in done.out
    assert "was there already: nothing was done" in did(*words).out


def test_the_summary_for_people(table: Exported, tmp_path: Path) -> None:
    done = did("diff", table.states[0], table.states[3], "--key", "pk,sk", "--summary")
    assert "attribute     n: changed in 2\n" in done.out
    assert "attribute     tags: removed in 1\n" in done.out
    assert "written to" not in done.out


def test_json_is_one_document(table: Exported, tmp_path: Path) -> None:
    told = did("diff", table.states[0], table.states[3], "--key", "pk,sk", "--summary", "--json").told
    assert list(told) == [
        "operation",
        "export",
        "inputs",
        "already",
        "records",
        "added",
        "removed",
        "changed",
        "dropped",
        "repeated",
        "attributes",
        "other_attributes",
        "warnings",
        "seconds",
    ]
    assert told["attributes"][0] == {"name": "n", "added": 0, "removed": 0, "changed": 2}
    assert told["inputs"][0]["uri"] == str(table.states[0])
    for operation in ("compact", "revert"):
        told = did(operation, *table.windows, "-o", tmp_path, "--json").told
        assert (told["operation"], told["records"], told["removed"]) == (operation, 5, 1)
        assert told["export"]["uri"] == str(
            max((tmp_path / "AWSDynamoDB").glob("0*"), key=lambda path: path.stat().st_ctime_ns)
        )
        assert "attributes" not in told


def test_revert_is_placed_where_it_is_told(table: Exported, tmp_path: Path) -> None:
    told = did("revert", *table.windows, "-o", tmp_path, "--at", "2026-01-14T12:00:00Z", "--json").told
    assert told["export"]["window"] == "[2026-01-14T12:00:00.000Z, 2026-01-14T12:00:01.000Z)"


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_the_engine_may_be_named(engine: str, table: Exported, tmp_path: Path, engines: object) -> None:
    did("compact", *table.windows, "-o", tmp_path, "--format", "ION", "--jobs", "2", "--memory", "1MiB", engine=engine)
    assert any(name.endswith(".ion.gz") for name in left_behind(tmp_path))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["diff", "a", "b"], "-o DEST"),
        (["diff", "a", "b", "-o", "x", "--summary"], "-o DEST"),
        (["diff", "a"], ""),
        (["compact", "-o", "x"], ""),
        (["compact", "a"], ""),
        (["revert", "a"], ""),
        (["revert", "a", "-o", "x", "--at", "yesterday"], "at is 'yesterday'; it takes a time"),
        (["diff", "a", "b", "--key", "a,b,c", "--summary"], "a key is one or two"),
    ],
)
def test_wrong_usage_is_2(words: list[str], told: str) -> None:
    done = run(*words)
    assert done.code == 2
    assert told in done.err + done.out


def test_what_is_refused_is_1_and_nothing_is_written(table: Exported, tmp_path: Path) -> None:
    views = exported(tmp_path / "in", life(), views=(NEW, BOTH))
    for words, told in (
        (("diff", table.states[0], table.windows[0], "--key", "pk,sk"), "incremental"),
        (("compact", table.windows[0], table.windows[2]), format_time(instant(1))),
        (("revert", *views.windows), "NEW_AND_OLD_IMAGES"),
    ):
        done = run(*words, "-o", tmp_path / "out")
        assert done.code == 1, done.err
        assert told in done.err
        assert done.out == ""
        assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_3(table: Exported, tmp_path: Path) -> None:
    assert run("compact", table.windows[0], tmp_path / "nowhere", "-o", tmp_path / "out").code == 3
    assert run("diff", table.states[0], table.states[3], "--key", "pk", "-o", tmp_path / "out").code == 3
    assert left_behind(tmp_path / "out") == []


def test_a_window_is_told_in_order(table: Exported, tmp_path: Path) -> None:
    out = did("compact", *reversed(table.windows), "-o", tmp_path).out
    places = [out.index(str(window)) for window in table.windows]
    assert places == sorted(places)
    assert len(places) == WINDOWS
