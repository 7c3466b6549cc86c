"""Draws what was measured of convert for the docs: ``python -m benchmarks plot`` writes ``docs/convert.svg``."""

import json
from pathlib import Path
from typing import Any

from benchmarks.convert.cases import JSON, MEMORY, PARQUET, SHAPES

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "convert.json"
TARGET = ROOT / "docs" / "convert.svg"

STAGES = {MEMORY: 1, PARQUET: 2}
"""What is drawn, with so many threads."""


def plot(result: dict[str, Any], target: Path = TARGET) -> None:
    """Draws items a second of every way, for each shape of DYNAMODB_JSON.

    Args:
        result: What ``benchmarks.convert.result`` gave.
        target: The SVG; the same figures give the same bytes.
    """
    import matplotlib as mpl  # noqa: PLC0415 - an extra, and of no use to the other benchmarks

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    mpl.rcParams |= {"svg.hashsalt": "exportkit", "svg.fonttype": "none", "font.size": 9}
    shapes = [shape for shape in SHAPES if any(timing["shape"] == shape for timing in result["timings"])]
    size = (4 * len(shapes) + 1, 6)
    figure, axes = plt.subplots(len(STAGES), len(shapes), figsize=size, layout="constrained", squeeze=False)
    for row, (stage, jobs) in zip(axes, STAGES.items(), strict=True):
        for panel, shape in zip(row, shapes, strict=True):
            rates = _rates(result, stage, f"{shape}", jobs)
            colours = ["#c0504d" if name.startswith("exportkit") else "#7f8fa6" for name in rates]
            bars = panel.barh(list(rates), list(rates.values()), color=colours)
            panel.bar_label(bars, [f"{rate:,.0f}" for rate in rates.values()], padding=3)
            panel.invert_yaxis()
            panel.margins(x=0.25)
            panel.xaxis.set_visible(False)
            panel.spines[["top", "right", "bottom"]].set_visible(False)
            threads = "one thread" if jobs == 1 else f"{jobs} threads"
            panel.set_title(f"{shape}: {stage}, {threads}\nthousand items a second", fontsize=9)
    figure.savefig(target, metadata={"Date": None})
    plt.close(figure)


def draw() -> None:
    """Draws what was measured last."""
    plot(json.loads(RESULT.read_bytes()))


def _rates(result: dict[str, Any], stage: str, shape: str, jobs: int) -> dict[str, float]:
    """Returns thousand items a second by case, the fastest first."""
    rates = {
        timing["case"]: timing["items"] / timing["seconds"] / 1000
        for timing in result["timings"]
        if (timing["stage"], timing["shape"], timing["format"]) == (stage, shape, JSON)
        and (timing["jobs"] == jobs or timing["share"] > 1)
        and not timing["case"].startswith("probe")
    }
    return dict(sorted(rates.items(), key=lambda rate: -rate[1]))
