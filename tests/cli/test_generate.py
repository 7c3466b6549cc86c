"""``exportkit generate`` on the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exportkit.cli import main
from exportkit.errors import StoreError
from exportkit.export import open_export
from exportkit.generate import GenerateOptions, Shape, generate
from exportkit.model.formats import ExportView, OutputFormat


def test_it_says_what_it_made_and_that_is_good(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "-o", str(tmp_path), "--items", "30", "--windows", "2", "--expected"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    *exports, expected = [line.split("  ") for line in out.splitlines()]
    assert exports[0][1:] == ["full", "30 records"]
    assert [line[1] for line in exports[1:]] == [
        "[2026-01-14T10:20:00.000Z, 2026-01-14T10:35:00.000Z)",
        "[2026-01-14T10:35:00.000Z, 2026-01-14T10:50:00.000Z)",
    ]
    assert "1 insertThenDelete" in exports[1][2]
    assert (Path(expected[0]) / "items.jsonl").is_file()
    assert main(["verify", exports[0][0], "--key", "pk,sk"]) == 0
    assert all(main(["verify", line[0]]) == 0 for line in exports[1:])


def test_every_option_reaches_the_library(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = (
        "--items 40 --files 2 --empty-files 0 --windows 2 --changes 0.5 --shape wide --key id:N --format ION "
        "--window-format DYNAMODB_JSON --window-format ION --view NEW_IMAGE --view NEW_AND_OLD_IMAGES --seed 7 "
        "--table Tab --bucket bb --prefix p/q --export-time 2026-02-03T04:05:06Z --window-minutes 20 "
        "--first-window-offset 70 --gzip-members 2 --big-items 1 --level 2 --json"
    )
    assert main(["generate", "-o", str(tmp_path / "a"), *words.split()]) == 0
    told = json.loads(capfd.readouterr().out)
    options = GenerateOptions(
        items=40,
        files=2,
        empty_files=0,
        windows=2,
        changes=0.5,
        shape=Shape.WIDE,
        key="id:N",
        format=OutputFormat.ION,
        window_format=(OutputFormat.DYNAMODB_JSON, OutputFormat.ION),
        view=tuple(ExportView),
        seed=7,
        table="Tab",
        bucket="bb",
        prefix="p/q",
        export_time=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        window_minutes=20,
        first_window_offset=70,
        gzip_members=2,
        big_items=1,
        level=2,
    )
    done = generate(tmp_path / "b", options)
    assert [export["exportId"] for export in told["exports"]] == [export.summary.export_id for export in done.exports]
    assert open_export(told["exports"][1]["location"]).summary == done.windows[0].summary
    assert told["expected"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--output"),
        (["-o", "s3://b/x"], "not s3://b/x;"),
        (["-o", "x/AWSDynamoDB"], "of the destination; name the folder above: "),
        (["-o", "x", "--items", "-1"], "items is -1"),
        (["-o", "x", "--window-minutes", "0"], "window minutes is 0"),
        (["-o", "x", "--first-window-offset", "nan"], "first window offset is nan"),
        (["-o", "x", "--first-window-offset", "1e18"], "first window offset"),
        (["-o", "x", "--table", "a"], "3 to 255"),
        (["-o", "x", "--bucket", "UP/down"], "'UP/down'"),
        (["-o", "x", "--shape", "round"], "mixed"),
        (["-o", "x", "--key", "a:M"], "a:M"),
        (["-o", "x", "--shape", "typical", "--key", "customer"], "customer"),
    ],
)
def test_wrong_usage_is_2_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *words]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_3(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(["generate", "-o", str(tmp_path / "file"), "--items", "1"]) == 3
    assert "cannot be written" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [(KeyboardInterrupt(), 130, "interrupted"), (StoreError("f", "cannot be written: disk full"), 3, "disk full")],
)
def test_what_ends_it_early_names_the_unfinished_export(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fault: BaseException,
    code: int,
    said: str,
) -> None:
    def change(*_: object, **__: object) -> bytes:
        raise fault

    monkeypatch.setattr("exportkit.generate.exports.Renderer.change", change)
    assert main(["generate", "-o", str(tmp_path), "--items", "30", "--windows", "1"]) == code
    err = capfd.readouterr().err
    assert said in err
    (unfinished,) = [line.removeprefix("unfinished: ") for line in err.splitlines() if line.startswith("unfinished: ")]
    assert not (Path(unfinished) / "manifest-summary.json").exists()
    assert (Path(unfinished) / "_started").exists()
    assert len(list((tmp_path / "AWSDynamoDB").glob("*/manifest-summary.json"))) == 1


def test_a_time_without_an_offset_is_utc_here_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "-o", str(tmp_path), "--items", "5", "--export-time", "2026-02-03T04:05:06"]
    assert main(words) == 0
    location = capfd.readouterr().out.split("  ")[0]
    assert open_export(location).summary.export_time == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
