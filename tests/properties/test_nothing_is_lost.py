"""Statistics, a schema by any policies, batches, Parquet: and from the Arrow data alone the records come back."""

import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.plan import ColumnPlan, Others
from exportkit.model.statistics import DEFAULT_MAX_MAP_FIELDS
from exportkit.model.values import ChangeRecord, Record
from exportkit.schema import Mixed, Names, Nulls, Numbers, SchemaOptions, resolve
from tests import strategies
from tests.engine.columnar import decode, infer
from tests.engine.running import CHUNK_SIZES
from tests.properties.test_round_trips import written
from tests.rebuild import Same, rebuild

OPTIONS = st.builds(
    SchemaOptions,
    numbers=st.sampled_from(Numbers),
    mixed=st.sampled_from([Mixed.STRUCT, Mixed.STRUCT, Mixed.JSON, Mixed.STRING]),
    nulls=st.sampled_from(Nulls),
    names=st.sampled_from([Names.DEFAULT, Names.PORTABLE]),
    flatten_depth=st.sampled_from((0, 0, 1, 2, 64)),
    max_map_fields=st.sampled_from((1, 2, 3, DEFAULT_MAX_MAP_FIELDS)),
)
RECORDS = st.lists(strategies.items, max_size=4) | st.lists(strategies.changes(), min_size=1, max_size=3)
FORMS = {TextForm.DYNAMODB_JSON: OutputFormat.DYNAMODB_JSON, TextForm.ION: OutputFormat.ION}


def reading(records: Sequence[Record], form: TextForm) -> dict[str, Any]:
    changes = bool(records) and isinstance(records[0], ChangeRecord)
    return {"format": FORMS[form], "export_type": ExportType.INCREMENTAL if changes else ExportType.FULL}


def through_parquet(table: pa.Table) -> pa.Table:
    file = io.BytesIO()
    pq.write_table(table, file)
    file.seek(0)
    return pq.read_table(file)


def judge(records: Sequence[Record], table: pa.Table, options: SchemaOptions) -> None:
    same = Same(
        nulls=options.nulls is Nulls.KEEP,
        doubles=options.numbers is Numbers.DOUBLE,
        empty=options.nulls is Nulls.KEEP or not options.flatten_depth,
    )
    for back in (rebuild(table), rebuild(through_parquet(table))):
        assert len(back) == len(records)
        for original, found in zip(records, back, strict=True):
            assert same(original, found)


@given(
    records=RECORDS,
    options=OPTIONS,
    form=st.sampled_from(tuple(FORMS)),
    size=st.sampled_from(CHUNK_SIZES),
    rows=st.sampled_from((1, 3, 100)),
)
def test_records_come_back_from_the_columns_of_their_own_schema(
    engine: Engine, records: list[Record], options: SchemaOptions, form: TextForm, size: int, rows: int
) -> None:
    data, kind = written(records, form), reading(records, form)
    statistics = infer(engine, data, size, max_map_fields=options.max_map_fields, **kind)[None]
    whole = options.max_map_fields == DEFAULT_MAX_MAP_FIELDS  # below, not all paths of a few records may be kept
    plan = resolve(statistics, options).plan(rescue=not whole)
    decoded = decode(engine, data, plan, size, batch_rows=rows, **kind)
    assert decoded.error is None, "a schema of the whole takes every value"
    if options.nulls is Nulls.KEEP and options.mixed is not Mixed.STRING:
        assert decoded.report.merged_nulls == 0
    judge(records, decoded.table(), options)


@given(
    records=RECORDS,
    others=RECORDS,
    options=OPTIONS,
    columns=st.none() | st.lists(st.sampled_from(("a", "b", "c", "pk", "Name")), min_size=1, unique=True).map(tuple),
    form=st.sampled_from(tuple(FORMS)),
    size=st.sampled_from(CHUNK_SIZES),
)
def test_records_come_back_from_the_columns_of_another_schema(
    engine: Engine,
    records: list[Record],
    others: list[Record],
    options: SchemaOptions,
    columns: tuple[str, ...] | None,
    form: TextForm,
    size: int,
) -> None:
    kind = reading(records, form)
    if others and isinstance(others[0], ChangeRecord) != (kind["export_type"] is ExportType.INCREMENTAL):
        others = []
    options = replace(options, columns=columns, rest_as_json=True)
    seen = infer(engine, written(others, form), max_map_fields=options.max_map_fields, **kind)[None]
    plan = resolve(seen, options).plan(rescue=True)
    decoded = decode(engine, written(records, form), plan, size, **kind)
    assert decoded.error is None, "what does not fit is rescued"
    event(f"rescued: {bool(decoded.report.rescued)}")
    judge(records, decoded.table(), options)


@pytest.mark.parametrize("depth", [28, 31, 57, 60, 63])
@pytest.mark.parametrize("leaf", [Decimal(1), {"x"}, {}, None], ids=repr)
@pytest.mark.parametrize("is_list", [False, True])
def test_what_is_nested_deeply_can_be_read_back(engine: Engine, depth: int, leaf: Any, is_list: bool) -> None:
    value = leaf
    for _ in range(depth):
        value = [value] if is_list else {"k": value}
    changes = [
        ChangeRecord({"c": "x"}, 0, None, {"c": "x"}),
        ChangeRecord({"pk": "x"}, 0, {"c": value, "pk": "x"}, None),
    ]
    for records in ([{"c": value}, {"c": "x"}], changes):
        for options in (SchemaOptions(nulls=Nulls.KEEP), SchemaOptions(nulls=Nulls.KEEP, max_map_fields=1)):
            data, kind = written(records, TextForm.DYNAMODB_JSON), reading(records, TextForm.DYNAMODB_JSON)
            schema = resolve(infer(engine, data, max_map_fields=options.max_map_fields, **kind)[None], options)
            judge(records, decode(engine, data, schema.plan(rescue=True), **kind).table(), options)


@given(records=RECORDS, form=st.sampled_from(tuple(FORMS)))
def test_records_come_back_from_no_columns_at_all(engine: Engine, records: list[Record], form: TextForm) -> None:
    kind = reading(records, form)
    plan = resolve(infer(engine, b"", **kind)[None], SchemaOptions()).plan(rescue=True)
    rescuing = ColumnPlan(item=replace(plan.item, others=Others.MISFIT), keys=plan.keys, rescue=True)
    for each in (plan, rescuing):
        decoded = decode(engine, written(records, form), each, **kind)
        assert decoded.report.merged_nulls == 0
        back = rebuild(decoded.table())
        assert all(map(Same(), records, back))
        assert len(back) == len(records)
