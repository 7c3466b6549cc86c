"""What records of both formats are made of: names, texts, numbers, and the chance of something odd.

Everything comes from one seeded ``random.Random``: the same seed, the same bytes, on every machine.
"""

import base64
from random import Random

__all__ = ["Pieces"]

PLAIN_NAMES = ("a", "b", "c", "pk", "sk", "Name", "name", "price", "tags", "x_1", "createdAt", "Z9")
NAMES = (*PLAIN_NAMES, "a b", "a-b", "a.b", "it's", "", "null", "true", "nan", "$5", "$ion_1_0", "é", "😀")
NAMES += (
    "S",
    "N",
    "M",
    "L",
    "Item",
    "Keys",
    "Record",
    "a/b~c",
    "x" * 31,
    "x" * 32,
    "x" * 63,
    "x" * 70,
    '"',
    "\\",
    "\n",
    "\0",
)
TEXTS = (
    "",
    "a",
    "Id:1",
    "2024-01-01T00:00:00Z",
    "x" * 31,
    "y" * 32,
    "z" * 33,
    "w" * 100,
    "é",
    "\u2028",
    "😀",
    "\ufeff",
    "\x7f",
)
TEXTS += (
    '"',
    "\\",
    "'",
    "'''",
    "{[(",
    "}])",
    "//",
    "/*",
    "*/",
    "{{",
    "}}",
    "\t",
    "\v",
    "\n",
    "\r",
    "\0",
    "\x1f",
    "$dynamodb_SS::",
)
DIGITS = "0123456789"


class Pieces:
    """Draws the small parts of records.

    Attributes:
        random: Where all choices come from.
        oddness: The chance that a part is spelled in an unusual way, or wrongly.
    """

    def __init__(self, random: Random, oddness: float) -> None:
        self.random = random
        self.oddness = oddness

    def odd(self, share: float = 1.0) -> bool:
        """Tells whether something unusual is to stand here."""
        return self.random.random() < self.oddness * share

    def name(self) -> str:
        """Returns the name of an attribute, often one seen before."""
        if self.odd(0.3):
            return self.text()
        return self.random.choice(NAMES if self.odd() else PLAIN_NAMES)

    def text(self) -> str:
        """Returns the contents of a string."""
        draw = self.random.random()
        if draw < 0.6:
            return self.random.choice(TEXTS)
        if draw < 0.9:
            return "".join(self.random.choices(TEXTS, k=2))
        return "".join(
            chr(self.random.choice((self.random.randrange(0x20, 0x7F), 0xD7FF, 0xE000, 0x10FFFF))) for _ in range(5)
        )

    def digits(self, most: int) -> str:
        """Returns some digits, the first of them not 0."""
        draw = self.random.random()
        count = 1 if draw < 0.4 else self.random.randint(1, most)
        tail = "".join(self.random.choices(DIGITS, k=count - 1)) if draw < 0.8 else "0" * (count - 1)
        return self.random.choice("123456789") + tail

    def number(self) -> tuple[str, str, str, int | None]:
        """Returns a number's sign, whole digits, fraction (empty: no point), and exponent, mostly within range."""
        most = 60 if self.odd(0.2) else 20
        sign = "-" if self.random.random() < 0.2 else ""
        whole = "0" if self.random.random() < 0.2 else self.digits(most)
        fraction = "." + self.digits(most) if self.random.random() < 0.3 else ""
        exponent = None
        if self.odd():
            edge = self.random.choice((-400, -131, -130, -100, -10, 0, 1, 88, 90, 100, 125, 126, 400, 10**9, -(10**12)))
            exponent = edge if self.random.random() < 0.7 else self.random.randint(-160, 160)
        return sign, whole, fraction, exponent

    def base64(self) -> str:
        """Returns base64, now and then with unused bits set, or none at all."""
        text = base64.b64encode(self.random.randbytes(self.random.choice((0, 1, 2, 3, 4, 24, 25, 26, 60)))).decode()
        if self.odd(0.3):
            place = self.random.randint(0, len(text))
            return text[:place] + self.random.choice(("=", "-", "A", " ", "\\", "é")) + text[place:]
        if self.odd(0.5) and text.endswith("="):
            return text.rstrip("=")[:-1] + self.random.choice("ABCDZ/") + "=" * text.count("=")
        return text

    def level_ends(self, level: int) -> bool:
        """Tells whether a value at this level is to be a scalar."""
        return self.random.random() < (0.55 if level < 3 else 0.9)

    def count(self) -> int:
        """Returns how many attributes or elements a container has."""
        return self.random.choice((0, 1, 1, 2, 2, 3, 5, 10))

    def shuffled(self, parts: list[str]) -> list[str]:
        """Returns the parts in another order, sometimes with one left out or twice."""
        if self.odd(0.5):
            self.random.shuffle(parts)
        if self.odd(0.2) and parts:
            parts.pop(self.random.randrange(len(parts)))
        if self.odd(0.1) and parts:
            parts.append(self.random.choice(parts))
        return parts
