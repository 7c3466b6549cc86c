"""Keys and links that lead out of an export's root are refused, unless that is allowed."""

from pathlib import Path

import pytest

from exportkit.errors import ForeignKeyError
from exportkit.export import open_export
from exportkit.store import StoreOptions
from tests.export.layouts import entry, lay_out

FOREIGN = StoreOptions(allow_foreign_keys=True)


@pytest.mark.parametrize(
    "key",
    [
        "../../../secret.gz",
        "data/../../secret.gz",
        "/etc/passwd",
        "s3://other-bucket/AWSDynamoDB/data/x.json.gz",
        "file:///etc/passwd",
        "AWSDynamoDB/01700000000000-00000000/data/x.json.gz",
        "data/a\0b",
        "x" * 5000 + "/../y",
    ],
)
def test_keys_that_lead_out_are_refused(tmp_path: Path, key: str) -> None:
    laid = lay_out(tmp_path)
    laid.set_lines(entry(key))
    with pytest.raises(ForeignKeyError) as caught:
        next(open_export(laid.folder).files())
    assert caught.value.uri == str(laid.files)
    assert caught.value.message.startswith("dataFileS3Key leads out of the export: ")
    assert caught.value.line == 1
    assert "--allow-foreign-keys" in caught.value.message
    assert len(caught.value.message) < 400


def test_encoded_dots_are_a_name_like_any_other(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.set_lines(entry("data/%2e%2e%2fsecret.gz"))
    (file,) = open_export(laid.folder).files()
    assert file.uri == str(laid.folder / "data" / "%2e%2e%2fsecret.gz")


def test_a_manifest_files_key_that_leads_out(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.set_keys(manifestFilesS3Key="../manifest-files.json")
    with pytest.raises(ForeignKeyError, match="manifestFilesS3Key leads out"):
        open_export(laid.folder)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "bucket")
    (secret := tmp_path / "secret.gz").write_bytes(b"")
    for key, link in (("data/link.gz", secret), ("data/folder/secret.gz", tmp_path)):
        path = laid.folder / key
        (path if link is secret else path.parent).symlink_to(link)
        laid.set_lines(entry(key))
        with pytest.raises(ForeignKeyError, match="a link leads to"):
            next(open_export(laid.folder).files())
        (file,) = open_export(laid.folder, FOREIGN).files()
        assert file.uri == str(path)


def test_links_inside_the_export_are_followed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "bucket")
    name = next(path for path in (laid.folder / "data").iterdir()).name
    (laid.folder / "data" / "link.gz").symlink_to(name)
    laid.set_lines(entry("data/link.gz"))
    (file,) = open_export(laid.folder).files()
    assert file.uri.endswith("link.gz")


def test_the_folder_beside_an_export_is_out_of_reach_but_for_shared_data(tmp_path: Path) -> None:
    """A copied export's parent may be anybody's home."""
    laid = lay_out(tmp_path / "home", window=(0, 15))
    laid.set_lines(entry("AWSDynamoDB/data/x.gz"), entry("AWSDynamoDB/.ssh/id"))
    files = open_export(laid.folder).files()
    assert next(files).uri == str(laid.folder.parent / "data" / "x.gz")
    with pytest.raises(ForeignKeyError):
        next(files)


def test_foreign_keys_are_followed_when_that_is_allowed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.set_lines(entry("/etc/passwd"), entry("../other/data/x.gz"), entry("file:///tmp/y"), entry("data/z"))
    files = [file.uri for file in open_export(laid.folder, FOREIGN).files()]
    assert files == ["/etc/passwd", str(laid.folder.parent / "other/data/x.gz"), "/tmp/y", str(laid.folder / "data/z")]
