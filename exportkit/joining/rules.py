"""What a chain may be."""

from dataclasses import dataclass
from datetime import datetime

from exportkit.errors import UsageError

__all__ = ["ChainRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRules:
    """What a chain may be.

    Attributes:
        until: The instant to stop at: the base's, or a window's end; None goes as far as there are windows.
        allow_gap: Go on where time is missing.
        allow_overlap: Go on where time is covered twice.
        allow_filtered: Take filtered exports.

    Raises:
        UsageError: ``until`` has no time zone.
    """

    until: datetime | None = None
    allow_gap: bool = False
    allow_overlap: bool = False
    allow_filtered: bool = False

    def __post_init__(self) -> None:
        if self.until is not None and self.until.tzinfo is None:
            raise UsageError(f"until is {self.until.isoformat()}, without an offset from UTC; write a Z behind it")
