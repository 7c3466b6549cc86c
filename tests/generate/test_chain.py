"""A generated chain is one: windows tile, changes are net effects, and the expected state is what they lead to."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from exportkit.engine.protocols import Engine
from exportkit.errors import UsageError
from exportkit.export import open_export
from exportkit.generate import Effect, Generated, GeneratedExport, GenerateOptions, Shape, generate
from exportkit.generate.chain import Table
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.layout import export_id_time
from exportkit.model.scan import ReadOptions
from exportkit.model.times import to_micros
from exportkit.model.values import ChangeRecord, Item
from exportkit.reading import OpenExport
from tests.commands import run

JSON, ION = OutputFormat
NEW, BOTH = ExportView

Key = tuple[str, ...]


def key_of(item: Item) -> Key:
    return tuple(repr(item[name]) for name in ("pk", "sk"))


def changes_of(export: GeneratedExport, engine: Engine) -> Iterator[ChangeRecord]:
    return OpenExport(open_export(export.location), engine=engine).changes()


def state_of(done: Generated, engine: Engine) -> dict[Key, Item]:
    items = list(OpenExport(open_export(done.base.location), engine=engine).items())
    state = {key_of(item): item for item in items if isinstance(item, dict)}
    assert len(state) == len(items)
    return state


def expected_lines(done: Generated) -> list[bytes]:
    assert done.expected is not None
    return Path(done.expected, "items.jsonl").read_bytes().split(b"\n")[:-1]


def expected_state(done: Generated, engine: Engine) -> dict[Key, Item]:
    """Reads the expected end state through an engine, as a full export's only file."""
    reader = engine.items(ReadOptions(format=JSON, export_type=ExportType.FULL))
    items = [*reader.feed(b"\n".join(expected_lines(done))), *reader.finish()]
    return {key_of(item): item for item in items if isinstance(item, dict)}


@pytest.mark.parametrize("shape", [Shape.MIXED, Shape.NARROW])
@pytest.mark.parametrize("formats", [(JSON,), (ION, JSON)])
def test_base_and_changes_lead_to_the_expected_state(
    tmp_path: Path, engine: Engine, shape: Shape, formats: tuple[OutputFormat, ...]
) -> None:
    options = GenerateOptions(
        items=200, windows=4, changes=0.3, shape=shape, format=formats[0], window_format=formats, seed=5
    )
    done = generate(tmp_path, options, expected=True)
    state = state_of(done, engine)
    for export in done.windows:
        seen: dict[Effect, int] = dict.fromkeys(Effect, 0)
        for change in changes_of(export, engine):
            key = key_of(change.keys)
            before = state.get(key)
            assert change.old_image == before, "the item just before the window"
            if change.new_image is None:
                assert before is not None
                del state[key]
                seen[Effect.DELETE] += 1
                continue
            assert key_of(change.new_image) == key
            state[key] = change.new_image
            if before is None:
                seen[Effect.INSERT] += 1
            else:
                seen[Effect.REWRITE if change.new_image == before else Effect.UPDATE] += 1
        told = {effect: export.effects.get(effect, 0) for effect in Effect}
        assert seen[Effect.INSERT] == told[Effect.INSERT] + told[Effect.REINSERT]
        assert seen[Effect.DELETE] == told[Effect.DELETE] + told[Effect.EXPIRE]
        assert (seen[Effect.UPDATE], seen[Effect.REWRITE]) == (told[Effect.UPDATE], told[Effect.REWRITE])
        assert told[Effect.INSERT_THEN_DELETE] > 0
        assert len(state) == export.table_items
    assert state == expected_state(done, engine)
    assert {effect for export in done.windows for effect in export.effects} == set(Effect) - (
        {Effect.EXPIRE} if shape is Shape.NARROW else set()
    )


def test_the_expected_state_is_sorted_by_key_and_told_of(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=100, windows=2, key="n:N,b:B", shape=Shape.WIDE), expected=True)
    assert done.expected is not None
    lines = [json.loads(line)["Item"] for line in expected_lines(done)]
    keys = [(int(item["n"]["N"]), item["b"]["B"]) for item in lines]
    assert [number for number, _ in keys] == sorted(number for number, _ in keys)
    told = json.loads(Path(done.expected, "exports.json").read_bytes())
    assert told["key"] == [{"name": "n", "type": "N"}, {"name": "b", "type": "B"}]
    assert [export["exportId"] for export in told["exports"]] == [export.summary.export_id for export in done.exports]
    assert [export["itemCount"] for export in told["exports"]] == [export.summary.item_count for export in done.exports]
    assert told["exports"][-1]["tableItems"] == len(lines)
    assert told["exports"][1]["effects"]["insertThenDelete"] >= 1


def test_views_hold_the_images_they_should(tmp_path: Path, engine: Engine) -> None:
    done = generate(tmp_path, GenerateOptions(items=200, windows=2, view=(NEW, BOTH)))
    narrow, both = (list(changes_of(export, engine)) for export in done.windows)
    assert [export.summary.output_view for export in done.windows] == [NEW, BOTH]
    assert all(change.old_image is None for change in narrow)
    assert sum(change.new_image is None for change in narrow) > 0, "deletes, of which keys alone are left"
    assert sum(change.old_image is not None for change in both) > 10


def test_windows_tile_from_the_time_of_the_base(tmp_path: Path) -> None:
    time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    done = generate(tmp_path, GenerateOptions(items=50, windows=3, window_minutes=60, export_time=time))
    assert done.base.summary.export_time == time
    for export in done.windows:
        window = export.summary.window
        assert window is not None
        assert (window.start, window.duration) == (time, timedelta(hours=1))
        time = window.end


@pytest.mark.parametrize("offset", [70.0, 0.392, -30.0])
def test_the_base_may_lie_off_the_first_window(tmp_path: Path, offset: float) -> None:
    done = generate(tmp_path, GenerateOptions(items=50, windows=1, first_window_offset=offset))
    window, base_time = done.windows[0].summary.window, done.base.summary.export_time
    assert window is not None
    assert base_time is not None
    assert (window.start - base_time).total_seconds() == offset
    assert window.start.microsecond == 0


def test_write_times_lie_inside_the_window_and_on_its_edges(tmp_path: Path, engine: Engine) -> None:
    done = generate(tmp_path, GenerateOptions(items=300, windows=1))
    window = done.windows[0].summary.window
    assert window is not None
    times = [change.write_timestamp for change in changes_of(done.windows[0], engine)]
    assert (min(times), max(times)) == (to_micros(window.start), to_micros(window.end) - 1)


def test_expired_items_are_deleted_after_their_time(tmp_path: Path, engine: Engine) -> None:
    done = generate(tmp_path, GenerateOptions(items=400, windows=1, changes=0.5))
    late = [
        change
        for change in changes_of(done.windows[0], engine)
        if change.new_image is None and change.old_image and "expires_at" in change.old_image
        if int(str(change.old_image["expires_at"])) * 1_000_000 < change.write_timestamp
    ]
    assert len(late) >= done.windows[0].effects[Effect.EXPIRE] > 1


def test_manifests_are_those_of_the_two_kinds(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=20, windows=1, prefix="team/x", table="T-1.x", bucket="b-b"))
    base, window = (json.loads(Path(export.location, "manifest-summary.json").read_bytes()) for export in done.exports)
    assert list(base) == [
        *("version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportTime", "s3Bucket", "s3Prefix"),
        *("s3SseAlgorithm", "s3SseKmsKeyId", "manifestFilesS3Key", "billedSizeBytes", "itemCount", "outputFormat"),
    ]
    assert list(window) == [
        *("version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportFromTime", "exportToTime"),
        *("s3Bucket", "s3Prefix", "s3SseAlgorithm", "s3SseKmsKeyId", "manifestFilesS3Key", "billedSizeBytes"),
        *("itemCount", "outputFormat", "outputView", "exportType"),
    ]
    assert (base["version"], window["version"]) == ("2020-06-30", "2023-08-01")
    assert window["startTime"].endswith(".000Z")
    assert window["billedSizeBytes"] == 10_000_000
    assert base["tableArn"] == window["tableArn"] == "arn:aws:dynamodb:eu-central-1:111122223333:table/T-1.x"
    assert base["tableId"] == window["tableId"]
    assert base["s3Prefix"] == "team/x"
    for export in done.exports:
        assert Path(export.location).parent == tmp_path / "team" / "x" / "AWSDynamoDB"
        assert export.summary.start_time == export_id_time(Path(export.location).name)


def test_empty_files_are_listed_and_the_first_is_one(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=40, windows=1, files=3, empty_files=2))
    for export in done.exports:
        counts = [file.entry.item_count for file in open_export(export.location).files()]
        assert len(counts) == 5
        assert (counts[0], counts[4]) == (0, 0)
        assert sum(counts) == export.summary.item_count
    assert [file.entry.item_count for file in open_export(done.base.location).files()] == [0, 8, 16, 16, 0]
    none = generate(tmp_path / "none", GenerateOptions(items=40, files=1, empty_files=0))
    assert [file.entry.item_count for file in open_export(none.base.location).files()] == [40]


@pytest.mark.parametrize("members", [2, 5, 50])
def test_gzip_members_are_as_many_as_asked_for(tmp_path: Path, members: int) -> None:
    plain, split = (
        generate(tmp_path / str(count), GenerateOptions(items=100, files=1, empty_files=0, gzip_members=count))
        for count in (1, members)
    )
    (one,), (many,) = (list(open_export(done.base.location).files()) for done in (plain, split))
    data = Path(many.uri).read_bytes()
    assert gzip.decompress(data) == gzip.decompress(Path(one.uri).read_bytes())
    assert data.count(bytes.fromhex("1f8b08000000000000ff")) == members


def test_an_empty_table_can_be_exported(tmp_path: Path) -> None:
    done = generate(tmp_path, GenerateOptions(items=0, windows=1), expected=True)
    assert done.base.summary.item_count == 0
    assert done.windows[0].effects == {Effect.INSERT: 1, Effect.INSERT_THEN_DELETE: 1}
    still = generate(tmp_path / "still", GenerateOptions(items=9, windows=2, changes=0))
    assert [export.summary.item_count for export in still.exports] == [9, 0, 0]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_equal_options_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    options = GenerateOptions(items=150, windows=2, format=ION, gzip_members=2, big_items=1)
    for name in ("a", "b"):
        generate(tmp_path / name, options, expected=True)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    generate(tmp_path / "c", GenerateOptions(items=150, windows=2, format=ION, gzip_members=2, big_items=1, seed=1))
    assert not set(files_of(tmp_path / "a").values()) & {
        data for data in files_of(tmp_path / "c").values() if len(data) > 24
    }


def test_exports_of_several_tables_fit_under_one_folder(tmp_path: Path) -> None:
    for table in ("AAA", "BBB"):
        generate(tmp_path, GenerateOptions(items=20, windows=1, table=table, seed=ord(table[0])))
    assert len(list((tmp_path / "AWSDynamoDB").iterdir())) == 5
    assert len(list((tmp_path / "AWSDynamoDB" / "data").iterdir())) == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": -1},
        {"files": 0},
        {"empty_files": -1},
        {"windows": -1},
        {"window_minutes": 0},
        {"gzip_members": 0},
        {"changes": 1.5},
        {"changes": -0.1},
        {"level": 4},
        {"big_items": 3, "items": 2},
        {"view": ()},
        {"export_time": datetime(1969, 1, 1, tzinfo=UTC)},
        {"export_time": datetime(5138, 1, 2, tzinfo=UTC)},
        {"export_time": datetime(9999, 12, 31, tzinfo=UTC), "windows": 100},
        {"windows": 10**9, "window_minutes": 10**9},
        {"first_window_offset": float("nan")},
        {"first_window_offset": float("inf")},
        {"first_window_offset": 1e18},
        {"first_window_offset": -1e18},
        {"first_window_offset": 1e10},
        {"table": "ab"},
        {"table": "a" * 256},
        {"table": "a/b"},
        {"table": "abc\n"},
        {"bucket": "b"},
        {"bucket": "-bb"},
        {"bucket": "bb."},
        {"bucket": "b" * 256},
        {"bucket": "bü-b"},
        {"bucket": "bb\n"},
        {"export_time": datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)},
        {"key": ""},
        {"key": "a,b,c"},
        {"key": "a,a"},
        {"key": "a:M"},
        {"key": ":S"},
    ],
)
def test_options_out_of_range_are_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        GenerateOptions(**wrong)
    assert not re.search(r"[a-z]_[a-z]|--", str(caught.value)), "the words fit library and command line alike"


def test_names_at_the_ends_of_their_range_are_taken() -> None:
    for table, bucket in (("T.1", "bb"), ("_" * 255, "b" * 255), ("a-b", "a.b_C-9")):
        assert GenerateOptions(table=table, bucket=bucket).table == table


def test_a_time_without_an_offset_is_utc() -> None:
    naive = GenerateOptions(export_time=datetime(2026, 2, 3))  # noqa: DTZ001 - what is tested
    assert naive == GenerateOptions(export_time=datetime(2026, 2, 3, tzinfo=UTC))
    assert naive.fingerprint("") == GenerateOptions(export_time=datetime(2026, 2, 3, tzinfo=UTC)).fingerprint("")


def test_a_key_of_another_attribute_s_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="customer"):
        generate(tmp_path, GenerateOptions(items=1, shape=Shape.TYPICAL, key="customer"))


def test_a_table_never_loses_count() -> None:
    table = Table(30, Random(1), expiring=True)
    for window in range(40):
        changes, effects = table.change(0.5, window * 100, window * 100 + 100)
        assert len(table) == len(list(table.items()))
        assert len({change.item for change in changes}) == len(changes)
        assert len(changes) == sum(effects.values()) - effects[Effect.INSERT_THEN_DELETE]
        assert all(window * 100 <= change.timestamp < window * 100 + 100 for change in changes)


def test_s3_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="local folder"):
        generate("s3://bucket/x", GenerateOptions(items=1))
    done = run("generate", "-o", "s3://bucket/x", "--items", 1)
    assert (done.code, [*tmp_path.iterdir()]) == (2, [])
