"""Chains that make no table: refused with the reason and the fix before a data byte is read; nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exportkit.model.times import to_micros
from tests.commands import left_behind, run
from tests.export.layouts import START, Laid, lay_out, lay_out_started
from tests.making import Made
from tests.servers.s3 import S3

MINUTE = 60_000_000


def window(root: Path, first: float, last: float, **named: object) -> Laid:
    """Lays out an incremental export of one change, a minute after its window's start."""
    micros = to_micros(START) + int((first + 1) * MINUTE)
    change = (
        b'{"Metadata":{"WriteTimestampMicros":{"N":"%d"}},"Keys":{"pk":{"S":"a"}},"NewImage":{"pk":{"S":"a"}}}\n'
        % micros
    )
    return lay_out(root, window=(first, last), files=(change,), **named)  # type: ignore[arg-type]


def gap(root: Path) -> list[Path]:
    return [lay_out(root).folder, window(root, 0, 15).folder, window(root, 30, 45).folder]


def gap_after_the_base(root: Path) -> list[Path]:
    return [lay_out(root, time=-2).folder, window(root, 0, 15).folder]


def overlap(root: Path) -> list[Path]:
    return [lay_out(root).folder, window(root, 0, 15).folder, window(root, 10, 25).folder]


def another_table(root: Path) -> list[Path]:
    return [lay_out(root).folder, window(root, 0, 15, table="Invoices").folder]


def a_table_made_anew(root: Path) -> list[Path]:
    return [lay_out(root).folder, window(root, 0, 15, table_id="another").folder]


def a_running_export(root: Path) -> list[Path]:
    return [lay_out(root).folder, lay_out_started(root, time=15)]


def a_window_as_the_base(root: Path) -> list[Path]:
    return [window(root, 0, 15).folder, window(root, 15, 30).folder]


def a_state_as_a_window(root: Path) -> list[Path]:
    return [lay_out(root).folder, lay_out(root, time=15).folder]


def a_filtered_export(root: Path) -> list[Path]:
    def filtered(summary: dict[str, object]) -> None:
        summary["filterSpecification"] = {"filterExpression": "pk = :a"}

    return [lay_out(root).folder, window(root, 0, 15, change=filtered).folder]


def a_window_twice_as_long_as_told(root: Path) -> list[Path]:
    """Its count is of a file that is not there."""
    laid = window(root, 0, 15)
    Made(root, laid.folder).rewrite_summary(itemCount=7)
    return [lay_out(root).folder, laid.folder]


SAID = {
    gap: (1, "[2026-01-14T10:15:00.000Z, 2026-01-14T10:30:00.000Z)"),
    gap_after_the_base: (1, "[2026-01-14T09:58:00.000Z, 2026-01-14T10:00:00.000Z)"),
    overlap: (1, "--allow-overlap"),
    another_table: (1, "Invoices"),
    a_table_made_anew: (1, "another"),
    a_running_export: (1, "wait for it (exportkit wait), or ask for it anew"),
    a_window_as_the_base: (1, "incremental"),
    a_state_as_a_window: (1, "full"),
    a_filtered_export: (1, "--allow-filtered"),
    a_window_twice_as_long_as_told: (1, "7"),
}


@pytest.mark.parametrize("lay", SAID)
@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--to", "parquet")], ids=lambda words: " ".join(words) or "-")
def test_replay_refuses(lay: Callable[[Path], list[Path]], options: tuple[str, ...], tmp_path: Path) -> None:
    code, said = SAID[lay]
    if lay is a_window_twice_as_long_as_told and "--dry-run" in options:
        pytest.skip("a plan believes the summaries")
    done = run("replay", *lay(tmp_path / "in"), "-o", tmp_path / "out", *options)
    assert done.code == code, f"{done.out}\n{done.err}"
    assert said in done.err
    assert left_behind(tmp_path / "out") == []
    assert done.out == ""


@pytest.mark.parametrize("lay", [gap, overlap, another_table, a_table_made_anew, a_filtered_export])
@pytest.mark.parametrize("command", ["compact", "revert"])
def test_the_algebra_refuses(command: str, lay: Callable[[Path], list[Path]], tmp_path: Path) -> None:
    _, *windows = lay(tmp_path / "in")
    if len(windows) < 2:
        windows.insert(0, window(tmp_path / "in", -15, 0).folder)
    done = run(command, *windows, "-o", tmp_path / "out")
    assert done.code == 1, f"{done.out}\n{done.err}"
    assert left_behind(tmp_path / "out") == []


def test_revert_needs_both_images(tmp_path: Path) -> None:
    laid = window(tmp_path / "in", 0, 15)
    laid.set_keys(outputView="NEW_IMAGE")
    done = run("revert", laid.folder, "-o", tmp_path / "out")
    assert done.code in {1, 2}, done.err
    assert "NEW_AND_OLD_IMAGES" in done.err
    assert left_behind(tmp_path / "out") == []


@pytest.mark.parametrize("until", ["2026-01-14T10:07:00Z", "2026-01-14T11:00:00Z"])
def test_an_instant_that_no_window_ends_at(until: str, tmp_path: Path) -> None:
    exports = [lay_out(tmp_path / "in").folder, window(tmp_path / "in", 0, 15).folder]
    done = run("replay", *exports, "-o", tmp_path / "out", "--until", until)
    assert done.code in {1, 2}, done.err
    assert "2026-01-14T10:15:00.000Z" in done.err, "the ends there are"
    assert left_behind(tmp_path / "out") == []


def commands(root: Path) -> dict[str, list[object]]:
    """Lays out exports, and returns by command what is made of them."""
    base, other = lay_out(root).folder, lay_out(root, time=30).folder
    first, second = window(root, 0, 15).folder, window(root, 15, 30).folder
    return {
        "replay": [base, first, second],
        "replay --to parquet": [base, first, second],
        "diff --key pk": [base, other],
        "compact": [first, second],
        "revert": [first, second],
    }


@pytest.mark.parametrize("place", [".", "data", "data/deeper", "deeper"])
@pytest.mark.parametrize("number", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("command", ["replay", "replay --to parquet", "diff --key pk", "compact", "revert"])
def test_nothing_is_written_into_an_input(command: str, number: int, place: str, tmp_path: Path) -> None:
    inputs = commands(tmp_path)[command]
    before = left_behind(tmp_path)
    done = run(*command.split(), *inputs, "-o", f"{inputs[number]}/{place}")
    assert done.code == 2, f"{done.out}\n{done.err}"
    assert "belongs to the input" in done.err
    assert left_behind(tmp_path) == before


@pytest.mark.parametrize("command", ["replay", "compact", "revert"])
def test_nothing_is_written_among_the_data_of_windows(command: str, tmp_path: Path) -> None:
    done = run(command, *commands(tmp_path)[command], "-o", tmp_path / "AWSDynamoDB" / "data")
    assert done.code == 2, f"{done.out}\n{done.err}"
    assert "belongs to the input" in done.err


@pytest.mark.parametrize("command", ["replay", "diff --key pk", "compact", "revert"])
def test_the_folder_that_results_go_into_is_no_destination(command: str, tmp_path: Path) -> None:
    inputs = commands(tmp_path)[command]
    before = left_behind(tmp_path)
    done = run(*command.split(), *inputs, "-o", f"{tmp_path}/AWSDynamoDB/")
    assert done.code == 2, f"{done.out}\n{done.err}"
    assert done.err.endswith(f"of the destination; name the folder above: {tmp_path}\n")
    assert left_behind(tmp_path) == before


@pytest.mark.parametrize("command", ["replay", "diff --key pk", "compact", "revert"])
def test_results_go_beside_their_inputs(command: str, tmp_path: Path) -> None:
    done = run(*command.split(), *commands(tmp_path)[command], "-o", tmp_path)
    assert done.code == 0, f"{done.out}\n{done.err}"


@pytest.mark.server
def test_nothing_is_written_into_an_input_in_a_bucket(tmp_path: Path, s3: S3) -> None:
    laid, first = lay_out(tmp_path, prefix="a"), window(tmp_path, 0, 15, prefix="a")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            s3.client.upload_file(str(path), s3.bucket, str(path.relative_to(tmp_path)))
    inputs = [f"{s3.uri}/{each.folder.relative_to(tmp_path)}" for each in (laid, first)]
    for dest in (inputs[0], f"{inputs[0]}/data/", f"{s3.uri}/a/AWSDynamoDB/data/x", inputs[1]):
        done = run("replay", *inputs, "-o", dest, "--endpoint-url", s3.url)
        assert done.code == 2, f"{done.out}\n{done.err}"
        assert "belongs to the input" in done.err
    done = run("replay", *inputs, "-o", f"{s3.uri}/a/AWSDynamoDB", "--endpoint-url", s3.url)
    assert (done.code, f"name the folder above: {s3.uri}/a\n" in done.err) == (2, True), done.err
    done = run("replay", *inputs, "-o", f"{s3.uri}/a", "--endpoint-url", s3.url)
    assert done.code == 0, f"{done.out}\n{done.err}"


def test_a_plan_tells_what_covers_what(tmp_path: Path) -> None:
    base, whole, half = lay_out(tmp_path / "in"), window(tmp_path / "in", 0, 30), window(tmp_path / "in", 15, 30)
    done = run("replay", base.folder, half.folder, whole.folder, "--dry-run")
    assert done.code == 0, done.err
    lasts = "[2026-01-14T10:15:00.000Z, 2026-01-14T10:30:00.000Z)"
    assert f"left out      {half.folder}  {lasts}  (covered by {whole.folder.name})" in done.out
