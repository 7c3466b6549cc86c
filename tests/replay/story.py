"""What happened to a small table, as exports of it."""

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

from exportkit.model.formats import OutputFormat
from tests.histories import START, WINDOW, History, Key, State, Write, Writing

JSON = OutputFormat.DYNAMODB_JSON


def history(*writes: tuple[float, str, int | None]) -> History:
    """Returns writes of a number to a key, told by their time in windows after ``START``; None deletes."""
    return History(
        ("pk",),
        tuple(
            Write(START + int(at * WINDOW), (key,), None if n is None else {"pk": key, "n": Decimal(n)})
            for at, key, n in writes
        ),
    )


STORY = history(
    *((-1, f"k{n:02}", n) for n in range(40)),
    *((0.2 + n / 100, f"k{n:02}", 100 + n) for n in range(5)),
    (0.5, "k10", None),
    (0.6, "new", 1),
    (1.1, "k00", None),
    (1.2, "new", 2),
    (1.3, "k11", None),
    (1.4, "k11", 11),
)
END = START + 2 * WINDOW


def written(root: Path, story: History = STORY, windows: int = 2, forms: tuple[OutputFormat, ...] = (JSON,)) -> Path:
    """Writes the base of a story and its windows, in formats one after the other; returns the base's folder."""
    writing = Writing(root, seed=3)
    for number in range(windows):
        writing.numbered(story, number, forms[(number + 1) % len(forms)])
    return writing.full(story.state(START), START, forms[0])


def numbers(state: State) -> dict[Key, Any]:
    return {key: item["n"] for key, item in state.items()}


def files_in(folder: Path) -> dict[str, str]:
    """Returns the hash of each file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def drifted(root: Path) -> Path:
    """Writes a base that is not the state that the first window's old images speak of, in each of the three ways."""
    base = STORY.state(START)
    del base["k01",]
    base["k02",] = {"pk": "k02", "n": Decimal(7)}
    base["new",] = {"pk": "new", "n": Decimal(8)}
    writing = Writing(root, seed=3)
    writing.numbered(STORY, 0)
    return writing.full(base)
