"""Where records stand, for people: the files that their numbers mean."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from exportkit.export import Export
from exportkit.model.joining import Place

__all__ = ["NamedPlace", "named_places"]


class NamedPlace(NamedTuple):
    """Where a record stands.

    Attributes:
        file: The data file.
        line: Its line, from 1.
        offset: Its byte offset in the decompressed file.
        export: The ExportId.
    """

    file: str
    line: int
    offset: int
    export: str


def named_places(exports: Sequence[Export | None], places: Iterable[Place]) -> list[NamedPlace]:
    """Returns where some records stand; reads the manifests of their exports again.

    Args:
        exports: Those that were joined, by source number.
        places: Where the records stand, in exports that are there.
    """
    places = list(places)
    files: dict[tuple[int, int], str] = {}
    ids: dict[int, str] = {}
    for source in {place[0] for place in places}:
        export = exports[source]
        assert export is not None, "records came from it"
        ids[source] = export.id
        wanted = {number for of, number, _, _ in places if of == source}
        files |= {(source, file.index): file.uri for file in export.files() if file.index in wanted}
    return [NamedPlace(files[source, number], line, offset, ids[source]) for source, number, line, offset in places]
