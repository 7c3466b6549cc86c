"""gzip members that are not compressed."""

import gzip
import io

import pytest

from exportkit.sink.stored import StoredMember
from exportkit.store import DataStream


@pytest.mark.parametrize("pieces", [[], [b""], [b"a"], [b"", b"a", b"", b"b"], [b"x" * 65_535], [b"y" * 65_536, b"z"]])
def test_everybody_inflates_them(pieces: list[bytes]) -> None:
    member = StoredMember()
    data = b"".join(map(member.compress, pieces)) + member.flush()
    assert gzip.decompress(data) == b"".join(pieces)
    assert b"".join(DataStream(io.BytesIO(data), "x", hashed=False)) == b"".join(pieces)
