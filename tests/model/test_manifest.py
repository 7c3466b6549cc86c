"""Manifests of AWS, of other writers, and of nobody who means well."""

import os
import pickle
from pathlib import Path
from typing import Any

import orjson
import pytest

from exportkit.errors import ManifestError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import DataFileEntry, ManifestSummary
from exportkit.model.times import format_time, parse_time

FULL = (
    b'{"version":"2020-06-30","exportArn":"arn:aws:dynamodb:eu-central-1:111122223333:table/T/export/'
    b'01715685260608-c488b4e1","startTime":"2024-05-14T11:14:20.608Z","endTime":"2024-05-14T11:19:26.869Z",'
    b'"tableArn":"arn:aws:dynamodb:eu-central-1:111122223333:table/T","tableId":"11991185-e7ab-4da5-8bab-03f0db0b7bfd",'
    b'"exportTime":"2024-05-14T11:14:20.608Z","s3Bucket":"b","s3Prefix":"p","s3SseAlgorithm":"AES256",'
    b'"s3SseKmsKeyId":null,"manifestFilesS3Key":"p/AWSDynamoDB/01715685260608-c488b4e1/manifest-files.json",'
    b'"billedSizeBytes":19,"itemCount":3,"outputFormat":"DYNAMODB_JSON"}'
)
INCREMENTAL = (
    b'{"version":"2023-08-01","exportArn":"arn:aws:dynamodb:eu-central-1:111122223333:table/T/export/'
    b'01768386600000-0fb5b8a2","startTime":"2026-01-14T10:30:00.000Z","endTime":"2026-01-14T10:45:10.123Z",'
    b'"tableArn":"arn:aws:dynamodb:eu-central-1:111122223333:table/T","tableId":"11991185-e7ab-4da5-8bab-03f0db0b7bfd",'
    b'"exportFromTime":"2026-01-14T10:20:00.000Z","exportToTime":"2026-01-14T10:35:00.000Z","s3Bucket":"b",'
    b'"s3Prefix":null,"s3SseAlgorithm":"KMS","s3SseKmsKeyId":"arn:aws:kms:eu-central-1:111122223333:key/k",'
    b'"manifestFilesS3Key":"AWSDynamoDB/01768386600000-0fb5b8a2/manifest-files.json","billedSizeBytes":10000000,'
    b'"itemCount":6,"outputFormat":"ION","outputView":"NEW_AND_OLD_IMAGES","exportType":"INCREMENTAL_EXPORT"}'
)
LINE = (
    b'{"itemCount":3,"md5Checksum":"rzAeIrtALbOlNdK5Hh8tgA==","etag":"d1663e415aedcbf3c4977cde7002d2bf-1",'
    b'"dataFileS3Key":"p/AWSDynamoDB/01715685260608-c488b4e1/data/uimbi7eofu2b5kzkxe63gsvb6i.json.gz"}\n'
)
LEAST = {"manifestFilesS3Key": "AWSDynamoDB/x/manifest-files.json", "itemCount": 0, "outputFormat": "ION"}
WINDOW = {"exportFromTime": "2026-01-14T10:20:00.000Z", "exportToTime": "2026-01-14T10:35:00.000Z"}


def parse(data: bytes) -> ManifestSummary:
    return ManifestSummary.parse(data, "s3://b/manifest-summary.json")


def with_keys(base: bytes | dict[str, Any], **changed: Any) -> bytes:
    known = orjson.loads(base) if isinstance(base, bytes) else base
    return orjson.dumps({**known, **changed})


@pytest.mark.parametrize("data", [FULL, INCREMENTAL], ids=["full", "incremental"])
def test_what_aws_writes_comes_back_byte_for_byte(data: bytes) -> None:
    assert parse(data).to_json() == data
    assert parse(data + b"\n") == parse(data)
    assert parse(data).absent_keys == ()


def test_a_full_export() -> None:
    summary = parse(FULL)
    assert summary.export_type is ExportType.FULL
    assert summary.output_format is OutputFormat.DYNAMODB_JSON
    assert summary.export_time == parse_time("2024-05-14T11:14:20.608Z")
    assert summary.window is None
    assert summary.output_view is None
    assert (summary.s3_prefix, summary.s3_sse_kms_key_id) == ("p", None)
    assert (summary.export_id, summary.table_name) == ("01715685260608-c488b4e1", "T")
    assert (summary.item_count, summary.billed_size_bytes) == (3, 19)


def test_an_incremental_export() -> None:
    summary = parse(INCREMENTAL)
    assert summary.export_type is ExportType.INCREMENTAL
    assert summary.output_view is ExportView.NEW_AND_OLD_IMAGES
    assert str(summary.window) == "[2026-01-14T10:20:00.000Z, 2026-01-14T10:35:00.000Z)"
    assert summary.export_time is None


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({}, ExportType.FULL),
        ({"exportType": "FULL_EXPORT"}, ExportType.FULL),
        ({"exportType": None, **WINDOW}, ExportType.INCREMENTAL),
        ({**WINDOW}, ExportType.INCREMENTAL),
        ({"exportType": "INCREMENTAL_EXPORT", **WINDOW}, ExportType.INCREMENTAL),
        ({"exportType": "FULL_EXPORT", **WINDOW}, ExportType.FULL),
    ],
)
def test_the_kind_is_told_by_the_type_then_by_the_window(keys: dict[str, Any], kind: ExportType) -> None:
    summary = parse(with_keys(LEAST, **keys))
    assert summary.export_type is kind
    assert (summary.window is None) == (kind is ExportType.FULL)


def test_the_least_that_other_writers_leave() -> None:
    summary = parse(with_keys(LEAST))
    assert summary.export_arn is summary.table_arn is summary.start_time is summary.s3_bucket is None
    assert summary.export_id is summary.table_name is None
    assert summary.absent_keys == (
        *("version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportTime"),
        *("s3Bucket", "s3SseAlgorithm", "billedSizeBytes"),
    )


def test_an_export_arn_that_is_none() -> None:
    assert parse(with_keys(LEAST, exportArn="export-1")).export_id is None


def test_the_documentations_name_of_a_view() -> None:
    assert parse(with_keys(INCREMENTAL, outputView="NEW_IMAGES")).output_view is ExportView.NEW_IMAGE


def test_unknown_keys_are_kept_and_written_last() -> None:
    data = FULL[:-1] + b',"exportkit":{"operation":"replay","inputs":["a"]},"later":{"a":[1,null]},"b":null}'
    summary = parse(data)
    assert summary.exportkit == {"operation": "replay", "inputs": ["a"]}
    assert summary.extra == {"later": {"a": [1, None]}, "b": None}
    assert summary.to_json() == data


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"filterSpecification": {"x": 1}}, ("filterSpecification",)),
        ({"exportFilter": "size > 3"}, ("exportFilter",)),
        ({"filterSpecification": None, "other": 1}, ()),
    ],
)
def test_keys_that_speak_of_a_filter_are_found(keys: dict[str, Any], found: tuple[str, ...]) -> None:
    assert parse(with_keys(FULL, **keys)).filter_keys == found


def test_a_full_exports_type_is_not_written_for_aws_does_not() -> None:
    assert parse(with_keys(FULL, exportType="FULL_EXPORT")).to_json() == FULL


@pytest.mark.parametrize(
    "text", ["2024-05-14T11:14:20Z", "2024-05-14T11:14:20.608000Z", "2024-05-14T13:14:20.608+02:00", "20240514T111420Z"]
)
def test_times_in_other_spellings(text: str) -> None:
    time = parse(with_keys(FULL, startTime=text)).start_time
    assert time is not None
    assert format_time(time).startswith("2024-05-14T11:14:20.")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON: a byte order mark stands first; an editor or another tool rewrote the file"),
        (FULL.decode().encode("utf-16"), "not JSON: a byte order mark stands first"),
        (b'{"a":"\xff"}', "not JSON"),
        (b"[]", "not a JSON object but an array"),
        (b"null", "but null"),
        (b"[" * 100_000, "not JSON"),
        (with_keys(FULL, itemCount=None), "itemCount is missing"),
        (with_keys(FULL, itemCount=-1), "itemCount is not a whole number"),
        (with_keys(FULL, itemCount=1.5), "itemCount is not a whole number"),
        (with_keys(FULL, itemCount=True), "itemCount is not a whole number"),
        (with_keys(FULL, itemCount="3"), "itemCount is not a whole number"),
        (FULL.replace(b":3,", b":1e400,"), "not JSON"),
        (FULL.replace(b":3,", b":99999999999999999999,"), "itemCount is not a whole number"),
        (with_keys(FULL, manifestFilesS3Key=None), "manifestFilesS3Key is missing"),
        (with_keys(FULL, manifestFilesS3Key=""), "manifestFilesS3Key is missing"),
        (with_keys(FULL, manifestFilesS3Key=7), "manifestFilesS3Key is a number, not a string"),
        (with_keys(FULL, outputFormat=None), "outputFormat is missing"),
        (with_keys(FULL, outputFormat="CSV"), "outputFormat is 'CSV', not DYNAMODB_JSON or ION"),
        (with_keys(FULL, exportType="PARTIAL"), "exportType is 'PARTIAL'"),
        (with_keys(FULL, startTime="yesterday"), "startTime is not an ISO-8601 time"),
        (with_keys(FULL, startTime="2024-05-14T11:14:20.608"), "startTime is not an ISO-8601 time"),
        (with_keys(FULL, startTime="0001-01-01T00:00:00+23:00"), "startTime is not an ISO-8601 time"),
        (with_keys(FULL, exportkit=[]), "exportkit is an array, not an object"),
        (with_keys(INCREMENTAL, outputView="OLD"), "outputView is 'OLD'"),
        (with_keys(INCREMENTAL, exportFromTime=None), "without exportFromTime and exportToTime"),
        (with_keys(INCREMENTAL, exportToTime=None), "without exportFromTime and exportToTime"),
        (with_keys(INCREMENTAL, exportToTime="2026-01-14T10:20:00.000Z"), "exportFromTime and exportToTime make"),
        (with_keys(FULL, tableArn="x" * 1000, outputFormat="y" * 1000), "outputFormat is 'yyy"),
    ],
)
def test_a_malformed_summary_says_what_is_wrong(data: bytes, told: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(data)
    assert told in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.uri == "s3://b/manifest-summary.json"
    assert not caught.value.missing


def test_a_line_of_manifest_files_comes_back_byte_for_byte() -> None:
    entry = DataFileEntry.parse(LINE, "f", 7)
    assert (entry.item_count, entry.md5, entry.line) == (3, "rzAeIrtALbOlNdK5Hh8tgA==", 7)
    assert entry.key.endswith("/data/uimbi7eofu2b5kzkxe63gsvb6i.json.gz")
    assert entry.to_json() == LINE


def test_a_line_of_another_writer() -> None:
    line = b'{"dataFileS3Key":"data/x.json.gz","itemCount":1,"size":7}\r\n'
    entry = DataFileEntry.parse(line, "f", 1)
    assert (entry.key, entry.md5, entry.etag, entry.extra) == ("data/x.json.gz", None, None, {"size": 7})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{}", "f: line 9: dataFileS3Key is missing"),
        (b'{"dataFileS3Key":""}', "line 9: dataFileS3Key is missing"),
        (b'{"dataFileS3Key":"k"}', "line 9: itemCount is missing"),
        (b'{"dataFileS3Key":"k","itemCount":-3}', "line 9: itemCount is not a whole number"),
        (b'{"dataFileS3Key":["k"],"itemCount":3}', "line 9: dataFileS3Key is an array"),
        (b'{"dataFileS3Key":"k","itemCount":3,"md5Checksum":"abc"}', "line 9: md5Checksum is not the base64 of an MD5"),
        (b'{"dataFileS3Key":"k","itemCount":3,"md5Checksum":"\xc3\xa9"}', "line 9: md5Checksum is not the base64"),
        (b'{"dataFileS3Key":"k","itemCount":3,"md5Checksum":"AAAA"}', "line 9: md5Checksum is not the base64"),
        (b'{"dataFileS3Key":"k","itemCount":3,"etag":1}', "line 9: etag is a number"),
        (b"k", "line 9: not JSON"),
        (b"{\n", "line 9: not one JSON object: the manifest was reformatted, it seems; it has one a line (jq"),  # jq .
        (b"[\r\n", "line 9: not one JSON object: the manifest was reformatted"),  # jq -s .
        (b"[" + LINE.strip() + b"]\n", "line 9: not one JSON object: the manifest was reformatted"),
    ],
)
def test_a_malformed_line_says_which_and_what(line: bytes, told: str) -> None:
    with pytest.raises(ManifestError) as caught:
        DataFileEntry.parse(line, "f", 9)
    assert told in str(caught.value)
    assert caught.value.line == 9
    assert "line 9" not in caught.value.message


TWICE = (
    b'{"itemCount":1,"itemCount":1,"dataFileS3Key":"k"}',
    b'{"dataFileS3Key":"a","itemCount":1,"dataFileS3Key":"b"}',
    b'{"dataFileS3Key":"k","itemCount":1,"x":1,"x":"y"}',
    b'{"dataFileS3Key":"k","itemCount":1,"x":"y","x":1}',
    b'{"dataFileS3Key":"k","item\\u0043ount":1,"itemCount":1}',
    b'{"dataFileS3Key":"k","itemCount":1,"x":[{"y":1,"y":2}]}',
    b'{"dataFileS3Key":"k","itemCount":1,"x":{"y":"a","y":2}}',
    b'{"dataFileS3Key":"k","itemCount":1,"":1,"":1}',
)


@pytest.mark.parametrize("line", TWICE)
def test_a_key_that_stands_twice_is_refused(line: bytes) -> None:
    """AWS writes none, and readers disagree on which of the two counts."""
    with pytest.raises(ManifestError, match="stands twice in one object"):
        DataFileEntry.parse(line, "f", 1)
    with pytest.raises(ManifestError, match="'itemCount' stands twice in one object"):
        parse(FULL[:-1] + b',"itemCount":3}')


@pytest.mark.parametrize(
    "more",
    [
        rb'"x":"\"y\":1,\"y\":1"',
        b'"x":{"y":1},"y":{"y":1}',
        b'"x":[{"y":1},{"y":1},null,true]',
        b'"x":[' + b"7" * 5000 + b".0e-4990]",
        b'"x":null,"y":false,"z":-1.5',
    ],
)
def test_keys_of_different_objects_may_be_the_same(more: bytes) -> None:
    assert DataFileEntry.parse(b'{"dataFileS3Key":"k","itemCount":1,%s}' % more, "f", 1).item_count == 1


def test_nesting_past_what_can_be_checked_is_refused() -> None:
    with pytest.raises(ManifestError, match="nested too deeply"):
        DataFileEntry.parse(b'{"dataFileS3Key":"k","itemCount":1,"x":%s1%s}' % (b"[" * 1000, b"]" * 1000), "f", 1)


def test_both_survive_pickling_and_can_be_keys() -> None:
    for one in (parse(INCREMENTAL), DataFileEntry.parse(LINE, "f", 1)):
        assert pickle.loads(pickle.dumps(one)) == one
        assert len({one, one}) == 1


def test_the_real_manifests(real_exports: Path) -> None:
    summaries = sorted(real_exports.rglob("manifest-summary.json"))
    for path in summaries:
        data = path.read_bytes()
        assert ManifestSummary.parse(data, os.fspath(path)).to_json() == data.rstrip(b"\n")
        lines = path.with_name("manifest-files.json").read_bytes().splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            assert DataFileEntry.parse(line, "", number).to_json() == line
    assert summaries
