"""What one measurement is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isal import igzip

from exportkit.generate import Shape
from exportkit.model.formats import OutputFormat

__all__ = ["Task", "Way"]


@dataclass(frozen=True)
class Task:
    """The data of one measurement.

    Attributes:
        shape: What its items look like.
        format: How they are written.
        location: The export.
        windows: Incremental exports after it.
        files: Its data files.
        items: Its items.
        size: Its decompressed bytes.
        jobs: Threads to use.
        scratch: A folder for what is written, empty.
    """

    shape: Shape
    format: OutputFormat
    location: str
    windows: tuple[str, ...]
    files: tuple[Path, ...]
    items: int
    size: int
    jobs: int
    scratch: Path

    def inflated(self) -> bytes:
        """Returns the decompressed bytes of all files."""
        return b"".join(igzip.decompress(path.read_bytes()) for path in self.files)


@dataclass(frozen=True)
class Way:
    """One way to read the data, ready to run.

    Attributes:
        run: What is timed.
        rows: Returns how many rows its result has.
        answer: Returns the figures of its result (``answers``); None where it has none to compare.
    """

    run: Callable[[], Any]
    rows: Callable[[Any], int]
    answer: Callable[[Any], "dict[str, list[str]] | None"] = lambda _: None
