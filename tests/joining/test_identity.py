"""What exports that are read are known by, and that their manifests are what their MD5 files say."""

import json
import re
from pathlib import Path
from unittest import mock

import pytest

from exportkit.errors import AccessDeniedError, ItemCountError, Md5MismatchError
from exportkit.export import Export, open_export
from exportkit.joining.identity import inputs_of
from tests.export.layouts import lay_out
from tests.making import Made


def test_inputs_are_told_by_what_they_are_not_by_where_they_lie(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "a", window=(0, 15))
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "AWSDynamoDB").rename(tmp_path / "b" / "AWSDynamoDB")
    copy = tmp_path / "b" / "AWSDynamoDB" / laid.folder.name
    (told,) = inputs_of([open_export(copy)])
    assert told["export"] == laid.folder.name
    assert told["window"] == "[2026-01-14T10:00:00.000Z, 2026-01-14T10:15:00.000Z)"
    assert (told["items"], told["files"]) == (1, 2)
    assert str(tmp_path) not in json.dumps(told)
    laid = lay_out(tmp_path / "c")
    (told,) = inputs_of([open_export(laid.folder)])
    assert told["export_time"] == "2026-01-14T10:00:00.000Z"
    Made(tmp_path / "c", laid.folder).rewrite_summary(itemCount=5)
    with pytest.raises(ItemCountError, match=r"1 record in all, manifest-summary\.json says 5"):
        inputs_of([open_export(laid.folder)])


@pytest.mark.parametrize("checksums", ["md5", "checksum"])
@pytest.mark.parametrize("name", ["manifest-summary", "manifest-files"])
def test_a_manifest_that_is_not_what_its_md5_file_says_is_no_input(tmp_path: Path, name: str, checksums: str) -> None:
    laid = lay_out(tmp_path, checksums=checksums)
    manifest, beside = (laid.folder / f"{name}.{suffix}" for suffix in ("json", checksums))
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    with pytest.raises(Md5MismatchError, match=re.escape(str(manifest))) as caught:
        inputs_of([open_export(laid.folder)])
    assert str(beside) in str(caught.value)
    assert caught.value.exit_code == 3
    beside.unlink()
    assert len(inputs_of([open_export(laid.folder)])) == 1


def test_md5_files_that_nobody_may_see_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In S3 who may not list a bucket is told that he may not read what is not there."""
    export = open_export(lay_out(tmp_path).folder)
    with monkeypatch.context() as patched:
        patched.setattr(Export, "checksum", mock.Mock(side_effect=AccessDeniedError("s3://b/k", "s3:ListBucket")))
        (told,) = inputs_of([export])
    assert told == inputs_of([export])[0]
