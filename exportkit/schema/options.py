"""The policies: how what an export holds becomes columns (``docs/schema.md`` shows each by an example)."""

from dataclasses import dataclass
from enum import StrEnum

from exportkit.errors import UsageError
from exportkit.model.ranges import check_range
from exportkit.model.statistics import DEFAULT_MAX_MAP_FIELDS

__all__ = ["MAX_FLATTEN_DEPTH", "Mixed", "Names", "Nulls", "Numbers", "SchemaOptions"]

MAX_FLATTEN_DEPTH = 64
"""Levels that a record may have, so more cannot be flattened."""


class Numbers(StrEnum):
    """What numbers become."""

    EXACT = "exact"
    """int64 if all fit, else decimal(18, s), else decimal(38, s), else their text."""
    DECIMAL256 = "decimal256"
    """As ``exact``, with decimal(76, s) before their text."""
    DOUBLE = "double"
    """The nearest double, of whole numbers too."""
    STRING = "string"
    """Their text, as the service spells it."""


class Mixed(StrEnum):
    """What attributes with values of several types become."""

    STRUCT = "struct"
    """A struct with one field for each type."""
    JSON = "json"
    """DynamoDB JSON."""
    STRING = "string"
    """One text: strings themselves, numbers as spelled, binary as base64, what is nested as DynamoDB JSON."""
    ERROR = "error"
    """They are refused."""


class Nulls(StrEnum):
    """What NULL beside another type becomes."""

    MERGE = "merge"
    """A null, counted."""
    KEEP = "keep"
    """A field NULL beside the field of the other type."""


class Names(StrEnum):
    """What columns are called."""

    DEFAULT = "default"
    """As the attribute, but names that are equal but for case get a suffix."""
    PORTABLE = "portable"
    """As default, of letters A to Z, digits and ``_`` alone, the first no digit."""
    EXACT = "exact"
    """As the attribute, even if a reader takes two of them for one; only U+0000 becomes ``_``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """The policies by which statistics become a schema; each may be given by its word too.

    Attributes:
        numbers: What numbers become.
        mixed: What several types at one path become.
        nulls: What NULL beside another type becomes.
        names: What columns are called.
        flatten_depth: Levels of maps whose attributes become columns of their own, joined by ``__``; 0 is none.
        max_map_fields: Distinct names a map may have before its keys are data, and columns the top may have; 50 times
            that many paths may be in the whole.
        columns: The top-level attributes that become columns; None: all.
        rest_as_json: Whether attributes without a column go into ``_rest``; else those not among ``columns`` are left
            out.

    Raises:
        UsageError: There is no such policy, a number is out of range, or an attribute is named twice.
    """

    numbers: Numbers = Numbers.EXACT
    mixed: Mixed = Mixed.STRUCT
    nulls: Nulls = Nulls.MERGE
    names: Names = Names.DEFAULT
    flatten_depth: int = 0
    max_map_fields: int = DEFAULT_MAX_MAP_FIELDS
    columns: tuple[str, ...] | None = None
    rest_as_json: bool = False

    def __post_init__(self) -> None:
        policies: tuple[tuple[str, type[StrEnum]], ...] = (
            ("numbers", Numbers),
            ("mixed", Mixed),
            ("nulls", Nulls),
            ("names", Names),
        )
        for name, policy in policies:
            given = getattr(self, name)
            if given not in tuple(policy):
                raise UsageError(f"{name} is {given!r}; it has to be one of {', '.join(policy)}")
            object.__setattr__(self, name, policy(given))
        if not 0 <= self.flatten_depth <= MAX_FLATTEN_DEPTH:
            raise UsageError(f"flatten_depth is {self.flatten_depth}; it has to be from 0 to {MAX_FLATTEN_DEPTH}")
        check_range(1, (1 << 31) - 1, max_map_fields=self.max_map_fields)
        if self.columns is not None and len(set(self.columns)) < len(self.columns):
            raise UsageError(f"an attribute is named twice among the columns {', '.join(self.columns)}")
