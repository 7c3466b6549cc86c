"""Native or pure: what the build backend decides, and that it never takes broken for missing."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

MakeTools = Callable[..., dict[str, str]]

CARGO = "echo 'cargo 1.95.0 (f2d3ce0bd 2026-03-21)'"
RUSTC = "echo 'rustc 1.95.0 (59807616e 2026-04-14)'"
NO_NETWORK = """
case "$1" in
  --version) echo 'cargo 1.95.0' ;;
  metadata) ;;
  fetch)
    echo '    Updating crates.io index' >&2
    echo 'error: failed to get `memchr` as a dependency' >&2
    echo 'Caused by:' >&2
    echo '  cannot reach https://me:secret@crates.example/index' >&2
    exit 101 ;;
esac
"""
# What keeps a native wheel from being made, as programs on PATH, and what the reason has to say.
MISSING = {
    "no cargo": ({}, "cargo was not found on PATH"),
    "no rustc": ({"cargo": CARGO}, "rustc was not found on PATH"),
    "old cargo": ({"cargo": "echo 'cargo 1.70.0 (abc)'", "rustc": RUSTC}, "cargo is 1.70.0, and Rust 1.88 or newer"),
    "old rustc": ({"cargo": CARGO, "rustc": "echo 'rustc 1.87.9'"}, "rustc is 1.87.9, and Rust 1.88 or newer"),
    "no toolchain": (
        {"cargo": "echo 'error: no default toolchain is configured' >&2; exit 1"},
        "cargo does not run: no default toolchain is configured",
    ),
    "no version": ({"cargo": "echo cargo", "rustc": RUSTC}, "no version could be read from 'cargo'"),
    "no crates": (
        {"cargo": NO_NETWORK, "rustc": RUSTC},
        "fetched: failed to get `memchr` as a dependency (cannot reach https://crates.example/index)",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_gives_the_pure_package_with_the_reason(
    backend: ModuleType, tools: MakeTools, case: str
) -> None:
    programs, reason = MISSING[case]
    decision = backend.decide(tools(**programs))
    assert not decision.native
    assert reason in decision.reason
    assert "\n" not in decision.reason


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_fails_the_build_where_native_is_demanded(
    backend: ModuleType, tools: MakeTools, case: str
) -> None:
    programs, reason = MISSING[case]
    with pytest.raises(backend.BuildRefused) as refused:
        backend.decide({**tools(**programs), "EXPORTKIT_NATIVE": "1"})
    assert reason in str(refused.value)


@pytest.mark.parametrize("wish", ["", "auto", "1"])
def test_cargo_and_crates_give_the_native_package(backend: ModuleType, tools: MakeTools, wish: str) -> None:
    decision = backend.decide({**tools(cargo=CARGO, rustc=RUSTC), "EXPORTKIT_NATIVE": wish})
    assert decision.native
    assert decision.cargo == "cargo 1.95.0 (f2d3ce0bd 2026-03-21)"
    assert decision.rustc == "rustc 1.95.0 (59807616e 2026-04-14)"


def test_the_oldest_toolchain_allowed_is_enough(backend: ModuleType, tools: MakeTools) -> None:
    assert backend.decide(tools(cargo="echo 'cargo 1.88.0'", rustc="echo 'rustc 1.88.0'")).native


def test_zero_asks_for_the_pure_package_and_runs_nothing(backend: ModuleType, tools: MakeTools, tmp_path: Path) -> None:
    spy = f"echo called > '{tmp_path}/calls'; {CARGO}"
    decision = backend.decide({**tools(cargo=spy, rustc=RUSTC), "EXPORTKIT_NATIVE": "0"})
    assert not decision.native
    assert "EXPORTKIT_NATIVE=0" in decision.reason
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("wish", ["yes", "2", "native"])
def test_an_unknown_wish_is_refused(backend: ModuleType, wish: str) -> None:
    with pytest.raises(backend.BuildRefused, match="0, 1 or auto"):
        backend.decide({"EXPORTKIT_NATIVE": wish})


def test_a_program_that_hangs_is_missing(
    backend: ModuleType, tools: MakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "PROBE_SECONDS", 0.2)
    decision = backend.decide(tools(cargo="exec /bin/sleep 30"))
    assert not decision.native
    assert "no answer within" in decision.reason


@pytest.mark.parametrize("wish", ["auto", "1"])
def test_manifests_that_cannot_be_read_fail_the_build(backend: ModuleType, tools: MakeTools, wish: str) -> None:
    cargo = """
        case "$1" in
          --version) echo 'cargo 1.95.0' ;;
          metadata) echo 'error: invalid key in manifest' >&2; exit 101 ;;
        esac
    """
    with pytest.raises(backend.BuildRefused, match="invalid key in manifest"):
        backend.decide({**tools(cargo=cargo, rustc=RUSTC), "EXPORTKIT_NATIVE": wish})


@pytest.mark.parametrize("wish", ["auto", "1"])
def test_a_lock_file_that_does_not_fit_fails_the_build(backend: ModuleType, tools: MakeTools, wish: str) -> None:
    cargo = """
        case "$*" in
          --version) echo 'cargo 1.95.0' ;;
          *--locked*) echo 'error: the lock file needs to be updated' >&2; exit 101 ;;
        esac
    """
    with pytest.raises(backend.BuildRefused, match="lock file needs to be updated"):
        backend.decide({**tools(cargo=cargo, rustc=RUSTC), "EXPORTKIT_NATIVE": wish})


def test_requirements_follow_the_decision(
    backend: ModuleType, tools: MakeTools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", tools(cargo=CARGO, rustc=RUSTC)["PATH"])
    monkeypatch.delenv("EXPORTKIT_NATIVE", raising=False)
    assert backend.get_requires_for_build_wheel() == backend.get_requires_for_build_editable() == backend.MATURIN
    assert "building the native package" in capsys.readouterr().err
    monkeypatch.setenv("EXPORTKIT_NATIVE", "0")
    assert backend.get_requires_for_build_wheel() == backend.get_requires_for_build_editable() == backend.SETUPTOOLS
    assert "building the pure package" in capsys.readouterr().err
    assert backend.get_requires_for_build_sdist() == backend.SETUPTOOLS


def test_a_tool_that_was_not_installed_is_named(
    backend: ModuleType, tools: MakeTools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", tools(cargo=CARGO, rustc=RUSTC)["PATH"])
    monkeypatch.setenv("EXPORTKIT_NATIVE", "1")
    monkeypatch.setitem(sys.modules, "maturin", None)
    with pytest.raises(backend.BuildRefused, match=r"pip install 'maturin"):
        backend.prepare_metadata_for_build_wheel(str(tmp_path))
    monkeypatch.setenv("EXPORTKIT_NATIVE", "0")
    monkeypatch.setitem(sys.modules, "setuptools", None)
    with pytest.raises(backend.BuildRefused, match=r"pip install 'setuptools"):
        backend.prepare_metadata_for_build_wheel(str(tmp_path))


# With the real cargo: what the fakes above stand for.


@pytest.mark.usefixtures("rust_here")
def test_cargo_tells_a_broken_lock_file(backend: ModuleType, tree: Path) -> None:
    manifest = tree / "exportkit" / "rust" / "py" / "Cargo.toml"
    manifest.write_text(
        manifest.read_text("utf-8").replace("pyo3.workspace", "memchr.workspace = true\npyo3.workspace"), "utf-8"
    )
    with pytest.raises(backend.BuildRefused, match=r"Cargo\.lock does not fit"):
        backend.decide(os.environ, tree / "exportkit" / "rust")


@pytest.mark.usefixtures("rust_here")
def test_cargo_tells_a_broken_manifest(backend: ModuleType, tree: Path) -> None:
    manifest = tree / "exportkit" / "rust" / "core" / "Cargo.toml"
    manifest.write_text("[package\n" + manifest.read_text("utf-8"), "utf-8")
    with pytest.raises(backend.BuildRefused, match="workspace is broken"):
        backend.decide(os.environ, tree / "exportkit" / "rust")


@pytest.mark.usefixtures("rust_here")
def test_cargo_without_network_and_cache_gives_the_pure_package(backend: ModuleType, tmp_path: Path) -> None:
    nothing = {"CARGO_HOME": str(tmp_path), "CARGO_NET_OFFLINE": "true", "EXPORTKIT_NATIVE": "auto"}
    decision = backend.decide({**os.environ, **nothing})
    assert not decision.native
    assert "the crates could not be fetched" in decision.reason
