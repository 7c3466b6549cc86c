"""What is read ends soon once nobody wants it, wherever it stands still; what clears away is still done."""

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from exportkit.reading import Workers, in_order, streams_in_order
from exportkit.store import StoreOptions, open_store
from exportkit.store.cancelling import Cancellation, Stopped, cancellation
from tests.servers.faults import Fault, FaultyProxy
from tests.servers.s3 import S3

DATA = random.Random(5).randbytes(1_500_000)
SOON = 10
"""Seconds; what is waited for else, an answer or a turn, takes 30 at least."""


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultyProxy]:
    with FaultyProxy.to(s3.url) as way:
        yield way


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON


def until(is_so: Callable[[], Any]) -> None:
    while not is_so():
        time.sleep(0.01)


def interrupted(is_under_way: Callable[[], Any]) -> Iterator[int]:
    """Yields two inputs; once their work is under way, Ctrl-C comes."""
    yield from range(2)
    until(is_under_way)
    raise KeyboardInterrupt


def ahead(work: Callable[[int], list[Any]], inputs: Iterator[int], jobs: int) -> Generator[Any, None, None]:
    """As ``in_order``, its results made ahead by threads that have nothing else to do."""
    workers = Workers(jobs)

    def pieces(n: int) -> Generator[Any, None, None]:
        yield n
        yield from work(n)

    return workers.in_order(lambda n: list(workers.ahead(pieces(n), lambda _: 1)), inputs)


@pytest.mark.server
@pytest.mark.parametrize("run", [in_order, streams_in_order, ahead])
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.SHORT, Fault.SLOW_DOWN])
def test_an_interrupt_ends_readers_that_stand_still_or_wait(
    run: Callable[..., Generator[Any, None, None]], fault: Fault, s3: S3, proxy: FaultyProxy
) -> None:
    uri = s3.put("data", DATA[:50])
    proxy.share, proxy.faults = 1, [fault]
    store = open_store("s3://x", StoreOptions(endpoint_url=proxy.url, read_timeout=40))
    ended: list[BaseException] = []

    def work(_: int) -> list[bytes]:
        try:
            return [store.read(uri, 50)]
        except BaseException as error:
            ended.append(error)
            raise

    enough = 2 if fault is Fault.STALL else 8  # waits are long by then

    with pytest.raises(KeyboardInterrupt):
        list(run(work, interrupted(lambda: proxy.seen.total() >= enough), 3))
    assert [type(error) for error in ended] == [Stopped, Stopped]


def test_an_answer_that_does_not_come_is_left_to_itself_and_what_clears_away_is_done() -> None:
    never, asked = threading.Event(), threading.Semaphore(0)
    cleared: list[int] = []

    def work(n: int) -> None:
        def request() -> None:
            asked.release()
            never.wait(30)

        try:
            cancellation().ask(request)
        finally:
            cleared.append(n)

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, interrupted(lambda: asked.acquire() and asked.acquire()), 2))
    never.set()
    assert sorted(cleared) == [0, 1]


def test_an_upload_is_aborted_whose_source_stands_still(s3: S3, proxy: FaultyProxy) -> None:
    uri = s3.put("data", DATA)
    proxy.share, proxy.faults, proxy.only = 1, [Fault.STALL], "/data"
    store = open_store("s3://x", StoreOptions(endpoint_url=proxy.url, read_timeout=40))

    def work(n: int) -> None:
        with store.writer(f"{s3.uri}/made/{n}") as writer:
            writer.write(bytes(9_000_000))  # begins the upload
            writer.write(store.read(uri, len(DATA)))

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, interrupted(lambda: proxy.failed[Fault.STALL] == 2), 2))
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=s3.bucket)
    assert [entry["Key"] for entry in s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"]] == ["data"]


def test_what_a_request_raises_or_returns() -> None:
    reading = Cancellation()
    refused = ClientError({"Error": {"Code": "x"}}, "GetObject")

    def refuse() -> None:
        raise refused

    assert reading.ask(lambda: 5) == 5
    with pytest.raises(ClientError) as caught:
        reading.ask(refuse)
    assert caught.value is refused
    reading.cancel()
    with pytest.raises(Stopped):
        reading.ask(lambda: 5)
    with pytest.raises(Stopped):
        reading.wait(30)


def test_each_thread_has_its_own_and_none_by_itself() -> None:
    by_itself = cancellation()
    with Cancellation().entered():
        with (reading := Cancellation()).entered():
            assert cancellation() is reading
        assert cancellation() is not reading
    assert cancellation() is by_itself
    by_itself.check()
    assert by_itself.ask(threading.current_thread) is threading.current_thread()


def test_an_answer_that_comes_too_late_is_closed() -> None:
    reading, go_on, closed = Cancellation(), threading.Event(), threading.Semaphore(0)

    def request() -> str:
        reading.cancel()
        assert go_on.wait(30)
        return "late"

    late: list[str] = []
    with pytest.raises(Stopped):
        reading.ask(request, lambda answer: (late.append(answer), closed.release())[1])
    go_on.set()
    assert closed.acquire(timeout=30)
    assert late == ["late"]
