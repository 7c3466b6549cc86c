"""Makes the exports in this folder anew: ``python samples/make_samples.py``.

They are what ``exportkit generate`` makes, two of them moved out of their bucket as
``aws s3 cp --recursive`` would do it, and one damaged with care.
"""

import gzip
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import orjson

from exportkit.generate import GenerateOptions, Shape, generate
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.sink.export_writer import ExportWriter

JSON, ION = OutputFormat
NEW_IMAGE, BOTH_IMAGES = ExportView
NAMES = ("full-json", "full-ion", "chain", "damaged")


def make(folder: Path) -> None:
    """Makes all samples below ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, output_format in (("full-json", JSON), ("full-ion", ION)):
            options = GenerateOptions(items=150, seed=1, table="Samples", format=output_format, gzip_members=2)
            shutil.copytree(generate(Path(scratch, name), options).base.location, folder / name)
        make_damaged(Path(scratch), folder / "damaged")
    make_chain(folder / "chain")


def make_chain(folder: Path) -> None:
    """Makes a base and three increments of both formats and both views, with the state they lead to."""
    options = GenerateOptions(
        items=120,
        files=3,
        windows=3,
        changes=0.2,
        seed=2,
        table="Chain",
        prefix="backups",
        window_format=(JSON, ION, ION),
        view=(BOTH_IMAGES, NEW_IMAGE, BOTH_IMAGES),
        export_time=datetime(2026, 2, 1, tzinfo=UTC),
    )
    generate(folder, options, expected=True)


def make_damaged(scratch: Path, folder: Path) -> None:
    """Makes a full export with faults that ``exportkit verify`` has to find; README.md lists them."""
    options = GenerateOptions(items=120, files=5, empty_files=0, seed=3, shape=Shape.TYPICAL, table="Damaged")
    base = generate(scratch / "damaged", options).base
    files = [gzip.decompress(file.read_bytes()).splitlines(keepends=True) for file in data_files(base.location)]
    plant_bad_records(files)
    with ExportWriter(scratch / "rewritten", base.summary) as export:
        for lines in files:
            with export.data_file() as file:
                file.write(b"".join(lines), records=len(lines))
        export.finish()
    shutil.copytree(export.folder, folder)

    _, _, flipped, missing, miscounted = data_files(folder)
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 0x10
    flipped.write_bytes(content)
    missing.unlink()
    manifest = folder / "manifest-files.json"
    entries = [orjson.loads(line) for line in manifest.read_bytes().splitlines()]
    for entry in entries:
        entry["itemCount"] += entry["dataFileS3Key"].endswith(miscounted.name)
    manifest.write_bytes(b"".join(orjson.dumps(entry) + b"\n" for entry in entries))


def plant_bad_records(files: list[list[bytes]]) -> None:
    """Breaks records of the first file, and repeats one of it in the second."""
    first, second, *_ = files
    first[2] = re.sub(rb'"revision":\{"N":"', rb'"revision":{"N":"1234567890123456789012345678901234567890', first[2])
    first[4] = first[4].replace(b'{"Item":{', b'{"Item":{"paid":{"BOOL":false},')
    first[6] = first[6][: len(first[6]) // 2] + b"\n"
    second.append(first[8])


def data_files(folder: str | Path) -> list[Path]:
    """Returns an export's data files in the order of its manifest."""
    manifest = Path(folder, "manifest-files.json").read_bytes()
    keys = [orjson.loads(line)["dataFileS3Key"] for line in manifest.splitlines()]
    return [Path(folder, "data", key.rsplit("/", 1)[-1]) for key in keys]


if __name__ == "__main__":
    here = Path(__file__).parent
    for sample in NAMES:
        shutil.rmtree(here / sample, ignore_errors=True)
    make(here)
    size = sum(path.stat().st_size for sample in NAMES for path in (here / sample).rglob("*") if path.is_file())
    print(f"made {', '.join(NAMES)}: {size:,} bytes", file=sys.stderr)
