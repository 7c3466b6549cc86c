"""Statistics that a decoder takes in the same pass: those of an inference of the same file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exportkit.engine.protocols import Decoder, Engine
from exportkit.errors import MalformedRecordError, MisfitError
from exportkit.model.decode import DecodeOptions, Split
from exportkit.model.plan import ColumnPlan
from exportkit.model.statistics import InferOptions, Statistics
from tests.engine.columnar import INT64, STRING, change, infer, items_of, lines, only, struct
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, chunks, each_size
from tests.engine.test_conformance import BAD, GOOD, kind, name
from tests.engine.test_real_exports import each_file, read

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)

BAD_LINE: dict[str, bytes] = {
    JSON: b'{"Item":{"a":{"S":"longer than the others"},"new":{"L":[{"N":"x"}]}}}',
    ION: b"{Item:{new:[nan]}}",
}
PLAN = ColumnPlan(item=struct(a=STRING), rescue=True)


def decoder(
    engine: Engine,
    plan: ColumnPlan,
    *,
    file_index: int = 0,
    max_map_fields: int = 200,
    format: str = JSON,  # noqa: A002 - the option's name
    export_type: str = FULL,
    **options: Any,
) -> Decoder:
    # What else an InferOptions says is of no account: it says here what is not so.
    asked = InferOptions(
        format=JSON if format == ION else ION,
        export_type=FULL if export_type == INCREMENTAL else INCREMENTAL,
        uri="y",
        max_record_size=1,
        file_index=file_index,
        max_map_fields=max_map_fields,
        split_by="a",
        max_split_values=1,
        quarantine=not options.get("quarantine", False),
    )
    settings: dict[str, Any] = {"format": format, "export_type": export_type, "uri": "x", "infer": asked, **options}
    return engine.decoder(DecodeOptions(**settings), [plan])


def ended(reader: Decoder, data: bytes, size: int = 1 << 20) -> Decoder:
    for chunk in chunks(data, size):
        reader.feed(chunk)
    while reader.finish():
        pass
    return reader


def taken(engine: Engine, data: bytes, plan: ColumnPlan = PLAN, size: int = 1 << 20, **options: Any) -> Statistics:
    return ended(decoder(engine, plan, **options), data, size).statistics()


def plans(export_type: str) -> Iterator[ColumnPlan]:
    """Yields a plan in which every value is held, and one in which every attribute is a misfit."""
    is_full = export_type == FULL
    for others in ("rest", "misfit"):
        keys = None if is_full else struct(others=others)
        yield ColumnPlan(item=struct(others=others), keys=keys, rescue=True)


def same_as_inferred(engine: Engine, data: bytes, size: int, **options: Any) -> Statistics:
    """Returns the statistics, after a comparison with those of an inference, by each plan."""
    expected = only(infer(engine, data, **options))
    for plan in plans(options["export_type"]):
        assert taken(engine, data, plan, size, batch_rows=3, **options) == expected
    return expected


# --- the corpora -------------------------------------------------------------------------------------------


@each_size
@pytest.mark.parametrize("quarantine", [False, True])
@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_records_are_counted(engine: Engine, path: Path, size: int, quarantine: bool) -> None:
    data = path.read_bytes()
    found = same_as_inferred(engine, data, size, quarantine=quarantine, file_index=3, **kind(path))
    assert found.records == sum(bool(line.strip()) for line in data.split(b"\n"))


@each_size
@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_records_are_not_counted(engine: Engine, path: Path, size: int) -> None:
    same_as_inferred(engine, path.read_bytes(), size, quarantine=True, max_record_size=100_000, **kind(path))


@pytest.mark.parametrize("quarantine", [False, True])
@each_file
def test_real_exports_are_counted(
    engine: Engine, real_exports: Path, pattern: str, form: str, count: int, quarantine: bool
) -> None:
    data = read(real_exports, pattern)
    found = same_as_inferred(engine, data, 1000, format=form, export_type=FULL, quarantine=quarantine)
    assert found.records == count


# --- records that leave no row, or no trace ----------------------------------------------------------------


@each_size
@each_format
@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_quarantined_records_leave_no_trace(engine: Engine, form: str, size: int, batch_rows: int) -> None:
    good = items_of(form, '"a":{"S":"x"}', '"a":{"N":"1.5"},"m":{"M":{"k":{"L":[]}}}').splitlines(keepends=True)
    bad = BAD_LINE[form] + b"\n"
    data = bad + good[0] + bad + b"\xff\n" + b"x" * 2000 + b"\n \n" + good[1] + bad.strip()
    options: dict[str, Any] = {"format": form, "quarantine": True, "max_record_size": 1000}
    reader = ended(decoder(engine, PLAN, batch_rows=batch_rows, **options), data, size)
    found = reader.statistics()
    assert found == only(infer(engine, data, **options))
    assert (found.records, found.bytes) == (2, sum(map(len, good)))
    assert list(found.item.fields) == ["a", "m"]
    assert found.item.fields["a"].types["S"].first.line == 2
    assert found.item.fields["a"].types["S"].greatest == 1
    assert (reader.report().rows, reader.report().malformed) == (2, 5)
    assert reader.records == 7
    assert len(reader.take_malformed()) == 5


@each_size
@each_format
@pytest.mark.parametrize("quarantine", [False, True])
def test_records_with_misfits_count(engine: Engine, form: str, size: int, quarantine: bool) -> None:
    data = items_of(form, '"a":{"S":"x"}', '"a":{"M":{"b":{"N":"7"}}},"c":{"NULL":true}', '"a":{"S":"y"}')
    reader = ended(decoder(engine, PLAN, format=form, quarantine=quarantine), data, size)
    assert reader.report().rescued == 2
    found = reader.statistics()
    assert found == only(infer(engine, data, format=form))
    assert found.item.fields["a"].fields["b"].types["N"].count == 1


@each_size
@each_format
@pytest.mark.parametrize("quarantine", [False, True])
def test_changes_count_by_their_images(engine: Engine, form: str, size: int, quarantine: bool) -> None:
    records = (change('"a":{"S":"x"}'), change(None, '"a":{"N":"1"}'), change('"a":{"S":"y"}', '"b":{"S":""}'))
    data = lines(form, *records)
    plan = ColumnPlan(item=struct(a=INT64), keys=struct(pk=STRING), rescue=True)
    options: dict[str, Any] = {"format": form, "export_type": INCREMENTAL, "quarantine": quarantine}
    found = taken(engine, data, plan, size, **options)
    assert found == only(infer(engine, data, **options))
    assert (found.records, found.puts, found.deletes, found.old_images) == (3, 2, 1, 2)


@each_format
@pytest.mark.parametrize("quarantine", [False, True])
@pytest.mark.parametrize("max_map_fields", [1, 3, 200])
def test_maps_become_one_path_as_told(engine: Engine, form: str, quarantine: bool, max_map_fields: int) -> None:
    data = items_of(form, *(f'"m":{{"M":{{"k{number}":{{"N":"{number}"}}}}}}' for number in range(5)))
    options: dict[str, Any] = {
        "format": form,
        "quarantine": quarantine,
        "max_map_fields": max_map_fields,
        "file_index": 7,
    }
    found = taken(engine, data, size=7, **options)
    assert found == only(infer(engine, data, **options))
    assert (found.item.fields["m"].values is not None) is (max_map_fields < 5)
    assert found.item.types["M"].first.file == 7


def test_an_empty_file_has_statistics(engine: Engine) -> None:
    assert taken(engine, b"") == Statistics()


# --- when there are none -----------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("quarantine", [False, True])
def test_they_are_there_from_the_first_finish_on(engine: Engine, form: str, quarantine: bool) -> None:
    data = items_of(form, '"a":{"S":"x"}')
    reader = decoder(engine, PLAN, format=form, quarantine=quarantine)
    for _ in range(2):
        with pytest.raises(ValueError, match="once the file has been finished"):
            reader.statistics()
        reader.feed(data)
    assert reader.finish()
    first = reader.statistics()
    assert not reader.finish()
    assert first == reader.statistics() == only(infer(engine, data * 2, format=form))


@each_format
@pytest.mark.parametrize("before", ["", "xy"])
@pytest.mark.parametrize("feed", [b"\n", b""])
def test_there_are_none_after_a_malformed_record(engine: Engine, form: str, before: str, feed: bytes) -> None:
    data = b"".join(items_of(form, f'"a":{{"S":"{letter}"}}') for letter in before) + BAD_LINE[form] + feed
    reader = decoder(engine, PLAN, format=form)
    with pytest.raises(MalformedRecordError):
        ended(reader, data)
    with pytest.raises(ValueError, match="once the file has been finished, without an error"):
        reader.statistics()


@pytest.mark.parametrize("quarantine", [False, True])
def test_there_are_none_after_a_misfit_that_nobody_rescues(engine: Engine, quarantine: bool) -> None:
    data = items_of(JSON, '"a":{"S":"x"}', '"a":{"N":"1"}', '"a":{"S":"y"}')
    reader = decoder(engine, ColumnPlan(item=struct(a=STRING)), quarantine=quarantine)
    with pytest.raises(MisfitError):
        ended(reader, data)
    with pytest.raises(ValueError, match="once the file has been finished, without an error"):
        reader.statistics()


def test_an_error_waits_behind_the_last_batches(engine: Engine) -> None:
    reader = decoder(engine, PLAN)
    reader.feed(items_of(JSON, '"a":{"S":"x"}') + BAD_LINE[JSON])
    assert reader.finish()
    with pytest.raises(ValueError, match="without an error"):
        reader.statistics()


def test_there_are_none_where_none_were_asked_for(engine: Engine) -> None:
    reader = ended(decoder(engine, PLAN, infer=None), b"")
    with pytest.raises(ValueError, match="no statistics were asked for"):
        reader.statistics()


def test_they_do_not_go_with_a_split(engine: Engine) -> None:
    options = InferOptions(format=JSON, export_type=FULL, uri="x")
    with pytest.raises(ValueError, match="infer or a split"):
        engine.decoder(
            DecodeOptions(format=JSON, export_type=FULL, uri="x", infer=options), [PLAN], Split("a", (None,))
        )
