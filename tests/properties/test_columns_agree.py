"""By any plan and on any bytes, both engines give the same batches and the same statistics."""

from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.scan import ReadOptions
from exportkit.model.values import ChangeRecord
from tests.engine.running import CHUNK_SIZES
from tests.fuzz.columns import ask, decoded, inferred
from tests.properties.test_engines_agree import files
from tests.properties.test_nothing_is_lost import FORMS, RECORDS
from tests.properties.test_round_trips import written

SIZES = st.sampled_from(CHUNK_SIZES)
SEEDS = st.integers(0, 2**32)


def judge(engines: tuple[Engine, Engine], data: bytes, options: ReadOptions, seed: int, size: int) -> None:
    asked = ask(Random(seed), data, options)
    (statistics, expected), (found_statistics, found) = (
        (inferred(engine, data, step, asked.infer), decoded(engine, data, step, asked))
        for engine, step in zip(engines, (1 << 20, size), strict=True)
    )
    event(f"batches: {len(expected) - 2}")
    assert found_statistics == statistics
    assert found == expected


@given(records=RECORDS, form=st.sampled_from(tuple(FORMS)), seed=SEEDS, size=SIZES)
def test_records_give_equal_batches_and_statistics(
    engines: tuple[Engine, Engine], records: list[ChangeRecord], form: str, seed: int, size: int
) -> None:
    changes = bool(records) and isinstance(records[0], ChangeRecord)
    kind = ExportType.INCREMENTAL if changes else ExportType.FULL
    judge(engines, written(records, form), ReadOptions(format=FORMS[form], export_type=kind, uri="x"), seed, size)


@given(
    data=files,
    output_format=st.sampled_from(OutputFormat),
    export_type=st.sampled_from(ExportType),
    seed=SEEDS,
    size=SIZES,
)
def test_any_bytes_give_equal_batches_and_statistics(
    engines: tuple[Engine, Engine],
    data: bytes,
    output_format: OutputFormat,
    export_type: ExportType,
    seed: int,
    size: int,
) -> None:
    options = ReadOptions(format=output_format, export_type=export_type, uri="x", max_record_size=100_000)
    judge(engines, data, options, seed, size)
