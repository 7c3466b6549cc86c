"""What is measured: every way, and which of them are compared."""

from dataclasses import dataclass

from benchmarks.convert.cases import ION, JSON
from exportkit.generate import Shape
from exportkit.model.formats import OutputFormat

ITEMS = {Shape.NARROW: 2_000_000, Shape.TYPICAL: 450_000}
"""Items of the base, of each shape; more than 400 MB of DynamoDB JSON."""

WINDOWS = 2
SHARE = 0.05
"""Of the items that each window changes: 10 % in all."""

LIMIT, TO_EXPORT, TO_PARQUET = "limit", "replay", "replay --to parquet"
CONVERT, DUCKDB, SIGNATURE, VERIFY = "convert of the base", "DuckDB SQL", "signature of the base", "verify of the base"
JOBS = 2


@dataclass(frozen=True)
class Case:
    """One way.

    Attributes:
        name: What ran.
        way: Module and function.
        whole: Whether it reads the windows too; else the base alone.
        formats: Which formats it reads.
    """

    name: str
    way: str
    whole: bool = True
    formats: tuple[OutputFormat, ...] = (JSON, ION)


CASES = (
    Case(LIMIT, "rebuild.limit"),
    Case(TO_EXPORT, "rebuild.to_export"),
    Case(TO_PARQUET, "rebuild.to_parquet"),
    Case(CONVERT, "ours.convert_inferring", whole=False),
    Case(DUCKDB, "rebuild.duckdb", formats=(JSON,)),
    Case(SIGNATURE, "rebuild.signature", whole=False),
    Case(VERIFY, "rebuild.verify", whole=False),
)

TARGETS = {
    f"{TO_EXPORT} / {LIMIT}": "at most 1.4, aim 1.2",
    f"{TO_PARQUET} / {CONVERT}": "at most 1.3",
    f"{DUCKDB} / {TO_PARQUET}": "at least 3",
    f"{SIGNATURE} / {VERIFY}": "at most 1.5",
}
"""What each ratio of times is to reach."""

PEAK_RATIO = {f"peak memory, {DUCKDB} / {TO_PARQUET}": ""}
"""Told beside them."""
