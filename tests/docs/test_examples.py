"""What README and documentation tell people to type, typed: shell commands and Python code.

Blocks marked ``bash`` and ``console`` (its ``$`` lines) are run from the repository's root, but for ``make``,
``pip`` and the like, which other tests run, and with ``/tmp`` elsewhere; blocks marked ``python`` are run as
programs. Every command has to exit with 0, or with the code that a comment behind it names (``# exits 1``).
exportkit and scripts run in this process where a line is of plain words: to start takes longer than what they do.
"""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exportkit.cli import main

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "samples" / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(bash|console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OTHERS = ("make", "pip", "python -m pip", "git", "cd", "source", "cargo", "mkdocs", "ruff", "mypy")
OF_PLACES = re.compile(r"s3://|arn:aws:")


def blocks() -> Iterator[tuple[str, str, str]]:
    for page in PAGES:
        for number, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), 1):
            yield f"{page.relative_to(REPOSITORY)} block {number}", found[1], found[2]


def shell(language: str, text: str) -> list[tuple[str, int]]:
    """Returns what a block of shell commands tells to type, with exit codes, without what other tests run."""
    lines = []
    for line in text.replace("\\\n", " ").splitlines():
        if language == "console" and not line.startswith("$ "):
            continue
        command = line.removeprefix("$ ").partition(" # ")[0].strip()
        if not command or command.startswith(("#", *OTHERS)) or OF_PLACES.search(command):
            continue
        code = re.search(r"# exits (\d+)", line)
        lines.append((command, int(code[1]) if code else 0))
    return lines


SHELLS = [
    (place, lines) for place, language, text in blocks() if language != "python" and (lines := shell(language, text))
]
PROGRAMS = [(place, text) for place, language, text in blocks() if language == "python" and not OF_PLACES.search(text)]


def test_there_is_something_to_type() -> None:
    assert any(place.startswith("README.md") for place, _ in SHELLS)
    assert any(place.startswith("README.md") for place, _ in PROGRAMS)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("lines", [lines for _, lines in SHELLS], ids=[place for place, _ in SHELLS])
def test_commands_do_what_the_page_says(lines: list[tuple[str, int]], tmp_path: Path) -> None:
    before = _tree()
    for line, code in lines:
        assert typed(line.replace("/tmp/", f"{tmp_path}/")) == code, line
    assert _tree() == before, "a page's commands leave nothing behind in the repository"


def typed(line: str) -> int:
    """Runs a line; returns its exit code."""
    match [] if re.search(r"[^\w\s./,=-]", line) else shlex.split(line):
        case ["exportkit", *words]:
            return main(words)
        case ["python", script, *words]:
            return run_script(script, words)
    return subprocess.run(["bash", "-euo", "pipefail", "-c", line], check=False).returncode


def run_script(script: str, words: list[str]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [script, *words])
        patch.syspath_prepend(str(Path(script).parent))
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@pytest.mark.parametrize("program", [text for _, text in PROGRAMS], ids=[place for place, _ in PROGRAMS])
def test_a_program_runs(program: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(program, "utf-8")
    assert run_script(str(script), []) == 0


def test_make_help_lists_the_commands_of_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z-]+)", readme, re.MULTILINE))
    told = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert named >= {"demo", "test"}
    assert named <= set(re.findall(r"^  make ([a-z-]+) ", told, re.MULTILINE))


def _tree() -> set[str]:
    # Other workers' caches come when they come.
    caches = {"__pycache__", ".hypothesis", ".pytest_cache"}
    return {path.name for folder in (REPOSITORY, REPOSITORY / "samples") for path in folder.iterdir()} - caches
