"""Merging statistics: what of both is kept, the limits, and that the order of files does not matter."""

from dataclasses import replace
from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from exportkit.model.statistics import NumberStatistics, PathStatistics, Place, Statistics, TypeStatistics
from exportkit.model.values import Item
from exportkit.schema import merge_statistics
from exportkit.schema.merge import merge_paths, narrow_statistics
from tests.schema.making import ANY, path_of, statistics_of
from tests.strategies import attribute_names, shallow_values


def fields(statistics: Statistics) -> set[str]:
    return set(statistics.item.fields)


def names_below(path: PathStatistics) -> int:
    below = [*path.fields.values(), *filter(None, (path.values, path.elements))]
    return len(path.fields) + sum(map(names_below, below))


def test_counts_add_ranges_widen_and_the_earlier_first_place_stays() -> None:
    early = statistics_of({"a": "xx", "n": Decimal("1.25")}, file=0)
    late = statistics_of({"a": "x"}, {"a": "xxxx", "n": Decimal(2**63)}, file=1)
    for merged in (merge_statistics(early, late, 200), merge_statistics(late, early, 200)):
        assert (merged.records, merged.bytes) == (3, 300)
        assert merged.item.types == {"M": TypeStatistics(3, Place(0, 1, 0), 1, 2)}
        assert merged.item.fields["a"].types == {"S": TypeStatistics(3, Place(0, 1, 0), 1, 4)}
        number = NumberStatistics(19, 2, int64=False)
        assert merged.item.fields["n"].types == {"N": TypeStatistics(2, Place(0, 1, 0), 0, 0, number)}


def test_types_and_fields_come_in_order() -> None:
    merged = merge_statistics(statistics_of({"b": [], "a": None}), statistics_of({"b": "x", "Z": True}), 200)
    assert list(merged.item.fields) == ["Z", "a", "b"]
    assert list(merged.item.fields["b"].types) == ["S", "L"]


def test_a_map_with_too_many_names_in_the_union_has_one_path() -> None:
    one, other = statistics_of({"m": {"a": "x", "b": None}}, limit=2), statistics_of({"m": {"c": Decimal(1)}}, limit=2)
    assert fields(one) == {"m"}
    assert set(one.item.fields["m"].fields) == {"a", "b"}
    values = merge_statistics(one, other, 2).item.fields["m"].values
    assert values is not None
    assert {tag: each.count for tag, each in values.types.items()} == {"S": 1, "N": 1, "NULL": 1}
    assert not merge_statistics(one, other, 2).item.fields["m"].fields


def test_values_of_one_path_on_either_side_stay_so() -> None:
    many, few = statistics_of({"m": {"a": "x", "b": "y"}}, limit=1), statistics_of({"m": {"a": "z"}}, limit=1)
    for merged in (merge_statistics(many, few, 1), merge_statistics(few, many, 1)):
        values = merged.item.fields["m"].values
        assert values is not None
        assert values.types["S"].count == 3


def test_the_top_keeps_its_names_whatever_the_limit_on_maps() -> None:
    assert fields(statistics_of({"a": "x", "b": "x", "c": "x"}, limit=1)) == {"a", "b", "c"}


def test_names_that_may_be_hidden_on_the_other_side_are_counted_with_the_hidden() -> None:
    full = Statistics(
        records=1,
        item=PathStatistics(
            types={"M": TypeStatistics(1, Place(0, 1, 0), 2, 2)},
            fields={"a": statistics_of({"a": "x"}).item.fields["a"]},
            values=statistics_of({"a": Decimal(1)}).item.fields["a"],
        ),
    )
    other = statistics_of({"a": "y", "b": True}, file=1)
    for merged in (merge_statistics(full, other, 200), merge_statistics(other, full, 200)):
        assert fields(merged) == {"a"}
        assert merged.item.values is not None
        assert {tag: each.count for tag, each in merged.item.values.types.items()} == {"N": 1, "BOOL": 1}


def test_of_all_paths_those_of_the_largest_maps_become_one() -> None:
    item = {"small": dict.fromkeys("abc", "x"), "large": {f"k{n}": [{"v": "x"}] for n in range(30)}}
    whole = statistics_of(item, limit=ANY)
    assert names_below(whole.item) == 2 + 3 + 60
    assert narrow_statistics(whole, 40) == whole
    others = dict.fromkeys((f"n{number:02}" for number in range(46)), True)
    merged = merge_statistics(statistics_of(item | others, limit=3), Statistics(), 3)
    assert names_below(merged.item) == 2 + 46 + 3 + 1
    values = merged.item.fields["large"].values
    assert values is not None
    assert values.types["L"].count == 30
    assert set(merged.item.fields["small"].fields) == set("abc")
    fewer = narrow_statistics(merged, 1)
    assert names_below(fewer.item) == 2 + 46 + 1
    assert fewer.item.fields["small"].values is not None


def test_where_no_map_is_left_the_rarest_names_go() -> None:
    names = [f"n{number:02}" for number in range(60)]
    statistics = statistics_of(dict.fromkeys(names, "x"), dict.fromkeys(names[5:], "x"), limit=ANY)
    narrowed = narrow_statistics(statistics, 1)
    assert fields(narrowed) == set(names[5:55])  # the commonest; of those as common, the first by name
    assert narrowed.item.values is not None
    assert narrowed.item.values.types["S"].count == 5 + 10


def test_long_names_count_too() -> None:
    names = [letter * (1 << 20) for letter in "abcde"]
    statistics = statistics_of(dict.fromkeys(names, "x"))
    assert fields(statistics) == set(names[:4])
    assert statistics.item.values is not None


def test_what_was_not_counted_on_one_side_is_not_known_of_both() -> None:
    place = Place(0, 1, 0)
    both = {"L": TypeStatistics(1, place, 1, 1), "M": TypeStatistics(1, place, 1, 1)}
    uncounted = PathStatistics(types=both)
    counted = path_of([{"a": "x"}], place, 200)
    for merged in (merge_paths(uncounted, counted, 200), merge_paths(counted, uncounted, 200)):
        assert (merged.fields, merged.values, merged.elements) == ({}, None, None)
    empty = path_of([], place, 200)
    assert merge_paths(empty, counted, 200).elements == counted.elements


small_items = st.dictionaries(attribute_names, shallow_values, max_size=4)


@given(st.lists(small_items, min_size=3, max_size=3), st.sampled_from((1, 2, 3)))
def test_the_order_of_paths_does_not_matter(values: list[Item], limit: int) -> None:
    a, b, c = (path_of(value, Place(0, line, 0), limit) for line, value in enumerate(values, 1))
    merged = merge_paths(merge_paths(a, b, limit), c, limit)
    assert merged == merge_paths(a, merge_paths(b, c, limit), limit)
    assert merged == merge_paths(merge_paths(c, a, limit), b, limit)
    assert merged == merge_paths(PathStatistics(), merged, limit)


@st.composite
def files(draw: st.DrawFn, file: int) -> Statistics:
    """Statistics of a file, sometimes with names that came after the limit of paths."""
    statistics = statistics_of(*draw(st.lists(small_items, max_size=3)), file=file)
    names = sorted(statistics.item.fields)
    hidden = draw(st.sets(st.sampled_from(names))) if names else set()
    values = [statistics.item.fields[name] for name in sorted(hidden)]
    item = PathStatistics(
        types=statistics.item.types,
        fields={name: each for name, each in statistics.item.fields.items() if name not in hidden},
        values=reduce(lambda a, b: merge_paths(a, b, 200), values) if values else None,
    )
    return replace(statistics, item=item)


@given(files(0), files(1), files(2))
def test_the_order_of_files_does_not_matter(a: Statistics, b: Statistics, c: Statistics) -> None:
    merged = merge_statistics(merge_statistics(a, b, 200), c, 200)
    assert merged == merge_statistics(a, merge_statistics(b, c, 200), 200)
    assert merged == merge_statistics(merge_statistics(c, a, 200), b, 200)
    assert merged == merge_statistics(Statistics(), merged, 200)
