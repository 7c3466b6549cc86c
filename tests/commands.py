"""The command line run in this process, and a look at what it left."""

import contextlib
import gzip
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import orjson

import exportkit
from exportkit.cli import main
from tests.histories import Key, State, key_of


@dataclass(frozen=True)
class Done:
    """What a command came to.

    Attributes:
        code: Its exit code.
        out: What it printed as a result.
        err: Everything else it said.
    """

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The JSON document it printed."""
        return orjson.loads(self.out)


def run(*words: object, engine: str | None = None) -> Done:
    """Runs a command, by the engine of that name."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    named = {} if engine is None else {"EXPORTKIT_ENGINE": engine}
    with mock.patch.dict(os.environ, named), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*map(str, words)])
    return Done(code, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    data = stream.buffer
    assert isinstance(data, io.BytesIO)
    return data.getvalue().decode()


def did(*words: object, engine: str | None = None) -> Done:
    """Runs a command that has to succeed."""
    done = run(*words, engine=engine)
    assert done.code == 0, f"{' '.join(map(str, words))}\n{done.out}\n{done.err}"
    return done


def made(dest: Path) -> Path:
    """Returns the folder of the one export that lies below a destination."""
    (summary,) = (dest / "AWSDynamoDB").glob("*/manifest-summary.json")
    return summary.parent


def state_in(folder: Path, key_names: Sequence[str]) -> State:
    """Returns the items of a full export by key; no key may stand twice."""
    items = list(exportkit.open(folder).items())
    found = {key_of(item, key_names): item for item in items}
    assert len(found) == len(items)
    return found


def changes_in(folder: Path, key_names: Sequence[str]) -> dict[Key, tuple[Any, Any, int]]:
    """Returns the changes of an incremental export by key, as ``histories.by_key`` does."""
    records = list(exportkit.open(folder).changes())
    found = {
        key_of(record.keys, key_names): (record.old_image, record.new_image, record.write_timestamp)
        for record in records
    }
    assert len(found) == len(records)
    return found


def lines_in(folder: Path) -> list[bytes]:
    """Returns the lines of an export's data files, in the order of its manifest; by gzip and JSON alone."""
    root = folder.parents[1]
    entries = (folder / "manifest-files.json").read_bytes().splitlines()
    data = (gzip.decompress((root / orjson.loads(entry)["dataFileS3Key"]).read_bytes()) for entry in entries)
    return b"".join(data).split(b"\n")[:-1]


def left_behind(dest: Path) -> list[str]:
    """Returns every file below a folder, by its path."""
    return sorted(str(path.relative_to(dest)) for path in dest.rglob("*") if path.is_file())
