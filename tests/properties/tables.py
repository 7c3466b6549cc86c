"""Draws tables: what their keys are, what is written to them, and how exports of them are written down."""

from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.values import Item
from tests import strategies
from tests.histories import START, WINDOW, History, Key, Write, Writing

FEW = settings(max_examples=60 if settings.get_current_profile_name() == "thorough" else 4)
"""Of examples that run several commands each."""

KEY_NAMES = st.sampled_from((("pk",), ("pk", "sk"), ("it's", "a-b"), ("Name", "name")))
KEY_TYPES = {"S": strategies.strings.filter(bool), "N": strategies.numbers, "B": strategies.binaries.filter(bool)}


@dataclass(frozen=True)
class Table:
    """A table and the exports of it: a full one at ``START``, and windows that tile the time after it.

    Attributes:
        history: What was written.
        forms: The format of the full export, and of each window.
        views: The view of each window.
        seed: Decides how the exports are written.
    """

    history: History
    forms: tuple[OutputFormat, ...]
    views: tuple[ExportView, ...]
    seed: int

    @property
    def key_names(self) -> tuple[str, ...]:
        return self.history.key_names

    @property
    def key(self) -> str:
        """The key as ``--key`` takes it."""
        return ",".join(self.key_names)

    @property
    def end(self) -> int:
        return START + len(self.views) * WINDOW

    def write(self, root: Path) -> tuple[Path, list[Path]]:
        """Writes the exports; returns their folders."""
        writing = Writing(root, self.seed)
        base = writing.full(self.history.state(START), START, self.forms[0])
        described = zip(self.forms[1:], self.views, strict=True)
        return base, [writing.numbered(self.history, number, *how) for number, how in enumerate(described)]


@st.composite
def item_of(draw: st.DrawFn, key: Item) -> Item:
    """Draws an item with this key."""
    item = draw(st.dictionaries(strategies.attribute_names, strategies.shallow_values, max_size=3))
    return {**item, **key}


@st.composite
def histories(draw: st.DrawFn, windows: int = 3) -> History:
    """Draws writes before ``START`` and in some windows after it, to a few keys."""
    key_names = draw(KEY_NAMES)
    types = [draw(st.sampled_from("SNB")) for _ in key_names]
    one = st.tuples(*(KEY_TYPES[each] for each in types))
    keys: list[Key] = draw(st.lists(one, min_size=1, max_size=5, unique=True))
    return draw(writes_to(key_names, keys, windows))


@st.composite
def writes_to(draw: st.DrawFn, key_names: tuple[str, ...], keys: list[Key], windows: int) -> History:
    """Draws writes to some of these keys."""
    moments = st.integers(-1, windows - 1).flatmap(
        lambda number: st.integers(0, WINDOW - 1).map(lambda within: START + number * WINDOW + within)
    )
    writes = []
    for at in sorted(draw(st.lists(moments, max_size=14, unique=True))):
        key = draw(st.sampled_from(keys))
        gone = draw(st.integers(0, 3)) == 0
        item = None if gone else draw(item_of(dict(zip(key_names, key, strict=True))))
        writes.append(Write(at, key, item))
    return History(key_names, tuple(writes))


@st.composite
def tables(
    draw: st.DrawFn, *, windows: int = 3, views: tuple[ExportView, ...] = tuple(ExportView), least: int = 1
) -> Table:
    """Draws a table of up to so many windows."""
    count = draw(st.integers(least, windows))
    forms = st.sampled_from(OutputFormat)
    return Table(
        history=draw(histories(count)),
        forms=tuple(draw(forms) for _ in range(count + 1)),
        views=tuple(draw(st.sampled_from(views)) for _ in range(count)),
        seed=draw(st.integers(0, 1 << 30)),
    )


@st.composite
def two_states(draw: st.DrawFn) -> tuple[Table, Table]:
    """Draws two tables that have nothing in common but their keys' names, types and some values."""
    first = draw(tables(windows=0, least=0))
    keys = list(dict.fromkeys(write.key for write in first.history.writes))
    if not keys:
        return first, first
    second = draw(writes_to(first.key_names, keys, 0))
    return first, Table(second, (draw(st.sampled_from(OutputFormat)),), (), draw(st.integers(0, 1 << 30)))
