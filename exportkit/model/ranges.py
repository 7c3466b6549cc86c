"""Numbers that arguments may be."""

from exportkit.errors import UsageError

__all__ = ["check_range"]

_MOST = (1 << 63) - 1


def check_range(least: int = 1, most: int = _MOST, /, **given: int | None) -> None:
    """Refuses numbers out of range; None is one that was not given.

    Args:
        least: The smallest that may be.
        most: The greatest.
        **given: Arguments by their names.

    Raises:
        UsageError: One is smaller or greater.
    """
    for name, value in given.items():
        if value is not None and value < least:
            raise UsageError(f"{name} is {value}; it has to be at least {least}")
        if value is not None and value > most:
            raise UsageError(f"{name} is too large: it may be at most {most}")
