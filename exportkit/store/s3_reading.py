"""Objects of S3 as streams: each read once, and what breaks off goes on at the byte where it broke."""

import io
import random
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import smart_open.s3
from botocore.exceptions import BotoCoreError, ReadTimeoutError
from urllib3.exceptions import HTTPError

from exportkit.errors import StoreError
from exportkit.store.base import ObjectInfo
from exportkit.store.cancelling import Stopped, cancellation
from exportkit.store.s3_object import S3Object, error_code

__all__ = ["TRIES", "S3Stream", "open_body"]

TRIES = 8
"""Times that an answer may break off with less than 64 KiB between; then it is an error."""

_BUFFER = 256 * 1024
_PIECE = 64 * 1024  # what a broken connection loses of what had come at most, and has to have brought to count
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 20.0
_WHOLE = "bytes=0-"
_PERMISSION = "s3:GetObject"
_CHANGED = "was replaced while it was read; what was read is of the former object: run again"


class S3Stream(io.RawIOBase):
    """An object's bytes, buffered by smart_open; see ``ByteStream``.

    Args:
        target: The object.

    Raises:
        StoreError: It cannot be opened.
    """

    def __init__(self, target: S3Object) -> None:
        self._uri = target.uri
        self._source = _OneObject(target)
        self._reader: Any = None
        where = target.where
        client: Any = self._source
        self._reader = smart_open.s3.Reader(where["Bucket"], where["Key"], buffer_size=_BUFFER, client=client)

    @property
    def info(self) -> ObjectInfo:
        """The object, as it was when it was opened."""
        return ObjectInfo(self._uri, self._source.body.size, self._source.body.etag)

    def readable(self) -> bool:
        """Tells that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes, at most ``size``; none at the end."""
        data: bytes = self._reader.read(size)
        return data

    def readinto(self, buffer: Any, /) -> int:
        """Puts the next bytes into ``buffer`` and returns how many."""
        count: int = self._reader.readinto(buffer)
        return count

    def close(self) -> None:
        """Gives the connection back, or up."""
        if self._reader is not None:
            self._reader.close()
        super().close()


class _OneObject:
    """The part of a client that smart_open reads one object with: it asks once, for all of it."""

    def __init__(self, target: S3Object) -> None:
        self._target = target
        self.body: Body

    def get_object(self, **params: Any) -> Any:
        asked = params.get("Range", _WHOLE)
        # Of an object of no bytes S3 has no range; all of it can always be asked for.
        answer = open_body(self._target, None if asked == _WHOLE else asked)
        self.body = answer["Body"]
        return answer


def open_body(target: S3Object, part: str | None = None) -> Any:
    """Returns S3's answer to GetObject, with a body that goes on by itself where it breaks off.

    Args:
        target: The object.
        part: The range of bytes, as HTTP names it; all of them if None.

    Raises:
        StoreError: It was refused, or failed.
    """
    answer = _get(target, **({"Range": part} if part else {}))
    try:
        return {**answer, "Body": Body(target, answer)}
    except Stopped:
        answer["Body"].close()
        raise


class Body:
    """The bytes of an answer to GetObject, which is asked for again at the byte where it breaks off.

    That another object has taken the place of the one that was opened is an error (``If-Match``).
    Each break is followed by a longer wait than the last, and the eighth by an error, unless 64 KiB came between.
    Once nobody waits for the bytes any more, the connection is cut, and reading raises ``Stopped``.

    Attributes:
        size: Bytes of the whole object.
        etag: Its ETag without quotes.
    """

    def __init__(self, target: S3Object, answer: Any) -> None:
        self._target = target
        self._body = answer["Body"]
        self.etag: str = answer["ETag"].strip('"')
        self._at, self._end, self.size = _stretch(answer)
        self._breaks = 0
        self._broke_at = self._at
        self._reading = ExitStack()
        self._reading.enter_context(cancellation().ending(self._cut))

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes, at most ``size``, perhaps fewer; none at the end.

        Raises:
            StoreError: They could not be had.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        wanted = min(size, _PIECE, self._end - self._at)
        while wanted:
            try:
                data: bytes = self._body.read(wanted)
                if data:
                    break
                self._go_on("the answer ended too early")
            except (BotoCoreError, HTTPError, OSError) as error:
                if isinstance(error, StoreError):
                    raise
                self._go_on(error)
        else:
            return b""
        self._at += len(data)
        self._target.traffic.read(len(data))
        return data

    def close(self) -> None:
        """Gives the connection up, or back where all was read."""
        self._reading.close()
        self._body.close()

    def _cut(self) -> None:
        """Ends what another thread reads from the connection, where urllib3 can (2.3); else its timeout does."""
        with suppress(AttributeError, OSError, RuntimeError, ValueError):  # it has ended by itself, or is given back
            self._body._raw_stream.shutdown()  # noqa: SLF001 - botocore hands it out in no other way

    def _go_on(self, reason: BotoCoreError | HTTPError | OSError | str) -> None:
        """Waits, and asks for the rest.

        Raises:
            StoreError: It broke off too often, or the object is another.
            Stopped: Nobody waits for it any more.
        """
        self._body.close()
        cancellation().check()
        if self._at - self._broke_at >= _PIECE:
            self._breaks = 0
        self._breaks += 1
        self._broke_at = self._at
        if self._breaks >= TRIES:
            said = self._told(reason)
            told = f"broke off {self._breaks} times at byte {self._at:,} of {self.size:,}, the last time by: {said}"
            raise StoreError(self._target.uri, f"{told}; run again later") from (
                None if isinstance(reason, str) else reason
            )
        _wait(self._breaks)
        self._target.traffic.resume()
        rest = {"Range": f"bytes={self._at}-{self._end - 1}", "IfMatch": f'"{self.etag}"'}
        try:
            answer = _get(self._target, **rest)
        except StoreError as error:
            if error_code(error) in {"PreconditionFailed", "412"}:
                raise StoreError(self._target.uri, _CHANGED) from error.__cause__
            raise
        self._body = answer["Body"]
        cancellation().check()  # what cuts a connection saw the former one
        if answer["ETag"].strip('"') != self.etag:  # a server that does not heed If-Match
            self._body.close()
            raise StoreError(self._target.uri, _CHANGED)
        if _stretch(answer) != (self._at, self._end, self.size):
            self._body.close()
            raise StoreError(self._target.uri, f"{rest['Range']} was asked for, and other bytes came")

    def _told(self, reason: BotoCoreError | HTTPError | OSError | str) -> str:
        if isinstance(reason, ReadTimeoutError):  # its own words name no endpoint
            config: Any = self._target.client.meta.config
            return f"nothing came for {config.read_timeout:g} seconds (--read-timeout)"
        return reason if isinstance(reason, str) else " ".join(str(reason).split())


def _get(target: S3Object, **named: Any) -> Any:
    """Returns S3's answer to GetObject.

    botocore sends a request again that fails, but not one whose answer is an error that breaks off in its middle.

    Raises:
        StoreError: It was refused, or failed.
    """
    breaks = 0
    while True:
        try:
            asked = partial(target.ask, "get_object", _PERMISSION, **named)
            return cancellation().ask(asked, lambda late: late["Body"].close())
        except HTTPError as error:
            breaks += 1
            if breaks >= TRIES:
                told = f"the answer broke off {breaks} times, the last time by: {' '.join(str(error).split())}"
                raise StoreError(target.uri, told) from error
        _wait(breaks)
        target.traffic.resume()


def _wait(breaks: int) -> None:
    seconds = random.uniform(0.5, 1) * min(_FIRST_WAIT * 2 ** (breaks - 1), _LONGEST_WAIT)  # noqa: S311
    cancellation().wait(seconds)


def _stretch(answer: Any) -> tuple[int, int, int]:
    """Returns the first byte of an answer, the one past its last, and the bytes of the whole object."""
    length: int = answer["ContentLength"]
    stretch = answer.get("ContentRange")  # bytes 5-9/10
    if not stretch:
        return 0, length, length
    first, _, whole = stretch.removeprefix("bytes ").partition("/")
    start = int(first.partition("-")[0])
    return start, start + length, int(whole)
