"""A whole export as a stream of Arrow batches, and who takes it."""

import gc
import gzip
from decimal import Decimal
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import GzipError, ItemCountError, MalformedRecordError, Md5MismatchError, MisfitError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.reading import Scan
from tests.making import Made, item, make_export
from tests.reading.exports import FULL_ROWS, make_changes, make_full, opened
from tests.reading.our_threads import ThreadsSince
from tests.reading.test_open_export import spoil_data

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = [pytest.mark.parametrize("form", [JSON, ION]), pytest.mark.parametrize("jobs", [1, 3])]

ROWS = [{"n": None} | row | {"s": row.get("s")} for row in FULL_ROWS]


@pytest.fixture
def scan(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> Scan:
    return opened(make_full(tmp_path, form), engine, jobs).scan()


def test_what_a_notebook_shows(tmp_path: Path, form: OutputFormat, jobs: int) -> None:
    made = make_full(tmp_path, form)
    source = exportkit.open(made.folder, jobs=jobs)
    assert repr(source) == f"<OpenExport of <Export {made.folder}: FULL_EXPORT, {form}, {len(FULL_ROWS)} records>>"
    assert repr(source.scan(columns=["pk", "s"])).startswith("<Scan of 2 columns: pyarrow.table(scan)")


class TestConsumers:
    """Each takes the scan itself, more than once."""

    def test_python(self, scan: Scan) -> None:
        assert scan.schema.names == ["n", "pk", "s"]
        assert scan.schema.field("n").metadata == {b"dynamodb.type": b"N"}
        for _ in range(2):
            batches = list(scan)
            assert all(batch.schema.equals(scan.schema, check_metadata=True) for batch in batches)
            assert [row for batch in batches for row in batch.to_pylist()] == ROWS

    def test_pyarrow(self, scan: Scan) -> None:
        for _ in range(2):
            assert pa.table(scan).to_pylist() == ROWS
        assert scan.reader().read_all().to_pylist() == scan.to_arrow().to_pylist() == ROWS

    def test_duckdb(self, scan: Scan) -> None:
        with duckdb.connect() as connection:
            for _ in range(2):
                assert connection.sql("SELECT pk, n + 1 FROM scan WHERE n > 2 ORDER BY n").fetchall() == [
                    ("a3", 4),
                    ("a4", 5),
                ]
            assert connection.sql("SELECT count(*) FROM scan a JOIN scan b USING (pk)").fetchall() == [(8,)]
            assert connection.sql("SELECT pk FROM scan LIMIT 1").fetchall() == [("a0",)]

    def test_polars(self, scan: Scan) -> None:
        for _ in range(2):
            assert pl.DataFrame(scan).to_dicts() == ROWS

    def test_pandas(self, scan: Scan) -> None:
        for _ in range(2):
            frame = pd.DataFrame.from_arrow(scan)
            assert frame["pk"].to_list() == [row["pk"] for row in ROWS]
            assert frame["n"].sum() == 10


def test_columns_come_alone_in_the_order_they_are_named(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    export = opened(make_full(tmp_path, form), engine, jobs)
    assert export.scan(columns=["s", "pk"]).schema.names == ["s", "pk"]
    assert export.to_arrow(columns=["pk"]).to_pylist() == [{"pk": row["pk"]} for row in FULL_ROWS]
    with pytest.raises(UsageError, match="names no attribute"):
        export.scan(columns=[])
    with pytest.raises(UsageError, match="no column is called 'x'; there are 'n', 'pk', 's'"):
        export.scan(columns=["x"])
    with pytest.raises(UsageError, match="'pk' is named twice"):
        export.scan(columns=["pk", "s", "pk"])


def test_what_is_passed_over_is_no_misfit(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine, jobs)
    narrow = export.schema(sample=1)  # of an item that has no n
    with pytest.raises(MisfitError, match="the N at /n") as caught:
        export.to_arrow(schema=narrow, on_misfit="error")
    assert caught.value.__notes__ == ['on_misfit="rescue" keeps such values in the column _rescued']  # no more is taken
    assert export.to_arrow(["pk"], schema=narrow, on_misfit="error").num_rows == 8


def test_misfits_of_a_given_or_sampled_schema_are_rescued(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    export = opened(make_full(tmp_path / "narrow", form), engine, jobs)
    for table in (export.to_arrow(sample=1), export.to_arrow(schema=export.schema(sample=1))):
        assert table.schema.names == ["pk", "s", "_rescued"]
        rescued = table["_rescued"].to_pylist()
        assert rescued == [[("/n", f'{{"N":"{n}"}}')] for n in range(5)] + [None] * 3
    with pytest.raises(UsageError, match="name one of them"):
        export.scan(schema=export.schema(), sample=1)
    with pytest.raises(UsageError, match="on_misfit is 'drop'"):
        export.scan(on_misfit="drop")  # type: ignore[arg-type]  # told at run time too


def test_a_schema_file_gives_the_columns(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    export = opened(make_full(tmp_path / "export", form), engine, jobs)
    place = tmp_path / "schema.json"
    place.write_bytes(export.schema().to_json())
    assert export.to_arrow(schema=place).drop_columns("_rescued").to_pylist() == ROWS
    assert export.to_arrow(schema=str(place), on_misfit="error").to_pylist() == ROWS


def test_an_incremental_gives_a_change_table(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    scan = opened(make_changes(tmp_path, form), engine, jobs).scan()
    assert scan.schema.names == ["operation", "write_timestamp", "keys", "new_image", "old_image"]
    sql = "SELECT operation, keys.pk, new_image.n, old_image.n FROM scan"
    assert duckdb.sql(sql).fetchall() == [("PUT", "a", 1, None), ("DELETE", "b", None, 1), ("PUT", "c", 1, 1)]


def test_numbers_are_exact(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    number = "12345678901234567890123.45"
    extra = f"n:{number}" if form is ION else f'"n":{{"N":"{number}"}}'
    made = make_export(tmp_path, form, [[item(form, "a", extra=extra)]])
    scan = opened(made, engine, jobs).scan(columns=["n"])
    assert scan.to_arrow().to_pylist() == [{"n": Decimal(number)}]
    assert duckdb.sql("SELECT n FROM scan").fetchall() == [(Decimal(number),)]
    assert pl.DataFrame(scan)["n"].to_list() == [Decimal(number)]


def test_batches_have_so_many_rows(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine, jobs)
    assert [batch.num_rows for batch in export.scan(batch_size=2)] == [2, 2, 1, 2, 1]
    with pytest.raises(UsageError, match="batch_size is 0"):
        export.scan(batch_size=0)


def test_an_export_without_items_is_an_empty_table(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    for files in ([], [[]]):
        scan = opened(make_export(tmp_path / str(len(files)), form, files), engine, jobs).scan()
        assert pa.table(scan).num_rows == 0


# --- what goes wrong ---------------------------------------------------------------------------------------


def to_be_spoilt(root: Path, form: OutputFormat, how: str) -> Made:
    """Makes an export; a count that is wrong shows only where no MD5 is wrong before it."""
    made = make_full(root, form)
    if how == "count":
        made.rewrite_entry(1, md5Checksum=None)
    return made


def spoilt(made: Made, how: str) -> None:
    """Spoils the second file in a way that inference before did not see."""
    path = made.data_files[1]
    match how:
        case "md5":
            path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 0))
        case "count":
            lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
            path.write_bytes(gzip.compress(b"".join(lines[:-1])))
        case "cut":
            path.write_bytes(path.read_bytes()[:-9])
        case "malformed":
            spoil_data(made, 1, "{oops")
            made.rewrite_summary(itemCount=9)


FAULTS = {
    "md5": (Md5MismatchError, "its MD5 is"),
    "count": (ItemCountError, "it holds 4 records, the manifest says 5"),
    "cut": (GzipError, "within the first"),
    "malformed": (MalformedRecordError, r"line 3 \(byte \d+\): not one well-formed value"),
}


ROWS_BEFORE = {"md5": 5, "count": 4, "cut": 0, "malformed": 2}


@pytest.mark.parametrize("how", FAULTS)
class TestFaults:
    """Found after the schema was, while rows are taken."""

    @pytest.fixture
    def scan(self, tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine, how: str) -> Scan:
        made = to_be_spoilt(tmp_path, form, how)
        scan = opened(made, engine, jobs).scan()
        spoilt(made, how)
        return scan

    def test_python_gets_the_error_itself_after_the_rows_before_it(self, scan: Scan, how: str) -> None:
        error, text = FAULTS[how]
        rows = []
        with pytest.raises(error, match=text):  # noqa: PT012 - what came before is looked at
            for batch in scan:
                rows += batch.to_pylist()
        assert rows == ROWS[: ROWS_BEFORE[how]]
        with pytest.raises(error, match=text):
            scan.to_arrow()

    def test_others_get_its_text(self, scan: Scan, how: str) -> None:
        _, text = FAULTS[how]
        with pytest.raises(pa.ArrowInvalid, match=text):
            pa.table(scan)
        with pytest.raises(duckdb.Error, match=text):
            duckdb.sql("SELECT sum(n) FROM scan").fetchall()
        with pytest.raises(pl.exceptions.PolarsError, match=text):
            pl.DataFrame(scan)

    def test_the_schemas_finding_finds_it_first(
        self, tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine, how: str
    ) -> None:
        made = to_be_spoilt(tmp_path / "anew", form, how)
        spoilt(made, how)
        with pytest.raises(FAULTS[how][0], match=FAULTS[how][1]):
            opened(made, engine, jobs).scan()


def test_leaving_early_ends_the_threads(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    made = make_export(tmp_path, form, [[item(form, f"{file}-{n}") for n in range(300)] for file in range(5)])
    scan = opened(made, engine, jobs).scan(batch_size=1)
    started = ThreadsSince()
    batches = iter(scan)
    assert len(list(islice(batches, 3))) == 3
    assert started() <= (jobs if jobs > 1 else 0)  # one that has read its small file to the end is gone
    batches.close()
    assert started() == 0
    reader = pa.RecordBatchReader.from_stream(scan)
    assert reader.read_next_batch().num_rows == 1
    del reader
    gc.collect()
    assert started() == 0
    assert duckdb.sql("SELECT pk FROM scan LIMIT 2").fetchall() == [("0-0",), ("0-1",)]
    gc.collect()
    assert started() == 0


def test_nothing_is_read_before_a_batch_is_asked_for(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    made = make_full(tmp_path, form)
    scan = opened(made, engine, jobs).scan()
    made.data_files[1].unlink()
    assert pa.RecordBatchReader.from_stream(scan).schema == scan.schema
    with pytest.raises(FileNotFoundError):
        next(iter(scan))


def test_the_package_opens_and_reads(tmp_path: Path, form: OutputFormat, jobs: int) -> None:
    export = exportkit.open(make_full(tmp_path, form).folder, jobs=jobs)
    assert export.to_arrow(["pk"]).num_rows == 8
