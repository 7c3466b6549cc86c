"""Table definitions: DuckDB's by running it, the others by hand."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from exportkit.engine.reference import ReferenceEngine
from exportkit.model.values import ChangeRecord, Item
from exportkit.schema import SchemaOptions, ddl, resolve
from tests.schema.making import changes_of, schema_of
from tests.schema.test_everything_fits import decode

ITEM: Item = {
    "s": "x",
    "n": Decimal(1),
    "price": Decimal("9.99"),
    "long": Decimal("1E+30"),
    "b": b"\0",
    "yes": True,
    "ss": {"a"},
    "l": [Decimal("1.5")],
    "m": {"a b": "x", "c": [{"d": b"1"}]},
    "keyed": {f"k{number}": Decimal(number) for number in range(201)},
    'quo"te`d': "x",
}
WIDE: Item = {"w": Decimal("1E+60"), "x": Decimal("0.5"), "m": {"v": Decimal("1E-60"), "w": Decimal("1.1")}}


def test_duckdb_reads_what_was_written(tmp_path: Path) -> None:
    schema = schema_of(ITEM, {"s": "y", "x": None})
    table, _ = decode(ReferenceEngine(), [ITEM], schema)
    folder = tmp_path / "it's [1]*"
    folder.mkdir()
    pq.write_table(table, folder / "part-0.parquet")
    connection = duckdb.connect()
    connection.execute(ddl(schema, "duckdb", 'my "table"', str(folder), rescue=True))
    told = dict(connection.execute('select column_name, column_type from (describe "my ""table""")').fetchall())
    assert told == {
        "b": "BLOB",
        "keyed": "MAP(VARCHAR, BIGINT)",
        "l": "DECIMAL(18,1)[]",
        "long": "DECIMAL(38,0)",
        "m": 'STRUCT("a b" VARCHAR, c STRUCT(d BLOB)[])',
        "n": "BIGINT",
        "price": "DECIMAL(18,2)",
        'quo"te`d': "VARCHAR",
        "s": "VARCHAR",
        "ss": "VARCHAR[]",
        "x": "VARCHAR",
        "yes": "BOOLEAN",
        "_rescued": "MAP(VARCHAR, VARCHAR)",
    }
    assert connection.execute('select n, price, l, m.c[1].d, keyed[\'k7\'] from "my ""table"""').fetchall() == [
        (1, Decimal("9.99"), [Decimal("1.5")], b"1", 7)
    ]


def test_duckdb_reads_attributes_without_a_name(tmp_path: Path) -> None:
    """DuckDB's SQL cannot say an empty name, but its reader takes one."""
    item: Item = {
        "": Decimal("0.5"),
        "_": "u",
        "l": [{"": "x", "a": Decimal(1)}],
        "m": {"": {"n": "y"}, "b": "z"},
        "pk": "k",
        "s": "t",
    }
    schema = schema_of(item, names="exact")
    table, _ = decode(ReferenceEngine(), [item], schema)
    pq.write_table(table, tmp_path / "part-0.parquet")
    text = ddl(schema, "duckdb", "t", str(tmp_path), rescue=True)
    assert text.startswith(
        '-- the attribute without a name is called "_2": DuckDB takes no empty name\n'
        "-- l is as it is in the files: DuckDB takes no empty name in a type\n"
        "-- m is as it is in the files: DuckDB takes no empty name in a type\n"
        "CREATE OR REPLACE VIEW"
    )
    with duckdb.connect(str(tmp_path / "views.db")) as connection:
        connection.execute(text)
    with duckdb.connect(str(tmp_path / "views.db")) as connection:  # read back from the catalogue
        told = [(row[0], row[1]) for row in connection.execute("describe t").fetchall()]
        assert told == [
            ("_2", "DECIMAL(18,1)"),
            ("_", "VARCHAR"),
            ("l", 'STRUCT("" VARCHAR, a BIGINT)[]'),
            ("m", 'STRUCT("" STRUCT(n VARCHAR), b VARCHAR)'),
            ("pk", "VARCHAR"),
            ("s", "VARCHAR"),
            ("_rescued", "MAP(VARCHAR, VARCHAR)"),
        ]
        assert connection.execute("select _2, _, l, m, pk from t where s = 't'").fetchall() == [
            (Decimal("0.5"), "u", [{"": "x", "a": 1}], {"": {"n": "y"}, "b": "z"}, "k")
        ]


@pytest.mark.parametrize("names", [("Name", "name"), ("NAME", "Name", "name", "name_1", "name_2"), ("", "X", "x")])
def test_duckdb_reads_names_that_differ_by_case_alone(names: tuple[str, ...], tmp_path: Path) -> None:
    """Its reader calls the second of them ``name_1``: places alone are sure."""
    item: Item = {name: f"value of {name}" for name in names} | {"É": "upper", "é": "lower", "pk": "k"}
    schema = schema_of(item, names="exact")
    table, _ = decode(ReferenceEngine(), [item], schema)
    pq.write_table(table, tmp_path / "part-0.parquet")
    text = ddl(schema, "duckdb", "t", str(tmp_path), rescue=True)
    with duckdb.connect(str(tmp_path / "views.db")) as connection:
        connection.execute(text)
    with duckdb.connect(str(tmp_path / "views.db")) as connection:  # read back from the catalogue
        result = connection.execute("select * from t")
        assert result.fetchall() == [(*table.to_pylist()[0].values(),)]
        assert len(set(map(str.lower, [each[0] for each in result.description or ()]))) == len(table.schema) - 1  # É, é
    renamed = [line for line in text.splitlines() if line.endswith("another name differs by case alone")]
    assert len(renamed) == {2: 1, 5: 2, 3: 1}[len(names)]
    assert renamed[-1].startswith(f"-- {names[1 if len(names) == 2 else 2]} is called ")


def test_duckdb_takes_no_value_from_a_folder(tmp_path: Path) -> None:
    """The folders of a split export are called ``pk=…~S`` where two values would have one."""
    schema = schema_of({"pk": "k"})
    table, _ = decode(ReferenceEngine(), [{"pk": "k"}], schema)
    folder = tmp_path / "pk=k~S" / "data"
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "part-0.parquet")
    connection = duckdb.connect()
    connection.execute(ddl(schema, "duckdb", "t", str(folder)))
    assert connection.execute("select * from t").fetchall() == [("k",)]


def test_duckdb_reads_no_field_for_another(tmp_path: Path) -> None:
    """Inside a struct no statement can tell them apart, and ``name_1`` is another field's name."""
    fields: Item = {
        "NAME_1": "a",
        "Name": "b",
        "c": Decimal(1),
        "name": "d",
        "name_1": "e",
        "name_1_1": "f",
        "name_x": "g",
    }
    item: Item = {"m": fields, "l": [{"x": fields}], "o": {"": "x", "A": "y", "a": "z"}, "pk": "k"}
    schema = schema_of(item, names="exact")
    table, _ = decode(ReferenceEngine(), [item], schema)
    pq.write_table(table, tmp_path / "part-0.parquet")
    text = ddl(schema, "duckdb", "t", str(tmp_path))
    connection = duckdb.connect()
    connection.execute(text)
    kept = {"NAME_1": "a", "Name": "b", "c": 1, "name_x": "g"}
    assert connection.execute("select l, m, pk from t").fetchall() == [([{"x": kept}], kept, "k")]
    assert [row[0] for row in connection.execute("describe t").fetchall()] == ["l", "m", "pk"]
    alone = "it differs from another name by case alone; --names default gives each a name of its own"
    assert (
        f"-- m.name is left out: {alone}\n-- m.name_1 is left out: {alone}\n-- m.name_1_1 is left out: DuckDB" in text
    )
    assert f"-- l[].x.name is left out: {alone}\n" in text
    assert "-- o is left out: DuckDB takes no empty name in a type, and none that differs" in text


def test_duckdb_reads_changes(tmp_path: Path) -> None:
    micros = 1_684_374_845_117_899
    change = ChangeRecord(keys={"pk": "a"}, write_timestamp=micros, new_image={"pk": "a"}, old_image=None)
    schema = resolve(changes_of(({"pk": "a"}, {"pk": "a"})), SchemaOptions())
    table, _ = decode(ReferenceEngine(), [change], schema)
    pq.write_table(table, tmp_path / "part-0.parquet")
    connection = duckdb.connect()
    connection.execute(ddl(schema, "duckdb", "changes", f"{tmp_path}/", rescue=True))
    rows = connection.execute("select operation, epoch_us(write_timestamp), keys.pk, new_image from changes").fetchall()
    assert rows == [("PUT", micros, "a", {"pk": "a"})]
    kinds = [row[1] for row in connection.execute("describe changes").fetchall()]
    assert kinds[1] == "TIMESTAMP WITH TIME ZONE"


def test_duckdb_says_what_it_rounds() -> None:
    text = ddl(schema_of(WIDE, numbers="decimal256"), "duckdb", "t", "/data")
    assert text.startswith("-- m.v is read as DOUBLE: decimals have at most 38 digits\n-- w is read as DOUBLE")
    assert 'CAST("w" AS DOUBLE) AS "w"' in text


def test_athena() -> None:
    schema = schema_of(ITEM, names="portable")
    assert ddl(schema, "athena", "Orders-2.prod", "s3://bucket/it's/data") == (
        "CREATE EXTERNAL TABLE `orders_2_prod` (\n"
        "  `b` binary,\n"
        "  `keyed` map<string,bigint>,\n"
        "  `l` array<decimal(18,1)>,\n"
        "  `long` decimal(38,0),\n"
        "  `m` struct<`a_b`:string,`c`:array<struct<`d`:binary>>>,\n"
        "  `n` bigint,\n"
        "  `price` decimal(18,2),\n"
        "  `quo_te_d` string,\n"
        "  `s` string,\n"
        "  `ss` array<string>,\n"
        "  `yes` boolean\n"
        ")\n"
        "STORED AS PARQUET\n"
        "LOCATION 's3://bucket/it\\'s/data/';\n"
    )


def test_spark() -> None:
    schema = schema_of({"a": [{"b`c": {"d": Decimal(1)}}], "t": True})
    assert ddl(schema, "spark", "t", "/data") == (
        "-- names that not every version takes: 'b`c'; --names portable has none\n"
        "CREATE TABLE `t` (\n"
        "  `a` ARRAY<STRUCT<`b``c`: STRUCT<`d`: BIGINT>>>,\n"
        "  `t` BOOLEAN\n"
        ")\n"
        "USING PARQUET\n"
        "LOCATION '/data';\n"
    )


@pytest.mark.parametrize("dialect", ["athena", "spark"])
def test_names_that_differ_by_case_alone_are_left_out_and_said_so(dialect: str) -> None:
    """Spark refuses to read either, and Athena may read one for the other."""
    item: Item = {
        "Name": "x",
        "name": "y",
        "É": "x",
        "é": "y",
        "m": {"A": "x", "a": "y", "b": "z"},
        "o": {"P": "", "p": ""},
    }
    text = ddl(schema_of(item | {"keyed": {"X": [{"q": "", "Q": "", "r": ""}]}}, names="exact"), dialect, "t", "/data")
    why = "it differs from another name by case alone; --names default gives each a name of its own"
    paths = ["Name", "name", "É", "é", "keyed.X[].Q", "keyed.X[].q", "m.A", "m.a", "o.P", "o.p"]
    comments, _, definition = text.partition("\nCREATE ")
    assert comments.splitlines() == [f"-- {path} is left out: {why}" for path in paths]
    assert [line.split("`")[1] for line in definition.splitlines() if line.startswith("  ")] == ["keyed", "m"]
    assert definition.lower().count("string") == 2


def test_comments_name_what_is_in_the_definition_as_it_is() -> None:
    wide: Item = {
        "grün": "x",
        "größe": Decimal("1E+60"),
        "y": Decimal("0.5"),
        "m": {"ä": Decimal("1E-60"), "b": Decimal(1)},
    }
    text = ddl(schema_of(wide, WIDE | {"größe": Decimal("0.1")}, numbers="decimal256"), "athena", "t", "/data")
    comments = text.partition("\nCREATE ")[0].splitlines()
    assert comments[-1] == "-- names that not every version takes: 'grün'; --names portable has none"
    assert "-- größe is left out: decimals here have at most 38 digits" in comments


@pytest.mark.parametrize("dialect", ["athena", "spark"])
def test_decimals_that_are_too_wide_are_left_out_and_said_so(dialect: str) -> None:
    text = ddl(schema_of(WIDE, numbers="decimal256"), dialect, "t", "/data").lower()
    assert text.startswith("-- m.v is left out: decimals here have at most 38 digits\n-- w is left out")
    assert "76" not in text
    assert "`w`" in text  # that of the struct
    assert "\n  `w`" not in text
