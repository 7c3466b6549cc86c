"""What is measured: every way, on which data, with how many threads."""

from collections.abc import Iterator
from dataclasses import dataclass

from exportkit.generate import Shape
from exportkit.model.formats import OutputFormat

JSON, ION = OutputFormat
SHAPES = (Shape.NARROW, Shape.TYPICAL, Shape.WIDE)

MEMORY, ARROW, INFERENCE, PARQUET = "bytes in memory to Arrow", "gz to Arrow", "inference", "gz to Parquet"

ITEMS = {Shape.NARROW: 1_250_000, Shape.TYPICAL: 310_000, Shape.WIDE: 410_000}
"""Items of each shape that make more than 200 MB in either format."""

SLOW_SHARE = 25
"""What is slow reads a table of the same shape that is smaller by this; time per item is compared."""

REFERENCE_SHARE = 100
"""The same for the reference engine."""


@dataclass(frozen=True)
class Case:
    """One way on one kind of data.

    Attributes:
        stage: What it goes from and to; rows of one stage are compared.
        name: What ran.
        way: Module and function.
        shape: What the items look like.
        format: How they are written.
        jobs: Threads.
        md5: Whether it takes the files' MD5s.
        share: The data is smaller by this.
        reference: Whether the reference engine reads.
    """

    stage: str
    name: str
    way: str
    shape: Shape
    format: OutputFormat
    jobs: int = 1
    md5: bool = False
    share: int = 1
    reference: bool = False

    @property
    def data(self) -> str:
        return f"{self.shape} {self.format}"

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What no other case has."""
        return self.stage, self.name, self.data, self.jobs


def cases(shape: Shape) -> Iterator[Case]:
    """Yields the cases of one shape, the limit first."""
    for output_format in (JSON, ION):
        yield Case(ARROW, "igzip alone: the limit", "peers.igzip", shape, output_format)
    for output_format in (JSON, ION):
        yield from _ours(shape, output_format)
    yield from _others(shape)


def _ours(shape: Shape, output_format: OutputFormat) -> Iterator[Case]:
    def case(stage: str, name: str, way: str, jobs: int = 1, *, md5: bool = False, reference: bool = False) -> Case:
        share = REFERENCE_SHARE if reference else 1
        return Case(stage, name, f"ours.{way}", shape, output_format, jobs, md5, share, reference)

    yield case(MEMORY, "exportkit", "decode_bytes")
    yield case(MEMORY, "exportkit, reference engine", "decode_bytes", reference=True)
    yield case(ARROW, "exportkit, igzip and decoder alone", "decode_gz")
    for jobs in (1, 2):
        yield case(ARROW, "exportkit, scan", "scan", jobs, md5=True)
    yield case(INFERENCE, "exportkit, igzip and inference alone", "infer_gz")
    for jobs in (1, 2):
        yield case(INFERENCE, "exportkit, statistics", "statistics", jobs, md5=True)
    for jobs in (1, 2):
        yield case(PARQUET, "exportkit, schema given", "convert_given", jobs, md5=True)
        yield case(PARQUET, "exportkit, whole export inferred", "convert_inferring", jobs, md5=True)
    yield case(PARQUET, "exportkit, whole export inferred, no guess", "convert_twice", md5=True)
    yield case(
        PARQUET, "exportkit, reference engine, whole export inferred", "convert_inferring", md5=True, reference=True
    )


def _others(shape: Shape) -> Iterator[Case]:
    def case(
        stage: str, name: str, way: str, jobs: int = 1, *, slow: bool = False, output_format: OutputFormat = JSON
    ) -> Case:
        return Case(stage, name, way, shape, output_format, jobs, share=SLOW_SHARE if slow else 1)

    yield case(MEMORY, "pyarrow.json, raw types given", "peers.pyarrow_json")
    yield case(MEMORY, "pyarrow.json, types guessed", "peers.pyarrow_json_guessing")
    yield case(MEMORY, "Polars read_ndjson, raw types given", "peers.polars_json", slow=True)
    yield case(MEMORY, "orjson + TypeDeserializer, to Python", "peers.deserializer", slow=True)
    yield case(MEMORY, "amazon.ion, to Python", "peers.amazon_ion", slow=True, output_format=ION)
    yield case(ARROW, "pyarrow.json, raw types given", "peers.pyarrow_json_gz")
    for jobs in (1, 2):
        yield case(PARQUET, "DuckDB read_json, casts by hand", "peers.duckdb_parquet", jobs)
    yield case(PARQUET, "Polars scan_ndjson, casts by hand", "peers.polars_parquet", 2, slow=True)
    yield case(PARQUET, "probe: decoder and writer alone, schema given", "spool.straight")
    yield case(PARQUET, "probe: a pass of inference before them", "spool.two_passes")
    yield case(PARQUET, "probe: Arrow IPC spooled between them", "spool.spooled")
