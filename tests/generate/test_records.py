"""What generate writes is what the format allows, all of it, and nothing else."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amazon.ion import simpleion

from exportkit.engine.protocols import Engine
from exportkit.export import open_export
from exportkit.generate import Generated, GenerateOptions, Shape, generate
from exportkit.generate.edges import EDGES
from exportkit.model.formats import ExportType, ExportView, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions, ScanOptions, ScanReport
from exportkit.model.values import Item
from exportkit.reading import OpenExport

JSON, ION = OutputFormat
BOTH = pytest.mark.parametrize("output_format", [JSON, ION])
IN_JSON = pytest.mark.parametrize("mixed", [JSON], indirect=True)
"""The text of JSON is looked at; that both formats hold the same items is a test of its own."""


def lines_of(location: str) -> Iterator[bytes]:
    for file in open_export(location).files():
        yield from gzip.decompress(Path(file.uri).read_bytes()).splitlines(keepends=True)


def scan(engine: Engine, location: str, key: tuple[str, ...] | None) -> Iterator[ScanReport]:
    export = open_export(location)
    summary = export.summary
    for file in export.files():
        scanner = engine.scanner(
            ScanOptions(
                format=summary.output_format,
                export_type=summary.export_type,
                view=summary.output_view,
                key_names=key,
                window=summary.window.micros if summary.window else None,
            )
        )
        scanner.feed(gzip.decompress(Path(file.uri).read_bytes()))
        yield scanner.finish()


@pytest.fixture(scope="module", params=[JSON, ION])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    options = GenerateOptions(items=300, windows=2, format=request.param, big_items=3, view=tuple(ExportView))
    return generate(tmp_path_factory.mktemp("mixed"), options)


def test_no_record_has_a_fault(mixed: Generated, engine: Engine) -> None:
    types: set[str] = set()
    deepest = 0
    for export in mixed.exports:
        reports = list(scan(engine, export.location, ("pk", "sk")))
        assert [report.fault_counts for report in reports] == [{}] * 5
        assert sum(report.records for report in reports) == export.summary.item_count > 0
        assert sum(report.blank_lines for report in reports) == 0
        types |= {tag for report in reports for tag, count in report.types.items() if count}
        deepest = max(deepest, *(report.deepest for report in reports))
    assert types == {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}
    assert deepest == 32, "as deep as DynamoDB allows, and no deeper"


@IN_JSON
def test_every_edge_is_in_a_small_export(mixed: Generated, engine: Engine) -> None:
    whole = b"".join(lines_of(mixed.base.location)).decode()
    assert [edge for edge in EDGES if edge not in whole] == []


def test_items_are_of_a_size_that_dynamodb_takes(mixed: Generated, engine: Engine) -> None:
    sizes = sorted(size_of(item) for item in OpenExport(open_export(mixed.base.location), engine=engine).items())
    assert sizes[-1] <= 400 * 1024
    assert [size > 300_000 for size in sizes[-4:]] == [False, True, True, True], "the three big items"


def size_of(value: Any) -> int:
    """Returns an item's size by the developer guide's "DynamoDB item sizes and formats"; numbers generously."""
    match value:
        case dict():
            return 3 + sum(len(name.encode()) + 1 + size_of(part) for name, part in value.items())
        case list() | set():
            return 3 + sum(1 + size_of(part) for part in value)
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
        case None | bool():
            return 1
        case _:
            return 1 + (len(value.as_tuple().digits) + 2) // 2


def items_by_key(location: str, engine: Engine) -> dict[str, Item]:
    items = OpenExport(open_export(location), engine=engine).items()
    return {repr([item[name] for name in ("pk", "sk")]): item for item in items}


@pytest.mark.parametrize("shape", list(Shape))
def test_both_formats_hold_the_same_items(tmp_path: Path, engine: Engine, shape: Shape) -> None:
    made = [
        generate(tmp_path / each, GenerateOptions(items=203, shape=shape, format=each, seed=9)) for each in (JSON, ION)
    ]
    as_json, as_ion = (items_by_key(done.base.location, engine) for done in made)
    assert len(as_json) == 203
    assert as_json == as_ion


@BOTH
@pytest.mark.parametrize("shape", list(Shape))
def test_records_are_spelled_as_the_engines_spell_them(
    tmp_path: Path, engine: Engine, shape: Shape, output_format: OutputFormat
) -> None:
    """The hot path joins text of its own: a transcoder, reading and writing it, must give the same."""
    done = generate(tmp_path, GenerateOptions(items=400, windows=1, shape=shape, format=output_format, seed=3))
    form = TextForm.ION if output_format is ION else TextForm.DYNAMODB_JSON
    for export, kind in zip(done.exports, ExportType, strict=True):
        # Spellings on purpose, which nobody gives back: \\u where it need not be, zeros for an exponent.
        lines = [line for line in lines_of(export.location) if b"\\u" not in line and b"0" * 38 not in line]
        if output_format is ION and kind is ExportType.INCREMENTAL:
            # AWS's documentation has Keys before Metadata in Ion; the engines keep one order for both formats.
            lines = [re.sub(rb"(Keys:.*?\}),(Metadata:.*?\})", rb"\2,\1", line, count=1) for line in lines]
            # A normalised time stamp is as good as the documentation's.
            lines = [line for line in lines if not re.search(rb"WriteTimestampMicros:[0-9]+d", line)]
        transcoder = engine.transcoder(ReadOptions(format=output_format, export_type=kind), form)
        again = (transcoder.feed(b"".join(lines)) + transcoder.finish()).splitlines(keepends=True)
        assert len(lines) > 20
        assert [line.lstrip(b" ") for line in lines] == again


def test_most_lines_of_ion_start_with_a_space(mixed: Generated) -> None:
    for export in mixed.exports:
        lines = list(lines_of(export.location))
        if export.summary.output_format is JSON:
            assert all(line.startswith(b"{") for line in lines)
        else:
            spaced = sum(line.startswith(b" $ion_1_0 ") for line in lines)
            assert sum(line.startswith(b"$ion_1_0 ") for line in lines) + spaced == len(lines)
            assert spaced > len(lines) * 0.9
    if mixed.base.summary.output_format is ION:
        assert any(line.startswith(b"$ion_1_0") for line in lines_of(mixed.base.location))


def test_a_file_of_ion_is_one_stream_for_others_too(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=100, shape=Shape.TYPICAL, format=ION, files=1))
    stream = b"".join(lines_of(done.base.location)).decode()
    values = simpleion.loads(stream, single_value=False)
    assert len(values) == 100
    assert all(set(value) == {"Item"} and value["Item"]["pk"] for value in values)


def test_attributes_come_in_several_orders(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=400, shape=Shape.TYPICAL))
    first = [next(iter(json.loads(line)["Item"])) for line in lines_of(done.base.location)]
    assert first.count("pk") > 100, "the key first is usual"
    assert len(set(first)) > 3


@IN_JSON
def test_some_text_is_escaped_where_it_need_not_be(mixed: Generated) -> None:
    whole = b"".join(lines_of(mixed.base.location))
    assert b"\\ud83d\\ude00" in whole
    assert "😀".encode() in whole
    assert "line\u2028separator".encode() in whole


@BOTH
@pytest.mark.parametrize("key", ["id", "id:S", "id:N", "id:B", "a.b:S,c d:N", "😀:N,it's:B", "100%:B,sk:S", "p,s:S"])
def test_keys_of_every_type_are_unique(tmp_path: Path, engine: Engine, key: str, output_format: OutputFormat) -> None:
    options = GenerateOptions(items=300, key=key, format=output_format, windows=1, shape=Shape.NARROW)
    names = tuple(part.name for part in options.key_parts)
    types = {"S": str, "B": bytes}
    done = generate(tmp_path, options)
    seen = set()
    for item in OpenExport(open_export(done.base.location), engine=engine).items():
        assert isinstance(item, dict)
        for part in options.key_parts:
            assert type(item[part.name]) is types.get(part.type, type(item[part.name]))
        seen.add(tuple(str(item[name]) for name in names))
    assert len(seen) == 300
    for export in done.exports:
        assert all(not report.fault_counts for report in scan(engine, export.location, names))


def test_the_partition_key_repeats_where_there_is_a_sort_key(tmp_path: Path, engine: Engine) -> None:
    done = generate(tmp_path, GenerateOptions(items=80))
    items = items_by_key(done.base.location, engine).values()
    assert len({str(item["pk"]) for item in items}) == 10


@IN_JSON
def test_binary_is_padded_base64(mixed: Generated) -> None:
    def binaries(value: Any) -> Iterator[str]:
        match value:
            case {"B": str(text)}:
                yield text
            case {"BS": list(texts)}:
                yield from texts
            case dict():
                for part in value.values():
                    yield from binaries(part)
            case list():
                for part in value:
                    yield from binaries(part)

    found = {text for line in lines_of(mixed.base.location) for text in binaries(json.loads(line)["Item"])}
    assert "" in found
    assert all(base64.b64encode(base64.b64decode(text, validate=True)).decode() == text for text in found)
