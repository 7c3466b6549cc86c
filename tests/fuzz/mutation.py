"""Records with a few bytes changed, and files with odd lines between them."""

from random import Random

__all__ = ["file_of", "mutated"]

TOKENS = (
    b'"',
    b"'",
    b"'''",
    b"\\",
    b"{",
    b"}",
    b"{{",
    b"}}",
    b"[",
    b"]",
    b"(",
    b")",
    b",",
    b":",
    b"::",
    b"/",
    b"//",
    b"/*",
    b"*/",
)
TOKENS += (
    b" ",
    b"\t",
    b"\r",
    b"\v",
    b"\f",
    b"\0",
    b"\x1f",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
)
TOKENS += (
    b"\xef\xbb\xbf",
    "é".encode(),
    "😀".encode(),
    b"null",
    b"true",
    b"nan",
    b"+inf",
    b".",
    b"-",
    b"+",
    b"_",
    b"0",
    b"1",
    b"9" * 40,
)
TOKENS += (
    b"d5",
    b"e5",
    b"E",
    b"\\u0041",
    b"\\ud83d",
    b"\\ude00",
    b"\\x41",
    b"\\U0001F600",
    b"$ion_1_0 ",
    b"$dynamodb_SS::",
    b"$10",
    b"$4",
)
TOKENS += (
    b'{"S":"a"}',
    b'"N":',
    b"Item",
    b"Keys",
    b"Record",
    b"WriteTimestampMicros",
    b"[" * 140,
    b"{" * 140,
    b"(" * 140,
    b"a" * 40,
)
SEPARATORS = (b"\r\n", b"\n\n", b"\n \t\r\n", b"\n\xef\xbb\xbf", b"\n\xff\n", b"\n\0\n")


def mutated(random: Random, record: bytes, other: bytes) -> bytes:
    """Returns the record with one change or a few; pieces of the other one may come into it."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        start = random.randint(0, len(record))
        end = min(len(record), start + random.choice((0, 1, 1, 2, 5, 20, 100)))
        match random.randrange(7):
            case 0 if start < len(record):
                record = record[:start] + bytes([record[start] ^ 1 << random.randrange(8)]) + record[start + 1 :]
            case 1:
                record = record[:start] + random.choice(TOKENS) + record[start:]
            case 2:
                record = record[:start] + random.choice(TOKENS) + record[end:]
            case 3:
                record = record[:start] + record[end:]
            case 4:
                record = record[:end] + record[start:]
            case 5:
                cut = random.randint(0, len(other))
                record = record[:start] + other[cut : cut + random.choice((1, 3, 10, 50))] + record[end:]
            case _:
                record = record[:start]
    return record.replace(b"\n", b" ")


def file_of(random: Random, records: list[bytes]) -> bytes:
    """Returns a file of the records, mostly one a line and nothing else."""
    separators = [random.choice(SEPARATORS) if random.random() < 0.01 else b"\n" for _ in records]
    data = b"".join(part for pair in zip(records, separators, strict=True) for part in pair)
    return data[:-1] if random.random() < 0.2 else data
