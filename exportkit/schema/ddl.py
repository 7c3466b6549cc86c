"""Table definitions for what convert writes by a schema: Athena (Hive's DDL), Spark SQL, DuckDB."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, count
from typing import TYPE_CHECKING

from exportkit.schema.names import fold
from exportkit.schema.notes import element_path, field_path, value_path
from exportkit.schema.options import Names
from exportkit.schema.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Dialect", "ddl"]

_MOST_DIGITS = 38
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CASE_ALONE = "it differs from another name by case alone; --names default gives each a name of its own"


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
    import pyarrow as pa  # noqa: PLC0415 - it takes long to import

    gone: dict[str, str] = {}
    columns = pa.schema(_without(pa.struct(list(columns)), "", _equal_but_for_case, gone).fields)
    comments = [f"-- {_shown(path)} is left out: {why}" for path, why in gone.items()]
    comments += [f"-- {path} is left out: decimals here have at most {_MOST_DIGITS} digits" for path in _wide(columns)]
    odd = sorted({field.name for field in _all_fields(columns) if not _PLAIN_NAME.fullmatch(field.name)})
    if odd:
        shown = ", ".join(map(repr, odd[:5])) + (", …" if len(odd) > 5 else "")
        comments.append(f"-- names that not every version takes: {shown}; --names portable has none")
    fields = [f"  {_backticks(field.name)} {spelled(field.type)}" for field in columns if _has_type(field.type)]
    return "\n".join([*comments, f"{table} (", ",\n".join(fields), f")\n{storage}"])


def _equal_but_for_case(names: Sequence[str]) -> dict[str, str]:
    """Returns which fields of a struct are left out, and why: all that are called the same but for case.

    Spark reads none of them, and Athena may read any of them for the one that is named.
    """
    called = Counter(fold(name, Names.DEFAULT) for name in names)
    return {name: _CASE_ALONE for name in names if called[fold(name, Names.DEFAULT)] > 1}


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


def _wide(columns: "Iterable[pa.Field]") -> Iterator[str]:
    """Yields the paths of decimals that have no type, as a comment shows them."""
    from pyarrow import types  # noqa: PLC0415 - as above

    def below(path: str, kind: "pa.DataType") -> Iterator[str]:
        if types.is_decimal(kind) and not _has_type(kind):
            yield path
        for index in range(kind.num_fields):
            each = kind.field(index)
            yield from below(f"{path}.{_shown(each.name)}", each.type)

    for field in columns:
        yield from below(_shown(field.name), field.type)


def _all_fields(columns: "pa.Schema") -> "Iterator[pa.Field]":
    """Yields every field that is called by a name and has a type."""
    from pyarrow import types  # noqa: PLC0415 - as above

    def below(field: "pa.Field", *, named: bool) -> "Iterator[pa.Field]":
        if not _has_type(field.type):
            return
        if named:
            yield field
        for index in range(field.type.num_fields):
            yield from below(field.type.field(index), named=types.is_struct(field.type))

    for field in columns:
        yield from below(field, named=True)


def _without(
    kind: "pa.DataType", path: str, left_out: Callable[[Sequence[str]], Mapping[str, str]], gone: dict[str, str]
) -> "pa.DataType":
    """Returns the type without some fields of the structs in it.

    Args:
        kind: The type.
        path: Its path.
        left_out: Tells of the names in a struct which are left out, and why.
        gone: Takes the paths that are left out, and why.
    """
    import pyarrow as pa  # noqa: PLC0415 - as above

    if pa.types.is_list(kind):
        return pa.list_(_without(kind.value_type, element_path(path), left_out, gone))
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _without(kind.item_type, value_path(path), left_out, gone))
    if not pa.types.is_struct(kind):
        return kind
    reasons = left_out([each.name for each in kind])
    gone |= {field_path(path, name): why for name, why in reasons.items()}
    kept = [each for each in kind if each.name not in reasons]
    return pa.struct(
        [each.with_type(_without(each.type, field_path(path, each.name), left_out, gone)) for each in kept]
    )


def _shown(path: str) -> str:
    """Returns a name or path as a comment may have it, on one line."""
    return repr(path)[1:-1]


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
    comments: list[str] = []
    kept: list[pa.Field] = []
    fields = []
    by_place = "" in columns.names or len(set(map(_caseless, columns.names))) < len(columns.names)
    seen: set[str] = set()
    for place, each in enumerate(columns, 1):
        called = each.name
        if not each.name:  # no statement can name it, but its place can
            called = _free_name("", columns.names)
            comments.append(f"-- the attribute without a name is called {_quoted(called)}: DuckDB takes no empty name")
        elif _caseless(each.name) in seen:
            called = _free_name(each.name, {*columns.names, *seen})
            why = "another name differs by case alone"
            comments.append(f"-- {_shown(each.name)} is called {_shown(_quoted(called))}: {why}")
        gone: dict[str, str] = {}
        kind = _without(each.type, called, _misread, gone)
        if gone and _names_nothing(kind):
            why = "DuckDB takes no empty name in a type, and none that differs from another by case alone"
            comments.append(f"-- {_shown(called)} is left out: {why}")
            continue
        seen.add(_caseless(called))
        kept.append(each.with_name(called).with_type(kind))
        comments += [f"-- {_shown(path)} is left out: {why}" for path, why in gone.items()]
        read = f"#{place}" if by_place else _quoted(each.name)  # DuckDB calls some of them otherwise
        if _names_nothing(kind):
            comments.append(f"-- {_shown(called)} is as it is in the files: DuckDB takes no empty name in a type")
        else:
            read = f"CAST({read} AS {_duckdb_type(kind)})"
        fields.append(f"  {read} AS {_quoted(called)}")
    wide = [f"-- {path} is read as DOUBLE: decimals have at most {_MOST_DIGITS} digits" for path in _wide(kept)]
    folder = re.sub(r"([*?\[])", r"[\1]", _folder(location))  # or it would be taken for a pattern
    files = "'" + f"{folder}*.parquet".replace("'", "''") + "'"
    view = f"CREATE OR REPLACE VIEW {_quoted(name)} AS SELECT"
    return "\n".join(
        [*wide, *comments, view, ",\n".join(fields), f"FROM read_parquet({files}, hive_partitioning = false);\n"]
    )


def _caseless(name: str) -> str:
    """Returns what of a name tells it from others in DuckDB: nothing of the case of ASCII letters."""
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _free_name(start: str, names: Collection[str]) -> str:
    """Returns a name that differs from all others by more than case: the start, ``_``, and a number where needed."""
    taken = set(map(_caseless, names))
    numbered = (f"{start}_{number}" for number in count(2))
    return next(name for name in chain([start or "_"], numbered) if _caseless(name) not in taken)


def _misread(names: Sequence[str]) -> dict[str, str]:
    """Returns which fields of a struct are left out, and why.

    Of fields that are called the same but for case DuckDB reads the first by its name; to the others
    it gives names with numbers behind them, and others again to fields that are called so.
    """
    reasons: dict[str, str] = {}
    seen: set[str] = set()
    renamed: set[str] = set()
    for name in names:
        key = _caseless(name)
        if key in seen:
            reasons[name] = _CASE_ALONE
            renamed.add(key)
        elif any(key.startswith(each) and re.fullmatch(r"(_[0-9]+)+", key.removeprefix(each)) for each in renamed):
            reasons[name] = "DuckDB calls another field so, whose name differs from one by case alone"
        seen.add(key)
    return reasons


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
