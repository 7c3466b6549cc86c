"""Progress on stderr, on a terminal only: files, bytes, items a second, time left."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from exportkit.reading import NoProgress, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

__all__ = ["progress_on_terminal"]


@contextmanager
def progress_on_terminal(label: str) -> Iterator[Progress]:
    """Gives a Progress that draws a bar while the block runs, or a silent one where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield NoProgress()
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is drawn
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bar(bars, label)


class _Bar:
    """One rich bar over the items of an export."""

    def __init__(self, bars: "Bars", label: str) -> None:
        self._bars = bars
        self._task = bars.add_task(label, total=None, told="")
        self._lock = threading.Lock()
        self._files = 0
        self._bytes = 0

    def begin(self, items: int) -> None:
        self._files = self._bytes = 0
        self._bars.reset(self._task, total=items)

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        from rich.filesize import decimal  # noqa: PLC0415 - as above

        with self._lock:
            self._files += files
            self._bytes += compressed_bytes
            speed = self._bars.tasks[0].speed
            told = f"{self._files:,} files · {decimal(self._bytes)}" + (f" · {speed:,.0f} items/s" if speed else "")
            self._bars.update(self._task, advance=items, told=told)
