"""Reading that nobody waits for any more: it ends soon, even where a connection stands still."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["Cancellation", "Stopped", "cancellation"]

R = TypeVar("R")


class Stopped(Exception):  # noqa: N818 - nobody sees it: the error of another input is told
    """Nobody wants the results any more: raised by work that leaves its output unfinished for that."""


class Cancellation:
    """Ends what threads read, and the waits between, once nobody wants it any more.

    Only reading is ended: what clears away after a run, the abort of an upload say, is still done.

    Example:
        >>> reading = Cancellation()
        >>> with reading.entered():
        ...     cancellation() is reading
        True
    """

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._changing = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Has the thread read, in the block, until this is cancelled."""
        former, _HERE.cancellation = cancellation(), self
        try:
            yield
        finally:
            _HERE.cancellation = former

    def cancel(self) -> None:
        """Ends all that is read; once is enough."""
        with self._changing:
            self._is_over.set()
            ends = tuple(self._ends)
        for end in ends:
            end()

    def check(self) -> None:
        """Raises ``Stopped`` once it is cancelled."""
        if self._is_over.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Returns after so many seconds; raises ``Stopped`` as soon as it is cancelled."""
        if self._is_over.wait(seconds):
            raise Stopped

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Has ``end`` called if this is cancelled before the block ends; raises ``Stopped`` where it already is."""
        with self._changing:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._changing:
                self._ends.remove(end)

    def ask(self, request: Callable[[], R], close: Callable[[R], None] = lambda _: None) -> R:
        """Returns what a request returns, or raises its error; raises ``Stopped`` as soon as it is cancelled.

        The request is made in a thread of its own, for nothing ends one that waits for its answer, or to be sent
        again: it is left to itself then.

        Args:
            request: Returns the answer.
            close: Takes an answer that nobody waited for.
        """
        answer: Future[R] = Future()
        is_known = threading.Event()

        def make() -> None:
            try:
                answer.set_result(request())
            except BaseException as error:  # noqa: BLE001 - carried to the thread that waits for the answer
                answer.set_exception(error)
            is_known.set()

        with self.ending(is_known.set):
            threading.Thread(target=make, name="exportkit-request", daemon=True).start()
            is_known.wait()
        if self._is_over.is_set():
            answer.add_done_callback(lambda late: None if late.exception() else close(late.result()))
            raise Stopped
        return answer.result()


class _Never(Cancellation):
    """What a thread reads that nobody else waits for: an interrupt ends it by itself, in the main thread."""

    def ask(self, request: Callable[[], R], close: Callable[[R], None] = lambda _: None) -> R:  # noqa: ARG002
        return request()


_NEVER = _Never()
_HERE: Any = threading.local()


def cancellation() -> Cancellation:
    """Returns what ends the reading of the thread."""
    found: Cancellation = getattr(_HERE, "cancellation", _NEVER)
    return found
