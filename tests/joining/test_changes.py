"""Changes of several exports, read side by side into a spill: checked, of one key, counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import ItemCountError, MalformedRecordError, Md5MismatchError
from exportkit.export import Export, open_export
from exportkit.joining.changes import Changes, filter_words, index_changes
from exportkit.joining.joins import join_all
from exportkit.joining.key_types import KeyTypes
from exportkit.joining.states import StateReader
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.joining import JoinOptions, Operation
from exportkit.model.times import to_micros
from exportkit.reading.spill import Spill
from tests.making import IN_WINDOW, WINDOW, Made, change, item, make_export

JSON, ION = OutputFormat
KEYED = f'{{"Metadata":{{"WriteTimestampMicros":{{"N":"{IN_WINDOW}"}}}},"Keys":{{"id":{{"S":"a"}}}}}}'


def changes_of(root: Path, *files: Sequence[str], form: OutputFormat = JSON) -> Made:
    return make_export(root, form, files, export_type=ExportType.INCREMENTAL)


def indexed(engine: Engine, exports: Sequence[Export], *, jobs: int = 2, form: OutputFormat = JSON) -> Changes:
    with Spill(engine.partition_entries, temp_dir=None, memory=1 << 20, what="changes") as spill:
        return index_changes(exports, engine=engine, form=form, jobs=jobs, spill=spill)


@pytest.mark.parametrize(
    ("changes", "memory", "words"),
    [
        (0, 1 << 30, 1024),
        (4096, 1 << 30, 1024),
        (4097, 1 << 30, 2048),
        (1_000_000, 1 << 30, 262_144),
        (1_000_000, 1 << 20, 131_072),
        (1_000_000, (1 << 20) - 1, 65_536),
        (10**18, 1, 1024),
    ],
)
def test_the_filter_has_sixteen_bits_for_each_key_as_far_as_memory_goes(changes: int, memory: int, words: int) -> None:
    assert filter_words(changes, memory) == words


def test_records_of_each_export_and_the_keys_names(engine: Engine, tmp_path: Path) -> None:
    first = changes_of(tmp_path / "1", [], [change(JSON, "a", new="a")], [change(JSON, "b", new="b")] * 2)
    second = changes_of(tmp_path / "2", [change(ION, "c", new="c")], form=ION)
    found = indexed(engine, [open_export(first.folder), open_export(second.folder)])
    assert found == Changes(key_names=("pk",), records=(3, 1))
    assert indexed(engine, []) == Changes(key_names=None, records=())
    empty = changes_of(tmp_path / "3", [])
    assert indexed(engine, [open_export(empty.folder)]) == Changes(key_names=None, records=(0,))


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_file_whose_records_have_another_key_is_at_fault_whoever_is_read_first(
    engine: Engine, tmp_path: Path, jobs: int
) -> None:
    made = changes_of(tmp_path, [change(JSON, "a", new="a")] * 3, [KEYED])
    with pytest.raises(MalformedRecordError) as raised:
        indexed(engine, [open_export(made.folder)], jobs=jobs)
    assert (raised.value.uri, raised.value.line, raised.value.reason) == (str(made.data_files[1]), 1, "key-absent")


def test_changes_were_written_in_their_exports_window(engine: Engine, tmp_path: Path) -> None:
    start, end = map(to_micros, WINDOW)
    near = [change(JSON, f"{n}", new=f"{n}", micros=micros) for n, micros in enumerate((start - 60_000_000, end))]
    assert indexed(engine, [open_export(changes_of(tmp_path / "near", near).folder)]).records == (2,)
    far = changes_of(tmp_path / "far", near, [change(JSON, "a", new="a", micros=end + 60_000_001)])
    with pytest.raises(MalformedRecordError, match="more than 60 s outside the export's window") as raised:
        indexed(engine, [open_export(far.folder)])
    assert (raised.value.uri, raised.value.line, raised.value.path) == (
        str(far.data_files[1]),
        1,
        "/Metadata/WriteTimestampMicros",
    )


@pytest.mark.parametrize("jobs", [1, 4])
def test_files_are_what_the_manifest_says(engine: Engine, tmp_path: Path, jobs: int) -> None:
    made = changes_of(tmp_path, *([change(JSON, f"{n}", new=f"{n}")] for n in range(5)))
    made.rewrite_entry(3, itemCount=2)
    made.rewrite_summary(itemCount=6)
    with pytest.raises(ItemCountError, match=made.data_files[3].name):
        indexed(engine, [open_export(made.folder)], jobs=jobs)
    made.rewrite_entry(1, md5Checksum="1B2M2Y8AsgTpgAmY7PhCfg==")
    with pytest.raises(Md5MismatchError, match=made.data_files[1].name):
        indexed(engine, [open_export(made.folder)], jobs=jobs)


def test_counts_of_files_have_to_add_up(engine: Engine, tmp_path: Path) -> None:
    made = changes_of(tmp_path, [change(JSON, "a", new="a")])
    made.rewrite_summary(itemCount=7)
    with pytest.raises(ItemCountError, match=r"with 1 record in all, manifest-summary\.json says 7"):
        indexed(engine, [open_export(made.folder)])


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_the_filter_does_not_hold_is_kept_and_the_rest_joined(engine: Engine, tmp_path: Path, jobs: int) -> None:
    base = make_export(tmp_path / "base", JSON, [[item(JSON, f"{n}") for n in range(50)]])
    made = changes_of(tmp_path / "changes", [change(JSON, f"{n}", new=f"{n}", old=f"{n}") for n in range(40, 60)])
    exports = [open_export(base.folder), open_export(made.folder)]
    key_filter = engine.key_filter(1024)
    with Spill(engine.partition_entries, temp_dir=None, memory=1, what="changes") as spill:
        index_changes(exports[1:], engine=engine, form=JSON, jobs=jobs, spill=spill, key_filter=key_filter)
        reader = StateReader(
            export=exports[0],
            engine=engine,
            form=JSON,
            key_names=("pk",),
            key_filter=key_filter,
            spill=spill,
            key_types=KeyTypes(),
        )
        (file,) = exports[0].files()
        kept = list(reader.kept(file))
        options = JoinOptions(operation=Operation.REPLAY, form=JSON)
        joined = list(join_all(engine, spill, options, jobs, exports))
    lines = b"".join(each.lines for each in kept).splitlines()
    assert len(lines) == sum(each.records for each in kept)
    untouched = [item(JSON, f"{n}") for n in range(40)]
    assert [line for line in untouched if line.encode() in lines] == [line.decode() for line in lines]
    assert sum(each.replaced for each in joined) == 10
    assert sum(each.inserted for each in joined) == 10
    assert sum(each.untouched for each in joined) + len(lines) == 40
