"""Objects of S3, written while they are made: small ones by one put, others by a multipart upload."""

import shlex
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from exportkit.errors import StoreError
from exportkit.store.base import ObjectInfo
from exportkit.store.left_behind import LeftBehind
from exportkit.store.s3_object import S3Object, answered_at, content_md5, error_code

__all__ = ["PART_SIZE", "S3Writer"]

PART_SIZE = 8 * 1024 * 1024
"""Bytes of a multipart upload's first parts. S3 takes 10,000 parts, so every thousandth makes the later ones larger."""

_ANSWERING = timedelta(seconds=5)


class S3Writer:
    """Writes one object; see ``ObjectWriter``. Holds at most one part in memory.

    An upload that fails is aborted; a killed process leaves one that is not finished, which shows under no
    name (``Store.clear_unfinished`` aborts it).

    Args:
        target: The object.
        part_size: Bytes of the first parts; S3 wants 5 MiB at least.
    """

    def __init__(self, target: S3Object, part_size: int = PART_SIZE) -> None:
        self._target = target
        self._part_size = part_size
        self._held: list[bytes] = []
        self._held_size = 0
        self._size = 0
        self._upload: str | None = None
        self._begun: Any = None
        self._parts: list[Any] = []
        self._etag = ""

    @property
    def info(self) -> ObjectInfo:
        """The object as it was written."""
        return ObjectInfo(self._target.uri, self._size, self._etag)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._finish()
            except BaseException as raised:
                self._abort(raised)
                raise
        else:
            self._abort(error)

    def write(self, data: bytes) -> None:
        """Takes more of the object; sends a part when there is one."""
        self._held.append(data)
        self._held_size += len(data)
        self._size += len(data)
        if self._held_size >= self._part_size * (1 + len(self._parts) // 1000):
            self._send()

    def _send(self) -> None:
        if self._upload is None:
            self._begun = self._ask("create_multipart_upload", **self._target.stored_as)
            self._upload = self._begun["UploadId"]
        number = len(self._parts) + 1
        body = self._take()
        named = {"UploadId": self._upload, "PartNumber": number}
        answer = self._ask("upload_part", **named, Body=body, ContentMD5=content_md5(body))
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def _finish(self) -> None:
        if self._upload is None:
            answer = self._target.put(self._take())
        else:
            if self._held:
                self._send()
            answer = self._complete()
        self._etag = answer["ETag"].strip('"')

    def _complete(self) -> Any:
        """Makes the object of its parts; that it was done by a request whose answer was lost is as good."""
        whole = {"Parts": self._parts}
        try:
            return self._ask("complete_multipart_upload", UploadId=self._upload, MultipartUpload=whole)
        except StoreError as error:
            if error_code(error) != "NoSuchUpload":
                raise
            there = self._target.ask("head_object", "s3:GetObject")
            # S3 dates such an object by the second in which its upload was begun: a little before it had answered.
            if there["ContentLength"] != self._size or there["LastModified"] < answered_at(self._begun) - _ANSWERING:
                raise
            return there

    def _take(self) -> bytes:
        body = b"".join(self._held)
        self._held.clear()
        self._held_size = 0
        return body

    def _abort(self, reason: BaseException) -> None:
        """Gives the parts up; where that fails too, the error that led here tells what is left."""
        self._held.clear()
        if self._upload is None:
            return
        try:
            self._target.ask("abort_multipart_upload", "s3:AbortMultipartUpload", UploadId=self._upload)
        except StoreError as error:
            if error_code(error) not in {"NoSuchUpload", "NoSuchBucket"}:
                uri = self._target.uri
                told = f"the unfinished upload of {uri} could not be aborted, and takes up space until it is: "
                reason.add_note(LeftBehind(f"{told}exportkit clean {shlex.quote(uri)} --older-than 0s"))

    def _ask(self, operation: str, **named: Any) -> Any:
        return self._target.ask(operation, self._target.put_permission, **named)
