"""Replay: a state and the changes after it (``docs/joining.md``)."""

from collections.abc import Sequence

from exportkit.codec.joining.comparing import equal
from exportkit.codec.joining.entries import Entry, Image
from exportkit.codec.joining.steps import latest, source_of, steps
from exportkit.codec.joining.tally import Tally
from exportkit.model.joining import DriftKind

__all__ = ["replay"]


def replay(records: Sequence[Entry], tally: Tally) -> None:
    """Makes the state of one key after all changes.

    Raises:
        ValueError: An item of another source than 0, or a change of source 0.
    """
    if any(record.changes is (record.source == 0) for record in records):
        raise ValueError("replay takes items of source 0 and changes of other sources")
    items = [record for record in records if not record.changes]
    changes = latest([record for record in records if record.changes], tally)
    if not changes:
        _keep(items, tally)
        return
    if len(items) > 1:
        tally.note_keyed_twice(items[0], items[1])
    state = items[-1].new if items else None
    for change, after in steps(changes, tally):
        if source_of(change, tally.options).judged:
            _judge(change, state, tally)
        state = after
    if state is not None:
        tally.counts["replaced" if items else "inserted"] += 1
        tally.write_item(state.text)
    else:
        tally.counts["deleted" if items else "absent"] += 1


def _keep(items: Sequence[Entry], tally: Tally) -> None:
    """Keeps the lines of items that no change hit; those whose lines were not given are counted alone."""
    tally.counts["untouched"] += len(items)
    for item in items:
        if item.new is not None and item.new.text:
            tally.give(item.new.text + b"\n")


def _judge(change: Entry, state: Image | None, tally: Tally) -> None:
    """Compares a change's old image with the state before it."""
    if change.old is None:
        if state is not None:
            tally.note_drift(DriftKind.UNEXPECTED, change, state)
    elif state is None:
        tally.note_drift(DriftKind.MISSING, change, state)
    elif not equal(change.old, state, tally.options.form):
        tally.note_drift(DriftKind.DIFFERENT, change, state)
