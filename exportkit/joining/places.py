"""Where records stand, for people: the files that their numbers mean."""

from collections.abc import Iterable, Sequence

from exportkit.export import Export
from exportkit.model.joining import Place

__all__ = ["named_places"]


def named_places(exports: Sequence[Export | None], places: Iterable[Place]) -> list[tuple[str, int, int]]:
    """Returns data file, line and byte offset of some records; reads the manifests of their exports again.

    Args:
        exports: Those that were joined, by source number.
        places: Where the records stand, in exports that are there.
    """
    places = list(places)
    files: dict[tuple[int, int], str] = {}
    for source in {place[0] for place in places}:
        export = exports[source]
        assert export is not None, "records came from it"
        wanted = {number for of, number, _, _ in places if of == source}
        files |= {(source, file.index): file.uri for file in export.files() if file.index in wanted}
    return [(files[source, number], line, offset) for source, number, line, offset in places]
