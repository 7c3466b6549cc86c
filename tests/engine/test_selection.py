"""Which engine is chosen, and that only the absence of our own extension makes it the reference engine."""

import importlib.machinery
import importlib.util
import json
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import exportkit
from exportkit.engine import ReferenceEngineWarning, engine_info, select_engine, selection
from exportkit.engine.reference import ReferenceEngine
from exportkit.errors import EngineError, UsageError
from exportkit.model.scan import ReadOptions, ScanOptions
from tests.engine.running import FULL, JSON

EXTENSION = "exportkit._native"


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """The choice is made once for each wish; here each test makes it anew."""
    selection._engine.cache_clear()
    yield
    selection._engine.cache_clear()


@pytest.fixture
def without_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(selection, "find_spec", lambda name: None if name == EXTENSION else found(name))


@pytest.fixture
def with_extension(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An extension that says it is one, and an adapter that binds it."""
    extension = types.ModuleType(EXTENSION)
    extension.__version__ = exportkit.__version__  # type: ignore[attr-defined]
    extension.BUILD_PROFILE = "release"  # type: ignore[attr-defined]
    adapter = types.ModuleType("exportkit.engine.native")
    adapter.NativeEngine = type("NativeEngine", (), {"name": "native"})  # type: ignore[attr-defined]
    monkeypatch.setattr(selection, "find_spec", lambda _: object())
    monkeypatch.setitem(sys.modules, EXTENSION, extension)
    monkeypatch.setattr(exportkit, "_native", extension, raising=False)
    monkeypatch.setitem(sys.modules, "exportkit.engine.native", adapter)
    return extension


def wish(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("EXPORTKIT_ENGINE", raising=False)
    else:
        monkeypatch.setenv("EXPORTKIT_ENGINE", value)


@pytest.mark.parametrize("value", [None, "", "auto", "AUTO"])
@pytest.mark.usefixtures("without_extension")
def test_auto_takes_reference_where_the_extension_is_absent(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    wish(monkeypatch, value)
    assert select_engine().name == "reference"
    info = engine_info()
    assert (info.name, info.version, info.build_profile) == ("reference", exportkit.__version__, None)
    assert EXTENSION in info.why
    assert "not installed" in info.why


@pytest.mark.parametrize("value", [None, "", "auto", "native"])
@pytest.mark.usefixtures("with_extension")
def test_auto_takes_native_where_the_extension_is(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    wish(monkeypatch, value)
    assert select_engine().name == "native"
    info = engine_info()
    assert (info.name, info.version, info.build_profile) == ("native", exportkit.__version__, "release")
    assert ("asked for it" in info.why) == (value == "native")


@pytest.mark.usefixtures("with_extension")
def test_reference_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    wish(monkeypatch, "reference")
    assert select_engine().name == "reference"
    assert "asked for it" in engine_info().why


@pytest.mark.usefixtures("without_extension")
def test_native_demanded_and_absent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wish(monkeypatch, "native")
    for ask in (select_engine, engine_info):
        with pytest.raises(EngineError, match="not installed"):
            ask()


@pytest.mark.parametrize("value", ["auto", "native"])
def test_an_extension_that_does_not_load_is_an_error(
    monkeypatch: pytest.MonkeyPatch, with_extension: types.ModuleType, value: str
) -> None:
    wish(monkeypatch, value)
    monkeypatch.delattr(exportkit, "_native")
    monkeypatch.setitem(sys.modules, EXTENSION, None)
    with pytest.raises(EngineError, match="does not load"):
        select_engine()


def test_an_extension_that_is_broken_on_disk_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Found by Python's own search, not by a double of it."""
    wish(monkeypatch, "auto")
    monkeypatch.delitem(sys.modules, EXTENSION, raising=False)
    monkeypatch.delattr(exportkit, "_native", raising=False)
    (tmp_path / f"_native{importlib.machinery.EXTENSION_SUFFIXES[0]}").write_bytes(b"no shared object")
    monkeypatch.setattr(exportkit, "__path__", [str(tmp_path), *exportkit.__path__])
    with pytest.raises(EngineError, match="does not load"):
        select_engine()


def test_an_extension_of_another_version_is_an_error(
    monkeypatch: pytest.MonkeyPatch, with_extension: types.ModuleType
) -> None:
    wish(monkeypatch, "auto")
    with_extension.__version__ = "0.0.1"
    with pytest.raises(EngineError, match=r"0\.0\.1"):
        select_engine()


def test_an_unknown_wish_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    wish(monkeypatch, "fast")
    with pytest.raises(UsageError, match="auto, native or reference"):
        select_engine()


@pytest.mark.usefixtures("without_extension")
def test_why_the_package_is_pure_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recorded = tmp_path / "_build_info.json"
    monkeypatch.setattr(selection, "BUILD_INFO", recorded)
    wish(monkeypatch, "reference")
    assert engine_info().build_reason is None, "a source tree that was never built"

    selection._engine.cache_clear()
    recorded.write_text(json.dumps({"native": False, "reason": "cargo was not found on PATH"}), encoding="utf-8")
    assert engine_info().build_reason == "cargo was not found on PATH"
    wish(monkeypatch, "native")
    with pytest.raises(EngineError, match="cargo was not found on PATH"):
        select_engine()


def read(size: int) -> None:
    """Reads so many bytes through several readers of the chosen engine."""
    engine = select_engine()
    line = b'{"Item":{"a":{"S":"' + b"x" * 1000 + b'"}}}\n'
    for start in range(0, size, 1 << 20):
        part = (line * ((1 << 20) // len(line)))[: size - start]
        engine.scanner(ScanOptions(format=JSON, export_type=FULL)).feed(part)


@pytest.mark.usefixtures("without_extension")
def test_the_slow_engine_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wish(monkeypatch, "auto")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        read(3 << 20)
        assert told == []
        read(9 << 20)
    assert [warning.category for warning in told] == [ReferenceEngineWarning]
    assert "EXPORTKIT_ENGINE=reference" in str(told[0].message)


@pytest.mark.usefixtures("without_extension")
def test_nobody_is_warned_who_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wish(monkeypatch, "reference")
    read(9 << 20)  # warnings are errors here


def test_every_chunk_is_counted() -> None:
    seen: list[int] = []
    engine = ReferenceEngine(seen.append)
    reader = engine.items(ReadOptions(format=JSON, export_type=FULL))
    reader.feed(b"\n")
    reader.feed(b"{")
    assert seen == [1, 1]
