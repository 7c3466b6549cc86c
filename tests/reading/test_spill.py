"""Entries by their keys' hashes: nothing lost, keys together, hash order, bounded leaves; over disk and memory."""

import hashlib
import random
import resource
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exportkit.errors import StoreError
from exportkit.model.scan import Buffer
from exportkit.reading.spill import Spill, _Level


def entry(key: int, text: bytes) -> bytes:
    """An entry of any length: two bytes of it, a hash of the key, a text."""
    return (18 + len(text)).to_bytes(2, "little") + hashlib.sha256(b"%d" % key).digest()[:16] + text


def entries_of(data: Buffer) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        size = int.from_bytes(data[start : start + 2], "little")
        yield bytes(data[start : start + size])
        start += size


def partition(entries: Buffer, byte: int) -> Sequence[bytes]:
    runs: list[list[bytes]] = [[] for _ in range(256)]
    for each in entries_of(entries):
        runs[each[2 + byte]].append(each)
    return [b"".join(run) for run in runs]


def leaves_of(spill: Spill, first: int = 0, last: int = 256) -> list[bytes]:
    return [leaf.read() for leaf in spill.parts(first, last)]


def filled(spill: Spill, keys: int, count: int, batch: int = 20) -> list[bytes]:
    source = random.Random(5)
    entries = [entry(source.randrange(keys), b"x" * source.randrange(40)) for _ in range(count)]
    for start in range(0, count, batch):
        spill.add(b"".join(entries[start : start + batch]))
    return entries


@pytest.mark.parametrize("memory", [200, 4000, 1 << 20], ids=["splits again", "spills", "stays"])
@pytest.mark.parametrize("keys", [1, 3, 10**9], ids=["one key", "few keys", "many keys"])
def test_every_entry_comes_back_once_in_the_order_of_hashes(tmp_path: Path, memory: int, keys: int) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=memory, what="keys") as spill:
        entries = filled(spill, keys, 600)
        leaves = leaves_of(spill)
        assert spill.size == sum(map(len, entries))
    found = [each for leaf in leaves for each in entries_of(leaf)]
    assert sorted(found) == sorted(entries)
    seen: set[bytes] = set()
    bounds: list[tuple[bytes, bytes]] = []
    for leaf in leaves:
        hashes = {each[2:18] for each in entries_of(leaf)}
        assert not hashes & seen, "all entries of a key are in one leaf"
        seen |= hashes
        bounds.append((min(hashes), max(hashes)))
        assert len(leaf) <= memory or len(hashes) == 1, "a leaf fits, or is of one key"
    assert bounds == sorted(bounds), "leaves come in the order of hashes"


@pytest.mark.parametrize("memory", [4000, 1 << 20], ids=["spills", "stays"])
def test_what_was_spilled_comes_back_in_leaves_of_their_own_size(tmp_path: Path, memory: int) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=memory, leaf_memory=100, what="keys") as spill:
        entries = filled(spill, 10**9, 3000)
        leaves = leaves_of(spill)
    assert sorted(each for leaf in leaves for each in entries_of(leaf)) == sorted(entries)
    if memory < spill.size:
        assert max(map(len, leaves)) <= 100
    else:
        assert max(map(len, leaves)) > 100, "what is in memory anyway is not split again"


def test_leaves_of_ranges_are_those_of_the_whole(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=3000, what="keys") as spill:
        filled(spill, 10**9, 3000)
        ranges = [(start, start + 16) for start in range(0, 256, 16)]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda each: leaves_of(spill, *each), ranges))
        assert [leaf for leaves in found for leaf in leaves] == leaves_of(spill)


def test_a_leaf_of_one_key_can_be_read_in_pieces(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=500, what="keys") as spill:
        entries = filled(spill, 1, 2000)
        (leaf,) = (each for each in spill.parts() if (sizes := [len(piece) for piece in each.pieces()]))
        assert leaf.size == spill.size
        assert max(sizes) <= 2 * 500 + 20 * 60
        assert sum(sizes) == sum(map(len, entries))


def test_threads_add_side_by_side(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=2000, what="keys") as spill:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: spill.add(b"".join(entry(n * 100 + m, b"") for m in range(100))), range(100)))
        found = [each for leaf in leaves_of(spill) for each in entries_of(leaf)]
    assert len(set(found)) == len(found) == 10_000


def test_memory_holds_no_more_than_one_filling_while_another_is_spilled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adder waits where both the spilled and the collected entries fill the memory."""
    go_on, entered, added = threading.Event(), threading.Event(), []
    write = _Level.add_split

    def slow(level: _Level, pieces: Sequence[Sequence[bytes]]) -> None:
        entered.set()
        assert go_on.wait(20)
        write(level, pieces)

    monkeypatch.setattr(_Level, "add_split", slow)
    with Spill(partition, temp_dir=tmp_path, memory=100, what="keys") as spill:
        first = threading.Thread(target=lambda: spill.add(entry(1, b"x" * 100)))
        first.start()
        assert entered.wait(20)
        spill.add(entry(2, b"x" * 50))
        second = threading.Thread(target=lambda: (spill.add(entry(3, b"x" * 50)), added.append(3)))
        second.start()
        second.join(0.2)
        assert second.is_alive()
        assert not added
        go_on.set()
        first.join(20)
        second.join(20)
        assert len([each for leaf in leaves_of(spill) for each in entries_of(leaf)]) == 3


def test_nothing_added_no_leaves(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=100, what="keys") as spill:
        spill.add(b"")
        assert leaves_of(spill) == []


def test_adding_after_the_first_leaf_is_an_error(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=100, what="keys") as spill:
        spill.add(entry(1, b""))
        leaves_of(spill)
        with pytest.raises(ValueError, match="once leaves have been taken"):
            spill.add(entry(2, b""))


def test_a_disk_that_is_full_is_named(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)  # as good as a full disk: a write fails with EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with (
            pytest.raises(StoreError, match=r": changes cannot be spilled there \(File too large\).*--temp-dir"),
            Spill(partition, temp_dir=tmp_path, memory=150_000, what="changes") as spill,
        ):
            filled(spill, 256, 8000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with (
        Spill(partition, temp_dir=missing, memory=10, what="changes") as spill,
        pytest.raises(StoreError, match=r"missing: changes cannot be spilled there .*--temp-dir"),
    ):
        spill.add(entry(1, b""))


def test_the_folder_is_empty_even_while_entries_lie_there(tmp_path: Path) -> None:
    with Spill(partition, temp_dir=tmp_path, memory=100, what="keys") as spill:
        filled(spill, 100, 100)
        assert list(tmp_path.iterdir()) == [], "whoever is killed leaves nothing behind"
