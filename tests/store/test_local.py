"""The local store."""

import os
import threading
from pathlib import Path

import pytest

from exportkit.errors import ObjectNotFoundError, StoreError
from exportkit.store import ObjectInfo, open_store
from exportkit.store.local import LocalStore
from exportkit.store.opening import normal_uri

STORE = LocalStore()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_bytes_by_read_and_by_readinto(tmp_path: Path) -> None:
    (path := tmp_path / "x").write_bytes(b"hello")
    uri = os.fspath(path)
    with STORE.open(uri) as stream:
        assert stream.info == ObjectInfo(uri, 5, None) == STORE.stat(uri)
        buffer = bytearray(3)
        assert (stream.readinto(buffer), bytes(buffer)) == (3, b"hel")
        assert (stream.read(9), stream.read(9), stream.readinto(buffer)) == (b"lo", b"", 0)
    assert STORE.read(uri, 5) == b"hello"
    with pytest.raises(StoreError, match="more than the 4 bytes"):
        STORE.read(uri, 4)


@pytest.mark.parametrize("name", ["nothing", "file/below", "x" * 300])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    uri = os.fspath(tmp_path / name)
    for call in (STORE.open, STORE.stat):
        with pytest.raises(ObjectNotFoundError) as caught:
            call(uri)
        assert caught.value.uri == uri
    assert not STORE.exists(uri)
    assert STORE.children(uri) == ((), ())
    assert list(STORE.list(uri)) == []


@pytest.mark.parametrize("name", ["folder", "fifo", "null", "nul\0", "round"])
def test_what_is_no_regular_file_is_no_object_and_never_waits(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "round").symlink_to("round")
    for call in (STORE.open, STORE.stat):
        with pytest.raises(ObjectNotFoundError):
            call(f"{tmp_path}/{name}")


def test_listing_and_walking(tmp_path: Path) -> None:
    for name in ("a/1", "a/b/2", "a/b/c/3", "top"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "a" / "fifo")
    folder = os.fspath(tmp_path)
    assert [info.uri.removeprefix(folder) for info in STORE.list(folder)] == ["/top", "/a/1", "/a/b/2", "/a/b/c/3"]
    folders, files = STORE.children(f"{folder}/a")
    assert folders == (f"{folder}/a/b",)
    assert files == (ObjectInfo(f"{folder}/a/1", 1, None),)


def test_a_folder_of_many_files_is_closed_when_nobody_reads_on(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).touch()
    listing = STORE.list(os.fspath(tmp_path))
    next(listing)
    before = open_files()
    del listing
    assert open_files() <= before


def test_files_opened_are_closed(tmp_path: Path) -> None:
    (path := tmp_path / "x").touch()
    before = open_files()
    for _ in range(3):
        STORE.read(os.fspath(path), 1)
        with pytest.raises(StoreError):
            STORE.open(os.fspath(tmp_path))
    assert open_files() == before


def test_a_disk_that_fails_is_an_error_of_storage(tmp_path: Path) -> None:
    (path := tmp_path / "x").write_bytes(b"x")
    stream = STORE.open(os.fspath(path))
    os.close(stream.fileno())  # type: ignore[attr-defined]  # any read fails from here on
    for call in (lambda: stream.read(1), lambda: stream.readinto(bytearray(1))):
        with pytest.raises(StoreError, match="Bad file descriptor"):
            call()
    with pytest.raises(OSError, match="Bad file descriptor"):
        stream.close()


@pytest.mark.parametrize("threads", [8])
def test_threads_share_a_store(tmp_path: Path, threads: int) -> None:
    (path := tmp_path / "x").write_bytes(b"x" * 100_000)
    results: list[bytes] = []
    running = [
        threading.Thread(target=lambda: results.append(STORE.read(os.fspath(path), 100_000))) for _ in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert results == [b"x" * 100_000] * threads


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/a/b/", "s3://bucket/a/b"),
        ("s3a://bucket/a%20b//c", "s3://bucket/a%20b//c"),
        ("S3://Bucket/A//c/", "s3://Bucket/A//c"),
        ("file:///no/where%20else", "/no/where else"),
        ("file://localhost/no/where", "/no/where"),
        ("file:/no/where", "/no/where"),
        ("/no/where/../there/", "/no/there"),
        ("arn-like:name", f"{Path.cwd()}/arn-like:name"),
    ],
)
def test_locations_as_stores_take_them(location: str, uri: str) -> None:
    assert normal_uri(location) == uri


def test_the_store_is_told_by_the_uri(tmp_path: Path) -> None:
    assert isinstance(open_store(os.fspath(tmp_path)), LocalStore)
