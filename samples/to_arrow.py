"""Reads an export into an Arrow table, tells what its columns were in DynamoDB, and writes it as an Arrow file.

    python samples/to_arrow.py LOCATION FILE

Written batch by batch, the file may be larger than memory; `pyarrow.memory_map` reads it back without a copy.
"""

import sys

import pyarrow as pa

import exportkit


def main(location: str, path: str) -> int:
    export = exportkit.open(location)
    table = export.to_arrow(columns=["pk", "sk", "tags", "signature"])
    for field in table.schema:
        print(f"{field.name}: {field.type}, {field.metadata[b'dynamodb.type'].decode()} in DynamoDB")

    scan = export.scan()
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, scan.schema) as writer:
        for batch in scan:
            writer.write_batch(batch)
    with pa.memory_map(path) as file:
        print(f"{pa.ipc.open_file(file).read_all().num_rows} rows in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
