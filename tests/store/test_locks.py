"""Locks: one at a time, and those of dead holders are taken over."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from exportkit.errors import AccessDeniedError, LockedError, StoreError
from exportkit.store import open_store
from exportkit.store.holder import Holder
from exportkit.store.local_lock import LocalLock
from exportkit.store.s3 import S3Store
from exportkit.store.s3_lock import S3Lock
from exportkit.store.s3_object import S3Object
from tests.servers.s3 import S3

HOLD = """
import sys
from exportkit.store import StoreOptions, open_store
uri, endpoint = sys.argv[1], sys.argv[2] or None
with open_store(uri, StoreOptions(endpoint_url=endpoint)).lock(uri):
    print("held", flush=True)
    sys.stdin.read()
"""


def held_by_another(uri: str, endpoint: str = "") -> "subprocess.Popen[bytes]":
    """Starts a process that holds the lock until its stdin ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, uri, endpoint], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    process.communicate(timeout=30)


class TestLocal:
    def test_it_is_one_at_a_time(self, tmp_path: Path) -> None:
        uri = str(tmp_path / "work" / "lock")
        store = open_store(uri)
        with store.lock(uri) as lock:
            lock.check()
            with pytest.raises(LockedError, match=f"process {os.getpid()} on .* is writing here"), store.lock(uri):
                pass
        assert not Path(uri).exists()
        with store.lock(uri):
            pass

    def test_another_process_holds_it_until_it_is_killed(self, tmp_path: Path) -> None:
        uri = str(tmp_path / "lock")
        process = held_by_another(uri)
        with pytest.raises(LockedError, match=f"process {process.pid} on"), open_store(uri).lock(uri):
            pass
        process.kill()
        end(process)
        with open_store(uri).lock(uri):
            pass

    def test_a_lock_that_was_removed_while_it_was_waited_for_is_not_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uri = str(tmp_path / "lock")
        real, opened = os.open, []

        def open_and_remove(path: str, *args: Any) -> int:
            file = real(path, *args)
            if path == uri and not opened:
                Path(uri).unlink()
            opened.append(path)
            return file

        monkeypatch.setattr(os, "open", open_and_remove)
        with open_store(uri).lock(uri):
            assert opened.count(uri) == 2
            assert Path(uri).exists()

    def test_folders_made_for_it_go_with_it_and_no_others(self, tmp_path: Path) -> None:
        (tmp_path / "there").mkdir()
        uri = str(tmp_path / "there" / "a" / "b" / "lock")
        with open_store(uri).lock(uri):
            assert Path(uri).is_file()
        assert list(tmp_path.rglob("*")) == [tmp_path / "there"]
        with open_store(uri).lock(uri):
            (tmp_path / "there" / "a" / "written").touch()
        assert list((tmp_path / "there").rglob("*")) == [tmp_path / "there" / "a", tmp_path / "there" / "a" / "written"]

    def test_a_name_in_the_working_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with LocalLock("lock"):
            assert (tmp_path / "lock").is_file()
        assert list(tmp_path.iterdir()) == []

    def test_where_it_cannot_be_taken_no_folder_is_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> int:
            raise PermissionError

        uri = str(tmp_path / "a" / "b" / "lock")
        with monkeypatch.context() as patched, pytest.raises(AccessDeniedError):  # noqa: PT012 - the patch is for it
            patched.setattr(os, "open", refuse)
            with open_store(uri).lock(uri):
                pass
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_another_removes_is_made_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        uri = str(tmp_path / "a" / "b" / "lock")
        real, made = os.makedirs, []

        def make_and_remove(path: str, *, exist_ok: bool = False) -> None:
            real(path, exist_ok=exist_ok)
            if not made:
                Path(path).rmdir()
            made.append(path)

        monkeypatch.setattr(os, "makedirs", make_and_remove)
        with open_store(uri).lock(uri):
            assert Path(uri).is_file()
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_may_not_be_written_to(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        uri = str(tmp_path / "file" / "lock")
        with pytest.raises(OSError, match="cannot be written"), open_store(uri).lock(uri):
            pass


@pytest.mark.server
class TestS3:
    def lock(self, s3: S3, lease: float = 90) -> S3Lock:
        return S3Lock(
            S3Object(S3Store(s3.options()).client, f"{s3.uri}/w/lock", {"Bucket": s3.bucket, "Key": "w/lock"}), lease
        )

    def put(self, s3: S3, holder: Holder) -> None:
        s3.put("w/lock", holder.to_json())

    def is_there(self, s3: S3) -> bool:
        try:
            s3.client.head_object(Bucket=s3.bucket, Key="w/lock")
        except ClientError:
            return False
        return True

    def test_it_is_one_at_a_time(self, s3: S3) -> None:
        with self.lock(s3) as lock:
            lock.check()
            with (
                pytest.raises(LockedError, match=f"process {os.getpid()} on .* run again in [0-9]+ seconds"),
                self.lock(s3),
            ):
                pass
            assert self.is_there(s3)
        assert not self.is_there(s3)
        with self.lock(s3):
            pass

    def test_that_of_a_process_of_this_machine_ends_with_it(self, s3: S3) -> None:
        process = held_by_another(f"{s3.uri}/w/lock", s3.url)
        with pytest.raises(LockedError, match=f"process {process.pid} on"), self.lock(s3):
            pass
        process.kill()
        end(process)
        with self.lock(s3):
            pass

    def test_that_of_another_machine_ends_with_its_lease(self, s3: S3) -> None:
        self.put(s3, replace(Holder.this(), host="elsewhere", machine="another", pid=1))
        with pytest.raises(LockedError, match="process 1 on elsewhere"), self.lock(s3):
            pass
        time.sleep(1.1)
        with self.lock(s3, lease=1):
            assert self.is_there(s3)

    def test_what_is_no_lock_ends_with_its_lease(self, s3: S3) -> None:
        s3.put("w/lock", b"[1]")
        with pytest.raises(LockedError, match="another run"), self.lock(s3):
            pass
        time.sleep(1.1)
        with self.lock(s3, lease=1):
            pass

    def test_it_is_renewed_while_it_is_held(self, s3: S3) -> None:
        with self.lock(s3, lease=2) as lock:
            time.sleep(4)
            lock.check()
            with pytest.raises(LockedError), self.lock(s3, lease=2):
                pass

    def test_one_that_was_taken_over_is_told_and_left_to_the_other(self, s3: S3) -> None:
        with self.lock(s3, lease=1) as lock:
            self.put(s3, replace(Holder.this(), host="elsewhere", machine="another"))
            deadline, told = time.monotonic() + 20, ""
            while "taken the lock over" not in told and time.monotonic() < deadline:  # first it may only be late
                time.sleep(0.1)
                try:
                    lock.check()
                except LockedError as error:
                    told = str(error)
            assert "taken the lock over" in told
        assert self.is_there(s3)

    def test_one_that_waits_to_be_renewed_is_no_longer_sure_once_its_lease_is_over(
        self, s3: S3, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stalls = threading.Event()

        def put(*_: object, **__: object) -> None:
            stalls.wait(20)
            raise StoreError("s3://x", "no answer")

        with self.lock(s3, lease=1) as lock:
            monkeypatch.setattr(S3Object, "put", put)
            time.sleep(1.5)
            with pytest.raises(LockedError, match="could not be renewed in time"):
                lock.check()
            stalls.set()

    def test_a_denied_put(self, s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
        aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        with pytest.raises(AccessDeniedError, match="s3:PutObject"), self.lock(s3):
            pass


class TestHolder:
    def test_this_process_is_not_gone(self) -> None:
        assert not Holder.this().is_gone()
        assert Holder.from_json(Holder.this().to_json()).pid == os.getpid()

    def test_one_of_the_same_number_that_started_at_another_time_is(self) -> None:
        assert replace(Holder.this(), started="1").is_gone()

    def test_of_another_machine_nothing_is_known(self) -> None:
        assert not replace(Holder.this(), machine="another", started="1").is_gone()
        assert not replace(Holder.this(), machine="", started="").is_gone()
