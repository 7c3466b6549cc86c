"""Work on many inputs side by side, its results in the order of the inputs."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

__all__ = ["default_jobs", "in_order", "streams_in_order"]

T = TypeVar("T")
R = TypeVar("R")

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
            work under way can end soon: it is waited for.
    """
    if jobs <= 1:
        yield from map(work, inputs)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="exportkit")
    waiting: deque[Future[R]] = deque()
    try:
        for each in (drawn := _Inputs(inputs)):
            waiting.append(pool.submit(work, each))
            if len(waiting) >= 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        drawn.end()
    finally:
        if waiting and stop is not None:
            stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _Stream(Generic[R]):
    """One input's results, made in a thread and taken in another, a bounded amount ahead."""

    def __init__(self, produce: Callable[[], Iterable[R]], room: int, size: Callable[[R], int]) -> None:
        self._produce = produce
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
    try:
        for each in (drawn := _Inputs(inputs)):
            ahead.append(_Stream(partial(produce, each), room, size))
            if len(ahead) >= jobs:
                yield from ahead[0]
                ahead.popleft()
        while ahead:
            yield from ahead[0]
            ahead.popleft()
        drawn.end()
    finally:
        for stream in ahead:
            stream.stop()
