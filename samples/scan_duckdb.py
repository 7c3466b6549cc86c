"""Asks an export a question in SQL without converting it: DuckDB takes the stream of its rows.

    python samples/scan_duckdb.py LOCATION

The attributes are those of the sample exports. An attribute with several types is a struct: `total` is a number in
orders and a string in invoices. Each query reads the export anew, and only the columns that the scan names.
"""

import sys

import duckdb

import exportkit

SQL = """
SELECT status.S AS status, count(*) AS orders, sum(total.N) AS total
FROM items WHERE total.N IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""


def main(location: str) -> int:
    items = exportkit.open(location).scan(columns=["status", "total"])
    with duckdb.connect() as connection:
        connection.register("items", items)
        for status, orders, total in connection.sql(SQL).fetchall():
            print(f"{status:10} {orders:4} orders, {total:>10} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
