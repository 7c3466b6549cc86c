"""manifest-files.json: its lines, those that are faulty, and how many there may be."""

from pathlib import Path

import pytest

from exportkit.errors import ExportError, ForeignKeyError, ManifestError
from exportkit.export import open_export
from tests.export.layouts import entry, lay_out, md5


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


def test_many_lines_are_streamed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    line = laid.files.read_text().splitlines()[0]
    laid.set_lines(*(line.replace(".json.gz", f"{number}.json.gz") + "\n" for number in range(20_000)))
    files = open_export(laid.folder).files()
    last = None
    for count, file in enumerate(files, 1):
        assert files.count == count  # handed out one by one, while the rest is unread
        last = file
    assert last is not None
    assert (last.index, last.entry.line, files.item_count) == (19_999, 20_000, 20_000)


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
