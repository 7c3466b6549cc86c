"""``exportkit.compact`` and ``exportkit.revert``: one change of several."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import ChainError, ExportkitError, UsageError
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import to_micros
from exportkit.model.values import ChangeRecord
from exportkit.model.window import Window
from tests.algebra.tables import (
    BOTH,
    ION,
    JSON,
    KEY,
    NEW,
    WINDOWS,
    Exported,
    exported,
    instant,
    item,
    key,
    life,
)
from tests.commands import changes_in, left_behind, made
from tests.histories import START, WINDOW, Writing, compacted, typed
from tests.making import Made

FORMS = pytest.mark.parametrize("forms", [(JSON,), (ION,), (JSON, ION)], ids=["json", "ion", "mixed"])
OPERATIONS = pytest.mark.parametrize("operation", [exportkit.compact, exportkit.revert], ids=["compact", "revert"])
Operation = Callable[..., exportkit.ChangeReport]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("table"), life())


def net() -> dict[Any, tuple[Any, Any, int]]:
    """Returns by key what the model says the windows come to."""
    return compacted(KEY, *map(life().window, range(WINDOWS)))


# --- compact -----------------------------------------------------------------------------------------------


@FORMS
def test_compact_has_the_net_change_of_every_key(
    forms: tuple[OutputFormat, ...], tmp_path: Path, engine: Engine
) -> None:
    windows = exported(tmp_path / "in", life(), forms).windows
    report = exportkit.compact(reversed(windows), tmp_path / "out", engine=engine)
    folder = made(tmp_path / "out")
    assert typed(changes_in(folder, KEY)) == typed(net())
    assert (report.added, report.removed, report.changed, report.dropped) == (1, 1, 3, 1)
    summary = exportkit.open(folder).summary
    assert summary.window == Window(instant(0), instant(WINDOWS))
    assert (summary.output_format, summary.output_view) == (forms[0], ExportView.NEW_AND_OLD_IMAGES)
    assert [each["window"] for each in report.inputs] == [str(Window(instant(n), instant(n + 1))) for n in range(3)]
    assert exportkit.verify(folder, engine=engine).ok


def test_what_was_born_and_died_is_dropped(tmp_path: Path, engine: Engine) -> None:
    writing = Writing(tmp_path)
    stamps = [START + 1, START + WINDOW + 1]
    keys = {"pk": "a", "sk": Decimal(1)}
    births = [ChangeRecord(keys, stamps[0], item("a"), None)]
    deaths = [ChangeRecord(keys, stamps[1], None, item("a"))]
    windows = [
        writing.window(births, START, START + WINDOW),
        writing.window(deaths, START + WINDOW, START + 2 * WINDOW),
    ]
    report = exportkit.compact(windows, tmp_path / "both", engine=engine)
    assert (report.records, report.dropped) == (0, 1)
    # Nobody knows of a birth where there are no old images: then the item may have been there before.
    windows[0] = writing.window(births, START, START + WINDOW, view=NEW)
    report = exportkit.compact(windows, tmp_path / "mixed", engine=engine)
    assert (report.removed, report.dropped) == (1, 0)


@pytest.mark.parametrize("views", [(NEW,), (BOTH, NEW), (NEW, BOTH)], ids=["new", "both-new", "new-both"])
def test_one_view_without_old_images_takes_all_of_them(
    views: tuple[ExportView, ...], tmp_path: Path, engine: Engine
) -> None:
    windows = exported(tmp_path / "in", life(), views=views).windows
    exportkit.compact(windows, tmp_path / "out", engine=engine)
    folder = made(tmp_path / "out")
    assert exportkit.open(folder).summary.output_view is NEW
    assert exportkit.verify(folder, engine=engine).ok
    found = changes_in(folder, KEY)
    expected = {each: (typed(new), None) for each, (_, new, _) in net().items()}
    if views[0] is NEW:  # nobody knows that this one was born in the first window
        expected[key("flash")] = typed(None), None
    assert {each: (typed(new), old) for each, (old, new, _) in found.items()} == expected


def test_one_window_alone_is_written_anew(table: Exported, tmp_path: Path, engine: Engine) -> None:
    exportkit.compact([table.windows[1]], tmp_path / "out", output_format="ION", engine=engine)
    folder = made(tmp_path / "out")
    assert exportkit.open(folder).summary.output_format is ION
    assert typed(changes_in(folder, KEY)) == typed(changes_in(table.windows[1], KEY))


def test_the_same_key_twice_in_one_window_is_told(tmp_path: Path, engine: Engine) -> None:
    keys = {"pk": "a", "sk": Decimal(1)}
    changes = [ChangeRecord(keys, START + n, item("a", n=Decimal(n)), item("a")) for n in (5, 9, 7)]
    window = Writing(tmp_path, seed=1).window(changes, START, START + WINDOW)
    report = exportkit.compact([window], tmp_path / "out", engine=engine)
    assert (report.changed, report.repeated) == (1, 2)
    ((_, new, stamp),) = changes_in(made(tmp_path / "out"), KEY).values()
    assert (new["n"], stamp) == (Decimal(9), START + 9)


def test_clocks_that_differ_do_not_leave_the_window(tmp_path: Path, engine: Engine) -> None:
    early, late = ChangeRecord({"pk": "e"}, START - 5, {"pk": "e"}, None), START + WINDOW
    window = Writing(tmp_path).window(
        [early, ChangeRecord({"pk": "l"}, late, {"pk": "l"}, None)], START, START + WINDOW
    )
    exportkit.compact([window], tmp_path / "out", engine=engine)
    stamps = {change.write_timestamp for change in exportkit.open(made(tmp_path / "out")).changes()}
    assert stamps == {START, START + WINDOW - 1}


# --- revert ------------------------------------------------------------------------------------------------


@FORMS
def test_revert_is_the_net_change_turned_round(forms: tuple[OutputFormat, ...], tmp_path: Path, engine: Engine) -> None:
    windows = exported(tmp_path / "in", life(), forms).windows
    report = exportkit.revert(reversed(windows), tmp_path / "out", engine=engine)
    folder = made(tmp_path / "out")
    end = START + WINDOWS * WINDOW
    turned = {each: (new, old, end) for each, (old, new, _) in net().items()}
    assert typed(changes_in(folder, KEY)) == typed(turned)
    assert (report.added, report.removed, report.changed) == (1, 1, 3)
    summary = exportkit.open(folder).summary
    assert summary.window == Window(instant(WINDOWS), instant(WINDOWS) + timedelta(seconds=1))
    assert exportkit.verify(folder, engine=engine).ok


def test_revert_may_be_placed_later(table: Exported, tmp_path: Path, engine: Engine) -> None:
    later = instant(WINDOWS) + timedelta(minutes=7)
    exportkit.revert(table.windows, tmp_path / "out", at=later, engine=engine)
    again = exportkit.revert(table.windows, tmp_path / "out", at=later.isoformat(), engine=engine)
    assert again.already, "text names the same instant"
    folder = made(tmp_path / "out")
    assert exportkit.open(folder).summary.window == Window(later, later + timedelta(seconds=1))
    assert {change.write_timestamp for change in exportkit.open(folder).changes()} == {to_micros(later)}


@pytest.mark.parametrize(
    "at",
    [
        instant(WINDOWS) - timedelta(microseconds=1),
        instant(WINDOWS).replace(tzinfo=None),
        datetime.max.replace(tzinfo=UTC),
        "2026-01-15T10:20:00",
        "tomorrow",
        1_768_472_400,
    ],
)
def test_revert_may_not_be_placed_anywhere(at: Any, table: Exported, tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UsageError, match="at is "):
        exportkit.revert(table.windows, tmp_path / "out", at=at, engine=engine)
    assert not (tmp_path / "out").exists()


def test_revert_says_that_it_needs_old_images(tmp_path: Path, engine: Engine) -> None:
    windows = exported(tmp_path / "in", life(), views=(BOTH, NEW)).windows
    with pytest.raises(ChainError, match=r"export its window .* anew with NEW_AND_OLD_IMAGES") as caught:
        exportkit.revert(windows, tmp_path / "out", engine=engine)
    assert caught.value.uri == str(windows[1])
    assert caught.value.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_what_is_undone_twice_is_done(table: Exported, tmp_path: Path, engine: Engine) -> None:
    exportkit.revert(table.windows, tmp_path / "once", engine=engine)
    exportkit.revert([made(tmp_path / "once")], tmp_path / "twice", engine=engine)
    found = changes_in(made(tmp_path / "twice"), KEY)
    assert {each: typed(pair[:2]) for each, pair in found.items()} == {
        each: typed(pair[:2]) for each, pair in net().items()
    }


def test_what_others_cover_is_left_out_and_told(table: Exported, tmp_path: Path, engine: Engine) -> None:
    whole = Writing(tmp_path / "in").window(life().changes(START, START + 2 * WINDOW), START, START + 2 * WINDOW)
    report = exportkit.compact([*table.windows, whole], tmp_path / "out", engine=engine)
    assert [each["uri"] for each in report.inputs] == [str(whole), str(table.windows[2])]
    told = [warning for warning in report.warnings if warning.startswith("left-out: ")]
    assert [str(window) in warning for window, warning in zip(table.windows, told, strict=False)] == [True, True]
    assert len(told) == 2


# --- both --------------------------------------------------------------------------------------------------


@OPERATIONS
def test_the_bytes_do_not_depend_on_engine_jobs_memory_or_order(
    operation: Operation, table: Exported, tmp_path: Path, engines: tuple[Engine, Engine], spilling: list[int]
) -> None:
    found = []
    for number, (engine, jobs, memory, windows) in enumerate(
        [
            (engines[0], 1, 1 << 30, table.windows),
            (engines[1], 3, 1 << 30, table.windows[::-1]),
            (engines[1], 2, 1, table.windows),
        ]
    ):
        dest = tmp_path / f"out{number}"
        operation(windows, dest, jobs=jobs, memory=memory, engine=engine)
        found.append({name: (dest / name).read_bytes() for name in left_behind(dest)})
    assert found[0] == found[1] == found[2]
    assert len(spilling) > 1, "the little memory was too much"


@OPERATIONS
def test_the_same_again_does_nothing(operation: Operation, table: Exported, tmp_path: Path, engine: Engine) -> None:
    first = operation(table.windows, tmp_path, engine=engine)
    again = operation((*table.windows, table.windows[0]), tmp_path, engine=engine)
    assert (first.already, again.already) == (False, True)
    assert (again.added, again.removed, again.changed) == (first.added, first.removed, first.changed)


@OPERATIONS
def test_windows_have_to_tile(operation: Operation, table: Exported, tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(ChainError) as caught:
        operation([table.windows[0], table.windows[2]], tmp_path / "out", engine=engine)
    assert (caught.value.reason, caught.value.exit_code) == ("gap", 1)
    overlapping = Writing(tmp_path / "in").window([], START + WINDOW // 2, START + 2 * WINDOW)
    with pytest.raises(ChainError) as caught:
        operation([table.windows[0], overlapping], tmp_path / "out", engine=engine)
    assert caught.value.reason == "overlap"
    assert not (tmp_path / "out").exists()


@OPERATIONS
def test_states_are_no_changes(operation: Operation, table: Exported, tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(ChainError) as caught:
        operation([table.windows[0], table.states[1]], tmp_path / "out", engine=engine)
    assert caught.value.reason == "kind"
    assert not (tmp_path / "out").exists()


@OPERATIONS
@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("tableArn", "arn:aws:dynamodb:eu-central-1:111122223333:table/Other", "table"),
        ("tableId", "another", "table-recreated"),
        ("filterExpression", "n > 1", "filtered"),
    ],
)
def test_windows_of_other_tables_and_parts_are_refused(
    operation: Operation,
    table: Exported,
    member: str,
    value: str,
    reason: str,
    tmp_path: Path,
    engine: Engine,
) -> None:
    root = shutil.copytree(table.windows[1].parents[1], tmp_path / "in")
    other = root / "AWSDynamoDB" / table.windows[1].name
    Made(other.parent, other).rewrite_summary(**{member: value})
    with pytest.raises(ChainError) as caught:
        operation([table.windows[0], other], tmp_path / "out", engine=engine)
    assert caught.value.reason == reason
    assert not (tmp_path / "out").exists()
    if reason == "filtered":
        report = operation([table.windows[0], other], tmp_path / "out", allow_filtered=True, engine=engine)
        assert any(warning.startswith("filtered: ") for warning in report.warnings)


@OPERATIONS
@pytest.mark.parametrize("nothing", [(), "one/location"], ids=["none", "text"])
def test_increments_are_several_locations(
    operation: Operation, nothing: object, tmp_path: Path, engine: Engine
) -> None:
    with pytest.raises(UsageError):
        operation(nothing, tmp_path / "out", engine=engine)


@OPERATIONS
def test_a_fault_in_any_file_leaves_nothing(
    operation: Operation, table: Exported, tmp_path: Path, engine: Engine
) -> None:
    root = shutil.copytree(table.windows[0].parents[1], tmp_path / "in")
    windows = [root / "AWSDynamoDB" / window.name for window in table.windows]
    entries = (windows[2] / "manifest-files.json").read_bytes().splitlines()
    file = max((root / orjson.loads(entry)["dataFileS3Key"] for entry in entries), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(ExportkitError) as caught:
        operation(windows, tmp_path / "out", engine=engine)
    assert caught.value.exit_code == 3
    assert left_behind(tmp_path / "out") == []


@OPERATIONS
def test_another_result_in_its_place_is_not_overwritten(
    operation: Operation, table: Exported, tmp_path: Path, engine: Engine
) -> None:
    operation(table.windows, tmp_path, engine=engine)
    folder = made(tmp_path)
    (folder / "manifest-summary.json").write_bytes(
        (folder / "manifest-summary.json").read_bytes().replace(b'"fingerprint":"', b'"fingerprint":"0')
    )
    before = left_behind(tmp_path)
    with pytest.raises(UsageError, match="not overwritten"):
        operation(table.windows, tmp_path, engine=engine)
    assert left_behind(tmp_path) == before
