"""A scan of an export in S3, and of a schema file beside it."""

from pathlib import Path

import duckdb
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import ObjectNotFoundError
from exportkit.export import open_export
from exportkit.model.formats import OutputFormat
from exportkit.reading import OpenExport
from tests.reading.exports import make_full
from tests.reading.test_scan import ROWS
from tests.servers.s3 import S3

pytestmark = pytest.mark.server


@pytest.mark.parametrize("form", list(OutputFormat))
def test_rows_come_from_s3_as_from_a_folder(s3: S3, tmp_path: Path, form: OutputFormat, engine: Engine) -> None:
    made = make_full(tmp_path, form)
    (made.folder / "schema.json").write_bytes(exportkit.open(made.folder).schema().to_json())
    root = s3.upload(tmp_path)
    folder = f"{root}/{made.folder.relative_to(tmp_path).as_posix()}"
    export = OpenExport(open_export(folder, s3.options()), jobs=2, engine=engine)
    assert export.to_arrow().to_pylist() == ROWS
    scan = export.scan(["pk", "n"], schema=f"{folder}/schema.json", on_misfit="error")
    with duckdb.connect() as connection:
        connection.register("items", scan)
        assert connection.sql("SELECT count(*), sum(n) FROM items").fetchall() == [(8, 10)]
    with pytest.raises(ObjectNotFoundError):
        export.scan(schema=f"{folder}/other.json")
