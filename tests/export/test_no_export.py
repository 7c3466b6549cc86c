"""What is no finished export, and what is no location."""

import os
from pathlib import Path

import pytest

from exportkit.errors import AccessDeniedError, ExportIncompleteError, ManifestError, ObjectNotFoundError, UsageError
from exportkit.export import open_export
from exportkit.inspect import inspect
from exportkit.verify import verify
from tests.commands import run
from tests.export.layouts import lay_out, lay_out_started


def test_only_started(tmp_path: Path) -> None:
    folder = lay_out_started(tmp_path)
    for location in (folder, folder / "manifest-summary.json", tmp_path):
        with pytest.raises(
            ExportIncompleteError, match=r"still running, or it failed; .*: wait for it .*, or ask for it anew"
        ) as caught:
            open_export(location)
        assert caught.value.uri == str(folder)


def test_a_missing_summary_of_an_export_that_is_there(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.summary.unlink()
    for location in (laid.folder, laid.summary, tmp_path):
        with pytest.raises(ManifestError) as caught:
            open_export(location)
        assert caught.value.missing
        assert caught.value.uri == str(laid.summary)


def test_an_export_folder_with_nothing_but_data(tmp_path: Path) -> None:
    laid = lay_out(tmp_path, started=False, checksums=None)
    laid.summary.unlink()
    laid.files.unlink()
    with pytest.raises(ManifestError) as caught:
        open_export(laid.folder)
    assert caught.value.missing


def test_a_malformed_summary(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.summary.write_bytes(b"{")
    for location in (laid.folder, tmp_path):
        with pytest.raises(ManifestError, match=r"not JSON: .*; copy the export again; if it is so at its source too"):
            open_export(location)


def test_a_summary_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    with laid.summary.open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(ManifestError, match="more than the 16,777,216 bytes"):
        open_export(laid.folder)


def test_several_exports_are_listed(tmp_path: Path) -> None:
    folders = [lay_out(tmp_path, time=15 * number).folder for number in range(12)]
    with pytest.raises(UsageError) as caught:
        open_export(tmp_path)
    assert caught.value.__notes__ == [*(f"  {folder}" for folder in folders[:10]), "  …"]
    told = run("cat", tmp_path).err.splitlines()
    assert told == [f"error: several exports are in {tmp_path}; name one of them:", *caught.value.__notes__]


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("nowhere", "there is no such file or folder"),
        ("empty", "no manifest-summary.json in it or below it"),
        (".", "no manifest-summary.json in it or below it$"),
        ("bucket/AWSDynamoDB/data", "no .* below it; data files alone are no export: name the export's folder"),
        ("converted", r"no .* below it; it is what convert made of one \(dataset.json\): Parquet"),
        ("converted/data", r"no .* below it; it is what convert made of one \(dataset.json\): Parquet"),
        ("file.txt", "it is a file; name the export's folder, or its manifest-summary.json"),
        ("x" * 5000, "there is no such file or folder"),
    ],
)
def test_no_export_is_there(tmp_path: Path, location: str, why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    (tmp_path / "bucket" / "AWSDynamoDB" / "data").mkdir(parents=True)
    (tmp_path / "bucket" / "AWSDynamoDB" / "data" / "x.json.gz").touch()
    (tmp_path / "converted" / "data").mkdir(parents=True)
    (tmp_path / "converted" / "dataset.json").touch()
    for look in (open_export, inspect, verify):
        with pytest.raises(ObjectNotFoundError, match=f"no export is here: {why}"):
            look(tmp_path / location)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "a\0b",
        "s3://",
        "s3:///key",
        "s3://key:secret@bucket/x",
        "s3:/b/x",
        "S3:b",
        "https://x/y",
        "gs://b/x",
        "file://host/x",
    ],
)
def test_no_location(location: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_export(location)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "location", ["arn:aws:s3:::bucket", "arn:aws:dynamodb:eu-central-1:111122223333:table/T", "arn:"]
)
def test_no_arn_of_an_export(location: str) -> None:
    with pytest.raises(UsageError, match="not the ARN of an export"):
        open_export(location)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.summary.chmod(0)
    with pytest.raises(AccessDeniedError):
        open_export(laid.folder)
