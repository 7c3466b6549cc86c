"""Results as JSON beside this file, and as tables in README.md."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.convert.tables import convert_tables, ratio_table
from benchmarks.machine import told
from benchmarks.replay.tables import replay_tables

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"
DOCS = FOLDER.parent / "docs" / "performance.md"
PICTURE = "![Items a second of exportkit and others](convert.svg)"  # drawn by python -m benchmarks plot

TARGETS = {
    "verify / limit, typical DYNAMODB_JSON": "at most 1.7, aim 1.4",
    "verify --key / limit, typical DYNAMODB_JSON": "at most 2.2",
    "ION / DYNAMODB_JSON, typical": "at most 1",
    "one job / two jobs, typical DYNAMODB_JSON": "at least 1.8",
    "today / verify, typical DYNAMODB_JSON": "at least 25",
}


def write(name: str, here: dict[str, Any], result: dict[str, Any]) -> None:
    """Writes ``results/<name>.json``, the tables of that name in README.md, and those the docs have of it."""
    (FOLDER / "results").mkdir(exist_ok=True)
    file = FOLDER / "results" / f"{name}.json"
    result = {"machine": here, **result}
    if name == "convert" and file.is_file():
        result = _with_other_shapes(result, json.loads(file.read_text("utf-8")))
    file.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    where = "\n\n".join([told(here), *result.get("earlier", {}).values()])
    _put(README, name, f"{where}\n\n{TABLES[name](result)}")
    if name in DOCS_TABLES:
        _put(DOCS, name, f"{where}\n\n{DOCS_TABLES[name](result)}")


def _with_other_shapes(result: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Returns a result with what an earlier one has of the shapes that were not measured this time.

    Ratios compare cases of one shape, which run in turn: shapes of different runs may stand side by side.
    """
    measured = {timing["shape"] for timing in result["timings"]}
    kept = [timing for timing in before["timings"] if timing["shape"] not in measured]
    shapes = dict.fromkeys(timing["shape"] for timing in kept)
    of_shape = {shape: f"The shape {shape} was measured apart: {told(before['machine'])}" for shape in shapes}
    earlier = {shape: before.get("earlier", {}).get(shape, text) for shape, text in of_shape.items()}
    ratios = {
        name: {data: ratio for data, ratio in before["ratios"].get(name, {}).items() if data.split()[0] in shapes} | now
        for name, now in result["ratios"].items()
    }
    return result | {"timings": kept + result["timings"], "ratios": ratios, "earlier": earlier}


def _put(page: Path, name: str, text: str) -> None:
    """Puts text between the marks of that name."""
    marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
    whole = re.compile(f"{marks[0]}.*{marks[1]}", re.DOTALL)
    page.write_text(whole.sub(lambda _: f"{marks[0]}\n\n{text}\n\n{marks[1]}", page.read_text("utf-8")), "utf-8")


def verify_tables(result: dict[str, Any]) -> str:
    """Returns the ratios with their targets, then the times."""
    ratios = [
        (name, f"{ratio:.2f}", "" if cpu is None else f"{cpu:.2f}", TARGETS.get(name, ""))
        for name, (ratio, cpu) in result["ratios"].items()
    ]
    times = [
        (
            timing["case"],
            timing["data"],
            f"{timing['items']:,}",
            f"{timing['bytes'] / 1e6:,.0f}",
            f"{timing['seconds']:.3f}",
            f"{min(timing['all_seconds']):.3f} to {max(timing['all_seconds']):.3f}",
            f"{timing['cpu_seconds']:.3f}",
            f"{timing['bytes'] / timing['seconds'] / 1e6:,.0f}",
            f"{timing['seconds'] / timing['items'] * 1e6:.2f}",
        )
        for timing in result["timings"]
    ]
    head = ("case", "data", "items", "MB", "seconds", "least to most", "CPU s", "MB/s", "µs an item")
    return f"{table(('ratio', 'time', 'CPU time', 'target'), ratios)}\n\n{table(head, times)}"


def s3_tables(result: dict[str, Any]) -> str:
    """Returns the ratios of S3 to local files, then the times."""
    ratios = [
        (name, f"{seconds:.2f}", f"{cpu:.2f}", "at most 1.3") for name, (seconds, cpu) in result["ratios"].items()
    ]
    times = [
        (
            timing["case"],
            timing["place"],
            f"{timing['seconds']:.3f}",
            f"{timing['cpu_seconds']:.3f}",
            f"{timing['requests']:,}",
        )
        for timing in result["timings"]
    ]
    head = ("case", "export", "seconds", "CPU s", "requests")
    return f"{table(('ratio', 'time', 'CPU time', 'target'), ratios)}\n\n{table(head, times)}"


def memory_table(result: dict[str, Any]) -> str:
    """Returns the peaks."""
    return table(("case", "peak MB"), [(name, f"{peak / 1e6:,.0f}") for name, peak in result["peaks"].items()])


def making_table(result: dict[str, Any]) -> str:
    """Returns the times that generate took."""
    return table(
        ("case", "seconds", "CPU s"),
        [(name, f"{seconds:.1f}", f"{cpu:.1f}") for name, (seconds, cpu) in result["seconds"].items()],
    )


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Returns a table in Markdown, all columns but the first to the right."""
    lines = [head, tuple("---" if place == 0 else "--:" for place in range(len(head))), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES = {
    "verify": verify_tables,
    "convert": lambda result: convert_tables(result, table),
    "memory": memory_table,
    "replay": lambda result: replay_tables(result, table),
    "replay-memory": memory_table,
    "s3": s3_tables,
    "making": making_table,
}

DOCS_TABLES = {"convert": lambda result: f"{PICTURE}\n\n{ratio_table(result, table)}"}
