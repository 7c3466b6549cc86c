"""The Python that README and documentation show passes ``mypy --strict``, as a user's own code would have to."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_examples import REPOSITORY, blocks


@pytest.fixture
def programs(tmp_path: Path) -> list[Path]:
    """Returns a file for each Python block, with the names of page and block in its own."""
    paths = []
    for place, language, text in blocks():
        if language == "python":
            name = "".join(letter if letter.isalnum() else "_" for letter in place)
            paths.append(tmp_path / f"{name}.py")
            paths[-1].write_text(text, encoding="utf-8")
    return paths


def check(paths: list[Path], cache: Path) -> subprocess.CompletedProcess[str]:
    # No configuration of this project; what is wrong inside exportkit is `make check`'s own run to tell.
    # pandas and pyarrow ship no types.
    untyped = "--disable-error-code=import-untyped"
    options = ["--config-file=", "--strict", "--follow-imports=silent", untyped, f"--cache-dir={cache}"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, paths)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_program_type_checks(programs: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy comes with the tools of development (make setup)")
    assert any(path.name.startswith("README") for path in programs)
    done = check(programs, tmp_path / "cache")
    assert done.returncode == 0, done.stdout + done.stderr

    wrong = tmp_path / "wrong.py"
    wrong.write_text('import exportkit\nfor change in exportkit.open("x").changes():\n    change["pk"]\n')
    assert "not indexable" in check([wrong], tmp_path / "cache").stdout
