"""Hypothesis strategies for items, changes and files of records, heavy on the edges of the format.

Reused by every test that wants random exports: values are those of ``exportkit.model.values``.
"""

from decimal import Decimal

from hypothesis import strategies as st

from exportkit.model.values import AttributeValue, ChangeRecord, Item

__all__ = [
    "attribute_names",
    "attribute_values",
    "binaries",
    "changes",
    "edited",
    "items",
    "keys",
    "numbers",
    "spelled_numbers",
    "strings",
    "write_timestamps",
]

DIGITS = "0123456789"

EDGE_STRINGS = (
    "",
    " ",
    "\0",
    "\x7f",
    "\t\n\r\v\f\a\b",
    "\"'\\/?",
    "'''",
    "\\u0041",
    "\u2028\u2029\u0085",
    "\ufeff",
    "\uffff",
    "é",
    "e\u0301",
    "😀\U0010ffff",
    "\ud7ff\ue000",
    "{[(}])",
    "//",
    "/*",
    "$ion_1_0",
    "null",
    "true",
    "nan",
    "$5",
    "S",
    "Item",
)
EDGE_NUMBERS = tuple(
    Decimal(text)
    for text in (
        "0",
        "1",
        "-1",
        "0.1",
        "61600",
        "1E+37",
        "1E+38",
        "1E-7",
        "1E-8",
        "1E+100",
        "1E+125",
        "1E-130",
        "-9.9999999999999999999999999999999999999E+125",
        "9.9999999999999999999999999999999999999E-130",
        "12345678901234567890123456789012345678",
        "0.12345678901234567890123456789012345678",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-99999999999999999999999999999999999999",
    )
)

characters = st.characters(exclude_categories=["Cs"])
strings = st.sampled_from(EDGE_STRINGS) | st.text(characters, max_size=12)
binaries = st.sampled_from([b"", b"\0", b"\xff\xfe", b"aGk="]) | st.binary(max_size=12)


def _number(negative: bool, digits: str, adjusted: int) -> Decimal:
    return Decimal((int(negative), tuple(map(int, digits)), adjusted - len(digits) + 1))


any_numbers = st.builds(
    _number,
    st.booleans(),
    st.from_regex(r"[1-9][0-9]{0,37}", fullmatch=True),
    st.integers(-130, 125) | st.integers(-10, 40),
)
numbers = st.sampled_from(EDGE_NUMBERS) | any_numbers | st.integers(-1000, 1000).map(Decimal)

attribute_names = st.sampled_from(("a", "b", "c", "pk", "Name", "name")) | strings

scalars = st.one_of(strings, numbers, binaries, st.booleans(), st.none())
sets = st.one_of(
    st.sets(strings, min_size=1, max_size=4),
    st.sets(numbers, min_size=1, max_size=4),
    st.sets(binaries, min_size=1, max_size=4),
)


def _containers(inner: st.SearchStrategy[AttributeValue]) -> st.SearchStrategy[AttributeValue]:
    return st.lists(inner, max_size=4) | st.dictionaries(attribute_names, inner, max_size=4)


def _buried(value: AttributeValue, levels: list[bool]) -> AttributeValue:
    for is_list in levels:
        value = [value] if is_list else {"k": value}
    return value


shallow_values: st.SearchStrategy[AttributeValue] = st.recursive(scalars | sets, _containers, max_leaves=8)
deep_values = st.builds(_buried, scalars | sets, st.lists(st.booleans(), min_size=30, max_size=64))
attribute_values = st.one_of(*[shallow_values] * 9, deep_values)

items: st.SearchStrategy[Item] = st.dictionaries(attribute_names, attribute_values, max_size=6)

key_values = st.one_of(strings.filter(bool), numbers, binaries.filter(bool))
keys: st.SearchStrategy[Item] = st.dictionaries(
    st.sampled_from(("pk", "sk")) | attribute_names, key_values, min_size=1, max_size=2
)
write_timestamps = st.sampled_from((0, 1, 1684374845117899, 1684374845117900, 2**63 - 1)) | st.integers(0, 2**63 - 1)


@st.composite
def changes(draw: st.DrawFn) -> ChangeRecord:
    """Net changes of one key; each image there is holds the key."""
    key = draw(keys)
    new, old = (draw(st.none() | items.map(lambda item: {**item, **key})) for _ in range(2))
    return ChangeRecord(keys=key, write_timestamp=draw(write_timestamps), new_image=new, old_image=old)


@st.composite
def spelled_numbers(draw: st.DrawFn) -> str:
    """Spellings of numbers as DynamoDB JSON may have them, sound and not quite."""
    sign = draw(st.sampled_from(("", "-", "+")))
    whole = draw(st.text(DIGITS, max_size=45) | st.sampled_from(("1" + "0" * 100, "0" * 50 + "7")))
    fraction = draw(st.just("") | st.text(DIGITS, max_size=45).map(lambda digits: f".{digits}"))
    exponent = draw(
        st.just("")
        | st.builds(
            lambda mark, value: f"{mark}{value}",
            st.sampled_from("eE"),
            st.sampled_from(("+2", "-0", "007", "", "999999999", "-999999999", "9" * 30))
            | st.integers(-200, 200).map(str),
        )
    )
    return f"{sign}{whole}{fraction}{exponent}"


FRAGMENTS = (
    *(bytes([byte]) for byte in b"{}[]():,\"'\\/ \t\r\n\0\x7f\xff-"),
    *b"\"\" '' ''' {{ }} :: // /* */ \\u \\ud83d \\ude00 \\x4 \\U0001F600".split(),
    *b"null null.int true false nan +inf 0x1F 0b1 1_0 1e5 1d5 1.5 999999999 2020-01-01T".split(),
    *b"$10 $0 x:: $dynamodb_SS:: $dynamodb_NS:: Item Record Keys WriteTimestampMicros".split(),
    *b'{"S":"a"} {"N":"1"} {"NULL":true} {"L":[ {"M":{ "Item" "Keys":{}'.split(),
    *(b"$ion_1_0 ", b"$ion_1_1 ", b'$ion_symbol_table::{symbols:["a"]}'),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80"),
)


@st.composite
def edited(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes after a few small edits: pieces of grammar put in, bytes dropped, doubled or changed."""
    result = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(result)))
        match draw(st.sampled_from(("insert", "insert", "drop", "double", "byte"))):
            case "insert":
                result[at:at] = draw(st.sampled_from(FRAGMENTS))
            case "drop":
                del result[at : at + draw(st.integers(1, 6))]
            case "double":
                end = at + draw(st.integers(1, 30))
                result[end:end] = result[at:end]
            case "byte":
                result[at : at + 1] = bytes([draw(st.integers(0, 255))])
    return bytes(result)
