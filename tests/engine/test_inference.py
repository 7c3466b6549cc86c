"""What an inference counts, path by path: the rules of docs/columns.md, "Statistics"."""

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError, SplitError
from exportkit.model.decode import MalformedRecord
from exportkit.model.scan import Fault
from exportkit.model.statistics import (
    NumberStatistics,
    PathStatistics,
    Place,
    Statistics,
    TypeStatistics,
)
from tests.engine.columnar import change, counts, infer, inference, items_of, lines, names, number, of_item, only
from tests.engine.running import INCREMENTAL, ION, JSON, chunks, each_size

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)

BAD = {JSON: b'{"Item":{"new":{"S":"x"},"b":{"N":"x"}}}', ION: b'{Item:{new:"x",b:{c:nan}}}'}


# --- types -------------------------------------------------------------------------------------------------


@each_size
@each_format
def test_every_type_is_counted_at_its_path(engine: Engine, form: str, size: int) -> None:
    data = items_of(
        form,
        '"a":{"S":"é"},"b":{"M":{"x":{"N":"1.50"},"l":{"L":[{"NULL":true},{"S":""},{"L":[]}]}}}',
        '"a":{"N":"-100"},"c":{"BOOL":false},"bs":{"BS":["","AQID"]},"b":{"M":{}}',
        '"a":{"B":"AQID"},"ss":{"SS":["x","yy","z"]},"ns":{"NS":["1E+19","0.001"]},"a2":{"S":"abc"}',
        '"a":{"S":"abcd"},"b":{"NULL":true}',
    )
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    one, two, three, four = (Place(7, line + 1, starts[line]) for line in range(4))

    def path(**types: TypeStatistics) -> PathStatistics:
        return PathStatistics(types=types)

    inner = PathStatistics(
        types={"L": TypeStatistics(1, one, 3, 3)},
        elements=path(
            S=TypeStatistics(1, one, 0, 0), NULL=TypeStatistics(1, one, 0, 0), L=TypeStatistics(1, one, 0, 0)
        ),
    )
    expected = PathStatistics(
        types={"M": TypeStatistics(4, one, 2, 4)},
        fields={
            "a": path(
                S=TypeStatistics(2, one, 2, 4),
                N=TypeStatistics(1, two, 0, 0, NumberStatistics(3, 0, int64=True)),
                B=TypeStatistics(1, three, 3, 3),
            ),
            "a2": path(S=TypeStatistics(1, three, 3, 3)),
            "b": PathStatistics(
                types={"NULL": TypeStatistics(1, four, 0, 0), "M": TypeStatistics(2, one, 0, 2)},
                fields={
                    "l": inner,
                    "x": path(N=TypeStatistics(1, one, 0, 0, NumberStatistics(1, 1, int64=False))),
                },
            ),
            "bs": path(BS=TypeStatistics(1, two, 2, 2)),
            "c": path(BOOL=TypeStatistics(1, two, 0, 0)),
            "ns": path(NS=TypeStatistics(1, three, 2, 2, NumberStatistics(20, 3, int64=False))),
            "ss": path(SS=TypeStatistics(1, three, 3, 3)),
        },
    )
    found = only(infer(engine, data, size, format=form, file_index=7))
    assert found == Statistics(records=4, bytes=len(data), item=expected)
    assert list(found.item.fields) == list(expected.fields), "sorted by their UTF-8 bytes"
    for name, of in expected.fields.items():
        assert list(found.item.fields[name].types) == list(of.types), "in the order of the types"


@each_format
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (0, 0, True)),
        ("-0.00", (0, 0, True)),
        ("1", (1, 0, True)),
        ("100", (3, 0, True)),
        ("1.50", (1, 1, False)),
        ("-0.5", (0, 1, False)),
        ("0.001", (0, 3, False)),
        ("1E+2", (3, 0, True)),
        ("9223372036854775807", (19, 0, True)),
        ("9223372036854775808", (19, 0, False)),
        ("-9223372036854775808", (19, 0, True)),
        ("-9223372036854775809", (19, 0, False)),
        ("1E+125", (126, 0, False)),
        ("1E-130", (0, 130, False)),
        ("12345678901234567890.123456789012345678", (20, 18, False)),
        ("9.9999999999999999999999999999999999999E-130", (0, 167, False)),
    ],
)
def test_numbers_tell_what_columns_they_fit(
    engine: Engine, form: str, text: str, expected: tuple[int, int, bool]
) -> None:
    item = of_item(engine, form, f'"n":{{"N":"{text}"}},"s":{{"NS":["{text}"]}},"l":{{"L":[{{"N":"{text}"}}]}}')
    assert number(item.fields["n"]) == number(item.fields["s"], "NS") == expected
    elements = item.fields["l"].elements
    assert elements is not None
    assert number(elements) == expected


@each_format
def test_ranges_are_the_widest(engine: Engine, form: str) -> None:
    item = of_item(
        engine,
        form,
        '"n":{"N":"123"},"s":{"NS":["1","0.25"]},"t":{"S":"abc"},"m":{"M":{"x":{"S":""}}}',
        '"n":{"N":"0.5"},"s":{"NS":["1000"]},"t":{"S":""},"m":{"M":{}}',
        '"n":{"N":"7"},"s":{"NS":["3","4","5"]},"t":{"S":"abcdef"},"m":{"M":{"y":{"S":""},"z":{"S":""}}}',
    )
    assert number(item.fields["n"]) == (3, 1, False)
    assert number(item.fields["s"], "NS") == (4, 2, False)
    ranges = {name: [(of.least, of.greatest) for of in path.types.values()] for name, path in item.fields.items()}
    assert ranges == {"n": [(0, 0)], "s": [(1, 3)], "t": [(0, 6)], "m": [(0, 2)]}


@each_format
def test_names_are_sorted_by_their_bytes(engine: Engine, form: str) -> None:
    order = ["", "A", "Z", "a", "aa", "é", "\uffff", "😀"]
    item = of_item(engine, form, ",".join(f'"{name}":{{"S":"x"}}' for name in reversed(order)))
    assert names(item) == order


@each_format
def test_nothing_gives_nothing(engine: Engine, form: str) -> None:
    for data in (b"", b"\n\r\n"):
        assert infer(engine, data, format=form) == {None: Statistics()}
        assert infer(engine, data, format=form, split_by="a") == {}
        changed = infer(engine, data, format=form, export_type=INCREMENTAL)
        assert changed == {None: Statistics(keys=PathStatistics())}
    empty = only(infer(engine, items_of(form, "", ""), format=form))
    assert empty.item == PathStatistics(types={"M": TypeStatistics(2, Place(0, 1, 0), 0, 0)})


@each_size
@each_format
def test_bytes_are_those_of_the_lines(engine: Engine, form: str, size: int) -> None:
    record = items_of(form, '"a":{"S":"x"}')
    data = record[:-1] + b"\r\n \t\n" + record + BAD[form] + b"\n" + record[:-1]
    found = only(infer(engine, data, size, format=form, quarantine=True))
    assert (found.records, found.bytes) == (3, 3 * len(record))


# --- changes -----------------------------------------------------------------------------------------------


@each_size
@each_format
def test_both_images_count_under_one_path(engine: Engine, form: str, size: int) -> None:
    data = lines(
        form,
        change('"a":{"S":"x"},"pk":{"S":"k"}', '"a":{"N":"1"},"o":{"S":"y"}'),
        change('"a":{"S":"x"}', None),
        change(None, '"o":{"S":"y"}'),
        change(None, None),
        change("", "", keys='"pk":{"N":"5"},"sk":{"B":"AQ=="}'),
    )
    found = only(infer(engine, data, size, format=form, export_type=INCREMENTAL))
    assert (found.records, found.bytes) == (5, len(data))
    assert (found.puts, found.deletes, found.old_images) == (3, 2, 3)
    assert counts(found.item) == {"M": 6}
    assert (found.item.types["M"].least, found.item.types["M"].greatest) == (0, 2)
    assert {name: counts(path) for name, path in found.item.fields.items()} == {
        "a": {"S": 2, "N": 1},
        "o": {"S": 2},
        "pk": {"S": 1},
    }
    assert found.keys is not None
    assert counts(found.keys) == {"M": 5}
    assert {name: counts(path) for name, path in found.keys.fields.items()} == {"pk": {"S": 4, "N": 1}, "sk": {"B": 1}}


# --- split, malformed records ------------------------------------------------------------------------------


@each_size
@each_format
def test_statistics_are_kept_apart(engine: Engine, form: str, size: int) -> None:
    record = '"t":{"S":"%s"},"%s":{"N":"1"}'
    items = [record % tuple(pair) for pair in ("xa", "yb", "xc", "yb")]
    data = items_of(form, items[0], '"n":{"S":""}', *items[1:])
    found = infer(engine, data, size, format=form, split_by="t")
    assert list(found) == [("S", "x"), None, ("S", "y")], "in order of first sight"
    assert {value: (of.records, names(of.item)) for value, of in found.items()} == {
        ("S", "x"): (2, ["a", "c", "t"]),
        ("S", "y"): (2, ["b", "t"]),
        None: (1, ["n"]),
    }
    assert sum(of.bytes for of in found.values()) == len(data)


@each_size
@each_format
def test_so_many_values_may_be_told_apart(engine: Engine, form: str, size: int) -> None:
    data = items_of(form, '"t":{"S":"x"}', '"t":{"S":"y"}', '"t":{"S":"x"}', "")
    assert len(infer(engine, data, size, format=form, split_by="t", max_split_values=3)) == 3
    with pytest.raises(SplitError) as caught:
        infer(engine, data, size, format=form, split_by="t", max_split_values=2)
    offset = len(data) - len(items_of(form, ""))
    assert caught.value.args == ("x", f"line 4 (byte {offset}): more than 2 values of t")


@each_size
@each_format
def test_a_malformed_record_is_an_error(engine: Engine, form: str, size: int) -> None:
    sound = items_of(form, '"a":{"S":"x"}')
    for data in (sound + BAD[form] + b"\n" + sound, sound + BAD[form]):
        with pytest.raises(MalformedRecordError) as caught:
            infer(engine, data, size, format=form)
        path = "/Item/b" if form == JSON else "/Item/b/c"
        assert caught.value.args[:5] == ("x", 2, len(sound), "number", path)


@each_format
def test_the_error_comes_again_and_finish_ends(engine: Engine, form: str) -> None:
    faulty = inference(engine, format=form)
    with pytest.raises(MalformedRecordError):
        faulty.feed(BAD[form] + b"\n")
    for _ in range(2):
        with pytest.raises(MalformedRecordError):
            faulty.feed(b"")
        with pytest.raises(MalformedRecordError):
            faulty.finish()
    ended = inference(engine, format=form)
    ended.finish()
    for call in (lambda: ended.feed(b""), ended.finish):
        with pytest.raises(ValueError, match="finished"):
            call()


@each_size
@each_format
def test_malformed_records_are_passed_over_and_leave_nothing(engine: Engine, form: str, size: int) -> None:
    sound = items_of(form, '"a":{"S":"x"}')
    data = BAD[form] + b"\n" + sound + b"\xff\r\n" + sound
    reader = inference(engine, format=form, quarantine=True)
    taken: list[MalformedRecord] = []
    for chunk in chunks(data, size):
        reader.feed(chunk)
        taken += reader.take_malformed()
    assert reader.records == 4
    found = only(reader.finish())
    assert (found.records, found.bytes, names(found.item)) == (2, 2 * len(sound), ["a"])
    path = "/Item/b" if form == JSON else "/Item/b/c"
    assert [*taken, *reader.take_malformed()] == [
        MalformedRecord(Fault("number", 1, 0, path), BAD[form]),
        MalformedRecord(Fault("utf-8", 3, len(BAD[form]) + 1 + len(sound)), b"\xff\r"),
    ]
