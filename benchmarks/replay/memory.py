"""How much memory replay takes at ``--memory 128MB``: the peak of a fresh process, whatever base and changes there are.

``python -m benchmarks replay-memory`` measures. The peak is the resident set's (``VmHWM``), of the whole process:
interpreter, libraries and all.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.data import FOLDER, Dataset, chain
from exportkit.generate import GenerateOptions, Shape

ITEMS = (200_000, 5_000_000)
WINDOWS = 6
SHARES = {"10 %": 0.1, "300 %": 3.0}
"""Changes of all windows together, for each item there is."""

TARGET = 380_000_000
"""Bytes that every peak is to stay under."""

_CHILD = """
import contextlib, io, json, pathlib, re, sys, tempfile
from exportkit.cli import main
locations, to, scratch = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory(dir=scratch) as folder:
    dest, said = pathlib.Path(folder) / "out", io.TextIOWrapper(io.BytesIO())
    words = ["-o", str(dest), "--to", to, "--memory", "128MB", "--jobs", "2", "--temp-dir", folder]
    with contextlib.redirect_stdout(said):
        code = main(["replay", *locations, *words])
    # Not ru_maxrss: that has the peak of the process that was forked from, too.
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
    if to == "export":
        (made,) = dest.glob("AWSDynamoDB/*/manifest-summary.json")
        items = json.loads(made.read_bytes())["itemCount"]
    else:
        items = json.loads((dest / "dataset.json").read_bytes())["counts"]["rows"]
print(json.dumps({"code": code, "items": items, "peak": peak}))
"""


def run(*, quick: bool = False, folder: Path = FOLDER) -> dict[str, Any]:
    """Measures every case; returns bytes.

    Args:
        quick: On little data: whether it works.
        folder: Where the data lies, and what is replayed while it is measured.
    """
    peaks: dict[str, int] = {}
    for items in ITEMS:
        for told, share in SHARES.items():
            count = items // 1000 if quick else items
            options = GenerateOptions(items=count, shape=Shape.NARROW, windows=WINDOWS, changes=share / WINDOWS)
            data = chain(f"replay-memory-{count}-{share}", options, folder)
            for to in ("export", "parquet"):
                peaks[f"replay --to {to}, {items:,} items, {told} changed"] = peak(data, to, folder)
    return {"peaks": peaks}


def peak(data: tuple[Dataset, ...], to: str, folder: Path) -> int:
    """Returns the peak resident set of a process that replays a chain, in bytes."""
    command = [sys.executable, "-c", _CHILD, json.dumps([[each.location for each in data], to, str(folder)])]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["code"] == 0, done.stderr
    assert told["items"] == data[-1].table_items, told
    return int(told["peak"])
