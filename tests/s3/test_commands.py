"""Every command against S3: the same result as on local files, through faults too, and each object read once."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.retries.standard import ExponentialBackoff

from exportkit.generate import GenerateOptions, generate
from exportkit.store import s3_reading
from tests.algebra.tables import ION, JSON, Exported, exported, life
from tests.commands import Done, did, left_behind, run
from tests.servers.faults import PASSING, Fault, FaultyProxy
from tests.servers.s3 import S3

pytestmark = pytest.mark.server

QUICK = tuple(fault for fault in PASSING if fault is not Fault.STALL)  # stalls last until the client's patience ends

NAMES_ITS_PLACE = re.compile(r"(manifest-(files|summary)\.(json|md5)|dataset\.json)$")
"""What tells where the result lies, or when it was made; everything else is the same wherever it lies."""


@dataclass(frozen=True)
class Place:
    """Where a table's exports lie, and where results go to.

    Attributes:
        states: The full exports.
        windows: The incremental ones.
        out: The destination.
        endpoint: The server, of S3.
    """

    states: tuple[str, ...]
    windows: tuple[str, ...]
    out: str
    endpoint: str | None = None

    def words(self, command: str, *named: str, endpoint: str | None = None) -> list[str]:
        """Returns the words of a command on these exports, by way of another endpoint if one is told."""
        endpoint = endpoint or self.endpoint
        first, last = self.states[0], self.states[-1]
        to = ["-o", f"{self.out}/{command.replace(' ', '-')}"]
        return {
            "inspect": ["inspect", first, "--json"],
            "verify": ["verify", first, "--key", "pk,sk", "--json"],
            "verify a window": ["verify", self.windows[0], "--json"],
            "cat": ["cat", last],
            "schema": ["schema", *self.states, "--json"],
            "convert": ["convert", first, *to, "--json"],
            "convert a window": ["convert", self.windows[0], *to, "--json"],
            "convert split": ["convert", first, *to, "--split-by", "pk", "--json"],
            "replay": ["replay", first, *self.windows, *to, "--verify-result", "--json"],
            "replay to parquet": ["replay", first, *self.windows, *to, "--to", "parquet", "--json"],
            "diff": ["diff", first, last, "--key", "pk,sk", *to, "--json"],
            "compact": ["compact", *self.windows, *to, "--json"],
            "revert": ["revert", *self.windows, *to, "--json"],
            "signature": ["signature", *self.states[-1:], "--json"],
        }[command] + [*named, *(["--endpoint-url", endpoint] if endpoint else [])]


COMMANDS = (
    "inspect",
    "verify",
    "verify a window",
    "cat",
    "schema",
    "convert",
    "convert a window",
    "convert split",
    "replay",
    "replay to parquet",
    "diff",
    "compact",
    "revert",
    "signature",
)


def some(*quick: str) -> list[Any]:
    """Returns the commands as parameters, all but a few of them slow."""
    return [pytest.param(each, marks=() if each in quick else pytest.mark.slow) for each in COMMANDS]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bucket")


@pytest.fixture(scope="module")
def table(root: Path) -> Exported:
    return exported(root, life(), (JSON, ION))


@pytest.fixture(scope="module")
def local(table: Exported, tmp_path_factory: pytest.TempPathFactory) -> Place:
    out = str(tmp_path_factory.mktemp("out"))
    return Place(tuple(map(str, table.states)), tuple(map(str, table.windows)), out)


class LocalAnswers(dict[str, Done]):
    def __init__(self, local: Place) -> None:
        super().__init__()
        self.local = local

    def __missing__(self, command: str) -> Done:
        self[command] = did(*self.local.words(command))
        return self[command]


@pytest.fixture(scope="module")
def expected(local: Place) -> LocalAnswers:
    """What commands say of local files, found out when it is asked for."""
    return LocalAnswers(local)


@pytest.fixture
def remote(table: Exported, root: Path, s3: S3) -> Place:
    s3.upload(root, "in")
    states, windows = (
        tuple(f"{s3.uri}/in/{path.relative_to(root)}" for path in paths) for paths in (table.states, table.windows)
    )
    return Place(states, windows, f"{s3.uri}/out", s3.url)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits that are short."""
    monkeypatch.setattr(s3_reading, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.001)
    return iter(())


def check_results(local: Place, s3: S3, command: str) -> None:
    """Compares what lies in the destination with what lies in the local one."""
    name = command.replace(" ", "-")
    written = {f"{name}/{path}" for path in left_behind(Path(local.out, name))}
    found = {path: data for path, data in s3.objects("out").items() if path.startswith(f"{name}/")}
    assert found.keys() == written
    same = [path for path in written if not NAMES_ITS_PLACE.search(path)]
    assert same or not written
    for path in same:
        assert found[path] == Path(local.out, path).read_bytes(), path
    assert not s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads"), "no upload is left"


LOOKS = {
    "convert": 5,
    "convert a window": 5,
    "convert split": 3,
    "replay": 2,
    "replay to parquet": 6,
    "diff": 3,
    "compact": 2,
    "revert": 2,
}
"""Requests for one data file where it is not read once and for all (docs/s3.md): the others look at its beginning or
its end, to guess columns or sizes; these files are so small that a beginning is all of them."""

ONLY_OF_S3 = {"storage", "seconds", "etag"}


def told(done: Done, place: Place, root: str) -> Any:
    """Returns what a command printed, without places, times, and what only S3 has."""
    text = done.out.replace(place.out, "OUT").replace(root, "IN")
    return _common(orjson.loads(text)) if text.startswith("{\n") else text


def _common(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _common(value) for name, value in document.items() if name not in ONLY_OF_S3}
    if isinstance(document, list):
        return [
            _common(value) for value in document if not (isinstance(value, dict) and "etag" in str(value.get("code")))
        ]
    return document


@pytest.mark.parametrize("command", some("verify", "convert", "replay"))
def test_each_object_is_read_once(
    command: str, local: Place, remote: Place, s3: S3, s3_requests: list[str], expected: LocalAnswers, root: Path
) -> None:
    done = did(*remote.words(command))
    assert told(done, remote, f"{s3.uri}/in") == told(expected[command], local, str(root))
    check_results(local, s3, command)
    reads = Counter(request for request in s3_requests if request.startswith("GetObject in/"))
    assert reads
    for request, count in reads.items():
        assert count <= (LOOKS.get(command, 1) if request.endswith(".gz") else 1), request
    listed = [request for request in s3_requests if request.startswith("List") and " in/" in request]
    if command not in {"inspect", "verify"}:  # they tell what lies there that no manifest names
        assert not listed


@pytest.mark.parametrize("command", some("verify", "convert", "replay", "compact"))
def test_a_fifth_of_all_requests_fails(
    command: str, local: Place, remote: Place, s3: S3, expected: LocalAnswers, root: Path, impatient: None
) -> None:
    with FaultyProxy.to(s3.url, share=0.2, faults=QUICK, seed=4) as proxy:
        done = did(*remote.words(command, endpoint=proxy.url))
        assert proxy.failed or proxy.seen.total() < 12, "few requests may all be lucky"
    assert told(done, remote, f"{s3.uri}/in") == told(expected[command], local, str(root))
    check_results(local, s3, command)


@pytest.mark.slow
def test_each_byte_of_a_larger_export_comes_once(s3: S3, tmp_path: Path) -> None:
    made = generate(tmp_path, GenerateOptions(items=20_000, windows=1))
    s3.upload(tmp_path, "in")
    uris = [f"{s3.uri}/in/{Path(each.location).relative_to(tmp_path)}" for each in made.exports]
    sizes = [sum(path.stat().st_size for path in tmp_path.glob(where)) for where in ("*/*/data/*.gz", "*/data/*.gz")]
    full, window = sizes
    for words, bytes_there in (
        (["verify", uris[0]], full),
        (["schema", uris[0]], full),
        (["signature", uris[0]], full),
        (["replay", *uris, "-o", f"{s3.uri}/out"], full + window),
    ):
        told = did(*words, "--json", "--endpoint-url", s3.url).told["storage"]
        assert bytes_there < told["bytes_read"] < 1.03 * bytes_there, words
        assert told["retries"] == 0
        assert told["requests"] == sum(told["operations"].values())
    assert full < told["bytes_written"] < 1.5 * full


def test_people_are_told_in_one_line(remote: Place, local: Place, s3: S3, expected: LocalAnswers) -> None:
    done = did("signature", remote.states[0], "--endpoint-url", s3.url)
    assert re.search(r"^S3: \d+ requests, [\d.,]+ (bytes|kB) read, 0 bytes written$", done.err, re.MULTILINE)
    assert "storage" not in expected["verify"].told
    assert "S3" not in did("signature", local.states[0]).err


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("command", COMMANDS)
def test_a_fifth_of_all_requests_fails_in_every_way_and_waits_are_waited(
    command: str, seed: int, local: Place, remote: Place, s3: S3, expected: LocalAnswers, root: Path
) -> None:
    with FaultyProxy.to(s3.url, share=0.2, faults=PASSING, seed=seed) as proxy:
        done = did(*remote.words(command, "--read-timeout", "2", endpoint=proxy.url))
    assert told(done, remote, f"{s3.uri}/in") == told(expected[command], local, str(root))
    check_results(local, s3, command)


@pytest.mark.parametrize("command", some("verify", "convert"))
def test_a_byte_that_came_otherwise_is_noticed(
    command: str, remote: Place, s3: S3, impatient: None, tmp_path: Path
) -> None:
    if command in {"inspect", "cat"}:
        pytest.skip("they read a part of a file, which nothing vouches for")
    with FaultyProxy.to(s3.url, share=1, faults=[Fault.CORRUPT], only=".gz") as proxy:
        done = run(*remote.words(command, endpoint=proxy.url))
    assert done.code == (1 if command.startswith("verify") else 3), done.out + done.err
    assert not any(key.endswith(("manifest-summary.json", "dataset.json")) for key in s3.objects("out"))
