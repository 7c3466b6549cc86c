"""What the writer puts into a bucket is what AWS puts there."""

import base64
import gzip
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exportkit.errors import AccessDeniedError, StoreError, UsageError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import DataFileEntry, ManifestSummary
from exportkit.sink.export_writer import ExportWriter

EXPORT_ID = "01768386000000-0a1b2c3d"
TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/T"
FULL = ManifestSummary(
    version="2020-06-30",
    export_arn=f"{TABLE}/export/{EXPORT_ID}",
    table_arn=TABLE,
    export_time=datetime(2026, 1, 14, 10, 20, tzinfo=UTC),
    billed_size_bytes=0,
    manifest_files_s3_key="",
    item_count=0,
    output_format=OutputFormat.DYNAMODB_JSON,
    export_type=ExportType.FULL,
)
INCREMENTAL = replace(
    FULL,
    export_time=None,
    export_from_time=datetime(2026, 1, 14, 10, 20, tzinfo=UTC),
    export_to_time=datetime(2026, 1, 14, 10, 35, tzinfo=UTC),
    export_type=ExportType.INCREMENTAL,
    output_format=OutputFormat.ION,
    output_view=ExportView.NEW_IMAGE,
)
LINES = [b'{"Item":{"id":{"S":"%d"}}}\n' % number for number in range(10)]


def write(root: Path, summary: ManifestSummary = FULL, files: tuple[list[bytes], ...] = (LINES,)) -> ManifestSummary:
    with ExportWriter(root, summary) as export:
        for lines in files:
            with export.data_file() as file:
                for line in lines:
                    file.write(line, 1)
        return export.finish()


def found(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def entries(root: Path, folder: str = f"AWSDynamoDB/{EXPORT_ID}") -> list[DataFileEntry]:
    lines = (root / folder / "manifest-files.json").read_bytes().splitlines(keepends=True)
    return [DataFileEntry.parse(line, "manifest-files.json", number) for number, line in enumerate(lines, 1)]


def b64_md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def test_a_full_export_has_the_files_of_the_layout_and_no_others(tmp_path: Path) -> None:
    write(tmp_path, files=(LINES[:3], LINES[3:]))
    folder = tmp_path / "AWSDynamoDB" / EXPORT_ID
    names = [entry.key for entry in entries(tmp_path)]
    manifests = [
        "_started",
        "manifest-files.json",
        "manifest-files.md5",
        "manifest-summary.json",
        "manifest-summary.md5",
    ]
    assert found(tmp_path) == sorted([*(f"AWSDynamoDB/{EXPORT_ID}/{name}" for name in manifests), *names])
    assert (folder / "_started").read_bytes() == b""
    for name in names:
        data_name = Path(name).name
        assert len(data_name) == 26 + len(".json.gz")
        assert set(data_name.removesuffix(".json.gz")) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_manifests_and_checksums_say_what_was_written(tmp_path: Path) -> None:
    summary = write(tmp_path, files=(LINES[:3], LINES[3:]))
    folder = tmp_path / "AWSDynamoDB" / EXPORT_ID
    assert summary.item_count == 10
    assert ManifestSummary.parse((folder / "manifest-summary.json").read_bytes(), "") == summary
    assert summary.manifest_files_s3_key == f"AWSDynamoDB/{EXPORT_ID}/manifest-files.json"
    for stem in ("manifest-summary", "manifest-files"):
        data = (folder / f"{stem}.json").read_bytes()
        assert (folder / f"{stem}.md5").read_bytes() == b64_md5(data).encode()
    assert (folder / "manifest-files.json").read_bytes().endswith(b"\n")
    assert not (folder / "manifest-summary.json").read_bytes().endswith(b"\n")
    for entry, lines in zip(entries(tmp_path), (LINES[:3], LINES[3:]), strict=True):
        data = (tmp_path / entry.key).read_bytes()
        assert gzip.decompress(data) == b"".join(lines)
        assert entry.item_count == len(lines)
        assert entry.md5 == b64_md5(data)
        assert entry.etag == hashlib.md5(hashlib.md5(data).digest()).hexdigest() + "-1"
        assert data[:10] == bytes.fromhex("1f8b08000000000000ff"), "no name, no time, as AWS writes it"


def test_an_empty_file_is_the_one_that_aws_writes(tmp_path: Path) -> None:
    write(tmp_path, files=([], LINES))
    empty, _ = entries(tmp_path)
    assert (tmp_path / empty.key).read_bytes().hex() == "1f8b08000000000000ff03000000000000000000"
    assert empty.md5 == "FjvgqIxwymKf1RbbqtrZag=="
    assert empty.etag == "7deb4078f238dd87d6af0538152c04e9-1"
    assert empty.item_count == 0


def test_data_of_incremental_exports_goes_to_the_shared_folder(tmp_path: Path) -> None:
    write(tmp_path, INCREMENTAL)
    write(tmp_path, replace(INCREMENTAL, export_arn=f"{TABLE}/export/01768387000000-0a1b2c3d"))
    assert [name for name in found(tmp_path) if "/data/" in name] == sorted(
        entry.key
        for export_id in (EXPORT_ID, "01768387000000-0a1b2c3d")
        for entry in entries(tmp_path, f"AWSDynamoDB/{export_id}")
    )
    (entry,) = entries(tmp_path)
    assert entry.key.startswith("AWSDynamoDB/data/")
    assert entry.key.endswith(".ion.gz")


@pytest.mark.parametrize("prefix", ["foo", "foo/", "a/b"])
def test_keys_include_the_prefix_which_ends_in_one_slash(tmp_path: Path, prefix: str) -> None:
    summary = write(tmp_path, replace(FULL, s3_prefix=prefix))
    folder = f"{prefix.rstrip('/')}/AWSDynamoDB/{EXPORT_ID}"
    assert summary.manifest_files_s3_key == f"{folder}/manifest-files.json"
    assert (tmp_path / summary.manifest_files_s3_key).is_file()
    assert all(entry.key.startswith(f"{folder}/data/") for entry in entries(tmp_path, folder))


def test_gzip_members_may_split_a_record(tmp_path: Path) -> None:
    with ExportWriter(tmp_path, FULL) as export:
        with export.data_file() as file:
            file.write(LINES[0] + LINES[1][:7], 1)
            file.new_member()
            file.write(LINES[1][7:], 1)
            assert (file.records, file.data_bytes) == (2, len(LINES[0] + LINES[1]))
        export.finish()
    (entry,) = entries(tmp_path)
    data = (tmp_path / entry.key).read_bytes()
    assert gzip.decompress(data) == LINES[0] + LINES[1]
    assert data.count(bytes.fromhex("1f8b08000000000000ff")) == 2


def test_the_same_calls_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, files=(LINES, [], LINES[:2]))
    assert found(tmp_path / "a") == found(tmp_path / "b")
    assert all(
        (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in found(tmp_path / "a")
    )


def test_files_open_at_once_stand_in_the_manifest_as_they_were_opened(tmp_path: Path) -> None:
    with ExportWriter(tmp_path, FULL) as export:
        with export.data_file() as first:
            with export.data_file() as second:
                second.write(LINES[0] + LINES[1], 2)
            first.write(LINES[2], 1)
        assert (export.item_count, export.data_bytes) == (3, len(LINES[0]) * 3)
        export.finish()
    assert [entry.item_count for entry in entries(tmp_path)] == [1, 2]


def test_a_file_that_fails_has_no_name_and_no_place(tmp_path: Path) -> None:
    with ExportWriter(tmp_path, FULL) as export:
        with suppress(ZeroDivisionError), export.data_file() as file:
            file.write(LINES[0], 1)
            raise ZeroDivisionError
        with export.data_file() as file:
            file.write(LINES[1], 1)
        summary = export.finish()
    assert summary.item_count == 1
    (entry,) = entries(tmp_path)
    assert [name for name in found(tmp_path) if "/data/" in name] == [entry.key]


def test_an_export_is_complete_only_once_it_is_finished(tmp_path: Path) -> None:
    with ExportWriter(tmp_path, FULL) as export, export.data_file() as file:
        file.write(LINES[0], 1)
    (data,) = (name for name in found(tmp_path) if "/data/" in name)
    assert found(tmp_path) == sorted([f"AWSDynamoDB/{EXPORT_ID}/_started", data])


def test_finish_may_say_what_is_billed(tmp_path: Path) -> None:
    with ExportWriter(tmp_path, FULL) as export:
        assert export.finish(billed_size_bytes=19).billed_size_bytes == 19
    assert json.loads((Path(export.folder) / "manifest-summary.json").read_bytes())["billedSizeBytes"] == 19


@pytest.mark.parametrize(
    "summary",
    [
        replace(FULL, export_arn=None),
        replace(FULL, export_arn="arn:aws:dynamodb:eu-central-1:111122223333:table/T"),
        replace(FULL, s3_prefix="/etc"),
        replace(FULL, s3_prefix="a/../../b"),
        replace(FULL, export_arn=f"{TABLE}/export/.."),
    ],
)
def test_a_summary_that_names_no_place_is_refused(tmp_path: Path, summary: ManifestSummary) -> None:
    with pytest.raises(UsageError):
        ExportWriter(tmp_path, summary)


def test_errors_of_storage_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "AWSDynamoDB").write_bytes(b"no folder")
    with pytest.raises(StoreError, match="_started: cannot be written") as caught:
        write(tmp_path)
    assert not isinstance(caught.value, AccessDeniedError)


def test_a_real_export_is_written_as_aws_wrote_it(tmp_path: Path, real_exports: Path) -> None:
    (source,) = real_exports.glob("full-json/*/AWSDynamoDB/*/manifest-summary.json")
    summary = ManifestSummary.parse(source.read_bytes(), str(source))
    (data,) = (source.parent / "data").iterdir()
    with ExportWriter(tmp_path, replace(summary, item_count=0, manifest_files_s3_key="")) as export:
        with export.data_file() as file:
            file.write(gzip.decompress(data.read_bytes()), 3)
        export.finish()
    written = Path(export.folder)
    # That copy of it went through an editor, which added a line feed at the end.
    assert (written / "manifest-summary.json").read_bytes() == source.read_bytes().rstrip(b"\n")
    real, ours = ((folder / "manifest-files.json").read_bytes() for folder in (source.parent, written))
    assert list(json.loads(ours)) == list(json.loads(real)), "the same members in the same order"
    assert ours.endswith(b"}\n") == real.endswith(b"}\n")
