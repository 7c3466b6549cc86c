"""The records that joining makes, as the data files of an export."""

import threading
from collections.abc import Sequence
from contextlib import closing

from exportkit.engine.protocols import Engine
from exportkit.export import Export
from exportkit.joining.joins import Totals, join_leaves
from exportkit.joining.made import MadeExport
from exportkit.model.joining import JoinOptions
from exportkit.reading import Stopped, in_order
from exportkit.reading.spill import Spill
from exportkit.sink.export_writer import DataFileWriter

__all__ = ["hash_ranges", "write_joined"]

_RECORDS = 32_768
"""Records that a file is to have at most, about."""

_HASHES = 256
"""First bytes of a hash: more files are not made."""


def hash_ranges(records: int) -> list[range]:
    """Returns the ranges of the hashes' first byte that make a data file each, where so many records are joined."""
    ranges = 1
    while ranges < _HASHES and records > ranges * _RECORDS:
        ranges *= 2
    width = _HASHES // ranges
    return [range(start, start + width) for start in range(0, _HASHES, width)]


def write_joined(
    made: MadeExport,
    engine: Engine,
    spill: Spill,
    options: JoinOptions,
    *,
    exports: Sequence[Export | None],
    records: int,
    jobs: int,
) -> Totals:
    """Writes what becomes of a spill's entries, and returns the counts.

    Each file takes a fixed range of the hashes' first byte, so the files depend on ``records`` alone, whatever
    is done side by side and wherever entries lie. There is at least one.

    Args:
        made: The export that is made.
        engine: Joins the entries.
        spill: The entries, all of them.
        options: How they are joined.
        exports: Those that were read, by source number, to name the places of errors.
        records: How many records may come of it; decides how many files there are.
        jobs: Files written side by side; the memory is that of a leaf and of what becomes of it, for each.

    Raises:
        DuplicateKeyError: Two records of one state have one key.
        StoreError: The spill cannot be read, or the files not be written.
    """
    stop = threading.Event()
    # Names and manifest lines follow the order of these calls, so they are made before any thread is.
    files = [(hashes, made.data_file()) for hashes in hash_ranges(records)]

    def write(task: tuple[range, DataFileWriter]) -> Totals:
        hashes, file = task
        found = Totals()
        with file:
            for joined in join_leaves(engine, spill, options, exports, hashes):
                if stop.is_set():
                    raise Stopped
                file.write(joined.lines, joined.records)
                found.add(joined)
                del joined  # as in join_leaves
        return found

    totals = Totals()
    with closing(in_order(write, files, jobs, stop)) as results:
        for each in results:
            totals.add(each)
    return totals
