"""What is broken, full, forbidden or killed in the middle: no wrong snapshot, nothing half-written, and a way on."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from unittest import mock

import pytest

from exportkit.engine.protocols import Engine
from exportkit.joining.budget import Budget
from exportkit.model.formats import OutputFormat
from tests.commands import Done, did, left_behind, made, run, state_in
from tests.convert.helpers import contents
from tests.histories import START, WINDOW, History, Write, Writing, typed
from tests.servers.s3 import DYING, S3

JSON, ION = OutputFormat
PK = ("pk",)
LARGE = 400
"""Items of a base that is cut into several files."""


def history(items: int = LARGE) -> History:
    """Returns a table of items of a few hundred bytes, a third of which change in two windows."""
    random = Random(items)
    writes = [
        Write(START - items + n, (f"k{n}",), {"pk": f"k{n}", "v": random.randbytes(150).hex()}) for n in range(items)
    ]
    for n in range(items // 3):
        key, at = f"k{random.randrange(items)}", START + n * (6 * WINDOW // items)
        gone = random.random() < 0.3
        writes.append(
            Write(at, (key,), None if gone else {"pk": key, "n": Decimal(n), "v": random.randbytes(90).hex()})
        )
    return History(PK, tuple(writes))


HISTORY = history()


class Chain:
    """A base in several files, and two windows; the last of the base in the other format."""

    def __init__(self, root: Path, form: OutputFormat = JSON) -> None:
        self.root, self.form = root, form
        writing = Writing(root, 1)
        self.base = writing.full(HISTORY.state(START), START, form)
        self.windows = [writing.numbered(HISTORY, number, form) for number in range(2)]
        self.expected = HISTORY.state(START + 2 * WINDOW)

    def words(self, dest: object, *options: object) -> list[object]:
        return ["replay", self.base, *self.windows, "-o", dest, *options]

    def data(self, which: str) -> list[Path]:
        """Returns the data files of the base, or of the last window; those with records."""
        if which == "base":
            found = (self.base / "data").iterdir()
        else:
            manifest = (self.windows[-1] / "manifest-files.json").read_text()
            found = (path for path in (self.root / "AWSDynamoDB" / "data").iterdir() if path.name in manifest)
        return sorted(path for path in found if path.stat().st_size > 100)


SPILLING = mock.patch.object(
    Budget, "of", return_value=Budget(filter_bytes=1 << 20, entry_bytes=10_000, leaf_bytes=10_000)
)
"""Small exports spill too: the least that is held in memory is more than they have."""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def whole(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    dest = tmp_path_factory.mktemp("whole") / "d"
    did(*chain.words(dest))
    assert typed(state_in(made(dest), PK)) == typed(chain.expected)
    return dict(contents(dest))


def flip(data: bytes) -> bytes:
    at = len(data) * 2 // 3
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flip,
    "truncated": lambda data: data[: len(data) // 2],
    "longer": lambda data: data + b"\0",
    "empty": lambda _: b"",
    "no gzip": lambda data: b"{" + data[1:],
}


def nothing_made(done: Done, dest: Path, scratch: Path) -> None:
    assert done.code in {1, 3}, done.err
    assert not dest.exists(), "no empty folder either"
    assert left_behind(scratch) == []
    assert "Traceback" not in done.err
    assert "internal error" not in done.err


QUICK = {
    ("flipped", "base", "export", JSON),
    ("truncated", "window", "export", ION),
    ("flipped", "base", "parquet", ION),
}


@pytest.mark.parametrize(
    ("spoilt", "which", "to", "form"),
    [
        pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
        for case in product(SPOIL, ("base", "window"), ("export", "parquet"), OutputFormat)
    ],
)
def test_a_file_that_is_not_what_was_written(
    spoilt: str, which: str, to: str, form: OutputFormat, engine: Engine, tmp_path: Path
) -> None:
    chain = Chain(tmp_path / "in", form)
    path = chain.data(which)[-1]
    path.write_bytes(SPOIL[spoilt](path.read_bytes()))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with SPILLING:
        done = run(*chain.words(tmp_path / "out", "--to", to, "--temp-dir", scratch), engine=engine.name)
    nothing_made(done, tmp_path / "out", scratch)
    assert path.name in done.err


@pytest.mark.parametrize("command", ["replay", "replay --to parquet", "compact"])
@pytest.mark.parametrize("form", OutputFormat)
def test_a_manifest_of_another_window(command: str, form: OutputFormat, engine: Engine, tmp_path: Path) -> None:
    """All its sums are right: only the time of the changes tells that they are not this window's."""
    minutes = WINDOW // 15
    told = History(PK, tuple(Write(START + n * minutes, (f"k{n}",), {"pk": f"k{n}"}) for n in (7, 22)))
    writing = Writing(tmp_path / "in")
    base = writing.full({}, START, form)
    first, second = (writing.numbered(told, number, form) for number in range(2))
    for name in ("manifest-files.json", "manifest-files.md5"):
        shutil.copy(second / name, first / name)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    exports = [first, second] if command == "compact" else [base, first, second]
    done = run(*command.split(), *exports, "-o", tmp_path / "out", "--temp-dir", scratch, engine=engine.name)
    nothing_made(done, tmp_path / "out", scratch)
    assert "line 1 (byte 0): a write more than 60 s outside the export's window at /Metadata" in done.err


@pytest.mark.parametrize("which", ["base", "window"])
@pytest.mark.parametrize("form", OutputFormat)
def test_a_file_that_is_gone(which: str, form: OutputFormat, tmp_path: Path) -> None:
    chain = Chain(tmp_path / "in", form)
    path = chain.data(which)[-1]
    path.unlink()
    done = run(*chain.words(tmp_path / "out"))
    nothing_made(done, tmp_path / "out", tmp_path / "scratch")
    assert path.name in done.err


# In a process of its own: the limit is the process's.
FULL_DISK = """
import resource, signal, sys
from exportkit.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("room", "to"),
    [
        pytest.param(*case, marks=() if case in {(0, "parquet"), (5_000, "export")} else pytest.mark.slow)
        for case in product((0, 500, 5_000), ("export", "parquet"))
    ],
)
def test_a_full_disk(room: int, to: str, chain: Chain, tmp_path: Path) -> None:
    scratch, dest = tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    how = ["--to", to, "--temp-dir", scratch, "--memory", "1MiB"]
    words = [sys.executable, "-c", FULL_DISK, str(room), *map(str, chain.words(dest, *how))]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "File too large" in done.stderr
    assert not [*dest.rglob("manifest-summary.json"), *dest.rglob("dataset.json"), *dest.rglob("*.partial")]
    assert left_behind(scratch) == []
    did(*chain.words(dest, *how))
    did(*chain.words(tmp_path / "other", *how))
    assert contents(dest) == contents(tmp_path / "other")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc, a folder that nobody can write to")
def test_a_temporary_folder_that_cannot_be_written(chain: Chain, tmp_path: Path) -> None:
    with SPILLING:
        done = run(*chain.words(tmp_path / "out", "--temp-dir", "/proc"))
    nothing_made(done, tmp_path / "out", tmp_path / "scratch")
    assert done.code == 3
    assert "/proc" in done.err


def test_a_destination_that_is_a_file(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    assert run(*chain.words(tmp_path / "file")).code == 2
    assert (tmp_path / "file").read_bytes() == b"mine"


# --- killed ------------------------------------------------------------------------------------------------

# Kills itself, as SIGKILL does, before the n-th time that it touches a file in the destination.
KILLED = """
import os, signal, sys

left, dest = int(sys.argv[1]), os.path.realpath(sys.argv[2])
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree"}

def watch(event, args):
    global left
    if event in EVENTS and str(args[0]).startswith(dest):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

from exportkit.cli import main
from exportkit.joining.budget import Budget

if os.environ.get("SPILLING"):
    budget = Budget(filter_bytes=1 << 20, entry_bytes=10_000, leaf_bytes=10_000)
    Budget.of = lambda *_: budget
sys.addaudithook(watch)
sys.exit(main(sys.argv[3:]))
"""


def killed(at: int, dest: Path, *words: object, spilling: bool = False) -> int:
    """Runs a command that kills itself; returns its exit code."""
    run_words = [sys.executable, "-c", KILLED, str(at), str(dest), *map(str, words)]
    env = {**os.environ, "SPILLING": "1" if spilling else ""}
    return subprocess.run(run_words, check=False, capture_output=True, timeout=120, env=env).returncode


def look(dest: Path) -> None:
    """Sees that what looks finished is."""
    if list(dest.rglob("manifest-summary.json")):
        did("verify", made(dest), "--key", "pk")


@pytest.mark.parametrize("kill_at", [2, 8])
def test_killed_at_a_point(kill_at: int, chain: Chain, whole: dict[str, bytes], tmp_path: Path) -> None:
    dest = tmp_path / "d"
    assert killed(kill_at, dest, *chain.words(dest)) == -signal.SIGKILL
    look(dest)
    did(*chain.words(dest))
    assert contents(dest) == whole


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("to", ["export", "parquet"])
def test_killed_at_every_point(to: str, chain: Chain, tmp_path: Path) -> None:
    did(*chain.words(tmp_path / "whole", "--to", to))
    whole = contents(tmp_path / "whole")
    code, kill_at = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        kill_at += 1
        dest = tmp_path / f"d{kill_at}"
        code = killed(kill_at, dest, *chain.words(dest, "--to", to))
        look(dest)
        did(*chain.words(dest, "--to", to))
        assert contents(dest) == whole, f"killed at {kill_at}"
        shutil.rmtree(dest)
    assert code == 0
    assert kill_at > 15


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_with_spilled_changes(chain: Chain, whole: dict[str, bytes], tmp_path: Path) -> None:
    """The spill is nameless: nothing of it stays in the temporary folder, whenever it was killed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for kill_at in range(1, 20, 3):
        dest = tmp_path / f"d{kill_at}"
        words = chain.words(dest, "--temp-dir", scratch)
        assert killed(kill_at, dest, *words, spilling=True) in {0, -signal.SIGKILL}
        assert left_behind(scratch) == []
        with SPILLING:
            did(*words)
        assert contents(dest) == whole


# --- S3 ----------------------------------------------------------------------------------------------------

MAIN = """
from exportkit.cli import main
sys.exit(main(sys.argv[1:]))
"""


def data_of(found: dict[str, bytes]) -> dict[str, bytes]:
    """Returns the data files: manifests name the bucket."""
    return {name: data for name, data in found.items() if name.endswith(".gz")}


@pytest.mark.server
class TestS3:
    def uploaded(self, chain: Chain, s3: S3) -> list[str]:
        """Uploads a chain; returns where its exports are."""
        start = s3.upload(chain.root, "in")
        return [f"{start}/{folder.relative_to(chain.root)}" for folder in (chain.base, *chain.windows)]

    @pytest.mark.parametrize("named", [False, True])
    def test_from_there_and_to_there(
        self, named: bool, chain: Chain, whole: dict[str, bytes], s3: S3, tmp_path: Path
    ) -> None:
        base, *windows = self.uploaded(chain, s3)
        dest, how = f"{s3.uri}/out", ["--endpoint-url", s3.url]
        did("replay", base, *(windows if named else ()), "-o", dest, *how)
        found = s3.objects("out")
        assert data_of(found) == data_of(whole)
        assert sorted(found) == sorted(whole)
        (summary,) = (name for name in found if name.endswith("manifest-summary.json"))
        location = f"{dest}/{summary.removesuffix('/manifest-summary.json')}"
        did("verify", location, "--key", "pk", *how)
        did("signature", location, *how)
        did("diff", location, base, "--summary", *how)
        did("replay", base, *windows, "-o", tmp_path / "parquet", "--to", "parquet", *how)
        before = s3.objects("out")
        assert did("replay", base, *windows, "-o", dest, "--json", *how).told["already"]
        assert s3.objects("out") == before

    def test_a_fault_in_the_middle_leaves_nothing(self, chain: Chain, s3: S3) -> None:
        base, *windows = self.uploaded(chain, s3)
        path = chain.data("base")[-1]
        s3.put(f"in/{path.relative_to(chain.root)}", flip(path.read_bytes()))
        done = run("replay", base, *windows, "-o", f"{s3.uri}/out", "--endpoint-url", s3.url)
        assert done.code == 3, done.err
        assert s3.objects("out") == {}
        assert not s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads")

    def test_killed_at_a_request(self, chain: Chain, whole: dict[str, bytes], s3: S3) -> None:
        assert self.killed(4, chain, s3, "out") == -signal.SIGKILL
        assert "manifest-summary.json" not in " ".join(s3.objects("out"))
        did(*chain.words(f"{s3.uri}/out", "--endpoint-url", s3.url))
        found = s3.objects("out")
        assert data_of(found) == data_of(whole)
        assert sorted(found) == sorted(whole)

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    def test_killed_at_every_request(self, chain: Chain, whole: dict[str, bytes], s3: S3) -> None:
        code, kill_at = -signal.SIGKILL, 0
        while code == -signal.SIGKILL:
            kill_at += 1
            code = self.killed(kill_at, chain, s3, f"out{kill_at}")
            did(*chain.words(f"{s3.uri}/out{kill_at}", "--endpoint-url", s3.url))
            found = s3.objects(f"out{kill_at}")
            assert data_of(found) == data_of(whole), f"killed at {kill_at}"
            assert sorted(found) == sorted(whole)
        assert code == 0
        assert kill_at > 8

    @staticmethod
    def killed(at: int, chain: Chain, s3: S3, prefix: str) -> int:
        command = chain.words(f"{s3.uri}/{prefix}", "--endpoint-url", s3.url)
        words = [sys.executable, "-c", DYING + MAIN, str(at), *map(str, command)]
        return subprocess.run(words, check=False, capture_output=True, timeout=120).returncode
