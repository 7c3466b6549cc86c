"""docs/schema.md says what is so: its example is a schema file, its table has every kind of note."""

import re
from pathlib import Path

from exportkit.schema import NoteKind, Schema

PAGE = (Path(__file__).parents[2] / "docs" / "schema.md").read_text(encoding="utf-8")


def test_the_example_of_a_schema_file_is_one() -> None:
    example = re.search(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert example is not None
    schema = Schema.from_json(example[1].encode(), "docs/schema.md")
    assert [each.name for each in schema.plan().item.arrow_fields()] == [
        "address__city",
        "order_id",
        "lines",
        "weight",
        "value",
    ]


def test_every_kind_of_note_is_in_the_table() -> None:
    rows = re.search(r"^\| kind of note.*?\n\n|^\| kind of note.*\Z", PAGE, re.MULTILINE | re.DOTALL)
    assert rows is not None
    named = re.findall(r"`([a-z-]+)`", "".join(line.split(" | ")[0] for line in rows[0].splitlines()[2:]))
    assert named
    assert set(named) == set(NoteKind)
