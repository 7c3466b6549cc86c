"""Loaded into DynamoDB itself, and scanned back: the same items, by their signature."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import exportkit
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import to_micros
from exportkit.model.values import Item
from tests.commands import did, made, run, state_in
from tests.histories import Writing, key_of
from tests.making import item, make_export
from tests.servers.dynamodb_local import LiveTable

pytestmark = [pytest.mark.dynamodb_local, pytest.mark.server, pytest.mark.slow]

JSON, ION = OutputFormat
KEY = ("pk", "sk")
DEEPEST = 31  # DynamoDB Local counts a level more than the service, which takes 32
Table = Callable[[], LiveTable]


@pytest.fixture
def table(dynamodb_local: str, aws_environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Table]:
    """Makes tables whose key is ``pk`` (S) and ``sk`` (N)."""
    aws_environment.setattr("tempfile.tempdir", str(tmp_path))
    with ExitStack() as tables:
        names = iter(range(100))
        yield lambda: tables.enter_context(LiveTable.new(dynamodb_local, f"Load-{os.getpid()}-{next(names)}"))


@pytest.fixture
def words(dynamodb_local: str) -> tuple[str, ...]:
    return ("--dynamodb-endpoint-url", dynamodb_local)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def fits(*images: Item | None) -> bool:
    return all(depth(image) - 1 <= DEEPEST for image in images if image is not None)


@pytest.fixture(params=[JSON, ION])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """A base with every type and edge, and two windows after it, the second in the other format."""
    form, other = (JSON, ION) if request.param is JSON else (ION, JSON)
    made_of = ("--key", "pk,sk:N", "--items", 300, "--windows", 2, "--seed", 5)
    did("generate", "-o", tmp_path / "generated", *made_of)
    base, *windows = sorted((tmp_path / "generated" / "AWSDynamoDB").glob("0*"))
    writing = Writing(tmp_path / "chain", seed=7)
    at = exportkit.open(base).summary.export_time
    assert at is not None
    kept = {key: found for key, found in state_in(base, KEY).items() if fits(found)}
    assert len(kept) > 290
    written = [writing.full(kept, to_micros(at), form)]
    for folder, its_form, view in zip(windows, (form, other), reversed(ExportView), strict=True):
        window = exportkit.open(folder)
        assert window.summary.window is not None
        changes = [each for each in window.changes() if fits(each.new_image, each.old_image)]
        written.append(writing.window(changes, *window.summary.window.micros, its_form, view))
    return written


def is_as(table: LiveTable, expected: Path, folder: Path) -> bool:
    """Tells whether a scan of a table finds the items of a full export."""
    scan = Writing(folder, plain=True).full({key_of(found, KEY): found for found in table.scan()})
    return run("signature", expected, scan).code == 0


def test_a_state_and_the_changes_after_it(
    table: Table, words: tuple[str, ...], chain: list[Path], tmp_path: Path
) -> None:
    whole, steps = table(), table()
    base, *windows = chain
    did("replay", base, *windows, "-o", tmp_path / "replayed")
    told = did("load", *chain, whole.name, *words, "--json").told
    assert told["units"] >= told["puts"] + told["deletes"] > 300
    assert told["deletes"] > 0
    assert is_as(whole, made(tmp_path / "replayed"), tmp_path / "scan")
    # One by one, and the last of them once more: what is done twice does no harm.
    did("load", base, steps.name, *words)
    assert is_as(steps, base, tmp_path / "first")
    for window in (*windows, windows[-1]):
        did("load", window, steps.name, *words, "--jobs", 3)
    assert is_as(steps, made(tmp_path / "replayed"), tmp_path / "second")
    # A table that holds items is not loaded over, unless that is meant.
    done = run("load", base, steps.name, *words)
    assert (done.code, done.err.count("\n")) == (2, 1)
    did("load", *chain, steps.name, *words, "--allow-existing")
    assert is_as(steps, made(tmp_path / "replayed"), tmp_path / "third")


def test_what_leads_back_leads_back(table: Table, words: tuple[str, ...], chain: list[Path], tmp_path: Path) -> None:
    live = table()
    base, window, _ = chain
    assert exportkit.open(window).summary.output_view is ExportView.NEW_AND_OLD_IMAGES
    did("revert", window, "-o", tmp_path / "back")
    did("load", base, window, live.name, *words)
    assert not is_as(live, base, tmp_path / "there")
    did("load", made(tmp_path / "back"), live.name, *words)
    assert is_as(live, base, tmp_path / "again")


def test_a_record_that_dynamodb_refuses_is_named(table: Table, words: tuple[str, ...], tmp_path: Path) -> None:
    def line(number: int, extra: str = '"a":{"S":""}') -> str:
        return item(JSON, "a", extra=f'"sk":{{"N":"{number}"}},{extra}')

    big = f'"big":{{"S":"{"x" * 410_000}"}}'
    export = make_export(tmp_path, JSON, [[line(1), line(2), line(3, big), line(4)]])
    live = table()
    done = run("load", export.folder, live.name, *words, "--jobs", 1)
    assert done.code == 1
    assert f"{export.data_files[0]}: record 3: the table {live.name} refuses it: Item size" in done.err
    assert len(live.scan()) == 2


def test_killed_again_and_again_it_goes_on(table: Table, words: tuple[str, ...], tmp_path: Path) -> None:
    lines = [
        [item(JSON, f"p{file}", extra=f'"sk":{{"N":"{number}"}},"t":{{"S":"{"x" * 300}"}}') for number in range(60)]
        for file in range(20)
    ]
    base = make_export(tmp_path, JSON, lines)
    live = table()
    command = [sys.executable, "-m", "exportkit", "load", str(base.folder), live.name, *words, "--rate", "500"]
    kept = tmp_path / "done.jsonl"
    kills = 0
    for _ in range(50):
        process = subprocess.Popen([*command, "--resume-file", str(kept), "--jobs", "2"], stderr=subprocess.DEVNULL)
        before = kept.stat().st_size if kept.exists() else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if kept.exists() and kept.stat().st_size > before + 100:  # some files more than before
                process.send_signal(signal.SIGKILL)
                kills += 1
            time.sleep(0.01)
        if process.wait() == 0:
            break
    assert kills >= 2
    assert is_as(live, base.folder, tmp_path / "scan")
    assert not kept.exists()
