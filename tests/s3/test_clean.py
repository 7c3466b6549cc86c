"""Leftovers of killed runs: found, told, and cleared away with care."""

import importlib
import shlex
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest

import exportkit
from exportkit.errors import AccessDeniedError, StoreError, UsageError
from exportkit.reading import Stopped, in_order
from exportkit.store import open_store
from exportkit.store.s3_object import S3Object
from tests.commands import did
from tests.convert.helpers import SMALL, orders
from tests.convert.test_s3 import CHILD
from tests.servers.s3 import S3

pytestmark = pytest.mark.server


def uploads(s3: S3) -> list[str]:
    return [entry["Key"] for entry in s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", ())]


def begin(s3: S3, *keys: str) -> None:
    for key in keys:
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=key)


def test_uploads_are_aborted_below_the_prefix_alone(s3: S3) -> None:
    begin(s3, "d/a", "d/b/c", "d2/e")
    report = exportkit.clean(f"{s3.uri}/d", older_than=timedelta(0), storage=s3.options())
    assert {each.uri for each in report.leftovers} == {f"{s3.uri}/d/a", f"{s3.uri}/d/b/c"}
    assert all(each.kind == "unfinished upload" and each.kept is None for each in report.leftovers)
    assert all(each.since is not None and each.since.tzinfo is UTC for each in report.leftovers)
    assert uploads(s3) == ["d2/e"]


def test_uploads_of_today_are_kept(s3: S3) -> None:
    begin(s3, "d/a")
    (left,) = exportkit.clean(s3.uri, storage=s3.options()).leftovers
    assert left.kept is not None
    assert "somebody may be at work" in left.kept
    assert uploads(s3) == ["d/a"]


def test_none_is_kept_where_no_age_is_asked_for_whatever_the_clocks_say(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(s3, "d/a")

    class Slow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) - timedelta(hours=1)

    monkeypatch.setattr(importlib.import_module("exportkit.clean"), "datetime", Slow)
    (left,) = exportkit.clean(s3.uri, older_than=timedelta(0), storage=s3.options()).leftovers
    assert left.kept is None
    assert uploads(s3) == []


def test_each_upload_that_could_not_be_aborted_is_told_with_a_command_that_does_it(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(s3.uri, s3.options())
    refused = StoreError(s3.uri, "no")
    begun = threading.Barrier(2, timeout=30)

    def write(name: str) -> None:
        with store.writer(f"{s3.uri}/{name}") as writer:
            writer.write(bytes(9_000_000))
            begun.wait()
            raise refused if name == "a" else Stopped

    with monkeypatch.context() as patched:

        def refuse(target: S3Object, operation: str, permission: str, **named: Any) -> Any:
            if operation == "abort_multipart_upload":
                raise StoreError(target.uri, f"{permission} is not allowed")
            return ask(target, operation, permission, **named)

        ask = S3Object.ask
        patched.setattr(S3Object, "ask", refuse)
        with pytest.raises(StoreError, match="no") as caught:
            list(in_order(write, ["a", "b c"], 2))
    assert uploads(s3) == ["a", "b c"]
    notes = caught.value.__notes__
    assert len(notes) == 2
    for note in notes:
        _, _, command = note.partition("until it is: exportkit ")
        did(*shlex.split(command), "--endpoint-url", s3.url)
    assert uploads(s3) == []


def test_a_dry_run_does_nothing(s3: S3) -> None:
    begin(s3, "d/a")
    (left,) = exportkit.clean(s3.uri, older_than=timedelta(0), dry_run=True, storage=s3.options()).leftovers
    assert left.kept is None
    assert uploads(s3) == ["d/a"]


def keys(s3: S3) -> list[str]:
    return [entry["Key"] for entry in s3.client.list_objects_v2(Bucket=s3.bucket).get("Contents", ())]


def test_a_conversion_is_told_and_deleted_only_if_asked_to(s3: S3, tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=3, items=20)
    exportkit.convert(made.folder, f"{s3.uri}/c/finished", storage=s3.options())
    whole = keys(s3)
    how = repr({"target_file_size": SMALL})
    words = [sys.executable, "-c", CHILD, "4", str(made.folder), f"{s3.uri}/c/begun", s3.url, how]
    assert subprocess.run(words, check=False, capture_output=True, timeout=120).returncode == -9
    assert any(key.startswith("c/begun/_work/") for key in keys(s3))
    (left,) = exportkit.clean(s3.uri, storage=s3.options()).leftovers
    assert (left.kind, left.uri) == ("unfinished conversion", f"{s3.uri}/c/begun")
    assert left.kept is not None
    with open_store(s3.uri, s3.options()).lock(f"{s3.uri}/c/begun/_lock"):
        (left,) = exportkit.clean(s3.uri, conversions=True, storage=s3.options()).leftovers
        assert left.kept is not None
        assert "is writing here" in left.kept
    (left,) = exportkit.clean(s3.uri, conversions=True, storage=s3.options()).leftovers
    assert left.kept is None
    assert keys(s3) == whole


def test_the_command(s3: S3, tmp_path: Path) -> None:
    begin(s3, "d/a")
    there = ("--endpoint-url", s3.url)
    told = did("clean", s3.uri, *there).out
    assert "kept" in told
    assert "--older-than 0s aborts it all the same" in told
    assert "would go" in did("clean", s3.uri, "--dry-run", "--older-than", "0s", *there).out
    told = did("clean", s3.uri, "--dry-run", "--older-than", "1d", "--json", *there).told
    assert told["dry_run"] is True
    assert [each["uri"] for each in told["leftovers"]] == [f"{s3.uri}/d/a"]
    assert told["storage"]["operations"] == {"ListMultipartUploads": 1, "ListObjectsV2": 1}
    time.sleep(1.1)
    assert "cleared away  unfinished upload" in did("clean", s3.uri, "--older-than", "1s", *there).out
    assert uploads(s3) == []
    assert "nothing was left behind" in did("clean", s3.uri, *there).out
    assert "nothing was left behind" in did("clean", tmp_path).out


def test_what_may_not_be_listed_is_told(s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(AccessDeniedError, match="s3:ListBucketMultipartUploads is not allowed"):
        exportkit.clean(s3.uri, storage=s3.options())


def test_a_time_to_come_is_no_age(s3: S3) -> None:
    with pytest.raises(UsageError, match="older_than"):
        exportkit.clean(s3.uri, older_than=timedelta(-1), storage=s3.options())
