"""Exports in S3, or in a server with its API."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from exportkit.errors import AccessDeniedError, StoreError
from exportkit.store.aws import aws_error, make_client
from exportkit.store.base import ByteStream, Lock, ObjectInfo, ObjectWriter, Store, StoreOptions, Unfinished
from exportkit.store.cancelling import cancellation
from exportkit.store.s3_lock import S3Lock
from exportkit.store.s3_object import S3Object, error_code
from exportkit.store.s3_reading import S3Stream, open_body
from exportkit.store.s3_writing import PART_SIZE, S3Writer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["S3Store"]

_SCHEME = "s3://"


class S3Store(Store):
    """S3; URIs are ``s3://bucket/key``, the key as it is."""

    def __init__(self, options: StoreOptions) -> None:
        self._options = options
        self._made: S3Client | None = None
        self._lock = threading.Lock()
        self._always: dict[str, Any] = {}
        if options.requester_pays:
            self._always["RequestPayer"] = "requester"
        if options.expected_bucket_owner:
            self._always["ExpectedBucketOwner"] = options.expected_bucket_owner

    @property
    def client(self) -> "S3Client":
        """The client, made at the first request and shared by all threads."""
        with self._lock:
            if self._made is None:
                self._made = make_client("s3", self._options)
                self._options.traffic.watch(self._made)
            return self._made

    def open(self, uri: str) -> ByteStream:
        """Returns the object's bytes: one GetObject; a connection that breaks is taken up again where it broke."""
        return S3Stream(self._object(uri))

    def stat(self, uri: str) -> ObjectInfo:
        """Returns the object's size and ETag: one HeadObject."""
        answer = cancellation().ask(lambda: self._object(uri).ask("head_object", "s3:GetObject"))
        return ObjectInfo(uri, answer["ContentLength"], answer["ETag"].strip('"'))

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """Yields the objects below a prefix: one ListObjectsV2 for each thousand."""
        for page in self._pages(folder):
            yield from _objects(folder, page)

    def children(self, folder: str) -> tuple[tuple[str, ...], tuple[ObjectInfo, ...]]:
        """Returns what stands directly below a prefix: one ListObjectsV2 for each thousand."""
        bucket, _ = _split(folder)
        folders: list[str] = []
        objects: list[ObjectInfo] = []
        for page in self._pages(folder, Delimiter="/"):
            folders += (f"{_SCHEME}{bucket}/{entry['Prefix'][:-1]}" for entry in page.get("CommonPrefixes", ()))
            objects += _objects(folder, page)
        return tuple(folders), tuple(objects)

    def _pages(self, folder: str, **how: Any) -> Iterator[Any]:
        bucket, key = _split(folder)
        pages = self.client.get_paginator("list_objects_v2")
        prefix = "" if folder == _SCHEME + bucket else key + "/"
        try:
            found = iter(pages.paginate(Bucket=bucket, Prefix=prefix, **how, **self._always))
            while (page := cancellation().ask(lambda: next(found, None))) is not None:
                yield page
        except (BotoCoreError, ClientError) as error:
            raise aws_error(folder, error, "s3:ListBucket") from error

    def join(self, folder: str, path: str) -> str:
        """Returns the URI of a key below a prefix."""
        return f"{folder}/{path}"

    def parent(self, uri: str) -> str:
        """Returns the prefix that a key stands below; a bucket is its own."""
        above = uri.rpartition("/")[0]
        return above if len(above) > len(_SCHEME) else uri

    def foreign(self, key: str, folder: str) -> str:
        """Returns the URI that a key means in the export's bucket, unless it is a URI itself."""
        return key if key.startswith(_SCHEME) else f"{_SCHEME}{_split(folder)[0]}/{key}"

    def confinement(self, roots: tuple[str, ...]) -> Callable[[str], None]:  # noqa: ARG002 - of the interface
        """Returns what is content with every key: S3 has no links, a key lies where it says."""
        return lambda uri: None  # noqa: ARG005 - of the interface

    def tail(self, uri: str, size: int) -> bytes:
        """Returns the last bytes of an object: one GetObject."""
        with closing(open_body(self._object(uri), f"bytes=-{size}")["Body"]) as body:
            end: bytes = body.read()
        return end

    def writer(self, uri: str, *, workplace: str | None = None) -> ObjectWriter:  # noqa: ARG002 - of the interface
        """Returns what writes an object: one PutObject, or a multipart upload once there are 8 MiB."""
        return S3Writer(self._object(uri))

    def adopt(self, path: str, uri: str) -> ObjectInfo:
        """Uploads a file and removes it."""
        with self.writer(uri) as writer, open(path, "rb") as file:  # noqa: PTH123 - a path as text
            while data := file.read(PART_SIZE):
                writer.write(data)
        os.unlink(path)  # noqa: PTH108 - a path as text
        return writer.info

    def delete(self, uri: str) -> None:
        """Deletes an object: one DeleteObject."""
        self._object(uri).ask("delete_object", "s3:DeleteObject")

    def delete_folder(self, folder: str) -> None:
        """Deletes the objects below a prefix, one by one, those that mark folders too."""
        bucket, _ = _split(folder)
        for page in self._pages(folder):
            for entry in page.get("Contents", ()):
                self.delete(f"{_SCHEME}{bucket}/{entry['Key']}")

    def delete_empty_folder(self, folder: str) -> None:
        """Does nothing: there are no folders."""

    def clear_unfinished(self, folder: str) -> None:
        """Aborts the multipart uploads of a key and of those below it."""
        with suppress(AccessDeniedError):
            for upload in self.unfinished(folder):
                upload.abort()

    def unfinished(self, folder: str) -> Iterator[Unfinished]:
        """Yields the multipart uploads of a key and of those below it: one ListMultipartUploads for each thousand."""
        bucket, key = _split(folder)
        pages = self.client.get_paginator("list_multipart_uploads")
        try:
            for page in pages.paginate(Bucket=bucket, Prefix=key, **self._always):
                for upload in page.get("Uploads", ()):
                    name = upload["Key"]
                    if not key or name == key or name.startswith(f"{key}/"):
                        uri = f"{_SCHEME}{bucket}/{name}"
                        yield Unfinished(uri, upload["Initiated"], partial(self._abort, uri, upload["UploadId"]))
        except (BotoCoreError, ClientError) as error:
            raise aws_error(folder, error, "s3:ListBucketMultipartUploads") from error

    def _abort(self, uri: str, upload_id: str) -> None:
        try:
            self._object(uri).ask("abort_multipart_upload", "s3:AbortMultipartUpload", UploadId=upload_id)
        except StoreError as error:
            if error_code(error) != "NoSuchUpload":
                raise

    def lock(self, uri: str) -> Lock:
        """Returns a lock by an object that only one can create, renewed while it is held."""
        return S3Lock(self._object(uri))

    def _object(self, uri: str) -> S3Object:
        bucket, key = _split(uri)
        where = {"Bucket": bucket, "Key": key, **self._always}
        return S3Object(self.client, uri, where, self._options.output, self._options.traffic)


def _objects(folder: str, page: Any) -> Iterator[ObjectInfo]:
    bucket, _ = _split(folder)
    for entry in page.get("Contents", ()):
        if not entry["Key"].endswith("/"):  # consoles mark folders so
            yield ObjectInfo(f"{_SCHEME}{bucket}/{entry['Key']}", entry["Size"], entry["ETag"].strip('"'))


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    return bucket, key
