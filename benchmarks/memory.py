"""How much memory verify and convert take: the peak of a fresh process, on 400 MB and on 4 GB of records.

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
import json, re, sys, tempfile
import exportkit
what, location, jobs, key = json.loads(sys.argv[1])
if what == "verify":
    report = exportkit.verify(location, jobs=jobs, key=key and tuple(key.split(",")))
    told = {"ok": report.ok, "records": report.counts["records"]}
else:
    with tempfile.TemporaryDirectory(dir=sys.argv[2]) as scratch:
        told = {"ok": True, "records": exportkit.convert(location, scratch + "/out", jobs=jobs).rows}
# Not ru_maxrss: that has the peak of the process that was forked from, too.
told["peak"] = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
print(json.dumps(told))
"""


def run(*, quick: bool = False, folder: Path = FOLDER) -> dict[str, Any]:
    """Measures every case; returns bytes.

    Args:
        quick: On little data: whether it works.
        folder: Where the data lies, and what is converted while it is measured.
    """
    peaks: dict[str, int] = {}
    for size, items in SIZES.items():
        count = items // 2000 if quick else items
        # As many files for both: what a file costs must not look like what its size costs.
        data = dataset(f"memory-{count}", GenerateOptions(items=count, shape=Shape.TYPICAL, files=8), folder)
        for option, key in KEYS.items():
            for jobs in JOBS:
                peaks[f"verify{option} --jobs {jobs}, {size}"] = peak("verify", data, jobs, key, folder)
        for jobs in JOBS:
            peaks[f"convert --jobs {jobs}, {size}"] = peak("convert", data, jobs, None, folder)
    return {"peaks": peaks}


def peak(what: str, data: Dataset, jobs: int, key: str | None, folder: Path) -> int:
    """Returns the peak resident set of a process that verifies or converts an export, in bytes."""
    command = [sys.executable, "-c", _CHILD, json.dumps([what, data.location, jobs, key]), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["ok"], told
    assert told["records"] == data.items, told
    return int(told["peak"])
