"""Pushing bytes through the decoder and the inference of an engine, and what came out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from exportkit.codec.arrow_types import arrow_schema, with_schema
from exportkit.engine.protocols import DecodedBatch, Decoder, Engine, Inference
from exportkit.engine.reference import ReferenceEngine
from exportkit.errors import DataError
from exportkit.model.decode import DecodeOptions, DecodeReport, MalformedRecord, Split
from exportkit.model.formats import TextForm
from exportkit.model.plan import Column, ColumnKind, ColumnPlan, Field, Others
from exportkit.model.statistics import InferOptions, PathStatistics, SplitValue, Statistics
from tests.engine.running import CHUNK_SIZES, FULL, INCREMENTAL, JSON, chunks, transcode

BATCH_ROWS = (1, 3, 100)


def column(kind: str, **options: Any) -> Column:
    return Column(kind=ColumnKind(kind), **options)


def fields(columns: Mapping[str, Column]) -> tuple[Field, ...]:
    return tuple(Field(name, name, inner) for name, inner in columns.items())


def struct(columns: Mapping[str, Column] | None = None, others: str = "misfit", **more: Column) -> Column:
    return column("struct", fields=fields({**(columns or {}), **more}), others=Others(others))


STRING, BINARY, BOOL, INT64, DOUBLE = map(column, ("string", "binary", "bool", "int64", "double"))
NUMBER_STRING, JSON_TEXT, TEXT, SKIP = map(column, ("number-string", "json", "text", "skip"))


def decimal(precision: int, scale: int) -> Column:
    return column("decimal", precision=precision, scale=scale)


def set_of(tag: str, element: Column) -> Column:
    return column("set", set_type=tag, element=element)


def list_of(element: Column) -> Column:
    return column("list", element=element)


def map_of(element: Column) -> Column:
    return column("map", element=element)


def flat(columns: Mapping[str, Column] | None = None, **more: Column) -> Column:
    return column("flat", fields=fields({**(columns or {}), **more}))


def mixed(**columns: Column) -> Column:
    return column("mixed", fields=fields(columns))


NULL_FIELD = column("null")


@dataclass
class Decoded:
    """What a decoder handed on, and the error that ended it."""

    plans: list[ColumnPlan]
    batches: list[tuple[int, pa.RecordBatch]] = field(default_factory=list)
    malformed: list[MalformedRecord] = field(default_factory=list)
    report: DecodeReport = field(default_factory=DecodeReport)
    error: DataError | None = None

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Plan and rows of each batch."""
        return [(plan, batch.num_rows) for plan, batch in self.batches]

    def table(self, plan: int = 0) -> pa.Table:
        schema = arrow_schema(self.plans[plan])
        return pa.Table.from_batches([batch for index, batch in self.batches if index == plan], schema)

    def rows(self, plan: int = 0) -> list[dict[str, Any]]:
        return self.table(plan).to_pylist()


def decoder(engine: Engine, plans: Sequence[ColumnPlan], split: Split | None = None, **options: Any) -> Decoder:
    settings: dict[str, Any] = {"format": JSON, "export_type": FULL, "uri": "x", **options}
    return engine.decoder(DecodeOptions(**settings), plans, split)


def decode(
    engine: Engine,
    data: bytes,
    plan: ColumnPlan | Sequence[ColumnPlan],
    size: int = 1 << 20,
    split: Split | None = None,
    **options: Any,
) -> Decoded:
    """Decodes all of it, in chunks of a size; stops at an error, which it keeps."""
    plans = [plan] if isinstance(plan, ColumnPlan) else list(plan)
    decoded = Decoded(plans)
    reader = decoder(engine, plans, split, **options)
    try:
        for batch in batches_of(reader, data, size):
            assert batch.num_rows > 0
            imported = with_schema(batch, arrow_schema(plans[batch.plan]))
            imported.validate(full=True)
            assert imported.num_rows == batch.num_rows
            decoded.batches.append((batch.plan, imported))
    except DataError as error:
        decoded.error = error
    decoded.malformed = [*reader.take_malformed()]
    assert not reader.take_malformed()
    decoded.report = reader.report()
    return decoded


def batches_of(reader: Decoder, data: bytes, size: int) -> Iterator[DecodedBatch]:
    """Yields what a decoder hands on, fed in chunks of a size."""
    for chunk in chunks(data, size):
        yield from reader.feed(chunk)
    while batches := reader.finish():
        yield from batches


def inference(engine: Engine, **options: Any) -> Inference:
    settings: dict[str, Any] = {"format": JSON, "export_type": FULL, "uri": "x", **options}
    return engine.inference(InferOptions(**settings))


def infer(engine: Engine, data: bytes, size: int = 1 << 20, **options: Any) -> Mapping[SplitValue, Statistics]:
    """Returns the statistics of all of it, fed in chunks of a size."""
    reader = inference(engine, **options)
    for chunk in chunks(data, size):
        reader.feed(chunk)
    return reader.finish()


def lines(form: str, *records: str) -> bytes:
    """Returns a file of records given as DynamoDB JSON; of the other format by the transcoder."""
    data = "".join(f"{record}\n" for record in records).encode()
    if form == JSON:
        return data
    export_type = INCREMENTAL if '"Keys"' in records[0] else FULL
    return transcode(ReferenceEngine(), data, TextForm.ION, export_type=export_type)


def items_of(form: str, *items: str) -> bytes:
    """Returns a file of items, each the members of its ``Item``: ``'"a":{"S":"x"}'``."""
    return lines(form, *(f'{{"Item":{{{item}}}}}' for item in items))


def change(new: str | None = None, old: str | None = None, keys: str = '"pk":{"S":"k"}', micros: int = 7) -> str:
    """Returns a change record, its images given by their members."""
    members = [f'"Metadata":{{"WriteTimestampMicros":{{"N":"{micros}"}}}}', f'"Keys":{{{keys}}}']
    members += [f'"{name}":{{{image}}}' for name, image in (("NewImage", new), ("OldImage", old)) if image is not None]
    return f"{{{','.join(members)}}}"


def each_way(
    engine: Engine, data: bytes, plan: ColumnPlan, form: str, export_type: str = "FULL_EXPORT"
) -> Iterator[Decoded]:
    """Decodes in chunks and batches of every size, which must change nothing but the batches."""
    for size in CHUNK_SIZES:
        for batch_rows in BATCH_ROWS:
            yield decode(engine, data, plan, size, format=form, export_type=export_type, batch_rows=batch_rows)


def column_of(engine: Engine, form: str, column: Column, values: list[str | None], **plan: Any) -> Decoded:
    """Decodes items with these values of the attribute ``a``, in every way."""
    data = items_of(form, *("" if value is None else f'"a":{value}' for value in values))
    plans = ColumnPlan(item=struct(a=column), rescue=True, **plan)
    first, *others = each_way(engine, data, plans, form)
    for other in others:
        assert other.table().equals(first.table())
        assert (other.report, other.error) == (first.report, None)
    return first


def rescued(decoded: Decoded) -> list[dict[str, str] | None]:
    return [None if row["_rescued"] is None else dict(row["_rescued"]) for row in decoded.rows()]


def only(found: Mapping[SplitValue, Statistics]) -> Statistics:
    assert list(found) == [None]
    return found[None]


def of_item(engine: Engine, form: str, *items: str, **options: Any) -> PathStatistics:
    return only(infer(engine, items_of(form, *items), format=form, **options)).item


def names(path: PathStatistics) -> list[str]:
    return list(path.fields)


def counts(path: PathStatistics | None) -> dict[str, int]:
    assert path is not None
    return {tag: found.count for tag, found in path.types.items()}


def number(path: PathStatistics, tag: str = "N") -> tuple[int, int, bool]:
    found = path.types[tag].number
    assert found is not None
    return found.integer_digits, found.scale, found.int64
