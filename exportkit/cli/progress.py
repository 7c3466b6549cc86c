"""Progress on stderr, on a terminal only: files, bytes, items a second, time left; how long a wait has lasted."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exportkit.model.times import format_duration
from exportkit.reading import NoProgress, Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

    from exportkit.model.description import ExportDescription
    from exportkit.service import WaitProgress

__all__ = ["progress_on_terminal", "wait_on_terminal"]


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


@contextmanager
def wait_on_terminal(typical: "Callable[[ExportDescription], tuple[timedelta, ...]]") -> "Iterator[WaitProgress]":
    """Gives what shows a wait while the block runs, or says nothing where stderr is no terminal.

    Args:
        typical: Tells how long exports like this one took, the shortest first; asked once, and on a terminal alone.
    """
    if not sys.stderr.isatty():
        from exportkit.service.waiting import NoWaitProgress  # noqa: PLC0415 - the service is imported by now

        yield NoWaitProgress()
        return
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    yield from _wait_line(Console(stderr=True), typical)


def _wait_line(
    console: "Console", typical: "Callable[[ExportDescription], tuple[timedelta, ...]]"
) -> "Iterator[WaitProgress]":
    with console.status("asking") as status:
        yield _WaitLine(status.update, typical)


class _WaitLine:
    """One line: the status, how long the export has been under way, how long others took."""

    def __init__(
        self, show: Callable[[str], None], typical: "Callable[[ExportDescription], tuple[timedelta, ...]]"
    ) -> None:
        self._show = show
        self._typical = typical
        self._others: str | None = None

    def waiting(self, export: "ExportDescription", elapsed: timedelta) -> None:
        if self._others is None:
            self._others = _told(self._typical(export))
        self._show(f"{export.export_status} for {format_duration(elapsed)} · {self._others}")


def _told(durations: tuple[timedelta, ...]) -> str:
    if not durations:
        return "even small tables take 5 to 12 min"
    shortest, longest = (
        format_duration(timedelta(seconds=each // timedelta(seconds=1))) for each in (durations[0], durations[-1])
    )
    return (
        f"the last one took {longest}"
        if len(durations) == 1
        else f"the last {len(durations)} took {shortest} to {longest}"
    )
