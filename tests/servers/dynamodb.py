"""moto's server as a process of its own: the DynamoDB API with ExportTableToPointInTime and DescribeExport."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Self

import boto3
import urllib3

from exportkit.store import StoreOptions
from tests.servers.s3 import Unavailable, free_ports

_SECONDS_TO_START = 60
_TRIES = 3


@dataclass
class Moto:
    url: str
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_moto() -> Moto:
    if find_spec("moto") is None:
        raise Unavailable("moto's server is not installed (pip install 'moto[dynamodb,s3,server]')")
    for _ in range(_TRIES):  # a port that was free may be taken before the server has it
        (port,) = free_ports(1)
        words = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = Moto(f"http://127.0.0.1:{port}", process)
        if _ready(server):
            return server
        server.stop()
    raise Unavailable("moto's server does not start")


def _ready(server: Moto) -> bool:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            urllib3.request("GET", f"{server.url}/moto-api/data.json", retries=False)
            return True
        time.sleep(0.1)
    return False


@dataclass
class DynamoDB:
    """The API.

    Attributes:
        url: The server.
        client: A client for what a test sets up.
        s3: A client of the same server's S3.
    """

    url: str
    client: Any
    s3: Any

    @classmethod
    @contextlib.contextmanager
    def empty(cls, url: str) -> Iterator[Self]:
        urllib3.request("POST", f"{url}/moto-api/reset")
        api = cls(url, cls._client("dynamodb", url), cls._client("s3", url))
        try:
            yield api
        finally:
            api.client.close()
            api.s3.close()

    @staticmethod
    def _client(service: str, url: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="testsecret",
            region_name="eu-central-1",
        )

    def options(self, **named: Any) -> StoreOptions:
        return StoreOptions(dynamodb_endpoint_url=self.url, **named)
