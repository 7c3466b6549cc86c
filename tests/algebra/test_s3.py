"""S3 at either end: the same bytes as locally, nothing left behind, and DynamoDB asked for the key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import exportkit
from exportkit.engine.protocols import Engine
from exportkit.errors import ExportkitError, ServiceError, UsageError
from exportkit.model.description import ExportDescription, TableDescription
from tests.algebra.tables import ION, JSON, KEY, Exported, exported, life
from tests.commands import left_behind, run
from tests.histories import TABLE
from tests.servers.s3 import S3

pytestmark = pytest.mark.server

MANIFESTS = {"manifest-files.json", "manifest-files.md5", "manifest-summary.json", "manifest-summary.md5"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bucket")


@pytest.fixture(scope="module")
def table(root: Path) -> Exported:
    return exported(root, life(), (JSON, ION))


@pytest.fixture(scope="module")
def uploaded(table: Exported, root: Path, s3_endpoint: str, new_bucket: Callable[[], str]) -> str:
    """The table's exports in a bucket that nobody writes to."""
    with S3.in_bucket(s3_endpoint, new_bucket()) as bucket:
        return bucket.upload(root, "in")


def test_what_is_made_is_the_same_in_s3(
    table: Exported, root: Path, uploaded: str, s3: S3, tmp_path: Path, engine: Engine
) -> None:
    windows, states = (
        [f"{uploaded}/{path.relative_to(root)}" for path in paths] for paths in (table.windows, table.states)
    )
    named: dict[str, Any] = {"engine": engine}
    there: dict[str, Any] = {**named, "storage": s3.options()}
    for name, local, remote in (
        (
            "diff",
            lambda dest: exportkit.diff(table.states[0], table.states[3], dest, key=KEY, **named),
            lambda dest: exportkit.diff(states[0], states[3], dest, key=KEY, **there),
        ),
        (
            "compact",
            lambda dest: exportkit.compact(table.windows, dest, **named),
            lambda dest: exportkit.compact(windows, dest, **there),
        ),
        (
            "revert",
            lambda dest: exportkit.revert(table.windows, dest, **named),
            lambda dest: exportkit.revert(windows, dest, **there),
        ),
    ):
        local(tmp_path / name)
        report = remote(f"{s3.uri}/out/{name}")
        found = s3.objects(f"out/{name}")
        written = {file: (tmp_path / name / file).read_bytes() for file in left_behind(tmp_path / name)}
        assert found.keys() == written.keys()
        # Manifests name bucket and prefix.
        same = [file for file in written if file.rpartition("/")[2] not in MANIFESTS]
        assert {file: found[file] for file in same} == {file: written[file] for file in same}
        assert exportkit.verify(str(report.export["uri"]), storage=s3.options(), engine=engine).ok
        assert remote(f"{s3.uri}/out/{name}").already


def test_a_fault_leaves_nothing_in_s3(table: Exported, root: Path, s3: S3, engine: Engine) -> None:
    s3.upload(root, "in")
    windows = [f"{s3.uri}/in/{path.relative_to(root)}" for path in table.windows]
    for key, data in s3.objects("in").items():
        if key.startswith("AWSDynamoDB/data/") and data:
            s3.put(f"in/{key}", data[:-9] + bytes([data[-9] ^ 0xFF]) + data[-8:])
    make: Callable[..., object]
    for make in (exportkit.compact, exportkit.revert):
        with pytest.raises(ExportkitError) as caught:
            make(windows, f"{s3.uri}/out", storage=s3.options(), engine=engine)
        assert caught.value.exit_code == 3
        assert s3.objects("out") == {}


def test_the_command_line_in_s3(table: Exported, root: Path, uploaded: str, s3: S3) -> None:
    windows = [f"{uploaded}/{path.relative_to(root)}" for path in table.windows]
    done = run("compact", *windows, "-o", f"{s3.uri}/out", "--endpoint-url", s3.url, "--json")
    assert done.code == 0, done.err
    assert done.told["export"]["uri"].startswith(f"{s3.uri}/out/AWSDynamoDB/")


@pytest.fixture
def arn(table: Exported, root: Path, uploaded: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ARN of the first state, which DynamoDB says lies in S3."""
    arn = f"{TABLE}/export/{table.states[0].name}"
    description = ExportDescription(
        export_arn=arn,
        export_status="COMPLETED",
        export_manifest=f"in/{table.states[0].relative_to(root)}/manifest-summary.json",
        s3_bucket=uploaded.removeprefix("s3://").partition("/")[0],
    )
    monkeypatch.setattr("exportkit.store.aws.describe_export", lambda *_: description)
    return arn


def test_dynamodb_is_asked_for_the_key_of_an_arn(
    table: Exported, arn: str, s3: S3, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    table_id = exportkit.open(table.states[0]).summary.table_id
    asked: list[str] = []

    def describe(table_arn: str, _: object) -> TableDescription:
        asked.append(table_arn)
        return TableDescription(key=KEY, table_id=table_id)

    monkeypatch.setattr("exportkit.store.aws.describe_table", describe)
    report = exportkit.diff(arn, table.states[3], storage=s3.options(), engine=engine)
    assert report.records == 4
    assert asked == [TABLE]


@pytest.mark.parametrize("fault", ["gone", "made anew"])
def test_a_table_that_cannot_tell_its_key_is_told(
    table: Exported, arn: str, fault: str, s3: S3, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    def describe(table_arn: str, _: object) -> TableDescription:
        if fault == "gone":
            raise ServiceError(table_arn, "no such table")
        return TableDescription(key=KEY, table_id="another")

    monkeypatch.setattr("exportkit.store.aws.describe_table", describe)
    with pytest.raises(UsageError, match=r"no such table.*--key PARTITION|another tableId.*--key PARTITION"):
        exportkit.diff(arn, table.states[3], storage=s3.options(), engine=engine)
