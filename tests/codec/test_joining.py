"""What only the reference engine can be brought to: an entry as long as no machine of a test can hold."""

import pytest

from exportkit.codec import dumps_item
from exportkit.codec.joining import entries
from exportkit.engine.reference import ReferenceEngine
from tests.engine.joining.entries import apply, item, unpack
from tests.engine.running import JSON


def test_a_record_whose_entry_is_too_long_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [dumps_item(item("a", v="x" * size), JSON.form) + b"\n" for size in (1, 2)]
    whole = apply(ReferenceEngine(), b"".join(lines)).entries
    longest = len(whole) // 2
    monkeypatch.setattr(entries, "MAX_SIZE", longest)
    found = apply(ReferenceEngine(), b"".join(lines))
    assert [told.line for told in unpack(found.entries)] == [1]
    assert found.fault == ("too-long", 2, len(lines[0]), "")
