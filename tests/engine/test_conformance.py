"""The conformance folder over both engines (tests/conformance/README.md)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportView, TextForm
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, Fault, ReadOptions
from exportkit.reasons import REASONS
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, canonical, drain, each_size, readers, scan, transcode

FOLDER = Path(__file__).parents[1] / "conformance"
GOOD = sorted(path for path in FOLDER.glob("good/*/*") if path.suffix in {".jsonl", ".ion"})
BAD = sorted(path for path in FOLDER.glob("bad/*/*") if path.suffix in {".jsonl", ".ion"})

# Judged of records that can be read: the other readers hand these on.
OF_SOUND_RECORDS = {
    "old-image-in-view",
    "no-image-in-view",
    "new-image-key",
    "old-image-key",
    "key-absent",
    "key-empty",
    "key-type",
    "timestamp-near",
    "timestamp-far",
}
OF_JOINS = {"key-other", "key-mixed"}
ONLY_JSON = {"type-tag", "type-value", "binary"}
ONLY_ION = {"ion-type", "ion-annotation"}


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


def kind(path: Path) -> dict[str, Any]:
    return {
        "format": ION if path.suffix == ".ion" else JSON,
        "export_type": FULL if path.parent.name == "full" else INCREMENTAL,
    }


def sidecar(path: Path) -> tuple[dict[str, Any], list[list[tuple[str, str]]]]:
    """Returns a bad file's scan options and, for each line, its faults as (reason, path)."""
    told = tomllib.loads(path.with_name(f"{path.name}.toml").read_text(encoding="utf-8"))
    options = told.get("options", {})
    for key, convert in (("key_names", tuple), ("window", tuple), ("view", ExportView)):
        if key in options:
            options[key] = convert(options[key])
    faults = [[(reason, where) for reason, _, where in (f.partition(" ") for f in line)] for line in told["faults"]]
    return {**kind(path), **options}, faults


def lines_of(path: Path) -> list[tuple[int, bytes]]:
    """Returns the lines of a bad file with their byte offsets."""
    *lines, rest = path.read_bytes().split(b"\n")
    assert rest == b""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    return list(zip(offsets, lines, strict=False))


@each_size
@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_records_are_read(engine: Engine, path: Path, size: int) -> None:
    data = path.read_bytes()
    expected = path.with_name(f"{path.name}.expected").read_bytes()

    assert transcode(engine, data, TextForm.DYNAMODB_JSON, size, **kind(path)) == expected
    report = scan(engine, data, size, **kind(path))
    assert report.faults == ()
    assert (report.records, report.malformed, report.bytes) == (expected.count(b"\n"), 0, len(data))


@pytest.mark.parametrize("form", [TextForm.DYNAMODB_JSON, TextForm.ION])
@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_records_survive_every_form(engine: Engine, path: Path, form: TextForm) -> None:
    data = path.read_bytes()
    written = transcode(engine, data, form, **kind(path))
    again = {**kind(path), "format": ION if form is TextForm.ION else JSON}

    assert canonical(engine, written, **again) == canonical(engine, data, **kind(path))
    assert transcode(engine, written, form, **again) == written


@each_size
@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_records_are_faults(engine: Engine, path: Path, size: int) -> None:
    options, expected = sidecar(path)
    lines = lines_of(path)
    assert len(lines) == len(expected)

    report = scan(engine, path.read_bytes(), size, fault_limit=1000, **options)
    told: list[list[tuple[str, str]]] = [[] for _ in lines]
    for fault in report.faults:
        assert fault.offset == lines[fault.line - 1][0]
        told[fault.line - 1].append((fault.reason, fault.path))
    for (_, line), found, wanted in zip(lines, told, expected, strict=True):
        assert found == wanted, line[:200]
    assert report.records == len(lines)


@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_records_stop_the_other_readers(engine: Engine, path: Path) -> None:
    options, expected = sidecar(path)
    read_options = ReadOptions(
        **kind(path), uri="x", max_record_size=options.get("max_record_size", DEFAULT_MAX_RECORD_SIZE)
    )
    for (_, line), [(reason, where), *_] in zip(lines_of(path), expected, strict=True):
        for reader in readers(engine, read_options):
            outcome = drain(reader, line + b"\n")
            if reason in OF_SOUND_RECORDS:
                assert outcome.error is None, line[:200]
            else:
                assert outcome.fault == (reason, 1, 0, where), line[:200]
                assert outcome.results == []
                with pytest.raises(MalformedRecordError):
                    reader.finish()


@pytest.mark.parametrize("format_", [JSON, ION])
def test_every_reason_has_a_bad_record(format_: str) -> None:
    suffix = ".jsonl" if format_ == JSON else ".ion"
    shown = {reason for path in BAD if path.suffix == suffix for line in sidecar(path)[1] for reason, _ in line}
    assert shown == set(REASONS) - OF_JOINS - (ONLY_ION if format_ == JSON else ONLY_JSON)


def test_every_fault_has_its_place() -> None:
    assert Fault("bom", 1, 0, column=3) == Fault("bom", 1, 0), "columns are a help and never compared"
