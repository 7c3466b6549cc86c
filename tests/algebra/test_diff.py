"""``exportkit.diff``: what leads from one state to another."""

import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import exportkit
from exportkit.algebra import AttributeChange
from exportkit.engine.protocols import Engine
from exportkit.errors import ChainError, DuplicateKeyError, ExportkitError, MalformedRecordError, StoreError, UsageError
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import to_micros
from exportkit.model.window import Window
from tests.algebra.tables import ION, JSON, KEY, Exported, exported, instant, item, key, life
from tests.commands import changes_in, left_behind, made
from tests.histories import START, State, Writing, typed
from tests.making import Made

FORMS = pytest.mark.parametrize(
    "forms", [(JSON,), (ION,), (JSON, ION), (ION, JSON)], ids=["json", "ion", "json-ion", "ion-json"]
)


def differences(before: State, after: State) -> dict[object, object]:
    """Returns by key the images before and after of what is not the same."""
    pairs = {each: (before.get(each), after.get(each)) for each in before.keys() | after.keys()}
    return {each: typed(pair) for each, pair in pairs.items() if typed(pair[0]) != typed(pair[1])}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("table"), life())


@FORMS
def test_the_change_holds_what_differs_with_both_images(
    forms: tuple[OutputFormat, ...], tmp_path: Path, engine: Engine
) -> None:
    history = life()
    states = exported(tmp_path / "in", history, forms).states
    report = exportkit.diff(states[0], states[3], tmp_path / "out", key=KEY, engine=engine)
    before, after = (history.state(to_micros(instant(n))) for n in (0, 3))
    expected = differences(before, after)
    folder = made(tmp_path / "out")
    found = changes_in(folder, KEY)
    assert {each: typed((old, new)) for each, (old, new, _) in found.items()} == expected
    assert (report.added, report.removed, report.changed) == (1, 1, 2)
    assert (report.dropped, report.repeated, report.records) == (len(before) - 3, 0, 4)
    summary = exportkit.open(folder).summary
    assert summary.window == Window(instant(0), instant(3))
    assert (summary.output_format, summary.output_view) == (forms[0], ExportView.NEW_AND_OLD_IMAGES)
    assert summary.table_arn == exportkit.open(states[0]).summary.table_arn
    assert exportkit.verify(folder, engine=engine).ok


def test_a_difference_is_one_of_values_alone(tmp_path: Path, engine: Engine) -> None:
    """The two hands spell numbers and order attributes, sets, files and lines each in its own way."""
    state = {key("a", n): item("a", n, n=Decimal("1.50"), s={"x", "y"}, m={"b": None}) for n in range(30)}
    states = [Writing(tmp_path / str(n), seed=n).full(state, START + n, form) for n, form in enumerate((JSON, ION))]
    report = exportkit.diff(*states, tmp_path / "out", key=KEY, engine=engine)
    assert (report.records, report.dropped) == (0, 30)
    assert list(exportkit.open(made(tmp_path / "out")).changes()) == []
    assert exportkit.verify(made(tmp_path / "out"), engine=engine).ok


def test_true_is_no_number(tmp_path: Path, engine: Engine) -> None:
    values = (Decimal(1), True)
    states = [Writing(tmp_path / str(n)).full({key("a"): item("a", v=value)}) for n, value in enumerate(values)]
    assert exportkit.diff(*states, key=KEY, engine=engine).changed == 1


def test_the_format_may_be_chosen(table: Exported, tmp_path: Path, engine: Engine) -> None:
    exportkit.diff(table.states[0], table.states[3], tmp_path / "json", key=KEY, engine=engine)
    exportkit.diff(table.states[0], table.states[3], tmp_path / "ion", key=KEY, output_format="ION", engine=engine)
    one, other = (made(tmp_path / name) for name in ("json", "ion"))
    assert exportkit.open(other).summary.output_format is ION
    assert typed(changes_in(one, KEY)) == typed(changes_in(other, KEY))


def test_made_timestamps_lie_in_the_window(table: Exported, tmp_path: Path, engine: Engine) -> None:
    exportkit.diff(table.states[0], table.states[3], tmp_path / "out", key=KEY, engine=engine)
    stamps = {change.write_timestamp for change in exportkit.open(made(tmp_path / "out")).changes()}
    assert stamps == {to_micros(instant(0))}


def test_the_later_state_first_goes_into_one_second(table: Exported, tmp_path: Path, engine: Engine) -> None:
    report = exportkit.diff(table.states[3], table.states[0], tmp_path / "out", key=KEY, engine=engine)
    assert (report.added, report.removed, report.changed) == (1, 1, 2)
    window = exportkit.open(made(tmp_path / "out")).summary.window
    assert window == Window(instant(3), instant(3) + timedelta(seconds=1))
    assert any(warning.startswith("order: ") for warning in report.warnings)


def test_the_bytes_do_not_depend_on_engine_jobs_memory_or_place(
    table: Exported, tmp_path: Path, engines: tuple[Engine, Engine], spilling: list[int]
) -> None:
    copies = []
    for number, state in enumerate((table.states[0], table.states[3])):
        copies.append(shutil.copytree(state, tmp_path / f"copy{number}"))
    found = []
    for number, (engine, jobs, memory, states) in enumerate(
        [
            (engines[0], 1, 1 << 30, (table.states[0], table.states[3])),
            (engines[1], 3, 1 << 30, (table.states[0], table.states[3])),
            (engines[1], 2, 1, copies),
        ]
    ):
        dest = tmp_path / f"out{number}"
        exportkit.diff(*states, dest, key=KEY, jobs=jobs, memory=memory, engine=engine)
        found.append({name: (dest / name).read_bytes() for name in left_behind(dest)})
    assert found[0] == found[1] == found[2]
    assert len(spilling) > 1, "the little memory was too much"


def test_the_same_again_does_nothing_and_tells_the_same(table: Exported, tmp_path: Path, engine: Engine) -> None:
    first = exportkit.diff(table.states[0], table.states[3], tmp_path, key=KEY, engine=engine)
    again = exportkit.diff(table.states[0], table.states[3], tmp_path, key=KEY, engine=engine)
    assert (first.already, again.already) == (False, True)
    told = [report.to_dict() | {"already": None, "seconds": None} for report in (first, again)]
    assert told[0] == told[1]


# --- the summary -------------------------------------------------------------------------------------------


@FORMS
def test_a_summary_counts_attributes_and_writes_nothing(
    forms: tuple[OutputFormat, ...], tmp_path: Path, engine: Engine
) -> None:
    states = exported(tmp_path, life(), forms).states
    before = left_behind(tmp_path)
    report = exportkit.diff(states[0], states[3], key=KEY, engine=engine)
    assert (report.added, report.removed, report.changed) == (1, 1, 2)
    assert report.attributes == (
        AttributeChange(name="n", added=0, removed=0, changed=2),
        AttributeChange(name="gone", added=0, removed=1, changed=0),
        AttributeChange(name="map", added=1, removed=0, changed=0),
        AttributeChange(name="tags", added=0, removed=1, changed=0),
    )
    assert report.export["uri"] is None
    assert left_behind(tmp_path) == before
    assert "attributes" in report.to_dict()


# --- the key -----------------------------------------------------------------------------------------------


def test_without_a_key_it_has_to_be_named(table: Exported, tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UsageError, match="do not tell the table's key; name it: --key PARTITION"):
        exportkit.diff(table.states[0], table.states[3], tmp_path / "out", engine=engine)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("names", [(), ("a", "a"), ("",), ("a", "b", "c"), "pk"])
def test_a_key_is_one_or_two_names(table: Exported, names: tuple[str, ...], engine: Engine) -> None:
    with pytest.raises(UsageError, match="a key is "):
        exportkit.diff(table.states[0], table.states[3], key=names, engine=engine)


@pytest.mark.parametrize(
    ("text", "told"), [("pk", r"\('pk',\)"), ("pk,sk", r"\('pk', 'sk'\)"), (b"pk, sk", r"\('pk', 'sk'\)")]
)
def test_a_key_given_as_text_is_told_as_a_tuple(table: Exported, text: Any, told: str) -> None:
    for use in (exportkit.verify, lambda state, key: exportkit.diff(state, state, key=key)):
        with pytest.raises(UsageError, match=f"a tuple of attribute names, such as {told}"):
            use(table.states[0], key=text)


def test_what_exportkit_made_tells_its_key(table: Exported, tmp_path: Path, engine: Engine) -> None:
    """A state with a lineage, as replay writes one."""
    state = shutil.copytree(table.states[0], tmp_path / "state")
    Made(state.parent, state).rewrite_summary(exportkit={"operation": "replay"})
    with pytest.raises(UsageError, match="name it: --key"):
        exportkit.diff(state, table.states[3], engine=engine)
    (state / "lineage.json").write_bytes(orjson.dumps({"key": ["sk", "pk"]}))
    assert exportkit.diff(state, table.states[3], engine=engine).records == 4


@pytest.mark.parametrize("written", [False, True], ids=["summary", "written"])
def test_two_items_with_one_key_are_refused_with_both_places(
    table: Exported, written: bool, tmp_path: Path, engine: Engine
) -> None:
    """Most of all where somebody forgot the sort key."""
    dest = tmp_path / "out"
    with pytest.raises(DuplicateKeyError) as caught:
        exportkit.diff(table.states[0], table.states[3], dest if written else None, key=("pk",), engine=engine)
    assert caught.value.first != caught.value.second
    for uri, line, offset in (caught.value.first, caught.value.second):
        assert Path(uri).is_file()
        assert line >= 1
        assert offset >= 0
    assert "a table holds a key once: check --key pk (a sort key left out?); else export anew" in str(caught.value)
    assert left_behind(dest) == []


def test_an_item_without_its_key_is_told(table: Exported, tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(MalformedRecordError) as caught:
        exportkit.diff(table.states[0], table.states[3], tmp_path / "out", key=("nokey",), engine=engine)
    assert caught.value.reason == "key-absent"
    assert left_behind(tmp_path / "out") == []


# --- what is refused ---------------------------------------------------------------------------------------


def test_changes_are_no_states(table: Exported, tmp_path: Path, engine: Engine) -> None:
    for pair in ((table.states[0], table.windows[0]), (table.windows[0], table.states[0])):
        with pytest.raises(ChainError, match=r"is an incremental .* a state is a full one: both have to be$") as caught:
            exportkit.diff(*pair, tmp_path / "out", key=KEY, engine=engine)
        assert caught.value.exit_code == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("member", "value"),
    [("tableArn", "arn:aws:dynamodb:eu-central-1:111122223333:table/Restored"), ("tableId", "another")],
)
def test_another_table_is_refused_unless_it_is_meant(
    table: Exported, member: str, value: str, tmp_path: Path, engine: Engine
) -> None:
    other = shutil.copytree(table.states[3], tmp_path / "other")
    summary = orjson.loads((other / "manifest-summary.json").read_bytes())
    Made(other.parent, other).rewrite_summary(**{member: value})
    with pytest.raises(ChainError, match="table") as caught:
        exportkit.diff(table.states[0], other, tmp_path / "out", key=KEY, engine=engine)
    assert "--allow-other-table" in caught.value.__notes__[0]
    assert not (tmp_path / "out").exists()
    report = exportkit.diff(table.states[0], other, tmp_path / "out", key=KEY, allow_other_table=True, engine=engine)
    assert report.records == 4
    assert report.export["table"] == summary["tableArn"]


def test_parts_of_tables_are_refused_unless_they_are_meant(table: Exported, tmp_path: Path, engine: Engine) -> None:
    part = shutil.copytree(table.states[3], tmp_path / "part")
    Made(part.parent, part).rewrite_summary(filterExpression="n > 1")
    with pytest.raises(ChainError, match="--allow-filtered"):
        exportkit.diff(table.states[0], part, key=KEY, engine=engine)
    report = exportkit.diff(table.states[0], part, tmp_path / "out", key=KEY, allow_filtered=True, engine=engine)
    assert any(warning.startswith("filtered: ") for warning in report.warnings)
    told = exportkit.open(made(tmp_path / "out")).summary.exportkit
    assert told is not None
    assert told["filtered"] is True


def test_what_is_missing_from_a_state_is_told_of_the_change(table: Exported, tmp_path: Path, engine: Engine) -> None:
    state = shutil.copytree(table.states[3], tmp_path / "state")
    times = ("2026-01-14T10:20:00.000Z", "2026-01-14T10:35:00.000Z")
    gap = {"from": times[0], "to": times[1]}
    Made(state.parent, state).rewrite_summary(exportkit={"operation": "replay", "gaps": [gap]})
    report = exportkit.diff(table.states[0], state, tmp_path / "out", key=KEY, engine=engine)
    (warning,) = report.warnings
    assert warning.startswith(f"gap: {state} was made without the changes of [{times[0]}, {times[1]})")
    carried = exportkit.open(made(tmp_path / "out")).summary.exportkit
    assert carried is not None
    assert carried["gaps"] == [gap]


def test_a_fault_in_any_file_leaves_nothing(table: Exported, tmp_path: Path, engine: Engine) -> None:
    for number in (0, 3):
        spoiled = shutil.copytree(table.states[number], tmp_path / f"spoiled{number}")
        file = max((spoiled / "data").iterdir(), key=lambda path: path.stat().st_size)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        file.write_bytes(data)
        states = [spoiled if n == number else table.states[n] for n in (0, 3)]
        with pytest.raises(ExportkitError) as caught:
            exportkit.diff(*states, tmp_path / "out", key=KEY, engine=engine)
        assert caught.value.exit_code == 3
        assert left_behind(tmp_path / "out") == []


@pytest.mark.parametrize("first", [False, True], ids=["items", "fingerprints"])
def test_no_room_for_what_spills_is_told_before_it_is_read(
    table: Exported, first: bool, tmp_path: Path, spilling: list[int], monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    usage = shutil.disk_usage(tmp_path)
    rooms = iter([usage._replace(free=0 if first else usage.free), usage._replace(free=0)])
    monkeypatch.setattr("shutil.disk_usage", lambda _: next(rooms))
    monkeypatch.setattr("exportkit.joining.budget._LEAST_ENTRIES", 1000)
    with pytest.raises(StoreError, match=r"bytes are needed for temporary files.*--temp-dir"):
        exportkit.diff(table.states[0], table.states[3], tmp_path / "out", key=KEY, memory=1, engine=engine)
    assert (spilling == []) is first
    assert left_behind(tmp_path / "out") == []


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"memory": 0}, {"max_record_size": 0}, {"output_format": "CSV"}])
def test_arguments_out_of_range(table: Exported, wrong: dict[str, object], engine: Engine) -> None:
    (name,) = wrong
    with pytest.raises(UsageError, match=name):
        exportkit.diff(table.states[0], table.states[3], key=KEY, engine=engine, **wrong)  # type: ignore[arg-type]
