"""Each fault of a connection to S3 by itself: read on at the byte, sent again, or told; never without bound."""

import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from exportkit.errors import ObjectNotFoundError, StoreError
from exportkit.store import Store, StoreOptions, Traffic, open_store
from exportkit.store.cancelling import Cancellation
from exportkit.store.s3_reading import TRIES
from tests.servers.faults import PASSING, Fault, FaultyProxy
from tests.servers.s3 import S3

pytestmark = pytest.mark.server

DATA = random.Random(5).randbytes(1_500_000)


def some(*quick: Fault) -> list[Any]:
    """Returns the faults as parameters, all but a few of them slow."""
    return [pytest.param(each, marks=() if each in quick else pytest.mark.slow) for each in PASSING]


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultyProxy]:
    with FaultyProxy.to(s3.url) as way:
        yield way


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before what broke off is asked for again, none of which is waited; botocore's are short."""
    waited: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waited.append(seconds))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.001)
    return waited


def store_by(proxy: FaultyProxy, **named: Any) -> Store:
    patience = 0.25 if Fault.STALL in proxy.faults and len(proxy.faults) == 1 else 30
    return open_store("s3://x", StoreOptions(endpoint_url=proxy.url, read_timeout=patience, **named))


@pytest.mark.parametrize("fault", some(Fault.ERROR, Fault.CUT, Fault.SHORT, Fault.STALL))
def test_reading_through_a_fault(fault: Fault, s3: S3, proxy: FaultyProxy) -> None:
    uri = s3.put("data", DATA)
    proxy.share, proxy.faults = 0.5, [fault]
    traffic = Traffic()
    for _ in range(4):
        assert store_by(proxy, traffic=traffic).read(uri, len(DATA)) == DATA
    assert proxy.failed[fault]
    told = traffic.to_dict()
    assert told["requests"] == proxy.seen.total()
    assert told["bytes_read"] == 4 * len(DATA), "each byte is taken once"
    if fault is not Fault.CORRUPT_SENT:  # nothing is sent
        assert told["retries"] == told["requests"] - 4  # type: ignore[operator]


@pytest.mark.parametrize("fault", some(Fault.SLOW_DOWN, Fault.LOST, Fault.CORRUPT_SENT))
def test_writing_listing_and_deleting_through_a_fault(fault: Fault, s3: S3, proxy: FaultyProxy) -> None:
    proxy.share, proxy.faults = 0.4, [fault]
    store = store_by(proxy)
    for number in range(5):
        store.put(f"{s3.uri}/d/{number}", DATA[:1000])
    assert [info.uri for info in store.list(f"{s3.uri}/d")] == [f"{s3.uri}/d/{number}" for number in range(5)]
    assert all(store.stat(f"{s3.uri}/d/{number}").size == 1000 for number in range(5))
    assert store.tail(f"{s3.uri}/d/1", 10) == DATA[990:1000]
    store.delete_folder(f"{s3.uri}/d")
    assert not store.exists(f"{s3.uri}/d/1")
    assert proxy.failed[fault]


@pytest.mark.parametrize("fault", some(Fault.LOST))
def test_an_upload_in_parts_through_a_fault(fault: Fault, s3: S3, proxy: FaultyProxy) -> None:
    data = DATA * 6
    proxy.share, proxy.faults = 0.4, [fault]
    with store_by(proxy).writer(f"{s3.uri}/large") as writer:
        for start in range(0, len(data), len(DATA)):
            writer.write(data[start : start + len(DATA)])
    assert s3.client.get_object(Bucket=s3.bucket, Key="large")["Body"].read() == data
    assert writer.info.size == len(data)


def test_it_goes_on_at_the_byte_and_only_in_the_same_object(s3: S3, proxy: FaultyProxy) -> None:
    uri = s3.put("data", DATA)
    asked: list[dict[str, Any]] = []
    store: Any = store_by(proxy)
    store.client.meta.events.register("provide-client-params.s3.GetObject", lambda params, **_: asked.append(params))
    proxy.share, proxy.faults, proxy.seed = 0.7, [Fault.CUT], 1
    assert store.read(uri, len(DATA)) == DATA
    assert "Range" not in asked[0]
    assert len(asked) > 2
    etag = s3.client.head_object(Bucket=s3.bucket, Key="data")["ETag"]
    starts = [int(params["Range"].removeprefix("bytes=").partition("-")[0]) for params in asked[1:]]
    assert starts == sorted(starts)
    assert starts[-1] > 0
    assert {params["IfMatch"] for params in asked[1:]} == {etag}


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SHORT, Fault.STALL])
def test_it_is_given_up_where_nothing_comes_any_more(
    fault: Fault, s3: S3, proxy: FaultyProxy, waits: list[float]
) -> None:
    uri = s3.put("data", DATA[:50])  # less than a piece: nothing of an answer that breaks off is kept
    proxy.share, proxy.faults = 1, [fault]
    start = time.monotonic()
    with pytest.raises(StoreError, match=rf"broke off {TRIES} times at byte \d+ of 50") as caught:
        store_by(proxy).read(uri, 50)
    assert caught.value.uri == uri
    assert caught.value.message.endswith("; run again later")
    assert ("nothing came for 0.25 seconds (--read-timeout)" in caught.value.message) is (fault is Fault.STALL)
    assert proxy.seen.total() == TRIES
    assert time.monotonic() - start < 30
    assert len(waits) == TRIES - 1
    assert all(later > 0.9 * former for former, later in itertools.pairwise(waits)), "each wait is longer"
    assert waits[-1] > 10 * waits[0]


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.ERROR, Fault.REFUSED])
def test_a_server_that_never_gets_better_is_given_up(fault: Fault, s3: S3, proxy: FaultyProxy) -> None:
    uri = s3.put("data", b"x")
    proxy.share, proxy.faults = 1, [fault]
    told = "tried again and again; look at the network" if fault is Fault.REFUSED else "tried 10 times.*later"
    with pytest.raises(StoreError, match=told):
        store_by(proxy).read(uri, 1)
    assert proxy.seen.total() == 10


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SHORT, Fault.STALL])
def test_an_error_that_breaks_off_is_asked_for_again(fault: Fault, s3: S3, proxy: FaultyProxy) -> None:
    proxy.share, proxy.faults, proxy.seed = 0.6, [fault], 1
    store = store_by(proxy)
    for number in range(4):
        with pytest.raises(ObjectNotFoundError):
            store.read(f"{s3.uri}/nothing/{number}", 1)
    assert proxy.failed[fault]
    proxy.share = 1
    with pytest.raises(StoreError):
        store.read(f"{s3.uri}/nothing/9", 1)


def test_a_bucket_that_is_missing_is_not_asked_for_again(s3: S3, proxy: FaultyProxy) -> None:
    with pytest.raises(StoreError, match="no such bucket"):
        store_by(proxy).read("s3://no-such-bucket-here/x", 1)
    assert proxy.seen.total() == 1


def test_the_same_seed_makes_the_same_faults(s3: S3) -> None:
    uri = s3.put("data", b"x")
    failed = []
    for seed in (1, 1, 2):
        with FaultyProxy.to(s3.url, share=0.5, seed=seed, faults=[Fault.SLOW_DOWN, Fault.ERROR]) as proxy:
            store = store_by(proxy)
            for _ in range(10):
                store.read(uri, 1)
            failed.append(dict(proxy.failed))
    assert failed[0] == failed[1] != failed[2]
