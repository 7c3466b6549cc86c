"""Opening an export: every way to name it, every way its manifests are laid out, and what is refused."""

import json
import os
import shutil
from pathlib import Path

import pytest

from exportkit.errors import (
    AccessDeniedError,
    ExportError,
    ExportIncompleteError,
    ForeignKeyError,
    ManifestError,
    ObjectNotFoundError,
    UsageError,
)
from exportkit.export import Export, open_export
from exportkit.inspect import inspect
from exportkit.store import DataStream, StoreOptions
from tests.commands import run
from tests.export.layouts import Laid, entry, lay_out, lay_out_started, md5

ITEM = b'{"Item":{"pk":{"S":"a"}}}\n'
FOREIGN = StoreOptions(allow_foreign_keys=True)


def contents(export: Export) -> list[bytes]:
    """The decompressed data files, each checked against its MD5 in the manifest."""
    result = []
    for file in export.files():
        with DataStream(export.store.open(file.uri), file.uri) as stream:
            result.append(b"".join(stream))
        assert stream.md5 == file.entry.md5
    return result


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


# --- manifest-files ----------------------------------------------------------------------------------------


def test_no_line_feed_at_the_end_blank_lines_and_crlf(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    first, second = laid.files.read_bytes().splitlines()
    laid.set_lines(first + b"\r\n\n  \r\n" + second)
    files = open_export(laid.folder).files()
    assert [file.entry.line for file in files] == [1, 4]
    assert files.md5 == md5(laid.files.read_bytes())


def test_an_empty_manifest_files(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.set_lines()
    files = open_export(laid.folder).files()
    assert list(files) == []
    assert files.md5 == md5(b"")


def test_a_hundred_thousand_lines_are_streamed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    line = laid.files.read_text().splitlines()[0]
    laid.set_lines(*(line.replace(".json.gz", f"{number}.json.gz") + "\n" for number in range(100_000)))
    files = open_export(laid.folder).files()
    last = None
    for count, file in enumerate(files, 1):
        assert files.count == count  # handed out one by one, while the rest is unread
        last = file
    assert last is not None
    assert (last.index, last.entry.line, files.item_count) == (99_999, 100_000, 100_000)


@pytest.mark.parametrize("size", [1_048_570, 1_048_577, 5_000_000])
def test_a_line_of_more_than_a_megabyte_is_refused_and_the_next_read(tmp_path: Path, size: int) -> None:
    laid = lay_out(tmp_path)
    good = laid.files.read_bytes().splitlines(True)[0]
    laid.set_lines(
        b'{"dataFileS3Key":"data/%s"}\n' % (b"x" * size), good, b'{"dataFileS3Key":"data/%s"}' % (b"x" * size)
    )
    faults: list[ExportError] = []
    files = open_export(laid.folder).files(faults.append)
    assert [file.entry.line for file in files] == [2]
    assert [str(fault).split(": ")[1] for fault in faults] == ["line 1", "line 3"]
    assert files.md5 == md5(laid.files.read_bytes())


def test_faulty_lines_are_raised_or_handed_over(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    good = laid.files.read_text().splitlines(True)[0]
    laid.set_lines("{}\n", good, entry("../../x"), "null\n", good)
    with pytest.raises(ManifestError, match="line 1: dataFileS3Key is missing"):
        next(open_export(laid.folder).files())
    faults: list[ExportError] = []
    files = open_export(laid.folder).files(faults.append)
    assert [(file.index, file.entry.line) for file in files] == [(0, 2), (1, 5)]
    assert [type(fault) for fault in faults] == [ManifestError, ForeignKeyError, ManifestError]
    assert all(str(laid.files) in str(fault) for fault in faults)


def test_manifest_files_is_missing(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    laid.files.unlink()
    with pytest.raises(ManifestError) as caught:
        next(open_export(laid.folder).files())
    assert caught.value.missing
    assert caught.value.uri == str(laid.files)


# --- keys that lead out ------------------------------------------------------------------------------------


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


# --- what is no finished export ----------------------------------------------------------------------------


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
        with pytest.raises(ManifestError, match="not JSON"):
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
        ("file.txt", "it is a file; name the export's folder, or its manifest-summary.json"),
        ("x" * 5000, "there is no such file or folder"),
    ],
)
def test_no_export_is_there(tmp_path: Path, location: str, why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    for look in (open_export, inspect):
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


def test_the_real_export(real_exports: Path) -> None:
    export = open_export(real_exports / "full-json")
    assert [content.count(b"\n") for content in contents(export)] == [3]
    assert export.checksum(export.summary_uri) is None
