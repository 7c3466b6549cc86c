import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from exportkit.reading import in_order, streams_in_order
from tests.reading.our_threads import ThreadsSince


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_inputs(jobs: int) -> None:
    assert list(in_order(lambda n: n * n, range(100), jobs)) == [n * n for n in range(100)]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_streams_come_whole_and_in_order(jobs: int) -> None:
    def produce(n: int) -> Iterator[tuple[int, int]]:
        for piece in range(n):
            yield n, piece

    assert list(streams_in_order(produce, range(30), jobs)) == [(n, p) for n in range(30) for p in range(n)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_inputs_are_drawn_only_a_bounded_number_ahead(jobs: int) -> None:
    drawn = 0

    def inputs() -> Iterator[int]:
        nonlocal drawn
        while True:
            drawn += 1
            yield drawn

    results = in_order(lambda n: n, inputs(), jobs)
    assert [next(results) for _ in range(10)] == list(range(1, 11))
    results.close()
    assert drawn <= 10 + 2 * jobs


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("run", [in_order, streams_in_order])
def test_what_is_raised_comes_in_its_turn(jobs: int, run: Callable[..., Generator[Any, None, None]]) -> None:
    def work(n: int) -> list[int]:
        if n == 3:
            raise ValueError(n)
        return [n]

    seen = []
    with pytest.raises(ValueError, match="3"):
        seen.extend(run(work, range(6), jobs))
    assert seen in ([0, 1, 2], [[0], [1], [2]])


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("run", [in_order, streams_in_order])
def test_an_error_of_the_inputs_comes_after_what_was_drawn_before(
    jobs: int, run: Callable[..., Generator[Any, None, None]]
) -> None:
    def inputs() -> Iterator[int]:
        yield from range(2)
        raise ValueError("no more")

    results = run(lambda n: [n], inputs(), jobs)
    assert [next(results), next(results)] in ([0, 1], [[0], [1]])
    with pytest.raises(ValueError, match="no more"):
        next(results)


def test_a_stream_keeps_to_its_room() -> None:
    made: list[int] = []

    def produce(_: int) -> Iterator[int]:
        for size in (50, 1, 2, 3, 4, 5):
            made.append(size)
            yield size

    results = streams_in_order(produce, [0, 1], 2, room=6, size=lambda size: size)
    assert next(results) == 50
    deadline = time.monotonic() + 30
    while len(made) < 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)  # no more comes
    assert sorted(made) == [1, 1, 2, 3, 4, 50, 50]  # 4 of the first and 1 of the second find no room
    assert list(results) == [1, 2, 3, 4, 5, 50, 1, 2, 3, 4, 5]


def test_a_stream_that_fails_midway_gives_out_what_it_had() -> None:
    def produce(n: int) -> Iterator[int]:
        yield n
        raise ValueError(n)

    results = streams_in_order(produce, [7, 8], 2)
    assert next(results) == 7
    with pytest.raises(ValueError, match="7"):
        next(results)


def test_leaving_early_ends_the_threads_even_when_they_wait_to_hand_on() -> None:
    def endless(n: int) -> Iterator[int]:
        while True:
            yield n

    started = ThreadsSince()
    results = streams_in_order(endless, range(4), 4)
    assert next(results) == 0
    assert started() == 4
    results.close()
    assert started() == 0


def test_work_under_way_is_told_to_stop_when_nobody_wants_it_any_more() -> None:
    stop = threading.Event()
    started = threading.Barrier(3, timeout=30)

    def work(n: int) -> int:
        started.wait()
        assert stop.wait(30)
        return n

    def inputs() -> Iterator[int]:
        yield from range(2)
        started.wait()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, inputs(), 2, stop))


def test_the_last_work_is_told_to_stop_by_an_interrupt() -> None:
    """Its result is waited for: nothing else is waiting then."""
    stop, drawn = threading.Event(), threading.Event()

    def work(_: int) -> None:
        assert drawn.wait(30)
        time.sleep(0.2)  # until the result is waited for: just before that, an interrupt is noticed at its end
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(30)

    def inputs() -> Iterator[int]:
        yield 1
        drawn.set()

    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(in_order(work, inputs(), 2, stop))
        assert stop.is_set()
    finally:
        signal.signal(signal.SIGINT, ignored)
