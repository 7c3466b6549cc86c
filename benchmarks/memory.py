"""How much memory verify takes: the peak of a fresh process, on 400 MB and on 4 GB of records.

``python -m benchmarks memory`` measures. The peak is the resident set's (``VmHWM``), of the
whole process: interpreter, libraries and all.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.data import FOLDER, Dataset, dataset
from exportkit.generate import GenerateOptions, Shape

SIZES = {"400 MB": 440_000, "4 GB": 4_400_000}
"""Items of the shape ``typical`` of which the records are so large."""

KEYS = {"": None, " --key": "pk,sk"}
JOBS = (1, 2)

_CHILD = """
import json, re, sys
import exportkit
location, jobs, key = json.loads(sys.argv[1])
report = exportkit.verify(location, jobs=jobs, key=key and tuple(key.split(",")))
# Not ru_maxrss: that has the peak of the process that was forked from, too.
peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
print(json.dumps({"ok": report.ok, "records": report.counts["records"], "bytes": report.counts["bytes"], "peak": peak}))
"""


def run(*, quick: bool = False, folder: Path = FOLDER) -> dict[str, Any]:
    """Measures every case; returns bytes.

    Args:
        quick: On little data: whether it works.
        folder: Where the data lies.
    """
    peaks: dict[str, int] = {}
    for size, items in SIZES.items():
        count = items // 2000 if quick else items
        # As many files for both: what a file costs must not look like what its size costs.
        data = dataset(f"memory-{count}", GenerateOptions(items=count, shape=Shape.TYPICAL, files=8), folder)
        for option, key in KEYS.items():
            for jobs in JOBS:
                peaks[f"verify{option} --jobs {jobs}, {size}"] = peak(data, jobs, key)
    return {"peaks": peaks}


def peak(data: Dataset, jobs: int, key: str | None) -> int:
    """Returns the peak resident set of a process that verifies an export, in bytes."""
    command = [sys.executable, "-c", _CHILD, json.dumps([data.location, jobs, key])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["ok"], told
    assert (told["records"], told["bytes"]) == (data.items, data.bytes), told
    return int(told["peak"])
