"""Two records of one state with one key: which files they stand in."""

from collections.abc import Sequence

from exportkit.errors import DuplicateKeyError
from exportkit.export import Export
from exportkit.joining.places import named_places
from exportkit.model.joining import KeyedTwice

__all__ = ["duplicate_key_error"]


def duplicate_key_error(exports: Sequence[Export | None], found: KeyedTwice) -> DuplicateKeyError:
    """Returns the error that names both records.

    Args:
        exports: Those that were joined, by source number.
        found: Where the two stand.
    """
    first, second = named_places(exports, (found.first, found.second))
    return DuplicateKeyError(first[:3], second[:3])
