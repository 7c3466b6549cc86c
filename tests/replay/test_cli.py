"""``exportkit replay``: what it prints, and what it exits with."""

from pathlib import Path

import orjson
import pytest

from exportkit.cli import main
from tests.commands import did, made, run
from tests.replay.story import drifted, files_in, history, written


def test_the_summary_for_people(base: Path, tmp_path: Path) -> None:
    done = did("replay", base, "-o", tmp_path / "out", "--verify-result")
    assert done.err == ""
    for told in (
        f"base          {base}  2026-01-14T10:20:00.000Z",
        "[2026-01-14T10:20:00.000Z, 2026-01-14T10:35:00.000Z)",
        "filters       not checked",
        "state at      2026-01-14T10:50:00.000Z",
        "base items    40: 33 untouched, 5 replaced, 2 deleted",
        "changes       10: 1 inserted",
        f"written to    {made(tmp_path / 'out')}",
        "items         39",
        "verified      every record",
        "took ",
    ):
        assert told in done.out
    assert "this very result was there already" in did("replay", base, "-o", tmp_path / "out").out


def test_the_json_document(base: Path, tmp_path: Path) -> None:
    told = did("replay", base, "-o", tmp_path / "out", "--json").told
    assert (told["ok"], told["already"], told["dest"]) == (True, False, str(made(tmp_path / "out")))
    assert told["counts"]["items"] == 39
    assert told["key"] == ["pk"]
    assert [link["join"] for link in told["links"]] == ["exact", "exact"]


def test_a_dry_run_writes_nothing(base: Path, tmp_path: Path) -> None:
    done = did("replay", base, "--dry-run")
    assert "increments: 10 records in" in done.out
    assert "dry run: no data was read, nothing was written" in done.out
    told = did("replay", base, "-o", tmp_path / "out", "--dry-run", "--json", "--until", "2026-01-14T10:35:00Z").told
    assert [link["window"] for link in told["links"]] == ["[2026-01-14T10:20:00.000Z, 2026-01-14T10:35:00.000Z)"]
    assert [left["why"] for left in told["left_out"]] == ["after-until"]
    assert not (tmp_path / "out").exists()


def test_drift_is_shown_with_both_images(tmp_path: Path) -> None:
    base = drifted(tmp_path / "in")
    done = did("replay", base, "-o", tmp_path / "out")
    assert (
        "drift         old images that are not the state before them: 1 missing, 1 unexpected, 1 different" in done.out
    )
    assert 'missing: {"pk":{"S":"k01"}}' in done.out
    assert "state: none" in done.out
    refused = run("replay", base, "-o", tmp_path / "strict", "--strict")
    assert refused.code == 1
    assert "without --strict they are applied and counted" in refused.err
    assert 'old image: {"' in refused.err
    assert files_in(tmp_path / "strict") == {}


def test_a_gap_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    base = written(tmp_path / "in", history((-1, "a", 1), (0.5, "a", 2), (2.5, "a", 3)), windows=3)
    first, middle, last = sorted(
        (path.parent for path in base.parent.glob("*/manifest-summary.json") if path.parent != base),
        key=lambda folder: folder.name,
    )
    refused = run("replay", base, first, last, "-o", tmp_path / "out")
    assert refused.code == 1
    assert "2026-01-14T10:35:00" in refused.err
    assert not (tmp_path / "out").exists()
    allowed = did("replay", base, first, last, "-o", tmp_path / "out", "--allow-gap", "--json").told
    assert allowed["gaps"]
    assert did("replay", base, last, middle, first, "-o", tmp_path / "all", "--json").told["gaps"] == []


def test_a_result_that_is_not_what_it_was_is_told_with_what_is_wrong(base: Path, tmp_path: Path) -> None:
    words = ("replay", base, "-o", tmp_path / "out", "--verify-result")
    assert "verified      every record" in did(*words).out
    path = max(made(tmp_path / "out").glob("data/*"), key=lambda each: each.stat().st_size)
    path.write_bytes(path.read_bytes()[:-3])
    done = run(*words)
    assert done.code == 1
    assert "verified      NOT OK" in done.out
    assert f"gzip-corrupt: {path}" in done.out
    assert f"delete {made(tmp_path / 'out')} and run again" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--output"),
        (("-o", "x", "--sample", "5"), "go with --to parquet"),
        (("-o", "x", "--to", "parquet", "--format", "ION"), "go with --to export"),
        (("-o", "x", "--to", "parquet", "--verify-result"), "go with --to export"),
        (("-o", "x", "--until", "soon"), "until is 'soon'"),
        (("-o", "x", "--memory", "lots"), "lots"),
    ],
)
def test_wrong_usage(base: Path, words: tuple[str, ...], told: str) -> None:
    done = run("replay", base, *words)
    assert done.code == 2
    assert told in done.err


def test_parquet_and_its_definition(base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(base), "-o", str(tmp_path / "d"), "--to", "parquet", "--ddl", "duckdb"]) == 0
    out, err = capfd.readouterr()
    assert "39 rows, 2 columns" in err
    assert f"written to    {tmp_path / 'd'}" in err
    assert "create or replace view" in out.lower()
    told = did("replay", base, "-o", tmp_path / "e", "--to", "parquet", "--json").told
    assert told["dataset"]["rows"] == 39
    assert orjson.loads((tmp_path / "e/dataset.json").read_bytes())["export"]["replayed"]["counts"] == told["counts"]
