"""Files that appear only when they are whole."""

import errno
from pathlib import Path

import pytest

from exportkit.errors import AccessDeniedError, StoreError
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
