"""Servers on loopback as fixtures: an S3 (SeaweedFS), the DynamoDB API (moto), and DynamoDB itself (DynamoDB Local).

Tests that use them are marked ``server``, the last ``dynamodb_local``. Where a server cannot be had its tests are
skipped with the reason; ``EXPORTKIT_REQUIRE_SERVERS=1`` makes that a failure. Each
server is started once a worker, at first use.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, Protocol
from urllib.parse import unquote

import pytest

from exportkit.store.aws import make_client
from tests.servers.dynamodb import DynamoDB, start_moto
from tests.servers.dynamodb_local import start_dynamodb_local
from tests.servers.s3 import S3, Unavailable, plain_client, start_seaweedfs


def _cannot(reason: str) -> NoReturn:
    if os.environ.get("EXPORTKIT_REQUIRE_SERVERS"):
        pytest.fail(f"{reason}, and EXPORTKIT_REQUIRE_SERVERS demands it")
    pytest.skip(reason)


class _Server(Protocol):
    @property
    def url(self) -> str: ...

    def stop(self) -> None: ...


def _url_of(start: Callable[[], _Server]) -> Iterator[str]:
    """Starts a server and yields its URL; then stops it."""
    try:
        server = start()
    except Unavailable as error:
        _cannot(str(error))
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 server that lives as long as the tests run."""
    yield from _url_of(start_seaweedfs)


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The URL of a server of the DynamoDB API (and S3's, for exports to write to)."""
    yield from _url_of(start_moto)


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The URL of a DynamoDB Local."""
    yield from _url_of(start_dynamodb_local)


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Standard AWS configuration with test credentials, and nothing of this machine's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "testsecret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture(scope="session")
def new_bucket(s3_endpoint: str) -> Iterator[Callable[[], str]]:
    """Gives the name of an empty bucket at each call.

    The first object of a bucket takes SeaweedFS a fifth of a second, so one is made ready ahead.
    """
    client = plain_client(s3_endpoint)

    def make() -> str:
        bucket = f"t-{uuid.uuid4().hex[:20]}"
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key="first", Body=b"1")
        client.delete_object(Bucket=bucket, Key="first")
        return bucket

    with ThreadPoolExecutor(1) as making:
        ahead = making.submit(make)

        def take() -> str:
            nonlocal ahead
            bucket = ahead.result()
            ahead = making.submit(make)
            return bucket

        yield take
    client.close()


@pytest.fixture
def s3(s3_endpoint: str, new_bucket: Callable[[], str], aws_environment: pytest.MonkeyPatch) -> Iterator[S3]:
    """A bucket of its own in the S3 server; the environment has the credentials."""
    with S3.in_bucket(s3_endpoint, new_bucket()) as bucket:
        yield bucket


@pytest.fixture
def s3_requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What exportkit asks of S3 from here on, each as ``Operation key`` (or the prefix of a list)."""
    requests: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        listed = params["query_string"].get("prefix", "")
        asked = listed if model.name.startswith("List") else unquote(params["url_path"]).removeprefix("/")
        requests.append(f"{model.name} {asked}".rstrip())

    def make_client_and_listen(*args: Any, **named: Any) -> Any:
        client = make_client(*args, **named)
        client.meta.events.register("before-call.s3", note)
        return client

    monkeypatch.setattr("exportkit.store.s3.make_client", make_client_and_listen)
    return requests


@pytest.fixture
def dynamodb(dynamodb_endpoint: str, aws_environment: pytest.MonkeyPatch) -> Iterator[DynamoDB]:
    """The DynamoDB API with nothing in it; the environment has the credentials."""
    with DynamoDB.empty(dynamodb_endpoint) as api:
        yield api
