"""Arguments of another kind than they take are told by their names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import exportkit
from exportkit.errors import UsageError

EXPORT: Any = Path(__file__).parents[2] / "samples/full-json"
CHAIN: Any = Path(__file__).parents[2] / "samples/chain/backups/AWSDynamoDB/01769904000000-ba5569b2"
ANY: Any = exportkit


@pytest.mark.parametrize("wrong", [{}, {"region": "x"}, "eu-central-1"])
@pytest.mark.parametrize(
    "use",
    [
        lambda how, _: ANY.open(EXPORT, **how),
        lambda how, _: ANY.verify(EXPORT, **how),
        lambda how, _: ANY.find_exports(EXPORT, **how),
        lambda how, _: ANY.replay(CHAIN, **how),
        lambda how, _: ANY.diff(EXPORT, EXPORT, key=("pk", "sk"), **how),
        lambda how, _: ANY.signature(EXPORT, **how),
        lambda how, dest: ANY.convert(EXPORT, dest, **how),
    ],
    ids=["open", "verify", "find_exports", "replay", "diff", "signature", "convert"],
)
def test_storage(use: Callable[[dict[str, Any], Path], object], wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"storage is .*; it takes StoreOptions"):
        use({"storage": wrong}, tmp_path / "d")
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("wrong", [b"/tmp", 5, None])
@pytest.mark.parametrize("use", [ANY.open, ANY.verify, ANY.find_exports, ANY.replay, ANY.signature])
def test_a_location(use: Callable[[Any], object], wrong: Any) -> None:
    with pytest.raises(UsageError, match="a location is text or a path, not "):
        use(wrong)


@pytest.mark.parametrize("wrong", [5, {}, b"x"])
def test_a_schema(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"schema is .*; it takes a Schema, or where a schema file lies"):
        exportkit.open(EXPORT).scan(schema=wrong)


@pytest.mark.parametrize("wrong", ["exact", {}])
def test_policies(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"options is .*; it takes SchemaOptions"):
        exportkit.open(EXPORT).schema(wrong)
