"""What the tests of the algebra share."""

from collections.abc import Sequence

import pytest

from exportkit.reading import spill


@pytest.fixture
def spilling(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets a spill hold as little as a thousand bytes; the bytes of each time it goes to disk."""
    spilled: list[int] = []
    spill_to_disk = spill.Spill._spill

    def spill_and_note(self: spill.Spill, full: list[Sequence[bytes]]) -> None:
        spilled.append(sum(len(run) for runs in full for run in runs))
        spill_to_disk(self, full)

    monkeypatch.setattr("exportkit.joining.budget._LEAST_ENTRIES", 1000)
    monkeypatch.setattr(spill.Spill, "_spill", spill_and_note)
    return spilled
