"""Table definitions for what convert writes by a schema: Athena (Hive's DDL), Spark SQL, DuckDB."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from exportkit.schema.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Dialect", "ddl"]

_MOST_DIGITS = 38
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Dialect(StrEnum):
    """Who is to read the definition."""

    ATHENA = "athena"
    SPARK = "spark"
    DUCKDB = "duckdb"


def ddl(
    schema: Schema,
    dialect: Dialect | str,
    name: str,
    location: str,
    *,
    rescue: bool = False,
    incremental: bool | None = None,
) -> str:
    """Returns the statement that makes Parquet files of this schema a table, or in DuckDB a view.

    Args:
        schema: The schema that they were written by.
        dialect: Who is to read it.
        name: The table's name. Athena and Spark take letters, digits and ``_``: what else it has becomes ``_``.
        location: The folder of the Parquet files, a path or S3 URI.
        rescue: Whether they have the column ``_rescued``.
        incremental: Whether they are changes; None: as the export the schema was made from.

    Raises:
        ValueError: There is no such dialect.
        UsageError: They are changes, and the schema says nothing of keys.
    """
    from exportkit.codec.arrow_types import arrow_schema  # noqa: PLC0415 - pyarrow takes long to import

    columns = arrow_schema(schema.plan(rescue=rescue, incremental=incremental))
    match Dialect(dialect):
        case Dialect.DUCKDB:
            return _duckdb(columns, name, location)
        case Dialect.ATHENA:
            table = f"CREATE EXTERNAL TABLE {_backticks(_word(name).lower())}"
            storage = f"STORED AS PARQUET\nLOCATION {_text(_folder(location))};\n"
            return _hive(columns, table, storage, _athena_type)
        case Dialect.SPARK:
            table, storage = f"CREATE TABLE {_backticks(_word(name))}", f"USING PARQUET\nLOCATION {_text(location)};\n"
            return _hive(columns, table, storage, _spark_type)


# --- Athena and Spark --------------------------------------------------------------------------------------


def _hive(columns: "pa.Schema", table: str, storage: str, spelled: "Callable[[pa.DataType], str]") -> str:
    """Returns a definition that leaves out, with a comment, what its reader has no type for."""
    comments = [f"-- {path} is left out: decimals here have at most {_MOST_DIGITS} digits" for path in _wide(columns)]
    odd = sorted({field.name for field in _all_fields(columns) if not _PLAIN_NAME.fullmatch(field.name)})
    if odd:
        shown = ", ".join(map(ascii, odd[:5])) + (", …" if len(odd) > 5 else "")
        comments.append(f"-- names that not every version takes: {shown}; --names portable has none")
    fields = [f"  {_backticks(field.name)} {spelled(field.type)}" for field in columns if _has_type(field.type)]
    return "\n".join([*comments, f"{table} (", ",\n".join(fields), f")\n{storage}"])


def _athena_type(kind: "pa.DataType") -> str:
    return _hive_type(kind, ":", lambda word: word)


def _spark_type(kind: "pa.DataType") -> str:
    return _hive_type(kind, ": ", str.upper)


def _hive_type(kind: "pa.DataType", colon: str, case: Callable[[str], str]) -> str:
    from pyarrow import types  # noqa: PLC0415 - as above

    def below(inner: "pa.DataType") -> str:
        return _hive_type(inner, colon, case)

    if types.is_list(kind):
        return f"{case('array')}<{below(kind.value_type)}>"
    if types.is_map(kind):
        return f"{case('map')}<{below(kind.key_type)},{below(kind.item_type)}>"
    if types.is_struct(kind):
        fields = (f"{_backticks(each.name)}{colon}{below(each.type)}" for each in kind if _has_type(each.type))
        return f"{case('struct')}<{','.join(fields)}>"
    if types.is_decimal(kind):
        return f"{case('decimal')}({kind.precision},{kind.scale})"
    words = {"string": "string", "binary": "binary", "bool": "boolean", "int64": "bigint", "double": "double"}
    return case("timestamp" if types.is_timestamp(kind) else words[str(kind)])


def _has_type(kind: "pa.DataType") -> bool:
    """Returns whether there is a type for it: no wide decimal is all that it holds."""
    from pyarrow import types  # noqa: PLC0415 - as above

    if types.is_decimal(kind):
        return bool(kind.precision <= _MOST_DIGITS)
    if types.is_struct(kind):
        return any(_has_type(each.type) for each in kind)
    if types.is_list(kind):
        return _has_type(kind.value_type)
    return not types.is_map(kind) or _has_type(kind.item_type)


def _wide(columns: "pa.Schema") -> Iterator[str]:
    """Yields the paths of decimals that have no type."""

    def below(path: str, kind: "pa.DataType") -> Iterator[str]:
        if kind.num_fields == 0 and not _has_type(kind):
            yield path
        for index in range(kind.num_fields):
            each = kind.field(index)
            yield from below(f"{path}.{ascii(each.name)[1:-1]}", each.type)

    for field in columns:
        yield from below(ascii(field.name)[1:-1], field.type)


def _all_fields(columns: "pa.Schema") -> "Iterator[pa.Field]":
    from pyarrow import types  # noqa: PLC0415 - as above

    def below(field: "pa.Field", *, named: bool) -> "Iterator[pa.Field]":
        if named:
            yield field
        for index in range(field.type.num_fields):
            yield from below(field.type.field(index), named=types.is_struct(field.type))

    for field in columns:
        yield from below(field, named=True)


def _backticks(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _word(name: str) -> str:
    return re.sub("[^A-Za-z0-9_]", "_", name)


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _folder(location: str) -> str:
    return location if location.endswith("/") else f"{location}/"


# --- DuckDB ------------------------------------------------------------------------------------------------


def _duckdb(columns: "pa.Schema", name: str, location: str) -> str:
    comments = [f"-- {path} is read as DOUBLE: decimals have at most {_MOST_DIGITS} digits" for path in _wide(columns)]
    fields = []
    for place, each in enumerate(columns, 1):
        name_of, called = _quoted(each.name), each.name
        if not each.name:  # no statement can name it, but its place can
            name_of, called = f"#{place}", _free_name(columns.names)
            comments.append(f"-- the attribute without a name is called {_quoted(called)}: DuckDB takes no empty name")
        if _names_nothing(each.type):
            comments.append(f"-- {ascii(called)[1:-1]} is as it is in the files: DuckDB takes no empty name in a type")
        else:
            name_of = f"CAST({name_of} AS {_duckdb_type(each.type)})"
        fields.append(f"  {name_of} AS {_quoted(called)}")
    folder = re.sub(r"([*?\[])", r"[\1]", _folder(location))  # or it would be taken for a pattern
    files = "'" + f"{folder}*.parquet".replace("'", "''") + "'"
    view = f"CREATE OR REPLACE VIEW {_quoted(name)} AS SELECT"
    return "\n".join([*comments, view, ",\n".join(fields), f"FROM read_parquet({files});\n"])


def _free_name(names: list[str]) -> str:
    """Returns a name that no column has."""
    return next(name for number in count(1) if (name := "_" if number == 1 else f"_{number}") not in names)


def _names_nothing(kind: "pa.DataType") -> bool:
    """Returns whether a struct in it has a field with an empty name."""
    return any(not each.name or _names_nothing(each.type) for each in map(kind.field, range(kind.num_fields)))


def _duckdb_type(kind: "pa.DataType") -> str:
    from pyarrow import types  # noqa: PLC0415 - as above

    if types.is_list(kind):
        return f"{_duckdb_type(kind.value_type)}[]"
    if types.is_map(kind):
        return f"MAP({_duckdb_type(kind.key_type)}, {_duckdb_type(kind.item_type)})"
    if types.is_struct(kind):
        return f"STRUCT({', '.join(f'{_quoted(each.name)} {_duckdb_type(each.type)}' for each in kind)})"
    if types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})" if kind.precision <= _MOST_DIGITS else "DOUBLE"
    words = {"string": "VARCHAR", "binary": "BLOB", "bool": "BOOLEAN", "int64": "BIGINT", "double": "DOUBLE"}
    return "TIMESTAMP WITH TIME ZONE" if types.is_timestamp(kind) else words[str(kind)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
