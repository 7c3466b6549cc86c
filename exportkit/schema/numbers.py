"""Which column holds which numbers.

int64 where all fit. Else a decimal with as many digits behind the point as were seen, and 18, 38 or 76
digits in all: so larger numbers, next month, do not change the column's type; only finer ones do.
"""

from exportkit.model.plan import ColumnKind
from exportkit.model.statistics import NumberStatistics
from exportkit.schema.columns import ColumnType
from exportkit.schema.merge import merge_numbers
from exportkit.schema.options import Numbers

__all__ = ["exactly_double", "joined_numbers", "number_column", "widened_numbers"]

_INT64_DIGITS = 19
_DOUBLE_DIGITS = 15
_PRECISIONS = {Numbers.EXACT: (18, 38), Numbers.DECIMAL256: (18, 38, 76)}


def number_column(number: NumberStatistics, policy: Numbers) -> ColumnType:
    """Returns the column of numbers like these."""
    if policy is Numbers.DOUBLE:
        return ColumnType(kind=ColumnKind.DOUBLE)
    if policy is not Numbers.STRING:
        if number.int64:
            return ColumnType(kind=ColumnKind.INT64)
        for precision in _PRECISIONS[policy]:
            if number.integer_digits + number.scale <= precision:
                return ColumnType(kind=ColumnKind.DECIMAL, precision=precision, scale=number.scale)
    return ColumnType(kind=ColumnKind.NUMBER_STRING)


def takes_numbers(column: ColumnType, number: NumberStatistics) -> bool:
    """Returns whether a column of numbers takes all of these."""
    if column.kind is ColumnKind.INT64:
        return number.int64
    if column.kind is ColumnKind.DECIMAL:
        return number.scale <= column.scale and number.integer_digits <= column.precision - column.scale
    return True


def joined_numbers(a: ColumnType, b: ColumnType, policy: Numbers) -> ColumnType:
    """Returns the column that takes what either takes: text if one is, else double if one is."""
    if a == b:
        return a
    for kind in (ColumnKind.NUMBER_STRING, ColumnKind.DOUBLE):
        if kind in {a.kind, b.kind}:
            return ColumnType(kind=kind)
    both = merge_numbers(_capacity(a), _capacity(b))
    for given in (a, b):
        if takes_numbers(given, both):
            return given
    return number_column(both, policy)


def widened_numbers(given: ColumnType, number: NumberStatistics, policy: Numbers) -> ColumnType:
    """Returns a given column where it takes these numbers, else one that takes both these and its own."""
    if takes_numbers(given, number):
        return given
    return number_column(merge_numbers(_capacity(given), number), policy)


def exactly_double(number: NumberStatistics) -> bool:
    """Returns whether every number of so many digits is the only one nearest to its double."""
    return number.integer_digits + number.scale <= _DOUBLE_DIGITS


def _capacity(column: ColumnType) -> NumberStatistics:
    if column.kind is ColumnKind.INT64:
        return NumberStatistics(_INT64_DIGITS, 0, int64=True)
    return NumberStatistics(column.precision - column.scale, column.scale, int64=False)
