"""The figures that are asked for: how often one way fits into the time of another, per item."""

from collections.abc import Mapping, Sequence

from benchmarks.convert.cases import ARROW, INFERENCE, ION, JSON, MEMORY, PARQUET, SHAPES
from benchmarks.rounds import ratio

Key = tuple[str, str, str, int]
LIMIT = "igzip alone: the limit"
GIVEN, INFERRED = "exportkit, schema given", "exportkit, whole export inferred"
DUCKDB = "DuckDB read_json, casts by hand"

TARGETS = {
    "pyarrow.json / exportkit, bytes to Arrow": "at least 5",
    "orjson + TypeDeserializer / exportkit, bytes to Arrow": "at least 18",
    "amazon.ion / exportkit, bytes to Arrow": "at least 25",
    "JSON / ION, bytes to Arrow": "at least 1",
    "igzip / gz to Arrow, without MD5": "at least 0.5, aim 0.65",
    "igzip / gz to Arrow, MD5 included": "",
    "igzip / inference, without MD5": "at least 0.55",
    "igzip / inference, MD5 included": "",
    "DuckDB / exportkit, gz to Parquet, inference included, two threads": "at least 2.5",
    "DuckDB / exportkit, gz to Parquet, schema given, two threads": "at least 3.5",
    "DuckDB / exportkit, gz to Parquet, inference included, one thread": "",
    "DuckDB / exportkit, gz to Parquet, schema given, one thread": "",
    "one thread / two, gz to Parquet, inference included": "at least 1.8",
    "one thread / two, gz to Parquet, schema given": "at least 1.8",
    "one thread / two, gz to Arrow": "",
    "two passes / spool's lower bound": "",
    "two passes / one, gz to Parquet, inference included": "",
}
"""What each ratio is to reach; nothing where none was set."""


def ratios(per_item: Mapping[Key, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Returns each ratio by the data it was measured on, of the shapes that were.

    Args:
        per_item: Seconds an item of each case, round by round, by its key.
    """
    found: dict[str, dict[str, float]] = {name: {} for name in TARGETS}

    def add(name: str, data: str, over: Key, under: Key) -> None:
        found[name][data] = ratio(per_item[over], per_item[under])

    for shape in SHAPES:
        as_json, as_ion = f"{shape} {JSON}", f"{shape} {ION}"
        if (ARROW, LIMIT, as_json, 1) not in per_item:
            continue
        ours = (MEMORY, "exportkit", as_json, 1)
        peers = {"pyarrow.json": "pyarrow.json, raw types given"}
        peers["orjson + TypeDeserializer"] = "orjson + TypeDeserializer, to Python"
        for peer, name in peers.items():
            add(f"{peer} / exportkit, bytes to Arrow", as_json, (MEMORY, name, as_json, 1), ours)
        ours_of_ion = (MEMORY, "exportkit", as_ion, 1)
        add("amazon.ion / exportkit, bytes to Arrow", as_ion, (MEMORY, "amazon.ion, to Python", as_ion, 1), ours_of_ion)
        add("JSON / ION, bytes to Arrow", as_ion, ours, ours_of_ion)
        for data in (as_json, as_ion):
            twice = (PARQUET, "exportkit, whole export inferred, no guess", data, 1)
            add("two passes / one, gz to Parquet, inference included", data, twice, (PARQUET, INFERRED, data, 1))
            limit = (ARROW, LIMIT, data, 1)
            alone, scan = (ARROW, "exportkit, igzip and decoder alone", data, 1), (ARROW, "exportkit, scan", data, 1)
            add("igzip / gz to Arrow, without MD5", data, limit, alone)
            add("igzip / gz to Arrow, MD5 included", data, limit, scan)
            add("one thread / two, gz to Arrow", data, scan, (*scan[:3], 2))
            looked = (INFERENCE, "exportkit, igzip and inference alone", data, 1)
            add("igzip / inference, without MD5", data, limit, looked)
            add("igzip / inference, MD5 included", data, limit, (INFERENCE, "exportkit, statistics", data, 1))
            for told, name in (("schema given", GIVEN), ("inference included", INFERRED)):
                one, two = (PARQUET, name, data, 1), (PARQUET, name, data, 2)
                add(f"one thread / two, gz to Parquet, {told}", data, one, two)
                if data == as_json:
                    for threads, key in (("one thread", one), ("two threads", two)):
                        duckdb = (PARQUET, DUCKDB, data, key[3])
                        add(f"DuckDB / exportkit, gz to Parquet, {told}, {threads}", data, duckdb, key)
        two_passes = (PARQUET, "probe: a pass of inference before them", as_json, 1)
        add(
            "two passes / spool's lower bound",
            as_json,
            two_passes,
            (PARQUET, "probe: Arrow IPC spooled between them", as_json, 1),
        )
    return found
