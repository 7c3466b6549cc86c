"""Exports in a real S3: the same as in a folder, and with no more requests than are needed."""

from pathlib import Path

import pytest

from exportkit.errors import (
    BucketNotFoundError,
    ExportIncompleteError,
    ForeignKeyError,
    ManifestError,
    ObjectNotFoundError,
)
from exportkit.export import open_export
from exportkit.locations import ExportStatus, find_exports
from exportkit.model.description import ExportDescription
from exportkit.store import StoreOptions
from tests.export.contents import contents
from tests.export.layouts import entry, lay_out, lay_out_started
from tests.export.test_open import ITEM
from tests.servers.s3 import S3

pytestmark = pytest.mark.server


@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_opening_and_reading_ask_for_each_object_once_and_list_nothing(
    s3: S3, s3_requests: list[str], tmp_path: Path, window: tuple[float, float] | None
) -> None:
    laid = lay_out(tmp_path, prefix="p q", window=window)
    uri = s3.upload(tmp_path)
    key = laid.folder.relative_to(tmp_path).as_posix()
    export = open_export(f"{uri}/{key}", s3.options())
    assert s3_requests == [f"GetObject {key}/manifest-summary.json"]
    assert contents(export) == [ITEM, b""]
    assert sorted(s3_requests[2:]) == sorted(
        f"GetObject {path.relative_to(tmp_path).as_posix()}" for path in tmp_path.rglob("*.gz")
    )
    assert s3_requests[1] == f"GetObject {key}/manifest-files.json"


def test_every_way_to_name_an_export(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = lay_out(tmp_path, prefix="p")
    s3.upload(tmp_path)
    folder = f"{s3.uri}/{laid.folder.relative_to(tmp_path).as_posix()}"
    described = ExportDescription(
        export_arn="arn", export_status="COMPLETED", s3_bucket=s3.bucket,
        export_manifest=f"{laid.summary.relative_to(tmp_path).as_posix()}",
    )  # fmt: skip
    monkeypatch.setattr("exportkit.store.aws.describe_export", lambda *_: described)
    for location in (folder, folder + "/", f"{folder}/manifest-summary.json", s3.uri, f"{s3.uri}/p", "arn:the-export"):
        export = open_export(location, s3.options())
        assert export.uri == folder
        assert contents(export) == [ITEM, b""]
        checksum = export.checksum(export.summary_uri)
        assert checksum is not None
        assert checksum.stated == export.summary_md5


@pytest.mark.parametrize("prefix", ["", "moved/to", "AWSDynamoDB"])
@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_copies_under_another_prefix(s3: S3, tmp_path: Path, prefix: str, window: tuple[float, float] | None) -> None:
    laid = lay_out(tmp_path, prefix="first/place", window=window)
    uri = s3.upload(tmp_path / "first" / "place", prefix)
    assert contents(open_export(f"{uri}/AWSDynamoDB/{laid.folder.name}", s3.options())) == [ITEM, b""]


def test_an_export_folder_copied_to_the_top_of_a_bucket(s3: S3, tmp_path: Path) -> None:
    laid = lay_out(tmp_path, prefix="p")
    s3.upload(laid.folder)
    assert contents(open_export(s3.uri, s3.options())) == [ITEM, b""]


def test_foreign_keys(s3: S3, tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.set_lines(entry("secret/x.gz"), entry("/secret/x.gz"), entry(f"s3://{s3.bucket}/y"))
    s3.upload(tmp_path)
    files = open_export(s3.uri, s3.options()).files()
    assert next(files).uri.endswith(f"{laid.folder.name}/secret/x.gz")
    with pytest.raises(ForeignKeyError):
        next(files)
    _, absolute, uri = open_export(s3.uri, s3.options(allow_foreign_keys=True)).files()
    assert (absolute.uri, uri.uri) == (f"{s3.uri}//secret/x.gz", f"{s3.uri}/y")


def test_what_is_no_finished_export(s3: S3, tmp_path: Path) -> None:
    started = lay_out_started(tmp_path, prefix="a")
    broken = lay_out(tmp_path, prefix="b")
    broken.summary.unlink()
    s3.upload(tmp_path)
    options = s3.options()
    for location in (f"{s3.uri}/a/AWSDynamoDB/{started.name}", f"{s3.uri}/a"):
        with pytest.raises(ExportIncompleteError):
            open_export(location, options)
    with pytest.raises(ManifestError) as caught:
        open_export(f"{s3.uri}/b", options)
    assert caught.value.missing
    for location in (f"{s3.uri}/nothing", f"{s3.uri}/c/manifest-summary.json"):
        with pytest.raises(ObjectNotFoundError):
            open_export(location, options)
    with pytest.raises(BucketNotFoundError):
        open_export("s3://no-such-bucket-here/x", options)


def test_exports_side_by_side_are_found_with_one_request_each(s3: S3, s3_requests: list[str], tmp_path: Path) -> None:
    folders = {lay_out(tmp_path, prefix="p", time=15 * number).folder.name for number in range(5)}
    folders |= {lay_out(tmp_path, prefix="p", window=(0, 15)).folder.name}
    s3.upload(tmp_path)
    every = list(find_exports(f"{s3.uri}/p/AWSDynamoDB", storage=s3.options()))
    assert {one.uri.rpartition("/")[2] for one in every} == folders
    assert all(one.status is ExportStatus.COMPLETE for one in every)
    assert sorted(s3_requests) == sorted(
        ["ListObjectsV2 p/AWSDynamoDB/", *(f"GetObject p/AWSDynamoDB/{name}/manifest-summary.json" for name in folders)]
    )


def test_without_permission_to_list_an_export_can_still_be_read(s3: S3, tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    s3.upload(tmp_path)
    options: StoreOptions = s3.options()
    export = open_export(f"{s3.uri}/{laid.folder.relative_to(tmp_path).as_posix()}", options)
    export.store.client.meta.events.register("before-call.s3.ListObjectsV2", _refuse)  # type: ignore[attr-defined]
    assert contents(export) == [ITEM, b""]


def _refuse(**_: object) -> None:
    raise AssertionError("listed")
