"""The properties with 250 examples each, and a minute of fuzzing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_properties_hold_for_longer() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", str(Path(__file__).parent)],
        env={**os.environ, "HYPOTHESIS_PROFILE": "thorough"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]


@pytest.mark.slow
def test_a_minute_of_fuzzing_finds_no_difference(engines: tuple[Engine, Engine]) -> None:
    from tests.properties.fuzzing import fuzz  # noqa: PLC0415 - it needs the native engine, which is there now

    count, found = fuzz(seconds=60, seed=20261122)
    assert found is None, found
    assert count > 500
