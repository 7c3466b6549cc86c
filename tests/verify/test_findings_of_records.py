"""Every finding code of records, planted alone, in both formats and over both engines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.reasons import Severity
from exportkit.verify import verify
from tests.making import IN_WINDOW, change, item, make_export
from tests.verify.told import INCREMENTAL, codes

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = pytest.mark.parametrize("form", [JSON, ION])


def test_a_malformed_record_is_told_with_its_place(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    lines = [item(form, "a"), "", item(form, "b")[:-1], item(form, "c")]
    made = make_export(tmp_path, form, [lines])
    report = verify(made.folder, engine=engine)
    assert codes(report) == {"record-malformed": Severity.ERROR}
    (finding,) = report.findings
    assert (finding.file, finding.line) == (str(made.data_files[0]), 3)
    assert finding.offset == len(lines[0]) + 2
    assert report.counts["malformed"] == 1
    assert report.counts["records"] == 3
    assert report.counts["blank_lines"] == 1


@pytest.mark.parametrize(
    ("export_type", "view", "line", "expected"),
    [
        (ExportType.FULL, None, lambda form: change(form, "a", new="a"), "error"),
        (ExportType.INCREMENTAL, ExportView.NEW_IMAGE, lambda form: item(form, "a"), "error"),
        (ExportType.INCREMENTAL, ExportView.NEW_IMAGE, lambda form: change(form, "a", new="a", old="a"), "error"),
        (ExportType.INCREMENTAL, ExportView.NEW_AND_OLD_IMAGES, lambda form: change(form, "a"), "warning"),
    ],
)
def test_a_record_of_another_kind_or_view(
    tmp_path: Path,
    form: OutputFormat,
    engine: Engine,
    export_type: ExportType,
    view: ExportView | None,
    line: Callable[[OutputFormat], str],
    expected: str,
) -> None:
    made = make_export(tmp_path, form, [[line(form)]], export_type=export_type, view=view or ExportView.NEW_IMAGE)
    report = verify(made.folder, engine=engine)
    assert codes(report) == {"record-kind-mismatch": expected}
    assert report.ok == (expected == "warning")


@pytest.mark.parametrize("images", [{"new": "x"}, {"old": "x"}, {"new": "x", "old": "a"}])
def test_an_image_with_another_key(tmp_path: Path, form: OutputFormat, engine: Engine, images: dict[str, str]) -> None:
    made = make_export(tmp_path, form, [[change(form, "a", **images)]], **INCREMENTAL)
    assert codes(verify(made.folder, engine=engine)) == {"keys-image-mismatch": Severity.ERROR}


@pytest.mark.parametrize("line", [lambda form: item(form, "a", name="other"), lambda form: item(form, "")])
def test_an_item_without_its_key(
    tmp_path: Path, form: OutputFormat, engine: Engine, line: Callable[[OutputFormat], str]
) -> None:
    made = make_export(tmp_path, form, [[item(form, "b"), line(form)]])
    assert codes(verify(made.folder, key=("pk",), engine=engine)) == {"key-missing": Severity.ERROR}
    assert verify(made.folder, engine=engine).ok, "nobody named the key"


def test_a_key_of_two_types_across_files(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    files = [[item(form, "a"), item(form, "b")], [item(form, "c"), item(form, "7", tag="N")]]
    made = make_export(tmp_path, form, files)
    report = verify(made.folder, key=("pk",), engine=engine)
    assert codes(report) == {"key-type-mixed": Severity.ERROR}
    (finding,) = report.findings
    assert (finding.file, finding.line) == (str(made.data_files[1]), 2)


def test_a_key_that_stands_twice_across_files(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    files = [[item(form, "a"), item(form, "b")], [item(form, "c"), item(form, "a")]]
    made = make_export(tmp_path, form, files)
    report = verify(made.folder, key=("pk",), jobs=2, engine=engine)
    assert codes(report) == {"duplicate-key": Severity.ERROR}
    (finding,) = report.findings
    assert (finding.file, finding.line) == (str(made.data_files[1]), 2)
    assert f"{made.data_files[0]}:1" in finding.reason


def test_a_key_that_changes_twice_in_one_increment(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_export(tmp_path, form, [[change(form, "a", new="a"), change(form, "a", old="a")]], **INCREMENTAL)
    assert codes(verify(made.folder, engine=engine)) == {"duplicate-key": Severity.ERROR}


@pytest.mark.parametrize(
    ("seconds", "expected"), [(60, Severity.WARNING), (61, Severity.ERROR)], ids=["a minute late", "later"]
)
def test_a_write_outside_the_window(
    tmp_path: Path, form: OutputFormat, engine: Engine, seconds: int, expected: Severity
) -> None:
    end = 1_768_386_900_000_000  # the first instant after the window
    lines = [change(form, "a", new="a", micros=end - 1), change(form, "b", new="b", micros=end - 1 + seconds * 10**6)]
    made = make_export(tmp_path, form, [lines], **INCREMENTAL)
    report = verify(made.folder, engine=engine)
    assert codes(report) == {"timestamp-outside-window": expected}
    assert report.findings[0].line == 2
    assert end > IN_WINDOW
