import hashlib
import random
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.verify.duplicates import KeySpill

Place = tuple[int, int, int]


def entry(key: int, file: int, line: int) -> bytes:
    digest = hashlib.sha256(b"%d" % key).digest()[:16]
    return digest + (line * 100).to_bytes(8, "little") + (file << 40 | line).to_bytes(8, "little")


def model(entries: list[tuple[int, int, int]]) -> dict[Place, Place]:
    """Every place of a key but its earliest, with the earliest."""
    places: dict[int, list[Place]] = {}
    for key, file, line in entries:
        places.setdefault(key, []).append((file, line, line * 100))
    found = {}
    for each in places.values():
        first, *rest = sorted(each)
        found |= dict.fromkeys(rest, first)
    return found


@pytest.mark.parametrize("memory", [32 * 8, 32 * 100, 32 * 100_000], ids=["splits twice", "spills", "stays"])
@pytest.mark.parametrize("keys", [1, 3, 400, 10**9], ids=["one key", "few keys", "many keys", "no key twice"])
def test_finds_what_a_dictionary_finds(engine: Engine, tmp_path: Path, memory: int, keys: int) -> None:
    source = random.Random(7)
    entries = [(source.randrange(keys), file, line) for file in range(3) for line in range(1, 300)]
    source.shuffle(entries)
    with KeySpill(engine, tmp_path, memory) as spill:
        for start in range(0, len(entries), 50):
            spill.add(b"".join(entry(*each) for each in entries[start : start + 50]))
        found = spill.duplicates(limit=10_000)
        assert spill.entries == len(entries)
        limited = spill.duplicates(limit=5) if memory == 32 * 100_000 else found
    expected = model(entries)
    assert found.count == len(expected)
    assert dict(found.places) == expected
    assert limited.count == len(expected)
    assert list(tmp_path.iterdir()) == [], "the spilled keys are removed"


def test_the_limit_bounds_the_places_not_the_count(engine: Engine, tmp_path: Path) -> None:
    with KeySpill(engine, tmp_path, 32 * 64) as spill:
        spill.add(b"".join(entry(key, key, line) for line in range(1, 11) for key in range(100)))
        found = spill.duplicates(limit=7)
    assert found.count == 900
    assert len(found.places) == 7
