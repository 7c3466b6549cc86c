"""Work on many inputs side by side, its results in the order of the inputs."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Generic, TypeVar

from exportkit.store.cancelling import Cancellation, Stopped, cancellation
from exportkit.store.left_behind import LeftBehind

__all__ = ["Stopped", "Workers", "default_jobs", "in_order", "streams_in_order"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2 * 1024 * 1024
"""Bytes that an idle thread may be ahead of the one that takes them; one result may always wait."""

# Pieces of one file that may wait for their turn; a piece is what one chunk became.
_PREFETCH = 8


def default_jobs() -> int:
    """Returns how many files are read side by side if nobody says: one for each processor, at most 16."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16)


class _Inputs(Generic[T]):
    """Draws inputs; an error of the drawing itself is kept until what was drawn before has had its turn."""

    def __init__(self, inputs: Iterable[T]) -> None:
        self._inputs = inputs
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[T]:
        try:
            yield from self._inputs
        except Exception as error:  # noqa: BLE001 - raised again by end()
            self._error = error

    def end(self) -> None:
        if self._error is not None:
            raise self._error


def in_order(
    work: Callable[[T], R], inputs: Iterable[T], jobs: int, stop: threading.Event | None = None
) -> Generator[R, None, None]:
    """Yields ``work(input)`` for each input, in order, with ``jobs`` threads.

    Inputs are drawn only as results are taken: at most two times ``jobs`` are under way or
    waiting, so an endless or very long iterable is fine.

    Args:
        work: Called in a thread; what it raises is raised here, in its turn.
        inputs: Drawn from in the calling thread; an error of it comes after the results of what was drawn before.
        jobs: Threads, at least 1. One works in the calling thread itself.
        stop: Set when nobody wants the results any more, an error or an interrupt being raised, so that
            work under way can end soon: it is waited for. What it reads from storage ends by itself.
    """
    if jobs <= 1:
        yield from map(work, inputs)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="exportkit")
    waiting: deque[Future[R]] = deque()
    reading = Cancellation()
    try:
        for each in (drawn := _Inputs(inputs)):
            waiting.append(pool.submit(_entered, reading, work, each))
            if len(waiting) >= 2 * jobs:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
        drawn.end()
    except BaseException as error:
        if stop is not None:
            stop.set()
        reading.cancel()
        pool.shutdown(wait=True, cancel_futures=True)
        for note in _left_behind(waiting, error):
            error.add_note(note)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first(waiting: deque[Future[R]]) -> R:
    """Returns the first result; the work stays among those that wait until it has one."""
    result = waiting[0].result()
    waiting.popleft()
    return result


def _left_behind(waiting: Iterable[Future[R]], told: BaseException) -> Iterator[LeftBehind]:
    """Yields what work left behind whose own error nobody is told."""
    for each in waiting:
        error = None if each.cancelled() else each.exception()
        if error is not None and error is not told:
            yield from (note for note in getattr(error, "__notes__", ()) if isinstance(note, LeftBehind))


def _entered(reading: Cancellation, work: Callable[[T], R], each: T) -> R:
    with reading.entered():
        return work(each)


class _Stream(Generic[R]):
    """One input's results, made in a thread and taken in another, a bounded amount ahead."""

    def __init__(
        self, produce: Callable[[], Iterable[R]], room: int, size: Callable[[R], int], reading: Cancellation
    ) -> None:
        self._produce = produce
        self._reading = reading
        self._room = room
        self._size = size
        self._waiting: deque[R] = deque()
        self._taken = 0  # of the room
        self._ended = self._stopped = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="exportkit-read", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._reading.entered():
                for result in self._produce():
                    if not self._put(result):
                        return
        except BaseException as error:  # noqa: BLE001 - carried to the thread that takes the results
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, result: R) -> bool:
        size = self._size(result)
        with self._changed:
            # The first in line always finds room, however large it is.
            self._changed.wait_for(lambda: self._stopped or not self._waiting or self._taken + size <= self._room)
            if self._stopped:
                return False
            self._waiting.append(result)
            self._taken += size
            self._changed.notify_all()
        return True

    def __iter__(self) -> Iterator[R]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    break
                result = self._waiting.popleft()
                self._taken -= self._size(result)
                self._changed.notify_all()
            yield result
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()


def streams_in_order(
    produce: Callable[[T], Iterable[R]],
    inputs: Iterable[T],
    jobs: int,
    *,
    room: int = _PREFETCH,
    size: Callable[[R], int] = lambda _: 1,
) -> Generator[R, None, None]:
    """Yields all of ``produce(input)`` for each input, in order, up to ``jobs`` inputs made ahead in threads.

    Each thread runs at most ``room`` ahead of its turn, so memory is bounded whatever an
    input's size. Leaving the iterator early ends the threads.

    Args:
        produce: Called in a thread; what it raises is raised here, after the results before it.
        inputs: Drawn from in the calling thread; an error of it comes after the results of what was drawn before.
        jobs: Inputs under way, at least 1. One works in the calling thread itself.
        room: What one input's results that wait for their turn may come to; one of any size may always wait.
        size: What a result takes of the room; one of the room's units each by default.
    """
    if jobs <= 1:
        for each in inputs:
            yield from produce(each)
        return
    ahead: deque[_Stream[R]] = deque()
    reading = Cancellation()
    try:
        for each in (drawn := _Inputs(inputs)):
            ahead.append(_Stream(partial(produce, each), room, size, reading))
            if len(ahead) >= jobs:
                yield from ahead[0]
                ahead.popleft()
        while ahead:
            yield from ahead[0]
            ahead.popleft()
        drawn.end()
    finally:
        reading.cancel()
        for stream in ahead:
            stream.stop()


class Workers:
    """Threads for many inputs; those that no input is left for make ahead what the others are about to take.

    So the last inputs, or a single large one, take more processors than one each. Never more than ``jobs`` threads
    work.

    Args:
        jobs: Threads, at least 1.

    Example:
        >>> workers = Workers(2)
        >>> def read(n):
        ...     return sum(workers.ahead((each for each in range(n)), lambda _: 1))
        >>> list(workers.in_order(read, [3, 4]))
        [3, 6]
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._counting = threading.Lock()
        self._unfinished = 0
        self._are_all_drawn = False
        self._idle = threading.Semaphore(0)

    def in_order(
        self, work: Callable[[T], R], inputs: Iterable[T], stop: threading.Event | None = None
    ) -> Generator[R, None, None]:
        """Yields ``work(input)`` for each input, in order; once, and as the function ``in_order``."""

        def counted(each: T) -> R:
            try:
                return work(each)
            finally:
                self._end()

        return in_order(counted, self._drawn(inputs), self._jobs, stop)

    def ahead(self, results: Generator[R, None, None], size: Callable[[R], int]) -> Generator[R, None, None]:
        """Yields the results; once there is an idle thread, it makes them, a bounded amount ahead.

        Args:
            results: Makes them, in the calling thread until then; it is closed at the end.
            size: The bytes that a result takes.
        """
        with closing(results):
            for result in results:
                yield result
                if self._idle.acquire(blocking=False):
                    break
            else:
                return
            try:
                stream = _Stream(lambda: results, _AHEAD, size, cancellation())
                try:
                    yield from stream
                finally:
                    stream.stop()
            finally:
                self._idle.release()

    def _drawn(self, inputs: Iterable[T]) -> Iterator[T]:
        for each in inputs:
            with self._counting:
                self._unfinished += 1
            yield each
        with self._counting:
            self._are_all_drawn = True
            idle = self._jobs - self._unfinished
        for _ in range(idle):
            self._idle.release()

    def _end(self) -> None:
        with self._counting:
            self._unfinished -= 1
            is_idle = self._are_all_drawn and self._unfinished < self._jobs
        if is_idle:
            self._idle.release()
