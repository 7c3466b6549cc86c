"""Numbers: which column holds which, by hand."""

from decimal import Decimal

import pytest

from exportkit.model.plan import ColumnKind
from exportkit.schema import ColumnType, NoteKind
from tests.schema.making import only, schema_of, types_of


def decimal(precision: int, scale: int) -> ColumnType:
    return ColumnType(kind=ColumnKind.DECIMAL, precision=precision, scale=scale)


@pytest.mark.parametrize(
    ("numbers", "exact", "decimal256"),
    [
        (["0"], only(ColumnKind.INT64), only(ColumnKind.INT64)),
        (["-9223372036854775808", "9223372036854775807"], only(ColumnKind.INT64), only(ColumnKind.INT64)),
        (["9223372036854775808"], decimal(38, 0), decimal(38, 0)),
        (["1E+2", "100.0"], only(ColumnKind.INT64), only(ColumnKind.INT64)),
        (["9.99", "12"], decimal(18, 2), decimal(18, 2)),
        (["1234567890123456.78"], decimal(18, 2), decimal(18, 2)),
        (["12345678901234567.89"], decimal(38, 2), decimal(38, 2)),
        (["0.000000000000000001"], decimal(18, 18), decimal(18, 18)),
        (["1.000000000000000001"], decimal(38, 18), decimal(38, 18)),
        (["1E+37", "1"], decimal(38, 0), decimal(38, 0)),
        (["1E+37", "0.1"], only(ColumnKind.NUMBER_STRING), decimal(76, 1)),
        (["1E-38"], decimal(38, 38), decimal(38, 38)),
        (["1E-39"], only(ColumnKind.NUMBER_STRING), decimal(76, 39)),
        (["1E+75", "1"], only(ColumnKind.NUMBER_STRING), decimal(76, 0)),
        (["1E+75", "0.1"], only(ColumnKind.NUMBER_STRING), only(ColumnKind.NUMBER_STRING)),
        (["1E+125", "1E-130"], only(ColumnKind.NUMBER_STRING), only(ColumnKind.NUMBER_STRING)),
    ],
)
def test_the_least_that_holds_all(numbers: list[str], exact: ColumnType, decimal256: ColumnType) -> None:
    items = [{"n": Decimal(text)} for text in numbers]
    assert types_of(schema_of(*items)) == {"n": exact}
    assert types_of(schema_of(*items, numbers="decimal256")) == {"n": decimal256}
    assert types_of(schema_of(*items, numbers="double")) == {"n": only(ColumnKind.DOUBLE)}
    assert types_of(schema_of(*items, numbers="string")) == {"n": only(ColumnKind.NUMBER_STRING)}


def test_elements_of_sets_are_numbers_too() -> None:
    schema = schema_of({"n": {Decimal("1.5"), Decimal(2)}})
    assert types_of(schema) == {"n": ColumnType(kind=ColumnKind.SET, element=decimal(18, 1))}


def test_larger_numbers_next_month_keep_the_type() -> None:
    assert types_of(schema_of({"n": Decimal("9.99")})) == types_of(schema_of({"n": Decimal("9999999.99")}))


def test_what_is_not_exact_or_no_number_is_told() -> None:
    item = {"long": Decimal(12345678901234567), "wide": Decimal("1E-100"), "short": Decimal("0.1")}
    kinds = {(note.path, note.kind, note.count) for note in schema_of(item).notes}
    assert kinds == {("wide", NoteKind.NUMBER_STRING, 1)}
    kinds = {(note.path, note.kind, note.count) for note in schema_of(item, numbers="double").notes}
    assert kinds == {("long", NoteKind.ROUNDED, 1), ("wide", NoteKind.ROUNDED, 1)}
    assert schema_of(item, numbers="string").notes == ()
