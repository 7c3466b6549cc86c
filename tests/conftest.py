"""What every test may ask for: the engines, and AWS's real exports."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from exportkit.engine.protocols import Engine
from exportkit.engine.reference import ReferenceEngine

pytest_plugins = ["tests.servers.plugin"]

# The profile is quick unless HYPOTHESIS_PROFILE=thorough; tests/properties/test_thorough.py runs the other.
settings.register_profile(
    "quick", max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

REAL_EXPORTS = "EXPORTKIT_REAL_EXPORTS"
REQUIRE_NATIVE = "EXPORTKIT_REQUIRE_NATIVE"


def native_engine() -> Engine:
    """Returns the native engine; skips where it is not installed, fails there if it is demanded."""
    if find_spec("exportkit._native") is None:
        if os.environ.get(REQUIRE_NATIVE) == "1":
            pytest.fail(f"{REQUIRE_NATIVE}=1 demands exportkit._native, which is not installed")
        pytest.skip("exportkit._native is not installed")
    from exportkit.engine.native import NativeEngine  # noqa: PLC0415 - it may be absent

    return NativeEngine()


@pytest.fixture(scope="session", params=["reference", "native"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ReferenceEngine() if request.param == "reference" else native_engine()


@pytest.fixture(scope="session")
def engines() -> tuple[Engine, Engine]:
    """Both engines, to be compared."""
    return ReferenceEngine(), native_engine()


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The folder of exports that AWS wrote."""
    named = os.environ.get(REAL_EXPORTS)
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "real"
    if not folder.is_dir():
        pytest.skip(f"no real exports at {folder}; {REAL_EXPORTS} names their folder")
    return folder
