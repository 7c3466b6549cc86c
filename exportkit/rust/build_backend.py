"""The PEP 517 build backend of exportkit: a native wheel where Rust can be had, a pure one where it cannot.

Where cargo is new enough and the crates can be fetched (or are there already), the hooks hand over to
maturin and the wheel holds ``exportkit._native``. Where they are not, the hooks hand over to setuptools and
the wheel is ``py3-none-any``: the reference engine reads everything, only slower. Which of the two happened,
and why, is recorded in the package as ``exportkit/_build_info.json``, because pip hides what a backend prints.

Only what is *missing* leads to the pure wheel. What is *broken* (a Rust file that does not compile, a
manifest that does not parse, a ``Cargo.lock`` that does not fit its manifests) fails the build, always.

``EXPORTKIT_NATIVE=1`` demands the native wheel: the build fails where it cannot be made.
``EXPORTKIT_NATIVE=0`` demands the pure one. Unset, empty or ``auto`` leaves the choice to this module.

``_build_info.json`` holds ``native`` (bool), ``reason`` (one line), ``rustc`` and ``cargo`` (their version
lines, or null). How the extension was compiled is told by the extension: ``exportkit._native.BUILD_PROFILE``.

This module runs before anything is installed: it uses the standard library alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUST = Path(__file__).resolve().parent
PACKAGE = RUST.parent
ROOT = PACKAGE.parent
BUILD_INFO = PACKAGE / "_build_info.json"

# maturin asks for more (cffi, or a Rust toolchain of its own) only with cffi bindings or without cargo.
MATURIN = ["maturin>=1.9.4,<2"]
SETUPTOOLS = ["setuptools>=77.0.3"]

FETCH_SECONDS = 600
PROBE_SECONDS = 60

SDIST_CONTENT = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "benchmarks",
    "docs",
    "exportkit",
    "mkdocs.yml",
    "pyproject.toml",
    "samples",
    "tests",
)
WHEEL_CONTENT = ("LICENSE", "README.md", "exportkit", "pyproject.toml")
LITTER = shutil.ignore_patterns(
    ".*",
    "__pycache__",
    "*.so",
    "*.pyd",
    "*.egg-info",
    "target",
    "artifacts",
    "corpus",
    "coverage",
    BUILD_INFO.name,
)

Settings = Mapping[str, Any] | None


class BuildRefused(SystemExit):
    """The build ends here; the message says why (an exit, so that pip shows it without a traceback)."""


@dataclass(frozen=True)
class Decision:
    """Which wheel is built and why; written to ``_build_info.json`` as it is."""

    native: bool
    reason: str
    rustc: str | None = None
    cargo: str | None = None


class Missing(Exception):  # noqa: N818 - it is an answer ("cannot be had"), not an error
    """Something that a native build needs cannot be had here."""


# --- the decision ------------------------------------------------------------------------------------------


def decide(environ: Mapping[str, str] = os.environ, rust: Path = RUST) -> Decision:
    """Return which wheel to build here.

    Args:
        environ: the environment; ``EXPORTKIT_NATIVE`` and ``PATH`` matter.
        rust: the folder of the Cargo workspace.

    Raises:
        BuildRefused: the native wheel is demanded and cannot be made; the workspace is broken; or
            ``EXPORTKIT_NATIVE`` has no known value.
    """
    wish = environ.get("EXPORTKIT_NATIVE", "").strip().lower()
    if wish not in {"", "auto", "0", "1"}:
        raise BuildRefused(f"exportkit: EXPORTKIT_NATIVE is {wish!r}; it takes 0, 1 or auto")
    if wish == "0":
        return Decision(native=False, reason="EXPORTKIT_NATIVE=0 asked for the pure package")
    rustc = cargo = None
    try:
        cargo = _version_line("cargo", environ)
        rustc = _version_line(environ.get("RUSTC", "rustc"), environ)
        _check_age(rust, cargo, rustc)
        _fetch_crates(rust, environ)
    except Missing as missing:
        if wish == "1":
            raise BuildRefused(f"exportkit: EXPORTKIT_NATIVE=1 demands the native engine, but {missing}") from None
        return Decision(native=False, reason=str(missing), rustc=rustc, cargo=cargo)
    asked = "EXPORTKIT_NATIVE=1" if wish == "1" else "cargo and the crates are there"
    return Decision(native=True, reason=asked, rustc=rustc, cargo=cargo)


def _version_line(program: str, environ: Mapping[str, str]) -> str:
    """Return the first line of ``program --version``."""
    path = shutil.which(program, path=environ.get("PATH", os.defpath))
    if path is None:
        raise Missing(f"{program} was not found on PATH")
    done = _run([path, "--version"], environ, PROBE_SECONDS)
    if done.returncode != 0 or not done.stdout.strip():
        raise Missing(f"{program} does not run: {_summary(done.stderr)}")
    return done.stdout.strip().splitlines()[0]


def _check_age(rust: Path, *version_lines: str) -> None:
    """Raise Missing where a tool is older than the workspace's ``rust-version``."""
    needed: str = tomllib.loads((rust / "Cargo.toml").read_text("utf-8"))["workspace"]["package"]["rust-version"]
    for line in version_lines:
        found = re.search(r"\d+\.\d+(\.\d+)?", line)
        if found is None:
            raise Missing(f"no version could be read from {line!r}")
        if _numbers(found[0]) < _numbers(needed):
            raise Missing(f"{line.split()[0]} is {found[0]}, and Rust {needed} or newer is needed")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _fetch_crates(rust: Path, environ: Mapping[str, str]) -> None:
    """Fetch the locked crates, or raise Missing where they cannot be had (no network, no cache, not vendored).

    Whether the crates are missing or the workspace is broken is told by what cargo can still do, not by the
    words of its messages: reading the manifests needs no crates, and a lock file that does not fit its
    manifests is no obstacle to a fetch that may write a new one.
    """
    manifest = ["--manifest-path", str(rust / "Cargo.toml")]
    read = _run(
        ["cargo", "metadata", "--no-deps", "--offline", "--format-version=1", *manifest],
        environ,
        PROBE_SECONDS,
    )
    if read.returncode != 0:
        raise BuildRefused(f"exportkit: the Cargo workspace is broken\n{read.stderr}")
    # Of all platforms: maturin reads the whole dependency graph, and offline that needs every crate in it.
    locked = _run(["cargo", "fetch", "--locked", *manifest], environ, FETCH_SECONDS)
    if locked.returncode == 0:
        return
    with tempfile.TemporaryDirectory(prefix="exportkit-lock-") as folder:
        copy = Path(folder, "rust")
        shutil.copytree(rust, copy, ignore=LITTER)
        unlocked = _run(["cargo", "fetch", "--manifest-path", str(copy / "Cargo.toml")], environ, FETCH_SECONDS)
    if unlocked.returncode == 0:
        raise BuildRefused(f"exportkit: Cargo.lock does not fit the workspace\n{locked.stderr}")
    raise Missing(f"the crates could not be fetched: {_summary(locked.stderr)}")


def _run(command: list[str], environ: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; one that hangs or cannot start is one that failed."""
    try:
        return subprocess.run(
            command,
            env={"CARGO_NET_RETRY": "1", "CARGO_TERM_COLOR": "never", **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {seconds:.0f} s")
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _summary(stderr: str) -> str:
    """Return what went wrong in one line: the first line that says error, and the cause at the end."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if not lines:
        return "it says nothing"
    first = next((line for line in lines if line.startswith("error")), lines[0])
    text = first.removeprefix("error: ") + (f" ({lines[-1]})" if lines[-1] != first else "")
    return re.sub(r"//[^/@\s]+@", "//", text)[:400]  # a registry's address may carry a password


# --- the hooks ---------------------------------------------------------------------------------------------


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:  # noqa: ARG001 - PEP 517
    """Return what has to be installed to build the wheel."""
    return MATURIN if _tell(decide()).native else SETUPTOOLS


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return what has to be installed for an editable installation."""
    return get_requires_for_build_wheel(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:  # noqa: ARG001 - PEP 517
    """Return what has to be installed to build the source distribution."""
    return SETUPTOOLS


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the wheel's ``.dist-info`` and return its name."""
    target = os.path.abspath(metadata_directory)  # noqa: PTH100 - hooks take and give strings
    if decide().native:
        with _maturin() as maturin:
            return str(maturin.prepare_metadata_for_build_wheel(target, config_settings))
    with _staged(WHEEL_CONTENT), _setuptools() as setuptools:
        return str(setuptools.prepare_metadata_for_build_wheel(target, config_settings))


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the editable wheel's ``.dist-info`` and return its name."""
    return prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build the native or the pure wheel and return its file name."""
    decision = _tell(decide())
    target = os.path.abspath(wheel_directory)  # noqa: PTH100 - as above
    if decision.native:
        with _recorded(decision), _maturin() as maturin:
            return str(maturin.build_wheel(target, config_settings, metadata_directory))
    with _staged(WHEEL_CONTENT) as stage, _setuptools() as setuptools:
        shutil.rmtree(stage / "exportkit" / "rust")
        _write_info(stage / "exportkit" / BUILD_INFO.name, decision)
        return str(setuptools.build_wheel(target, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that points at this source tree and return its file name.

    The extension (or its absence) and ``_build_info.json`` belong to the tree: of two environments with an
    editable installation of one tree, the later decides for both.
    """
    decision = _tell(decide())
    target = os.path.abspath(wheel_directory)  # noqa: PTH100 - as above
    if decision.native:
        with _maturin() as maturin:
            name = str(maturin.build_editable(target, config_settings, metadata_directory))
    else:
        for leftover in PACKAGE.glob("_native*.so"):
            leftover.unlink()  # of an earlier native build: it would be imported all the same
        with chdir(ROOT), _setuptools() as setuptools:
            name = str(setuptools.build_editable(target, config_settings, metadata_directory))
    _write_info(BUILD_INFO, decision)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build the source distribution, the same one with and without Rust, and return its file name."""
    target = os.path.abspath(sdist_directory)  # noqa: PTH100 - as above
    with _staged(SDIST_CONTENT) as stage, _setuptools() as setuptools:
        rules = [f"graft {path.name}" if path.is_dir() else f"include {path.name}" for path in stage.iterdir()]
        (stage / "MANIFEST.in").write_text("\n".join([*sorted(rules), "exclude MANIFEST.in", ""]), "utf-8")
        return str(setuptools.build_sdist(target, config_settings))


# --- what the hooks hand over to ---------------------------------------------------------------------------


@contextmanager
def _maturin() -> Iterator[Any]:
    """Give maturin's hooks, run at the project's root with maturin's program in reach."""
    try:
        import maturin  # noqa: PLC0415 - installed only where get_requires asked for it
    except ImportError:
        raise BuildRefused(_absent("maturin", MATURIN)) from None
    scripts = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), scripts])
    with chdir(ROOT):
        yield maturin


@contextmanager
def _setuptools() -> Iterator[Any]:
    """Give setuptools' hooks."""
    try:
        from setuptools import build_meta  # noqa: PLC0415 - installed only where get_requires asked for it
    except ImportError:
        raise BuildRefused(_absent("setuptools", SETUPTOOLS)) from None
    yield build_meta


def _absent(name: str, requirement: list[str]) -> str:
    return (
        f"exportkit: {name} is not installed in the build environment. With build isolation pip installs it; "
        f"without, install it first: pip install '{requirement[0]}'. If it was left out because the network "
        f"came or went between two steps of this build, run the build again."
    )


@contextmanager
def _staged(content: tuple[str, ...]) -> Iterator[Path]:
    """Copy parts of the project to a temporary folder and work there.

    setuptools leaves ``build/`` and ``*.egg-info`` behind, and what stands there from last time goes into the
    next wheel; a folder of its own has no last time.
    """
    with tempfile.TemporaryDirectory(prefix="exportkit-build-") as folder:
        stage = Path(folder)
        for name in content:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, stage / name, ignore=LITTER)
            elif source.is_file():
                shutil.copy2(source, stage / name)
        with chdir(stage):
            yield stage


@contextmanager
def _recorded(decision: Decision) -> Iterator[None]:
    """Have the decision in the source tree while maturin packs it, then what stood there before."""
    before = BUILD_INFO.read_bytes() if BUILD_INFO.exists() else None
    _write_info(BUILD_INFO, decision)
    try:
        yield
    finally:
        if before is None:
            BUILD_INFO.unlink(missing_ok=True)
        else:
            BUILD_INFO.write_bytes(before)


def _write_info(path: Path, decision: Decision) -> None:
    path.write_text(json.dumps(asdict(decision), indent=2) + "\n", "utf-8")


def _tell(decision: Decision) -> Decision:
    kind = "native" if decision.native else "pure"
    print(f"exportkit: building the {kind} package: {decision.reason}", file=sys.stderr)
    return decision
