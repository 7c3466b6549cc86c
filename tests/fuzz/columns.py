"""What the engines' decoders and inferences make of the same bytes, to be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pyarrow as pa

from exportkit.codec.arrow_types import arrow_schema, with_schema
from exportkit.engine.protocols import Engine
from exportkit.engine.reference import ReferenceEngine
from exportkit.errors import DataError
from exportkit.model.decode import DecodeOptions, Split
from exportkit.model.plan import ColumnPlan
from exportkit.model.scan import ReadOptions
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from tests.engine.columnar import batches_of
from tests.engine.running import chunks
from tests.fuzz.pieces import PLAIN_NAMES
from tests.plans import random_plan

__all__ = ["Asked", "ask", "decoded", "inferred"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of decoder and inference."""

    infer: InferOptions
    decode: DecodeOptions
    plans: tuple[ColumnPlan, ...]
    split: Split | None


def ask(random: Random, data: bytes, options: ReadOptions) -> Asked:
    """Returns options and plans for some records, most of the plans made for them."""
    reading = {name: getattr(options, name) for name in ("format", "export_type", "uri", "max_record_size")}
    quarantine = random.random() < 0.8
    split_by = random.choice((None, None, None, *PLAIN_NAMES))
    infer = InferOptions(
        **reading,
        file_index=random.choice((0, 7)),
        max_map_fields=random.choice((0, 1, 2, 5, 200)),
        split_by=split_by,
        max_split_values=random.choice((1, 3, 1000)),
        quarantine=quarantine,
    )
    seen = _statistics(
        data, InferOptions(**reading, max_map_fields=infer.max_map_fields, split_by=split_by, quarantine=True)
    )
    values = list(seen) or [None]
    if split_by is not None and random.random() < 0.2:
        values = random.sample(values, random.randint(1, len(values)))
    decode = DecodeOptions(
        **reading,
        batch_rows=random.choice((1, 3, 10, 65_536)),
        batch_bytes=random.choice((1, 500, 3000, 1 << 25)),
        quarantine=quarantine,
        misfit_limit=random.choice((0, 2, 20)),
    )
    empty = _statistics(b"", InferOptions(**reading))[None]
    plans = tuple(random_plan(random, PLAIN_NAMES, seen.get(value, empty)) for value in values)
    if split_by is not None:
        return Asked(infer, decode, plans, Split(split_by, tuple(values)))
    return Asked(infer, replace(decode, infer=random.choice((None, infer))), plans, None)


def _statistics(data: bytes, options: InferOptions) -> Mapping[SplitValue, Statistics]:
    inference = ReferenceEngine().inference(options)
    inference.feed(data)
    return inference.finish()


def inferred(engine: Engine, data: bytes, size: int, options: InferOptions) -> list[Any]:
    """Returns all that an inference tells: records, what it set aside, statistics or its error."""
    inference = engine.inference(options)
    told: list[Any] = []
    try:
        for chunk in chunks(data, size):
            inference.feed(chunk)
        told.append(list(inference.finish().items()))
        told.append(inference.records)
    except DataError as error:
        told.append(_shown(error))
    return [*told, list(inference.take_malformed())]


def decoded(engine: Engine, data: bytes, size: int, asked: Asked) -> list[Any]:
    """Returns all that a decoder tells: batches with their plans, statistics, report, what it set aside, its error."""
    decoder = engine.decoder(asked.decode, asked.plans, asked.split)
    schemas = [arrow_schema(plan) for plan in asked.plans]
    told: list[Any] = []
    try:
        for batch in batches_of(decoder, data, size):
            made = with_schema(batch, schemas[batch.plan])
            made.validate(full=True)
            told.append((batch.plan, _Batch(made)))
        if asked.decode.infer is not None:
            told.append(decoder.statistics())
    except DataError as error:
        told.append(_shown(error))
    return [*told, decoder.report(), list(decoder.take_malformed())]


class _Batch:
    """A batch that is equal to another with the same values, and shows them."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Batch) and self.batch.equals(other.batch, check_metadata=True)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.batch.schema.to_string(show_field_metadata=False)}\n{self.batch.to_string(preview_cols=1000)}"


def _shown(error: DataError) -> tuple[str, Sequence[Any]]:
    """Returns an error without what is never compared: the column of a malformed record."""
    return type(error).__name__, error.args[:5]
