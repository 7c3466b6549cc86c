"""The stretch of time that an incremental export covers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exportkit.model.times import format_time, to_micros

__all__ = ["Window"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of time, ``[start, end)``.

    AWS makes windows of 15 minutes to 24 hours in whole seconds; any length is read,
    for exports that exportkit made may cover more.

    Attributes:
        start: The first instant inside, UTC.
        end: The first instant after, UTC; later than ``start``.

    Raises:
        ValueError: The window holds no time.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a window without time, from {format_time(self.start)} to {format_time(self.end)}")

    def __str__(self) -> str:
        return f"[{format_time(self.start)}, {format_time(self.end)})"

    @property
    def duration(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    @property
    def micros(self) -> tuple[int, int]:
        """Start and end in microseconds since the epoch, as ``ScanOptions.window`` wants them."""
        return to_micros(self.start), to_micros(self.end)
