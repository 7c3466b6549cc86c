"""What cannot be read or written: told with its place, nothing half-written, and the same command goes on."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    GzipError,
    ItemCountError,
    MalformedRecordError,
    Md5MismatchError,
    MisfitError,
    StoreError,
    UsageError,
)
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.schema import SchemaOptions
from exportkit.store.writing import AtomicFile
from tests.convert.helpers import SMALL, contents, dataset, orders, rows
from tests.making import change, item, make_export

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION


class TestMisfits:
    """A schema from the first 4 records of 40; the 20th has a string where numbers were, and a new attribute."""

    def export(self, root: Path, form: OutputFormat) -> Path:
        late = 'n:"x",late:1.' if form is ION else '"n":{"S":"x"},"late":{"N":"1"}'
        usual = "n:1." if form is ION else '"n":{"N":"1"}'
        lines = [item(form, f"{n}", extra=late if n == 20 else usual) for n in range(40)]
        return make_export(root, form, [lines]).folder

    @pytest.mark.parametrize("form", [JSON, ION])
    def test_rescue_keeps_them(self, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
        report = exportkit.convert(self.export(tmp_path / "e", form), tmp_path / "d", sample=4, engine=engine)
        table = rows(tmp_path / "d").to_pylist()
        assert (table[20]["pk"], table[20]["n"]) == ("20", None)
        assert dict(table[20]["_rescued"]) == {"/n": '{"S":"x"}', "/late": '{"N":"1"}'}
        assert table[21] == {"pk": "21", "n": 1, "_rescued": None}
        assert (report.counts.rescued, report.counts.rescued_rows) == (2, 1)
        assert report.ok
        (uri, first), (_, second) = report.misfits
        assert uri.endswith(form.suffix)
        assert (first.line, {first.path, second.path}) == (21, {"/n", "/late"})
        assert dataset(tmp_path / "d")["misfits"][0]["line"] == 21

    @pytest.mark.parametrize("form", [JSON, ION])
    def test_error_tells_the_place(self, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
        location = self.export(tmp_path / "e", form)
        with pytest.raises(MisfitError) as caught:
            exportkit.convert(location, tmp_path / "d", sample=4, on_misfit="error", engine=engine)
        assert (caught.value.line, caught.value.offset > 0, caught.value.path) == (21, True, "/n")
        assert any("--on-misfit rescue" in note and "extend" in note for note in caught.value.__notes__)
        assert not list((tmp_path / "d").rglob("*.parquet"))

    @pytest.mark.parametrize("form", [JSON, ION])
    def test_extend_widens_the_schema(self, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
        location = self.export(tmp_path / "e", form)
        exportkit.convert(location, tmp_path / "sampled", sample=4, engine=engine)
        schema = tmp_path / "schema.json"
        schema.write_bytes(orjson.dumps(dataset(tmp_path / "sampled")["datasets"][0]["schema"]))
        report = exportkit.convert(location, tmp_path / "d", schema=schema, on_misfit="extend", engine=engine)
        assert report.counts.rescued == 0
        table = rows(tmp_path / "d").to_pylist()
        assert table[20] == {"pk": "20", "n": {"N": None, "S": "x"}, "late": 1}
        assert table[21] == {"pk": "21", "n": {"N": 1, "S": None}, "late": None}


class TestMalformed:
    def export(self, root: Path, form: OutputFormat) -> Path:
        lines: list[str | bytes] = [item(form, f"{n}") for n in range(10)]
        lines[3] = "{nonsense"
        lines[7] = b'{"Item":{"pk":{"S":"\xff"}}}'
        return make_export(root, form, [[item(form, "first")], lines, [item(form, "last")]]).folder

    @pytest.mark.parametrize("form", [JSON, ION])
    def test_the_first_stops_it(self, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
        location = self.export(tmp_path / "e", form)
        with pytest.raises(MalformedRecordError) as caught:
            exportkit.convert(location, tmp_path / "d", engine=engine)
        assert caught.value.line == 4
        assert not (tmp_path / "d").exists()

    @pytest.mark.parametrize("form", [JSON, ION])
    def test_quarantine_keeps_them_with_their_places(self, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
        location = self.export(tmp_path / "e", form)
        report = exportkit.convert(location, tmp_path / "d", on_malformed="quarantine", engine=engine)
        assert not report.ok
        assert (report.counts.malformed, report.rows) == (2, 10)
        (path,) = (tmp_path / "d" / "quarantine").iterdir()
        first, second = (orjson.loads(line) for line in path.read_bytes().splitlines())
        assert first["file"].endswith(form.suffix)
        assert (first["line"], first["reason"], first["text"]) == (4, "syntax", "{nonsense")
        assert (second["line"], second["reason"]) == (8, "utf-8")
        assert second["base64"] == "eyJJdGVtIjp7InBrIjp7IlMiOiL/In19fQ=="
        assert second["offset"] > first["offset"] > 0
        told = dataset(tmp_path / "d")
        assert (told["counts"]["quarantined"], told["counts"]["rows"]) == (2, 10)
        assert [file.get("quarantined") for file in told["inputs"]] == [None, 2, None]
        assert told["quarantine"] == ["quarantine/part-00000.jsonl"]
        again = exportkit.convert(location, tmp_path / "d", on_malformed="quarantine", engine=engine)
        assert again.already
        assert not again.ok

    def test_quarantine_in_changes(self, engine: Engine, tmp_path: Path) -> None:
        lines = [change(JSON, "a", new="a"), '{"Keys":{}}', change(JSON, "b", old="b")]
        made = make_export(tmp_path / "e", JSON, [lines], export_type=ExportType.INCREMENTAL)
        report = exportkit.convert(made.folder, tmp_path / "d", on_malformed="quarantine", engine=engine)
        assert (report.counts.malformed, report.rows) == (1, 2)


def test_a_data_file_that_was_changed(tmp_path: Path, engine: Engine) -> None:
    made = orders(tmp_path / "e", files=3)
    made.data_files[1].write_bytes(made.data_files[0].read_bytes())
    with pytest.raises(Md5MismatchError, match="copy the file again"):
        exportkit.convert(made.folder, tmp_path / "d", engine=engine)
    made.data_files[1].write_bytes(b"no gzip")
    with pytest.raises(GzipError):
        exportkit.convert(made.folder, tmp_path / "d", engine=engine)


def test_a_count_that_does_not_match(tmp_path: Path, engine: Engine) -> None:
    made = make_export(tmp_path / "e", JSON, [[item(JSON, "a"), item(JSON, "b")], [item(JSON, "c")]])
    made.rewrite_entry(0, itemCount=1)
    with pytest.raises(ItemCountError, match=r"with 2 records in all, manifest-summary\.json says 3"):
        exportkit.convert(made.folder, tmp_path / "d", engine=engine)
    made.rewrite_entry(1, itemCount=2)
    with pytest.raises(ItemCountError, match="it holds 2 records, the manifest says 1"):
        exportkit.convert(made.folder, tmp_path / "d", engine=engine)
    assert ItemCountError.exit_code == 1


def test_a_footer_that_says_something_else_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = orders(tmp_path / "e", files=2)
    monkeypatch.setattr(pq, "read_metadata", lambda _: type("", (), {"num_rows": 79})())
    with pytest.raises(ItemCountError, match="80 rows were written, its footer says 79"):
        exportkit.convert(made.folder, tmp_path / "d")
    assert not (tmp_path / "d" / "dataset.json").exists()


FULL_DISK = """
import resource, signal, sys
import exportkit
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    exportkit.convert(sys.argv[1], sys.argv[2])
except exportkit.errors.StoreError as error:
    print(error, *getattr(error, "__notes__", ()), sep="\\n")
    sys.exit(3)
"""


@pytest.mark.parametrize("room", [0, 1000, 8000])
def test_a_full_disk(room: int, tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=2, items=1000)
    dest = tmp_path / "d"
    words = [sys.executable, "-c", FULL_DISK, str(made.folder), str(dest), str(room)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: File too large" in done.stdout
    assert not list(dest.rglob("*.partial"))
    assert ("the same command goes on" in done.stdout) is (room == 8000), "there is nothing to go on with before"
    exportkit.convert(made.folder, dest)
    exportkit.convert(made.folder, tmp_path / "other")
    assert contents(dest) == contents(tmp_path / "other")


@pytest.mark.parametrize("fail_at", range(1, 11))
def test_a_disk_that_is_full_at_any_write(fail_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = orders(tmp_path / "e", files=4, items=20)
    write, left = AtomicFile.write, fail_at

    def fail(self: AtomicFile, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise StoreError(self.info.uri, "cannot be written: No space left on device")
        write(self, data)

    with monkeypatch.context() as patched:
        patched.setattr(AtomicFile, "write", fail)
        with pytest.raises(StoreError, match="No space left"):
            exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL, jobs=2)
    assert not (tmp_path / "d" / "dataset.json").exists()
    assert not list((tmp_path / "d").rglob("*.partial"))
    exportkit.convert(made.folder, tmp_path / "d", target_file_size=SMALL)
    exportkit.convert(made.folder, tmp_path / "other", target_file_size=SMALL)
    assert contents(tmp_path / "d") == contents(tmp_path / "other")


def test_a_file_is_no_destination(tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=1)
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    with pytest.raises(UsageError, match=f"^{re.escape(str(file))} is a file"):
        exportkit.convert(made.folder, file, overwrite=True)
    with pytest.raises(StoreError, match="cannot be written: Not a directory") as caught:
        exportkit.convert(made.folder, file / "d")
    assert caught.value.uri == str(file / "d")
    assert file.read_bytes() == b"mine"
    with pytest.raises(UsageError, match=r"^/dev/null is a file; name a folder"):
        exportkit.convert(made.folder, "/dev/null")


@pytest.mark.parametrize(
    "arguments",
    [
        {"jobs": 0},
        {"memory": 0},
        {"sample": 0},
        {"target_file_size": 0},
        {"on_misfit": "ignore"},
        {"on_malformed": "ignore"},
        {"compression": "lzo"},
        {"split_by": ""},
        {"schema": "x", "sample": 5},
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=1)
    if "schema" in arguments:
        exportkit.convert(made.folder, tmp_path / "s")
        arguments = {**arguments, "schema": tmp_path / "schema.json"}
        (tmp_path / "schema.json").write_bytes(orjson.dumps(dataset(tmp_path / "s")["datasets"][0]["schema"]))
    with pytest.raises(UsageError):
        exportkit.convert(made.folder, tmp_path / "d", **arguments)
    assert not (tmp_path / "d").exists()


def test_a_schema_has_its_policies_in_it(tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=1)
    report = exportkit.convert(made.folder, tmp_path / "s")
    with pytest.raises(UsageError, match="policies in it"):
        exportkit.convert(
            made.folder, tmp_path / "d", schema=report.datasets[0].schema, options=SchemaOptions(flatten_depth=1)
        )
