"""Replay of one key's records: what is written, what is counted, what is told of drift and ghosts."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import Drift, DriftKind, Joined, JoinOptions, KeyedTwice, Operation, Payload, Source
from exportkit.model.values import ChangeRecord
from tests.engine.joining.entries import FORMATS, Joining, apply, delete, index, item, pack, put, text, told_change
from tests.engine.running import ION, JSON

COUNTS = ("inserted", "replaced", "deleted", "absent", "untouched", "dropped", "repeated", "ghosts")
JUDGED = (Source(), Source(judged=True), Source(judged=True), Source(judged=True))


@pytest.fixture(params=FORMATS, ids=str)
def joining(engine: Engine, request: pytest.FixtureRequest) -> Joining:
    return Joining(engine, request.param)


def counts(joined: Joined) -> dict[str, int]:
    """Returns the counts that are not zero."""
    return {name: count for name in COUNTS if (count := getattr(joined, name))}


def drifts(joined: Joined) -> dict[str, int]:
    return {str(kind): count for kind, count in joined.drift.items() if count}


def test_every_fate_of_an_item(joining: Joining) -> None:
    joining.state([item("replaced", n=Decimal(1)), item("untouched", s={"x"}), item("deleted"), item("equal", v="=")])
    joining.changes([put("replaced", {"m": {}}), put("inserted", {"b": b"\xff"}), put("equal", {"v": "="})])
    joining.changes([delete("deleted"), delete("absent"), put("again", {"v": "1"})], source=2)
    joining.changes([put("again", {"v": "2"}), delete("gone")], source=3)
    joining.changes([put("gone")], source=2)
    joined = joining.join(Operation.REPLAY)
    expected = [
        item("replaced", m={}),
        item("untouched", s={"x"}),
        item("equal", v="="),
        item("inserted", b=b"\xff"),
        item("again", v="2"),
    ]
    assert joined.lines == joining.ordered(expected)
    assert joined.records == 5
    assert counts(joined) == {"inserted": 2, "replaced": 2, "deleted": 1, "absent": 2, "untouched": 1}
    assert list(joined.drift) == list(DriftKind), "every kind has an entry"
    assert (drifts(joined), joined.samples, joined.keyed_twice) == ({}, (), None)


def test_nothing_becomes_nothing(joining: Joining) -> None:
    joined = joining.join(Operation.REPLAY)
    assert (joined.lines, joined.records, counts(joined), drifts(joined)) == (b"", 0, {}, {})


def test_removed_attributes_are_gone_and_late_ones_are_there(joining: Joining) -> None:
    joining.state([item("a", old="x", kept="x")]).changes([put("a", {"kept": "x", "late": None})])
    assert joining.join(Operation.REPLAY).lines == joining.ordered([item("a", kept="x", late=None)])


SPELLED = {
    JSON: (
        b'{"Item":{"v":{"S":"a"},"pk":{"N":"1.00e2"}}}\n{"Item":{"pk":{"N":"0"}}}',
        (
            b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"pk":{"N":"100"}},'
            b'"OldImage":{"pk":{"N":"+100"},"v":{"S":"\\u0061"}},"NewImage":{"pk":{"N":"1E+2"},"v":{"S":"b"}}}\n'
            b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"pk":{"N":"-0.0"}},"OldImage":{"pk":{"N":"00"}}}'
        ),
    ),
    ION: (
        b"{Item:{v:'''a''',pk:100}}\n{Item:{pk:0e0}}",
        (
            b'{Record:{Metadata:{WriteTimestampMicros:1.},Keys:{pk:100.},OldImage:{pk:1e2,v:"\\x61"},'
            b'NewImage:{pk:1d2,v:"b"}}}\n'
            b"{Metadata:{WriteTimestampMicros:1},Keys:{pk:-0.},OldImage:{pk:0x0}}"
        ),
    ),
}


@pytest.mark.parametrize("changed", FORMATS, ids=str)
@pytest.mark.parametrize("based", FORMATS, ids=str)
def test_keys_and_images_are_one_by_value(joining: Joining, based: OutputFormat, changed: OutputFormat) -> None:
    """A number is spelled in the state as it was written then, in the changes otherwise; formats may be mixed."""
    engine, form = joining.engine, joining.form
    base, _ = SPELLED[based]
    _, changes = SPELLED[changed]
    joining.entries.append(apply(engine, base, format=based, form=form).entries)
    joining.entries.append(index(engine, changes, format=changed, form=form).given)
    joined = joining.join(Operation.REPLAY, JUDGED)
    assert joined.lines == joining.ordered([item(Decimal(100), v="b")])
    assert (counts(joined), drifts(joined)) == ({"replaced": 1, "deleted": 1}, {})


@pytest.mark.parametrize("payload", ["line", "none"])
def test_an_untouched_item_is_its_line(joining: Joining, payload: Payload) -> None:
    joining.state([item("a", v=[]), item("b")], payload=payload).changes([put("b", {"v": "new"})])
    joined = joining.join(Operation.REPLAY)
    kept = [item("a", v=[])] if payload == "line" else []
    assert joined.lines == joining.ordered([*kept, item("b", v="new")])
    assert joined.records == len(kept) + 1
    assert counts(joined) == {"replaced": 1, "untouched": 1}


def test_of_the_changes_of_one_source_the_last_counts(joining: Joining) -> None:
    joining.changes([put("a", {"v": "late"}, at=9), put("a", {"v": "early"}, at=8), delete("b", at=5)], file_index=1)
    joining.changes([delete("a", at=9), put("b", {"v": "file"}, at=5), put("b", {"v": "line"}, at=5)], file_index=0)
    joined = joining.join(Operation.REPLAY)
    assert joined.lines == joining.ordered([item("a", v="late")])
    assert counts(joined) == {"inserted": 1, "absent": 1, "repeated": 4}


def test_of_one_file_and_time_the_last_line_counts(joining: Joining) -> None:
    joining.changes([put("a", {"v": "1"}), put("a", {"v": "2"}), delete("a", at=0)])
    joined = joining.join(Operation.REPLAY)
    assert joined.lines == joining.ordered([item("a", v="2")])
    assert counts(joined) == {"inserted": 1, "repeated": 2}


# --- drift -------------------------------------------------------------------------------------------------


def test_no_drift_where_the_old_image_is_the_state_by_value(joining: Joining) -> None:
    joining.state([item("a", n=Decimal(1), s={"x", "y"}, m={"a": None, "b": True})])
    joining.changes([put("a", {"v": "1"}, old={"m": {"b": True, "a": None}, "s": {"y", "x"}, "n": Decimal("1.0")})])
    joining.changes([put("b", {"v": "1"}), delete("a", old={"v": "1"})], source=2)
    joining.changes([delete("b", old={"v": "1"}), delete("c")], source=3)
    joined = joining.join(Operation.REPLAY, JUDGED)
    assert (drifts(joined), joined.samples) == ({}, ())
    assert counts(joined) == {"deleted": 1, "absent": 2}


DRIFTED = {
    JSON: {
        b'{"Item":{"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["x","y"]}}}': True,
        b' {"Item": {"s":{"SS":["y","\\u0078"]},"n":{"N":"1.0e0"},"pk":{"S":"a"}}}\r': True,
        b'{"Item":{"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["x","z"]}}}': False,
        b'{"Item":{"pk":{"S":"a"},"n":{"S":"1"},"s":{"SS":["x","y"]}}}': False,
        b'{"Item":{"pk":{"S":"a"},"n":{"N":"1"},"s":{"L":[{"S":"x"},{"S":"y"}]}}}': False,
        b'{"Item":{"pk":{"S":"a"},"n":{"N":"1"}}}': False,
    },
    ION: {
        b'$ion_1_0 {Item:{pk:"a",n:1.,s:$dynamodb_SS::["x","y"]}}': True,
        b"{Item: {s:$dynamodb_SS::['''y''',\"\\x78\"],n:1,pk:\"a\"}} // \r": True,
        b'$ion_1_0 {Item:{pk:"a",n:1.,s:$dynamodb_SS::["x","z"]}}': False,
        b'$ion_1_0 {Item:{pk:"a",n:"1",s:$dynamodb_SS::["x","y"]}}': False,
        b'$ion_1_0 {Item:{pk:"a",n:1.,s:["x","y"]}}': False,
        b'$ion_1_0 {Item:{pk:"a",n:1.}}': False,
    },
}


@pytest.mark.parametrize("payload", ["line", "image", "none"])
@pytest.mark.parametrize("based", FORMATS, ids=str)
def test_an_old_image_is_the_item_by_value(joining: Joining, based: OutputFormat, payload: Payload) -> None:
    """Spelled as it is or in another way; one value that is another is told."""
    engine, form = joining.engine, joining.form
    old = {"n": Decimal(1), "s": {"x", "y"}}
    joining.changes([delete("a", old=old)])
    joining.changes([put("a", {"v": "1"})], source=2)
    joining.changes([put("a", old={"v": "1"})], source=3)
    for line, is_same in DRIFTED[based].items():
        base = apply(engine, line, format=based, form=form, payload=payload)
        assert base.fault is None
        joining.entries.append(base.entries)
        joined = joining.join(Operation.REPLAY, JUDGED)
        joining.entries.pop()
        assert drifts(joined) == ({} if is_same else {"different": 1}), line


@pytest.mark.parametrize("text", [b"", b"x", b"{}\n{}", b"{},{}"])
def test_a_text_that_has_to_be_read_and_is_none_is_refused(joining: Joining, text: bytes) -> None:
    change = told_change(joining.engine, delete("a", old={"v": "1"}), joining.form, line=1, offset=0)
    for kind in (0, 1):
        entry = replace(change, kind=kind, source=kind, images=1, new=text, old=b"")
        entries = pack(entry) + pack(replace(change, source=2))
        with pytest.raises(ValueError, match="no item"):
            joining.engine.join(entries, JoinOptions(operation=Operation.REPLAY, form=joining.form, sources=JUDGED))


@pytest.mark.parametrize("payload", ["line", "image", "none"])
def test_drift_of_each_kind_is_told_with_both_images(joining: Joining, payload: Payload) -> None:
    form = joining.form
    joining.state([item("unexpected", v="1"), item("different", v="1")], payload=payload)
    changes = [put("missing", {"v": "2"}, old={"v": "1"}), put("unexpected"), delete("different", old={"v": "2"})]
    joining.changes(changes, file_index=5)
    joined = joining.join(Operation.REPLAY, JUDGED)
    assert drifts(joined) == {"missing": 1, "unexpected": 1, "different": 1}
    assert counts(joined) == {"inserted": 1, "replaced": 1, "deleted": 1}, "drift changes nothing"

    samples = {sample.kind: sample for sample in joined.samples}
    assert [samples[kind].place[:3] for kind in DriftKind] == [(1, 5, 1), (1, 5, 2), (1, 5, 3)]
    assert samples[DriftKind.MISSING].place[3] == 0 < samples[DriftKind.UNEXPECTED].place[3]
    assert samples[DriftKind.MISSING].key == text({"pk": "missing"}, form)
    assert samples[DriftKind.MISSING].old_image == text(item("missing", v="1"), form)
    assert samples[DriftKind.MISSING].state is None
    assert samples[DriftKind.UNEXPECTED].old_image is None
    assert samples[DriftKind.DIFFERENT].old_image == text(item("different", v="2"), form)
    image = text(item("different", v="1"), form)
    frame = b"$ion_1_0 {Item:%b}" if form is OutputFormat.ION else b'{"Item":%b}'
    state = {"line": frame % image, "image": image, "none": b""}[payload]
    assert samples[DriftKind.DIFFERENT].state == state


def test_drift_is_judged_change_by_change(joining: Joining) -> None:
    joining.changes([put("a", {"v": "1"})])
    joining.changes([put("a", {"v": "3"}, old={"v": "2"})], source=2)
    joining.changes([delete("a", old={"v": "2"})], source=3)
    joined = joining.join(Operation.REPLAY, JUDGED)
    form = joining.form
    key, one, two, three = (text(part, form) for part in ({"pk": "a"}, *(item("a", v=v) for v in "123")))
    assert joined.samples == (
        Drift(DriftKind.DIFFERENT, (2, 0, 1, 0), key, two, one),
        Drift(DriftKind.DIFFERENT, (3, 0, 1, 0), key, two, three),
    )


def test_drift_is_not_judged_where_nothing_is_known(joining: Joining) -> None:
    joining.state([item("a")])
    joining.changes([put("a", {"v": "1"}, old={"v": "?"})])
    joining.changes([put("a", {"v": "2"})], source=2)
    joining.changes([put("a", {"v": "2"})], source=3)
    for sources, expected in (
        ((), {}),
        ((Source(judged=True),), {}),
        ((Source(), Source(), Source(judged=True)), {"unexpected": 1}),
        ((Source(), Source(judged=True)), {"different": 1}),
        (JUDGED, {"different": 1, "unexpected": 2}),
    ):
        assert drifts(joining.join(Operation.REPLAY, sources)) == expected


@pytest.mark.parametrize("samples", [0, 1, 3, 100])
def test_samples_are_the_first_and_no_more_than_asked_for(joining: Joining, samples: int) -> None:
    joining.changes([put(key, old={}) for key in "abcdefg"])
    everything = joining.join(Operation.REPLAY, JUDGED, samples=7).samples
    joined = joining.join(Operation.REPLAY, JUDGED, samples=samples)
    assert joined.drift[DriftKind.MISSING] == 7
    assert joined.samples == everything[:samples]
    lines = joined.lines.splitlines(keepends=True)
    assert [sample.key[1:-1] in line for sample, line in zip(everything, lines, strict=True)] == [True] * 7


# --- ghosts ------------------------------------------------------------------------------------------------

OVERLAP = (Source(), Source(ghosts_from=10))


@pytest.mark.parametrize(
    ("changes", "ghosts"),
    [
        ([(1, put("a", at=10))], 1),
        ([(1, put("a", at=11))], 1),
        ([(1, put("a", at=9))], 0),
        ([(1, delete("a", at=10))], 0),
        ([(1, put("a", at=9)), (2, put("a", at=1))], 0),
        ([(1, put("a", at=10)), (2, put("a", at=10))], 0),
        ([(1, put("a", at=10)), (2, delete("a", at=10))], 0),
        ([(1, put("a", at=10)), (3, put("a", at=20))], 1),
        ([(2, put("a", at=10))], 0),
    ],
)
def test_a_put_in_an_overlap_that_the_next_window_does_not_know(
    joining: Joining, changes: list[tuple[int, ChangeRecord]], ghosts: int
) -> None:
    for source, change in changes:
        joining.changes([change], source=source)
    joined = joining.join(Operation.REPLAY, OVERLAP)
    assert joined.ghosts == ghosts
    last_source, last = changes[-1]
    gone = last.new_image is None or (ghosts and last_source == 1)
    assert joined.lines == (b"" if gone else joining.ordered([item("a")]))


def test_a_ghost_of_an_item_is_a_deletion(joining: Joining) -> None:
    joining.state([item("a")]).changes([put("a", {"v": "1"}, at=10)])
    assert counts(joining.join(Operation.REPLAY, OVERLAP)) == {"deleted": 1, "ghosts": 1}


def test_after_a_ghost_there_is_nothing(joining: Joining) -> None:
    joining.changes([put("a", at=10)]).changes([put("a", old={})], source=3)
    joined = joining.join(Operation.REPLAY, (*OVERLAP, Source(), Source(judged=True)))
    assert (drifts(joined), counts(joined)) == ({"missing": 1}, {"inserted": 1, "ghosts": 1})


# --- two items of one key ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [put("a", {"v": "3"}), delete("a")])
def test_two_items_of_one_key_that_a_change_hits(joining: Joining, change: ChangeRecord) -> None:
    joining.state([item("x"), item("a", v="2")], file_index=1)
    joining.state([item("a", v="0")], file_index=2)
    joining.state([item("y"), item("a", v="1")]).changes([change])
    found = joining.join(Operation.REPLAY).keyed_twice
    assert found is not None
    assert (found.first[:3], found.second[:3]) == ((0, 0, 2), (0, 1, 2))
    assert found.first[3] == found.second[3] > 0


def test_the_first_such_pair_is_told(joining: Joining) -> None:
    keys = "abcdef"
    joining.state([item(key) for key in keys]).state([item(key) for key in keys], file_index=1)
    joining.changes([delete(key) for key in keys])
    places = [joining.ordered([item(key)]) for key in keys]
    order = joining.ordered([item(key) for key in keys])
    first = 1 + next(number for number, line in enumerate(places) if order.startswith(line))
    offset = sum(map(len, places[: first - 1]))
    expected = KeyedTwice((0, 0, first, offset), (0, 1, first, offset))
    assert joining.join(Operation.REPLAY).keyed_twice == expected


def test_two_items_of_one_key_that_no_change_hits(joining: Joining) -> None:
    joining.state([item("a", v="1"), item("b"), item("a", v="2")])
    joined = joining.join(Operation.REPLAY)
    assert joined.keyed_twice is None
    assert counts(joined) == {"untouched": 3}
    assert joined.lines == joining.ordered([item("a", v="1"), item("a", v="2"), item("b")]), "in the order of the file"


def test_types_of_what_comes_back(joining: Joining) -> None:
    joining.changes([put("a", old={})])
    joined: Any = joining.join(Operation.REPLAY, JUDGED)
    assert type(joined) is Joined
    assert type(joined.samples[0]) is Drift
    assert all(type(kind) is DriftKind for kind in joined.drift)
    assert type(joined.samples[0].kind) is DriftKind
    assert type(joined.samples[0].place) is tuple
