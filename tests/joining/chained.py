"""Exports that make chains, and what is expected of those that do not."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import ChainError
from exportkit.export import Export, open_export
from exportkit.joining.chains import ChainRules, ReplayChain
from exportkit.model.chain import Join
from tests.export.layouts import START, lay_out

GO_ON = ChainRules(allow_gap=True, allow_overlap=True)


def instant(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def base(root: Path, time: float = 0, **named: Any) -> Export:
    return open_export(lay_out(root, time=time, **named).folder)


def window(root: Path, start: float, end: float, **named: Any) -> Export:
    return open_export(lay_out(root, window=(start, end), **named).folder)


def exportkits(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda summary: summary.update(exportkit={"operation": "compact", "inputs": [], **members})


def new_images(summary: dict[str, Any]) -> None:
    summary["outputView"] = "NEW_IMAGE"


def joins(chain: ReplayChain) -> list[tuple[str, Join]]:
    return [(link.export.uri, link.join) for link in chain.links]


@contextmanager
def refusal(reason: str, *said: str) -> Iterator[None]:
    """Expects a ChainError with a reason, which survives pickling, and some words in its text."""
    with pytest.raises(ChainError) as caught:
        yield
    error = caught.value
    assert (error.reason, error.exit_code) == (reason, 1)
    for words in said:
        assert words in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.reason) == (str(error), reason)
