"""The signature of a state: what it does not depend on, what it does, and what it refuses; over both engines."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exportkit.algebra.signature import ALGORITHM, Signature, signature
from exportkit.cli import main
from exportkit.engine.protocols import Engine
from exportkit.errors import (
    ChainError,
    ExportkitError,
    ItemCountError,
    MalformedRecordError,
    Md5MismatchError,
    StoreError,
    UsageError,
)
from exportkit.generate import generate
from exportkit.generate.options import GenerateOptions
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.store import StoreOptions
from tests.making import Made, change, item, make_export
from tests.servers.s3 import S3

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
ONE = '{"Item":{"pk":{"S":"a"},"n":{"N":"100"},"s":{"NS":["1","2.50"]},"m":{"M":{"x":{"NULL":true},"y":{"B":"AA=="}}}}}'
TURNED = (
    '{ "Item": {"m":{"M":{"y":{"B":"AA=="},"x":{"NULL":true}}},"n":{"N":"1E+2"},"s":{"NS":["2.5","1"]},"pk":{"S":"a"}}}'
)
SPELLINGS = [
    (JSON, ONE),
    (JSON, TURNED),
    (ION, '$ion_1_0 {Item:{pk:"a",n:1d2,s:$dynamodb_NS::[1.,2.5],m:{x:null,y:{{AA==}}}}}'),
    (ION, "  $ion_1_0 {Item:{s:$dynamodb_NS::[25d-1,1],m:{y:{{AA==}},x:null},n:100,'pk':\"\\x61\"}}"),
]
OTHERS = [
    ONE.replace('"N":"100"', '"N":"100.1"'),
    ONE.replace('"N":"100"', '"S":"100"'),
    ONE.replace('"NS"', '"SS"'),
    ONE.replace('"NULL":true', '"BOOL":false'),
    ONE.replace('"AA=="', '"AQ=="'),
    ONE.replace('"y"', '"Y"'),
    ONE.replace(',"n":{"N":"100"}', ""),
]


def sign(made: Made, engine: Engine) -> Signature:
    return signature(made.folder, engine=engine)


def test_no_items_are_zeros(tmp_path: Path, engine: Engine) -> None:
    nothing = Signature("0" * 64, ALGORITHM, 0)
    assert sign(make_export(tmp_path / "no-files", JSON, []), engine) == nothing
    assert sign(make_export(tmp_path / "empty-files", ION, [[], []]), engine) == nothing


@pytest.mark.parametrize(("form", "line"), SPELLINGS)
def test_the_spelling_does_not_matter(tmp_path: Path, form: OutputFormat, line: str, engine: Engine) -> None:
    value = {"pk": "a", "n": Decimal(100), "s": {Decimal(1), Decimal("2.5")}, "m": {"x": None, "y": b"\0"}}
    expected = hashlib.sha256(engine.canonical_item(value)).hexdigest()
    assert sign(make_export(tmp_path, form, [[line]]), engine) == Signature(expected, ALGORITHM, 1)


@pytest.mark.parametrize("line", OTHERS)
def test_every_value_and_type_and_name_matters(tmp_path: Path, line: str, engine: Engine) -> None:
    assert sign(make_export(tmp_path / "a", JSON, [[ONE]]), engine) != sign(
        make_export(tmp_path / "b", JSON, [[line]]), engine
    )


def test_order_and_split_do_not_matter_and_how_often_does(tmp_path: Path, engine: Engine) -> None:
    lines = [item(JSON, str(number)) for number in range(50)]
    shuffled = random.Random(1).sample(lines, len(lines))
    one = sign(make_export(tmp_path / "a", JSON, [lines]), engine)
    many = make_export(tmp_path / "b", JSON, [[], shuffled[:7], shuffled[7:8], shuffled[8:], []])
    assert {signature(many.folder, engine=engine, jobs=jobs) for jobs in (1, 2, 5)} == {one}
    ion = make_export(tmp_path / "c", ION, [[item(ION, str(number)) for number in range(50)]])
    assert sign(ion, engine) == one
    twice = sign(make_export(tmp_path / "d", JSON, [[*lines, lines[0]]]), engine)
    assert (twice.signature, twice.items) != (one.signature, 51)
    assert twice.items == 51


def test_signatures_of_parts_add_up(tmp_path: Path, engine: Engine) -> None:
    lines = [item(JSON, str(number)) for number in range(50)]
    parts = [sign(make_export(tmp_path / str(at), JSON, [lines[at : at + 10]]), engine) for at in range(0, 50, 10)]
    assert sum(parts[1:], parts[0]) == sign(make_export(tmp_path / "all", JSON, [lines]), engine)
    assert sum(parts) == sum(parts[1:], parts[0])
    with pytest.raises(ValueError, match="cannot be added"):
        _ = parts[0] + Signature("0" * 64, "another", 0)


@pytest.mark.parametrize("other", [1, "0", None, 0.5])
def test_nothing_but_signatures_is_added_to_one(other: Any) -> None:
    one = Signature("0" * 64, ALGORITHM, 0)
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = one + other
    with pytest.raises(TypeError):
        _ = other + one


def test_the_same_table_in_both_formats(tmp_path: Path, engine: Engine) -> None:
    found = {
        signature(
            generate(tmp_path / form, GenerateOptions(items=60, files=files, format=form)).base.location, engine=engine
        )
        for form, files in ((JSON, 1), (ION, 4))
    }
    assert len(found) == 1


def flip(made: Made) -> None:
    data = made.data_files[0]
    content = gzip.decompress(data.read_bytes()).replace(b'"2"', b'"3"')
    data.write_bytes(gzip.compress(content, mtime=0))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (flip, Md5MismatchError),
        (lambda made: made.rewrite_entry(0, itemCount=4), ItemCountError),
        (lambda made: made.rewrite_summary(itemCount=4), ItemCountError),
        (lambda made: made.data_files[1].unlink(), StoreError),
    ],
)
@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_wrong_with_the_export_is_told(
    tmp_path: Path, spoil: Callable[[Made], None], error: type[Exception], jobs: int, engine: Engine
) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "1"), item(JSON, "2")], [item(JSON, "5")]])
    spoil(made)
    with pytest.raises(error):
        signature(made.folder, engine=engine, jobs=jobs)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda made: made.data_files[1].unlink(), "but the manifest lists it; copy it again; if it is missing at its"),
        (lambda made: (made.folder / "manifest-files.json").unlink(), "there is no such file; copy the export again"),
        (lambda made: (made.folder / "manifest-summary.json").unlink(), "there is no such file; copy the export again"),
    ],
    ids=["data file", "manifest-files", "summary"],
)
def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path, spoil: Callable[[Made], None], said: str) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "1"), item(JSON, "2")], [item(JSON, "5")]])
    spoil(made)
    with pytest.raises(ExportkitError, match=said) as caught:
        signature(made.folder)
    assert str(caught.value).endswith("export anew")


def test_a_record_that_is_malformed_is_told_with_its_place(tmp_path: Path, engine: Engine) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "1"), '{"Item":{"pk":{"S":"a"}']])
    with pytest.raises(MalformedRecordError) as caught:
        sign(made, engine)
    assert (caught.value.uri, caught.value.line) == (str(made.data_files[0]), 2)
    long = make_export(tmp_path / "b", JSON, [[item(JSON, "x" * 100)]])
    with pytest.raises(MalformedRecordError) as caught:
        signature(long.folder, engine=engine, max_record_size=100)
    assert caught.value.reason == "too-long"


def test_changes_have_no_signature(tmp_path: Path) -> None:
    made = make_export(tmp_path, JSON, [[change(JSON, "a", new="a")]], export_type=ExportType.INCREMENTAL)
    with pytest.raises(ChainError, match="only a state has a signature") as caught:
        signature(made.folder)
    assert (caught.value.reason, caught.value.exit_code) == ("kind", 1)


def test_arguments_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="jobs is 0"):
        signature(tmp_path, jobs=0)


def test_progress_hears_of_all(tmp_path: Path, engine: Engine) -> None:
    class Ear:
        items = files = total = 0

        def begin(self, items: int) -> None:
            self.total = items

        def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
            self.items += items
            self.files += files

    ear = Ear()
    made = make_export(tmp_path, JSON, [[item(JSON, "1"), item(JSON, "2")], [item(JSON, "5")]])
    signature(made.folder, engine=engine, jobs=1, progress=ear)
    assert (ear.total, ear.items, ear.files) == (3, 3, 2)


@pytest.mark.server
def test_in_a_bucket(tmp_path: Path, s3: S3) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "1")], [item(JSON, "2")]])
    for path in tmp_path.rglob("*"):
        if path.is_file():
            s3.client.upload_file(str(path), s3.bucket, str(path.relative_to(tmp_path)))
    uri = f"{s3.uri}/{made.folder.relative_to(tmp_path)}"
    assert signature(uri, storage=StoreOptions(endpoint_url=s3.url)) == signature(made.folder)


# --- the command -------------------------------------------------------------------------------------------


@pytest.fixture(params=["reference", "native"])
def chosen_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native":
        request.getfixturevalue("engines")  # skips, or fails, where it is not there
    monkeypatch.setenv("EXPORTKIT_ENGINE", request.param)


@pytest.fixture
def three(tmp_path: Path) -> list[str]:
    """Two exports of the same items, and one of others."""
    states = [(JSON, "1"), (ION, "1"), (JSON, "2")]
    return [
        str(make_export(tmp_path / str(number), form, [[item(form, key)]]).folder)
        for number, (form, key) in enumerate(states)
    ]


@pytest.mark.usefixtures("chosen_engine")
def test_one_is_told(three: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signature", three[0]]) == 0
    hexadecimal = signature(three[0]).signature
    assert capsys.readouterr().out == f"{hexadecimal}  1 item  {three[0]}\n"
    assert main(["signature", three[0], "--json", "--jobs", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"signature": hexadecimal, "algorithm": "exportkit-sha256-sum-1", "items": 1}


@pytest.mark.usefixtures("chosen_engine")
def test_several_are_compared(three: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signature", *three[:2]]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "EQUAL: all 2 hold the same items"
    assert main(["signature", *three]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:3]] == three
    assert lines[3:] == [f"DIFFERENT: {three[2]} does not hold what {three[0]} holds"]
    assert main(["signature", *three, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["equal"]
    assert [each["location"] for each in told["signatures"]] == three
    assert told["signatures"][0]["signature"] == told["signatures"][1]["signature"]


@pytest.mark.parametrize("json_too", [(), ("--json",)], ids=["text", "json"])
def test_a_wrong_export_is_told_from_signatures_that_differ(
    tmp_path: Path, three: list[str], json_too: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_export(tmp_path / "wrong", JSON, [[item(JSON, "1")]])
    made.rewrite_summary(itemCount=4)
    assert main(["signature", three[0], str(made.folder), *json_too]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert main(["signature", three[0], three[2], *json_too]) == 1
    assert capsys.readouterr().out


def test_refusals_have_their_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make_export(tmp_path, JSON, [[change(JSON, "a")]], export_type=ExportType.INCREMENTAL)
    assert main(["signature", str(made.folder)]) == 1
    assert "is an incremental export" in capsys.readouterr().err
    assert main(["signature"]) == 2
    assert main(["signature", str(tmp_path / "nothing")]) == 3
