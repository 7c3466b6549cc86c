"""What the tests of the algebra share."""

import pytest

from exportkit.reading import spill


@pytest.fixture
def spilling(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets a spill hold as little as two thousand bytes; the bytes of each time it goes to disk."""
    spilled: list[int] = []
    spill_to_disk = spill.Spill._spill

    def spill_and_note(self: spill.Spill, full: list[bytes]) -> None:
        spilled.append(sum(map(len, full)))
        spill_to_disk(self, full)

    monkeypatch.setattr("exportkit.joining.budget._LEAST_ENTRIES", 2000)
    monkeypatch.setattr(spill.Spill, "_spill", spill_and_note)
    return spilled
