"""Records of DynamoDB JSON, in every spelling that JSON has, and some that it has not."""

from tests.fuzz.pieces import Pieces

__all__ = ["DynamodbJsonRecords"]

ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "/": "\\/"}
SPACES = (" ", "\t", "\r", "  ")
WRONG_SPACES = ("\v", "\f", "\0", "\u00a0", "/**/", "\ufeff")
STRANGERS = (
    "null",
    "true",
    "1",
    "[]",
    "{}",
    '"x"',
    "NaN",
    "-",
    "01",
    "1.e5",
    '{"S":1}',
    '{"S":"a","N":"1"}',
    '{"X":"a"}',
)


class DynamodbJsonRecords(Pieces):
    """Writes records of DynamoDB JSON."""

    def space(self) -> str:
        """Returns white space, mostly none."""
        if not self.odd(0.3):
            return ""
        return self.random.choice(WRONG_SPACES if self.odd(0.1) else SPACES)

    def string(self, text: str) -> str:
        """Spells a string."""
        return '"' + "".join(map(self.character, text)) + '"'

    def character(self, character: str) -> str:
        """Spells a character of a string."""
        if self.odd(0.1):
            units = character.encode("utf-16-be").hex(" ", 2).split()
            case = str.upper if self.random.random() < 0.5 else str
            return "".join("\\u" + case(unit) for unit in units[: 1 if self.odd(0.1) else 2])
        if character in ESCAPES and (character != "/" or self.odd()):
            return character if self.odd(0.05) else ESCAPES[character]
        if character < " ":
            return character if self.odd(0.1) else f"\\u{ord(character):04x}"
        return character

    def joined(self, brackets: str, parts: list[str]) -> str:
        """Puts parts into brackets, with commas."""
        space = self.space
        comma = self.random.choice((",,", "", ";", ",]")) if self.odd(0.03) else ","
        body = comma.join(f"{space()}{part}{space()}" for part in parts)
        trailing = "," if self.odd(0.02) else ""
        return f"{brackets[0]}{body or space()}{trailing}{brackets[1]}"

    def member(self, name: str, value: str) -> str:
        """Spells a member of an object."""
        return f"{self.string(name)}{self.space()}:{self.space()}{value}"

    def tagged(self, tag: str, value: str) -> str:
        """Puts a value behind its type tag."""
        if self.odd(0.03):
            return self.random.choice(STRANGERS)
        members = [self.member(tag, value)]
        if self.odd(0.02):
            members.append(self.member("N", '"1"'))
        return self.joined("{}", members)

    def number_text(self) -> str:
        """Spells a number."""
        sign, whole, fraction, exponent = self.number()
        if self.odd(0.1):
            return self.random.choice(
                ("", "-", "+1", ".5", "5.", "007", "1_0", "0x1", "NaN", "1e", "\u0661", "1 ", "+.5E-0")
            )
        return (
            sign + whole + fraction + ("" if exponent is None else f"{self.random.choice(('e', 'E', 'e+'))}{exponent}")
        )

    def scalar(self, tag: str) -> str:
        """Spells what an S, N or B holds, also as an element of a set."""
        if self.odd(0.03):
            return self.random.choice(STRANGERS)
        match tag:
            case "S":
                return self.string(self.text())
            case "N":
                return self.string(self.number_text())
            case _:
                return self.string(self.base64())

    def value(self, level: int = 0) -> str:
        """Spells an attribute value."""
        if self.level_ends(level):
            tag = self.random.choice(("S", "S", "S", "N", "N", "B", "BOOL", "NULL"))
            match tag:
                case "BOOL":
                    return self.tagged(tag, self.random.choice(("true", "false")))
                case "NULL":
                    return self.tagged(tag, "false" if self.odd(0.1) else "true")
                case _:
                    return self.tagged(tag, self.scalar(tag))
        match self.random.choice(("M", "L", "SS", "NS", "BS")):
            case "M":
                return self.tagged("M", self.map(level + 1))
            case "L":
                return self.tagged("L", self.joined("[]", [self.value(level + 1) for _ in range(self.count())]))
            case tag:
                elements = [self.scalar(tag[0]) for _ in range(max(self.count(), 0 if self.odd(0.2) else 1))]
                return self.tagged(tag, self.joined("[]", elements))

    def map(self, level: int = 0) -> str:
        """Spells a map or an item."""
        return self.joined("{}", [self.member(self.name(), self.value(level)) for _ in range(self.count())])

    def deep(self) -> str:
        """Spells an item that is nested about as deep as is allowed."""
        levels = self.random.choice((62, 63, 64, 65, 66, 130, 200))
        kinds = self.random.choices((('{"M":{"a":', "}}"), ('{"L":[', "]}")), k=levels)
        return (
            '{"d":'
            + "".join(kind[0] for kind in kinds)
            + '{"S":""}'
            + "".join(kind[1] for kind in reversed(kinds))
            + "}"
        )

    def item(self) -> str:
        """Spells an item or image."""
        if self.odd(0.02):
            return self.random.choice(STRANGERS)
        return self.deep() if self.odd(0.05) else self.map()

    def full(self) -> str:
        """Spells a full export's record."""
        members = self.shuffled([self.member("Item", self.item())])
        if self.odd(0.05):
            members.append(self.member(self.random.choice(("Item", "Keys", "x", "Record")), self.item()))
        return self.joined("{}", members)

    def incremental(self) -> str:
        """Spells an incremental export's record."""
        key = self.joined("{}", [self.member("pk", self.value(9)) for _ in range(0 if self.odd(0.1) else 1)])
        members = [
            self.member("Metadata", self.metadata()),
            self.member("Keys", key if not self.odd(0.1) else self.item()),
        ]
        for name in ("OldImage", "NewImage"):
            if self.random.random() < 0.6:
                image = self.item()
                if self.random.random() < 0.5 and image.startswith("{"):
                    image = key[:-1] + ("," if image != "{}" else "") + image[1:] if key != "{}" else image
                members.append(self.member(name, image))
        if self.odd(0.03):
            members.append(self.member(self.random.choice(("Item", "Keys", "x", "Record", "Metadata")), self.item()))
        return self.joined("{}", self.shuffled(members))

    def metadata(self) -> str:
        """Spells Metadata."""
        micros = str(
            self.random.choice((0, 1, 1768386096366933, 1768386000000000, 2**63 - 1, 2**63, -1))
            if self.odd()
            else 1768386096366933
        )
        if self.odd(0.3):
            micros = self.number_text()
        spelled = self.random.choice(
            (self.string(micros), micros, self.joined("{}", [self.member("N", self.string(micros))]))
        )
        if not self.odd():
            spelled = self.tagged("N", f'"{micros}"')
        members = [self.member("WriteTimestampMicros", spelled)]
        if self.odd(0.2):
            members.append(self.member(self.name(), self.random.choice((*STRANGERS, self.value()))))
        return self.joined("{}", self.shuffled(members))
