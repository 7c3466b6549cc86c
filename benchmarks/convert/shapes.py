"""What the attributes of each shape are, written down by hand, as one has to for readers that do not infer it exactly.

From that: the raw types of DynamoDB JSON for DuckDB, Polars and pyarrow, and for the first two the expressions that
make the same columns of them as exportkit does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exportkit.generate import Shape

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True)
class Type:
    """The type of one attribute.

    Attributes:
        tag: DynamoDB's type tag, or MIXED.
        scale: Of N and NS: digits behind the point; without any it is an int64.
        element: Of L.
        fields: Of M by name, of MIXED by type tag.
    """

    tag: str
    scale: int = 0
    element: "Type | None" = None
    fields: "dict[str, Type]" = field(default_factory=dict)

    @property
    def inner(self) -> "Type":
        """The type of an L's elements."""
        assert self.element is not None
        return self.element


S, B, BOOL, NULL, SS, INT, NS = (Type(tag) for tag in ("S", "B", "BOOL", "NULL", "SS", "N", "NS"))


def decimal(scale: int) -> Type:
    return Type("N", scale)


def map_of(**fields: Type) -> Type:
    return Type("M", fields=fields)


_KEY = {"pk": S, "sk": S}
_PLACE = map_of(lat=decimal(5), lon=decimal(4))
_ADDRESS = map_of(street=S, city=S, zip=S, geo=_PLACE)
_WIDE = (S, decimal(2), INT, BOOL, S, INT)

COLUMNS: dict[Shape, dict[str, Type]] = {
    Shape.NARROW: {**_KEY, "device": INT, "value": decimal(2), "level": INT, "sequence": INT, "reading": S},
    Shape.TYPICAL: {
        **_KEY,
        "customer": map_of(email=S, name=S, address=_ADDRESS),
        "createdAt": INT,
        "description": S,
        "lines": Type("L", element=map_of(sku=S, quantity=INT, price=decimal(2))),
        "status": S,
        "paid": BOOL,
        "total": decimal(2),
        "ratings": NS,
        "tags": SS,
        "note": NULL,
        "extra": Type("L", element=Type("MIXED", fields={"BOOL": BOOL, "N": INT, "S": S})),
        "signature": B,
        "revision": INT,
        "token": S,
    },
    Shape.WIDE: {**_KEY, **{f"attribute_{n:02d}": _WIDE[n % len(_WIDE)] for n in range(60)}, "etag": S},
}


# --- DuckDB ------------------------------------------------------------------------------------------------


def duckdb_raw(kind: Type) -> str:
    """Returns DuckDB's type of an attribute value as DynamoDB JSON has it."""
    match kind.tag:
        case "BOOL" | "NULL":
            inner = f'"{kind.tag}" BOOLEAN'
        case "SS" | "NS":
            inner = f"{kind.tag} VARCHAR[]"
        case "L":
            inner = f"L {duckdb_raw(kind.inner)}[]"
        case "M":
            inner = f"M {duckdb_struct(kind.fields)}"
        case "MIXED":
            inner = 'S VARCHAR, N VARCHAR, BOOL BOOLEAN, "NULL" BOOLEAN'
        case tag:
            inner = f"{tag} VARCHAR"
    return f"STRUCT({inner})"


def duckdb_struct(fields: dict[str, Type]) -> str:
    """Returns DuckDB's raw type of a map."""
    return f"STRUCT({', '.join(f'{name} {duckdb_raw(kind)}' for name, kind in fields.items())})"


def duckdb_value(kind: Type, raw: str) -> str:
    """Returns the SQL that makes the column of a raw value."""
    match kind.tag:
        case "N":
            return f"CAST({raw}.N AS {_duckdb_number(kind)})"
        case "B":
            return f"from_base64({raw}.B)"
        case "NULL":
            return "CAST(NULL AS VARCHAR)"
        case "NS":
            return f"list_transform({raw}.NS, lambda n: CAST(n AS {_duckdb_number(kind)}))"
        case "L":
            return f"list_transform({raw}.L, lambda element: {duckdb_value(kind.inner, 'element')})"
        case "M":
            return f"CASE WHEN {raw}.M IS NOT NULL THEN {_duckdb_pack(kind.fields, lambda name: f'{raw}.M.{name}')} END"
        case "MIXED":
            return f'CASE WHEN {raw}."NULL" IS NULL THEN {_duckdb_pack(kind.fields, lambda _: raw)} END'
        case tag:
            return f'{raw}."{tag}"'


def _duckdb_number(kind: Type) -> str:
    return f"DECIMAL(18, {kind.scale})" if kind.scale else "BIGINT"


def _duckdb_pack(fields: dict[str, Type], raw: Callable[[str], str]) -> str:
    values = (f"{name} := {duckdb_value(kind, raw(name))}" for name, kind in fields.items())
    return f"struct_pack({', '.join(values)})"


# --- Polars ------------------------------------------------------------------------------------------------


def polars_raw(kind: Type) -> Any:
    """Returns Polars' type of an attribute value as DynamoDB JSON has it."""
    import polars as pl  # noqa: PLC0415 - each child imports what it measures

    match kind.tag:
        case "BOOL" | "NULL":
            inner: dict[str, Any] = {kind.tag: pl.Boolean}
        case "SS" | "NS":
            inner = {kind.tag: pl.List(pl.String)}
        case "L":
            inner = {"L": pl.List(polars_raw(kind.inner))}
        case "M":
            inner = {"M": pl.Struct({name: polars_raw(each) for name, each in kind.fields.items()})}
        case "MIXED":
            inner = {"S": pl.String, "N": pl.String, "BOOL": pl.Boolean, "NULL": pl.Boolean}
        case tag:
            inner = {tag: pl.String}
    return pl.Struct(inner)


def polars_value(kind: Type, raw: "pl.Expr") -> "pl.Expr":
    """Returns the expression that makes the column of a raw value."""
    import polars as pl  # noqa: PLC0415 - as above

    number = pl.Decimal(18, kind.scale) if kind.scale else pl.Int64
    match kind.tag:
        case "N":
            return raw.struct.field("N").cast(number)
        case "B":
            return raw.struct.field("B").str.decode("base64")
        case "NULL":
            return pl.lit(None, pl.String)
        case "NS":
            return raw.struct.field("NS").list.eval(pl.element().cast(number))
        case "L":
            return raw.struct.field("L").list.eval(polars_value(kind.inner, pl.element()))
        case "M":
            inner = raw.struct.field("M")
            fields = [polars_value(each, inner.struct.field(name)).alias(name) for name, each in kind.fields.items()]
            return pl.when(inner.is_not_null()).then(pl.struct(fields))
        case "MIXED":
            fields = [polars_value(each, raw).alias(name) for name, each in kind.fields.items()]
            return pl.when(raw.struct.field("NULL").is_null()).then(pl.struct(fields))
        case tag:
            return raw.struct.field(tag)


# --- pyarrow -----------------------------------------------------------------------------------------------


def pyarrow_raw(kind: Type) -> "pa.DataType":
    """Returns Arrow's type of an attribute value as DynamoDB JSON has it."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    match kind.tag:
        case "BOOL" | "NULL":
            inner: dict[str, Any] = {kind.tag: pa.bool_()}
        case "SS" | "NS":
            inner = {kind.tag: pa.list_(pa.string())}
        case "L":
            inner = {"L": pa.list_(pyarrow_raw(kind.inner))}
        case "M":
            inner = {"M": pa.struct([(name, pyarrow_raw(each)) for name, each in kind.fields.items()])}
        case "MIXED":
            inner = {"S": pa.string(), "N": pa.string(), "BOOL": pa.bool_(), "NULL": pa.bool_()}
        case tag:
            inner = {tag: pa.string()}
    return pa.struct(list(inner.items()))
