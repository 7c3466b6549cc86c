"""The S3 store against a real server: bytes, requests, errors."""

import gzip
import io
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import AccessDeniedError, BucketNotFoundError, ObjectNotFoundError, StoreError, UsageError
from exportkit.store import DataStream, ObjectInfo, Store, StoreOptions, open_store
from exportkit.store.s3 import S3Store
from tests.servers.proxy import CuttingProxy
from tests.servers.s3 import S3

pytestmark = pytest.mark.server


def store_of(s3: S3, **options: Any) -> Store:
    return open_store(s3.uri, s3.options(**options))


@pytest.mark.parametrize("key", ["a", "a/b c/+%2e%2e#?x=1&y.gz", "ünï/コード/🎉", "ends.", "'\"\\`~!@$^*(){}[]|<>"])
def test_keys_are_taken_as_they_are(s3: S3, key: str) -> None:
    uri = s3.put(key, b"hello")
    store = store_of(s3)
    info = ObjectInfo(uri, 5, "5d41402abc4b2a76b9719d911017c592")
    with store.open(uri) as stream:
        assert stream.info == info
        assert (stream.read(3), stream.read(100), stream.read(100)) == (b"hel", b"lo", b"")
    assert store.stat(uri) == info
    assert store.read(uri, 5) == b"hello"


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 3_000_001])
def test_objects_of_any_size_by_read_and_by_readinto(s3: S3, size: int) -> None:
    data = random.Random(size).randbytes(size)
    store = store_of(s3)
    uri = s3.put("data", data)
    assert store.read(uri, size) == data
    got = io.BytesIO()
    buffer = bytearray(100_000)
    with store.open(uri) as stream:
        assert stream.info.size == size
        while count := stream.readinto(buffer):
            got.write(buffer[:count])
    assert got.getvalue() == data


def test_an_object_is_inflated_and_hashed_on_the_way(s3: S3, s3_requests: list[str]) -> None:
    data = random.Random(3).randbytes(400_000) * 3
    uri = s3.put("data.json.gz", gzip.compress(data))
    with DataStream(store_of(s3).open(uri), uri) as stream:
        assert b"".join(stream) == data
    assert s3_requests == ["GetObject data.json.gz"]


def test_a_limit_is_kept_without_reading_on(s3: S3) -> None:
    uri = s3.put("large", bytes(1_000_000))
    with pytest.raises(StoreError, match="more than the 1,000 bytes"):
        store_of(s3).read(uri, 1000)


def test_listing_and_walking(s3: S3) -> None:
    for key in ("a/1", "a/b/2", "a/b/c/3", "ab/5", "top"):
        s3.put(key, b"x")
    store = store_of(s3)
    assert [info.uri.removeprefix(s3.uri) for info in store.list(f"{s3.uri}/a")] == [
        "/a/1",
        "/a/b/2",
        "/a/b/c/3",
    ]
    assert next(store.list(f"{s3.uri}/a")) == ObjectInfo(f"{s3.uri}/a/1", 1, "9dd4e461268c8034f5c8564e155c67a6")
    folders, objects = store.children(s3.uri)
    assert folders == (f"{s3.uri}/a", f"{s3.uri}/ab")
    assert [info.uri for info in objects] == [f"{s3.uri}/top"]
    assert store.children(f"{s3.uri}/nothing") == ((), ())
    assert list(store.list(f"{s3.uri}/nothing")) == []


def test_a_listing_of_many_pages_is_asked_for_page_by_page(s3: S3, s3_requests: list[str]) -> None:
    for number in range(25):
        s3.put(f"many/{number:02}", b"")
    store = S3Store(s3.options())
    store.client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 10}
    )
    assert len(list(store.list(f"{s3.uri}/many"))) == 25
    assert s3_requests == ["ListObjectsV2 many/"] * 3


@pytest.mark.parametrize(
    ("uri", "name", "parent"),
    [
        ("s3://bucket/a/b", "b", "s3://bucket/a"),
        ("s3://bucket/a", "a", "s3://bucket"),
        ("s3://bucket", "bucket", "s3://bucket"),
    ],
)
def test_names_and_parents(s3: S3, uri: str, name: str, parent: str) -> None:
    store = store_of(s3)
    assert (store.name(uri), store.parent(uri)) == (name, parent)
    assert store.join("s3://bucket/a", "b/c") == "s3://bucket/a/b/c"


# --- errors ------------------------------------------------------------------------------------------------


def test_what_is_not_there(s3: S3) -> None:
    store = store_of(s3)
    for call in (store.open, store.stat):
        with pytest.raises(ObjectNotFoundError) as caught:
            call(f"{s3.uri}/nothing")
        assert caught.value.uri == f"{s3.uri}/nothing"
    with pytest.raises(BucketNotFoundError, match="no such bucket: "):
        store.open("s3://no-such-bucket-here/x")
    with pytest.raises(BucketNotFoundError, match="no such bucket: "):
        list(store.list("s3://no-such-bucket-here/x"))
    assert not store.exists(f"{s3.uri}/nothing")


def test_wrong_credentials_name_the_permission_and_stay_secret(s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    uri = s3.put("data", b"x")
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIANOBODYSKEY"), ("AWS_SECRET_ACCESS_KEY", "wrong-secret")):
        aws_environment.setenv(name, value)
        store = store_of(s3)
        asked = [
            (store.open, "s3:GetObject"),
            (store.stat, "s3:GetObject"),
            (lambda uri, store=store: list(store.list(uri)), "s3:ListBucket"),
        ]
        for call, permission in asked:
            with pytest.raises(AccessDeniedError) as caught:
                call(uri)
            assert f"{permission} is not allowed" in str(caught.value)
            shown = str(caught.value) + repr(caught.value)
            assert "wrong-secret" not in shown
            assert "testsecret" not in shown


def test_no_credentials_at_all(s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.delenv("AWS_ACCESS_KEY_ID")
    aws_environment.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match="Unable to locate credentials"):
        store_of(s3).stat(f"{s3.uri}/x")


def test_a_server_that_is_not_there(aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_MAX_ATTEMPTS", "1")
    options = StoreOptions(endpoint_url="http://user:hidden@127.0.0.1:9")
    with pytest.raises(StoreError, match="Could not connect") as caught:
        open_store("s3://bucket", options).stat("s3://bucket/x")
    assert "hidden" not in str(caught.value)


def test_a_profile_that_is_not_there(aws_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="nobody"):
        open_store("s3://bucket", StoreOptions(profile="nobody")).stat("s3://bucket/x")


def test_a_region_that_is_none(aws_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="region"):
        open_store("s3://bucket", StoreOptions(region="no such/region")).stat("s3://bucket/x")


def test_a_connection_that_breaks_is_taken_up_where_it_broke(s3: S3, s3_requests: list[str]) -> None:
    data = random.Random(5).randbytes(3_000_000)
    uri = s3.put("data", data)
    with CuttingProxy.to(s3.url) as proxy:
        proxy.cuts = [1_000_000, 500_000]
        assert open_store(uri, StoreOptions(endpoint_url=proxy.url)).read(uri, len(data)) == data
        assert proxy.connections == 3
    assert s3_requests == ["GetObject data"] * 3


def test_an_object_that_changed_when_it_is_taken_up_again_is_an_error(s3: S3) -> None:
    uri = s3.put("data", b"a" * 3_000_000)
    with CuttingProxy.to(s3.url) as proxy:
        proxy.cuts = [1_000_000]
        stream = open_store(uri, StoreOptions(endpoint_url=proxy.url)).open(uri)
        assert stream.read(10) == b"a" * 10
        s3.put("data", b"b" * 3_000_000)
        with pytest.raises(StoreError, match="was replaced while it was read"):
            stream.read(3_000_000)
        stream.close()


# --- options -----------------------------------------------------------------------------------------------


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch, s3_requests: list[str]) -> list[dict[str, str]]:
    """The headers of the requests that are made."""
    sent: list[dict[str, str]] = []
    from exportkit.store import aws  # noqa: PLC0415

    def listen(*args: Any, **named: Any) -> Any:
        client = aws.make_client(*args, **named)
        client.meta.events.register("before-call.s3", lambda params, **_: sent.append(dict(params["headers"])))
        return client

    monkeypatch.setattr("exportkit.store.s3.make_client", listen)
    return sent


def test_every_request_says_who_pays_and_who_has_to_own_the_bucket(s3: S3, headers: list[dict[str, str]]) -> None:
    uri = s3.put("a/x", b"x")
    store = store_of(s3, requester_pays=True, expected_bucket_owner="111122223333")
    calls = [
        lambda: store.read(uri, 9),
        lambda: store.stat(uri),
        lambda: list(store.list(s3.uri)),
        lambda: store.children(s3.uri),
    ]
    for call in calls:
        headers.clear()
        call()
        assert headers
        for sent in headers:
            assert sent["x-amz-request-payer"] == "requester"
            assert sent["x-amz-expected-bucket-owner"] == "111122223333"


def test_neither_is_said_unless_it_is_asked_for(s3: S3, headers: list[dict[str, str]]) -> None:
    uri = s3.put("a/x", b"x")
    store_of(s3).read(uri, 9)
    assert headers
    assert not any("payer" in name or "owner" in name for sent in headers for name in sent)


def test_standard_configuration_is_enough(s3: S3, aws_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Endpoint, credentials and Region from a profile; addressed by path though nobody said so."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile lab]\nregion = eu-west-1\nendpoint_url = {s3.url.replace('127.0.0.1', 'localhost')}\n"
        "aws_access_key_id = test\naws_secret_access_key = testsecret\n"
    )
    aws_environment.setenv("AWS_CONFIG_FILE", os.fspath(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        aws_environment.delenv(name)
    uri = s3.put("x", b"hello")
    assert open_store(uri, StoreOptions(profile="lab")).read(uri, 9) == b"hello"


def test_many_threads_share_a_store(s3: S3, s3_requests: list[str]) -> None:
    data = {s3.put(f"{number}", bytes([number]) * 50_000): bytes([number]) * 50_000 for number in range(20)}
    store = store_of(s3, connections=4)
    wrong: list[str] = []

    def read(uri: str) -> None:
        if store.read(uri, 50_000) != data[uri]:
            wrong.append(uri)

    threads = [threading.Thread(target=read, args=(uri,)) for uri in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(s3_requests) == 20
