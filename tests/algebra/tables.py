"""One small table's life with everything that changes are made of, and its exports."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import from_micros
from exportkit.model.values import Item
from tests.histories import START, WINDOW, History, Key, Write, Writing

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
NEW, BOTH = ExportView.NEW_IMAGE, ExportView.NEW_AND_OLD_IMAGES
KEY = ("pk", "sk")
WINDOWS = 3


def key(name: str, number: int | str = 1) -> Key:
    return name, Decimal(number)


def item(name: str, number: int | str = 1, **attributes: object) -> Item:
    return {"pk": name, "sk": Decimal(number), **attributes}  # type: ignore[dict-item] - what a test gives is a value


def instant(windows: int) -> datetime:
    """Returns when so many windows have passed."""
    return from_micros(START + windows * WINDOW)


def life() -> History:
    """Returns writes before the first window and in three of them, every kind of net change among them."""
    before, first, second, third = (START + number * WINDOW for number in range(-1, WINDOWS))
    writes = [Write(before + n, key("stays", n), item("stays", n, n=Decimal(n))) for n in range(20)]
    writes += [
        Write(before, key("changes"), item("changes", n=Decimal(1), tags={"a", "b"}, gone="soon")),
        Write(before, key("goes"), item("goes", blob=b"\0\xff")),
        Write(before, key("comes back"), item("comes back", n=Decimal(1))),
        Write(before, key("there and back"), item("there and back", n=Decimal(1))),
        Write(first, key("changes"), item("changes", n=Decimal(2), tags={"b", "c"})),
        Write(first + 5, key("born"), item("born", list=[Decimal(1), None, True])),
        Write(first + 6, key("flash"), item("flash")),
        Write(first + 7, key("there and back"), item("there and back", n=Decimal(2))),
        Write(second - 1, key("comes back"), None),
        Write(second, key("flash"), None),
        Write(second + 1, key("changes"), item("changes", n=Decimal("1E+2"), map={"deep": [{"er": "ü😀"}]})),
        Write(second + 8, key("there and back"), item("there and back", n=Decimal(1))),
        Write(third, key("goes"), None),
        Write(third + 1, key("comes back"), item("comes back", n=Decimal(3))),
        Write(third + 2, key("born"), item("born", list=[Decimal(1), None, True], more="x")),
    ]
    return History(KEY, tuple(sorted(writes, key=lambda write: write.at)))


@dataclass(frozen=True)
class Exported:
    """The exports of a table's life: its state before each window and after the last, and the windows."""

    states: tuple[Path, ...]
    windows: tuple[Path, ...]


def exported(
    root: Path,
    history: History,
    forms: tuple[OutputFormat, ...] = (JSON,),
    views: tuple[ExportView, ...] = (BOTH,),
) -> Exported:
    """Writes them; formats and views take turns."""
    writing = Writing(root, seed=7)
    return Exported(
        states=tuple(
            writing.full(history.state(START + number * WINDOW), START + number * WINDOW, forms[number % len(forms)])
            for number in range(WINDOWS + 1)
        ),
        windows=tuple(
            writing.numbered(history, number, forms[number % len(forms)], views[number % len(views)])
            for number in range(WINDOWS)
        ),
    )
