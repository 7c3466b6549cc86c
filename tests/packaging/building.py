"""Run the build backend's hooks on a copy of the project, and look at what they made."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
# Kept from run to run, so that only exportkit's own crates are compiled anew; apart from the tree's own builds,
# because cargo tells sources by their times and would take a copy's for the tree's.
TARGET = ROOT / "exportkit" / "rust" / "target" / "packaging"
CALL = """
import sys
sys.path.insert(0, "exportkit/rust")
import build_backend
print(getattr(build_backend, sys.argv[1])(*sys.argv[2:]))
"""


@dataclass(frozen=True)
class Built:
    """A wheel or source distribution, and what the backend said while making it."""

    path: Path
    stderr: str

    def names(self) -> set[str]:
        with zipfile.ZipFile(self.path) as wheel:
            return set(wheel.namelist())

    def package(self) -> set[str]:
        return {name for name in self.names() if name.startswith("exportkit/")}

    def read(self, name: str) -> str:
        with zipfile.ZipFile(self.path) as wheel:
            return wheel.read(name).decode()


def copy_project(backend: ModuleType, target: Path) -> Path:
    """Copy what a source distribution holds, so that a test may break it."""
    target.mkdir()
    for name in backend.SDIST_CONTENT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=backend.LITTER)
        elif source.exists():
            shutil.copy2(source, target / name)
    return target


def call_hook(tree: Path, hook: str, out: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Call a hook as a front end does: in a process of its own, at the root of the tree."""
    out.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", CALL, hook, str(out)],
        cwd=tree,
        env={**os.environ, "CARGO_TARGET_DIR": str(TARGET), **environ},
        text=True,
        capture_output=True,
        check=False,
    )


def build(tree: Path, hook: str, out: Path, **environ: str) -> Built:
    """Call a hook that has to succeed."""
    done = call_hook(tree, hook, out, **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(out / done.stdout.strip().splitlines()[-1], done.stderr)
