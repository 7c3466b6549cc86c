"""Reads an export with Polars: as a data frame, and lazily, so that a query reads the columns it needs alone.

python samples/scan_polars.py LOCATION
"""

import sys
from collections.abc import Iterator

import polars as pl
from polars.io.plugins import register_io_source

import exportkit


def scan_export(location: str) -> pl.LazyFrame:
    """Returns an export as a lazy frame; the schema is found once, by reading all of it."""
    export = exportkit.open(location)
    schema = export.schema()
    scan = export.scan(schema=schema, on_misfit="error")

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        # Polars names columns; the scan takes attributes, which have other names where two differ in case alone.
        attributes = {field.name: field.attribute for field in scan.plan.item.fields}
        wanted = None if columns is None else [attributes[name] for name in columns]
        for batch in export.scan(columns=wanted, schema=schema, on_misfit="error", batch_size=batch_size or 65_536):
            frame = pl.DataFrame(batch)
            if predicate is not None:
                frame = frame.filter(predicate)
            if rows is not None:
                frame = frame.head(rows)
                rows -= frame.height
            yield frame
            if rows == 0:
                return

    return register_io_source(source, schema=pl.DataFrame(scan.schema.empty_table()).schema)


def main(location: str) -> int:
    frame = pl.DataFrame(exportkit.open(location).scan(columns=["pk", "createdAt", "tags"]))
    print(f"{frame.height} items, {frame['createdAt'].count()} of them with a time")
    orders = scan_export(location).filter(pl.col("createdAt").is_not_null())
    print(orders.select(pl.len().alias("orders"), pl.col("createdAt").min().alias("first")).collect())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
