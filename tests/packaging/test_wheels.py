"""What the wheels and the source distribution hold, and that a broken Rust file makes none."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

import exportkit
from tests.packaging.building import ROOT, Built, build, call_hook, copy_project

MakeTools = Callable[..., dict[str, str]]

INFO = "exportkit/_build_info.json"
EXTENSION = "exportkit/_native.abi3.so"
ALWAYS = {"exportkit/__init__.py", "exportkit/py.typed", "exportkit/_native.pyi", INFO}


@pytest.fixture(scope="module")
def pure(backend: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("pure")
    return build(copy_project(backend, folder / "project"), "build_wheel", folder / "out", EXPORTKIT_NATIVE="0")


@pytest.fixture(scope="module")
def sdist(backend: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    return build(copy_project(backend, folder / "project"), "build_sdist", folder / "out").path


@pytest.fixture(scope="module")
def native(rust_here: None, backend: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("native")
    return build(copy_project(backend, folder / "project"), "build_wheel", folder / "out", EXPORTKIT_NATIVE="1")


def unpack(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"exportkit-{exportkit.__version__}"


def test_the_pure_wheel_holds_the_package_and_the_reason(pure: Built) -> None:
    assert pure.path.name == f"exportkit-{exportkit.__version__}-py3-none-any.whl"
    assert pure.package() >= ALWAYS
    assert json.loads(pure.read(INFO)) == {
        "native": False,
        "reason": "EXPORTKIT_NATIVE=0 asked for the pure package",
        "rustc": None,
        "cargo": None,
    }


def test_the_pure_wheel_holds_every_module_of_the_tree_and_no_rust(pure: Built) -> None:
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "exportkit").rglob("*.py")
        if "rust" not in path.relative_to(ROOT).parts
    }
    assert pure.package() >= modules
    assert_nothing_foreign(pure)


def test_without_the_extension_its_name_does_not_import(pure: Built, tmp_path: Path) -> None:
    with zipfile.ZipFile(pure.path) as wheel:
        wheel.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import importlib.util as util\n"
        "assert util.find_spec('exportkit').origin.startswith(sys.path[0])\n"
        "print(util.find_spec('exportkit._native'))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "None"


def test_the_source_distribution_holds_what_a_native_build_needs(sdist: Path, tmp_path: Path) -> None:
    tree = unpack(sdist, tmp_path)
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert files >= {
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "exportkit/rust/build_backend.py",
        "exportkit/rust/Cargo.lock",
        "exportkit/rust/core/src/lib.rs",
        "exportkit/rust/py/src/lib.rs",
        "tests/packaging/test_wheels.py",
    }
    assert not [name for name in files if name.endswith((".so", ".pyc")) or "/target/" in name]
    assert INFO not in files


def test_the_source_distribution_holds_every_file_of_the_repository(
    sdist: Path, backend: ModuleType, tmp_path: Path
) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone of the repository: what belongs to it is not known")
    listed = subprocess.run(
        ["git", "ls-files", *backend.SDIST_CONTENT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    tree = unpack(sdist, tmp_path)
    assert tracked <= {path.relative_to(tree).as_posix() for path in tree.rglob("*")}


def test_a_wheel_from_the_source_distribution_equals_one_from_the_tree(
    sdist: Path, pure: Built, tmp_path: Path
) -> None:
    again = build(unpack(sdist, tmp_path), "build_wheel", tmp_path / "out", EXPORTKIT_NATIVE="0")
    assert again.names() == pure.names()


def test_no_cargo_gives_a_pure_wheel_that_says_so(tree: Path, tmp_path: Path, tools: MakeTools) -> None:
    wheel = build(tree, "build_wheel", tmp_path / "out", EXPORTKIT_NATIVE="", **tools())
    assert wheel.path.name.endswith("-py3-none-any.whl")
    assert json.loads(wheel.read(INFO))["reason"] == "cargo was not found on PATH"
    assert "building the pure package: cargo was not found on PATH" in wheel.stderr


def test_an_old_cargo_gives_a_pure_wheel_that_says_so(tree: Path, tmp_path: Path, tools: MakeTools) -> None:
    old = tools(cargo="echo 'cargo 1.63.0'", rustc="echo 'rustc 1.63.0'")
    info = json.loads(build(tree, "build_wheel", tmp_path / "out", EXPORTKIT_NATIVE="auto", **old).read(INFO))
    assert info["reason"] == "cargo is 1.63.0, and Rust 1.88 or newer is needed"
    assert (info["native"], info["cargo"], info["rustc"]) == (False, "cargo 1.63.0", "rustc 1.63.0")


def test_native_demanded_without_cargo_makes_no_wheel(tree: Path, tmp_path: Path, tools: MakeTools) -> None:
    done = call_hook(tree, "build_wheel", tmp_path / "out", EXPORTKIT_NATIVE="1", **tools())
    assert done.returncode != 0
    assert "EXPORTKIT_NATIVE=1 demands the native engine, but cargo was not found on PATH" in done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_a_pure_editable_installation_points_at_the_tree_and_drops_an_old_extension(tree: Path, tmp_path: Path) -> None:
    (tree / EXTENSION).write_bytes(b"of an earlier native build")
    wheel = build(tree, "build_editable", tmp_path / "out", EXPORTKIT_NATIVE="0")
    pointers = [wheel.read(name).strip() for name in wheel.names() if name.endswith(".pth")]
    assert pointers == [str(tree)]
    assert not (tree / EXTENSION).exists()
    assert json.loads((tree / INFO).read_text("utf-8"))["native"] is False


@pytest.mark.slow  # a crate's dependencies are compiled first
@pytest.mark.usefixtures("rust_here")
@pytest.mark.parametrize("wish", ["auto", "1"])
@pytest.mark.parametrize("hook", ["build_wheel", "build_editable"])
def test_a_broken_rust_file_fails_the_build(tree: Path, tmp_path: Path, hook: str, wish: str) -> None:
    source = tree / "exportkit" / "rust" / "core" / "src" / "lib.rs"
    source.write_text(source.read_text("utf-8") + "\nfn broken( {\n", "utf-8")
    done = call_hook(tree, hook, tmp_path / "out", EXPORTKIT_NATIVE=wish)
    assert done.returncode != 0
    assert "broken" in done.stderr
    assert not list((tmp_path / "out").iterdir())
    assert not (tree / INFO).exists()


@pytest.mark.slow
def test_the_native_wheel_holds_the_pure_one_and_the_extension(native: Built, pure: Built) -> None:
    assert f"-{exportkit.__version__}-cp311-abi3-" in native.path.name
    assert native.package() == pure.package() | {EXTENSION}
    assert_nothing_foreign(native)
    info = json.loads(native.read(INFO))
    assert info["native"] is True
    assert info["rustc"].startswith("rustc ")
    assert info["cargo"].startswith("cargo ")


@pytest.mark.slow
def test_both_wheels_carry_the_same_metadata(native: Built, pure: Built) -> None:
    name = f"exportkit-{exportkit.__version__}.dist-info/"
    assert requirements(native.read(name + "METADATA")) == requirements(pure.read(name + "METADATA"))
    assert "exportkit=exportkit.cli:main" in native.read(name + "entry_points.txt").replace(" ", "")
    assert "exportkit=exportkit.cli:main" in pure.read(name + "entry_points.txt").replace(" ", "")


@pytest.mark.slow
def test_the_native_wheel_imports_as_a_release_build(native: Built, tmp_path: Path) -> None:
    with zipfile.ZipFile(native.path) as wheel:
        wheel.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import exportkit._native as native\n"
        "print(native.__file__, native.BUILD_PROFILE, native.__version__)"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(tmp_path / EXTENSION), "release", exportkit.__version__]


@pytest.mark.slow
@pytest.mark.usefixtures("rust_here")
def test_a_native_editable_installation_puts_the_extension_into_the_tree(tree: Path, tmp_path: Path) -> None:
    wheel = build(tree, "build_editable", tmp_path / "out", EXPORTKIT_NATIVE="1")
    pointers = [wheel.read(name).strip() for name in wheel.names() if name.endswith(".pth")]
    assert pointers == [str(tree)]
    assert (tree / EXTENSION).exists()
    assert json.loads((tree / INFO).read_text("utf-8"))["native"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("rust_here")
def test_the_source_distribution_builds_natively(sdist: Path, tmp_path: Path) -> None:
    wheel = build(unpack(sdist, tmp_path), "build_wheel", tmp_path / "out", EXPORTKIT_NATIVE="1")
    assert EXTENSION in wheel.names()


@pytest.mark.slow
def test_pip_alone_installs_the_pure_package_where_there_is_no_rust(
    tree: Path, tmp_path: Path, tools: MakeTools
) -> None:
    """pip makes the build environment itself, from what the backend says it needs."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path / "site"), "."]
    environ = {**os.environ, "EXPORTKIT_NATIVE": "", **tools()}
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    info = json.loads((tmp_path / "site" / INFO).read_text("utf-8"))
    assert info["reason"] == "cargo was not found on PATH"


def assert_nothing_foreign(wheel: Built) -> None:
    foreign = [
        name
        for name in wheel.names()
        if name.endswith((".rs", ".pyc", "Cargo.toml", "Cargo.lock"))
        or "build_backend" in name
        or name.split("/")[0] not in {"exportkit", f"exportkit-{exportkit.__version__}.dist-info"}
    ]
    assert not foreign


def requirements(metadata: str) -> set[str]:
    """The requirements, however the tool that wrote them spells and orders them."""
    lines = [line.removeprefix("Requires-Dist:") for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    return {str(Requirement(line)).lower().replace(".", "-").replace("_", "-") for line in lines}


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    workspace = tomllib.loads((ROOT / "exportkit" / "rust" / "Cargo.toml").read_text("utf-8"))["workspace"]
    assert project["version"] == exportkit.__version__ == workspace["package"]["version"]


@pytest.mark.skipif(not os.environ.get("EXPORTKIT_REQUIRE_NATIVE"), reason="the native engine is not demanded")
def test_the_native_engine_is_there_when_it_is_demanded() -> None:
    from exportkit import _native  # noqa: PLC0415 - absent from a pure installation

    assert _native.BUILD_PROFILE == "release"
