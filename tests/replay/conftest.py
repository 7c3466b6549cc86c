"""A table's story as exports, for the tests of replay."""

from pathlib import Path

import pytest

from tests.replay.story import written


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base with two windows beside it, everything in DYNAMODB_JSON."""
    return written(tmp_path / "in")
