"""The laws of the algebra of exports, through the command line, against a model of dictionaries; on both engines."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.joining.budget import Budget
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import format_time, from_micros
from tests.commands import changes_in, did, left_behind, made, run, state_in
from tests.histories import START, WINDOW, Writing, compacted, key_of, typed
from tests.properties.tables import FEW, Table, tables, two_states

BOTH = (ExportView.NEW_AND_OLD_IMAGES,)
FORMS = st.sampled_from((None, *OutputFormat))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one example: fixtures live for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def to_form(form: OutputFormat | None) -> list[str]:
    return [] if form is None else ["--format", form]


@given(table=tables(windows=4), form=FORMS, named=st.booleans(), data=st.data())
@FEW
def test_replay_is_what_the_model_says(
    engine: Engine, table: Table, form: OutputFormat | None, named: bool, data: st.DataObject
) -> None:
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        given_windows = data.draw(st.permutations(windows)) if named else []
        until = data.draw(st.integers(1, len(windows)))
        limit = [] if until == len(windows) else ["--until", format_time(from_micros(START + until * WINDOW))]
        did("replay", base, *given_windows, "-o", folder / "out", *to_form(form), *limit, engine=engine.name)
        result = made(folder / "out")
        expected = table.history.state(START + until * WINDOW)
        assert typed(state_in(result, table.key_names)) == typed(expected)
        did("verify", result, "--key", table.key, "--expect-item-count", len(expected), engine=engine.name)
        event(f"items: {len(expected)}")


@given(table=tables(), form=FORMS)
@FEW
def test_the_bytes_are_the_same_at_any_jobs_and_memory(table: Table, form: OutputFormat | None) -> None:
    """And on both engines."""
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        found = []
        for number, (name, jobs, spilling) in enumerate(
            (("native", 1, False), ("native", 3, False), ("native", 2, True), ("reference", 2, False))
        ):
            dest = folder / f"out{number}"
            small = Budget(filter_bytes=1 << 20, entry_bytes=300, leaf_bytes=200)
            budget = small if spilling else Budget.of(1 << 30, jobs)
            with mock.patch.object(Budget, "of", return_value=budget):
                did("replay", base, *windows, "-o", dest, "--jobs", jobs, *to_form(form), engine=name)
            found.append({name: (dest / name).read_bytes() for name in left_behind(dest)})
        assert found[1] == found[0]
        assert found[2] == found[0]
        assert found[3] == found[0]


@given(table=tables())
@FEW
def test_the_library_gives_items_and_batches(engine: Engine, table: Table) -> None:
    with scratch() as folder, mock.patch.dict(os.environ, {"EXPORTKIT_ENGINE": engine.name}):
        base, windows = table.write(folder / "in")
        with exportkit.replay(base, windows, temp_dir=folder) as rebuilt:
            items = list(rebuilt.items())
            batches = sum(batch.num_rows for batch in rebuilt.scan())
        expected = table.history.state(table.end)
        assert typed({key_of(item, table.key_names): item for item in items}) == typed(expected)
        assert len(items) == batches == len(expected)


@given(
    table=tables(),
    spans=st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 3)), min_size=1, max_size=4),
    named=st.booleans(),
)
@FEW
def test_windows_that_overlap_stale_ones_and_copies_are_left_out(
    engine: Engine, table: Table, spans: list[tuple[int, int]], named: bool
) -> None:
    """Whichever tiling is taken, it leads to the same state."""
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        for number, (first, count) in enumerate(spans):
            start, end = START + first * WINDOW, min(START + (first + count) * WINDOW, table.end)
            if start < end:
                writing = Writing(folder / "in", table.seed + 1 + number)
                windows.append(writing.window(table.history.changes(start, end), start, end, table.forms[0]))
        given_windows = windows if named else []
        done = did("replay", base, *given_windows, "-o", folder / "out", "--strict", "--json", engine=engine.name)
        expected = typed(table.history.state(table.end))
        assert typed(state_in(made(folder / "out"), table.key_names)) == expected
        event(f"exports: {len(windows)}, warnings: {len(done.told['warnings'])}")


@given(table=tables(windows=2, least=2), cut=st.integers(1, WINDOW), again=st.integers(1, WINDOW))
@FEW
def test_windows_that_overlap_leave_no_ghosts(engine: Engine, table: Table, cut: int, again: int) -> None:
    """What is born in the overlap and dies after it nets to nothing in the later window: that is told from the two."""
    with scratch() as folder:
        writing = Writing(folder / "in", table.seed)
        base = writing.full(table.history.state(START), START, table.forms[0])
        end = START + WINDOW // 2 + cut
        windows = [
            writing.window(table.history.changes(start, end), start, end, form, view)
            for (start, end), form, view in zip(
                ((START, end), (max(START + 1, end - again), table.end)), table.forms[1:], table.views, strict=True
            )
        ]
        did("replay", base, *windows, "-o", folder / "out", "--allow-overlap", engine=engine.name)
        expected = typed(table.history.state(table.end))
        assert typed(state_in(made(folder / "out"), table.key_names)) == expected


@given(table=tables(windows=2))
@FEW
def test_a_change_applied_twice_changes_nothing(engine: Engine, table: Table) -> None:
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        did("replay", base, *windows, "-o", folder / "once", engine=engine.name)
        did("replay", base, *windows, *windows, "-o", folder / "named twice", engine=engine.name)
        assert made(folder / "named twice").name == made(folder / "once").name
        # Replayed again onto its own result, what is covered already is left out.
        did("replay", made(folder / "once"), *windows, "-o", folder / "again", engine=engine.name)
        expected = typed(table.history.state(table.end))
        for name in ("named twice", "again"):
            assert typed(state_in(made(folder / name), table.key_names)) == expected


@given(pair=two_states(), form=FORMS, later=st.sampled_from((-1, 0, 4)))
@FEW
def test_the_difference_leads_from_one_to_the_other(
    engine: Engine, pair: tuple[Table, Table], form: OutputFormat | None, later: int
) -> None:
    first, second = pair
    before, after = (table.history.state(START) for table in pair)
    with scratch() as folder:
        paths = [
            Writing(folder / name, table.seed).full(state, START + shift * WINDOW, table.forms[0])
            for name, table, state, shift in (("a", first, before, 0), ("b", second, after, later))
        ]
        how = ["--key", first.key, *to_form(form)]
        did("diff", *paths, "-o", folder / "diff", *how, engine=engine.name)
        change = made(folder / "diff")
        did("verify", change, engine=engine.name)
        expected = {
            key: typed((before.get(key), after.get(key)))
            for key in before.keys() | after.keys()
            if typed(before.get(key)) != typed(after.get(key))
        }
        found = changes_in(change, first.key_names)
        assert {key: typed((old, new)) for key, (old, new, _) in found.items()} == expected
        did("replay", paths[0], change, "-o", folder / "out", "--strict", engine=engine.name)
        result = made(folder / "out")
        assert typed(state_in(result, first.key_names)) == typed(after)
        did("signature", result, paths[1], engine=engine.name)
        event(f"changes: {len(expected)}")


@given(table=tables(least=2), form=FORMS)
@FEW
def test_compacted_changes_do_what_they_did(engine: Engine, table: Table, form: OutputFormat | None) -> None:
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        did("compact", *windows, "-o", folder / "compact", *to_form(form), engine=engine.name)
        change = made(folder / "compact")
        did("verify", change, engine=engine.name)
        if set(table.views) == set(BOTH):
            net = compacted(table.key_names, *map(table.history.window, range(len(windows))))
            assert typed(changes_in(change, table.key_names)) == typed(net)
        did("replay", base, change, "-o", folder / "out", engine=engine.name)
        expected = table.history.state(table.end)
        result = made(folder / "out")
        assert typed(state_in(result, table.key_names)) == typed(expected)
        event(f"views: {len(set(table.views))}")


@given(table=tables(views=BOTH), form=FORMS)
@FEW
def test_what_is_reverted_is_as_it_was(engine: Engine, table: Table, form: OutputFormat | None) -> None:
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        did("revert", *windows, "-o", folder / "revert", *to_form(form), engine=engine.name)
        undone = made(folder / "revert")
        did("verify", undone, engine=engine.name)
        net = compacted(table.key_names, *map(table.history.window, range(len(windows))))
        found = changes_in(undone, table.key_names)
        assert {key: typed(images[:2]) for key, images in found.items()} == {
            key: typed((new, old)) for key, (old, new, _) in net.items()
        }
        did("replay", base, *windows, undone, "-o", folder / "out", "--strict", engine=engine.name)
        before = table.history.state(START)
        assert typed(state_in(made(folder / "out"), table.key_names)) == typed(before)
        did("signature", made(folder / "out"), base, engine=engine.name)


@given(table=tables(windows=2))
@FEW
def test_straight_to_parquet_is_by_way_of_an_export(engine: Engine, table: Table) -> None:
    with scratch() as folder:
        base, windows = table.write(folder / "in")
        did("replay", base, *windows, "-o", folder / "straight", "--to", "parquet", engine=engine.name)
        did("replay", base, *windows, "-o", folder / "export", engine=engine.name)
        did("convert", made(folder / "export"), "-o", folder / "converted", engine=engine.name)
        straight, converted = (pq.read_table(folder / name / "data") for name in ("straight", "converted"))
        assert straight.schema.equals(converted.schema, check_metadata=False)
        assert sorted(map(repr, straight.to_pylist())) == sorted(map(repr, converted.to_pylist()))
        assert straight.num_rows == len(table.history.state(table.end))


@given(pair=two_states(), seed=st.integers(0, 1000))
@FEW
def test_equal_states_have_equal_signatures_and_others_have_not(
    engine: Engine, pair: tuple[Table, Table], seed: int
) -> None:
    states = [table.history.state(START) for table in pair]
    with scratch() as folder:
        first, other = (
            Writing(folder / f"{number}", table.seed).full(state, START, OutputFormat.DYNAMODB_JSON)
            for number, (table, state) in enumerate(zip(pair, states, strict=True))
        )
        same = Writing(folder / "same", seed).full(states[0], START + WINDOW, OutputFormat.ION)
        did("signature", first, same, engine=engine.name)
        equal = typed(states[0]) == typed(states[1])
        assert run("signature", first, same, other, engine=engine.name).code == (0 if equal else 1)


def test_one_value_changed_anywhere_changes_the_signature(engine: Engine, tmp_path: Path) -> None:
    item: dict[str, Any] = {"pk": "a", "m": {"l": [Decimal(1), {"x"}]}}
    others: list[dict[str, Any]] = [
        {"pk": "a", "m": {"l": [Decimal(1), {"y"}]}},
        {"pk": "a", "m": {"l": [Decimal(1), ["x"]]}},
        {"pk": "a"},
    ]
    folders = [
        Writing(tmp_path / f"{number}", plain=True).full({("a",): each}) for number, each in enumerate([item, *others])
    ]
    for other in folders[1:]:
        assert run("signature", folders[0], other, engine=engine.name).code == 1
    whole = run("signature", folders[0], engine=engine.name)
    assert whole.code == 0


@pytest.mark.parametrize("form", OutputFormat)
def test_the_same_items_twice_are_no_equal_state(form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
    """A sum, not a XOR: pairs of equal items do not cancel out."""
    twice = [{("a",): {"pk": "a"}, ("b",): {"pk": "a"}}, {}]
    folders = [Writing(tmp_path / str(number)).full(state, START, form) for number, state in enumerate(twice)]
    assert run("signature", *folders, engine=engine.name).code == 1
