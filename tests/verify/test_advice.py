"""What verify says is to be done: what stands behind the arrow, below the findings of a code."""

import gzip
from pathlib import Path

import pytest

from exportkit.model.formats import OutputFormat
from tests.commands import run
from tests.making import Made, item, make_export

pytestmark = pytest.mark.parametrize("form", [OutputFormat.DYNAMODB_JSON])


def advice(made: Made, *words: str) -> dict[str, list[str]]:
    """Returns the advice by the code it is for."""
    told: dict[str, list[str]] = {}
    for line in run("verify", made.folder, *words).out.splitlines():
        if line.startswith(("error: ", "warning: ", "note: ")):
            code = line.partition(": ")[2]
        if line.startswith("  → "):
            told.setdefault(code, []).append(line.removeprefix("  → "))
    return told


def test_a_manifest_that_was_changed_on_purpose(full: Made, form: OutputFormat) -> None:
    (full.folder / "manifest-files.md5").write_bytes(b"AAAAAAAAAAAAAAAAAAAAAA==")
    (told,) = advice(full)["manifest-md5-mismatch"]
    assert "If the manifest was changed on purpose, delete the .md5 (or .checksum) file beside it." in told


def test_the_data_of_an_increment_lies_beside_its_folder(incremental: Made, form: OutputFormat) -> None:
    for path in incremental.data_files:
        path.unlink()
    (told,) = advice(incremental)["data-file-missing"]
    assert told.startswith("Copy the export again from its source")
    shared = "Data files of incremental exports lie in AWSDynamoDB/data/, beside the export's folder, and have to be"
    assert shared in told


def test_the_data_of_a_full_export_lies_in_its_folder(full: Made, form: OutputFormat) -> None:
    full.data_files[1].unlink()
    (told,) = advice(full)["data-file-missing"]
    assert "incremental" not in told


def test_files_that_were_decompressed_by_hand(full: Made, form: OutputFormat) -> None:
    for path in full.data_files:
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    told = advice(full)
    assert len(told["data-file-missing"]) == 1
    (unlisted,) = told["data-file-unlisted"]
    assert unlisted.startswith("Listed files are missing: were these renamed or decompressed?")


def test_unlisted_files_where_none_is_missing(full: Made, form: OutputFormat) -> None:
    full.data_files[0].with_name("stranger.txt").write_bytes(b"")
    assert advice(full) == {"data-file-unlisted": ["Nothing: unlisted files are not part of the export."]}


def test_a_record_longer_than_allowed(tmp_path: Path, form: OutputFormat) -> None:
    made = make_export(tmp_path, form, [[item(form, "a"), item(form, "b" * 200)]])
    (told,) = advice(made, "--max-record-size", "64")["record-malformed"]
    assert told == "Raise --max-record-size, which is 64MiB unless told otherwise."
    made = make_export(tmp_path / "worse", form, [[item(form, "b" * 200), "{oops"]])
    raised, copied = advice(made, "--max-record-size", "64")["record-malformed"]
    assert raised.startswith("Raise --max-record-size")
    assert copied.startswith("Copy the file again")
