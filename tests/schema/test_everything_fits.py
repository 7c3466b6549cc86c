"""Whatever was counted fits: an engine fills the schema of the whole without a misfit, and readers take what it is."""

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.codec import dumps_change, dumps_item
from exportkit.codec.arrow_types import arrow_schema, with_schema
from exportkit.engine.protocols import Engine
from exportkit.model.decode import DecodeOptions, DecodeReport
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.statistics import InferOptions, Statistics
from exportkit.model.values import ChangeRecord, Item
from exportkit.schema import Schema, SchemaOptions, extend, merge_schemas, merge_statistics, resolve
from tests import strategies

Records = Sequence[Item] | Sequence[ChangeRecord]

OPTIONS = st.builds(
    SchemaOptions,
    numbers=st.sampled_from(("exact", "decimal256", "double", "string")),
    mixed=st.sampled_from(("struct", "json", "string")),
    nulls=st.sampled_from(("merge", "keep")),
    names=st.sampled_from(("default", "portable", "exact")),
    flatten_depth=st.sampled_from((0, 1, 3)),
    max_map_fields=st.sampled_from((1, 2, 3, 200)),
    rest_as_json=st.booleans(),
)
LISTS = st.lists(st.dictionaries(strategies.attribute_names, strategies.shallow_values, max_size=5), max_size=3)
CHANGES = st.lists(strategies.changes(), max_size=3)


def kind_of(records: Records) -> dict[str, object]:
    changes = records and isinstance(records[0], ChangeRecord)
    return {
        "format": OutputFormat.DYNAMODB_JSON,
        "export_type": ExportType.INCREMENTAL if changes else ExportType.FULL,
        "uri": "file",
    }


def lines(records: Records) -> bytes:
    dumps = [
        dumps_change(each, TextForm.DYNAMODB_JSON)
        if isinstance(each, ChangeRecord)
        else dumps_item(each, TextForm.DYNAMODB_JSON)
        for each in records
    ]
    return b"".join(line + b"\n" for line in dumps)


def infer(engine: Engine, records: Records, limit: int, file: int = 0) -> Statistics:
    options = InferOptions(**kind_of(records), file_index=file, max_map_fields=limit)  # type: ignore[arg-type]
    inference = engine.inference(options)
    inference.feed(lines(records))
    return inference.finish()[None]


def decode(engine: Engine, records: Records, schema: Schema) -> tuple[pa.Table, DecodeReport]:
    plan = schema.plan(rescue=True, incremental=bool(records) and isinstance(records[0], ChangeRecord))
    decoder = engine.decoder(DecodeOptions(**kind_of(records)), [plan])  # type: ignore[arg-type]
    batches = list(decoder.feed(lines(records)))
    while more := decoder.finish():
        batches += more
    arrow = arrow_schema(plan)
    return pa.Table.from_batches([with_schema(batch, arrow) for batch in batches], arrow), decoder.report()


def fields_below(field: pa.Field) -> Iterator[pa.Field]:
    yield field
    for index in range(field.type.num_fields):
        yield from fields_below(field.type.field(index))


def check_legal(schema: Schema, *, ignoring_case: bool) -> None:
    """Every struct has fields, of different names, and nothing is of type null."""
    for incremental in {False, schema.keys is not None}:
        arrow = arrow_schema(schema.plan(rescue=True, incremental=incremental))
        structs = [pa.struct(list(arrow))]
        for top in arrow:
            for field in fields_below(top):
                assert not pa.types.is_null(field.type)
                structs += [field.type] if pa.types.is_struct(field.type) else []
        for struct in structs:
            names = [each.name.lower() if ignoring_case else each.name for each in struct]
            assert names
            assert len(set(names)) == len(names)


@given(a=LISTS, b=LISTS, options=OPTIONS)
def test_all_items_fit_the_schema_of_all(engine: Engine, a: list[Item], b: list[Item], options: SchemaOptions) -> None:
    files = [infer(engine, each, options.max_map_fields, file) for file, each in enumerate((a, b))]
    schema = resolve(merge_statistics(*files, options.max_map_fields), options)
    assert Schema.from_json(schema.to_json(), "schema.json") == schema
    check_legal(schema, ignoring_case=options.names != "exact")
    for records in (a, b):
        assert decode(engine, records, schema)[1].rescued == 0


@given(changes=CHANGES, options=OPTIONS)
def test_all_changes_fit_the_schema_of_all(engine: Engine, changes: list[ChangeRecord], options: SchemaOptions) -> None:
    schema = resolve(infer(engine, changes, options.max_map_fields), options)
    assert Schema.from_json(schema.to_json(), "schema.json") == schema
    check_legal(schema, ignoring_case=options.names != "exact")
    assert decode(engine, changes, schema)[1].rescued == 0


@given(a=LISTS, b=LISTS, options=OPTIONS)
def test_a_schema_extended_takes_both(engine: Engine, a: list[Item], b: list[Item], options: SchemaOptions) -> None:
    first, second = (infer(engine, each, options.max_map_fields, file) for file, each in enumerate((a, b)))
    schema = resolve(first, options)
    extended = extend(schema, second)
    assert Schema.from_json(extended.to_json(), "schema.json") == extended
    check_legal(extended, ignoring_case=options.names != "exact")
    for records in (a, b):
        assert decode(engine, records, extended)[1].rescued == 0
    assert extend(schema, first) == schema
    assert extend(extended, second) == extended


@given(a=LISTS, b=LISTS, options=OPTIONS, others=OPTIONS)
def test_schemas_merged_take_both(
    engine: Engine, a: list[Item], b: list[Item], options: SchemaOptions, others: SchemaOptions
) -> None:
    first = resolve(infer(engine, a, options.max_map_fields), options)
    second = resolve(infer(engine, b, others.max_map_fields), others)
    merged = merge_schemas(first, second)
    assert Schema.from_json(merged.to_json(), "schema.json") == merged
    check_legal(merged, ignoring_case=options.names != "exact")
    if "rest" not in {first.item.others, second.item.others}:  # a column for what the other takes into _rest stays
        for records in (a, b):
            assert decode(engine, records, merged)[1].rescued == 0
    assert merge_schemas(first, first) == first


@pytest.mark.parametrize("policies", [{}, {"names": "portable", "mixed": "json"}, {"flatten_depth": 2}])
def test_parquet_of_it_is_read_by_others(engine: Engine, tmp_path: object, policies: dict[str, object]) -> None:
    items: list[Item] = [
        {"": "x", "Name": "a", "name": None, "m": {}, "l": [], "d": {"e": {"f": {}}, "n": None}, "s": {"a"}},
        {"_rescued": "y", "a b": [[], {}], "x": {"S": b"1"}, "d": {"e": {"f": {"g": [None]}}}},
        {"x": True, "nu\0l": "z"},
    ]
    schema = resolve(infer(engine, items, 200), SchemaOptions(**policies))  # type: ignore[arg-type]
    table, report = decode(engine, items, schema)
    assert report.rescued == 0
    path = f"{tmp_path}/t.parquet"
    pq.write_table(table, path)
    assert pq.read_table(path).to_pylist() == table.to_pylist()
    read = duckdb.sql(f"select * from '{path}'")
    assert read.columns == table.column_names
    assert len(read.fetchall()) == 3
