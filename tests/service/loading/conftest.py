"""A table in the place of the API, and a folder in the place of the temporary one."""

from pathlib import Path
from typing import Any

import pytest

from exportkit.service import LoadReport, load
from exportkit.store import aws
from tests.service.loading.loads import DESCRIBED, DONE, EMPTY, Answer, Load
from tests.service.simulated import FakeClock, Wire


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The system's temporary folder, in which loads keep what they have done."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def wire(aws_environment: pytest.MonkeyPatch) -> Wire:
    found = Wire()
    aws_environment.setattr("exportkit.service.tables.make_client", found.under(aws.make_client))
    aws_environment.setenv("AWS_MAX_ATTEMPTS", "1")
    return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def loading(wire: Wire, clock: FakeClock) -> Load:
    """Loads by one writer into a table that is empty; the answers are those of BatchWriteItem."""

    def loading(*locations: Path, answers: list[Answer] | None = None, **named: Any) -> LoadReport:
        wire.sent.clear()
        wire.answers = [DESCRIBED, EMPTY, *(answers or [DONE])]
        return load(locations, "Restored", jobs=1, clock=clock, **named)

    return loading
