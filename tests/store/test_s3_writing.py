"""Writing to S3 against a real server: whole objects or none, one request for small ones, leftovers cleared."""

import random
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from exportkit.errors import AccessDeniedError, BucketNotFoundError, ObjectNotFoundError, ServiceError, StoreError
from exportkit.store import Store, open_store
from exportkit.store.s3 import S3Store
from exportkit.store.s3_object import S3Object
from exportkit.store.s3_writing import S3Writer
from tests.servers.s3 import S3

pytestmark = pytest.mark.server

MIB = 1024 * 1024


def store_of(s3: S3, **options: Any) -> Store:
    return open_store(s3.uri, s3.options(**options))


def keys(s3: S3) -> list[str]:
    return [entry["Key"] for entry in s3.client.list_objects_v2(Bucket=s3.bucket).get("Contents", ())]


def uploads(s3: S3) -> list[str]:
    return [entry["Key"] for entry in s3.client.list_multipart_uploads(Bucket=s3.bucket).get("Uploads", ())]


@pytest.mark.parametrize("key", ["a", "a/b c/+%2e?x=1.parquet", "ünï/コード"])
def test_a_small_object_is_one_put(s3: S3, s3_requests: list[str], key: str) -> None:
    store = store_of(s3)
    with store.writer(f"{s3.uri}/{key}") as writer:
        writer.write(b"hel")
        writer.write(b"lo")
        assert key not in keys(s3)
    assert len(s3_requests) == 1
    assert writer.info == store.stat(f"{s3.uri}/{key}")
    assert store.read(f"{s3.uri}/{key}", 5) == b"hello"


def test_an_object_of_nothing(s3: S3) -> None:
    store = store_of(s3)
    with store.writer(f"{s3.uri}/empty") as writer:
        pass
    assert writer.info.size == 0
    assert store.read(f"{s3.uri}/empty", 1) == b""


def test_a_large_object_goes_up_in_parts(s3: S3, s3_requests: list[str]) -> None:
    data = random.Random(1).randbytes(20 * MIB)
    store = store_of(s3)
    with store.writer(f"{s3.uri}/large") as writer:
        for start in range(0, len(data), MIB):
            writer.write(data[start : start + MIB])
        assert keys(s3) == []
    assert [request.split()[0] for request in s3_requests] == [
        "CreateMultipartUpload",
        *["UploadPart"] * 3,
        "CompleteMultipartUpload",
    ]
    assert writer.info == store.stat(f"{s3.uri}/large")
    assert store.read(f"{s3.uri}/large", len(data)) == data
    assert store.tail(f"{s3.uri}/large", 10) == data[-10:]


@pytest.mark.parametrize("size", [10, 9 * MIB], ids=["put", "multipart"])
def test_a_failing_block_leaves_nothing(s3: S3, size: int) -> None:
    s3.put("there", b"old")
    with pytest.raises(KeyboardInterrupt), store_of(s3).writer(f"{s3.uri}/there") as writer:  # noqa: PT012 - after a write
        writer.write(bytes(size))
        raise KeyboardInterrupt
    assert uploads(s3) == []
    assert s3.client.get_object(Bucket=s3.bucket, Key="there")["Body"].read() == b"old"


def test_later_parts_of_a_very_large_object_are_larger(s3: S3, s3_requests: list[str]) -> None:
    client = S3Store(s3.options()).client
    stub = Stubber(client)
    stub.add_response("create_multipart_upload", {"UploadId": "u"})
    for number in range(1, 1003):
        size = {"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": number, "Body": ANY, "ContentMD5": ANY}
        stub.add_response("upload_part", {"ETag": f"e{number}"}, size)
    with stub:
        writer = S3Writer(S3Object(client, "s3://b/k", {"Bucket": "b", "Key": "k"}), part_size=10)
        for _ in range(1000):
            writer.write(bytes(10))
        writer.write(bytes(10))
        writer.write(bytes(10))
        writer.write(bytes(20))
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(("size", "request_name"), [(1, "put_object"), (9 * MIB, "create_multipart_upload")])
def test_a_missing_bucket(s3: S3, size: int, request_name: str) -> None:
    client = S3Store(s3.options()).client  # SeaweedFS would make the bucket
    with Stubber(client) as stub:
        stub.add_client_error(request_name, "NoSuchBucket")
        with (
            pytest.raises(BucketNotFoundError, match="no such bucket: "),
            S3Writer(S3Object(client, "s3://b/k", {"Bucket": "b", "Key": "k"})) as writer,
        ):
            writer.write(bytes(size))


@pytest.mark.parametrize("size", [1, 9 * MIB], ids=["put", "multipart"])
def test_a_denied_put_names_the_permission(s3: S3, aws_environment: pytest.MonkeyPatch, size: int) -> None:
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with (
        pytest.raises(AccessDeniedError, match="s3:PutObject is not allowed") as caught,
        store_of(s3).writer(f"{s3.uri}/x") as writer,
    ):
        writer.write(bytes(size))
    assert caught.value.uri == f"{s3.uri}/x"
    assert keys(s3) == []


def test_a_bucket_that_vanishes_in_the_middle(s3: S3) -> None:
    with pytest.raises(StoreError) as caught, store_of(s3).writer(f"{s3.uri}/x") as writer:  # noqa: PT012 - the steps
        writer.write(bytes(9 * MIB))
        s3.client.delete_bucket(Bucket=s3.bucket)
        writer.write(bytes(9 * MIB))
    assert caught.value.uri == f"{s3.uri}/x"


def test_an_upload_that_cannot_be_aborted_is_told(s3: S3) -> None:
    client = S3Store(s3.options()).client
    with Stubber(client) as stub:
        stub.add_response("create_multipart_upload", {"UploadId": "u"})
        stub.add_client_error("upload_part", "InternalError", "oh")
        stub.add_client_error("abort_multipart_upload", "AccessDenied")
        with (
            pytest.raises(ServiceError, match="InternalError") as caught,
            S3Writer(S3Object(client, "s3://b/a k", {"Bucket": "b", "Key": "a k"})) as writer,
        ):
            writer.write(bytes(9 * MIB))
    (note,) = caught.value.__notes__
    told, _, command = note.rpartition(": ")
    assert told == "the unfinished upload of s3://b/a k could not be aborted, and takes up space until it is"
    assert command == "exportkit clean 's3://b/a k' --older-than 0s"


@pytest.mark.parametrize(("dated", "is_done"), [("11:59:59", True), ("11:59:00", False)])
def test_an_upload_whose_last_answer_was_lost_is_known_by_its_size_and_date(s3: S3, dated: str, is_done: bool) -> None:
    client = S3Store(s3.options()).client
    lost = {"ETag": '"e-1"', "ContentLength": 2, "LastModified": datetime.fromisoformat(f"2026-01-14T{dated}+00:00")}
    with Stubber(client) as stub:
        # S3 dates an object made of parts by when its upload was begun, which is before it has answered.
        said = {"HTTPHeaders": {"date": "Wed, 14 Jan 2026 12:00:00 GMT"}}
        stub.add_response("create_multipart_upload", {"UploadId": "u", "ResponseMetadata": said})
        stub.add_response("upload_part", {"ETag": '"p"'})
        stub.add_client_error("complete_multipart_upload", "NoSuchUpload")
        stub.add_response("head_object", lost)
        stub.add_response("abort_multipart_upload", {})
        writer = S3Writer(S3Object(client, f"{s3.uri}/x", {"Bucket": s3.bucket, "Key": "x"}), part_size=1)
        with nullcontext() if is_done else pytest.raises(StoreError, match="NoSuchUpload"), writer:
            writer.write(b"ab")
    assert writer.info.etag == ("e-1" if is_done else "")


def test_leftovers_of_a_killed_process_are_cleared(s3: S3) -> None:
    for key in ("dest/data/a", "dest/data/b", "dest2/c"):
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=key)
    store_of(s3).clear_unfinished(f"{s3.uri}/dest")
    assert uploads(s3) == ["dest2/c"]


def test_leftovers_that_may_not_be_listed_stay(s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store_of(s3).clear_unfinished(f"{s3.uri}/dest")


def test_deleting(s3: S3) -> None:
    store = store_of(s3)
    for key in ("dest/a", "dest/b/c", "dest/b/", "dest2"):
        s3.put(key, b"x")
    store.delete(f"{s3.uri}/dest/a")
    store.delete(f"{s3.uri}/dest/a")
    assert "dest/a" not in keys(s3)
    store.delete_folder(f"{s3.uri}/dest")
    assert keys(s3) == ["dest2"]


def test_a_local_file_is_taken_in(s3: S3, tmp_path: Path) -> None:
    data = random.Random(2).randbytes(9 * MIB)
    (tmp_path / "file").write_bytes(data)
    store = store_of(s3)
    info = store.adopt(str(tmp_path / "file"), f"{s3.uri}/object")
    assert info == store.stat(f"{s3.uri}/object")
    assert store.read(info.uri, len(data)) == data
    assert not (tmp_path / "file").exists()


def test_the_end_of_a_short_object_is_all_of_it(s3: S3) -> None:
    assert store_of(s3).tail(s3.put("short", b"abc"), 100) == b"abc"
    with pytest.raises(ObjectNotFoundError):
        store_of(s3).tail(f"{s3.uri}/nothing", 1)
