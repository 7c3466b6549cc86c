"""gzip whose bytes do not depend on how what is written was cut."""

import gzip
from collections.abc import Sequence
from random import Random

import pytest

from exportkit.sink.deflated import DeflatedMember

BLOCK = 256 * 1024
RANDOM = Random(1)
DATA = b"".join(b'{"Item":{"pk":{"N":"%d"}}}\n' % RANDOM.randrange(10**9) for _ in range(30_000))


def member(data: bytes, cuts: Sequence[int], level: int) -> bytes:
    made = DeflatedMember(level)
    ends = [*cuts, len(data)]
    return b"".join(made.compress(data[start:end]) for start, end in zip([0, *ends], ends, strict=False)) + made.flush()


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 30_000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(DATA)])
def test_it_does_not_matter_how_it_is_cut(level: int, size: int) -> None:
    data = DATA[:size]
    whole = member(data, [], level)
    assert gzip.decompress(whole) == data
    for cuts in (
        [0],
        [min(1, size)],
        [size // 2],
        [size, size],
        range(0, size, 1000),
        range(0, size, BLOCK),
        range(0, size, BLOCK + 1),
    ):
        assert member(data, cuts, level) == whole
