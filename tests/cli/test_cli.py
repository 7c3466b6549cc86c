"""The command line as its users meet it: what goes where, and the exit codes."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exportkit import __version__
from exportkit.cli import main
from exportkit.cli.options import parse_size
from exportkit.model.formats import OutputFormat
from tests.making import item, make_export

REPOSITORY = Path(__file__).parents[2]
FULL_JSON = str(REPOSITORY / "samples" / "full-json")
JSON = OutputFormat.DYNAMODB_JSON
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


def test_white_space_around_the_names_of_a_key_does_not_count(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", FULL_JSON, "--key", " pk, sk "]) == 0
    assert main(["diff", FULL_JSON, FULL_JSON, "--summary", "--key", "pk , sk"]) == 0
    assert capfd.readouterr().err == ""


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


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize(("sample", "code"), [(FULL_JSON, 0), (BROKEN, 1)])
def test_verify_keeps_its_answer_when_nobody_reads_it(words: list[str], sample: str, code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "exportkit", "verify", sample, *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("words", [["--help"], ["inspect", FULL_JSON], ["inspect", FULL_JSON, "--json"]], ids=" ".join)
def test_other_commands_end_quietly_when_nobody_reads_them(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "exportkit", *words], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_change_no_answer(closed: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m exportkit verify {BROKEN} {closed}"], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert ("NOT OK" in done.stdout.decode()) == (">&-" not in closed.replace("2>&-", ""))


def test_a_poor_encoding_and_a_full_disk() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "exportkit", "verify", FULL_JSON]
    poor = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (poor.returncode, poor.stderr) == (0, "")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == "error: standard output: No space left on device\n"


@pytest.mark.parametrize("junit", ["/nowhere/x.xml", "/tmp"])
def test_a_junit_file_that_cannot_be_written_is_told_before_the_work(
    junit: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", FULL_JSON, "--junit", junit]) == 2
    assert "--junit" in capfd.readouterr().err


def test_what_comes_from_outside_does_not_steer_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = make_export(tmp_path, JSON, [['{"Item":{"pk":{"S":"a"},"x\\u001b[2J":{"Q":""}}}']])
    made.rewrite_summary(tableArn="arn:\x1b[31m")
    made.data_files[0].with_name(os.fsdecode(b"\xff.gz")).touch()
    for words in ([], ["--json"]):
        assert main(["verify", str(made.folder), *words]) == 1
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err
        assert "\\xff.gz" in out


def test_an_interrupt_ends_a_long_run_soon_with_130(tmp_path: Path) -> None:
    made = make_export(tmp_path, JSON, [[], []])
    for path in made.data_files:  # each some 20 GB of records when inflated: minutes
        member = gzip.compress((item(JSON, "a") + "\n").encode() * 1_000_000, 1)
        with path.open("wb") as file:
            for _ in range(600):
                file.write(member)
    command = [sys.executable, "-W", "ignore", "-m", "exportkit", "verify", str(made.folder), "--jobs", "2"]
    # A shell starts what runs in the background with SIGINT ignored, and a child inherits that.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, interrupt)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")


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


def test_help_tells_where_a_size_is_taken(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--help"]) == 0
    out = capfd.readouterr().out
    assert all(f"{option} SIZE" in out for option in ("--memory", "--max-record-size", "--target-file-size"))
    assert "--jobs INT" in out


def test_a_number_that_is_too_large_is_told_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", FULL_JSON, "--sample", "9" * 23]) == 2
    assert capfd.readouterr().err == "error: sample is too large: it may be at most 4294967295\n"


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("67108864", 2**26), ("64MiB", 2**26), ("64mi", 2**26), ("64 MB", 64_000_000), ("1G", 10**9)],
)
def test_a_size_has_units_of_both_kinds(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["1.5GB", "0", "lots", "-1", ""])
def test_what_is_no_size_is_told_with_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is no size: write whole numbers, without fractions: bytes, or 64MiB"):
        parse_size(text)


def test_a_record_over_the_size_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", FULL_JSON, "--max-record-size", "1k"]) == 1
    assert "longer than the limit" in capfd.readouterr().out
