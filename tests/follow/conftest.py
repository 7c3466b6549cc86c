"""A service in the place of the API, for whoever makes a Follower of his own."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exportkit.follow.place import Place
from exportkit.store import StoreOptions
from tests.follow.simulated import START, EndingClock, SimulatedService, life


@pytest.fixture
def clock() -> EndingClock:
    found = EndingClock(START)
    found.end = START + timedelta(days=99)
    return found


@pytest.fixture
def service(tmp_path: Path, clock: EndingClock, monkeypatch: pytest.MonkeyPatch) -> SimulatedService:
    """A service in the place of the API, and a folder in the place of the bucket."""
    found = SimulatedService(clock, tmp_path / "bucket", life(3))

    def place(root: Any, options: StoreOptions) -> Place:
        return Place(found.root if root == "s3://backups" else root, options)

    monkeypatch.setattr("exportkit.follow.following.Service", lambda *_, **__: found)
    monkeypatch.setattr("exportkit.follow.following.SystemClock", lambda: clock)
    monkeypatch.setattr("exportkit.follow.following.Place", place)
    return found
