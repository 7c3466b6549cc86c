"""The properties with 100 examples each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LONGEST = "test_laws_of_exports.py"
# Parts, so that workers share them: the longest file by engine, the others whole.
PARTS = [(LONGEST, "reference"), (LONGEST, "not reference")]
PARTS += [(path.name, "") for path in sorted(Path(__file__).parent.glob("test_*.py"))]
PARTS = [part for part in PARTS if part not in {(LONGEST, ""), (Path(__file__).name, "")}]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("file", "only"), PARTS)
def test_the_properties_hold_for_longer(file: str, only: str) -> None:
    path = Path(__file__).with_name(file)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "-k", only, str(path)],
        env={**os.environ, "HYPOTHESIS_PROFILE": "thorough"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
