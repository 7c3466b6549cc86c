"""A schema guessed from a sample: the result is that of a first look at the whole, whether the guess holds or not."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import exportkit
from exportkit.convert import conversion
from exportkit.convert.options import ConvertOptions
from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportType, OutputFormat
from tests.convert.helpers import SMALL, contents, order, orders
from tests.convert.test_resume import look, run
from tests.making import Made, change, make_export

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
USUAL = '"a":{"N":"1"},"m":{"M":{}}'

# What the last record of one file holds, which no sample has seen, beside what all others hold.
SURPRISES = {
    "nothing new": USUAL,
    "a new attribute": '"a":{"N":"1"},"late":{"S":"x"}',
    "another type": '"a":{"S":"x"}',
    "a wider number": '"a":{"N":"1.5"}',
    "a number too large for int64": '"a":{"N":"9223372036854775808"}',
    "a name in a map that was empty": '"a":{"N":"1"},"m":{"M":{"x":{"S":"y"}}}',
    "a name equal but for case": '"A":{"N":"1"}',
    "NULL": '"a":{"NULL":true}',
}


def item(attributes: str) -> str:
    return f'{{"Item":{{{attributes}}}}}'


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Gathers for each decision whether it was a guess."""
    taken: list[bool] = []

    def decide(*args: Any, guess: bool, **options: Any) -> Any:
        taken.append(guess)
        return decided(*args, guess=guess, **options)

    decided: Callable[..., Any] = conversion.decide
    monkeypatch.setattr(conversion, "decide", decide)
    return taken


def surprising(root: Path, last: str, place: int) -> Made:
    lines = [[item(USUAL)] * 40 for _ in range(5)]
    lines[place][-1] = item(last)
    return make_export(root, JSON, lines)


def looked_at_first(monkeypatch: pytest.MonkeyPatch, made: Made, dest: Path, **how: Any) -> dict[str, bytes]:
    """Converts in two passes."""
    with monkeypatch.context() as patch:
        patch.setattr(ConvertOptions, "guesses", False)
        exportkit.convert(made.folder, dest, **how)
    return dict(contents(dest))


# The last file is decoded once to measure rows, so that a guess fails early; the last but one only when it is written.
@pytest.mark.parametrize(("place", "jobs"), [(4, 1), (3, 1), (3, 3)])
@pytest.mark.parametrize("surprise", SURPRISES)
def test_the_result_is_that_of_two_passes(
    surprise: str,
    place: int,
    jobs: int,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    guesses: list[bool],
) -> None:
    made = surprising(tmp_path / "export", SURPRISES[surprise], place)
    how = {"engine": engine, "target_file_size": SMALL, "jobs": jobs}
    expected = looked_at_first(monkeypatch, made, tmp_path / "two", **how)
    assert guesses == [False]
    guesses.clear()
    report = exportkit.convert(made.folder, tmp_path / "one", **how)
    # NULL fits every column, but is told of.
    assert guesses == ([True] if surprise in {"nothing new", "NULL"} else [True, False])
    assert contents(tmp_path / "one") == expected
    assert report.rows == 200
    assert len(report.datasets[0].schema.notes) == len(
        exportkit.convert(made.folder, tmp_path / "two", **how).datasets[0].schema.notes
    )


@pytest.mark.parametrize("form", OutputFormat)
def test_a_guess_holds_in_both_formats(
    form: OutputFormat, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guesses: list[bool]
) -> None:
    made = orders(tmp_path / "export", form, items=200)
    expected = looked_at_first(monkeypatch, made, tmp_path / "two", engine=engine)
    guesses.clear()
    exportkit.convert(made.folder, tmp_path / "one", engine=engine)
    assert guesses == [True]
    assert contents(tmp_path / "one") == expected


def test_changes_are_guessed_too(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guesses: list[bool]
) -> None:
    lines = [[change(JSON, f"k{n}", new=f"k{n}") for n in range(60)]] * 4
    made = make_export(tmp_path / "export", JSON, lines, export_type=ExportType.INCREMENTAL)
    expected = looked_at_first(monkeypatch, made, tmp_path / "two", engine=engine)
    guesses.clear()
    exportkit.convert(made.folder, tmp_path / "one", engine=engine)
    assert guesses == [True]
    assert contents(tmp_path / "one") == expected


@pytest.mark.parametrize("files", [[], [[]], [[], []], [[item(USUAL)]]])
def test_little_or_nothing_is_guessed(
    files: list[list[str]], engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_export(tmp_path / "export", JSON, files)
    expected = looked_at_first(monkeypatch, made, tmp_path / "two", engine=engine)
    exportkit.convert(made.folder, tmp_path / "one", engine=engine)
    assert contents(tmp_path / "one") == expected


def test_quarantined_records_do_not_count(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guesses: list[bool]
) -> None:
    broken = '{"Item":{"a":{"N":"1"},"never":{"S":"seen"},"b":{"N":"x"}}}'
    made = make_export(tmp_path / "export", JSON, [[item(USUAL)] * 40, [*[item(USUAL)] * 40, broken]])
    with pytest.raises(MalformedRecordError):
        exportkit.convert(made.folder, tmp_path / "stopped", engine=engine)
    how = {"engine": engine, "on_malformed": "quarantine"}
    expected = looked_at_first(monkeypatch, made, tmp_path / "two", **how)
    guesses.clear()
    assert not exportkit.convert(made.folder, tmp_path / "one", **how).ok
    assert guesses == [True]
    assert contents(tmp_path / "one") == expected


@pytest.mark.parametrize("kill_at", [20, 80, 105])
def test_killed_where_a_guess_fails(kill_at: int, tmp_path: Path) -> None:
    lines = [[order(JSON, 20 * file + number) for number in range(20)] for file in range(8)]
    lines[5][-1] = '{"Item":{"pk":{"N":"5"}}}'
    made = make_export(tmp_path / "export", JSON, lines)
    how = {"target_file_size": SMALL, "jobs": 1}
    exportkit.convert(made.folder, tmp_path / "whole", **how)
    dest = tmp_path / "d"
    assert run(made, dest, kill_at, how) == -signal.SIGKILL
    look(dest)
    exportkit.convert(made.folder, dest, **how)
    assert contents(dest) == contents(tmp_path / "whole")
