import threading
from collections.abc import Generator
from contextlib import closing

import pytest

from exportkit.reading import Workers
from tests.reading.our_threads import ThreadsSince


def made_by(results: int = 5) -> Generator[int, None, None]:
    """Yields the thread that makes each result."""
    for _ in range(results):
        yield threading.get_ident()


def one(_: object) -> int:
    return 1


def is_made_ahead(workers: Workers) -> bool:
    me = threading.get_ident()
    first, *others = workers.ahead(made_by(), one)
    assert first == me
    assert len(others) == 4
    assert len(set(others)) == 1
    return others[0] != me


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_inputs(jobs: int) -> None:
    workers = Workers(jobs)

    def work(n: int) -> list[int]:
        return list(workers.ahead((each for each in range(n)), one))

    assert list(workers.in_order(work, range(30))) == [list(range(n)) for n in range(30)]


def test_nothing_is_made_ahead_while_every_thread_has_an_input() -> None:
    workers, together = Workers(2), threading.Barrier(2, timeout=30)

    def work(_: int) -> bool:
        together.wait()
        made_ahead = is_made_ahead(workers)
        together.wait()
        return made_ahead

    assert list(workers.in_order(work, range(2))) == [False, False]


def test_one_job_makes_nothing_ahead() -> None:
    workers = Workers(1)
    assert list(workers.in_order(lambda _: is_made_ahead(workers), range(2))) == [False, False]


def test_a_thread_without_an_input_makes_ahead_and_is_idle_again() -> None:
    workers, all_drawn = Workers(2), threading.Event()

    def inputs() -> Generator[None, None, None]:
        yield None
        all_drawn.set()

    def work(_: None) -> bool:
        assert all_drawn.wait(30)
        while not is_made_ahead(workers):  # until it is known that there are no more inputs
            pass
        return is_made_ahead(workers)

    assert list(workers.in_order(work, inputs())) == [True]


def one_idle() -> Workers:
    """Returns workers one of which is idle, as if the caller were another one's work."""
    workers = Workers(1)
    assert list(workers.in_order(one, [None])) == [1]
    return workers


def test_no_more_threads_work_than_there_are_jobs() -> None:
    workers = one_idle()
    with closing(workers.ahead(made_by(), one)) as results:
        assert [next(results), next(results)]
        assert not is_made_ahead(workers)
    assert is_made_ahead(workers)


def test_an_error_comes_after_the_results_before_it_and_frees_the_thread() -> None:
    def failing() -> Generator[int, None, None]:
        yield from range(3)
        raise ValueError("the fourth")

    workers = one_idle()
    seen = []
    with pytest.raises(ValueError, match="the fourth"):
        seen.extend(workers.ahead(failing(), one))
    assert seen == [0, 1, 2]
    assert is_made_ahead(workers)


def test_leaving_early_ends_the_thread_and_what_it_makes() -> None:
    closed = threading.Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    workers = one_idle()
    started = ThreadsSince()
    results = workers.ahead(endless(), one)
    assert [next(results), next(results)] == [1, 1]
    assert started() == 1
    results.close()
    assert started() == 0
    assert closed.is_set()
    assert is_made_ahead(workers)
