"""How records are told apart by an attribute (``docs/columns.md``, "Batches")."""

from exportkit.codec.binary import encode_base64
from exportkit.codec.lines import Line
from exportkit.codec.numbers import service_spelling
from exportkit.codec.tree import Attributes, ItemTree, RecordTree, Value
from exportkit.errors import SplitError
from exportkit.model.statistics import SplitValue

__all__ = ["split_value", "too_many_values", "unforeseen_value"]

LONGEST_TEXT = 100


def split_value(record: RecordTree, attribute: str) -> SplitValue:
    """Returns the record's value of the attribute; of a change the first that new image, old image or Keys have."""
    for attributes in _places(record):
        for name, value in attributes or ():
            if name == attribute:
                return _text(value)
    return None


def _places(record: RecordTree) -> tuple[Attributes | None, ...]:
    return (record.item,) if isinstance(record, ItemTree) else (record.new_image, record.old_image, record.keys)


def _text(value: Value) -> SplitValue:
    tag, content = value
    match tag:
        case "S":
            return tag, content
        case "N":
            return tag, service_spelling(content)
        case "B":
            return tag, encode_base64(content)
        case "BOOL":
            return tag, "true" if content else "false"
    return None


def unforeseen_value(uri: str, line: Line, attribute: str, value: SplitValue) -> SplitError:
    """Returns the error of a record with a value that no plan is for."""
    text = "none" if value is None else f"{value[0]} {_cut(value[1])}"
    return SplitError(uri, f"line {line.number} (byte {line.offset}): unforeseen value of {attribute}: {text}")


def too_many_values(uri: str, line: Line, attribute: str, limit: int) -> SplitError:
    """Returns the error of a record with one value more than may be told apart."""
    return SplitError(uri, f"line {line.number} (byte {line.offset}): more than {limit} values of {attribute}")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
