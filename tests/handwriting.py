"""Writes records in all the ways that mean the same: orders, spellings, escapes. Owes nothing to exportkit's codecs."""

import base64
import json
from decimal import Decimal
from random import Random
from typing import Any

from exportkit.model.formats import OutputFormat
from exportkit.model.values import ChangeRecord, Record

SETS = {str: "SS", Decimal: "NS", bytes: "BS"}
QUOTE = "'"


class Handwriting:
    """How one hand writes.

    Args:
        random: Decides; None writes everything in its order, in the usual spelling.
    """

    def __init__(self, random: Random | None = None) -> None:
        self._random = random

    def line(self, record: Record, form: OutputFormat) -> bytes:
        """Returns a record's line, without line feed."""
        text = self._ion_record(record) if form is OutputFormat.ION else self._json_record(record)
        return text.encode()

    # --- what is up to it ---

    def _maybe(self, share: float) -> bool:
        return self._random is not None and self._random.random() < share

    def _any_order(self, values: list[Any]) -> list[Any]:
        return values if self._random is None else self._random.sample(values, len(values))

    def number(self, value: Decimal, mark: str) -> str:
        """Returns one of the spellings of a number: with ``E`` or ``d`` before the exponent, for JSON or Ion."""
        sign, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        text = "".join(map(str, digits)).lstrip("0") or "0"
        cut = len(text)
        if self._random is not None:
            zeros = self._random.randint(0, 3)
            text, exponent = text + "0" * zeros, exponent - zeros
            cut = self._random.randint(0, len(text))
        whole, fraction = text[:cut].lstrip("0") or "0", text[cut:]
        exponent += len(fraction)
        told = f"{'-' if sign else ''}{whole}"
        if fraction or mark == "d":
            told += f".{fraction}"
        return told + (f"{mark}{exponent}" if exponent or self._maybe(0.2) else "")

    # --- DynamoDB JSON ---

    def _json_record(self, record: Record) -> str:
        if not isinstance(record, ChangeRecord):
            return self._dumps({"Item": self._json_map(record)})
        members = {
            "Metadata": {"WriteTimestampMicros": {"N": str(record.write_timestamp)}},
            "Keys": self._json_map(record.keys),
        }
        images = {"OldImage": record.old_image, "NewImage": record.new_image}
        members |= {name: self._json_map(image) for name, image in images.items() if image is not None}
        return self._dumps(dict(self._any_order(list(members.items()))))

    def _dumps(self, value: Any) -> str:
        separators = (", ", ": ") if self._maybe(0.2) else (",", ":")
        return json.dumps(value, ensure_ascii=self._maybe(0.3), separators=separators)

    def _json_map(self, attributes: dict[str, Any]) -> dict[str, Any]:
        return {name: self._json_value(value) for name, value in self._any_order(list(attributes.items()))}

    def _json_value(self, value: Any) -> dict[str, Any]:  # noqa: PLR0911 - one return a type
        match value:
            case None:
                return {"NULL": True}
            case bool():
                return {"BOOL": value}
            case str():
                return {"S": value}
            case bytes():
                return {"B": base64.b64encode(value).decode()}
            case Decimal():
                return {"N": self.number(value, "E")}
            case list():
                return {"L": [self._json_value(inner) for inner in value]}
            case dict():
                return {"M": self._json_map(value)}
        elements = self._any_order(list(value))
        return {SETS[type(elements[0])]: [next(iter(self._json_value(element).values())) for element in elements]}

    # --- Ion ---

    def _ion_record(self, record: Record) -> str:
        if isinstance(record, ChangeRecord):
            members = {
                "Metadata": f"{{WriteTimestampMicros:{self.number(Decimal(record.write_timestamp), 'd')}}}",
                "Keys": self._ion_value(record.keys),
            }
            images = {"OldImage": record.old_image, "NewImage": record.new_image}
            members |= {name: self._ion_value(image) for name, image in images.items() if image is not None}
            told = ",".join(f"{name}:{text}" for name, text in self._any_order(list(members.items())))
            body = f"{{Record:{{{told}}}}}"
        else:
            body = f"{{Item:{self._ion_value(record)}}}"
        return f"{' ' if self._maybe(0.5) else ''}$ion_1_0 {body}"

    def _ion_value(self, value: Any) -> str:  # noqa: PLR0911 - one return a type
        match value:
            case None:
                return "null.null" if self._maybe(0.3) else "null"
            case bool():
                return "true" if value else "false"
            case str():
                return self._ion_text(value, '"')
            case bytes():
                return f"{{{{{base64.b64encode(value).decode()}}}}}"
            case Decimal():
                whole = value == value.to_integral_value() and abs(value) < 10**15
                return f"{value:f}".partition(".")[0] if whole and self._maybe(0.3) else self.number(value, "d")
            case list():
                return f"[{','.join(map(self._ion_value, value))}]"
            case dict():
                members = self._any_order(list(value.items()))
                told = (f"{self._ion_text(name, QUOTE)}:{self._ion_value(inner)}" for name, inner in members)
                return f"{{{','.join(told)}}}"
        elements = self._any_order(list(value))
        return f"$dynamodb_{SETS[type(elements[0])]}::[{','.join(map(self._ion_value, elements))}]"

    def _ion_text(self, text: str, quote: str) -> str:
        return f"{quote}{''.join(self._ion_character(character, quote) for character in text)}{quote}"

    def _ion_character(self, character: str, quote: str) -> str:
        if character in {quote, "\\"}:
            return f"\\{character}"
        if character < " " or character == "\x7f":
            return f"\\x{ord(character):02x}"
        return f"\\U{ord(character):08x}" if character > "\x7f" and self._maybe(0.2) else character
