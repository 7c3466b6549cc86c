"""How fast a table is written to."""

import threading
from datetime import datetime, timedelta

from exportkit.service.protocol import Clock

__all__ = ["Pace", "pause"]

_SLICE = 0.5  # seconds after which somebody who waits looks whether he still has to


class Pace:
    """Lets several threads spend so many write units a second together, evenly.

    Args:
        rate: Units a second; None: as many as they can.
        clock: Tells the time, and lets it pass.
        stop: Ends all waiting once it is set.
    """

    def __init__(self, rate: float | None, clock: Clock, stop: threading.Event) -> None:
        self._rate = rate
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()
        self._paid: datetime | None = None  # when all that was spent so far has had its time

    def take(self, units: float) -> None:
        """Returns when it is time to spend so many units."""
        if self._rate is None:
            return
        with self._lock:
            now = self._clock.now()
            begins = max(now, self._paid or now)
            self._paid = begins + timedelta(seconds=units / self._rate)
        pause((begins - now).total_seconds(), self._clock, self._stop)

    def correct(self, units: float) -> None:
        """Takes how many more units were spent than were taken; a negative number where they were fewer."""
        if self._rate is not None:
            with self._lock:
                self._paid = (self._paid or self._clock.now()) + timedelta(seconds=units / self._rate)


def pause(seconds: float, clock: Clock, stop: threading.Event) -> None:
    """Returns after so many seconds, or soon after ``stop`` is set."""
    while seconds > 0 and not stop.is_set():
        clock.sleep(min(seconds, _SLICE))
        seconds -= _SLICE
