"""Who hears how the reading of an export goes on."""

from typing import Protocol

__all__ = ["NoProgress", "Progress"]


class Progress(Protocol):
    """Hears how the reading of an export goes on; calls come from several threads."""

    def begin(self, items: int) -> None:
        """Reading starts on an export of so many items, as its manifest says."""

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        """So much more has been read."""


class NoProgress:
    """Hears and says nothing."""

    def begin(self, items: int) -> None:
        """Ignores it."""

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        """Ignores it."""
