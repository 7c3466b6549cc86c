"""Temporary folders: gone at the end, left by a killed process, and then cleared away, never those of one at work."""

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import exportkit
from exportkit.errors import LockedError, ObjectNotFoundError, StoreError, UsageError
from exportkit.follow import FollowOptions
from exportkit.joining.sizes import check_space
from exportkit.reading.spill import Spill
from exportkit.store.temporary import temporary_folder, temporary_folders
from tests.commands import did, run
from tests.replay.test_replay import BASE

AT_WORK = """
import sys, exportkit
with exportkit.replay(sys.argv[1], temp_dir=sys.argv[2]) as state:
    print(state.summary.item_count, flush=True)
    sys.stdin.read()
"""


@contextmanager
def at_work(temp_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that reads a rebuilt state, until it is killed."""
    words = [sys.executable, "-c", AT_WORK, str(BASE), str(temp_dir)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"122\n"
            yield process
        finally:
            process.kill()


def test_what_a_killed_run_left_and_that_alone_is_deleted(tmp_path: Path) -> None:
    with at_work(tmp_path), at_work(tmp_path) as other:
        folders = {folder.path for folder in temporary_folders(tmp_path)}
        told = exportkit.clean(temp_dir=tmp_path)
        assert {each.uri for each in told.leftovers} == folders
        assert all("is at work in it" in (each.kept or "") for each in told.leftovers)
        other.kill()
        other.wait()
        (dead,) = (folder.path for folder in temporary_folders(tmp_path) if not folder.in_use)
        assert list(Path(dead).rglob("*.gz"))
        lines = did("clean", "--temp-dir", tmp_path, "--dry-run").out.splitlines()
        assert [line.split()[0] for line in sorted(lines)] == ["kept", "would"]
        assert Path(dead).exists()
        out = did("clean", "--temp-dir", tmp_path).out
        assert "cleared away  temporary files of " in out
        assert dead in out
        (left,) = tmp_path.iterdir()
        assert {str(left), dead} == folders
        assert list(left.rglob("*.gz"))
    assert did("clean", "--temp-dir", tmp_path, "--json").told["leftovers"][0]["kept"] is None
    assert did("clean", "--temp-dir", tmp_path).out == f"nothing was left behind in {tmp_path}\n"
    assert not list(tmp_path.iterdir())


def test_it_is_gone_at_the_end_whatever_happens(tmp_path: Path) -> None:
    def fail(folder: str) -> None:
        Path(folder, "x").write_bytes(b"x")
        (found,) = temporary_folders(tmp_path)
        assert found.in_use
        with pytest.raises(LockedError):
            found.remove()
        assert Path(folder, "x").exists()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), temporary_folder(tmp_path) as folder:
        fail(folder)
    assert not list(tmp_path.iterdir())


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    """A project of that name, one that is only being made, and a lock that leads to somebody's file."""
    precious = tmp_path / "precious"
    precious.write_text("{}")
    for name, text in (("project", None), ("made", ""), ("other", "{}"), ("words", "held")):
        folder = tmp_path / f"exportkit-{name}"
        folder.mkdir()
        if text is not None:
            (folder / "lock").write_text(text)
    (tmp_path / "exportkit-link").symlink_to(tmp_path / "exportkit-other")
    (tmp_path / "exportkit-project" / "lock").symlink_to(precious)
    assert exportkit.clean(temp_dir=tmp_path).leftovers == ()
    assert len(list(tmp_path.iterdir())) == 6
    assert precious.read_text() == "{}"


def test_a_place_that_is_none(tmp_path: Path) -> None:
    assert run("clean").code == 2
    with pytest.raises(UsageError, match="name a folder"):
        exportkit.clean()
    with pytest.raises(StoreError, match="No such file"):
        exportkit.clean(temp_dir=tmp_path / "none")
    with pytest.raises(ObjectNotFoundError, match="no such folder"):
        exportkit.clean(tmp_path / "none")
    with pytest.raises(StoreError), temporary_folder(tmp_path / "none"):
        pass


def test_a_system_without_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose file system is read-only: only what needs such a folder asks for one."""

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", none)
    told = r"temporary files: No usable temporary directory found in \['/tmp'\]; name a folder \(--temp-dir\)"
    with pytest.raises(StoreError, match=told), temporary_folder(None):
        pass
    with pytest.raises(StoreError, match=told):
        check_space(None, 1)
    assert check_space(None, 0) == 0
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: none())
    with (
        pytest.raises(StoreError, match=told),
        Spill(lambda *_: [b"x"] * 256, temp_dir=None, memory=1, what="") as spill,
    ):
        spill.add(b"x")
    for options in ((), ("--to", "parquet")):
        done = run("replay", BASE, "-o", tmp_path / "".join(options), *options)
        assert done.code == 0, done.err


@pytest.mark.parametrize(
    "use",
    [
        lambda temp_dir, _: exportkit.verify(BASE, temp_dir=temp_dir),
        lambda temp_dir, _: exportkit.replay(BASE, temp_dir=temp_dir),
        lambda temp_dir, _: exportkit.diff(BASE, BASE, key=("pk", "sk"), temp_dir=temp_dir),
        lambda temp_dir, dest: exportkit.compact([BASE], dest, temp_dir=temp_dir),
        lambda temp_dir, dest: exportkit.revert([BASE], dest, temp_dir=temp_dir),
        lambda temp_dir, dest: exportkit.convert(BASE, dest, temp_dir=temp_dir),
        lambda temp_dir, _: FollowOptions(table="Chain", bucket="exports", temp_dir=Path(temp_dir)),
    ],
    ids=["verify", "replay", "diff", "compact", "revert", "convert", "follow"],
)
def test_a_folder_that_is_not_there_is_told_at_once(use: Callable[[str, Path], object], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="temp_dir is '/nope'; there is no such folder"):
        use("/nope", tmp_path / "d")
    assert not (tmp_path / "d").exists()
