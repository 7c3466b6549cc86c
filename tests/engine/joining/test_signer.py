"""The sum of the hashes of records."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.scan import ReadOptions
from tests.engine.joining.entries import FORMATS, delete, item, put
from tests.engine.joining.test_index import CHANGES
from tests.engine.running import FULL, INCREMENTAL, JSON, canonical, chunks, each_size

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "signature.json").read_text(encoding="utf-8")
)["states"]


def total(engine: Engine, data: bytes, size: int = 1 << 20, **options: Any) -> int:
    signer = engine.signer(ReadOptions(**{"format": JSON, "export_type": FULL, "uri": "x", **options}))
    for chunk in chunks(data, size):
        signer.feed(chunk)
    found = signer.finish()
    assert len(found) == 32
    return int.from_bytes(found, "big")


@each_size
@pytest.mark.parametrize("format_", FORMATS, ids=str)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_states_have_their_vector(engine: Engine, vector: dict[str, Any], format_: Any, size: int) -> None:
    lines = [line.encode() + b"\n" for line in vector[format_]]
    assert f"{total(engine, b''.join(lines), size, format=format_):064x}" == vector["signature"]
    parts = [total(engine, line, format=format_) for line in reversed(lines)]
    assert f"{sum(parts) % 2**256:064x}" == vector["signature"], "sums of parts add up"


@each_size
def test_every_record_counts_once(engine: Engine, size: int) -> None:
    lines = [dumps_item(item(str(number), n=[number % 2 == 0]), JSON.form) for number in range(300)]
    hashes = [
        int.from_bytes(hashlib.sha256(encoding).digest(), "big") for encoding in canonical(engine, b"\n".join(lines))
    ]
    assert total(engine, b"\r\n\n".join(lines), size) == sum(hashes) % 2**256
    assert total(engine, b"\n".join(lines[::-1]) + b"\n", size) == sum(hashes) % 2**256
    assert total(engine, b"\n".join([*lines, lines[0]]), size) == (sum(hashes) + hashes[0]) % 2**256


def test_changes_have_a_sum_too(engine: Engine) -> None:
    data = b"".join(dumps_change(change, JSON.form) + b"\n" for change in (*CHANGES, put("a"), delete("b")))
    hashes = canonical(engine, data, hashed=True, export_type=INCREMENTAL)
    expected = sum(int.from_bytes(digest, "big") for digest in hashes) % 2**256
    assert total(engine, data, export_type=INCREMENTAL) == expected


@each_size
def test_a_malformed_record_ends_the_file(engine: Engine, size: int) -> None:
    good = dumps_item(item("a"), JSON.form) + b"\n"
    signer = engine.signer(ReadOptions(format=JSON, export_type=FULL, uri="x"))
    data = good + good + b"{\n" + good
    parts = list(chunks(data, size))
    at = next(number for number in range(len(parts)) if len(b"".join(parts[: number + 1])) >= 2 * len(good) + 2)
    for part in parts[:at]:
        signer.feed(part)
    for again in (lambda: signer.feed(parts[at]), lambda: signer.feed(b""), signer.finish, signer.finish):
        with pytest.raises(MalformedRecordError) as caught:
            again()
        assert (caught.value.reason, caught.value.line, caught.value.offset) == ("syntax", 3, 2 * len(good))
    assert signer.records == 2


def test_a_signer_is_of_one_file(engine: Engine) -> None:
    signer = engine.signer(ReadOptions(format=JSON, export_type=FULL, uri="x"))
    signer.feed(b"\n\n")
    assert (signer.records, signer.finish()) == (0, bytes(32))
    for again in (signer.finish, lambda: signer.feed(b"")):
        with pytest.raises(ValueError, match="finished"):
            again()
