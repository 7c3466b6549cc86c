"""Files that appear only when they are whole."""

import errno
from pathlib import Path

import pytest

from exportkit.errors import AccessDeniedError, ObjectNotFoundError, StoreError
from exportkit.store import ObjectInfo
from exportkit.store.local import LocalStore
from exportkit.store.writing import AtomicFile


def test_a_file_has_its_name_only_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    with AtomicFile(str(path)) as file:
        file.write(b"one")
        file.write(b"")
        file.write(b"two")
        assert not path.exists()
    assert path.read_bytes() == b"onetwo"
    assert list(path.parent.iterdir()) == [path]


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), AtomicFile(str(path)) as file:  # noqa: PT012 - interrupted after a write
        file.write(b"new")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    with AtomicFile(str(path)) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_of_the_block_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), AtomicFile(str(tmp_path / "file")):
        raise FileExistsError
    assert not list(tmp_path.iterdir())


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with AtomicFile(str(path)) as first, AtomicFile(str(path)) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first", "the block that ended last"


@pytest.mark.parametrize(("code", "expected"), [(errno.ENOSPC, StoreError), (errno.EACCES, AccessDeniedError)])
def test_errors_of_the_file_system_are_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[StoreError]
) -> None:
    path = tmp_path / "file"

    def fail(*_: object) -> None:
        raise OSError(code, "said so")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StoreError) as caught, AtomicFile(str(path)) as file:
        file.write(b"x")
    assert type(caught.value) is expected
    assert str(path) in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_hidden_file_lies_in_the_workplace(tmp_path: Path) -> None:
    path = tmp_path / "data" / "file"
    with LocalStore().writer(str(path), workplace=str(tmp_path / "work")) as writer:
        writer.write(b"one")
        assert not list(path.parent.iterdir())
        assert [each.suffix for each in (tmp_path / "work").iterdir()] == [".partial"]
    assert writer.info == ObjectInfo(str(path), 3)
    assert path.read_bytes() == b"one"
    assert not list((tmp_path / "work").iterdir())


def test_putting_deleting_and_the_end_of_a_file(tmp_path: Path) -> None:
    store, path = LocalStore(), tmp_path / "a" / "b"
    assert store.put(str(path), b"0123456789") == ObjectInfo(str(path), 10)
    assert store.tail(str(path), 3) == b"789"
    assert store.tail(str(path), 30) == b"0123456789"
    store.delete(str(path))
    store.delete(str(path))
    assert not path.parent.exists(), "a folder that is empty goes with its last file"
    with pytest.raises(ObjectNotFoundError):
        store.tail(str(path), 1)


def test_a_folder_is_deleted_whole_and_a_link_to_one_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("link", "nothing", "real/file"):
        LocalStore().delete_folder(str(tmp_path / name))
        assert (tmp_path / "real").exists() or name == "real"
    LocalStore().delete_folder(str(tmp_path / "real"))
    assert not list(tmp_path.iterdir())


def test_a_file_is_taken_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one")
    target = str(tmp_path / "a" / "b")
    assert LocalStore().adopt(str(tmp_path / "file"), target) == ObjectInfo(target, 3)
    assert not (tmp_path / "file").exists()
