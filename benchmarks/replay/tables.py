"""The tables of the README: the ratios that are asked for, then every case."""

from typing import Any

from benchmarks.replay.cases import PEAK_RATIO, TARGETS

HEAD = ("case", "data", "records", "MB", "seconds", "least to most", "CPU s", "MB/s", "peak MB")


def replay_tables(result: dict[str, Any], table: Any) -> str:
    """Returns the tables as Markdown.

    Args:
        result: What ``benchmarks.replay.result`` gave.
        table: Makes one of a head and rows.
    """
    data = list(dict.fromkeys(timing["data"] for timing in result["timings"]))
    told = result["ratios"]
    ratios = [
        (name, *(f"{told[name][each]:.2f}" if each in told[name] else "" for each in data), target)
        for name, target in (TARGETS | PEAK_RATIO).items()
    ]
    rows = [
        (
            timing["case"],
            timing["data"],
            f"{timing['items']:,}",
            f"{timing['bytes'] / 1e6:,.0f}",
            f"{timing['seconds']:.3f}",
            f"{min(timing['all_seconds']):.3f} to {max(timing['all_seconds']):.3f}",
            f"{timing['cpu_seconds']:.3f}",
            f"{timing['bytes'] / timing['seconds'] / 1e6:,.0f}",
            f"{timing['peak'] / 1e6:,.0f}" if timing["peak"] else "",
        )
        for timing in result["timings"]
    ]
    return f"{table(('ratio', *data, 'target'), ratios)}\n\n{table(HEAD, rows)}"
