"""The canonical encoding, held against the vectors that were put together by hand."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.scan import ScanOptions
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, canonical, each_size, items

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "canonical.json").read_text(encoding="utf-8")
)
FORMATS = [(JSON, "dynamodb_json"), (ION, "ion")]


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@each_size
@pytest.mark.parametrize("vector", VECTORS["items"] + VECTORS["changes"], ids=name)
def test_records_have_their_vector(engine: Engine, vector: dict[str, Any], size: int) -> None:
    export_type = FULL if vector in VECTORS["items"] else INCREMENTAL
    for form, member in FORMATS:
        lines = vector[member]
        data = "".join(f"{line}\n" for line in lines).encode()
        found = canonical(engine, data, size, format=form, export_type=export_type)
        assert [encoding.hex() for encoding in found] == [vector["canonical"]] * len(lines)
        hashed = canonical(engine, data, size, hashed=True, format=form, export_type=export_type)
        assert [digest.hex() for digest in hashed] == [vector["sha256"]] * len(lines)


@pytest.mark.parametrize("vector", VECTORS["items"], ids=name)
def test_python_values_have_the_same_encoding(engine: Engine, vector: dict[str, Any]) -> None:
    (item,) = items(engine, vector["dynamodb_json"][0].encode())
    assert engine.canonical_item(item).hex() == vector["canonical"]


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=name)
def test_key_entries_begin_with_the_hash_of_the_key(engine: Engine, vector: dict[str, Any]) -> None:
    encoding = bytes.fromhex(vector["canonical"])
    assert hashlib.sha256(encoding).hexdigest() == vector["sha256"]
    for form, member in FORMATS:
        options = ScanOptions(format=form, export_type=FULL, key_names=tuple(vector["key_names"]), collect_keys=True)
        for line in vector[member]:
            scanner = engine.scanner(options)
            scanner.feed(line.encode() + b"\n")
            assert scanner.take_keys()[:16].hex() == vector["sha256"][:32]


def test_equal_values_are_equal_bytes_and_others_are_not(engine: Engine) -> None:
    def encoding(value: Any) -> bytes:
        return engine.canonical_item({"v": value})

    classes = [
        [Decimal(1), Decimal("1.0"), Decimal("10E-1")],
        [Decimal(0), Decimal("-0"), Decimal("0E+5")],
        ["1"],
        [b"1"],
        [True],
        [False],
        [None],
        [{"1"}, frozenset({"1"})],
        [{b"1"}],
        [{Decimal(1)}, {Decimal("1.0")}],
        [["1"]],
        [{"1": "1"}],
        [["a", "b"]],
        [["b", "a"]],
        [{"a": "x", "b": "y"}, {"b": "y", "a": "x"}],
        [{"a", "b"}, {"b", "a"}],
        [{}],
        [[]],
        [""],
        [b""],
        ["é"],
        ["e\u0301"],
    ]
    seen = [{encoding(value) for value in values} for values in classes]
    assert all(len(encodings) == 1 for encodings in seen)
    assert len(set.union(*seen)) == len(classes)
