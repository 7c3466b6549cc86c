"""Which engine runs, and why: native where its extension is there, else reference."""

import json
import os
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from exportkit._version import __version__
from exportkit.engine.protocols import Engine
from exportkit.errors import EngineError, UsageError

__all__ = ["EngineInfo", "ReferenceEngineWarning", "engine_info", "select_engine"]

VARIABLE = "EXPORTKIT_ENGINE"
EXTENSION = "exportkit._native"
BUILD_INFO = Path(__file__).parents[1] / "_build_info.json"

WARN_AFTER_BYTES = 4 * 1024 * 1024
"""Decompressed bytes the reference engine reads unasked before it says that it is slow."""


class ReferenceEngineWarning(UserWarning):
    """The slow engine reads a large export although nobody asked for it."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine runs, and why.

    Attributes:
        name: ``native`` or ``reference``.
        why: Why this one, in one line.
        version: The engine's version; both have the package's.
        build_profile: How the extension was compiled, ``release`` or ``debug``; None for the reference engine.
        build_reason: Why the installed package is native or pure, as its build recorded it; None where it did not.
    """

    name: str
    why: str
    version: str
    build_profile: str | None
    build_reason: str | None


def select_engine() -> Engine:
    """Returns the engine that ``EXPORTKIT_ENGINE`` asks for: ``auto`` (also unset or empty), ``native``, ``reference``.

    Raises:
        UsageError: The variable has another value.
        EngineError: ``native`` is demanded and its extension is absent; or the extension is there, but it does
            not load or is of another version (whatever was asked for, unless it was ``reference``).
    """
    return _engine(os.environ.get(VARIABLE, "")).engine


def engine_info() -> EngineInfo:
    """Returns which engine :func:`select_engine` gives, and why; the same errors."""
    return _engine(os.environ.get(VARIABLE, "")).info


@dataclass(frozen=True, slots=True)
class _Selected:
    engine: Engine
    info: EngineInfo


@cache
def _engine(wish: str) -> _Selected:
    """Returns the engine for one value of the variable, the same one each time."""
    match wish.strip().lower():
        case "reference":
            return _reference(f"{VARIABLE}=reference asked for it", lambda _: None)
        case "native":
            if not _extension_is_there():
                raise EngineError(_absent(_build_reason()))
            return _native(f"{VARIABLE}=native asked for it")
        case "" | "auto":
            if _extension_is_there():
                return _native(f"the extension {EXTENSION} is installed")
            return _reference(f"the extension {EXTENSION} is not installed", _Meter().add)
    raise UsageError(f"{VARIABLE} is {wish!r}; it takes auto, native or reference")


def _extension_is_there() -> bool:
    """Returns whether the extension is installed; nothing but its absence counts as absence."""
    return find_spec(EXTENSION) is not None


def _reference(why: str, on_bytes: Callable[[int], None]) -> _Selected:
    from exportkit.engine.reference import ReferenceEngine  # noqa: PLC0415 - the native engine needs none of it

    engine = ReferenceEngine(on_bytes)
    info = EngineInfo(engine.name, why, __version__, None, _build_reason())
    return _Selected(engine, info)


def _native(why: str) -> _Selected:
    try:
        _native = import_module(EXTENSION)
        from exportkit.engine.native import NativeEngine  # noqa: PLC0415 - as above
    except ImportError as error:
        raise EngineError(
            f"the extension {EXTENSION} is installed but does not load: {error}. Install exportkit again, or set "
            f"{VARIABLE}=reference to do without it"
        ) from error
    if _native.__version__ != __version__:
        raise EngineError(
            f"the extension {EXTENSION} is of version {_native.__version__}, exportkit of {__version__}. "
            f"Install exportkit again, or set {VARIABLE}=reference to do without it"
        )
    engine = NativeEngine()
    info = EngineInfo(engine.name, why, _native.__version__, _native.BUILD_PROFILE, _build_reason())
    return _Selected(engine, info)


def _absent(reason: str | None) -> str:
    built = f" The package was built without it: {reason}." if reason else ""
    return (
        f"{VARIABLE}=native demands the extension {EXTENSION}, which is not installed.{built} "
        "Install exportkit where Rust is there (EXPORTKIT_NATIVE=1 tells what is missing)"
    )


def _build_reason() -> str | None:
    """Returns what the build backend recorded, None where it recorded nothing (a source tree, say)."""
    try:
        info: Mapping[str, str] = json.loads(BUILD_INFO.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return info["reason"]


class _Meter:
    """Counts bytes over all readers and threads, and warns once."""

    def __init__(self) -> None:
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Counts a chunk."""
        with self._lock:
            before, self._bytes = self._bytes, self._bytes + size
        if before <= WARN_AFTER_BYTES < self._bytes:
            warnings.warn(
                f"the reference engine is reading, many times slower than the native one, because the extension "
                f"{EXTENSION} is not installed; {VARIABLE}=reference asks for it and ends this warning",
                ReferenceEngineWarning,
                stacklevel=2,
            )
