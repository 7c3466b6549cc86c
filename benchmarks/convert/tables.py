"""The tables of the README: the ratios that are asked for, then every case, stage by stage."""

from typing import Any

from benchmarks.convert.cases import ARROW, INFERENCE, ION, JSON, MEMORY, PARQUET, SHAPES
from benchmarks.convert.ratios import LIMIT, TARGETS

DATA = [f"{shape} {output_format}" for output_format in (JSON, ION) for shape in SHAPES]
OURS = {MEMORY: "exportkit", ARROW: "exportkit, igzip and decoder alone", PARQUET: "exportkit, whole export inferred"}
OURS[INFERENCE] = "exportkit, igzip and inference alone"

HEAD = ("case", "threads", "MD5", "items", "MB", "seconds", "least to most", "CPU s", "items/s", "MB/s", "peak MB")
HEAD += ("of igzip's speed", "times exportkit's time")


def convert_tables(result: dict[str, Any], table: Any) -> str:
    """Returns all tables as Markdown.

    Args:
        result: What ``benchmarks.convert.result`` gave.
        table: Makes one of a head and rows.
    """
    parts = [ratio_table(result, table)]
    for stage in (MEMORY, ARROW, INFERENCE, PARQUET):
        for data in DATA:
            rows = [_row(timing, result) for timing in result["timings"] if _of(timing) == (stage, data)]
            parts += [f"**{stage}, {data}**", table(HEAD, rows)] if rows else []
    return "\n\n".join(parts)


def ratio_table(result: dict[str, Any], table: Any) -> str:
    """Returns the table of ratios with their targets."""
    return str(table(("ratio", *DATA, "target"), [_ratio(name, result) for name in TARGETS]))


def per_item(result: dict[str, Any], stage: str, case: str, data: str, jobs: int = 1) -> float | None:
    """Returns the seconds an item of one case; None where it was not measured."""
    for timing in result["timings"]:
        if (*_of(timing), timing["case"], timing["jobs"]) == (stage, data, case, jobs):
            return float(timing["seconds"] / timing["items"])
    return None


def _of(timing: dict[str, Any]) -> tuple[str, str]:
    return timing["stage"], f"{timing['shape']} {timing['format']}"


def _ratio(name: str, result: dict[str, Any]) -> tuple[str, ...]:
    values = result["ratios"][name]
    return name, *(f"{values[data]:.2f}" if data in values else "" for data in DATA), TARGETS[name]


def _row(timing: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    stage, data = _of(timing)
    mine = timing["seconds"] / timing["items"]
    limit = per_item(result, ARROW, LIMIT, data)
    ours = per_item(result, stage, OURS[stage], data, 2 if stage == PARQUET and timing["jobs"] == 2 else 1)
    part = f" (a {timing['share']}th)" if timing["share"] > 1 else ""
    return (
        timing["case"] + part,
        str(timing["jobs"]),
        "yes" if timing["md5"] else "no",
        f"{timing['items']:,}",
        f"{timing['bytes'] / 1e6:,.0f}",
        f"{timing['seconds']:.3f}",
        f"{min(timing['all_seconds']):.3f} to {max(timing['all_seconds']):.3f}",
        f"{timing['cpu_seconds']:.3f}",
        f"{1 / mine:,.0f}",
        f"{timing['bytes'] / timing['seconds'] / 1e6:,.0f}",
        f"{timing['peak'] / 1e6:,.0f}",
        f"{limit / mine:.2f}" if limit else "",
        f"{mine / ours:.2f}" if ours else "",
    )
