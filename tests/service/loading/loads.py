"""What a load is answered, and what it sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from exportkit.model.formats import OutputFormat
from exportkit.service import LoadReport
from tests.making import Made, item, make_export
from tests.service.simulated import Wire

JSON, ION = OutputFormat
DESCRIBED = {
    "Table": {
        "TableArn": "arn:aws:dynamodb:eu-central-1:111122223333:table/Restored",
        "TableId": "5f2c0000-e7ab-4da5-8bab-03f0db0b7bfd",
        "CreationDateTime": 1768392000,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
}
EMPTY = {"Count": 0}
DONE: dict[str, Any] = {"UnprocessedItems": {}}
Answer = dict[str, Any] | tuple[int, dict[str, Any]]
Load = Callable[..., LoadReport]


def written(wire: Wire) -> list[list[dict[str, Any]]]:
    """Returns the requests of each call of BatchWriteItem."""
    return [sent["RequestItems"]["Restored"] for operation, sent in wire.sent if operation == "BatchWriteItem"]


def flat(wire: Wire) -> list[dict[str, Any]]:
    return [request for call in written(wire) for request in call]


def keys(wire: Wire) -> list[list[str]]:
    """Returns the partition keys of each call."""
    return [
        [(request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"])["pk"]["S"]
         for request in call]
        for call in written(wire)
    ]  # fmt: skip


def left(*names: str) -> dict[str, Any]:
    return {"UnprocessedItems": {"Restored": [{"PutRequest": {"Item": {"pk": {"S": name}}}} for name in names]}}


def refused(code: str, message: str = "no") -> Answer:
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}


def of_items(folder: Path, *files: list[str], form: OutputFormat = JSON) -> Made:
    return make_export(folder, form, [[item(form, key) for key in keys] for keys in files])
