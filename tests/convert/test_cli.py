"""``exportkit convert``: what it prints, and what it exits with."""

from pathlib import Path

import duckdb
import orjson
import pytest

from exportkit.cli import main
from exportkit.model.formats import OutputFormat
from tests.convert.helpers import orders
from tests.making import Made, item, make_export

JSON = OutputFormat.DYNAMODB_JSON


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return orders(tmp_path_factory.mktemp("export"), files=3, items=20)


def test_the_summary_for_people(made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d")]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "60 records in 3 files" in out
    assert "60 rows, 6 columns, 1 file, " in out
    assert "9 NULLs became nulls" in out
    assert "revision: values of S and N: a struct with a field for each (60)" in out
    assert f"first in {made.data_files[0]}:1" in out
    assert "rows/s" in out
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d")]) == 0
    assert "was there already: nothing was done" in capfd.readouterr().out


def test_the_json_document(made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d"), "--json", "--flatten-depth", "1"]) == 0
    told = orjson.loads(capfd.readouterr().out)
    assert (told["ok"], told["rows"], told["already"], told["datasets"][0]["columns"]) == (True, 60, False, 7)
    assert told["named_files"]["0"] == str(made.data_files[0])


@pytest.mark.parametrize("dialect", ["athena", "spark", "duckdb"])
def test_ddl_is_all_that_goes_to_stdout(
    dialect: str, made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d"), "--ddl", dialect]) == 0
    out, err = capfd.readouterr()
    assert "60 rows" in err
    assert "Orders" in out or "orders" in out
    assert f"{tmp_path / 'd' / 'data'}" in out
    if dialect == "duckdb":
        connection = duckdb.connect()
        connection.execute(out)
        assert connection.sql('select count(*) from "Orders"').fetchall() == [(60,)]


def test_a_view_of_each_value_of_a_split_export(made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["convert", str(made.folder), "-o", str(tmp_path / "d"), "--split-by", "late", "--ddl", "duckdb"]
    assert main(words) == 0
    connection = duckdb.connect()
    connection.execute(capfd.readouterr().out)
    assert connection.sql('select count(*) from "Orders_none"').fetchall() == [(60,)]


def test_notes_of_a_split_export_say_what_they_are_about(
    made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d"), "--split-by", "revision"]) == 0
    lines = [line.strip() for line in capfd.readouterr().out.splitlines()]
    note = next(index for index, line in enumerate(lines) if line.startswith("only-null"))
    assert lines[note - 1] == "of /revision=draft"


def test_quarantined_records_are_exit_code_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = make_export(tmp_path / "e", JSON, [[item(JSON, "a"), "{"]])
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d")]) == 3
    assert "line 2" in capfd.readouterr().err
    words = ["convert", str(made.folder), "-o", str(tmp_path / "d"), "--on-malformed", "quarantine"]
    assert main(words) == 1
    assert "1 malformed record: " in capfd.readouterr().out
    assert main(words) == 1, "it stays so when it was done before"


def test_rescued_values_are_told_with_their_places(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = [item(JSON, "a"), item(JSON, "b", extra='"late":{"N":"1"}')]
    made = make_export(tmp_path / "e", JSON, [lines])
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d"), "--sample", "1"]) == 0
    out = capfd.readouterr().out
    assert "1 value in 1 row: _rescued" in out
    assert f"N at /late  first in {made.data_files[0]}:2" in out
    words = ["convert", str(made.folder), "-o", str(tmp_path / "d2"), "--sample", "1", "--on-misfit", "error"]
    assert main(words) == 3
    assert "the N at /late fits no column" in capfd.readouterr().err


def test_another_result_is_wrong_usage(made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(made.folder), "-o", str(tmp_path / "d")]) == 0
    words = ["convert", str(made.folder), "-o", str(tmp_path / "d"), "--compression", "snappy"]
    assert main(words) == 2
    assert "--overwrite" in capfd.readouterr().err
    assert main([*words, "--overwrite", "--memory", "200MiB", "--jobs", "4", "--target-file-size", "1MB"]) == 0
