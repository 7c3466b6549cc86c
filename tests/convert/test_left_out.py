"""What a schema leaves out is told, and where values of several types stand."""

from pathlib import Path
from typing import Any

import orjson
import pytest

import exportkit
from exportkit.cli import main
from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError, MixedTypesError, SchemaFileError, UsageError
from exportkit.model.formats import OutputFormat
from exportkit.reading.schemas import infer
from exportkit.schema import Schema
from tests.making import Made, make_export
from tests.reading.exports import make_changes

JSON = OutputFormat.DYNAMODB_JSON


def lines(*attributes: str) -> list[str]:
    return [f'{{"Item":{{"pk":{{"S":"a"}}{each}}}}}' for each in attributes]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_export(
        tmp_path / "e", JSON, [lines(',"gone":{"N":"1"},"m":{"M":{"x":{"S":"x"},"y":{"S":"y"}}}', ',"other":{"S":"o"}')]
    )


def schema_of(made: Made, others: str) -> Schema:
    document: Any = orjson.loads(infer([made.folder]).schemas[None].to_json())
    document["columns"] = [each for each in document["columns"] if each["attribute"] != "other"]
    for each in document["columns"]:
        if each["attribute"] == "gone":
            each["drop"] = True
        if each["attribute"] == "m":
            each["fields"][0]["drop"] = True
    document["others"] = others
    return Schema.from_json(orjson.dumps(document), "schema.json")


@pytest.mark.parametrize(("on_misfit", "count"), [("rescue", 0), ("extend", 1)])
def test_what_a_given_schema_leaves_out_is_told(on_misfit: str, count: int, made: Made, tmp_path: Path) -> None:
    report = exportkit.convert(made.folder, tmp_path / "d", schema=schema_of(made, "skip"), on_misfit=on_misfit)
    told = [(note.path, note.count) for note in report.datasets[0].schema.notes if note.kind == "left-out"]
    assert told == [("gone", count), ("m.x", count), ("", count)]


@pytest.mark.parametrize("sampled", [{}, {"sample": 2}])
def test_the_places_of_several_types_name_their_files(sampled: dict[str, int], tmp_path: Path) -> None:
    made = make_export(tmp_path / "e", JSON, [lines(',"v":{"S":"1"}'), lines(',"v":{"N":"1"}')])
    with pytest.raises(MixedTypesError) as caught:
        exportkit.convert(
            made.folder, tmp_path / "d", options=exportkit.SchemaOptions(mixed="error"), sample=sampled.get("sample")
        )
    notes = [note for note in caught.value.__notes__ if note.startswith("first ")]
    assert [note.split(":")[0] for note in notes] == ["first S", "first N"]
    assert all(".json.gz, line 1 (byte 0)" in note for note in notes)


@pytest.mark.parametrize(
    ("columns", "told"),
    [([], "is empty"), ([{"attribute": "a", "type": "list<" * 5000 + "string" + ">" * 5000}], "nested too deeply")],
)
def test_columns_that_are_none_are_refused(columns: list[object], told: str, made: Made) -> None:
    document = {**orjson.loads(infer([made.folder]).schemas[None].to_json()), "columns": columns}
    with pytest.raises(SchemaFileError, match=told):
        Schema.from_json(orjson.dumps(document), "schema.json")


@pytest.mark.parametrize("attribute", ["gone", "other", "nosuch"])
def test_an_attribute_to_split_by_that_no_item_has_is_told(
    attribute: str, made: Made, engine: Engine, tmp_path: Path
) -> None:
    """What some items have is not, though it be a map or a list."""
    told = [("never-seen", "nosuch", "no item has it: nothing to split by")] if attribute == "nosuch" else []
    report = exportkit.convert(made.folder, tmp_path / "d", split_by=attribute, engine=engine)
    given = exportkit.convert(made.folder, tmp_path / "g", schema=schema_of(made, "misfit"), split_by=attribute)
    for schemas in (
        [each.schema for each in report.datasets],
        [each.schema for each in given.datasets],
        list(infer([made.folder, made.folder], split_by=attribute).schemas.values()),
    ):
        notes = [note for each in schemas for note in each.notes if note.kind == "never-seen"]
        assert [(note.kind, note.path, note.message) for note in notes] == told
    assert infer([made.folder], split_by="m").schemas[None].notes == infer([made.folder]).schemas[None].notes


def test_an_attribute_of_changes_is_looked_for_in_keys_and_images(tmp_path: Path) -> None:
    changes = make_changes(tmp_path, JSON)
    for attribute, count in (("pk", 0), ("nosuch", 1)):
        notes = [note for each in infer([changes.folder], split_by=attribute).schemas.values() for note in each.notes]
        assert [note.path for note in notes if note.kind == "never-seen"] == ["nosuch"] * count


def test_a_malformed_record_names_the_way_out(tmp_path: Path) -> None:
    made = make_export(tmp_path / "e", JSON, [["{"]])
    with pytest.raises(MalformedRecordError) as caught:
        exportkit.convert(made.folder, tmp_path / "d")
    assert any("--on-malformed quarantine" in note for note in caught.value.__notes__)


def test_rescued_values_are_listed_by_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = make_export(tmp_path / "a", JSON, [lines("")])
    many = "".join(f',"v{n:02}":{{"S":"x"}}' for n in range(3))
    wide = make_export(tmp_path / "b", JSON, [lines(*[many] * 8)])
    schema = tmp_path / "schema.json"
    schema.write_bytes(infer([narrow.folder]).schemas[None].to_json())
    assert main(["convert", str(wide.folder), "-o", str(tmp_path / "d"), "--schema", str(schema)]) == 0
    out = capsys.readouterr().out
    assert [out.count(f"at /v{n:02}  first in ") for n in range(3)] == [1, 1, 1]
    assert "and 21 more values, at these paths or at others" in out
    assert "--on-misfit extend" in out


def test_no_more_is_said_of_rescued_values_than_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The places of the first twenty are kept, and how many values there are of all paths together."""
    wide = make_export(tmp_path / "e", JSON, [lines("", *[',"a":{"S":"x"},"b":{"S":"x"}'] * 50)])
    assert main(["convert", str(wide.folder), "-o", str(tmp_path / "d"), "--sample", "1"]) == 0
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.partition("  first in ")[0] for line in told if "  first in " in line] == ["S at /a", "S at /b"]
    assert "and 98 more values, at these paths or at others" in told
    assert main(["convert", str(wide.folder), "-o", str(tmp_path / "d"), "--sample", "1", "--json"]) == 0
    document = orjson.loads(capsys.readouterr().out)
    assert (document["rescued"], document["rescued_rows"], len(document["misfits"])) == (100, 50, 20)


def test_a_scan_refuses_one_name_that_is_no_list(made: Made) -> None:
    with pytest.raises(UsageError, match="pass a list"):
        exportkit.open(made.folder).scan(columns="pk")
