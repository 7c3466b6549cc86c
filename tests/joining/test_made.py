"""An export that is made: its name, what is there already, what a failure leaves, in a folder and in S3."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import exportkit
from exportkit.errors import (
    LockedError,
    StoreError,
    UsageError,
)
from exportkit.export import open_export
from exportkit.inspect import inspect
from exportkit.joining.made import LINEAGE, MadeExport
from exportkit.locations import ExportStatus, find_exports
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.sink import export_writer
from exportkit.sink.export_writer import DataFileWriter
from exportkit.store import StoreOptions
from exportkit.store.s3_writing import PART_SIZE
from tests.export.layouts import lay_out
from tests.servers.s3 import S3

TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders"
FULL = ManifestSummary(
    export_arn=f"{TABLE}/export/01768386000000-0a1b2c3d",
    table_arn=TABLE,
    table_id="id-of-Orders",
    export_time=datetime(2026, 1, 14, 10, 20, 0, 608000, tzinfo=UTC),
    s3_bucket="the-bucket",
    s3_prefix="of/the/base",
    s3_sse_algorithm="KMS",
    s3_sse_kms_key_id="key",
    manifest_files_s3_key="",
    item_count=7,
    output_format=OutputFormat.DYNAMODB_JSON,
    export_type=ExportType.FULL,
    extra={"unknown": 1},
)
CHANGES = replace(
    FULL,
    export_time=None,
    export_from_time=datetime(2026, 1, 14, 10, 20, tzinfo=UTC),
    export_to_time=datetime(2026, 1, 14, 10, 35, tzinfo=UTC),
    export_type=ExportType.INCREMENTAL,
    output_view=ExportView.NEW_IMAGE,
)
INPUTS = [{"export": "a", "summary_md5": "x"}]
LINES = [b'{"Item":{"id":{"S":"%d"}}}\n' % number for number in range(10)]
CHANGE = b'{"Metadata":{"WriteTimestampMicros":{"N":"1768386096366933"}},"Keys":{"id":{"S":"a"}}}\n'


def made(dest: object, summary: ManifestSummary = FULL, **named: Any) -> MadeExport:
    how = {"storage": StoreOptions(), "operation": "replay", "inputs": INPUTS, "settings": {"x": 1}} | named
    return MadeExport(str(dest), summary=summary, **how)


def write(export: MadeExport, files: tuple[list[bytes], ...] = (LINES[:3], LINES[3:])) -> ManifestSummary:
    with export:
        assert export.already is None
        for lines in files:
            with export.data_file() as file:
                file.write(b"".join(lines), len(lines))
        return export.finish({"counts": {"put": 3}})


def found(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_result_is_an_export_like_any_other(tmp_path: Path) -> None:
    export = made(tmp_path, carried={"gaps": ["a gap"]})
    summary = write(export)
    opened = open_export(export.uri)
    assert opened.summary == summary
    assert summary.absent_keys == ()
    assert opened.id == export.export_id
    assert export.export_id.startswith("01768386000608-")
    assert Path(export.uri) == tmp_path / "AWSDynamoDB" / export.export_id
    assert (summary.version, summary.start_time, summary.end_time) == ("2020-06-30", FULL.export_time, FULL.export_time)
    assert (summary.s3_bucket, summary.s3_prefix, summary.table_id) == ("the-bucket", None, "id-of-Orders")
    assert (summary.s3_sse_algorithm, summary.s3_sse_kms_key_id, summary.extra) == ("AES256", None, {})
    assert summary.exportkit == {
        "operation": "replay",
        "inputs": INPUTS,
        "settings": {"x": 1},
        "gaps": ["a gap"],
        "fingerprint": export.fingerprint,
    }
    lineage = json.loads(Path(export.uri, LINEAGE).read_bytes())
    assert lineage["counts"] == {"put": 3}
    assert (lineage["export"], lineage["operation"]) == (export.export_id, "replay")
    assert (lineage["inputs"], lineage["table"]) == (INPUTS, TABLE)
    report = exportkit.verify(export.uri, key=("id",))
    assert (report.ok, report.findings) == (True, ())
    (only,) = inspect(tmp_path).exports
    assert only.status is ExportStatus.COMPLETE
    assert not [name for name in found(tmp_path) if "_lock" in name or "partial" in name]


def test_a_change_puts_its_data_into_the_shared_folder(tmp_path: Path) -> None:
    export = made(tmp_path, CHANGES, operation="compact")
    summary = write(export, ([CHANGE],))
    assert summary.version == "2023-08-01"
    assert export.export_id.startswith("01768386900000-")
    assert [name for name in found(tmp_path) if name.startswith("AWSDynamoDB/data/")]
    assert exportkit.verify(export.uri).ok


def test_a_table_that_is_not_named_makes_no_name_up(tmp_path: Path) -> None:
    export = made(tmp_path, replace(FULL, table_arn=None, export_arn=None))
    summary = write(export)
    assert summary.export_arn is None
    assert open_export(export.uri).id == export.export_id
    assert exportkit.verify(export.uri).ok


def test_the_same_calls_give_the_same_bytes_and_others_another_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(made(tmp_path / name))
    assert found(tmp_path / "a") == found(tmp_path / "b")
    ids = {
        made(tmp_path).export_id,
        made(tmp_path, settings={"x": 2}).export_id,
        made(tmp_path, inputs=[*INPUTS, *INPUTS]).export_id,
        made(tmp_path, operation="other").export_id,
        made(tmp_path, replace(FULL, output_format=OutputFormat.ION)).export_id,
    }
    assert len(ids) == 5
    assert made(tmp_path / "elsewhere", carried={}).export_id == made(tmp_path).export_id
    # What is known of its inputs beyond their manifests stands in its bytes, so it may not be taken for the other.
    assert made(tmp_path, carried={"filtered": True}).export_id != made(tmp_path).export_id


def test_data_files_may_be_written_side_by_side(tmp_path: Path) -> None:
    with made(tmp_path / "a") as export, ThreadPoolExecutor(8) as pool:

        def fill(given: tuple[DataFileWriter, bytes]) -> None:
            file, line = given
            with file:
                for _ in range(200):
                    file.write(line, 1)

        list(pool.map(fill, [(export.data_file(), line) for line in LINES]))
        assert export.item_count == 2000
        export.finish({})
    write(made(tmp_path / "b"), tuple([line] * 200 for line in LINES))
    data = [{name: data for name, data in found(tmp_path / where).items() if "/data/" in name} for where in "ab"]
    assert {name: gzip.decompress(each) for name, each in data[0].items()} == {
        name: gzip.decompress(each) for name, each in data[1].items()
    }


def test_the_same_result_is_not_written_twice(tmp_path: Path) -> None:
    summary = write(made(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    with made(tmp_path) as again:
        assert again.already == summary
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_error_over_a_result_that_was_there_does_not_harm_it(tmp_path: Path) -> None:
    write(made(tmp_path))
    before = found(tmp_path)
    with pytest.raises(ZeroDivisionError), made(tmp_path):
        raise ZeroDivisionError
    assert found(tmp_path) == before


def test_a_result_that_lost_a_file_is_told(tmp_path: Path) -> None:
    export = made(tmp_path)
    write(export)
    (name, *_) = (name for name in found(tmp_path) if "/data/" in name)
    (tmp_path / name).unlink()
    with pytest.raises(StoreError, match="is missing from the result"), made(tmp_path):
        pass


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: lay_over(folder, {"manifest-summary.json": b"{"}), "not JSON"),
        (lambda folder: lay_over(folder, {"mine.txt": b""}), "holds mine.txt"),
        (lambda folder: lay_over(folder, {"sub/mine.txt": b""}), "holds sub"),
        (
            lambda folder: lay_out(folder.parents[1]).folder.rename(folder),
            "holds another export, which is not overwritten",
        ),
    ],
)
def test_what_is_there_of_others_is_not_overwritten(tmp_path: Path, spoil: Callable[[Path], None], told: str) -> None:
    export = made(tmp_path)
    spoil(Path(export.uri))
    before = found(tmp_path)
    with pytest.raises(UsageError, match=told), export:
        pass
    assert found(tmp_path) == before


def lay_over(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_a_file_is_no_destination(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        made(tmp_path / "file")
    with pytest.raises(UsageError, match=r"^/dev/null is a file"):
        made(Path("/dev/null"))
    with pytest.raises(UsageError, match="has no time"):
        made(tmp_path, replace(FULL, export_time=None))


def interrupt(made: MadeExport, when: str, line: bytes) -> None:
    with made as export:
        if when == "at once":
            raise KeyboardInterrupt
        with export.data_file() as file:
            file.write(LINES[0], 1)
        if when == "in a file":
            with export.data_file() as file:
                file.write(line, 1)
                raise KeyboardInterrupt
        if when == "after finish":
            export.finish({})
        raise KeyboardInterrupt


@pytest.mark.parametrize("summary", [FULL, CHANGES])
@pytest.mark.parametrize("when", ["at once", "in a file", "after files", "after finish"])
def test_a_failure_deletes_what_was_written_and_nothing_else(
    tmp_path: Path, summary: ManifestSummary, when: str
) -> None:
    lay_over(tmp_path, {"AWSDynamoDB/data/another.json.gz": b"x"})
    before = found(tmp_path)
    line = LINES[0] if summary is FULL else CHANGE
    with pytest.raises(KeyboardInterrupt):
        interrupt(made(tmp_path, summary), when, line)
    assert found(tmp_path) == before
    assert list((tmp_path / "AWSDynamoDB").iterdir()) == [tmp_path / "AWSDynamoDB" / "data"]


def test_a_failure_leaves_no_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(made(tmp_path), "after files", LINES[0])
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise StoreError("x", "no")

    monkeypatch.setattr(export_writer.ExportWriter, "discard", refuse)
    with pytest.raises(ZeroDivisionError) as caught, made(tmp_path) as export:
        raise ZeroDivisionError
    assert caught.value.__notes__ == [
        f"unfinished: {export.uri} could not be deleted (x: no); the same command writes it anew"
    ]


def test_two_runs_do_not_write_one_result(tmp_path: Path) -> None:
    with made(tmp_path) as export:
        with pytest.raises(LockedError), made(tmp_path):
            pass
        with made(tmp_path, settings={"x": 2}):
            pass
        export.finish({})
    assert open_export(export.uri).summary.item_count == 0


# Writes a file, and kills itself in the middle of the next, or of the manifests.
CHILD = """
import os, signal, sys
from tests.joining import test_made as t
from exportkit.sink.export_writer import ExportWriter
from exportkit.store import StoreOptions

dest, when, endpoint, big = sys.argv[1], sys.argv[2], sys.argv[3] or None, int(sys.argv[4])
summary = t.FULL if sys.argv[5] == "full" else t.CHANGES
with t.made(dest, summary, storage=StoreOptions(endpoint_url=endpoint)) as export:
    with export.data_file() as file:
        file.write(t.LINES[0], 1)
    if when == "file":
        with export.data_file() as file:
            for _ in range(big):
                file.write(os.urandom(1 << 20), 0)
            os.kill(os.getpid(), signal.SIGKILL)
    ExportWriter._put_with_md5 = lambda self, *_: os.kill(os.getpid(), signal.SIGKILL)
    export.finish({})
"""


def kill(dest: str, when: str, kind: str, endpoint: str = "", big: int = 1) -> None:
    child = [sys.executable, "-c", CHILD, dest, when, endpoint, str(big), kind]
    done = subprocess.run(child, check=False, capture_output=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert done.returncode == -9, done.stderr.decode()


@pytest.mark.parametrize("kind", ["full", "changes"])
@pytest.mark.parametrize("when", ["file", "manifests"])
def test_a_killed_run_is_taken_up_by_the_same_one(tmp_path: Path, when: str, kind: str) -> None:
    summary, lines = (FULL, (LINES[:3], LINES[3:])) if kind == "full" else (CHANGES, ([CHANGE],))
    kill(str(tmp_path / "a"), when, kind)
    (unfinished,) = find_exports(tmp_path / "a")
    assert unfinished.status is ExportStatus.INCOMPLETE
    write(made(tmp_path / "a", summary), lines)
    write(made(tmp_path / "b", summary), lines)
    assert found(tmp_path / "a") == found(tmp_path / "b")


# --- S3 ----------------------------------------------------------------------------------------------------


def in_bucket(s3: S3) -> dict[str, bytes]:
    listed = s3.client.list_objects_v2(Bucket=s3.bucket).get("Contents", ())
    return {each["Key"]: s3.client.get_object(Bucket=s3.bucket, Key=each["Key"])["Body"].read() for each in listed}


def uploads(s3: S3) -> list[str]:
    return [each["Key"] for each in s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", ())]


@pytest.mark.server
def test_in_a_bucket_keys_have_the_prefix_and_bytes_are_the_same(tmp_path: Path, s3: S3) -> None:
    storage = StoreOptions(endpoint_url=s3.url)
    summary = write(made(f"{s3.uri}/a/b", storage=storage))
    local = made(tmp_path)
    write(local)
    assert (summary.s3_bucket, summary.s3_prefix) == (s3.bucket, "a/b")
    folder = f"a/b/AWSDynamoDB/{local.export_id}"
    assert summary.manifest_files_s3_key == f"{folder}/manifest-files.json"
    data = {name.rsplit("/", 1)[-1]: data for name, data in found(tmp_path).items() if "/data/" in name}
    there = in_bucket(s3)
    assert {name.rsplit("/", 1)[-1]: data for name, data in there.items() if "/data/" in name} == data
    assert all(name.startswith(folder) for name in there)
    report = exportkit.verify(f"{s3.uri}/{folder}", storage=storage)
    assert report.ok
    with made(f"{s3.uri}/a/b", storage=storage) as again:
        assert again.already == summary
    assert in_bucket(s3) == there


@pytest.mark.server
def test_a_large_file_goes_up_in_parts_and_has_the_etag_of_one(s3: S3) -> None:
    noise = os.urandom(PART_SIZE + 1)  # it is not made smaller
    export = made(s3.uri, storage=StoreOptions(endpoint_url=s3.url))
    with export:
        with export.data_file() as file:
            file.write(noise, 1)
        export.finish({})
    (file,) = open_export(export.uri, StoreOptions(endpoint_url=s3.url)).files()
    assert file.entry.etag is not None
    assert file.entry.etag.endswith("-1")
    assert gzip.decompress(in_bucket(s3)[file.entry.key]) == noise


@pytest.mark.server
@pytest.mark.parametrize("summary", [FULL, CHANGES])
def test_a_failure_leaves_nothing_in_a_bucket(s3: S3, summary: ManifestSummary) -> None:
    export = made(f"{s3.uri}/a", summary, storage=StoreOptions(endpoint_url=s3.url))
    with pytest.raises(KeyboardInterrupt):
        interrupt(export, "in a file", os.urandom(PART_SIZE + 1))
    assert in_bucket(s3) == {}
    assert uploads(s3) == []


@pytest.mark.server
@pytest.mark.parametrize("kind", ["full", "changes"])
def test_in_a_bucket_a_killed_run_is_taken_up_and_its_uploads_with_it(s3: S3, kind: str) -> None:
    summary = FULL if kind == "full" else CHANGES
    others = s3.client.create_multipart_upload(Bucket=s3.bucket, Key="a/AWSDynamoDB/data/another")["UploadId"]
    kill(f"{s3.uri}/a", "file", kind, s3.url, big=20)
    assert len(uploads(s3)) == 2
    write(made(f"{s3.uri}/a", summary, storage=StoreOptions(endpoint_url=s3.url)))
    assert uploads(s3) == ["a/AWSDynamoDB/data/another"]
    s3.client.abort_multipart_upload(Bucket=s3.bucket, Key="a/AWSDynamoDB/data/another", UploadId=others)
    assert not [name for name in in_bucket(s3) if name.endswith("_lock")]
