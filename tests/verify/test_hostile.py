"""Input that means harm: a defined finding, in bounded memory, never a traceback, a hang or a panic."""

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import OutputFormat
from exportkit.verify import verify
from tests.making import Made, item, make_export

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
MB = 1024 * 1024

CHILD = """
import json, re, sys
import exportkit
report = exportkit.verify(sys.argv[1], jobs=1)
print(json.dumps({
    "findings": {check.code: check.count for check in report.checks if check.count},
    "counts": dict(report.counts),
    # Not ru_maxrss: that has the peak of the process that was forked from, too.
    "peak": 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]),
}))
"""


def replace_data(made: Made, pieces: Iterable[bytes]) -> None:
    """Writes the only data file anew, from pieces that need not fit into memory together."""
    (path,) = made.data_files
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as file:
        for piece in pieces:
            file.write(piece)


def repeated(piece: bytes, total: int) -> Iterator[bytes]:
    """Yields about so many bytes, each piece a MB or so."""
    block = piece * max(1, MB // len(piece))
    for _ in range(total // len(block)):
        yield block


def verify_in_child(made: Made, engine: Engine) -> tuple[dict[str, int], dict[str, int], int]:
    """Returns finding counts, counts, and the peak memory of a process that did nothing else."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, made.folder],
        env={"EXPORTKIT_ENGINE": engine.name, "PATH": ""},
        capture_output=True,
        check=True,
        text=True,
    )
    told = json.loads(done.stdout)
    return told["findings"], told["counts"], told["peak"]


@pytest.mark.parametrize("form", [JSON, ION])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"\x00" * 100, "well-formed"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 10_000 + b"]" * 10_000, "nested"),
        (b"{" * 10_000, "nested"),
        (b'{"Item":' * 10_000, "nested"),
        (b"'" * 9_999, "well-formed"),
        (b'"' + b"\\" * 9_999, "well-formed"),
        (b"{{" * 10_000, "nested"),
        (b"/*" * 10_000, "well-formed"),
        (b"1" * 1_000_000, "not an object"),
        (b"-", "well-formed"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else value,
)
def test_a_hostile_line_is_one_malformed_record(
    tmp_path: Path, engine: Engine, form: OutputFormat, line: bytes, reason: str
) -> None:
    if form is ION and line.startswith(b"{{"):
        reason = "well-formed"  # an open lob, whose braces do not nest
    made = make_export(tmp_path, form, [[item(form, "a"), line, item(form, "b")]])
    report = verify(made.folder, engine=engine)
    assert [(finding.code, finding.line) for finding in report.findings] == [("record-malformed", 2)]
    assert reason in report.findings[0].reason
    assert (report.counts["records"], report.counts["malformed"]) == (3, 1)


def test_crlf_is_accepted(tmp_path: Path, engine: Engine) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "a") + "\r", "\r", item(JSON, "b") + "\r"]])
    report = verify(made.folder, key=("pk",), engine=engine)
    assert report.ok
    assert (report.counts["records"], report.counts["blank_lines"]) == (2, 1)


def test_a_line_over_the_limit_is_told_and_what_follows_is_read(tmp_path: Path, engine: Engine) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "a"), item(JSON, "b" * 5_000), item(JSON, "c")]])
    report = verify(made.folder, max_record_size=4_096, engine=engine)
    assert [(finding.code, finding.line) for finding in report.findings] == [("record-malformed", 2)]
    assert "longer than the limit" in report.findings[0].reason
    assert report.counts["types"]["S"] == 2


@pytest.mark.memory
@pytest.mark.parametrize("form", [JSON, ION])
def test_a_bomb_of_one_endless_line_takes_no_memory(tmp_path: Path, engine: Engine, form: OutputFormat) -> None:
    made = make_export(tmp_path, form, [[]])
    replace_data(made, repeated(b" " * 10 + b"x", 120 * MB))
    found, counts, peak = verify_in_child(made, engine)
    assert found["record-malformed"] == 1
    assert counts["bytes"] > 119 * MB
    assert peak < 260 * MB  # the limit of a record, 64 MB, doubled while it grows, and Python


@pytest.mark.slow
@pytest.mark.memory
def test_a_bomb_of_ten_gigabytes(tmp_path: Path, engine: Engine) -> None:
    made = make_export(tmp_path, JSON, [[]])
    compressor = zlib.compressobj(1, wbits=31)
    block = compressor.compress(b"\0" * MB)
    with made.data_files[0].open("wb") as file:
        file.write(block)
        for _ in range(10 * 1024 - 1):
            file.write(compressor.compress(bytes(MB)))
        file.write(compressor.flush())
    found, counts, peak = verify_in_child(made, engine)
    assert found["record-malformed"] == 1
    assert counts["bytes"] == 10 * 1024 * MB
    assert peak < 260 * MB


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.parametrize("form", [JSON, ION])
def test_a_line_of_two_hundred_megabytes(tmp_path: Path, engine: Engine, form: OutputFormat) -> None:
    made = make_export(tmp_path, form, [[]])
    head, tail = item(form, "|").encode().split(b"|")
    replace_data(made, [head, *repeated(b"a", 200 * MB), tail, b"\n"])
    found, counts, peak = verify_in_child(made, engine)
    assert found["record-malformed"] == 1
    assert counts["records"] == 1
    assert peak < 260 * MB


@pytest.mark.slow
@pytest.mark.memory
@pytest.mark.parametrize("form", [JSON, ION])
def test_a_hundred_million_bad_lines(tmp_path: Path, engine: Engine, form: OutputFormat) -> None:
    lines = 100_000_000 if engine.name == "native" else 2_000_000
    made = make_export(tmp_path, form, [[]])
    replace_data(made, repeated(b"}\n", 2 * lines + MB))
    found, counts, peak = verify_in_child(made, engine)
    assert found["record-malformed"] == counts["records"] >= lines
    assert peak < 200 * MB
