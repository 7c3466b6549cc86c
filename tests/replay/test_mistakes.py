"""The mistakes that other tools make with exports, each as a table that would show it; by the command line."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.values import ChangeRecord, Item
from tests.commands import Done, left_behind, lines_in, made, run, state_in
from tests.histories import START, TABLE, WINDOW, History, Write, Writing, typed
from tests.making import IN_WINDOW, Made, change, item, make_export

JSON, ION = OutputFormat
PK = ("pk",)


class Bench:
    """A folder with a base and a window after it, and a place for what is made of them."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder, self.engine = folder, engine
        self.out = folder / "out"
        self.base: Path | Made = folder
        self.windows: list[Path | Made] = []

    def lines(self, base: list[list[str]], *windows: list[list[str]], form: OutputFormat = JSON) -> None:
        """Writes exports of these lines in these files."""
        self.base = make_export(self.folder / "base", form, base)
        self.base.rewrite_summary(exportArn=f"{TABLE}/export/01768386000000-00000000")  # no two exports have one name
        self.windows = [
            make_export(self.folder / f"window{number}", form, files, export_type=ExportType.INCREMENTAL)
            for number, files in enumerate(windows)
        ]

    def items(
        self,
        base: list[Item],
        *windows: list[ChangeRecord],
        form: OutputFormat = JSON,
        view: ExportView = ExportView.NEW_AND_OLD_IMAGES,
    ) -> None:
        """Writes exports of these items and changes, the windows one after the other."""
        writing = Writing(self.folder / "in", plain=True)
        self.base = writing.full({(number,): each for number, each in enumerate(base)}, START, form)  # type: ignore[misc]
        times = [START + number * WINDOW for number in range(len(windows) + 1)]
        self.windows = [
            writing.window(changes, start, start + WINDOW, form, view)
            for start, changes in zip(times, windows, strict=False)
        ]

    def replay(self, *options: object, code: int = 0) -> Done:
        locations = (each.folder if isinstance(each, Made) else each for each in (self.base, *self.windows))
        done = run("replay", *locations, "-o", self.out, "--json", *options, engine=self.engine)
        assert done.code == code, f"{done.out}\n{done.err}"
        if code:
            assert left_behind(self.out) == []
        return done

    @property
    def state(self) -> Any:
        """The rebuilt items, by the value of ``pk``."""
        return {key: value for (key,), value in state_in(made(self.out), PK).items()}

    @property
    def rows(self) -> Any:
        """The rebuilt rows, where it went to Parquet."""
        return pq.read_table(self.out / "data").to_pylist()


@pytest.fixture
def bench(tmp_path: Path, engine: Engine) -> Bench:
    return Bench(tmp_path, engine.name)


def put(key: Any, new: Item, old: Item | None = None, at: int = START) -> ChangeRecord:
    return ChangeRecord({"pk": key}, at, {"pk": key, **new}, None if old is None else {"pk": key, **old})


def delete(key: Any, old: Item | None = None, at: int = START) -> ChangeRecord:
    return ChangeRecord({"pk": key}, at, None, None if old is None else {"pk": key, **old})


# --- files and manifests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", OutputFormat)
def test_an_empty_first_file_is_not_a_window_without_changes(form: OutputFormat, bench: Bench) -> None:
    bench.lines([[], [item(form, "a")]], [[], [], [change(form, "b", new="b"), change(form, "a", old="a")]], form=form)
    bench.replay()
    assert bench.state == {"b": {"pk": "b", "n": Decimal(1)}}


@pytest.mark.parametrize("spoilt", ["base", "window"])
def test_every_file_is_hashed_not_the_first_five(spoilt: str, bench: Bench) -> None:
    keys = "abcdefgh"
    bench.lines([[item(JSON, key)] for key in keys], [[change(JSON, key, new=key)] for key in keys])
    export = bench.base if spoilt == "base" else bench.windows[0]
    assert isinstance(export, Made)
    *_, before, last = export.data_files
    last.write_bytes(before.read_bytes())  # sound, with as many records: the MD5 alone tells
    assert "its MD5 is " in bench.replay(code=3).err


@pytest.mark.parametrize("spoilt", ["base", "window"])
def test_counts_are_compared(spoilt: str, bench: Bench) -> None:
    bench.lines([[item(JSON, "a")], [item(JSON, "b")]], [[change(JSON, "a", new="a")], [change(JSON, "b", new="b")]])
    export = bench.base if spoilt == "base" else bench.windows[0]
    assert isinstance(export, Made)
    export.rewrite_entry(1, itemCount=2)
    export.rewrite_summary(itemCount=3)
    assert "it holds 1 records, the manifest says 2" in bench.replay(code=1).err


def test_a_summary_without_export_type(bench: Bench) -> None:
    bench.lines([[item(JSON, "a")]], [[change(JSON, "b", new="b")]])
    for export in (bench.base, *bench.windows):
        assert isinstance(export, Made)

        def without(data: bytes) -> bytes:
            return orjson.dumps({name: value for name, value in orjson.loads(data).items() if name != "exportType"})

        export.rewrite("manifest-summary", without)
    bench.replay()
    assert set(bench.state) == {"a", "b"}


def test_an_etag_is_no_md5(bench: Bench) -> None:
    """A copied object has another; AWS's own is of a multipart upload."""
    bench.lines([[item(JSON, "a")]], [[change(JSON, "b", new="b")]])
    for export in (bench.base, *bench.windows):
        assert isinstance(export, Made)
        export.rewrite_entry(0, etag="0" * 32)
    bench.replay()
    assert set(bench.state) == {"a", "b"}


def test_the_files_of_another_window_in_the_same_folder_are_not_read(bench: Bench) -> None:
    """The data of all incremental exports under a prefix lies in one folder."""
    bench.items([{"pk": "a"}], [put("b", {})], [put("c", {}, at=START + WINDOW)])
    bench.windows = bench.windows[:1]
    bench.replay()
    assert set(bench.state) == {"a", "b"}


# --- what a change does ------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ExportView)
def test_deletes_applied_again_leave_no_rows_of_nulls(view: ExportView, bench: Bench) -> None:
    bench.items(
        [{"pk": "a", "v": "1"}, {"pk": "b", "v": "2"}],
        [delete("a", {"v": "1"}), delete("never there")],
        [delete("a", at=START + WINDOW)],
        view=view,
    )
    bench.replay("--to", "parquet")
    assert bench.rows == [{"pk": "b", "v": "2"}]


@pytest.mark.parametrize("form", OutputFormat)
def test_deletes_that_are_keys_alone_are_not_corrupt(form: OutputFormat, bench: Bench) -> None:
    bench.lines([[item(form, "a"), item(form, "b")]], [[change(form, "a")]], form=form)
    told = bench.replay().told
    assert set(bench.state) == {"b"}
    assert (told["counts"]["deleted"], told["counts"]["items"]) == (1, 1)


@pytest.mark.parametrize("to", ["export", "parquet"])
def test_attributes_that_were_removed_are_gone(to: str, bench: Bench) -> None:
    old = {"a": "x", "b": "y", "m": {"c": "z", "d": "w"}}
    bench.items([{"pk": "k", **old}], [put("k", {"a": "x", "m": {"c": "z"}}, old)])
    bench.replay("--to", to)
    expected = {"pk": "k", "a": "x", "m": {"c": "z"}}
    assert (bench.rows if to == "parquet" else list(bench.state.values())) == [expected]


def test_attributes_first_seen_in_the_last_change_become_columns(bench: Bench) -> None:
    bench.items(
        [{"pk": f"k{n}"} for n in range(3000)],
        [put(f"k{n}", {}, {}) for n in range(1000)],
        [put("k7", {"late": "here"}, {}, START + WINDOW)],
    )
    bench.replay("--to", "parquet")
    assert [row for row in bench.rows if row["late"] is not None] == [{"pk": "k7", "late": "here"}]
    assert len(bench.rows) == 3000


def test_the_last_of_two_records_of_one_key_counts(bench: Bench) -> None:
    early, late = change(JSON, "a", new="a", micros=IN_WINDOW), change(JSON, "a", micros=IN_WINDOW + 1)
    bench.lines([[item(JSON, "a")]], [[late], [early]])
    told = bench.replay().told
    assert bench.state == {}
    assert told["counts"]["repeated"] == 1


def test_two_records_of_the_base_with_one_key_that_a_change_hits(bench: Bench) -> None:
    bench.lines([[item(JSON, "a")], [item(JSON, "b"), item(JSON, "a")]], [[change(JSON, "a", new="a")]])
    said = bench.replay(code=3).err
    assert isinstance(bench.base, Made)
    assert all(path.name in said for path in bench.base.data_files), "both places are named"


def test_an_item_that_was_born_and_died_in_an_overlap_is_no_ghost(bench: Bench) -> None:
    """Windows [0, 10) and [5, 15), insert at 6, delete at 12: the second window nets to nothing."""
    minute = 60_000_000
    history = History(PK, (Write(START + 6 * minute, ("a",), {"pk": "a"}), Write(START + 12 * minute, ("a",), None)))
    writing = Writing(bench.folder / "in", plain=True)
    bench.base = writing.full({("b",): {"pk": "b"}})
    bench.windows = [
        writing.window(history.changes(*times), *times)
        for times in ((START, START + 10 * minute), (START + 5 * minute, START + 15 * minute))
    ]
    assert "--allow-overlap" in bench.replay(code=1).err
    told = bench.replay("--allow-overlap").told
    assert set(bench.state) == {"b"}
    assert told["counts"]["ghosts"] == 1


def test_a_chain_of_a_hundred_windows_given_in_any_order(bench: Bench) -> None:
    random = Random(4)
    writes = [
        Write(at, (key,), None if random.random() < 0.2 else {"pk": key, "at": Decimal(at)})
        for at in sorted(random.sample(range(START - WINDOW, START + 100 * WINDOW), 600))
        for key in [f"k{random.randrange(60)}"]
    ]
    history, writing = History(PK, tuple(writes)), Writing(bench.folder / "in", seed=4)
    bench.base = writing.full(history.state(START))
    bench.windows = [
        writing.numbered(history, number, random.choice(list(OutputFormat)), random.choice(list(ExportView)))
        for number in range(100)
    ]
    random.shuffle(bench.windows)
    bench.replay()
    expected = {key: found for (key,), found in history.state(START + 100 * WINDOW).items()}
    assert typed(bench.state) == typed(expected)
    given, bench.windows, bench.out = bench.windows, [], bench.folder / "found"
    bench.replay()
    assert typed(bench.state) == typed(expected)
    assert len(given) == 100


# --- values ------------------------------------------------------------------------------------------------


def test_keys_are_numbers_not_spellings(bench: Bench) -> None:
    """100, 1E2, 100.0 and Ion's 1d2 are one key."""
    name = '"pk":{"N":"%s"}'
    old, new = '{"Item":{%s,"v":{"S":"old"}}}' % (name % "1E2"), '"NewImage":{%s,"v":{"S":"new"}}' % (name % "100.0")
    stamp = f'"Metadata":{{"WriteTimestampMicros":{{"N":"{IN_WINDOW}"}}}}'
    bench.lines([[old]], [[f'{{{stamp},"Keys":{{{name % "+0100"}}},{new}}}']])
    told = bench.replay().told
    assert bench.state == {Decimal(100): {"pk": Decimal(100), "v": "new"}}
    assert (told["counts"]["replaced"], told["counts"]["inserted"]) == (1, 0)
    bench.windows = [bench.windows[0]]
    ion = f"$ion_1_0 {{Record:{{Keys:{{pk:1d2}},Metadata:{{WriteTimestampMicros:{IN_WINDOW}}}}}}}"
    bench.windows = [make_export(bench.folder / "ion", ION, [[ion]], export_type=ExportType.INCREMENTAL)]
    bench.out = bench.folder / "by ion"
    bench.replay()
    assert bench.state == {}


@pytest.mark.parametrize("target", OutputFormat)
@pytest.mark.parametrize("form", OutputFormat)
def test_values_come_through_exactly(form: OutputFormat, target: OutputFormat, bench: Bench) -> None:
    """Numbers through float, numbers of 39 digits, exponents, sets as lists, U+2028, names that are no identifiers."""
    odd: Item = {
        "digits": Decimal(12345678901234567890123456789012345678),
        "fraction": Decimal("0.1"),
        "large": Decimal("1E+100"),
        "small": Decimal("-9.9999999999999999999999999999999999999E-93"),
        "set": {"b", "a"},
        "numbers": {Decimal("0.1"), Decimal("1E+100")},
        "bytes": {b"\x00", b"\xff"},
        "binary": b"\xff\xfe",
        "lines": "one\u2028two\u2029three\u0085four\nfive\r\x0b",
        "a-b.c d'e\"f": {"x.y": [None, True, "", {}, []]},
        "null": None,
        "Name": "1",
        "name": Decimal(1),
    }
    bench.items([{"pk": "kept", **odd}, {"pk": "hit", "v": "old"}], [put("hit", odd, {"v": "old"})], form=form)
    bench.replay("--format", target)
    assert typed(bench.state) == typed({key: {"pk": key, **odd} for key in ("kept", "hit")})
    assert all(b"\n" not in line for line in lines_in(made(bench.out)))


def test_a_number_of_a_hundred_zeros_in_a_line_that_is_kept(bench: Bench) -> None:
    zeros = f'"n":{{"N":"1{"0" * 100}"}}'
    bench.lines([[item(JSON, "a", extra=zeros)]], [[change(JSON, "b", new="b")]])
    bench.replay()
    assert bench.state["a"] == {"pk": "a", "n": Decimal("1E+100")}
    assert any(zeros.encode() in line for line in lines_in(made(bench.out))), "an untouched line stays as it is"


@pytest.mark.parametrize("form", OutputFormat)
def test_lines_have_no_limit_of_a_megabyte(form: OutputFormat, bench: Bench) -> None:
    long = {"v": "x" * 700_000}
    bench.items([{"pk": "a", **long}, {"pk": "b", **long}], [put("a", {**long, "w": "1"}, long)], form=form)
    bench.replay("--strict")
    assert bench.state == {"a": {"pk": "a", "w": "1", **long}, "b": {"pk": "b", **long}}


@pytest.mark.parametrize("name", ["a-b", "a.b", "it's", 'say "x"', "日本", "$ion_1_0", "null", " "])
def test_key_attributes_of_any_name(name: str, bench: Bench) -> None:
    writing = Writing(bench.folder / "in", plain=True)
    for form in OutputFormat:
        bench.base = writing.full({("a",): {name: "a"}, ("b",): {name: "b"}}, form=form)
        bench.windows = [writing.window([ChangeRecord({name: "a"}, START, None, None)], START, START + WINDOW, form)]
        bench.out = bench.folder / form
        bench.replay()
        assert state_in(made(bench.out), (name,)) == {("b",): {name: "b"}}


@pytest.mark.parametrize("spelling", ['{"N":"%d"}', '"%d"', "%d"])
def test_every_spelling_of_the_timestamp(spelling: str, bench: Bench) -> None:
    record = '{"Metadata":{"WriteTimestampMicros":%s},"Keys":{"pk":{"S":"a"}}}' % (spelling % IN_WINDOW)
    bench.lines([[item(JSON, "a")]], [[record]])
    bench.replay()
    assert bench.state == {}


def test_ion_records_without_their_wrapper(bench: Bench) -> None:
    record = f'$ion_1_0 {{Keys:{{pk:"a"}},Metadata:{{WriteTimestampMicros:{IN_WINDOW}.}},NewImage:{{pk:"a",n:2.}}}}'
    bench.lines([[item(ION, "a")]], [[record]], form=ION)
    bench.replay()
    assert bench.state == {"a": {"pk": "a", "n": Decimal(2)}}


def test_ion_for_import_has_decimals_alone(bench: Bench) -> None:
    """ImportTable refuses ints: lines that are kept are written anew where they have them."""
    bench.lines([[item(ION, "a", extra="n:5,f:1e0,l:[1]"), item(ION, "b")]], [[change(ION, "c", new="c")]], form=ION)
    bench.replay()
    (line,) = (line for line in lines_in(made(bench.out)) if b'"a"' in line)
    assert line.strip() == b'$ion_1_0 {Item:{pk:"a",n:5.,f:1.,l:[1.]}}'
