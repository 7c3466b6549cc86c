"""How long ``exportkit generate`` takes for a million items.

``python -m benchmarks making`` measures: one run each, one core, written to disk.
"""

import tempfile
import time
from typing import Any

from exportkit.generate import GenerateOptions, Shape, generate
from exportkit.model.formats import OutputFormat

ITEMS = 1_000_000


def run(*, quick: bool = False) -> dict[str, Any]:
    """Returns the seconds of each shape and format, and those of processor time; ``quick`` makes a thousandth."""
    seconds: dict[str, tuple[float, float]] = {}
    for shape in Shape:
        for output_format in OutputFormat:
            items = ITEMS // 1000 if quick else ITEMS
            with tempfile.TemporaryDirectory() as folder:
                start, cpu_start = time.perf_counter(), time.process_time()
                made = generate(folder, GenerateOptions(items=items, shape=shape, format=output_format))
                took = time.perf_counter() - start, time.process_time() - cpu_start
                seconds[f"{items:,} items, {shape} {output_format}"] = took
            assert made.base.summary.item_count == items
    return {"seconds": seconds}
