"""Reads an export into pandas: some columns at once, and batch by batch what does not fit into memory.

    python samples/scan_pandas.py LOCATION

Arrow's types are kept (`pandas.ArrowDtype`): numbers stay exact, and no integer becomes a float because one is missing.
"""

import sys
from collections import Counter

import pandas as pd

import exportkit


def main(location: str) -> int:
    export = exportkit.open(location)
    schema = export.schema()  # found once, for any number of scans
    frame = export.to_arrow(columns=["pk", "createdAt"], schema=schema).to_pandas(types_mapper=pd.ArrowDtype)
    print(f"{len(frame)} items of {frame['pk'].nunique()} partitions, the first created at {frame['createdAt'].min()}")

    paid: Counter[bool] = Counter()
    for batch in export.scan(columns=["paid"], schema=schema, on_misfit="error", batch_size=50):
        part = batch.to_pandas(types_mapper=pd.ArrowDtype)
        paid.update(part["paid"].dropna().to_list())
    print(f"{paid[True]} paid, {paid[False]} not")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
