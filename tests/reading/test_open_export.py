import base64
import gzip
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    GzipError,
    ItemCountError,
    MalformedRecordError,
    ManifestError,
    Md5MismatchError,
    ObjectNotFoundError,
    UsageError,
)
from exportkit.export import open_export
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.values import ChangeRecord
from exportkit.reading import OpenExport
from tests.making import IN_WINDOW, Made, change, item, make_export
from tests.reading.our_threads import ThreadsSince

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = [pytest.mark.parametrize("form", [JSON, ION]), pytest.mark.parametrize("jobs", [1, 3])]


@pytest.fixture
def full(tmp_path: Path, form: OutputFormat) -> Made:
    extra = "n:616d2" if form is ION else '"n":{"N":"61600"}'
    files = [[], [item(form, f"a{n}", extra=extra) for n in range(5)], [item(form, f"b{n}") for n in range(3)]]
    return make_export(tmp_path, form, files)


def opened(made: Made, engine: Engine, jobs: int) -> OpenExport:
    return OpenExport(open_export(made.folder), jobs=jobs, engine=engine)


def spoil_data(made: Made, index: int, line: str) -> None:
    """Puts a line into the middle of a data file, and agrees with it in the manifest."""
    path = made.data_files[index]
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    lines.insert(2, line.encode() + b"\n")
    data = gzip.compress(b"".join(lines))
    path.write_bytes(data)
    made.rewrite_entry(index, itemCount=len(lines), md5Checksum=base64.b64encode(hashlib.md5(data).digest()).decode())


def test_items_come_in_the_order_of_the_manifest(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    items = list(opened(full, engine, jobs).items())
    assert [each["pk"] for each in items] == [f"a{n}" for n in range(5)] + [f"b{n}" for n in range(3)]
    assert items[0]["n"] == Decimal(61600)


def test_the_package_opens_a_path_as_it_is(full: Made, form: OutputFormat, jobs: int) -> None:
    export = exportkit.open(full.folder / "manifest-summary.json", jobs=jobs)
    assert export.uri == str(full.folder)
    assert export.summary.item_count == 8 == sum(1 for _ in export.items())
    assert [file.entry.item_count for file in export.files()] == [0, 5, 3]


def test_an_incremental_gives_change_records(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    lines = [change(form, "a", new="a"), change(form, "b", old="b"), change(form, "c", new="c", old="c")]
    made = make_export(tmp_path, form, [lines], export_type=ExportType.INCREMENTAL)
    image = {"n": Decimal(1)}
    assert list(opened(made, engine, jobs).changes()) == [
        ChangeRecord({"pk": "a"}, IN_WINDOW, {"pk": "a"} | image, None),
        ChangeRecord({"pk": "b"}, IN_WINDOW, None, {"pk": "b"} | image),
        ChangeRecord({"pk": "c"}, IN_WINDOW, {"pk": "c"} | image, {"pk": "c"} | image),
    ]


def test_each_kind_refuses_the_other_at_once(full: Made, tmp_path: Path, form: OutputFormat, jobs: int) -> None:
    increment = make_export(
        tmp_path / "increment", form, [[change(form, "a", new="a")]], export_type=ExportType.INCREMENTAL
    )
    with pytest.raises(UsageError, match=r"is a full export: read its items\(\)"):
        exportkit.open(full.folder, jobs=jobs).changes()
    with pytest.raises(UsageError, match=r"is an incremental export: read its changes\(\)"):
        exportkit.open(increment.folder, jobs=jobs).items()


@pytest.mark.parametrize("limit", [0, 1, 4, 5, 6, 8, 100])
def test_lines_stop_at_the_limit_and_leave_no_thread(
    full: Made, form: OutputFormat, jobs: int, engine: Engine, limit: int
) -> None:
    started = ThreadsSince()
    lines = b"".join(opened(full, engine, jobs).lines(TextForm.JSON, limit=limit)).splitlines()
    keys = [f"a{n}" for n in range(5)] + [f"b{n}" for n in range(3)]
    assert [json.loads(line)["pk"] for line in lines] == keys[:limit]
    assert started() == 0


def test_the_form_of_lines_may_be_text_and_is_checked_at_once(
    full: Made, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    export = opened(full, engine, jobs)
    assert list(export.lines("ion")) == list(export.lines(TextForm.ION))
    told = "form is 'yaml'; it takes dynamodb-json, json, ion"
    with pytest.raises(UsageError, match=told):
        export.lines("yaml")
    with pytest.raises(UsageError, match=told):
        export.file_lines(next(export.files()), "yaml")


def test_a_malformed_record_is_told_after_all_before_it(
    full: Made, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    spoil_data(full, 1, "{oops")
    full.rewrite_summary(itemCount=9)
    items = opened(full, engine, jobs).items()
    assert [next(items)["pk"], next(items)["pk"]] == ["a0", "a1"]
    with pytest.raises(MalformedRecordError) as caught:
        next(items)
    error = caught.value
    assert (error.uri, error.line, error.reason) == (str(full.data_files[1]), 3, "syntax")
    assert error.offset == 2 * len(item(form, "a0", extra="n:616d2" if form is ION else '"n":{"N":"61600"}')) + 2
    with pytest.raises(MalformedRecordError, match="line 3"):
        b"".join(opened(full, engine, jobs).lines(TextForm.ION))


def test_a_file_that_is_another_is_told_at_its_end(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    full.rewrite_entry(1, md5Checksum="AAAAAAAAAAAAAAAAAAAAAA==")
    items = opened(full, engine, jobs).items()
    assert [next(items)["pk"] for _ in range(5)] == [f"a{n}" for n in range(5)]
    with pytest.raises(Md5MismatchError, match=full.data_files[1].name):
        next(items)


def test_counts_that_do_not_agree_are_told(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    full.rewrite_entry(1, itemCount=6)
    full.rewrite_entry(2, itemCount=2)
    with pytest.raises(ItemCountError, match=r"holds 5 records, the manifest says 6"):
        list(opened(full, engine, jobs).items())


def test_a_sum_that_does_not_agree_is_told_before_any_item(
    full: Made, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    full.rewrite_summary(itemCount=9)
    seen = []
    with pytest.raises(ItemCountError, match=r"with 8 records in all, manifest-summary.json says 9"):
        seen.extend(opened(full, engine, jobs).items())
    assert not seen


def test_a_cut_file_is_told(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    path = full.data_files[1]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(GzipError, match=path.name):
        list(opened(full, engine, jobs).items())


def test_an_increment_without_its_data_is_told_where_that_lies(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    made = make_export(tmp_path, form, [[change(form, "1", new="1")]], export_type=ExportType.INCREMENTAL)
    made.data_files[0].unlink()
    with pytest.raises(ObjectNotFoundError, match="data files of incremental exports lie in AWSDynamoDB/data/, beside"):
        list(opened(made, engine, jobs).changes())


def test_a_full_export_without_its_data_is_told_so(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    full.data_files[1].unlink()
    with pytest.raises(ObjectNotFoundError, match="but the manifest lists it; copy it again"):
        list(opened(full, engine, jobs).items())


def test_a_malformed_manifest_is_told(full: Made, form: OutputFormat, jobs: int, engine: Engine) -> None:
    full.rewrite("manifest-files", lambda data: data + b"oops\n")
    with pytest.raises(ManifestError, match="line 4"):
        list(opened(full, engine, jobs).items())
