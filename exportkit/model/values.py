"""Python values of DynamoDB's types, and the records made of them.

========  ==========================================  =================================
DynamoDB  Python                                      note
========  ==========================================  =================================
S         ``str``
N         ``decimal.Decimal``                         exact, spelled as the service does
B         ``bytes``
BOOL      ``bool``
NULL      ``None``
SS NS BS  ``set`` of ``str``, ``Decimal``, ``bytes``
L         ``list``
M         ``dict`` with ``str`` names
========  ==========================================  =================================

These are the values of boto3's ``TypeDeserializer``, but for two things: binary is
plain ``bytes`` (boto3's ``Binary`` compares equal to it), and every legal number is
exact where boto3 raises on some spellings.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

__all__ = ["AttributeValue", "ChangeRecord", "Item", "Record"]

AttributeValue: TypeAlias = (  # recursive, so quoted
    "str | Decimal | bytes | bool | set[str] | set[Decimal] | set[bytes]"
    " | list[AttributeValue] | dict[str, AttributeValue] | None"
)
Item: TypeAlias = dict[str, "AttributeValue"]


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One record of an incremental export: the net change of one key in the window.

    Attributes:
        keys: The primary key.
        write_timestamp: The last write's time, microseconds since the epoch.
        new_image: The item at the window's end; None if it was deleted.
        old_image: The item just before the window, where the view holds it and it was there.
    """

    keys: Item
    write_timestamp: int
    new_image: Item | None
    old_image: Item | None


Record: TypeAlias = "Item | ChangeRecord"
