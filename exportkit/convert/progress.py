"""Progress over the two times that an export is read."""

from exportkit.reading import Progress

__all__ = ["FirstPass"]


class FirstPass:
    """Tells of the records of a first pass, and leaves files and bytes to the second.

    Args:
        progress: Hears of both.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, items: int) -> None:
        """Ignores it: the whole has begun."""

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:  # noqa: ARG002 - as above
        """Hands the records on."""
        self._progress.advance(items=items)
