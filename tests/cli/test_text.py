import os

import orjson
import pytest

from exportkit.cli.text import printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 😀", "plain é 😀"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("\x00\n\t\x7f\x9b", "\\x00\\x0a\\x09\\x7f\\x9b"),
        ("\u202eevil", "\\u202eevil"),
        (os.fsdecode(b"dir\xff"), "dir\\xff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_a_terminal_or_is_no_text_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    printable(text).encode()


def test_a_document_can_always_be_written() -> None:
    document = {os.fsdecode(b"\xff"): [os.fsdecode(b"a\xfe"), {"x": ("\ud800", 1, None)}], "e": "\x1b"}
    written = orjson.dumps(printable_json(document))
    assert orjson.loads(written) == {"\\xff": ["a\\xfe", {"x": ["\\ud800", 1, None]}], "e": "\x1b"}
