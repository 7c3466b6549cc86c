"""What became of the records of each key, joined leaf by leaf, in the order of hashes; and the sum of it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from exportkit.engine.protocols import Engine
from exportkit.export import Export
from exportkit.joining.twice import duplicate_key_error
from exportkit.model.joining import Drift, DriftKind, Joined, JoinOptions
from exportkit.reading import streams_in_order
from exportkit.reading.spill import Spill

__all__ = ["Totals", "join_all", "join_leaves"]

_HASHES = 256
_ROOM = 4 * 1024 * 1024
"""Bytes of lines that one range of hashes may be ahead of its turn; those of one leaf always may."""


@dataclass(slots=True, kw_only=True)
class Totals:
    """The sum of joined leaves; ``Joined`` tells what each count is of.

    Attributes:
        samples_wanted: Drifts to keep at most.
    """

    samples_wanted: int = 20
    records: int = 0
    inserted: int = 0
    replaced: int = 0
    deleted: int = 0
    absent: int = 0
    untouched: int = 0
    dropped: int = 0
    repeated: int = 0
    ghosts: int = 0
    drift: dict[DriftKind, int] = field(default_factory=lambda: dict.fromkeys(DriftKind, 0))
    samples: list[Drift] = field(default_factory=list)

    def add(self, joined: "Joined | Totals") -> None:
        """Adds what became of other keys; in the order of hashes, for samples are the first ones."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(joined, name))
        for kind, count in joined.drift.items():
            self.drift[kind] += count
        self.samples += joined.samples[: self.samples_wanted - len(self.samples)]

    @property
    def drifts(self) -> int:
        """Changes whose old image is not the state before them, of every kind."""
        return sum(self.drift.values())


_COUNTS = (
    "records",
    "inserted",
    "replaced",
    "deleted",
    "absent",
    "untouched",
    "dropped",
    "repeated",
    "ghosts",
)


def join_leaves(
    engine: Engine,
    spill: Spill,
    options: JoinOptions,
    exports: Sequence[Export | None],
    hashes: range = range(_HASHES),
) -> Iterator[Joined]:
    """Yields what becomes of the keys whose hash has a first byte among some, leaf by leaf, in the order of hashes.

    Args:
        engine: Joins.
        spill: Has the entries; nothing more is added to it.
        options: How they are joined.
        exports: Those that are joined, by source number, for errors.
        hashes: The first bytes, one after the other.

    Raises:
        DuplicateKeyError: Two records of one state have one key, where that matters.
        StoreError: The temporary folder cannot be read or written.
    """
    for leaf in spill.parts(hashes.start, hashes.stop):
        joined = engine.join(leaf.read(), options)
        if joined.keyed_twice is not None:
            raise duplicate_key_error(exports, joined.keyed_twice)
        yield joined
        del joined  # before the next leaf: each is as large as the memory allows


def join_all(
    engine: Engine, spill: Spill, options: JoinOptions, jobs: int, exports: Sequence[Export | None]
) -> Iterator[Joined]:
    """Yields what becomes of all keys, leaf by leaf in the order of hashes, so many leaves joined side by side.

    Arguments and errors are those of ``join_leaves``.
    """

    def joined(first: int) -> Iterator[Joined]:
        return join_leaves(engine, spill, options, exports, range(first, first + 1))

    streams = streams_in_order(joined, range(_HASHES), jobs, room=_ROOM, size=lambda each: len(each.lines))
    with closing(streams) as results:
        yield from results
