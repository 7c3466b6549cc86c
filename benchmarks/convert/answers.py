"""What a table holds, in a few figures that do not depend on who made it: so the answers of all ways can be compared.

Of each column, at every depth, by its path: how many values, and what they add up to: numbers exactly, booleans as
those that are true, strings and binary as their bytes with a CRC-32 in the order of the rows (of elements of lists
and sets the bytes alone: some ways turn sets over).
"""

import base64
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.convert.shapes import COLUMNS, Type
from exportkit.generate import Shape

Answer = dict[str, list[str]]

NUMBER = pa.decimal256(60, 10)


def of_table(table: pa.Table) -> Answer:
    """Returns the figures of a table; columns without a single value are left out."""
    found: Answer = {"rows": [str(table.num_rows)]}
    for name in table.column_names:
        _add(found, name, table[name].chunks)
    return found


def of_raw_table(table: pa.Table, shape: Shape) -> Answer:
    """Returns the figures of a table of DynamoDB JSON as it is: one column ``Item``, type tags in it."""
    found: Answer = {"rows": [str(table.num_rows)]}
    items = table["Item"].chunks
    for name, kind in COLUMNS[shape].items():
        _add_raw(found, name, kind, [pc.struct_field(chunk, [name]) for chunk in items])
    return found


def of_items(items: Iterable[dict[str, Any]], shape: Shape) -> Answer:
    """Returns the figures of Python items."""
    columns = COLUMNS[shape]
    rows = [{name: _plain(columns[name], value) for name, value in item.items()} for item in items]
    return of_table(pa.Table.from_pylist(rows, pa.schema([(name, _type(kind)) for name, kind in columns.items()])))


def _add(found: Answer, path: str, chunks: list[pa.Array]) -> None:
    values = [chunk.drop_null() for chunk in chunks]
    count = sum(map(len, values))
    if not count:
        return
    kind = values[0].type
    if pa.types.is_struct(kind):
        for index in range(kind.num_fields):
            _add(found, f"{path}.{kind.field(index).name}", [chunk.flatten()[index] for chunk in values])
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        found[path] = [str(count)]
        _add(found, f"{path}[]", [chunk.flatten() for chunk in values])
    elif pa.types.is_boolean(kind):
        found[path] = [str(count), str(sum(chunk.true_count for chunk in values))]
    elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        sums = (pc.sum(pc.cast(chunk, NUMBER), min_count=0).as_py() for chunk in values)
        found[path] = [str(count), f"{sum(sums, Decimal(0)).normalize():f}"]
    else:
        found[path] = [str(count), _checksum(values, ordered=not path.endswith("[]"))]


def _add_raw(found: Answer, path: str, kind: Type, chunks: list[pa.Array]) -> None:
    chunks = [chunk.drop_null() for chunk in chunks]
    inner = [] if kind.tag == "MIXED" else [pc.struct_field(chunk, [kind.tag]) for chunk in chunks]
    match kind.tag:
        case "NULL":
            pass
        case "N":
            _add(found, path, [chunk.cast(NUMBER) for chunk in inner])
        case "B":
            _add(found, path, [pa.array([base64.b64decode(value) for value in chunk.to_pylist()]) for chunk in inner])
        case "NS":
            _add(found, path, [chunk.cast(pa.list_(NUMBER)) for chunk in inner])
        case "L":
            if count := sum(len(chunk) for chunk in inner):
                found[path] = [str(count)]
                _add_raw(found, f"{path}[]", kind.inner, [chunk.flatten() for chunk in inner])
        case "M":
            for name, each in kind.fields.items():
                _add_raw(found, f"{path}.{name}", each, [pc.struct_field(chunk, [name]) for chunk in inner])
        case "MIXED":
            for name, each in kind.fields.items():
                _add_raw(found, f"{path}.{name}", each, chunks)
        case _:
            _add(found, path, inner)


def _checksum(values: list[pa.Array], *, ordered: bool) -> str:
    crc = size = 0
    for chunk in values:
        plain = chunk.cast(pa.large_binary())
        _, offsets, data = plain.buffers()
        first, last = np.frombuffer(offsets, np.int64)[[plain.offset, plain.offset + len(plain)]].tolist()
        size += last - first
        if ordered and last > first:
            crc = zlib.crc32(memoryview(data)[first:last], crc)
    return f"{size} {crc:08x}" if ordered else str(size)


def _plain(kind: Type, value: Any) -> Any:
    """Returns an item's value as pyarrow takes it."""
    if value is None:
        return None
    match kind.tag:
        case "N":
            return Decimal(value)
        case "B":
            return bytes(value)
        case "SS":
            return list(value)
        case "NS":
            return [Decimal(each) for each in value]
        case "L":
            return [_plain(kind.inner, each) for each in value]
        case "M":
            return {name: _plain(kind.fields[name], each) for name, each in value.items()}
        case "MIXED":
            tag = "S" if isinstance(value, str) else "BOOL" if isinstance(value, bool) else "N"
            return {tag: Decimal(value) if tag == "N" else value}
    return value


def _type(kind: Type) -> pa.DataType:
    match kind.tag:
        case "N":
            return NUMBER
        case "NS":
            return pa.list_(NUMBER)
        case "SS":
            return pa.list_(pa.string())
        case "B":
            return pa.binary()
        case "BOOL":
            return pa.bool_()
        case "L":
            return pa.list_(_type(kind.inner))
        case "M" | "MIXED":
            return pa.struct([(name, _type(each)) for name, each in kind.fields.items()])
    return pa.string()
