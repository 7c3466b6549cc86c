"""Opening an export: every way to name it, and every way its manifests are laid out."""

import json
import os
import shutil
from pathlib import Path

import pytest

from exportkit.errors import ObjectNotFoundError, UsageError
from exportkit.export import open_export
from tests.export.contents import contents
from tests.export.layouts import Laid, lay_out, md5

ITEM = b'{"Item":{"pk":{"S":"a"}}}\n'


def test_every_way_to_name_a_local_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = lay_out(tmp_path / "a b%20c", prefix="p")
    monkeypatch.chdir(laid.root)
    link = tmp_path / "latest"
    link.symlink_to(laid.folder)
    names = [
        laid.folder,
        str(laid.folder) + "/",
        laid.summary,
        laid.folder.relative_to(laid.root),
        laid.folder.as_uri(),
        laid.summary.as_uri(),
        laid.root,  # a folder with one export below it
        link,
        link / "manifest-summary.json",
    ]
    for name in names:
        export = open_export(name)
        assert export.uri == os.fspath(laid.folder)
        assert contents(export) == [ITEM, b""]


def test_what_an_export_says_of_itself(tmp_path: Path) -> None:
    laid = lay_out(tmp_path, prefix="p")
    export = open_export(laid.folder)
    assert export.id == laid.folder.name
    assert export.summary_uri == str(laid.summary)
    assert export.files_uri == str(laid.files)
    assert export.data_folder == str(laid.folder / "data")
    assert export.summary_md5 == md5(laid.summary.read_bytes())


@pytest.mark.parametrize("prefix", [None, "foo", "foo/", "a/b/c", "AWSDynamoDB", "ends.with-dots.."])
@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_prefixes(tmp_path: Path, prefix: str | None, window: tuple[float, float] | None) -> None:
    laid = lay_out(tmp_path, prefix=prefix, window=window)
    export = open_export(laid.folder)
    assert contents(export) == [ITEM, b""]
    assert export.data_folder == str(laid.folder.parent / "data" if window else laid.folder / "data")


def test_the_files_are_counted_while_they_are_listed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path, files=(ITEM * 3, b"", ITEM))
    files = open_export(laid.folder).files()
    assert files.md5 is None
    assert [(file.index, file.entry.line, file.entry.item_count) for file in files] == [(0, 1, 3), (1, 2, 0), (2, 3, 1)]
    assert (files.count, files.item_count) == (3, 4)
    assert files.md5 == md5(laid.files.read_bytes())


# --- copies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_a_copy_of_the_root_folder_under_another_prefix(tmp_path: Path, window: tuple[float, float] | None) -> None:
    laid = lay_out(tmp_path / "original", prefix="deep/in", window=window)
    copy = tmp_path / "elsewhere" / "AWSDynamoDB"
    shutil.copytree(laid.folder.parent, copy)
    shutil.rmtree(laid.root)
    assert contents(open_export(copy / laid.folder.name)) == [ITEM, b""]


def test_a_copy_of_the_export_folder_alone_under_another_name(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "original", prefix="p")
    copy = tmp_path / "monday"
    shutil.copytree(laid.folder, copy)
    shutil.rmtree(laid.root)
    assert contents(open_export(copy)) == [ITEM, b""]


def test_an_incremental_export_whose_folders_were_renamed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "original", window=(0, 15))
    shutil.copytree(laid.folder.parent, tmp_path / "copy")
    (tmp_path / "copy" / laid.folder.name).rename(tmp_path / "copy" / "first")
    shutil.rmtree(laid.root)
    assert contents(open_export(tmp_path / "copy" / "first")) == [ITEM, b""]


def test_a_copy_is_never_mixed_with_its_original(tmp_path: Path) -> None:
    """Both are there, the copy lacks a file: the original's must not stand in for it."""
    laid = lay_out(tmp_path, prefix="p")
    copy = tmp_path / "p" / "copies" / "AWSDynamoDB" / laid.folder.name
    shutil.copytree(laid.folder, copy)
    shutil.rmtree(copy / "data")
    export = open_export(copy)
    (first, _) = export.files()
    assert first.uri.startswith(str(copy))
    with pytest.raises(ObjectNotFoundError):
        export.store.stat(first.uri)


# --- other writers -----------------------------------------------------------------------------------------


def test_keys_relative_to_the_export_folder(tmp_path: Path) -> None:
    laid = lay_out(tmp_path, relative=True, checksums=None, started=False)
    export = open_export(laid.folder)
    assert contents(export) == [ITEM, b""]
    assert export.checksum(export.summary_uri) is export.checksum(export.files_uri) is None


def test_the_least_that_a_writer_leaves(tmp_path: Path) -> None:
    laid = lay_out(tmp_path, relative=True)
    laid.summary.write_text(
        json.dumps({"manifestFilesS3Key": "manifest-files.json", "itemCount": 1, "outputFormat": "DYNAMODB_JSON"})
    )
    export = open_export(laid.folder)
    assert len(list(export.files())) == 2
    assert export.id == laid.folder.name


def test_a_writer_that_names_no_root_folder(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "x", relative=True)
    folder = tmp_path / "dumps" / "one"
    shutil.copytree(laid.folder, folder)
    moved = Laid(tmp_path, folder)
    moved.set_keys(manifestFilesS3Key="dumps/one/manifest-files.json", exportArn="one")
    moved.set_lines(
        *(line.replace(b'"data/', b'"dumps/one/data/') for line in laid.files.read_bytes().splitlines(True))
    )
    assert contents(open_export(folder)) == [ITEM, b""]


@pytest.mark.parametrize("suffix", ["md5", "checksum"])
def test_checksums_of_either_name(tmp_path: Path, suffix: str) -> None:
    laid = lay_out(tmp_path, checksums=suffix)
    export = open_export(laid.folder)
    for uri, path in ((export.summary_uri, laid.summary), (export.files_uri, laid.files)):
        checksum = export.checksum(uri)
        assert checksum is not None
        assert checksum.uri == str(path.with_suffix(f".{suffix}"))
        assert checksum.stated == md5(path.read_bytes())


def test_a_checksum_file_of_anything(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.summary.with_suffix(".md5").write_bytes(b"\xff\n" * 1_000_000)
    export = open_export(laid.folder)
    checksum = export.checksum(export.summary_uri)
    assert checksum is not None
    assert len(checksum.stated) <= 1024
    laid.summary.with_suffix(".md5").write_bytes(export.summary_md5.encode() + b"\r\n")
    checksum = export.checksum(export.summary_uri)
    assert checksum is not None
    assert checksum.stated == export.summary_md5


def test_the_real_export(real_exports: Path) -> None:
    export = open_export(real_exports / "full-json")
    assert [content.count(b"\n") for content in contents(export)] == [3]
    assert export.checksum(export.summary_uri) is None


@pytest.mark.parametrize("location", [b"/tmp/\xff", b"file:///tmp/%FF"], ids=["path", "uri"])
def test_a_path_that_is_no_text(location: bytes) -> None:
    with pytest.raises(UsageError, match="the path is not UTF-8; rename the file or folder"):
        open_export(os.fsdecode(location))
