"""gzip without compression: for files that live for minutes, where deflating and inflating would only cost time."""

import struct

from isal import isal_zlib

__all__ = ["StoredMember"]

_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # no name, mtime 0, OS ff (RFC 1952)
_BLOCK = 65_535
_LAST = b"\x01\0\0\xff\xff"


class StoredMember:
    """Makes a gzip member of stored blocks (RFC 1951, 3.2.4); used as a compressor of zlib is.

    Example:
        >>> import gzip
        >>> member = StoredMember()
        >>> gzip.decompress(member.compress(b"a" * 70_000) + member.flush()) == b"a" * 70_000
        True
    """

    def __init__(self) -> None:
        self._crc = 0
        self._size = 0

    def compress(self, data: bytes) -> bytes:
        """Returns more of the member."""
        parts: list[bytes | memoryview] = [] if self._size else [_HEADER]
        view = memoryview(data)
        for start in range(0, len(data), _BLOCK):
            block = view[start : start + _BLOCK]
            parts += [struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block]
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        return b"".join(parts) if data else b""

    def flush(self) -> bytes:
        """Returns the end of the member."""
        start = b"" if self._size else _HEADER
        return start + _LAST + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
