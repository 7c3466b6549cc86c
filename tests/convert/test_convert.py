"""Exports become Parquet: every value, both engines, both formats, full and incremental; other readers read it."""

import base64
import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import UsageError
from exportkit.export import open_export
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.reading import NoProgress, OpenExport
from exportkit.schema import SchemaOptions
from tests.convert.helpers import SMALL, contents, dataset, orders, rows
from tests.making import change, item, make_export

SAMPLES = Path(__file__).parents[2] / "samples"
CHAIN = SAMPLES / "chain" / "backups" / "AWSDynamoDB"
LOCATIONS = [SAMPLES / "full-json", SAMPLES / "full-ion", *sorted(CHAIN.glob("0*-*"))]
JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION


def metadata_of(field: pa.Field) -> Any:
    """Returns the metadata of a field and of all below it; pyarrow calls the values of maps by another name."""
    kind = field.type
    if pa.types.is_map(kind):
        below = [metadata_of(kind.item_field)]
    else:
        below = [metadata_of(kind.field(number)) for number in range(kind.num_fields)]
    return field.metadata, below


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda path: path.name)
def test_the_rows_are_those_of_the_export(location: Path, engine: Engine, tmp_path: Path) -> None:
    report = exportkit.convert(location, tmp_path / "d", engine=engine, target_file_size=20_000)
    expected = OpenExport(open_export(location), engine=engine).to_arrow()
    read = rows(tmp_path / "d")
    assert read.equals(expected)
    assert [metadata_of(field) for field in read.schema] == [metadata_of(field) for field in expected.schema]
    assert report.ok
    assert report.rows == report.items == read.num_rows == len(expected)
    assert report.datasets[0].columns == len(expected.schema)
    written = [part["path"] for part in dataset(tmp_path / "d")["parts"]]
    assert sorted(contents(tmp_path / "d")) == sorted([*written, "dataset.json"])


def test_both_engines_and_both_formats_give_the_same_rows(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    tables = []
    for form in (JSON, ION):
        made = orders(tmp_path / form, form)
        for engine in engines:
            dest = tmp_path / f"{form}-{engine.name}"
            exportkit.convert(made.folder, dest, engine=engine, target_file_size=SMALL)
            tables.append(rows(dest))
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0].num_rows == 480
    first = tables[0].to_pylist()[1]
    assert first == {
        "pk": "order-1",
        "total": Decimal("1.5"),
        "tags": ["a", "1"],
        "where": {"city": "Köln", "zip": 1},
        "revision": {"N": 1, "S": None},
        "late": None,
    }


def test_the_layout(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["data", "dataset.json"]
    names = sorted(path.name for path in (tmp_path / "d" / "data").iterdir())
    assert len(names) > 3
    assert all(re.fullmatch(r"part-[0-9]{5}-[0-9]{3}\.parquet", name) for name in names)


@pytest.mark.parametrize("jobs", [2, 4])
def test_the_bytes_do_not_depend_on_jobs(tmp_path: Path, jobs: int, engine: Engine) -> None:
    made = orders(tmp_path / "e")
    for number in (1, jobs):
        exportkit.convert(made.folder, tmp_path / f"d{number}", jobs=number, target_file_size=SMALL, engine=engine)
    one, many = contents(tmp_path / "d1"), contents(tmp_path / f"d{jobs}")
    assert len(one) > 4
    assert one == many


def test_dataset_json_says_what_became_of_what(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    told = dataset(tmp_path / "d")
    assert told["counts"] == {
        "items": 480,
        "rows": 480,
        "quarantined": 0,
        "merged_nulls": 69,
        "rescued": 0,
        "rescued_rows": 0,
    }
    assert told["export"]["kind"] == "FULL_EXPORT"
    assert told["settings"]["target_file_size"] == SMALL
    for part in told["parts"]:
        data = (tmp_path / "d" / part["path"]).read_bytes()
        assert part["bytes"] == len(data)
        assert part["md5"] == base64.b64encode(hashlib.md5(data).digest()).decode()
        assert part["rows"] == pq.read_metadata(tmp_path / "d" / part["path"]).num_rows
    for task in range(told["tasks"]):
        items = sum(file["items"] for file in told["inputs"] if file["task"] == task)
        assert items == sum(part["rows"] for part in told["parts"] if part["task"] == task) > 0
    entries = list(open_export(made.folder).files())
    assert [(file["key"], file["md5"], file["items"]) for file in told["inputs"]] == [
        (file.entry.key, file.entry.md5, file.entry.item_count) for file in entries
    ]


def test_the_schema_in_dataset_json_is_one_to_give_back(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d")
    (tmp_path / "schema.json").write_bytes(orjson.dumps(dataset(tmp_path / "d")["datasets"][0]["schema"]))
    exportkit.convert(made.folder, tmp_path / "again", schema=tmp_path / "schema.json", on_misfit="error")
    assert rows(tmp_path / "again").equals(rows(tmp_path / "d"))


READERS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "pyarrow": lambda folder: pq.read_table(folder).to_pylist(),
    "duckdb": lambda folder: duckdb.sql(f"select * from '{folder}/*.parquet'").to_arrow_table().to_pylist(),
    "polars": lambda folder: pl.read_parquet(f"{folder}/*.parquet").to_dicts(),
}


@pytest.mark.parametrize("reader", READERS)
def test_other_readers_read_it(reader: str, tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    read = sorted(READERS[reader](str(tmp_path / "d" / "data")), key=lambda row: str(row["pk"]))
    assert read == sorted(rows(tmp_path / "d").to_pylist(), key=lambda row: str(row["pk"]))


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda path: path.name)
def test_other_readers_read_every_type(location: Path, tmp_path: Path) -> None:
    exportkit.convert(location, tmp_path / "d")
    read = {name: len(reader(str(tmp_path / "d" / "data"))) for name, reader in READERS.items()}
    assert read == dict.fromkeys(READERS, rows(tmp_path / "d").num_rows)


@pytest.mark.parametrize("form", [JSON, ION])
def test_an_incremental_export_becomes_a_change_table(form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
    lines = [change(form, "a", new="a"), change(form, "b", old="b"), change(form, "c", new="c", old="c")]
    made = make_export(tmp_path / "e", form, [lines], export_type=ExportType.INCREMENTAL)
    exportkit.convert(made.folder, tmp_path / "d", engine=engine)
    table = rows(tmp_path / "d")
    assert table.schema.names == ["operation", "write_timestamp", "keys", "new_image", "old_image"]
    assert table["operation"].to_pylist() == ["PUT", "DELETE", "PUT"]
    assert table["keys"].to_pylist() == [{"pk": "a"}, {"pk": "b"}, {"pk": "c"}]
    assert [bool(image) for image in table["old_image"].to_pylist()] == [False, True, True]


@pytest.mark.parametrize("files", [[], [[]], [[], []]], ids=["no file", "one", "two"])
def test_an_export_of_nothing_is_a_file_without_rows(files: list[list[str]], engine: Engine, tmp_path: Path) -> None:
    made = make_export(tmp_path / "e", JSON, files)
    report = exportkit.convert(made.folder, tmp_path / "d", engine=engine)
    assert report.rows == 0
    assert [path.name for path in (tmp_path / "d" / "data").iterdir()] == ["part-00000-000.parquet"]
    assert rows(tmp_path / "d").num_rows == 0


def test_policies_reach_the_columns(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d", options=SchemaOptions(flatten_depth=1, columns=("pk", "where")))
    assert rows(tmp_path / "d").schema.names == ["pk", "where__city", "where__zip"]


class TestSplit:
    def lines(self) -> list[list[str]]:
        kinds = [
            '"type":{"S":"order"},"n":{"N":"1"}',
            '"type":{"S":"a/b"},"n":{"S":"x"}',
            '"type":{"N":"1"}',
            '"n":{"N":"5"}',
        ]
        return [[item(JSON, f"{file}-{n}", extra=kinds[n % 4]) for n in range(40)] for file in range(3)]

    def test_each_value_is_a_dataset(self, engine: Engine, tmp_path: Path) -> None:
        made = make_export(tmp_path / "e", JSON, self.lines())
        report = exportkit.convert(made.folder, tmp_path / "d", split_by="type", engine=engine, target_file_size=SMALL)
        folders = ["type=__HIVE_DEFAULT_PARTITION__", "type=1", "type=a%2Fb", "type=order"]
        assert [Path(each.uri).name for each in report.datasets] == folders
        assert sorted(path.name for path in (tmp_path / "d").iterdir()) == sorted([*folders, "dataset.json"])
        assert [each.rows for each in report.datasets] == [30] * 4
        for each in report.datasets:
            own = dataset(Path(each.uri))
            assert own["counts"] == {"rows": 30}
            assert sum(part["rows"] for part in own["parts"]) == 30
            assert all((Path(each.uri) / part["path"]).is_file() for part in own["parts"])
        assert rows(tmp_path / "d" / "type=order").schema.field("n").type == pa.int64(), "a schema of its own"
        assert rows(tmp_path / "d" / "type=a%2Fb").schema.field("n").type == pa.utf8()
        whole = dataset(tmp_path / "d")
        assert whole["counts"]["rows"] == 120
        assert [each["folder"] for each in whole["datasets"]] == folders

    def test_it_is_found_done_and_overwritten(self, tmp_path: Path) -> None:
        made = make_export(tmp_path / "e", JSON, self.lines())
        exportkit.convert(made.folder, tmp_path / "d", split_by="type")
        assert exportkit.convert(made.folder, tmp_path / "d", split_by="type").already
        exportkit.convert(made.folder, tmp_path / "d", overwrite=True)
        assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["data", "dataset.json"]

    def test_a_sample_does_not_know_all_values(self, tmp_path: Path) -> None:
        made = make_export(tmp_path / "e", JSON, self.lines())
        with pytest.raises(UsageError, match="name no sample"):
            exportkit.convert(made.folder, tmp_path / "d", split_by="type", sample=5)


class Heard(NoProgress):
    def __init__(self) -> None:
        self.begun: list[int] = []
        self.items = self.files = self.bytes = 0

    def begin(self, items: int) -> None:
        self.begun.append(items)

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        self.files += files
        self.items += items
        self.bytes += compressed_bytes


@pytest.mark.parametrize(("arguments", "passes"), [({}, 1), ({"sample": 10}, 1), ({"split_by": "revision"}, 2)])
def test_progress_comes_to_what_it_began_with(tmp_path: Path, arguments: dict[str, Any], passes: int) -> None:
    made, heard = orders(tmp_path / "e"), Heard()
    exportkit.convert(made.folder, tmp_path / "d", jobs=1, progress=heard, **arguments)
    assert heard.begun == [passes * 480]
    assert heard.items == passes * 480
    assert heard.files == 12
    assert heard.bytes == sum(path.stat().st_size for path in made.data_files)
