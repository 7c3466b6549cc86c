"""inspect: names that cannot be shown, or told of, as they are."""

import os
from pathlib import Path

import pytest

from tests.export.layouts import lay_out, lay_out_started
from tests.inspect.test_inspect import document, run


@pytest.mark.parametrize("broken", [False, True])
def test_names_that_no_terminal_or_document_could_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: bool
) -> None:
    name = "\u202d\x1b[2J"
    laid = lay_out(tmp_path / name, change=lambda summary: summary.update(tableArn="a:table/\u202eT\x1b"))
    if broken:
        laid.summary.write_bytes(b"{")
        lay_out_started(tmp_path / name, time=1)
    told = run(capsys, str(tmp_path))
    assert "\\x1b[2J/AWSDynamoDB" in told
    assert not {"\x1b", "\u202d", "\u202e"} & set(told)
    found = document(capsys, tmp_path)["exports"][0]
    assert found["uri"].startswith(f"{tmp_path}/{name}/")


def test_names_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors, JSON and Parquet could not tell of anything in such a folder: it is told itself, and not looked into."""
    lay_out(tmp_path / "good")
    lay_out(tmp_path / os.fsdecode(b"\xff"))
    told = run(capsys, str(tmp_path))
    assert f"Not looked into\n  {tmp_path}/\\xff: the path is not UTF-8; rename" in told
    assert "1 complete export of 1 table, 1 folder not looked into\n" in told
    assert "\udcff" not in told
    found = {export["uri"]: export["status"] for export in document(capsys, tmp_path)["exports"]}
    assert found[f"{tmp_path}/\\xff"] == "unreadable"
