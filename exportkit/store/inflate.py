"""One gzip object, inflated and hashed in one pass."""

import base64
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self, cast

from isal import igzip, isal_zlib

from exportkit.errors import GzipError

__all__ = ["CHUNK_SIZE", "DataStream"]

_GzipFile: Any = igzip.IGzipFile  # not typed
_FAULTS = (EOFError, gzip.BadGzipFile, zlib.error, cast("type[BaseException]", isal_zlib.error))
_MAGIC = b"\x1f\x8b"
_SAID = {
    "gzipped file": "bytes that are no gzip lie behind the end of its gzip data",
    "CRC": "the CRC of its content is wrong",
    "length of data": "the length of its content is wrong",
    "header": "a gzip header in it is malformed",
    "method": "a gzip header in it is malformed",
}
"""What the inflater says of a file that begins as a gzip, and what it means."""
_NUMBER = re.compile(r"Error -?\d+ ")

CHUNK_SIZE = 256 * 1024  # as fast as larger ones, and it stays in L2 until the engine has read it


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readinto(self, buffer: bytearray | memoryview, /) -> int: ...
    def close(self) -> None: ...


class DataStream:
    """The decompressed bytes of a gzip object, chunk by chunk, and the MD5 of the compressed ones.

    Several members are one stream; an empty member is fine. Zero bytes after the last
    member are padding, as gzip has it; anything else there is an error, and so is an
    object of no bytes. Memory does not depend on the object: a chunk and the inflater's
    buffers.

    Example:
        >>> stream = DataStream(io.BytesIO(gzip.compress(b"{}")), "x.json.gz")
        >>> b"".join(stream), stream.compressed_bytes
        (b'{}', 22)
    """

    def __init__(self, source: _Source, uri: str, chunk_size: int = CHUNK_SIZE, *, hashed: bool = True) -> None:
        """Takes the object's bytes; closing the stream closes ``source``.

        Args:
            source: The compressed bytes.
            uri: The object's name, for errors.
            chunk_size: Bytes a chunk has at most.
            hashed: Whether anybody will ask for the MD5.
        """
        self._raw = _Hashing(source, hashed=hashed)
        self._uri = uri
        self._chunk_size = chunk_size
        self._bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        """Yields the decompressed chunks, none of them empty.

        Raises:
            GzipError: The object is corrupt, cut, or followed by what is no gzip; what
                could be inflated before has been yielded.
            StoreError: The object cannot be read.
        """
        reader = _GzipFile(fileobj=self._raw, mode="rb")
        try:
            while chunk := reader.read(self._chunk_size):
                self._bytes += len(chunk)
                yield chunk
            if not self._raw.count:
                raise EOFError
        except _FAULTS as error:
            where = f"within the first {self._raw.count:,} compressed bytes"
            raise GzipError(self._uri, f"{self._fault(error)} ({where})") from error

    def _fault(self, error: BaseException) -> str:
        """Returns what is wrong, in words: those of the inflater are for programmers."""
        said = str(error)
        if not self._raw.count:
            return "an object of 0 bytes is no gzip"
        if not _MAGIC.startswith(self._raw.start):
            return "it is no gzip: it begins with other bytes"
        if isinstance(error, EOFError) or self._raw.start != _MAGIC:
            # Where the inflater wants a whole header, it does not say whether one was begun.
            return "it ends before its gzip data do, or a few bytes that are no gzip lie behind them"
        for words, told in _SAID.items():
            if words in said:
                return told
        return f"its compressed data are damaged: {_NUMBER.sub('', said.rpartition(': ')[2])}"

    def drain(self) -> None:
        """Hashes the rest of the object without inflating it.

        Raises:
            StoreError: The object cannot be read.
        """
        buffer = bytearray(self._chunk_size)
        while self._raw.readinto(buffer):
            pass

    @property
    def md5(self) -> str:
        """Base64 of the MD5 of the compressed bytes read so far: after the end, the object's.

        Only of a stream that is ``hashed``.
        """
        return base64.b64encode(self._raw.md5.digest()).decode()

    @property
    def compressed_bytes(self) -> int:
        """Compressed bytes read so far."""
        return self._raw.count

    @property
    def bytes(self) -> int:
        """Decompressed bytes yielded so far."""
        return self._bytes

    def close(self) -> None:
        """Closes the object."""
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Hashing(io.RawIOBase):
    """Hands bytes on from a source, hashing and counting them."""

    def __init__(self, source: _Source, *, hashed: bool) -> None:
        self._source = source
        self._hashed = hashed
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.count = 0
        self.start = b""  # the first two bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # any writable buffer
        count = self._source.readinto(buffer)
        if self._hashed:
            self.md5.update(memoryview(buffer)[:count])
        if self.count < len(_MAGIC):
            self.start += bytes(memoryview(buffer)[: min(count, len(_MAGIC) - self.count)])
        self.count += count
        return count

    def close(self) -> None:
        self._source.close()
        super().close()
