"""The command line as its users meet it: what goes where, and the exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exportkit import __version__
from exportkit.cli import main
from exportkit.cli.options import parse_size

REPOSITORY = Path(__file__).parents[2]
FULL_JSON = str(REPOSITORY / "samples" / "full-json")
BROKEN = str(REPOSITORY / "samples" / "damaged")


def run(*arguments: str, stdin: int = subprocess.DEVNULL) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "exportkit", *arguments], stdin=stdin, capture_output=True, text=True, check=False
    )


def test_verify_says_yes_on_stdout_with_0(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", FULL_JSON]) == 0
    out, err = capfd.readouterr()
    assert "OK at level records" in out
    assert err == ""


def test_verify_says_no_with_1_and_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", BROKEN]) == 1
    out, err = capfd.readouterr()
    assert "NOT OK" in out
    assert "→" in out
    assert err == ""


def test_json_is_one_document_and_junit_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    assert main(["verify", BROKEN, "--json", "--junit", str(report)]) == 1
    document = json.loads(capfd.readouterr().out)
    assert list(document) == ["ok", "export", "level", "counts", "checks", "findings", "omitted"]
    assert document["ok"] is False
    assert report.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", FULL_JSON, "--level", "deep"],
        ["verify", FULL_JSON, "--jobs", "0"],
        ["verify", FULL_JSON, "--max-record-size", "64 furlongs"],
        ["verify", FULL_JSON, "--max-record-size", "0"],
        ["verify", FULL_JSON, "--expect-item-count", "-1"],
        ["verify", FULL_JSON, "--key", "a,b,c"],
        ["verify", FULL_JSON, "--temp-dir", "/nowhere"],
        ["verify", "ftp://host/export"],
        ["cat", FULL_JSON, "--as", "yaml"],
        ["nothing"],
        ["verify", FULL_JSON, "--nothing"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_told_on_stderr(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err


def test_what_cannot_be_read_is_3(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "/nowhere"]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: /nowhere: ")


@pytest.mark.parametrize("form", ["dynamodb-json", "json", "ion"])
def test_cat_prints_one_record_a_line(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["cat", FULL_JSON, "--as", form]) == 0
    whole = capfd.readouterr().out
    assert main(["cat", FULL_JSON, "--as", form, "--limit", "2", "--jobs", "1"]) == 0
    assert capfd.readouterr().out == "".join(whole.splitlines(keepends=True)[:2])
    assert main(["cat", FULL_JSON, "--as", form, "--limit", "0"]) == 0
    assert capfd.readouterr().out == ""


def test_cat_of_a_damaged_export_ends_with_3(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["cat", BROKEN]) == 3
    assert capfd.readouterr().err.startswith("error: ")


def test_a_closed_pipe_ends_quietly() -> None:
    reader = f"{sys.executable} -m exportkit cat {FULL_JSON} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", reader], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_an_interrupt_is_130() -> None:
    code = (
        "import exportkit.reading, sys\n"
        "def interrupted(*_, **__): raise KeyboardInterrupt\n"
        "exportkit.reading.open_for_reading = interrupted\n"
        "from exportkit.cli import main\n"
        "sys.exit(main(['cat', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_a_bug_is_one_line_and_3_and_a_traceback_on_demand(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("exportkit.reading.open_for_reading", broken)
    monkeypatch.delenv("EXPORTKIT_DEBUG", raising=False)
    assert main(["cat", FULL_JSON]) == 3
    assert capfd.readouterr().err.startswith("internal error: RuntimeError: oops\n")
    monkeypatch.setenv("EXPORTKIT_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["cat", FULL_JSON])


def test_version_tells_the_engine_and_why() -> None:
    done = run("--version")
    assert done.returncode == 0
    first, second, *_ = done.stdout.splitlines()
    assert first == f"exportkit {__version__}"
    assert second.startswith(("engine: native (", "engine: reference ("))


@pytest.mark.parametrize("command", ["inspect", "verify", "cat", "generate"])
def test_help_tells_every_option(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "--" in done.stdout
    for line in done.stdout.splitlines():
        assert len(line) <= 80, line


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("67108864", 2**26), ("64MiB", 2**26), ("64mi", 2**26), ("64 MB", 64_000_000), ("1G", 10**9)],
)
def test_a_size_has_units_of_both_kinds(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_record_over_the_size_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", FULL_JSON, "--max-record-size", "1k"]) == 1
    assert "longer than the limit" in capfd.readouterr().out
