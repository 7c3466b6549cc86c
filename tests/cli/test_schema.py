"""exportkit schema: what it prints and writes, on both engines."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exportkit.cli import main
from exportkit.cli.schema import _print
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.reading.schemas import infer
from exportkit.schema import Schema, SchemaOptions, read_schema
from tests.making import change, item, make_export

FORMATS = pytest.mark.parametrize("form", OutputFormat)


@pytest.fixture(params=["reference", "native"], autouse=True)
def chosen_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native":
        request.getfixturevalue("engines")  # skips, or fails, where it is not there
    monkeypatch.setenv("EXPORTKIT_ENGINE", request.param)


def values(form: OutputFormat, **attributes: tuple[str, str]) -> str:
    if form is OutputFormat.ION:
        return ",".join(f"{name}:{ion}" for name, (_, ion) in attributes.items())
    return ",".join(f'"{name}":{text}' for name, (text, _) in attributes.items())


NINE = ('{"N":"9.99"}', "9.99")
WORD = ('{"S":"word"}', '"word"')
NULL = ('{"NULL":true}', "null")
NESTED = ('{"M":{"a":{"L":[{"M":{"b":{"BOOL":true}}}]}}}', "{a:[{b:true}]}")


def orders(root: Path, form: OutputFormat) -> str:
    files = [
        [item(form, "k1", extra=values(form, price=NINE, m=NESTED)), item(form, "k2", extra=values(form, price=NULL))],
        [item(form, "k3", extra=values(form, price=WORD))],
    ]
    return str(make_export(root, form, files).folder)


def run(*arguments: str) -> int:
    return main(["schema", *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(*arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@FORMATS
def test_a_table_for_people(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    location = orders(tmp_path, form)
    assert run(location) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["3 records", "path values column sizes"]
    assert "m M 1 struct 1 name" in lines
    assert "m.a L 1 list<struct> 1 element" in lines
    assert "m.a[].b BOOL 1 bool" in lines
    assert "price S 1 mixed: S string, N decimal(18,2) 4 bytes" in lines
    assert "N 1 1+2 digits" in lines
    at = lines.index("price: values of S and N: a struct with a field for each (2)")
    assert lines[at + 1].startswith(f"first: {location}/data/")
    assert lines[at + 1].endswith(", line 1 (byte 0)")
    assert "price: NULL becomes a null (1)" in lines


def test_the_table_fits_80_columns(tmp_path: Path) -> None:
    found = infer([orders(tmp_path, OutputFormat.ION)])
    console = Console(file=io.StringIO(), width=80, highlight=False)
    _print(found, console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("m.a[].b") for line in lines)


@FORMATS
def test_the_document_and_the_file(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    location, file = orders(tmp_path, form), tmp_path / "schema.json"
    found = document(capsys, location, "-o", str(file), "--nulls", "keep", "--flatten-depth", "1")
    assert found["exports"] == [location]
    (dataset,) = found["datasets"]
    assert dataset["value"] is None
    price = dataset["statistics"]["item"]["fields"]["price"]["types"]
    assert {tag: each["count"] for tag, each in price.items()} == {"S": 1, "N": 1, "NULL": 1}
    assert price["N"]["number"] == {"integer_digits": 1, "scale": 2, "int64": False}
    assert found["files"][str(price["S"]["first"]["file"])].startswith(f"{location}/data/")
    assert {note["kind"] for note in dataset["notes"]} == {"mixed"}
    assert json.loads(file.read_bytes()) == dataset["schema"]
    assert [each["attribute"] for each in dataset["schema"]["columns"]] == ["m", "pk", "price"]
    assert dataset["schema"]["columns"][0]["flatten"] is True
    assert [each["tag"] for each in dataset["schema"]["columns"][2]["types"]] == ["S", "N", "NULL"]
    assert read_schema(file) == Schema.from_json(file.read_bytes(), "file")


@FORMATS
def test_exports_and_files_become_one(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = orders(tmp_path / "full", form)
    changes = [change(form, "k1", new="k1"), change(form, "k9", old="k9")]
    incremental = make_export(tmp_path / "inc", form, [changes], export_type=ExportType.INCREMENTAL).folder
    of_full, of_both = tmp_path / "full.json", tmp_path / "both.json"
    assert run(full, "-o", str(of_full), "--names", "portable") == 0
    capsys.readouterr()
    found = document(capsys, str(of_full), str(incremental), "-o", str(of_both))
    notes = found["datasets"][0]["notes"]
    assert [(note["kind"], note["path"]) for note in notes] == [("added", "n")]
    schema = read_schema(of_both)
    assert schema.options.names == "portable"
    assert [each.attribute for each in schema.item.fields] == ["m", "n", "pk", "price"]
    assert schema.keys is not None
    together = infer([full, str(incremental)], options=SchemaOptions(names="portable"))  # type: ignore[arg-type]
    assert together.schemas[None] == schema
    assert run(str(of_both), str(of_full)) == 0
    assert capsys.readouterr().out.startswith("no records were looked at\n")


@FORMATS
def test_a_schema_for_each_value(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    location = orders(tmp_path, form)
    found = document(capsys, location, "--split-by", "pk")
    assert [dataset["value"] for dataset in found["datasets"]] == [{"S": "k1"}, {"S": "k2"}, {"S": "k3"}]
    assert run(location, "--split-by", "price") == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"without a value: 1 record", "9.99: 1 record", "word: 1 record"} <= set(lines)


@FORMATS
def test_a_sample(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, orders(tmp_path, form), "--sample", "2")
    assert found["datasets"][0]["statistics"]["records"] == 2


@FORMATS
def test_named_columns(form: OutputFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    location = orders(tmp_path, form)
    found = document(capsys, location, "--columns", "pk", "--rest-as-json")
    assert found["datasets"][0]["schema"]["others"] == "rest"
    for words in (["--columns", "pk", "--columns", "x,y"], ["--columns", 'pk, "x,y"']):
        found = document(capsys, location, *words)
        names = ["pk", "x", "y"] if len(words) == 4 else ["pk", "x,y"]
        assert [each["attribute"] for each in found["datasets"][0]["schema"]["columns"]] == names
    assert found["datasets"][0]["schema"]["others"] == "skip"
    assert {note["kind"] for note in found["datasets"][0]["notes"]} == {"left-out", "never-seen"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "name a location"),
        (["{full}", "--split-by", "pk", "-o", "x.json"], 2, "name one of them"),
        (["{full}", "--mixed", "error"], 3, "price has values of several types: 1 S (first in data file 1, line 1"),
        (["{full}", "--mixed", "error"], 3, "\nfirst S: {full}/data/"),
        (["{full}", "--flatten-depth", "65"], 2, "from 0 to 64"),
        (["{bad}"], 2, "$.columns: is {}; it has to be an array"),
        (["{none}"], 3, "none.json"),
        (["{text}"], 3, "manifest-summary.json; if it is a schema file, let its name end in .json"),
        (["{folder}/nowhere"], 3, "no export is here: there is no such file or folder\n"),
        (["{folder}/empty"], 3, "no export is here: no manifest-summary.json in it or below it\n"),
        (["{full}/manifest-files.json"], 2, "manifest-files.json: is an export's manifest, no schema file; name"),
        (["{none}", "-o", "{folder}"], 2, "--output names no file that could be written: {folder}"),
        (["{none}", "-o", "s3://bucket"], 2, "--output names no file that could be written: s3://bucket"),
        (["{none}", "-o", "s3://"], 2, "an S3 location is s3://BUCKET/PREFIX"),
        (["{good}", "{full}", "--numbers", "double"], 2, "has its policies in it"),
        (["{full}", "--max-map-fields", "0"], 2, ""),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full, bad, good = orders(tmp_path, OutputFormat.DYNAMODB_JSON), tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_bytes(b'{"version":1,"columns":{}}')
    assert run(full, "-o", str(good)) == 0
    capsys.readouterr()
    places = {"full": full, "bad": str(bad), "good": str(good), "none": str(tmp_path / "none.json")}
    places |= {"folder": str(tmp_path), "text": shutil.copy(good, tmp_path / "good.txt")}
    (tmp_path / "empty").mkdir()
    assert run(*(each.format(**places) for each in arguments)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said.replace("{full}", full).replace("{folder}", str(tmp_path)) in err


def test_what_was_found_is_told_where_it_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    location, file = orders(tmp_path, OutputFormat.DYNAMODB_JSON), tmp_path / "file"
    file.touch()
    assert run(location, "-o", str(file / "schema.json")) == 3
    out, err = capsys.readouterr()
    assert "3 records" in out
    assert "cannot be written" in err
