"""Every finding code but those of records, planted alone, in both formats and over both engines."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import AccessDeniedError, ManifestError, ObjectNotFoundError, UsageError
from exportkit.export import Export, open_export
from exportkit.model.findings import CODES, Level
from exportkit.model.formats import OutputFormat, TextForm
from exportkit.reading import OpenExport
from exportkit.reasons import Severity
from exportkit.store.local import LocalStore
from exportkit.verify import verify
from tests.making import Made, item, make_export
from tests.verify.told import check_consistent, codes

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = pytest.mark.parametrize("form", [JSON, ION])


def test_a_good_full_export_passes_every_check(full: Made, form: OutputFormat, engine: Engine) -> None:
    report = verify(full.folder, key=("pk",), expect_item_count=3, engine=engine)
    check_consistent(report)
    assert report.ok
    assert report.findings == ()
    not_done = {check.code: check.why for check in report.checks if check.status != "passed"}
    assert set(not_done) == {"keys-image-mismatch", "timestamp-outside-window", "etag-mismatch"}
    assert report.counts["records"] == report.counts["items"] == report.counts["keys"] == 3
    assert report.counts["files"] == 3


def test_a_good_incremental_export_passes_every_check(incremental: Made, form: OutputFormat, engine: Engine) -> None:
    report = verify(incremental.folder, expect_item_count=3, engine=engine)
    check_consistent(report)
    assert report.ok
    assert report.findings == ()
    not_done = {check.code for check in report.checks if check.status != "passed"}
    assert not_done == {"data-file-unlisted", "etag-mismatch"}
    assert (report.counts["puts"], report.counts["deletes"], report.counts["old_images"]) == (2, 1, 2)
    assert report.counts["keys"] == 3


def test_without_its_list_of_files_nothing_of_the_data_is_said_to_be_checked(full: Made, form: OutputFormat) -> None:
    (full.folder / "manifest-files.json").unlink()
    report = verify(full.folder, key=("pk",))
    for check in report.checks:
        if CODES[check.code].level is not Level.MANIFEST:
            assert check.status == "not done", check


def spoil_missing_summary(made: Made) -> None:
    (made.folder / "manifest-summary.json").unlink()


def spoil_missing_files(made: Made) -> None:
    (made.folder / "manifest-files.json").unlink()


def spoil_summary_json(made: Made) -> None:
    made.rewrite("manifest-summary", lambda data: data[:-5])


def spoil_files_line(made: Made) -> None:
    made.rewrite("manifest-files", lambda data: b"{oops\n" + data)


def spoil_md5_files(made: Made) -> None:
    for path in made.folder.glob("*.md5"):
        path.unlink()


def spoil_md5(made: Made) -> None:
    (made.folder / "manifest-files.md5").write_bytes(b"AAAAAAAAAAAAAAAAAAAAAA==")


def spoil_foreign(made: Made) -> None:
    made.rewrite("manifest-files", lambda data: data + data.splitlines(keepends=True)[0].replace(b"/data/", b"/../../"))


def spoil_listed_twice(made: Made) -> None:
    made.rewrite("manifest-files", lambda data: data + data.splitlines(keepends=True)[0])


def spoil_total(made: Made) -> None:
    made.rewrite_summary(itemCount=4)


def spoil_file_missing(made: Made) -> None:
    made.data_files[0].unlink()


def spoil_md5_of_data(made: Made) -> None:
    made.rewrite_entry(1, md5Checksum="AAAAAAAAAAAAAAAAAAAAAA==")


def spoil_item_count(made: Made) -> None:
    made.rewrite_entry(1, itemCount=3)
    made.rewrite_entry(2, itemCount=0)


def spoil_gzip(made: Made) -> None:
    data = bytearray(made.data_files[1].read_bytes())
    data[-8] ^= 1  # the CRC
    made.data_files[1].write_bytes(data)


def spoil_complete(made: Made) -> None:
    for path in made.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "_started":
            path.unlink()


@pytest.mark.parametrize("kind", ["full", "incremental"])
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_missing_summary, {"manifest-missing": "error"}),
        (spoil_missing_files, {"manifest-missing": "error"}),
        (spoil_summary_json, {"manifest-malformed": "error"}),
        (spoil_files_line, {"manifest-malformed": "error"}),
        (spoil_md5_files, {"manifest-md5-missing": "note"}),
        (spoil_md5, {"manifest-md5-mismatch": "error"}),
        (spoil_foreign, {"manifest-key-foreign": "error"}),
        (spoil_listed_twice, {"data-file-listed-twice": "error"}),
        (spoil_total, {"total-count-mismatch": "error"}),
        (spoil_file_missing, {"data-file-missing": "error"}),
        (spoil_md5_of_data, {"data-md5-mismatch": "error"}),
        (spoil_item_count, {"item-count-mismatch": "error"}),
        (spoil_gzip, {"gzip-corrupt": "error", "data-md5-mismatch": "error"}),
        (spoil_complete, {"export-not-complete": "error"}),
    ],
)
def test_a_fault_of_manifests_or_objects(
    kind: str,
    spoil: Callable[[Made], None],
    expected: dict[str, str],
    form: OutputFormat,
    request: pytest.FixtureRequest,
    engine: Engine,
) -> None:
    made: Made = request.getfixturevalue(kind)
    spoil(made)
    report = verify(made.folder, engine=engine)
    check_consistent(report)
    assert codes(report) == expected
    assert report.ok == ("error" not in expected.values())


def test_a_fault_of_a_line_says_which(full: Made, form: OutputFormat) -> None:
    spoil_foreign(full)
    full.rewrite("manifest-files", lambda data: data + b"{}\n")
    by_code = {finding.code: finding for finding in verify(full.folder).findings}
    for code, line in (("manifest-key-foreign", 4), ("manifest-malformed", 5)):
        assert by_code[code].line == line
        assert "line" not in by_code[code].reason, "the place says it"
        assert f"manifest-files.json:{line}: dataFileS3Key" in str(by_code[code])


def test_a_file_behind_a_foreign_key_is_told_once(full: Made, form: OutputFormat) -> None:
    """Its items count, and its file in the data folder is none that nobody lists."""
    full.rewrite("manifest-files", lambda data: data.replace(b"/data/", b"/../elsewhere/"))
    assert codes(verify(full.folder)) == {"manifest-key-foreign": Severity.ERROR}


def test_a_count_that_was_not_expected(full: Made, form: OutputFormat, engine: Engine) -> None:
    for level in Level:
        report = verify(full.folder, expect_item_count=4, level=level, engine=engine)
        assert codes(report) == {"item-count-unexpected": Severity.ERROR}


def test_a_file_that_is_not_listed(full: Made, form: OutputFormat, engine: Engine) -> None:
    stranger = full.data_files[0].with_name("stranger.txt")
    stranger.write_bytes(b"")
    report = verify(full.folder, engine=engine)
    assert codes(report) == {"data-file-unlisted": Severity.NOTE}
    assert report.ok
    assert report.findings[0].file == str(stranger)


def test_data_of_other_exports_beside_an_incremental_is_no_finding(
    incremental: Made, form: OutputFormat, engine: Engine
) -> None:
    incremental.data_files[0].with_name("anothers.json.gz").write_bytes(b"")
    assert verify(incremental.folder, engine=engine).findings == ()


def test_what_may_not_be_asked_is_not_done_and_the_rest_is(
    full: Made, form: OutputFormat, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: object, uri: str) -> NoReturn:
        raise AccessDeniedError(uri, "s3:ListBucket is not allowed")

    monkeypatch.setattr(LocalStore, "list", denied)
    monkeypatch.setattr(Export, "checksum", denied)
    report = verify(full.folder, key=("pk",), expect_item_count=3, engine=engine)
    assert report.ok
    not_done = {check.code for check in report.checks if check.why == "s3:ListBucket is not allowed"}
    assert not_done == {"manifest-md5-missing", "manifest-md5-mismatch", "data-file-unlisted"}


def test_md5s_that_the_manifest_does_not_name_are_not_said_to_be_right(
    full: Made, form: OutputFormat, engine: Engine
) -> None:
    full.rewrite_entry(1, md5Checksum=None)
    check = {check.code: check for check in verify(full.folder, engine=engine).checks}["data-md5-mismatch"]
    assert (check.status, check.why) == ("not done", "1 of 3 files are listed without one")


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_data_in_the_other_format_is_found(
    kind: str, form: OutputFormat, request: pytest.FixtureRequest, engine: Engine
) -> None:
    made: Made = request.getfixturevalue(kind)
    made.rewrite_summary(outputFormat="ION" if form is JSON else "DYNAMODB_JSON")
    report = verify(made.folder, engine=engine)
    assert not report.ok
    files = {finding.file for finding in report.findings if finding.code == "manifest-malformed"}
    assert files == {str(path) for path in made.data_files[1:]}
    with pytest.raises(ManifestError, match=f"is {form}"):
        list(OpenExport(open_export(made.folder), engine=engine).lines(TextForm.JSON))


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": "pk"},
        {"key": b"pk"},
        {"jobs": 0},
        {"jobs": -3},
        {"expect_item_count": -1},
        {"max_record_size": 0},
        {"max_record_size": 2**70},
        {"level": "deep"},
    ],
    ids=str,
)
def test_an_argument_out_of_range_is_wrong_usage(
    full: Made, form: OutputFormat, engine: Engine, arguments: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        verify(full.folder, engine=engine, **arguments)


@pytest.mark.parametrize("level", list(Level))
def test_a_level_makes_its_own_checks_and_says_which_it_does_not(
    full: Made, form: OutputFormat, engine: Engine, level: Level
) -> None:
    report = verify(full.folder, key=("pk",), expect_item_count=3, level=level, engine=engine)
    assert report.ok
    for check in report.checks:
        if CODES[check.code].level.depth > level.depth:
            assert (check.status, check.why) == ("not done", f"needs --level {CODES[check.code].level}")
    assert ("records" in report.counts) == (level.depth >= Level.CONTENT.depth)


def test_findings_are_capped_and_the_rest_is_counted(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_export(tmp_path, form, [["{oops"] * 500, [item(form, "a")] * 300])
    report = verify(made.folder, key=("pk",), engine=engine)
    counts = {check.code: check.count for check in report.checks if check.count}
    assert counts == {"record-malformed": 500, "duplicate-key": 299}
    assert report.omitted == {"record-malformed": 480, "duplicate-key": 279}
    assert len(report.findings) == 40


def test_a_file_cut_anywhere_is_found_and_never_raises(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_export(tmp_path, form, [[item(form, f"k{n}") for n in range(30)]])
    (path,) = made.data_files
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        report = verify(made.folder, engine=engine)
        assert {"gzip-corrupt", "data-md5-mismatch"} == set(codes(report)), length


def test_one_flipped_bit_anywhere_is_found_and_never_raises(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_export(tmp_path, form, [[item(form, f"k{n}") for n in range(10)]])
    (path,) = made.data_files
    whole = path.read_bytes()
    for bit in range(0, len(whole) * 8, 3):  # every byte, and every bit of one
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        assert "data-md5-mismatch" in codes(verify(made.folder, engine=engine)), bit


def test_bytes_after_the_end_are_found(full: Made, form: OutputFormat, engine: Engine) -> None:
    path = full.data_files[1]
    path.write_bytes(path.read_bytes() + b"more")
    assert set(codes(verify(full.folder, engine=engine))) == {"gzip-corrupt", "data-md5-mismatch"}


def test_several_members_are_one_file(full: Made, form: OutputFormat, engine: Engine) -> None:
    path = full.data_files[1]
    path.write_bytes(gzip.compress(item(form, "a").encode()) + gzip.compress(b"\n" + item(form, "b").encode()))
    assert codes(verify(full.folder, engine=engine)) == {"data-md5-mismatch": Severity.ERROR}


@pytest.mark.parametrize("key", [(), ("a", "b", "c"), ("a", "a"), ("",)])
def test_a_key_that_cannot_be_one_is_wrong_usage(full: Made, form: OutputFormat, engine: Engine, key: Any) -> None:
    with pytest.raises(UsageError):
        verify(full.folder, key=key, engine=engine)


def test_a_place_where_nothing_is_could_not_be_verified(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    with pytest.raises(ObjectNotFoundError):
        verify(tmp_path / "nowhere", engine=engine)
