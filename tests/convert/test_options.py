"""How memory is shared out, which columns get dictionaries, what is out of range."""

from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exportkit
from exportkit.convert.options import Budget, Compression, ConvertOptions
from exportkit.engine.protocols import Engine
from exportkit.errors import UsageError
from exportkit.model.formats import OutputFormat
from tests.convert.helpers import SMALL, contents, dataset, orders
from tests.making import item, make_export

MIB = 1024 * 1024
JSON = OutputFormat.DYNAMODB_JSON


@given(st.integers(1, 1 << 40), st.integers(1, 64))
def test_what_is_written_does_not_depend_on_jobs(memory: int, jobs: int) -> None:
    one, many = Budget.of(memory, 1), Budget.of(memory, jobs)
    assert (one.row_group_bytes, one.batch_bytes) == (many.row_group_bytes, many.batch_bytes)
    assert 1 <= many.jobs <= jobs


def test_fewer_jobs_run_before_row_groups_shrink() -> None:
    usual = Budget.of(None, 8)
    assert usual.jobs == 8
    half = Budget.of(900 * MIB, 8)
    assert 1 < half.jobs < 8
    assert half.row_group_bytes == usual.row_group_bytes
    small = Budget.of(200 * MIB, 8)
    assert small.jobs == 1
    assert small.row_group_bytes < usual.row_group_bytes
    assert Budget.of(1, 8).row_group_bytes >= MIB, "it cannot do with nothing"


def test_little_memory_makes_smaller_row_groups(tmp_path: Path, engine: Engine) -> None:
    lines = [item(JSON, f"{number}" * 50, extra=f'"n":{{"N":"{number}"}}') for number in range(12_000)]
    made = make_export(tmp_path / "e", JSON, [lines[:6_000], lines[6_000:]])
    for name, memory in (("little", 10 * MIB), ("usual", None)):
        exportkit.convert(made.folder, tmp_path / name, memory=memory, engine=engine)
    groups = [
        pq.read_metadata(tmp_path / name / "data" / "part-00000-000.parquet").num_row_groups
        for name in ("little", "usual")
    ]
    assert groups[0] > groups[1] == 1
    with pytest.raises(exportkit.errors.UsageError, match="--overwrite"):
        exportkit.convert(made.folder, tmp_path / "little", engine=engine)


def dictionaries(dest: Path) -> set[str]:
    path = min((dest / "data").iterdir())
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    return {column.path_in_schema for column in columns if column.has_dictionary_page}


def test_columns_of_repeated_values_get_dictionaries(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d")
    assert dictionaries(tmp_path / "d") == {"tags.list.element", "where.city", "revision.S", "late"}


def test_a_schema_file_may_say_otherwise(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "d")
    schema = dataset(tmp_path / "d")["datasets"][0]["schema"]
    for column in schema["columns"]:
        if column["attribute"] in {"pk", "tags"}:
            column["dictionary"] = column["attribute"] == "pk"
    (tmp_path / "schema.json").write_bytes(orjson.dumps(schema))
    exportkit.convert(made.folder, tmp_path / "other", schema=tmp_path / "schema.json", on_misfit="error")
    assert dictionaries(tmp_path / "other") == {"pk", "where.city", "revision.S", "late"}


def test_more_memory_than_needed_changes_nothing(tmp_path: Path) -> None:
    made = orders(tmp_path / "e")
    exportkit.convert(made.folder, tmp_path / "a", target_file_size=SMALL)
    exportkit.convert(made.folder, tmp_path / "b", target_file_size=SMALL, memory=4 << 30)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize(
    ("compression", "level", "said"),
    [
        ("zstd", 0, "zstd takes 1 to 22"),
        ("zstd", 99, "zstd takes 1 to 22"),
        ("gzip", 10, "gzip takes 1 to 9"),
        ("snappy", 1, "snappy takes none"),
        ("none", 1, "none takes none"),
    ],
)
def test_a_level_is_one_that_the_codec_has(compression: Compression, level: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ConvertOptions(compression=compression, compression_level=level)
    assert ConvertOptions(compression=compression).compression_level is None
