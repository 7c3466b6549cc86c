"""The model itself: its exports are sound, and say what it says."""

import tempfile
from pathlib import Path

from hypothesis import given

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportView
from tests.commands import changes_in, did, state_in
from tests.histories import START, State, by_key, typed
from tests.properties.tables import FEW, Table, tables


@given(table=tables())
@FEW
def test_exports_of_the_model_are_sound_and_say_what_it_says(engine: Engine, table: Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base, windows = table.write(Path(folder))
        state = table.history.state(START)
        did("verify", base, "--key", table.key, engine=engine.name)
        assert typed(state_in(base, table.key_names)) == typed(state)
        for number, (window, view) in enumerate(zip(windows, table.views, strict=True)):
            did("verify", window, engine=engine.name)
            expected = by_key(table.history.window(number), table.key_names)
            if view is ExportView.NEW_IMAGE:
                expected = {key: (None, new, at) for key, (_, new, at) in expected.items()}
            assert typed(changes_in(window, table.key_names)) == typed(expected)


@given(table=tables())
@FEW
def test_changes_lead_from_one_state_to_the_next(table: Table) -> None:
    state: State = table.history.state(START)
    for number in range(len(table.views)):
        for key, (old, new, _) in by_key(table.history.window(number), table.key_names).items():
            assert typed(state.get(key)) == typed(old)
            if new is None:
                del state[key]
            else:
                state[key] = new
    assert typed(state) == typed(table.history.state(table.end))
