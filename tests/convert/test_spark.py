"""Spark reads what convert writes: the same rows, of the types that the documentation names."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import exportkit
from tests.convert.helpers import SMALL, orders, rows

pytestmark = [pytest.mark.spark, pytest.mark.slow]

SAMPLES = Path(__file__).parents[2] / "samples"

# In a process of its own: it starts a Java machine, and speaks of much.
READER = """
import json, os, sys
os.environ["PYSPARK_PYTHON"] = sys.executable
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for name in ("spark.driver.bindAddress", "spark.driver.host"):
    builder = builder.config(name, "127.0.0.1")
spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
frame = spark.read.parquet(sys.argv[1])
told = {
    "types": dict(frame.dtypes),
    "rows": [json.dumps(row.asDict(recursive=True), default=str, sort_keys=True) for row in frame.collect()],
}
with open(sys.argv[2], "w") as file:
    json.dump(told, file)
"""


def read(dest: Path, scratch: Path) -> Any:
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed (pip install 'exportkit[spark]')")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, and there is none on PATH")
    answer = scratch / "answer.json"
    words = [sys.executable, "-c", READER, str(dest / "data"), str(answer)]
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(scratch)}
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=300, cwd=scratch, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(answer.read_text())


def test_the_rows_are_the_same(tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=4)
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    told = read(tmp_path / "d", tmp_path)
    assert told["types"] == {
        "pk": "string",
        "total": "decimal(18,1)",
        "tags": "array<string>",
        "where": "struct<city:string,zip:bigint>",
        "revision": "struct<S:string,N:bigint>",
        "late": "string",
    }
    expected = [json.dumps(row, default=str, sort_keys=True) for row in rows(tmp_path / "d").to_pylist()]
    assert sorted(told["rows"]) == sorted(expected)


def test_every_type_is_read(tmp_path: Path) -> None:
    exportkit.convert(SAMPLES / "full-json", tmp_path / "d")
    told = read(tmp_path / "d", tmp_path)
    assert len(told["rows"]) == 150
    assert told["types"]["wide_map"] == "map<string,bigint>"
    assert told["types"]["map_empty"] == "map<string,string>"
    assert told["types"]["signature"] == "binary"
    assert told["types"]["n_13"] == "decimal(38,38)"


def test_a_change_table_is_read(tmp_path: Path) -> None:
    location = sorted((SAMPLES / "chain" / "backups" / "AWSDynamoDB").glob("0*-*"))[1]
    exportkit.convert(location, tmp_path / "d")
    told = read(tmp_path / "d", tmp_path)
    assert len(told["rows"]) == rows(tmp_path / "d").num_rows
    assert told["types"]["write_timestamp"].startswith("timestamp")
    assert told["types"]["keys"] == "struct<pk:string,sk:string>"
