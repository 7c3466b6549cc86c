"""Records of Ion text, in every spelling that Ion has, and some that it has not."""

import re

from tests.fuzz.pieces import Pieces

__all__ = ["IonRecords"]

ESCAPES = {"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\v": "\\v"}
ESCAPES |= {'"': '\\"', "'": "\\'", "?": "\\?", "\\": "\\\\", "/": "\\/"}
SPACES = (" ", "\t", "\r", "\v", "\f", "/**/", "/* }]'\" */", " /*//*/ ")
WRONG_SPACES = ("\0", "\u00a0", "\ufeff", "/*", "//", "/", "\x1f")
KEYWORDS = ("null", "true", "false", "nan")
BARE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
SETS = {"S": "$dynamodb_SS", "N": "$dynamodb_NS", "B": "$dynamodb_BS"}
TYPES = (
    "null",
    "bool",
    "int",
    "float",
    "decimal",
    "timestamp",
    "string",
    "symbol",
    "blob",
    "clob",
    "struct",
    "list",
    "sexp",
    "x",
)
STRANGERS = (
    "a",
    "'a b'",
    "$4",
    "$0",
    "$10",
    "inf",
    "nan",
    "+inf",
    "-inf",
    "()",
    "(a + 1)",
    "(a.b -1 -- null.int)",
    '{{"clob"}}',
)
STRANGERS += (
    "{{'''a''' '''b'''}}",
    "2007-02-28",
    "2007-02-29",
    "2007T",
    "2007-01-01T00:00Z",
    "(1 2 [3] {a:(b)} 'c''d')",
    "(a,b)",
)
STRANGERS += (
    "b::1",
    "$0::1",
    "b::c::[]",
    "$dynamodb_SS::null.list",
    "$dynamodb_NS::{}",
    "$ion_1_0",
    "$ion_1_0::1",
    "$dynamodb_X::[1]",
)
STRANGERS += (
    "(+inf)",
    "(-inf1)",
    "(a//b)",
    "(1/2)",
    "(1 /2)",
    "1/**/",
    "true/**/",
    "null.",
    "null .int",
    "a::",
    "{{aGk=}",
    "(- 1)",
)
NUMBERS = (
    "0x1F",
    "-0X1f",
    "0b101",
    "-0B1_1",
    "0x" + "f" * 32,
    "0x1" + "0" * 128,
    "0xg",
    "1e5",
    "0.1e0",
    "-0e0",
    "1e400",
    "5e-324",
)
NUMBERS += (
    "1.5E-3",
    "123456789012345678e0",
    "1e22",
    "9007199254740993e0",
    "01",
    "1_0",
    "1__0",
    "1_",
    "1._5",
    ".5",
    "+1",
    "1d",
    "1d+",
    "-",
)
NUMBERS += (
    "00",
    "0_1",
    "1d1_0",
    "1a",
    "1d1000000000",
    "0d-1000000000",
    "0d000000000000001",
    "2007-1",
    "1:",
    "0x_1",
    "0b2",
    "1e",
    "--1",
)


class IonRecords(Pieces):
    """Writes records of Ion text."""

    def space(self) -> str:
        """Returns white space or a comment, mostly nothing."""
        if not self.odd(0.3):
            return ""
        return self.random.choice(WRONG_SPACES if self.odd(0.1) else SPACES)

    def characters(self, text: str, quote: str) -> str:
        """Spells what stands between quotes."""
        return "".join(self.character(character, quote) for character in text)

    def character(self, character: str, quote: str) -> str:
        """Spells a character."""
        code = ord(character)
        if self.odd(0.1):
            forms = [f"\\U{code:08X}"]
            if code < 0x100:
                forms.append(f"\\x{code:02x}")
            units = character.encode("utf-16-be").hex(" ", 2).split()
            forms.append("".join(f"\\u{unit}" for unit in units[: 1 if self.odd(0.1) else 2]))
            forms.append(
                self.random.choice(("\\e", "\\x4", "\\u00", "\\U0000D83D", "\\U00110000"))
                if self.odd(0.1)
                else forms[0]
            )
            return self.random.choice(forms)
        if character in ESCAPES and (character not in "?/'\"\t\v\f" or character == quote or self.odd()):
            return character if self.odd(0.05) else ESCAPES[character]
        if character < " " and character not in "\t\v\f":
            return character if self.odd(0.1) else f"\\x{code:02x}"
        return character

    def string(self, text: str) -> str:
        """Spells a string."""
        if not self.odd(0.3):
            return '"' + self.characters(text, '"') + '"'
        cut = self.random.randint(0, len(text))
        parts = (text,) if self.random.random() < 0.4 else (text[:cut], text[cut:])
        return (self.space() or " ").join("'''" + self.characters(part, "'") + "'''" for part in parts)

    def symbol(self, text: str) -> str:
        """Spells a symbol."""
        if BARE.fullmatch(text) and text not in KEYWORDS and not text[1:].isdecimal() and not self.odd(0.3):
            return text
        if self.odd(0.02):
            return text
        return "'" + self.characters(text, "'") + "'"

    def field(self, name: str, value: str) -> str:
        """Spells a field of a struct."""
        spelled = self.string(name) if self.odd(0.2) else self.symbol(name)
        if self.odd(0.05):
            spelled = self.random.choice(("$4", "$7", "$0", "$10", "$11", "$12", "$0010", "null", "1", "(a)"))
        return f"{spelled}{self.space()}:{self.space()}{value}"

    def joined(self, brackets: str, parts: list[str]) -> str:
        """Puts parts into brackets, with commas."""
        space = self.space
        comma = self.random.choice((",,", " ", "", ",]")) if self.odd(0.02) else ","
        body = comma.join(f"{space()}{part}{space()}" for part in parts)
        trailing = "," if self.odd(0.1) else ""
        return f"{brackets[0]}{body or space()}{trailing if parts or self.odd() else ''}{space()}{brackets[1]}"

    def annotated(self, value: str) -> str:
        """Puts an annotation before a value, hardly ever."""
        if not self.odd(0.02):
            return value
        return f"{self.symbol(self.name())}{self.space()}::{self.space()}{value}"

    def number_text(self) -> str:
        """Spells a number."""
        if self.odd(0.3):
            return self.random.choice(NUMBERS)
        sign, whole, fraction, exponent = self.number()
        if self.odd(0.1) and len(whole) > 2:
            whole = f"{whole[:1]}_{whole[1:]}"
        point = fraction or ("." if exponent is None and self.random.random() < 0.9 else "")
        mark = self.random.choice(("d", "D", "d+", "e")) if self.odd() else "d"
        if exponent is None and self.random.random() < 0.2:
            return f"{sign}{whole}d{self.random.randint(0, 99)}"
        return sign + whole + point + ("" if exponent is None else f"{mark}{exponent}".replace("+-", "-"))

    def blob(self) -> str:
        """Spells a blob."""
        text = self.base64()
        if self.odd(0.3):
            text = "".join(character + self.random.choice(("", "", " ", "\t", "\v")) for character in text)
        return "{{" + text + "}}"

    def scalar(self, tag: str) -> str:
        """Spells an S, N or B, also as an element of a set."""
        if self.odd(0.03):
            return self.random.choice(STRANGERS)
        match tag:
            case "S":
                return self.string(self.text())
            case "N":
                return self.number_text()
            case _:
                return self.blob()

    def value(self, level: int = 0) -> str:
        """Spells an attribute value."""
        return self.annotated(self.plain_value(level))

    def plain_value(self, level: int) -> str:
        """Spells an attribute value without annotations but that of a set."""
        if self.level_ends(level):
            match self.random.choice(("S", "S", "S", "N", "N", "B", "BOOL", "NULL")):
                case "BOOL":
                    return self.random.choice(("true", "false"))
                case "NULL":
                    return f"null.{self.random.choice(TYPES)}" if self.odd(0.3) else "null"
                case tag:
                    return self.scalar(tag)
        match self.random.choice(("M", "L", "S", "N", "B")):
            case "M":
                return self.struct(level + 1)
            case "L":
                return self.joined("[]", [self.value(level + 1) for _ in range(self.count())])
            case tag:
                elements = [
                    self.annotated(self.scalar(tag)) for _ in range(max(self.count(), 0 if self.odd(0.2) else 1))
                ]
                annotation = self.symbol(SETS[tag])
                return f"{annotation}{self.space()}::{self.space()}{self.joined('[]', elements)}"

    def struct(self, level: int = 0) -> str:
        """Spells a map or an item."""
        return self.joined("{}", [self.field(self.name(), self.value(level)) for _ in range(self.count())])

    def deep(self) -> str:
        """Spells an item that is nested about as deep as is allowed."""
        levels = self.random.choice((62, 63, 64, 65, 66, 129, 130, 131, 132, 200))
        kinds = self.random.choices(
            (("{a:", "}"), ("[", "]"), ("(", ")")), weights=(9, 9, self.random.choice((0, 1))), k=levels
        )
        return "{d:" + "".join(kind[0] for kind in kinds) + '""' + "".join(kind[1] for kind in reversed(kinds)) + "}"

    def item(self) -> str:
        """Spells an item or image."""
        if self.odd(0.02):
            return self.random.choice((*STRANGERS, "null.struct", "{{}}", "[]"))
        return self.annotated(self.deep() if self.odd(0.05) else self.struct())

    def line(self, value: str) -> str:
        """Puts version markers and symbol tables before and after a record's value."""
        before = self.random.choice((" $ion_1_0 ", "$ion_1_0 "))
        if self.odd(0.5):
            before = " ".join(self.system() for _ in range(self.random.randint(0, 3)))
        after = self.system() if self.odd(0.05) else ""
        return f"{before}{self.space()}{self.annotated(value)}{self.space()}{after}"

    def system(self) -> str:
        """Spells a version marker or a symbol table."""
        if self.random.random() < 0.4:
            return self.random.choice(("$ion_1_0", "$ion_1_0", "$ion_1_0", "$ion_1_1", "'$ion_1_0'", "$2", "$ion_01_0"))
        symbols = [
            self.random.choice((self.string(self.name()), self.string("Item"), "null", "1", 'a::"x"'))
            for _ in range(self.count())
        ]
        members = [self.field("symbols", self.joined("[]", symbols))]
        if self.odd():
            imports = self.random.choice(
                ("$ion_symbol_table", "$3", "[]", "null", "1", '[{name:"a",version:1,max_id:2}]')
            )
            members.append(self.field("imports", imports))
        if self.odd(0.3):
            members.append(self.field(self.name(), self.value()))
        annotation = self.random.choice(("$ion_symbol_table", "$ion_symbol_table", "$3", "'$ion_symbol_table'", "x"))
        return f"{annotation}::{self.joined('{}', self.shuffled(members))}"

    def full(self) -> str:
        """Spells a full export's record."""
        fields = self.shuffled([self.field("Item", self.item())])
        if self.odd(0.05):
            fields.append(self.field(self.random.choice(("Item", "Keys", "x", "Record")), self.item()))
        return self.line(self.joined("{}", fields))

    def incremental(self) -> str:
        """Spells an incremental export's record."""
        key = self.joined("{}", [self.field("pk", self.value(9)) for _ in range(0 if self.odd(0.1) else 1)])
        members = [
            self.field("Keys", key if not self.odd(0.1) else self.item()),
            self.field("Metadata", self.metadata()),
        ]
        for name in ("OldImage", "NewImage"):
            if self.random.random() < 0.6:
                image = self.item()
                if self.random.random() < 0.5 and image.startswith("{") and key.endswith("}") and len(key) > 4:
                    image = key[:-1].rstrip(", ") + ("," if len(image) > 2 else "") + image[1:]
                members.append(self.field(name, image))
        if self.odd(0.03):
            members.append(self.field(self.random.choice(("Item", "Keys", "x", "Record", "Metadata")), self.item()))
        record = self.joined("{}", self.shuffled(members))
        if self.random.random() < 0.8:
            fields = [self.field("Record", self.annotated(record))]
            if self.odd(0.05):
                fields.append(self.field(self.random.choice(("Record", "Keys", "x", "Item")), self.item()))
            record = self.joined("{}", fields)
        return self.line(record)

    def metadata(self) -> str:
        """Spells Metadata."""
        spelled = "1768386096366933."
        if self.odd(0.5):
            spelled = self.random.choice(
                ("0", "1768386096366933", "176838609636693d1", "9223372036854775807.", "9223372036854775808.", "-1.")
            )
        if self.odd(0.3):
            spelled = self.random.choice(
                (self.number_text(), self.string(self.number_text()), '"1.0"', "1e0", "null", *STRANGERS)
            )
        members = [self.field("WriteTimestampMicros", self.annotated(spelled))]
        if self.odd(0.2):
            members.append(self.field(self.name(), self.random.choice((*STRANGERS, self.value()))))
        return self.annotated(self.joined("{}", self.shuffled(members)))
