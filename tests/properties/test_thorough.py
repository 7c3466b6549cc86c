"""The properties with 100 examples each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROPERTIES = sorted(path.name for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("file", PROPERTIES)  # so that workers share them
def test_the_properties_hold_for_longer(file: str) -> None:
    path = Path(__file__).with_name(file)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", str(path)],
        env={**os.environ, "HYPOTHESIS_PROFILE": "thorough"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
