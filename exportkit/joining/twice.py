"""Two records of one state with one key: which files they stand in."""

from collections.abc import Sequence

from exportkit.errors import DuplicateKeyError
from exportkit.export import Export
from exportkit.model.joining import KeyedTwice, Place

__all__ = ["duplicate_key_error"]


def duplicate_key_error(exports: Sequence[Export | None], found: KeyedTwice) -> DuplicateKeyError:
    """Returns the error that names both records.

    Args:
        exports: Those that were joined, by source number.
        found: Where the two stand.
    """
    first, second = (_named(exports, place) for place in (found.first, found.second))
    return DuplicateKeyError(first, second)


def _named(exports: Sequence[Export | None], place: Place) -> tuple[str, int, int]:
    source, number, line, offset = place
    export = exports[source]
    assert export is not None, "the record came from it"
    file = next(file for file in export.files() if file.index == number)
    return file.uri, line, offset
