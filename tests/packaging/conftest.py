"""The backend as a module, a copy of the project to build in, and programs that pretend to be cargo and rustc."""

import importlib.util
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.packaging.building import ROOT, copy_project

MakeTools = Callable[..., dict[str, str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.packaging)


@pytest.fixture(scope="session")
def backend() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "exportkit_build_backend", ROOT / "exportkit" / "rust" / "build_backend.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def rust_here(backend: ModuleType) -> None:
    """Skip where no native build can be made; fail where the native engine is demanded."""
    decision = backend.decide({**os.environ, "EXPORTKIT_NATIVE": "auto"})
    if not decision.native:
        if os.environ.get("EXPORTKIT_REQUIRE_NATIVE"):
            pytest.fail(f"the native engine is demanded, but {decision.reason}")
        pytest.skip(f"no native build here: {decision.reason}")


@pytest.fixture
def tree(backend: ModuleType, tmp_path: Path) -> Path:
    """A copy of the project's sources, free to be broken."""
    return copy_project(backend, tmp_path / "project")


@pytest.fixture
def tools(tmp_path: Path) -> MakeTools:
    """Make a PATH that holds nothing but the given programs, each the body of a shell script."""

    def make(**programs: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, body in programs.items():
            script = folder / name
            script.write_text("#!/bin/sh\n" + textwrap.dedent(body), "utf-8")
            script.chmod(0o755)
        return {"PATH": str(folder)}

    return make
