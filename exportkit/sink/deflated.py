"""gzip by igzip whose bytes follow from what is written alone, however that is cut."""

from isal import isal_zlib

__all__ = ["DeflatedMember"]

_GZIP = 31  # no name, mtime 0, OS ff; of nothing it is the 20 bytes AWS writes
_BLOCK = 256 * 1024


class DeflatedMember:
    """Makes a gzip member; used as a compressor of zlib is.

    What igzip makes of the same bytes depends on how they were cut. It is given them in blocks of one size.

    Args:
        level: Deflate level of igzip, 0 to 3.

    Example:
        >>> import gzip
        >>> member = DeflatedMember(1)
        >>> gzip.decompress(member.compress(b"a" * 300_000) + member.flush()) == b"a" * 300_000
        True
    """

    def __init__(self, level: int) -> None:
        self._member = isal_zlib.compressobj(level, isal_zlib.DEFLATED, _GZIP)
        self._rest = bytearray()

    def compress(self, data: bytes) -> bytes:
        """Returns more of the member."""
        view, made, at = memoryview(data), [], 0
        if self._rest:
            at = _BLOCK - len(self._rest)
            self._rest += view[:at]
            if len(self._rest) < _BLOCK:
                return b""
            made.append(self._member.compress(self._rest))
            self._rest.clear()
        while len(data) - at >= _BLOCK:
            made.append(self._member.compress(view[at : at + _BLOCK]))
            at += _BLOCK
        self._rest += view[at:]
        return b"".join(made)

    def flush(self) -> bytes:
        """Returns the end of the member."""
        made = self._member.compress(self._rest) if self._rest else b""
        return made + self._member.flush()
