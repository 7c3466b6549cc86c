"""Both engines, of those that join."""

import pytest

from exportkit.engine.protocols import Engine


@pytest.fixture(autouse=True)
def _joins(engine: Engine) -> None:
    if not hasattr(engine, "join"):
        pytest.skip("this build of the native engine does not join yet")
