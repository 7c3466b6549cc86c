"""Inflating while hashing: every fault is told, and memory is bounded."""

import base64
import gzip
import hashlib
import io
import random
import re
import tracemalloc
from collections.abc import Callable

import pytest

from exportkit.errors import GzipError, StoreError
from exportkit.store import DataStream, inflate

# AWS's empty data file, byte for byte.
EMPTY = bytes.fromhex("1f8b08000000000000ff03000000000000000000")
EMPTY_MD5 = "FjvgqIxwymKf1RbbqtrZag=="


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def stream(data: bytes, chunk_size: int = inflate.CHUNK_SIZE) -> DataStream:
    return DataStream(io.BytesIO(data), "s3://b/x.json.gz", chunk_size)


def gz(data: bytes, level: int = 6) -> bytes:
    return gzip.compress(data, level, mtime=0)


def lines(count: int) -> bytes:
    rng = random.Random(7)
    return b"".join(b'{"Item":{"id":{"S":"%016x"}}}\n' % rng.getrandbits(64) for _ in range(count))


@pytest.mark.parametrize("chunk_size", [1, 3, 100, 1 << 20])
def test_bytes_md5_and_counts(chunk_size: int) -> None:
    data = lines(50)
    opened = stream(gz(data), chunk_size)
    chunks = list(opened)
    assert b"".join(chunks) == data
    assert all(0 < len(chunk) <= chunk_size for chunk in chunks)
    assert opened.md5 == md5(gz(data))
    assert (opened.compressed_bytes, opened.bytes) == (len(gz(data)), len(data))


def test_the_empty_file_that_aws_writes() -> None:
    opened = stream(EMPTY)
    assert list(opened) == []
    assert (opened.md5, opened.compressed_bytes, opened.bytes) == (EMPTY_MD5, 20, 0)


def test_a_file_of_several_buffers() -> None:
    data = lines(60_000)
    opened = stream(gz(data, 1))
    assert b"".join(opened) == data
    assert opened.md5 == md5(gz(data, 1))


@pytest.mark.parametrize("parts", [(b"a\n", b"b\n"), (b"", b"x\n"), (b"x\n", b""), (b"", b"", b""), (b"a\n",) * 300])
def test_several_members_are_one_stream(parts: tuple[bytes, ...]) -> None:
    data = b"".join(gz(part) for part in parts)
    opened = stream(data)
    assert b"".join(opened) == b"".join(parts)
    assert opened.md5 == md5(data)


def test_a_member_may_be_larger_than_every_buffer_and_another_follow() -> None:
    first, second = random.Random(1).randbytes(3_000_000), b"the end\n"
    assert b"".join(stream(gz(first, 1) + gz(second))) == first + second


@pytest.mark.parametrize("padding", [1, 7, 512, 100_000])
def test_zeros_at_the_end_are_padding(padding: int) -> None:
    data = gz(b"x\n") + bytes(padding)
    opened = stream(data)
    assert b"".join(opened) == b"x\n"
    assert opened.md5 == md5(data)


@pytest.mark.parametrize(
    "garbage", [b"x", b"\n", b"\x1f", b"\x1f\x8b", b"\0\0x", b"PK\x03\x04" * 100, b"\x1f\x8b\x07" * 9]
)
def test_anything_else_at_the_end_is_an_error(garbage: bytes) -> None:
    opened = stream(gz(b"x\n") + garbage)
    with pytest.raises(GzipError) as caught:
        list(opened)
    assert caught.value.uri == "s3://b/x.json.gz"
    opened.drain()
    assert opened.md5 == md5(gz(b"x\n") + garbage)


@pytest.mark.parametrize("data", [b"", b"\0", b"\x1f", b"{}\n", b"\x1f\x8b\x08", bytes(1000), b"BZh91AY&SY"])
def test_what_is_no_gzip(data: bytes) -> None:
    with pytest.raises(GzipError):
        list(stream(data))


@pytest.mark.parametrize(
    "build", [lambda: gz(lines(20)), lambda: gz(lines(20), 0), lambda: EMPTY], ids=["6", "0", "empty"]
)
def test_a_cut_anywhere_is_told_and_the_md5_is_that_of_what_is_there(build: Callable[[], bytes]) -> None:
    data = build()
    for length in range(len(data)):
        opened = stream(data[:length])
        with pytest.raises(GzipError):
            list(opened)
        opened.drain()
        assert opened.md5 == md5(data[:length])
        assert opened.compressed_bytes == length


def test_a_cut_of_the_second_member_is_told_but_not_one_between_members() -> None:
    first, second = gz(b"a\n"), gz(b"b\n")
    assert b"".join(stream(first)) == b"a\n"  # nothing in gzip says that more was to come: the MD5 does
    for length in range(1, len(second)):
        with pytest.raises(GzipError):
            list(stream(first + second[:length]))


@pytest.mark.parametrize("level", [0, 6])
def test_a_flipped_bit_anywhere_is_told_or_harmless(level: int) -> None:
    """CRC and length of every member are checked; what is left are bits without meaning here."""
    first, second = lines(6), lines(9)
    data = gz(first, level) + gz(second, level)
    unnoticed = []
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            got = b"".join(stream(bytes(flipped)))
        except GzipError:
            continue
        assert got == first + second, f"bit {bit} changed the data unnoticed"
        unnoticed.append(bit)
    # Of each member: one flag (text), mtime, extra flags, system; fill bits of a stored block.
    assert len(unnoticed) <= 2 * (8 * 7 + 5)


def test_a_wrong_length_with_a_right_checksum_is_told() -> None:
    data = bytearray(gz(b"hello\n"))
    data[-4] ^= 1
    with pytest.raises(GzipError):
        list(stream(bytes(data)))


def test_the_error_says_where_and_what_came_before_is_handed_on() -> None:
    data = lines(40_000)
    broken = bytearray(gz(data))
    middle = len(broken) * 3 // 4
    broken[middle : middle + 64] = bytes(64)
    opened = stream(bytes(broken), 4096)
    got = []
    with pytest.raises(GzipError, match=r"compressed bytes") as caught:
        got.extend(opened)
    assert len(b"".join(got)) > len(data) // 8
    assert data.startswith(b"".join(got)[: len(data) // 8])
    assert str(caught.value).startswith("s3://b/x.json.gz: ")
    opened.drain()
    assert opened.md5 == md5(bytes(broken))


DATA = gz(lines(50))
CUT = "it ends before its gzip data do"
BEHIND = "bytes that are no gzip lie behind the"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an object of 0 bytes is no gzip"),
        (b"{}\n", "it is no gzip: it begins with other bytes"),
        (b"BZh91AY&SY" * 9, "it is no gzip: it begins with other bytes"),
        (b"\x1f", CUT),
        (DATA[:3], CUT),
        (DATA[:300], CUT),
        (DATA[:-4], CUT),
        (DATA + DATA[:300], CUT),
        (DATA + b"junk", f"({CUT}, or a few )?{BEHIND}"),
        (DATA + b"junk" * 10, f"{BEHIND} end of its gzip data"),
        (DATA + b"junk" * 100_000, f"{BEHIND} end of its gzip data"),
        (DATA + b"\x1f\x8b\x07" * 9, "a gzip header in it is malformed"),
        (DATA[:-8] + b"abcd" + DATA[-4:], "the CRC of its content is wrong"),
        (DATA[:-4] + b"abcd", "the length of its content is wrong"),
        (DATA[:10] + b"\xff" * 50, "its compressed data are damaged: [Ii]nvalid [a-z ]+"),
    ],
)
def test_what_is_wrong_is_told_in_words_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(GzipError) as caught:
        list(stream(data))
    read = r"\(within the first [0-9,]+ compressed bytes\)"
    advice = "copy the file again; if it is so at its source too, export anew"
    assert re.fullmatch(f"{said}.* {read}", caught.value.message), caught.value.message
    assert str(caught.value) == f"{caught.value.uri}: {caught.value.message}; {advice}"


def test_an_error_of_storage_stays_one() -> None:
    class Breaking(io.BytesIO):
        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
            if self.tell() > 1000:
                raise StoreError("s3://b/x.json.gz", "the connection broke")
            return super().readinto(memoryview(buffer)[:600])

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 1000:
                raise StoreError("s3://b/x.json.gz", "the connection broke")
            return super().read(min(size or 0, 600))

    with pytest.raises(StoreError, match="the connection broke"):
        list(DataStream(Breaking(gz(lines(1000))), "s3://b/x.json.gz"))


def test_a_source_that_gives_a_byte_at_a_time() -> None:
    class Dripping(io.BytesIO):
        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
            return super().readinto(memoryview(buffer)[:1])

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1))

    data = gz(lines(30)) + gz(b"") + bytes(5)
    opened = DataStream(Dripping(data), "x")
    assert b"".join(opened) == lines(30)
    assert opened.md5 == md5(data)


def test_a_bomb_takes_no_memory() -> None:
    bomb = gz(bytes(64 << 20), 9)
    tracemalloc.start()
    try:
        count = sum(len(chunk) for chunk in stream(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 64 << 20
    assert peak < 4 << 20


def test_a_bomb_of_empty_members_takes_no_memory_and_no_stack() -> None:
    members = 30_000
    opened = stream(EMPTY * members)
    assert list(opened) == []
    assert opened.compressed_bytes == 20 * members


def test_closing_closes_the_source_and_not_earlier() -> None:
    source = io.BytesIO(gz(b"x\n"))
    with DataStream(source, "x") as opened:
        assert list(opened) == [b"x\n"]
        assert not source.closed
    assert source.closed
