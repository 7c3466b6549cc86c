"""``exportkit load`` and ``import-command`` on S3, a fifth of all requests to it failing."""

from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from exportkit.store import aws, s3_reading
from tests.algebra.tables import ION, JSON, exported, life
from tests.commands import did
from tests.servers.faults import PASSING, Fault, FaultyProxy
from tests.servers.s3 import S3
from tests.service.simulated import Wire

pytestmark = pytest.mark.server

QUICK = tuple(fault for fault in PASSING if fault is not Fault.STALL)
DESCRIBED = {
    "Table": {
        "TableArn": "arn:aws:dynamodb:eu-central-1:111122223333:table/Restored",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
    }
}
ANSWERS: list[dict[str, Any] | tuple[int, dict[str, Any]]] = [DESCRIBED, {"Count": 0}, {"UnprocessedItems": {}}]


def test_what_is_written_is_the_same(s3: S3, tmp_path: Path, aws_environment: pytest.MonkeyPatch) -> None:
    wire = Wire()
    aws_environment.setattr("exportkit.service.tables.make_client", wire.under(aws.make_client))
    aws_environment.setattr("tempfile.tempdir", str(tmp_path))
    aws_environment.setattr(s3_reading, "_FIRST_WAIT", 0.001)
    aws_environment.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.001)
    root = tmp_path / "bucket"
    table = exported(root, life(), (JSON, ION))
    s3.upload(root, "in")
    paths = (table.states[0], *table.windows)
    uris = [f"{s3.uri}/in/{path.relative_to(root)}" for path in paths]
    wire.answers = [*ANSWERS]
    did("load", *paths, "Restored", "--jobs", 1)
    local, wire.sent = wire.sent, []
    imported = did("import-command", uris[0], "--key", "pk:S,sk:N", "--endpoint-url", s3.url).out
    with FaultyProxy.to(s3.url, share=0.2, faults=QUICK, seed=7) as proxy:
        wire.answers = [*ANSWERS]
        told = did("load", *uris, "Restored", "--jobs", 1, "--endpoint-url", proxy.url, "--json").told
        assert proxy.failed
        words = ("import-command", uris[0], "--key", "pk:S,sk:N", "--endpoint-url", proxy.url)
        assert did(*words).out == imported
    assert wire.sent == local
    assert sum(operation == "BatchWriteItem" for operation, _ in local) > 3
    assert told["storage"]["retries"] > 0
