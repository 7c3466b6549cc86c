"""inspect: what one export is, and what many are to each other."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from exportkit.cli import main
from exportkit.errors import AccessDeniedError, ForeignKeyError, ManifestError, ObjectNotFoundError
from exportkit.inspect import inspect
from exportkit.model.chain import Join
from exportkit.store.local import LocalStore
from tests.export.layouts import at, entry, lay_out, lay_out_started
from tests.servers.s3 import S3

ITEM = b'{"Item":{"pk":{"S":"a"}}}\n'


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inspect", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def document(capsys: pytest.CaptureFixture[str], location: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run(capsys, str(location), "--json"))
    return result


def compressed_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.gz"))


# --- one export --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_one_export(tmp_path: Path, window: tuple[float, float] | None) -> None:
    laid = lay_out(tmp_path, prefix="p", window=window, files=(ITEM * 3, b"", ITEM))
    inspection = inspect(laid.folder)
    details = inspection.details
    assert details is not None
    assert (details.files, details.empty_files, details.item_count) == (3, 1, 4)
    assert (details.with_md5, details.with_etag, details.faulty_lines, details.missing) == (3, 3, 0, 0)
    assert details.compressed_bytes == compressed_size(tmp_path)
    assert details.summary_checksum.matches is details.files_checksum.matches is True
    assert [found.uri for found in inspection.exports] == [str(laid.folder)]


def test_the_estimate_is_about_right(tmp_path: Path) -> None:
    lines = b"".join(b'{"Item":{"pk":{"S":"%032x"}}}\n' % (number * 0x9E3779B97F4A7C15) for number in range(20_000))
    inspection = inspect(lay_out(tmp_path, files=(lines, lines[: len(lines) // 60 * 30], b"")).folder)
    assert inspection.details is not None
    assert inspection.details.bytes_estimate is not None
    assert math.isclose(inspection.details.bytes_estimate, len(lines) * 1.5, rel_tol=0.2)


def test_a_file_that_cannot_be_inflated_gives_no_estimate(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    for path in laid.folder.rglob("*.gz"):
        path.write_bytes(b"no gzip")
    details = inspect(laid.folder).details
    assert details is not None
    assert (details.bytes_estimate, details.compressed_bytes) == (None, 14)


def test_an_export_without_files(tmp_path: Path) -> None:
    details = inspect(lay_out(tmp_path, files=()).folder).details
    assert details is not None
    assert (details.files, details.compressed_bytes, details.bytes_estimate, details.missing) == (0, 0, 0, 0)


def test_what_is_amiss_with_one_export_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laid = lay_out(tmp_path, files=(ITEM,), checksums="checksum", change=lambda summary: summary.pop("tableId"))
    laid.set_keys(itemCount=5, filterSpecification={}, other=1, exportkit={"operation": "replay"})
    good = laid.files.read_text()
    laid.set_lines(good, entry("data/gone.gz", 2), *["{}\n"] * 12, entry("../x"))
    told = " ".join(run(capsys, str(laid.folder)).split())
    for part in (
        "kind full, DYNAMODB_JSON",
        "table id not said",
        "items 5, but 4 in its files by manifest-files.json",
        "missing 1 data file of the manifest",
        "made by exportkit replay",
        "manifest-summary.checksum is wrong: run exportkit verify, manifest-files.checksum is wrong",
        "no MD5s of 1 data file",
        "filtered filterSpecification: it may hold only a part of the table",
        "unknown keys other",
        "absent keys tableId: AWS writes them",
        "line 3: dataFileS3Key is missing",
        "13 lines of manifest-files.json in all",
    ):
        assert part in told
    document_of_it = document(capsys, laid.folder)["details"]
    assert (document_of_it["missing"], document_of_it["faulty_lines"], len(document_of_it["faults"])) == (1, 13, 10)
    assert not any("copy the export" in fault for fault in document_of_it["faults"])
    assert document_of_it["checksums"]["manifest-files.json"]["matches"] is False


def test_one_incremental_export_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laid = lay_out(tmp_path, prefix="p", window=(0, 15), checksums=None)
    told = " ".join(run(capsys, str(laid.folder)).split())
    for part in (
        "kind incremental, DYNAMODB_JSON, NEW_AND_OLD_IMAGES",
        f"window [{at(0)}, {at(15)}), 15 min",
        "written to s3://the-bucket/p, encrypted with AES256",
        "checksums none for manifest-summary, none for manifest-files, MD5s of all data files",
        "data files 2, 1 of them empty",
        "billed 10.0 MB (10,000,000 bytes)",
    ):
        assert part in told


@pytest.mark.parametrize("width", [80, 200])
def test_nothing_is_wider_than_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    many(tmp_path)
    for line in run(capsys, str(tmp_path)).splitlines():
        assert len(_plain(line)) <= width


def _plain(line: str) -> str:
    import re  # noqa: PLC0415

    return re.sub(r"\x1b\[[0-9;]*m", "", line)


# --- many --------------------------------------------------------------------------------------------------


def many(root: Path) -> dict[str, Path]:
    """A chain with a gap and an overlap, a second base, another table, and exports that are not complete."""
    folders = {
        "base": lay_out(root, time=0.01).folder,
        "a": lay_out(root, window=(0, 15)).folder,
        "b": lay_out(root, window=(15, 30)).folder,
        "c": lay_out(root, window=(45, 60)).folder,
        "d": lay_out(root, window=(55, 70)).folder,
        "second": lay_out(root, time=30).folder,
        "users": lay_out(root, table="Users", window=(0, 1440)).folder,
        "made": lay_out(root, table="Users", window=(1440, 1500), change=_made_by_exportkit).folder,
        "running": lay_out_started(root, time=99),
        "broken": lay_out(root, time=100).folder,
    }
    (folders["broken"] / "manifest-summary.json").write_bytes(b"{")
    return folders


def _made_by_exportkit(summary: dict[str, Any]) -> None:
    summary["exportkit"] = {"operation": "compact"}


def test_many_are_grouped_by_table_into_chains(tmp_path: Path) -> None:
    folders = {name: str(path) for name, path in many(tmp_path).items()}
    inspection = inspect(tmp_path)
    assert inspection.details is None
    assert sorted(found.uri for found in inspection.exports) == sorted(folders.values())
    orders, users = inspection.tables
    assert (orders.name, users.name) == ("Orders", "Users")
    in_order = [found.uri for found in orders.exports]
    assert sorted(in_order[2:4]) == sorted([folders["b"], folders["second"]])  # both reach the same instant
    assert in_order[:2] + in_order[4:] == [folders[name] for name in ("base", "a", "c", "d")]
    (base, first), (second, later) = orders.chains
    assert base is not None
    assert second is not None
    assert (base.uri, second.uri) == (folders["base"], folders["second"])
    assert [(link.export.uri, link.join) for link in first.links] == [
        (folders["a"], Join.SUB_SECOND),
        (folders["b"], Join.EXACT),
        (folders["c"], Join.GAP),
        (folders["d"], Join.OVERLAP),
    ]
    assert [link.join for link in later.links] == [Join.GAP, Join.OVERLAP]
    ((no_base, chain),) = users.chains
    assert no_base is None
    assert [link.export.uri for link in chain.links] == [folders["users"]]  # what exportkit made is in no chain


def test_many_are_shown_with_their_gaps_and_overlaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = many(tmp_path)
    told = run(capsys, str(tmp_path))
    lines = [" ".join(line.split()) for line in told.splitlines()]
    for line in (
        f"{folders['a'].name} new+old 2026-01-14T10:00:00Z → 2026-01-14T10:15:00Z 1",
        f"{folders['made'].name} new+old* 2026-01-15T10:00:00Z → 2026-01-15T11:00:00Z 1",
        f"{folders['base'].name} full 2026-01-14T10:00:00.600Z 1",
        f"Chain from {folders['base'].name}: 4 windows",
        "to 2026-01-14T11:10:00Z, but a break after 2026-01-14T10:30:00Z",
        "gap 2026-01-14T10:30:00Z → 2026-01-14T10:45:00Z 15 min",
        "overlap 2026-01-14T10:55:00Z → 2026-01-14T11:00:00Z 5 min",
        "overlap under 1 s 2026-01-14T10:00:00Z → 2026-01-14T10:00:00.600Z 0.6 s",
        "left out: 2 before the base",
        "Chain without a base: 1 window",
        "to 2026-01-15T10:00:00Z without a break",
        "* made by exportkit: in no chain unless it is named",
        "8 complete exports of 2 tables, 2 not complete",
    ):
        assert line in lines
    assert f"{folders['running']}: only _started is here: the export is still running, or it failed" in told
    assert "manifest-summary.json: not JSON" in told


def test_the_document_of_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = {name: str(path) for name, path in many(tmp_path).items()}
    found = document(capsys, tmp_path)
    assert set(found) == {"location", "exports", "tables", "details"}
    assert (found["location"], found["details"]) == (str(tmp_path), None)
    by_uri = {export["uri"]: export for export in found["exports"]}
    assert len({frozenset(export) for export in found["exports"]}) == 1, "every export has the same keys"
    running = by_uri[folders["running"]]
    assert (running["status"], running["item_count"]) == ("incomplete", None)
    assert running["start_time"] == at(99)
    assert by_uri[folders["broken"]]["status"] == "broken"
    assert by_uri[folders["a"]]["window"] == {"from": at(0), "to": at(15)}
    chain = found["tables"][0]["chains"][0]
    assert (chain["base"], chain["exact_until"], chain["end"]) == (folders["base"], at(30), at(70))
    assert chain["gaps"] == [{"from": at(30), "to": at(45)}]
    assert chain["overlaps"] == [{"from": at(55), "to": at(60)}]
    assert chain["links"][0]["join"] == "overlap-under-one-second"
    assert found["tables"][0]["chains"][1]["left_out"][0] == {"export": folders["a"], "why": "before-base"}


def test_windows_before_every_base_make_a_chain_of_their_own(tmp_path: Path) -> None:
    lay_out(tmp_path, window=(0, 15))
    lay_out(tmp_path, window=(15, 30))
    lay_out(tmp_path, time=30)
    lay_out(tmp_path, window=(30, 45))
    ((base, after), (none, before)) = inspect(tmp_path).tables[0].chains
    assert base is not None
    assert none is None
    assert len(after.links) == 1
    assert [link.join for link in before.links] == [Join.FIRST, Join.EXACT]


def test_of_two_exports_of_one_window_the_one_with_both_images_is_taken(tmp_path: Path) -> None:
    lay_out(tmp_path, time=0)
    new = lay_out(tmp_path, window=(0, 15), salt="new", change=lambda summary: summary.update(outputView="NEW_IMAGE"))
    both = lay_out(tmp_path, window=(0, 15), salt="both")
    ((_, chain),) = inspect(tmp_path).tables[0].chains
    assert [link.export.uri for link in chain.links] == [str(both.folder)]
    assert [found.uri for found, _ in chain.left_out] == [str(new.folder)]


def test_a_table_made_anew_under_the_same_name_is_another(tmp_path: Path) -> None:
    lay_out(tmp_path, time=0, table_id="old")
    lay_out(tmp_path, window=(0, 15), table_id="new")
    tables = inspect(tmp_path).tables
    assert [table.id for table in tables] == ["new", "old"]
    assert all(len(table.exports) == 1 for table in tables)


def test_exports_that_do_not_say_their_table_make_no_chain(tmp_path: Path) -> None:
    def forget(summary: dict[str, Any]) -> None:
        del summary["tableArn"], summary["tableId"]

    lay_out(tmp_path, time=0, change=forget)
    lay_out(tmp_path, window=(0, 15), change=forget)
    (table,) = inspect(tmp_path).tables
    assert (table.arn, table.name, len(table.exports), table.chains) == (None, None, 2, ())


def test_a_folder_with_one_export_is_that_export(tmp_path: Path) -> None:
    laid = lay_out(tmp_path)
    assert inspect(tmp_path).exports == inspect(laid.folder).exports
    assert inspect(tmp_path).details is not None


def test_an_export_that_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out_started(tmp_path)
    told = run(capsys, str(folder))
    assert "Not complete" in told
    assert "0 complete exports of 0 tables, 1 not complete" in told


def test_what_cannot_be_inspected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ObjectNotFoundError):
        inspect(tmp_path)
    assert main(["inspect", str(tmp_path)]) == 3
    laid = lay_out(tmp_path)
    laid.summary.write_bytes(b"[]")
    for location in (tmp_path, laid.folder):
        with pytest.raises(ManifestError):
            inspect(location)
        assert main(["inspect", str(location)]) == 1
    laid.summary.write_text('{"manifestFilesS3Key":"../x","itemCount":0,"outputFormat":"ION"}')
    with pytest.raises(ForeignKeyError):
        inspect(laid.folder)
    assert main(["inspect", str(laid.folder), "--allow-foreign-keys"]) == 1
    assert "traceback" not in capsys.readouterr().err.lower()


def test_nothing_stands_at_the_ends_of_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = many(tmp_path)
    for location in (tmp_path, folders["base"]):
        lines = run(capsys, str(location)).splitlines()
        assert len(lines) > 10
        assert lines == [line.rstrip() for line in lines]


def test_copies_of_one_export_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laid = lay_out(tmp_path / "[b]one", time=0)
    alone = lay_out(tmp_path, time=1)
    shutil.copytree(tmp_path / "[b]one", tmp_path / "two")
    lines = [" ".join(line.split()) for line in run(capsys, str(tmp_path)).splitlines()]
    for copy in ("[b]one", "two"):
        assert f"{copy}/AWSDynamoDB/{laid.folder.name} full {at(0).replace('.000Z', 'Z')} 1" in lines
        assert f"Chain from {copy}/AWSDynamoDB/{laid.folder.name}: nothing follows" in lines
    assert f"{alone.folder.name} full {at(1).replace('.000Z', 'Z')} 1" in lines


def test_a_folder_that_may_not_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path)
    (tmp_path / "lost+found").mkdir()
    children = LocalStore.children

    def guarded(self: LocalStore, folder: str) -> object:  # root may read everything
        if self.name(folder) == "lost+found":
            raise AccessDeniedError(folder, "no permission to read it")
        return children(self, folder)

    monkeypatch.setattr(LocalStore, "children", guarded)
    told = run(capsys, str(tmp_path))
    assert f"Not looked into\n  {tmp_path}/lost+found: no permission to read it\n" in told
    assert "1 complete export of 1 table, 1 folder not looked into\n" in told
    by_uri = {export["uri"]: export["status"] for export in document(capsys, tmp_path)["exports"]}
    assert by_uri[f"{tmp_path}/lost+found"] == "unreadable"


# --- S3 ----------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("window", [None, (0.0, 15.0)])
def test_one_export_in_s3_takes_few_requests(
    s3: S3, s3_requests: list[str], tmp_path: Path, window: tuple[float, float] | None
) -> None:
    laid = lay_out(tmp_path, window=window, files=(ITEM * 100, b"", ITEM))
    s3.upload(tmp_path)
    key = laid.folder.relative_to(tmp_path).as_posix()
    inspection = inspect(f"{s3.uri}/{key}", storage=s3.options())
    assert inspection.details is not None
    assert inspection.details.compressed_bytes == compressed_size(tmp_path)
    assert inspection.details.bytes_estimate is not None
    sizes = (
        [f"ListObjectsV2 {key}/data/"] if window is None else [request for request in s3_requests if "Head" in request]
    )
    assert len(sizes) == (1 if window is None else 3)
    largest = max(tmp_path.rglob("*.gz"), key=lambda path: path.stat().st_size).relative_to(tmp_path).as_posix()
    assert sorted(s3_requests) == sorted(
        [
            *(
                f"GetObject {key}/manifest-{name}"
                for name in ("summary.json", "files.json", "summary.md5", "files.md5")
            ),
            *sizes,
            f"GetObject {largest}",
        ]
    )


@pytest.mark.server
def test_many_in_s3_are_told_as_in_a_folder(s3: S3, tmp_path: Path) -> None:
    many(tmp_path)
    s3.upload(tmp_path)
    here = json.dumps(inspect(tmp_path).to_dict())
    there = json.dumps(inspect(s3.uri, storage=s3.options()).to_dict())
    assert there.replace(s3.uri, "ROOT") == here.replace(str(tmp_path), "ROOT")
