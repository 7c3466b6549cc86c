"""The changes of one key, one after the other (``docs/joining.md``)."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from exportkit.codec.joining.entries import Entry, Image
from exportkit.codec.joining.tally import Tally
from exportkit.model.joining import JoinOptions, Source

__all__ = ["latest", "source_of", "steps"]

UNKNOWN = Source()


def source_of(record: Entry, options: JoinOptions) -> Source:
    """Returns what is known of a record's export."""
    return options.sources[record.source] if record.source < len(options.sources) else UNKNOWN


def latest(changes: Sequence[Entry], tally: Tally) -> list[Entry]:
    """Returns the last change of each source, which is the one that counts."""
    last = [list(of_source)[-1] for _, of_source in groupby(changes, key=lambda change: change.source)]
    tally.counts["repeated"] += len(changes) - len(last)
    return last


def steps(changes: Sequence[Entry], tally: Tally) -> Iterator[tuple[Entry, Image | None]]:
    """Yields each change with the state after it: its new image, or nothing where that is a ghost."""
    sources = {change.source for change in changes}
    for change in changes:
        after = change.new
        ghosts_from = source_of(change, tally.options).ghosts_from
        late = ghosts_from is not None and change.timestamp >= ghosts_from
        if after is not None and late and change.source + 1 not in sources:
            tally.counts["ghosts"] += 1
            after = None
        yield change, after
