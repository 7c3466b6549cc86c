"""Compact, revert and diff: change records made of one key's records."""

from dataclasses import replace
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.joining import Operation, Source
from exportkit.model.values import ChangeRecord, Item
from tests.engine.joining.entries import (
    FORMATS,
    Joining,
    delete,
    item,
    pack,
    put,
    quick,
    unpack,
    without_old,
)
from tests.engine.joining.test_replay import counts

BOTH = (Source(), *(Source(judged=True) for _ in range(3)))


@pytest.fixture(params=FORMATS, ids=str)
def joining(engine: Engine, request: pytest.FixtureRequest) -> Joining:
    return Joining(engine, request.param)


def born(image: Item | None, at: int = 1) -> ChangeRecord:
    return put("a", image, at=at)


# Each: the changes of key a, source by source from 1; then their net change, None where it is dropped.
NET: list[tuple[str, list[ChangeRecord | None], ChangeRecord | None, str]] = [
    ("one put", [born({"v": "1"})], born({"v": "1"}), "inserted"),
    ("one update", [put("a", {"v": "2"}, old={"v": "1"})], put("a", {"v": "2"}, old={"v": "1"}), "replaced"),
    ("one delete", [delete("a", old={"v": "1"})], delete("a", old={"v": "1"}), "deleted"),
    ("nothing at all", [delete("a", at=7)], delete("a", at=7), "deleted"),
    ("put, update", [born({"v": "1"}), put("a", {"v": "2"}, old={"v": "1"}, at=5)], born({"v": "2"}, at=5), "inserted"),
    ("put, delete", [born({"v": "1"}), delete("a", old={"v": "1"}, at=5)], None, "dropped"),
    ("put, -, delete", [born({}), None, delete("a", old={}, at=5)], None, "dropped"),
    ("put, delete, put", [born({}), delete("a", old={}), born({"v": "3"}, at=9)], born({"v": "3"}, at=9), "inserted"),
    (
        "delete, put",
        [delete("a", old={"v": "1"}), born({"v": "2"}, at=5)],
        put("a", {"v": "2"}, {"v": "1"}, 5),
        "replaced",
    ),
    (
        "there and back",
        [put("a", {"v": "2"}, {"v": "1"}), put("a", {"v": "1"}, {"v": "2"}, 5)],
        put("a", {"v": "1"}, {"v": "1"}, 5),
        "replaced",
    ),
    ("update, delete", [put("a", {}, {"v": "1"}), delete("a", {}, 5)], delete("a", {"v": "1"}, 5), "deleted"),
    ("nothing, put", [delete("a"), born({"v": "1"}, at=3)], born({"v": "1"}, at=3), "inserted"),
]
IDS = [net[0] for net in NET]


def given(joining: Joining, changes: list[ChangeRecord | None]) -> Joining:
    for source, change in enumerate(changes, 1):
        if change is not None:
            joining.changes([change], source=source)
    return joining


@pytest.mark.parametrize(("_name", "changes", "net", "count"), NET, ids=IDS)
def test_the_net_change(
    joining: Joining, _name: str, changes: list[ChangeRecord | None], net: ChangeRecord | None, count: str
) -> None:
    joined = given(joining, changes).join(Operation.COMPACT, BOTH)
    assert joined.lines == joining.ordered([] if net is None else [net])
    assert joined.records == (net is not None)
    assert counts(joined) == {count: 1}


@pytest.mark.parametrize("timestamp", [0, 12345, 2**63 - 1])
@pytest.mark.parametrize(("_name", "changes", "net", "_count"), NET, ids=IDS)
def test_its_revert(
    joining: Joining,
    _name: str,
    changes: list[ChangeRecord | None],
    net: ChangeRecord | None,
    _count: str,
    timestamp: int,
) -> None:
    joined = given(joining, changes).join(Operation.REVERT, BOTH, timestamp=timestamp)
    if net is None:
        assert (joined.lines, counts(joined)) == (b"", {"dropped": 1})
        return
    undone = ChangeRecord(net.keys, timestamp, net.old_image, net.new_image)
    assert joined.lines == joining.ordered([undone])
    kinds = {(True, True): "replaced", (True, False): "inserted", (False, True): "deleted", (False, False): "deleted"}
    assert counts(joined) == {kinds[undone.new_image is not None, undone.old_image is not None]: 1}
    assert joining.join(Operation.REVERT, BOTH, timestamp=timestamp, old_images=False).lines == joining.ordered(
        [without_old(undone)]
    )


def test_keys_are_those_of_the_last_and_in_its_order(joining: Joining) -> None:
    first = ChangeRecord({"pk": "a", "sk": "b"}, 1, {"pk": "a", "sk": "b", "v": "1"}, None)
    last = ChangeRecord({"sk": "b", "pk": "a"}, 2, {"v": "2", "pk": "a", "sk": "b"}, {"sk": "b", "pk": "a", "v": "1"})
    joining.changes([first]).changes([last], source=2)
    assert joining.join(Operation.COMPACT).lines == joining.ordered([without_old(last)])


def test_lines_are_in_the_order_of_the_hashes_of_their_keys(joining: Joining) -> None:
    changes = [put(key, {"v": key}, old={}) for key in "abcdefghijkl"]
    joined = joining.changes(changes[:5]).changes(changes[5:], source=2).join(Operation.COMPACT)
    assert joined.lines == joining.ordered(changes)
    assert joined.records == 12


def test_a_timestamp_may_be_given(joining: Joining) -> None:
    joining.changes([born({}, at=5)])
    for window in (None, (0, 3)):
        joined = joining.join(Operation.COMPACT, timestamp=77, window=window)
        assert joined.lines == joining.ordered([born({}, at=77)])


@pytest.mark.parametrize(("written", "told"), [(0, 10), (9, 10), (10, 10), (15, 15), (19, 19), (20, 19), (99, 19)])
def test_the_last_timestamp_stays_inside_the_window(joining: Joining, written: int, told: int) -> None:
    joining.changes([born({}, at=written)])
    assert joining.join(Operation.COMPACT, window=(10, 20)).lines == joining.ordered([born({}, at=told)])


def test_what_was_before_is_not_known_in_a_view_of_new_images(joining: Joining) -> None:
    joining.changes([born({"v": "1"})]).changes([delete("a", at=5)], source=2)
    joined = joining.join(Operation.COMPACT, old_images=False)
    assert joined.lines == joining.ordered([delete("a", at=5)])
    assert counts(joined) == {"deleted": 1}


@pytest.mark.parametrize(
    ("first", "judged", "count"),
    [
        (put("a"), True, "inserted"),
        (put("a"), False, "replaced"),
        (put("a", old={}), True, "replaced"),
        (delete("a"), True, "replaced"),
        (delete("a", old={}), True, "replaced"),
    ],
)
def test_counts_without_old_images(joining: Joining, first: ChangeRecord, judged: bool, count: str) -> None:
    joining.changes([first]).changes([put("a", {"v": "2"}, old={}, at=2)], source=2)
    sources = (Source(), Source(judged=judged), Source(judged=True))
    joined = joining.join(Operation.COMPACT, sources, old_images=False)
    assert joined.lines == joining.ordered([put("a", {"v": "2"}, at=2)])
    assert counts(joined) == {count: 1}


def test_of_one_source_the_last_counts_at_both_ends(joining: Joining) -> None:
    joining.changes([put("a", {}, {"v": "late"}, at=4), put("a", {}, {"v": "early"}, at=3)])
    joining.changes([put("a", {"v": "late"}, at=9), delete("a", at=8)], source=2)
    joined = joining.join(Operation.COMPACT, BOTH)
    assert joined.lines == joining.ordered([put("a", {"v": "late"}, {"v": "late"}, at=9)])
    assert counts(joined) == {"replaced": 1, "repeated": 2}


@pytest.mark.parametrize("operation", [Operation.COMPACT, Operation.REVERT])
def test_a_ghost_at_the_end_is_a_deletion(joining: Joining, operation: Operation) -> None:
    sources = (Source(), Source(judged=True), Source(judged=True, ghosts_from=10))
    joining.changes([put("a", old={"v": "1"}), put("b")]).changes(
        [put("a", old={}, at=10), put("b", old={}, at=10)], source=2
    )
    joined = joining.join(operation, sources, timestamp=50)
    net = delete("a", old={"v": "1"}, at=50)
    if operation is Operation.REVERT:
        net = replace(net, new_image=net.old_image, old_image=None)
    assert joined.lines == joining.ordered([net])
    kind = "inserted" if operation is Operation.REVERT else "deleted"
    assert counts(joined) == {kind: 1, "dropped": 1, "ghosts": 2}


def test_a_ghost_in_the_middle_is_counted_alone(joining: Joining) -> None:
    joining.changes([put("a", at=10)]).changes([put("a", {"v": "2"}, at=30)], source=3)
    joined = joining.join(Operation.COMPACT, (Source(), Source(ghosts_from=10)))
    assert joined.lines == joining.ordered([put("a", {"v": "2"}, at=30)])
    assert counts(joined) == {"inserted": 1, "ghosts": 1}


# --- diff --------------------------------------------------------------------------------------------------

BEFORE = [item("same", n={"x", "y"}), item("changed", v="1"), item("removed", v=[])]
AFTER = [item("added", v=None), item("changed", v="2"), {"n": {"y", "x"}, "pk": "same"}]


@pytest.mark.parametrize("old_images", [True, False])
def test_the_change_from_one_state_to_another(joining: Joining, old_images: bool) -> None:
    joining.state(BEFORE, payload="image").state(AFTER, source=1, payload="image")
    joined = joining.join(Operation.DIFF, timestamp=5, old_images=old_images)
    expected = [
        put("added", {"v": None}, at=5),
        put("changed", {"v": "2"}, {"v": "1"}, at=5),
        delete("removed", {"v": []}, at=5),
    ]
    assert joined.lines == joining.ordered(expected if old_images else map(without_old, expected))
    assert joined.records == 3
    assert counts(joined) == {"inserted": 1, "replaced": 1, "deleted": 1, "dropped": 1}
    assert joined.keyed_twice is None


def test_a_diff_of_fingerprints_gives_the_entries_of_keys_that_differ(joining: Joining) -> None:
    joining.state(BEFORE, payload="none").state(AFTER, source=1, payload="none", file_index=3)
    joined = joining.join(Operation.DIFF, timestamp=5)
    engine = joining.engine
    before, after = (unpack(entries) for entries in joining.entries)
    chosen = sorted([after[0], after[1], before[2]], key=lambda told: told.hash)
    assert joined.lines == b"".join(map(pack, chosen))
    assert joined.records == 3
    assert counts(joined) == {"inserted": 1, "replaced": 1, "deleted": 1, "dropped": 1}
    key_filter = engine.key_filter(1024)
    key_filter.add(joined.lines)
    assert [quick(engine, {"pk": key}) in key_filter for key in ("added", "changed", "removed", "same")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("source", [0, 1])
@pytest.mark.parametrize("second", ["1", "2"])
def test_two_items_of_one_state_with_one_key(joining: Joining, source: int, second: str) -> None:
    joining.state([item("b"), item("a", v="1"), item("a", v=second)], source=source, payload="image", file_index=4)
    found = joining.join(Operation.DIFF, timestamp=5).keyed_twice
    assert found is not None
    assert (found.first[:3], found.second[:3]) == ((source, 4, 2), (source, 4, 3))
    assert found.first[3] < found.second[3]


def test_keys_of_a_diff_have_the_order_of_the_key(joining: Joining) -> None:
    items: list[Any] = [{"v": "1", "sk": "s", "pk": "p"}]
    joining.state(items, source=1, payload="image", key_names=("pk", "sk"))
    joined = joining.join(Operation.DIFF, timestamp=5)
    assert joined.lines == joining.ordered([ChangeRecord({"pk": "p", "sk": "s"}, 5, items[0], None)])
