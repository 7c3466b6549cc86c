"""What a scan counts, and which faults it keeps."""

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportView
from exportkit.model.scan import Fault, KeyTypes, ScanOptions
from exportkit.model.statistics import TYPE_TAGS
from tests.engine.running import FULL, INCREMENTAL, ION, JSON, each_size, scan

ITEM = {
    JSON: '{"Item":{"s":{"S":""},"n":{"N":"1"},"b":{"B":""},"t":{"BOOL":true},"z":{"NULL":true},"ss":{"SS":["a","b"]},'
    '"ns":{"NS":["1"]},"bs":{"BS":[""]},"l":{"L":[{"S":"a"},{"L":[]},{"M":{"x":{"N":"1"}}}]},"m":{"M":{}}}}',
    ION: '{Item:{s:"",n:1.,b:{{}},t:true,z:null,ss:$dynamodb_SS::["a","b"],ns:$dynamodb_NS::[1.],'
    'bs:$dynamodb_BS::[{{}}],l:["a",[],{x:1.}],m:{}}}',
}
COUNTED = {"S": 2, "N": 2, "B": 1, "BOOL": 1, "NULL": 1, "SS": 1, "NS": 1, "BS": 1, "L": 2, "M": 2}

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)


def change(form: str, timestamp: int = 1, new: str | None = None, old: str | None = None, key: str = "k") -> str:
    """Returns a change record; images are texts of the attribute v, an empty one is an image of the key alone."""

    def image(value: str) -> str:
        if form == JSON:
            return f'{{"pk":{{"S":"{key}"}}' + (f',"v":{value}}}' if value else "}")
        return f'{{pk:"{key}"' + (f",v:{value}}}" if value else "}")

    quote = '"' if form == JSON else ""
    members = [
        f'"Metadata":{{"WriteTimestampMicros":{{"N":"{timestamp}"}}}}'
        if form == JSON
        else f"Metadata:{{WriteTimestampMicros:{timestamp}.}}",
        f"{quote}Keys{quote}:{image('')}",
    ]
    for name, value in (("OldImage", old), ("NewImage", new)):
        if value is not None:
            members.append(f"{quote}{name}{quote}:{image(value)}")
    inner = f"{{{','.join(members)}}}"
    return inner if form == JSON else f"$ion_1_0 {{Record:{inner}}}"


def lines(*records: str) -> bytes:
    return "".join(f"{record}\n" for record in records).encode()


@each_size
@each_format
def test_types_are_counted_at_every_depth(engine: Engine, form: str, size: int) -> None:
    report = scan(engine, lines(ITEM[form], ITEM[form]), size, format=form)
    assert report.types == {tag: 2 * count for tag, count in COUNTED.items()}
    assert list(report.types) == list(TYPE_TAGS)
    assert (report.deepest, report.records, report.malformed) == (2, 2, 0)
    assert (report.puts, report.deletes, report.old_images) == (0, 0, 0)
    assert (report.first_timestamp, report.last_timestamp) == (None, None)
    assert report.key_types == ()


@each_format
def test_depth_counts_levels_of_lists_and_maps(engine: Engine, form: str) -> None:
    scalar, deep = (
        ('{"Item":{"v":{"SS":["a"]}}}', '{"Item":{"v":{"L":[{"M":{}}]}}}')
        if form == JSON
        else ('{Item:{v:$dynamodb_SS::["a"]}}', "{Item:{v:[{}]}}")
    )
    assert scan(engine, lines(scalar), format=form).deepest == 0
    assert scan(engine, lines(scalar, deep, scalar), format=form).deepest == 2


@each_size
@each_format
def test_malformed_records_count_as_records_and_nothing_else(engine: Engine, form: str, size: int) -> None:
    halfway = '{"Item":{"a":{"S":"x"},"b":{"N":"x"}}}' if form == JSON else '{Item:{a:"x",b:{c:nan}}}'
    report = scan(engine, lines(halfway, ITEM[form], "{"), size, format=form)
    assert report.types == COUNTED, "what stands in front of a fault is not counted either"
    assert (report.records, report.malformed) == (3, 2)
    assert report.fault_counts == {"number": 1, "syntax": 1}


@each_size
@each_format
def test_changes_are_counted_by_their_images(engine: Engine, form: str, size: int) -> None:
    value = '{"N":"1"}' if form == JSON else "1."
    data = lines(
        change(form, 30, new=value),
        change(form, 10, new=value, old=value),
        change(form, 20, old=value),
        change(form, 25),
        change(form, 5, new="", old=""),
    )
    report = scan(engine, data, size, format=form, export_type=INCREMENTAL)
    assert (report.records, report.malformed, report.faults) == (5, 0, ())
    assert (report.puts, report.deletes, report.old_images) == (3, 2, 3)
    assert (report.first_timestamp, report.last_timestamp) == (5, 30)
    assert report.types["N"] == 4
    assert report.types["S"] == 6, "keys inside images count, Keys do not"
    assert report.key_types == (KeyTypes("pk", "S", 5, 1, 0),)


@each_format
def test_malformed_changes_leave_no_trace_in_the_counts(engine: Engine, form: str) -> None:
    bad = '{"X":1}' if form == JSON else "sym"
    data = lines(change(form, 1, new=bad), change(form, 50), change(form, 99, old=bad))
    report = scan(engine, data, format=form, export_type=INCREMENTAL)
    assert (report.records, report.malformed, report.puts, report.deletes, report.old_images) == (3, 2, 0, 1, 0)
    assert (report.first_timestamp, report.last_timestamp) == (50, 50)
    assert report.key_types == (KeyTypes("pk", "S", 1, 2, len(lines(change(form, 1, new=bad)))),)


@each_format
def test_records_that_do_not_fit_their_view_are_malformed_yet_counted(engine: Engine, form: str) -> None:
    value = '{"N":"1"}' if form == JSON else "1."
    data = lines(change(form, old=value), change(form))
    report = scan(engine, data, format=form, export_type=INCREMENTAL, view=ExportView.NEW_IMAGE)
    assert (report.malformed, report.deletes, report.old_images, report.types["N"]) == (1, 2, 1, 1)
    report = scan(engine, data, format=form, export_type=INCREMENTAL, view=ExportView.NEW_AND_OLD_IMAGES)
    assert report.fault_counts == {"no-image-in-view": 1}
    assert report.malformed == 0, "a warning makes no record malformed"


@each_size
@each_format
def test_the_first_faults_of_each_reason_are_kept(engine: Engine, form: str, size: int) -> None:
    bad = '{"Item":{"v":{"N":"x"}}}' if form == JSON else "{Item:{v:nan}}"
    data = lines(*["{", bad] * 5)
    report = scan(engine, data, size, format=form, fault_limit=2)
    step = len(lines("{", bad))
    assert report.faults == (
        Fault("syntax", 1, 0),
        Fault("number", 2, 2, "/Item/v"),
        Fault("syntax", 3, step),
        Fault("number", 4, step + 2, "/Item/v"),
    )
    assert report.fault_counts == {"syntax": 5, "number": 5}
    assert (report.records, report.malformed) == (10, 10)
    none_kept = scan(engine, data, size, format=form, fault_limit=0)
    assert (none_kept.faults, none_kept.fault_counts) == ((), {"syntax": 5, "number": 5})


@each_format
def test_thousands_of_bad_lines_take_a_few_places(engine: Engine, form: str) -> None:
    report = scan(engine, b"{\n" * 20_000, format=form)
    assert (report.malformed, report.fault_counts, len(report.faults)) == (20_000, {"syntax": 20_000}, 20)


@each_format
def test_key_types_are_told_in_order_of_first_sight(engine: Engine, form: str) -> None:
    def item(pk: str, sk: str) -> str:
        return f'{{"Item":{{"sk":{sk},"pk":{pk}}}}}' if form == JSON else f"{{Item:{{sk:{sk},pk:{pk}}}}}"

    s, n, b, t = (
        ('{"S":"a"}', '{"N":"1"}', '{"B":"AA=="}', '{"BOOL":true}')
        if form == JSON
        else (
            '"a"',
            "1.",
            "{{AA==}}",
            "true",
        )
    )
    records = [item(s, n), item(n, n), item(t, b), item(s, s)]
    report = scan(engine, lines(*records), format=form, key_names=("pk", "sk"))
    offsets = [len(lines(*records[:count])) for count in range(4)]
    assert report.key_types == (
        KeyTypes("pk", "S", 2, 1, 0),
        KeyTypes("sk", "N", 2, 1, 0),
        KeyTypes("pk", "N", 1, 2, offsets[1]),
        KeyTypes("sk", "B", 1, 3, offsets[2]),
        KeyTypes("sk", "S", 1, 4, offsets[3]),
    )
    assert report.faults == (Fault("key-type", 3, offsets[2], "/Item/pk"),)
    assert report.malformed == 0, "a record without its key can be read"


@each_format
def test_key_types_are_bounded(engine: Engine, form: str) -> None:
    """Keys of a hostile increment may have any names."""
    records = [change(form, key="k").replace("pk", f"pk{number // 2}") for number in range(600)]
    report = scan(engine, lines(*records), format=form, export_type=INCREMENTAL)
    assert [(types.name, types.count) for types in report.key_types] == [(f"pk{number}", 2) for number in range(256)]
    assert report.faults == ()


@each_format
def test_names_that_no_key_can_have_are_not_kept(engine: Engine, form: str) -> None:
    longest, longer = "é" * 127 + "x", "é" * 128
    records = [change(form).replace("pk", name) for name in (longest, longer, longest)]
    if form is ION:
        records = [
            record.replace(name, f"'{name}'") for record, name in zip(records, (longest, longer, longest), strict=True)
        ]
    report = scan(engine, lines(*records), format=form, export_type=INCREMENTAL)
    assert [(types.name, types.count) for types in report.key_types] == [(longest, 2)]
    assert report.faults == ()


@each_format
def test_records_so_far_can_be_asked_for(engine: Engine, form: str) -> None:
    scanner = engine.scanner(ScanOptions(format=form, export_type=FULL))
    record = ITEM[form].encode()
    scanner.feed(record)
    assert scanner.records == 0
    scanner.feed(b"\n\n{\n" + record)
    assert scanner.records == 2
    assert scanner.finish().records == 3


@each_format
def test_a_finished_scanner_takes_no_more(engine: Engine, form: str) -> None:
    scanner = engine.scanner(ScanOptions(format=form, export_type=FULL))
    scanner.finish()
    with pytest.raises(ValueError, match="finished"):
        scanner.feed(b"{}\n")
    with pytest.raises(ValueError, match="finished"):
        scanner.finish()
