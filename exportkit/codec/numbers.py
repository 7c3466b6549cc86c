"""Numbers: read by the rules of ``docs/records.md``, written in the service's spelling and in Ion's.

A number is never a float here, and its exponent is never expanded before its range is known, so that
``1E999999999`` costs no more than ``1``.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from exportkit.codec.tree import RecordFault

__all__ = [
    "ZERO",
    "Number",
    "digits_before",
    "digits_behind",
    "from_decimal",
    "from_float",
    "from_integer",
    "from_parts",
    "ion_spelling",
    "microseconds",
    "parse_number",
    "service_spelling",
    "to_decimal",
    "to_int64",
]

MAX_DIGITS = 38
MIN_ADJUSTED, MAX_ADJUSTED = -130, 125
PLAIN_FROM, PLAIN_TO = -7, 37
ION_PLAIN_FROM = -6

MAX_INTEGER_BITS = 512
"""Integers written in hexadecimal or binary end here: 10**126 has 419 bits, and conversion is quadratic."""

MAX_INT64 = 2**63 - 1

_EXPONENT_DIGITS = 18
_TEXT = re.compile(r"([+-]?)(?:([0-9]++)(?:\.([0-9]*+))?|\.([0-9]++))(?:[eE]([+-]?[0-9]++))?")


class Number(NamedTuple):
    """A number by its value: equal numbers are equal tuples.

    Attributes:
        negative: The sign; False for zero.
        digits: The coefficient, at most 38 digits without leading or trailing zeros; ``0`` for zero.
        exponent: The value is coefficient times 10**exponent; 0 for zero.
    """

    negative: bool
    digits: str
    exponent: int

    @property
    def adjusted(self) -> int:
        """The exponent of the first digit."""
        return self.exponent + len(self.digits) - 1


ZERO = Number(negative=False, digits="0", exponent=0)


def parse_number(text: str) -> Number:
    """Returns the number that DynamoDB JSON's text spells.

    Raises:
        RecordFault: ``number``, ``number-precision`` or ``number-range``.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise RecordFault("number")
    sign, whole, fraction, bare_fraction, exponent = match.groups()
    return from_parts(sign == "-", whole or "", fraction or bare_fraction or "", exponent)


def from_parts(negative: bool, whole: str, fraction: str, exponent: str | None) -> Number:
    """Returns the number of a sign, the digits on both sides of the point, and the exponent's text.

    Raises:
        RecordFault: ``number-precision`` or ``number-range``.
    """
    digits = (whole + fraction).lstrip("0")
    coefficient = digits.rstrip("0")
    if not coefficient:
        return ZERO
    if len(coefficient) > MAX_DIGITS:
        raise RecordFault("number-precision")
    power = len(digits) - len(coefficient) - len(fraction)
    if exponent:
        power += _clamped(exponent)
    if not MIN_ADJUSTED <= power + len(coefficient) - 1 <= MAX_ADJUSTED:
        raise RecordFault("number-range")
    return Number(negative, coefficient, power)


def _clamped(exponent: str) -> int:
    """Returns the exponent, or one of the same sign that no count of digits can bring back into range."""
    digits = exponent.lstrip("+-").lstrip("0")
    size = int(digits or "0") if len(digits) <= _EXPONENT_DIGITS else 10**_EXPONENT_DIGITS
    return -size if exponent.startswith("-") else size


def from_integer(value: int) -> Number:
    """Returns the number of an integer read from hexadecimal or binary digits.

    Raises:
        RecordFault: ``number-range`` from 2**512, else as :func:`from_parts`.
    """
    if value.bit_length() > MAX_INTEGER_BITS:
        raise RecordFault("number-range")
    return from_parts(value < 0, str(abs(value)), "", None)


def from_float(value: float) -> Number:
    """Returns the shortest decimal that reads back as the same double.

    Raises:
        RecordFault: ``number`` for nan and the infinities; a finite one may be out of range.
    """
    return parse_number(repr(value))


def from_decimal(value: Decimal) -> Number:
    """Returns the number of a Python value.

    Raises:
        RecordFault: ``number`` for nan and the infinities, else as :func:`from_parts`.
    """
    sign, digits, exponent = value.as_tuple()
    if isinstance(exponent, str):
        raise RecordFault("number")
    return from_parts(bool(sign), "".join(map(str, digits)), "", str(exponent))


def to_decimal(number: Number) -> Decimal:
    """Returns the Python value, spelled as the service does."""
    return Decimal(service_spelling(number))


def service_spelling(number: Number) -> str:
    """Returns the one spelling in which numbers are written everywhere but in Ion.

    Digits without exponent where the adjusted exponent is from -7 to 37, else ``d.dddE±x``.
    """
    negative, digits, exponent = number
    adjusted = number.adjusted
    sign = "-" if negative else ""
    if not PLAIN_FROM <= adjusted <= PLAIN_TO:
        point = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}E{adjusted:+d}"
    if exponent >= 0:
        return f"{sign}{digits}{'0' * exponent}"
    if adjusted >= 0:
        return f"{sign}{digits[:exponent]}.{digits[exponent:]}"
    return f"{sign}0.{'0' * (-adjusted - 1)}{digits}"


def ion_spelling(number: Number) -> str:
    """Returns the number as an Ion decimal in AWS's normal form: ``1.``, ``3.875``, ``616d2``, ``1d-10``."""
    negative, digits, exponent = number
    sign = "-" if negative else ""
    if exponent > 0 or number.adjusted < ION_PLAIN_FROM:
        return f"{sign}{digits}d{exponent}"
    if exponent == 0:
        return f"{sign}{digits}."
    if number.adjusted >= 0:
        return f"{sign}{digits[:exponent]}.{digits[exponent:]}"
    return f"{sign}0.{'0' * (-number.adjusted - 1)}{digits}"


def digits_before(number: Number) -> int:
    """Returns the digits before the point, without leading zeros; 0 where the number is below one."""
    return 0 if number == ZERO else max(0, number.adjusted + 1)


def digits_behind(number: Number) -> int:
    """Returns the digits behind the point, without trailing zeros."""
    return max(0, -number.exponent)


def to_int64(number: Number) -> int | None:
    """Returns the number as an integer, None where it is none from -2**63 to 2**63 - 1."""
    if number.exponent < 0 or number.adjusted >= len(str(MAX_INT64)):
        return None
    value = int(number.digits) * 10**number.exponent * (-1 if number.negative else 1)
    return value if -MAX_INT64 - 1 <= value <= MAX_INT64 else None


def microseconds(number: Number) -> int | None:
    """Returns a time stamp's whole microseconds, None where the number is none from 0 to 2**63 - 1."""
    return None if number.negative else to_int64(number)
