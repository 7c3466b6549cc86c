"""One data file as Arrow batches."""

from pathlib import Path
from typing import Any

import pytest

from exportkit.codec.arrow_types import arrow_schema
from exportkit.engine.protocols import Engine
from exportkit.errors import GzipError, ItemCountError, MalformedRecordError, Md5MismatchError, MisfitError, UsageError
from exportkit.model.decode import MalformedRecord, Split
from exportkit.model.formats import OutputFormat
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import InferOptions, Statistics
from exportkit.reading import NoProgress
from exportkit.schema import merge_statistics
from tests.engine.columnar import INT64, STRING, struct
from tests.making import Made
from tests.reading.exports import FULL_ROWS, make_changes, make_full, opened
from tests.reading.test_open_export import spoil_data

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = pytest.mark.parametrize("form", [JSON, ION])

PLAN = ColumnPlan(item=struct(pk=STRING, n=INT64, s=STRING))
ROWS = [{"pk": None, "n": None, "s": None} | row for row in FULL_ROWS]


def rows(made: Made, engine: Engine, index: int, plan: ColumnPlan = PLAN, **options: Any) -> list[dict[str, Any]]:
    export = opened(made, engine)
    file = list(export.files())[index]
    return [row for number, batch in export.decode(file, [plan], **options) if number == 0 for row in batch.to_pylist()]


@pytest.mark.parametrize(("index", "expected"), [(0, []), (1, ROWS[:5]), (2, ROWS[5:])])
def test_a_file_has_its_own_rows(
    tmp_path: Path, form: OutputFormat, engine: Engine, index: int, expected: list[dict[str, Any]]
) -> None:
    assert rows(make_full(tmp_path, form), engine, index) == expected


def test_batches_have_so_many_rows_the_plans_schema_and_are_counted(
    tmp_path: Path, form: OutputFormat, engine: Engine
) -> None:
    export = opened(make_full(tmp_path, form), engine)
    file = list(export.files())[1]
    with export.decode(file, [PLAN], batch_rows=2) as batches:
        found = list(batches)
    assert [(plan, batch.num_rows) for plan, batch in found] == [(0, 2), (0, 2), (0, 1)]
    for _, batch in found:
        assert batch.schema.equals(arrow_schema(PLAN), check_metadata=True)
    assert (batches.report.rows, batches.report.malformed) == (5, 0)
    assert len(list(export.decode(file, [PLAN], batch_bytes=1))) == 5


def test_a_split_goes_by_its_plans(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine)
    split = Split("s", (("S", "x"), None))
    found = [
        (plan, batch.num_rows)
        for file in export.files()
        for plan, batch in export.decode(file, [PLAN] * 2, split=split)
    ]
    assert found == [(1, 5), (0, 3)]


def test_an_incremental_is_a_change_table(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    plan = ColumnPlan(item=struct(n=INT64), keys=struct(pk=STRING), rescue=True)
    found = rows(make_changes(tmp_path, form), engine, 0, plan)
    assert [(row["operation"], row["keys"]["pk"], row["new_image"], row["old_image"]) for row in found] == [
        ("PUT", "a", {"n": 1}, None),
        ("DELETE", "b", None, {"n": 1}),
        ("PUT", "c", {"n": 1}, {"n": 1}),
    ]
    assert found[0]["_rescued"] == [("/NewImage/pk", '{"S":"a"}')]


def test_errors_come_after_the_rows_before_them(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_full(tmp_path, form)
    spoil_data(made, 1, "{oops")
    export = opened(made, engine)
    file = list(export._export.files())[1]
    batches = export.decode(file, [PLAN])
    assert next(batches)[1].to_pylist() == ROWS[:2]
    with pytest.raises(MalformedRecordError, match="line 3"):
        next(batches)
    with pytest.raises(MisfitError, match="/n fits no column"):
        rows(make_full(tmp_path / "misfit", form), engine, 1, ColumnPlan(item=struct(pk=STRING, n=STRING)))


def test_statistics_are_taken_in_the_same_pass(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine)
    found = Statistics()
    for file in export.files():
        infer = InferOptions(format=form, export_type=export.summary.export_type, uri=file.uri, file_index=file.index)
        batches = export.decode(file, [PLAN], batch_rows=2, infer=infer)
        with pytest.raises(ValueError, match="once the file has been finished"):
            _ = batches.statistics
        assert sum(batch.num_rows for _, batch in batches) == batches.statistics.records
        found = merge_statistics(found, batches.statistics, infer.max_map_fields)
    assert found == export.statistics()[None]
    assert found.records == len(ROWS)


@pytest.mark.parametrize("taker", [False, True])
def test_malformed_records_are_set_aside_where_that_is_asked_for(
    tmp_path: Path, form: OutputFormat, engine: Engine, taker: bool
) -> None:
    made = make_full(tmp_path, form)
    spoil_data(made, 1, "{oops")
    export = opened(made, engine)
    file = list(export._export.files())[1]
    taken: list[MalformedRecord] = []
    batches = export.decode(file, [PLAN], quarantine=True, on_malformed=taken.extend if taker else None)
    assert [row for _, batch in batches for row in batch.to_pylist()] == ROWS[:5]
    left = batches.take_malformed()
    assert bool(left) is not taker
    (malformed,) = [*taken, *left]
    assert (malformed.fault.line, malformed.data) == (3, b"{oops")
    assert (batches.report.rows, batches.report.malformed) == (5, 1)


def test_a_file_is_checked_at_its_end(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_full(tmp_path, form)
    made.rewrite_entry(2, itemCount=4)
    made.rewrite_entry(1, md5Checksum="AAAAAAAAAAAAAAAAAAAAAA==")
    export = opened(made, engine)
    files = list(export._export.files())
    for file, error, count in ((files[1], Md5MismatchError, 5), (files[2], ItemCountError, 3)):
        batches = export.decode(file, [PLAN])
        assert next(batches)[1].num_rows == count
        with pytest.raises(error, match=Path(file.uri).name):
            next(batches)
    path = made.data_files[1]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(GzipError, match=path.name):
        list(export.decode(files[1], [PLAN]))


def test_what_is_out_of_range_is_refused(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine)
    file = next(export.files())
    for options in ({"batch_rows": 0}, {"batch_bytes": (1 << 30) + 1}):
        with pytest.raises(UsageError, match="it has to be from 1 to"):
            export.decode(file, [PLAN], **options)


class Heard(NoProgress):
    def __init__(self) -> None:
        self.files = self.compressed_bytes = self.items = 0

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        self.files += files
        self.compressed_bytes += compressed_bytes
        self.items += items


def test_progress_adds_up(tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_full(tmp_path, form)
    heard = Heard()
    export = opened(made, engine)
    for file in export.files():
        list(export.decode(file, [PLAN], progress=heard))
    size = sum(path.stat().st_size for path in made.data_files)
    assert (heard.files, heard.compressed_bytes, heard.items) == (3, size, 8)
    export.statistics(progress=heard)
    assert (heard.files, heard.compressed_bytes, heard.items) == (6, 2 * size, 16)
