"""Maps whose keys are data, and the limit of paths: docs/columns.md, "Statistics"."""

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.statistics import Place
from tests.engine.columnar import change, counts, infer, items_of, lines, names, number, of_item, only
from tests.engine.running import INCREMENTAL, ION, JSON, each_size

each_format = pytest.mark.parametrize("form", [JSON, ION], ids=str)


# --- maps with data for keys -------------------------------------------------------------------------------


@each_size
@each_format
def test_a_map_with_many_names_counts_its_values_as_one(engine: Engine, form: str, size: int) -> None:
    maps = [
        '"x":{"S":"a"},"y":{"N":"10"}',
        '"x":{"N":"0.5"},"z":{"S":"abc"}',
        '"w":{"M":{"v":{"S":""}}},"x":{"S":"ab"}',
    ]
    data = items_of(form, *(f'"m":{{"M":{{{inner}}}}},"k":{{"S":"x"}}' for inner in maps))
    kept = only(infer(engine, data, size, format=form, max_map_fields=4)).item.fields["m"]
    assert (names(kept), kept.values) == (["w", "x", "y", "z"], None)
    for limit in (3, 2, 1, 0):
        item = only(infer(engine, data, size, format=form, max_map_fields=limit)).item
        if limit == 0:  # no name may be kept, not even of an item
            assert (item.fields, counts(item.values)) == ({}, {"S": 3, "M": 3})
            continue
        merged = item.fields["m"]
        assert (merged.fields, counts(merged)) == ({}, {"M": 3})
        assert merged.values is not None
        assert counts(merged.values) == {"S": 3, "N": 2, "M": 1}
        assert (merged.values.types["S"].least, merged.values.types["S"].greatest) == (1, 3)
        assert merged.values.types["S"].first == Place(0, 1, 0)
        assert number(merged.values) == (2, 1, False)
        assert names(merged.values) == ["v"]


@each_format
def test_what_is_merged_merges_below_too(engine: Engine, form: str) -> None:
    inner = '"%s":{"M":{"%s":{"N":"1"},"l":{"L":[{"%s":%s}]}}}'
    one = inner % ("a", "p", "S", '"x"') + "," + inner % ("b", "q", "N", '"7"')
    two = inner % ("c", "p", "BOOL", "true")
    merged = of_item(engine, form, f'"m":{{"M":{{{one}}}}}', f'"m":{{"M":{{{two}}}}}', max_map_fields=3)
    assert names(merged.fields["m"]) == ["a", "b", "c"]
    merged = of_item(engine, form, f'"m":{{"M":{{{one},{two}}}}}', max_map_fields=2)
    values = merged.fields["m"].values
    assert values is not None
    # The union of the names below (l, p, q) is more than two as well.
    assert (counts(values), values.fields) == ({"M": 3}, {})
    assert counts(values.values) == {"N": 3, "L": 3}
    assert values.values is not None
    assert counts(values.values.elements) == {"S": 1, "N": 1, "BOOL": 1}


@each_format
def test_a_merged_map_takes_in_what_was_merged_before(engine: Engine, form: str) -> None:
    many = ",".join(f'"k{index}":{{"N":"{index}"}}' for index in range(4))
    item = of_item(
        engine,
        form,
        f'"m":{{"M":{{"a":{{"M":{{{many}}}}},"b":{{"M":{{"x":{{"S":"y"}}}}}},"c":{{"S":""}}}}}}',
        '"m":{"M":{"d":{"M":{"z":{"BOOL":true}}}}}',
        max_map_fields=3,
    )
    values = item.fields["m"].values
    assert values is not None
    assert (counts(values), values.fields) == ({"S": 1, "M": 3}, {})
    assert counts(values.values) == {"S": 1, "N": 4, "BOOL": 1}


@each_format
def test_items_and_keys_are_no_such_maps(engine: Engine, form: str) -> None:
    many = ",".join(f'"k{index}":{{"S":"x"}}' for index in range(9))
    found = only(
        infer(
            engine, lines(form, change(many, many, keys=many)), format=form, export_type=INCREMENTAL, max_map_fields=2
        )
    )
    assert found.keys is not None
    assert len(found.item.fields) == len(found.keys.fields) == 9
    assert (found.item.values, found.keys.values) == (None, None)


# --- the limit of paths ------------------------------------------------------------------------------------


def many_names(start: int, end: int) -> str:
    return ",".join(f'"k{index:02}":{{"S":"x"}}' for index in range(start, end))


@each_size
@each_format
def test_names_of_items_beyond_the_limit_count_as_one(engine: Engine, form: str, size: int) -> None:
    data = items_of(form, many_names(0, 30), many_names(20, 52), many_names(40, 60))
    item = only(infer(engine, data, size, format=form, max_map_fields=1)).item
    assert names(item) == [f"k{index:02}" for index in range(50)]
    assert counts(item.fields["k49"]) == {"S": 2}
    assert counts(item.values) == {"S": 12}


@each_format
def test_a_map_that_meets_the_limit_becomes_one_path(engine: Engine, form: str) -> None:
    full = many_names(0, 48)
    inner = '"m":{"M":{"x":{"S":"a"},"y":{"N":"1"}}}'  # m, x, y: the second of them is the 51st name
    item = of_item(engine, form, full, f"{inner},{many_names(48, 51)}", max_map_fields=1)
    assert item.fields["m"].fields == {}
    assert counts(item.fields["m"].values) == {"S": 1, "N": 1}
    assert names(item) == [*(f"k{index:02}" for index in range(49)), "m"], "the names that were merged make room"
    assert counts(item.values) == {"S": 2}
    # A map that meets the limit with its first name has one path for its values from the start.
    item = of_item(engine, form, f'{many_names(0, 49)},"m":{{"M":{{"x":{{"S":"a"}}}}}}', max_map_fields=1)
    assert (item.fields["m"].fields, counts(item.fields["m"].values)) == ({}, {"S": 1})


@each_format
def test_once_an_item_has_other_names_all_new_ones_are(engine: Engine, form: str) -> None:
    first = f'{many_names(0, 48)},"m":{{"M":{{"x":{{"S":"a"}}}}}},"other":{{"S":"x"}}'
    item = of_item(
        engine, form, first, '"m":{"M":{"y":{"S":"b"}}}', '"new":{"S":"x"},"k00":{"S":"x"}', max_map_fields=1
    )
    assert item.fields["m"].values is not None
    assert "new" not in item.fields
    assert (counts(item.values), counts(item.fields["k00"])) == ({"S": 2}, {"S": 2})


@each_format
def test_what_lies_in_lists_and_values_counts_as_names_too(engine: Engine, form: str) -> None:
    inside = '"l":{"L":[{"M":{"x":{"S":"a"}}}]},"m":{"M":{"p":{"M":{"y":{"S":"b"}}},"q":{"S":"c"}}}'
    # l, x, m, and after the merge y: 46 more names have room.
    item = of_item(engine, form, inside, many_names(0, 60), max_map_fields=1)
    assert len(names(item)) == 2 + 46
    assert counts(item.values) == {"S": 14}


@each_format
def test_keys_and_items_share_the_limit(engine: Engine, form: str) -> None:
    data = lines(form, change(many_names(0, 30), keys=many_names(0, 30)))
    found = only(infer(engine, data, format=form, export_type=INCREMENTAL, max_map_fields=1))
    assert found.keys is not None
    assert (len(found.keys.fields), found.keys.values) == (30, None)
    assert (len(found.item.fields), counts(found.item.values)) == (20, {"S": 10})


@each_format
def test_members_are_met_in_the_order_of_the_record(engine: Engine, form: str) -> None:
    names_of = {
        JSON: many_names,
        ION: lambda start, end: ",".join(f'k{index:02}:"x"' for index in range(start, end)),
    }[form]
    if form == JSON:
        text = '{"NewImage":{%s},"Keys":{%s},"Metadata":{"WriteTimestampMicros":{"N":"1"}}}'
    else:
        text = "{Record:{NewImage:{%s},Keys:{%s},Metadata:{WriteTimestampMicros:1.}}}"
    data = (text % (names_of(0, 30), names_of(0, 30))).encode()
    found = only(infer(engine, data, format=form, export_type=INCREMENTAL, max_map_fields=1))
    assert found.keys is not None
    assert (len(found.item.fields), len(found.keys.fields), counts(found.keys.values)) == (30, 20, {"S": 10})
