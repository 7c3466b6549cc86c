"""Exports to measure with, made once by ``exportkit generate`` into ``benchmarks/data`` (git-ignored)."""

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from exportkit.export import open_export
from exportkit.generate import GenerateOptions, generate

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Dataset:
    """One export on disk.

    Attributes:
        location: Its folder.
        items: Its items.
        bytes: Decompressed bytes of its data files.
        compressed_bytes: Compressed ones.
        files: Its data files that are not empty.
        md5s: What the manifest says their MD5s are, base64.
        seconds: What making it took, when it was made.
    """

    location: str
    items: int
    bytes: int
    compressed_bytes: int
    files: tuple[Path, ...]
    md5s: tuple[str | None, ...]
    seconds: float


def dataset(name: str, options: GenerateOptions, folder: Path = FOLDER) -> Dataset:
    """Returns the export that ``options`` describe, made now if it is not there."""
    place = folder / name
    note = place / "made.json"
    if not note.is_file() or json.loads(note.read_bytes())["options"] != repr(options):
        shutil.rmtree(place, ignore_errors=True)
        print(f"making {name}: {options.items:,} items", file=sys.stderr)
        start = time.perf_counter()
        base = generate(place, options).base
        told = {"options": repr(options), "location": base.location, "bytes": base.bytes}
        note.write_text(json.dumps(told | {"seconds": time.perf_counter() - start}), "utf-8")
    told = json.loads(note.read_bytes())
    files = [file for file in open_export(told["location"]).files() if file.entry.item_count]
    paths = tuple(Path(file.uri) for file in files)
    return Dataset(
        location=told["location"],
        items=options.items,
        bytes=told["bytes"],
        compressed_bytes=sum(path.stat().st_size for path in paths),
        files=paths,
        md5s=tuple(file.entry.md5 for file in files),
        seconds=told["seconds"],
    )
