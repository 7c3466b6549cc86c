"""Exports to measure with, made once by ``exportkit generate`` into ``benchmarks/data`` (git-ignored)."""

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exportkit.export import open_export
from exportkit.generate import GenerateOptions, generate

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Dataset:
    """One export on disk.

    Attributes:
        location: Its folder.
        items: Its items, or changes.
        bytes: Decompressed bytes of its data files.
        compressed_bytes: Compressed ones.
        files: Its data files that are not empty.
        md5s: What the manifest says their MD5s are, base64.
        table_items: Items that the table has after it.
    """

    location: str
    items: int
    bytes: int
    compressed_bytes: int
    files: tuple[Path, ...]
    md5s: tuple[str | None, ...]
    table_items: int


def dataset(name: str, options: GenerateOptions, folder: Path = FOLDER) -> Dataset:
    """Returns the full export that ``options`` describe, made now if it is not there."""
    return chain(name, options, folder)[0]


def chain(name: str, options: GenerateOptions, folder: Path = FOLDER) -> tuple[Dataset, ...]:
    """Returns the full export and the windows after it that ``options`` describe, made now if they are not there."""
    place = folder / name
    note = place / "made.json"
    if not note.is_file() or json.loads(note.read_bytes()).get("made_of") != repr(options):
        shutil.rmtree(place, ignore_errors=True)
        print(f"making {name}: {options.items:,} items", file=sys.stderr)
        start = time.perf_counter()
        exports = generate(place, options).to_dict()["exports"]
        told = {"made_of": repr(options), "exports": exports, "seconds": time.perf_counter() - start}
        note.write_text(json.dumps(told), "utf-8")
    return tuple(map(_dataset, json.loads(note.read_bytes())["exports"]))


def _dataset(told: dict[str, Any]) -> Dataset:
    files = [file for file in open_export(told["location"]).files() if file.entry.item_count]
    paths = tuple(Path(file.uri) for file in files)
    return Dataset(
        location=told["location"],
        items=told["itemCount"],
        bytes=told["bytes"],
        compressed_bytes=sum(path.stat().st_size for path in paths),
        files=paths,
        md5s=tuple(file.entry.md5 for file in files),
        table_items=told["tableItems"],
    )
