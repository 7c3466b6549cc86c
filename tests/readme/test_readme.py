"""What the README and the first page of the documentation show runs as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/getting-started.md")
ENVIRON = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of that language, with the page it stands on."""
    return [
        (page, block)
        for page in PAGES
        for block in re.findall(
            rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
    ]


COMMANDS = [
    pytest.param(line.removeprefix("$ "), id=f"{page}: {line}")
    for page, block in blocks("console")
    for line in block.splitlines()
]
SCRIPTS = [pytest.param(block, id=f"{page} {number}") for number, (page, block) in enumerate(blocks("python"))]


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, check=False, cwd=ROOT, env=ENVIRON, capture_output=True, text=True, timeout=120)


def test_both_pages_show_something() -> None:
    assert {page for page, _ in blocks("console")} == {page for page, _ in blocks("python")} == set(PAGES)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    done = run(*shlex.split(command))
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_runs(script: str) -> None:
    done = run(sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_make_help_lists_the_commands_of_the_readme() -> None:
    told = run("make", "help").stdout
    named = re.findall(r"^make ([a-z-]+)", "\n".join(block for _, block in blocks("bash")), re.MULTILINE)
    assert set(named) >= {"demo", "test"}
    assert all(re.search(rf"^  make {name} ", told, re.MULTILINE) for name in named)
