"""Where a benchmark ran, and with what."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from exportkit import __version__
from exportkit.engine import engine_info

PACKAGES = ("isal", "boto3", "orjson", "pyarrow", "duckdb", "polars", "amazon.ion")


def machine() -> dict[str, Any]:
    """Returns processor, system, versions, engine, and how busy the machine was."""
    info = engine_info()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "exportkit": __version__,
        "engine": info.name,
        "build_profile": info.build_profile,
        "packages": {name: version(name) for name in PACKAGES},
        "load": round(os.getloadavg()[0], 2),
    }


def told(here: dict[str, Any]) -> str:
    """Returns it as a sentence."""
    packages = ", ".join(f"{name} {number}" for name, number in here["packages"].items())
    engine = f"{here['engine']} engine" + (f", {here['build_profile']} build" if here["build_profile"] else "")
    return (
        f"{here['date']}, {here['processor']}, {here['cores']} cores, {here['system']}, Python {here['python']}, "
        f"exportkit {here['exportkit']} ({engine}), {packages}; load average {here['load']} at the start."
    )


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
