"""Finding exports below a folder."""

from pathlib import Path

import pytest

from exportkit.errors import AccessDeniedError, ExportIncompleteError, ManifestError
from exportkit.export import open_export
from exportkit.locations import ExportStatus, FoundExport, find_exports
from exportkit.store.local import LocalStore
from tests.export.layouts import lay_out, lay_out_started


def found(location: Path) -> dict[str, FoundExport]:
    every = list(find_exports(location))
    assert len({one.uri for one in every}) == len(every)
    return {one.uri: one for one in every}


def test_every_export_of_every_kind_is_found(tmp_path: Path) -> None:
    whole = [
        lay_out(tmp_path).folder,
        lay_out(tmp_path, window=(0, 15)).folder,
        lay_out(tmp_path, prefix="a/b", table="Other").folder,
        lay_out(tmp_path, prefix="AWSDynamoDB", salt="x").folder,
        lay_out(tmp_path / "by" / "tools", relative=True, checksums=None, started=False).folder,
    ]
    exports = found(tmp_path)
    assert set(exports) == {str(folder) for folder in whole}
    for export in exports.values():
        assert (export.status, export.error) == (ExportStatus.COMPLETE, None)
        assert export.summary is not None


def test_an_export_itself_is_the_only_one(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    lay_out(tmp_path, time=15)
    assert set(found(laid.folder)) == set(found(laid.summary)) == {str(laid.folder)}


def test_exports_that_are_not_whole_say_why(tmp_path: Path) -> None:
    started = lay_out_started(tmp_path)
    malformed = lay_out(tmp_path, time=1)
    malformed.summary.write_bytes(b"{")
    missing = lay_out(tmp_path, time=2)
    missing.summary.unlink()
    only_data = lay_out(tmp_path, time=3, started=False, checksums=None)
    only_data.summary.unlink()
    only_data.files.unlink()
    writing = lay_out(tmp_path, time=4, checksums=None)  # data files are there, manifests not yet
    writing.summary.unlink()
    writing.files.unlink()
    renamed = lay_out(tmp_path, time=5)
    renamed.summary.unlink()
    renamed.folder.rename(tmp_path / "renamed")
    only_checksums = lay_out(tmp_path, time=6, started=False)
    for path in (only_checksums.summary, only_checksums.files):
        path.unlink()
    exports = found(tmp_path)
    assert {uri: (one.status, type(one.error)) for uri, one in exports.items()} == {
        str(started): (ExportStatus.INCOMPLETE, ExportIncompleteError),
        str(malformed.folder): (ExportStatus.BROKEN, ManifestError),
        str(missing.folder): (ExportStatus.BROKEN, ManifestError),
        str(only_data.folder): (ExportStatus.BROKEN, ManifestError),
        str(writing.folder): (ExportStatus.INCOMPLETE, ExportIncompleteError),
        str(only_checksums.folder): (ExportStatus.BROKEN, ManifestError),
        str(tmp_path / "renamed"): (ExportStatus.BROKEN, ManifestError),
    }
    assert all(one.summary is None for one in exports.values())


def test_data_without_manifests_was_most_likely_copied_without_them(tmp_path: Path) -> None:
    for laid in (lay_out(tmp_path / "full"), lay_out(tmp_path / "incremental", window=(0, 15))):
        for path in laid.folder.glob("manifest-*"):
            path.unlink()
    told = {folder.name: next(find_exports(folder)).error for folder in tmp_path.iterdir()}
    assert "_started and data/ are here, but no manifests: most likely they were not copied" in str(told["full"])
    assert "only _started is here" in str(told["incremental"]), "the data beside it may be any export's"


def test_those_nearer_the_top_come_first(tmp_path: Path) -> None:
    deep = lay_out(tmp_path, prefix="a/b/c/d")
    near = lay_out(tmp_path)
    assert [one.uri for one in find_exports(tmp_path)] == [str(near.folder), str(deep.folder)]


def test_more_than_are_looked_at_at_once(tmp_path: Path) -> None:
    folders = {str(lay_out_started(tmp_path, time=15 * number)) for number in range(150)}
    assert set(found(tmp_path)) == folders


def test_links_that_go_round_are_not_followed(tmp_path: Path) -> None:
    laid = lay_out(tmp_path / "in" / "here")
    (laid.root / "round").symlink_to(tmp_path)
    (laid.folder.parent / "latest").symlink_to(laid.folder)
    assert set(found(tmp_path)) == {str(laid.folder)}


@pytest.mark.parametrize("location", ["nowhere", "empty", "named"])
def test_nothing_is_found(tmp_path: Path, location: str) -> None:
    (tmp_path / "empty").mkdir()
    other = tmp_path / "named" / "01768386000000-0a1b2c3d"  # as an export, but with files of something else
    other.mkdir(parents=True)
    (other / "state.json").touch()
    assert found(tmp_path / location) == {}


def test_a_summary_that_is_too_large_spoils_no_other(tmp_path: Path) -> None:
    good = lay_out(tmp_path)
    large = lay_out(tmp_path, time=15)
    with large.summary.open("r+b") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    exports = found(tmp_path)
    assert exports[str(good.folder)].status is ExportStatus.COMPLETE
    assert exports[str(large.folder)].status is ExportStatus.BROKEN
    with pytest.raises(ManifestError, match="more than the 16,777,216 bytes") as caught:
        open_export(large.folder)
    assert caught.value.exit_code == 1


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Lets no one look into folders of these names; root may read everything."""
    children = LocalStore.children

    def guarded(self: LocalStore, folder: str) -> object:
        if self.name(folder) in names:
            raise AccessDeniedError(folder, "no permission to read it")
        return children(self, folder)

    monkeypatch.setattr(LocalStore, "children", guarded)


def test_a_folder_that_may_not_be_read_stops_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = lay_out(tmp_path)
    (tmp_path / "lost+found").mkdir()
    forbid(monkeypatch, "lost+found")
    exports = found(tmp_path)
    assert set(exports) == {str(laid.folder), str(tmp_path / "lost+found")}
    unread = exports[str(tmp_path / "lost+found")]
    assert (unread.status, type(unread.error)) == (ExportStatus.UNREADABLE, AccessDeniedError)
    assert open_export(tmp_path).uri == str(laid.folder)


@pytest.mark.parametrize("name", ["named", "inner"])
def test_a_location_where_nothing_may_be_read_is_denied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "named" / "inner").mkdir(parents=True)
    forbid(monkeypatch, name)
    with pytest.raises(AccessDeniedError, match=name):
        open_export(tmp_path / "named")
    if name == "named":
        with pytest.raises(AccessDeniedError):
            found(tmp_path / "named")
