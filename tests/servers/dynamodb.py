"""moto's server in a thread: the DynamoDB API with ExportTableToPointInTime and DescribeExport."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import boto3
import urllib3

from exportkit.store import StoreOptions


@dataclass
class Moto:
    url: str
    server: Any

    def stop(self) -> None:
        self.server.stop()


def start_moto() -> Moto:
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - may not be installed

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return Moto(f"http://{host}:{port}", server)


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
