"""Statistics of a whole export, and of samples of it."""

from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import ItemCountError, MalformedRecordError, Md5MismatchError, SplitError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.model.statistics import Place, Statistics
from exportkit.reading import OpenExport
from tests.making import make_export
from tests.reading.exports import make_changes, make_full, opened
from tests.reading.our_threads import ThreadsSince
from tests.reading.test_open_export import spoil_data

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION

pytestmark = [pytest.mark.parametrize("form", [JSON, ION]), pytest.mark.parametrize("jobs", [1, 3])]


def whole(export: OpenExport, sample: int | None = None) -> Statistics:
    found = export.statistics(sample=sample)
    assert list(found) == [None]
    return found[None]


def test_all_files_count_with_the_first_place_of_each_type(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    found = whole(opened(make_full(tmp_path, form), engine, jobs))
    assert found.records == 8
    fields = found.item.fields
    assert {name: {tag: seen.count for tag, seen in path.types.items()} for name, path in fields.items()} == {
        "n": {"N": 5},
        "pk": {"S": 8},
        "s": {"S": 3},
    }
    assert fields["pk"].types["S"].first == Place(1, 1, 0)
    assert fields["s"].types["S"].first == Place(2, 1, 0)
    assert found.keys is None


def test_both_images_and_the_keys_of_changes_count(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    found = whole(opened(make_changes(tmp_path, form), engine, jobs))
    assert (found.records, found.puts, found.deletes, found.old_images) == (3, 2, 1, 2)
    assert found.item.fields["n"].types["N"].count == 4
    assert found.keys is not None
    assert found.keys.fields["pk"].types["S"].count == 3


def test_values_are_kept_apart_in_the_order_of_the_records(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    found = opened(make_full(tmp_path, form), engine, jobs).statistics(split_by="n")
    values = [*(("N", str(n)) for n in range(5)), None]
    assert [(value, each.records) for value, each in found.items()] == [
        (value, 3 if value is None else 1) for value in values
    ]


def test_more_values_than_allowed_over_all_files_are_refused(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    export = opened(make_full(tmp_path, form), engine, jobs)
    assert len(export.statistics(split_by="pk", max_split_values=8)) == 8
    for most in (7, 1):  # over all files, and in the first
        with pytest.raises(SplitError, match=f"more than {most} values of pk") as caught:
            export.statistics(split_by="pk", max_split_values=most)
        assert caught.value.__notes__ == [f"a split takes at most {most} values; name another attribute"]


@pytest.mark.parametrize(
    ("sample", "taken"), [(1, (0, 1)), (2, (1, 1)), (3, (1, 2)), (7, (4, 3)), (8, (5, 3)), (99, (5, 3))]
)
def test_a_sample_takes_its_part_of_each_file(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine, sample: int, taken: tuple[int, int]
) -> None:
    found = whole(opened(make_full(tmp_path, form), engine, jobs), sample)
    counts = (
        found.item.fields[name].types[tag].count if name in found.item.fields else 0 for name, tag in ("nN", "sS")
    )
    assert tuple(counts) == taken
    assert found.records == min(sample, 8)


def test_a_sample_reads_past_blank_lines_and_not_past_its_last_record(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    made = make_full(tmp_path, form)
    spoil_data(made, 1, " ")
    spoil_data(made, 1, "\r")
    made.rewrite_entry(1, itemCount=5)
    assert whole(opened(made, engine, jobs), 6).records == 6
    spoil_data(made, 2, "{oops")
    made.rewrite_summary(itemCount=9)
    assert whole(opened(made, engine, jobs), 4).records == 4
    with pytest.raises(MalformedRecordError, match="line 3"):
        whole(opened(made, engine, jobs), 8)


def test_malformed_records_stop_it_unless_they_are_passed_over(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    made = make_full(tmp_path, form)
    spoil_data(made, 1, "{oops")
    made.rewrite_summary(itemCount=9)
    export = opened(made, engine, jobs)
    started = ThreadsSince()
    with pytest.raises(MalformedRecordError, match="line 3"):
        export.statistics()
    assert started() == 0
    assert export.statistics(quarantine=True)[None].records == 8


def test_a_file_is_checked_at_its_end(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    made = make_full(tmp_path, form)
    made.rewrite_entry(1, itemCount=6)
    made.rewrite_summary(itemCount=9)
    with pytest.raises(ItemCountError, match="holds 5 records, the manifest says 6"):
        opened(made, engine, jobs).statistics()
    made.rewrite_entry(2, md5Checksum="AAAAAAAAAAAAAAAAAAAAAA==")
    made.rewrite_entry(1, itemCount=5)
    made.rewrite_summary(itemCount=8)
    with pytest.raises(Md5MismatchError, match=made.data_files[2].name):
        opened(made, engine, jobs).statistics()


def test_an_export_without_files_has_statistics_too(
    tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine
) -> None:
    export = opened(make_export(tmp_path, form, []), engine, jobs)
    assert whole(export).records == 0
    assert export.statistics(split_by="pk") == {}


def test_what_is_out_of_range_is_refused(tmp_path: Path, form: OutputFormat, jobs: int, engine: Engine) -> None:
    export = opened(make_full(tmp_path, form), engine, jobs)
    with pytest.raises(UsageError, match="sample is 0"):
        export.statistics(sample=0)
    with pytest.raises(UsageError, match="max_map_fields is 0"):
        export.statistics(max_map_fields=0)
