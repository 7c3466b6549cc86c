"""Diff: the change from one state to another (``docs/joining.md``)."""

from collections.abc import Sequence
from itertools import pairwise

from exportkit.codec.joining.comparing import equal
from exportkit.codec.joining.entries import Entry, pack_entry
from exportkit.codec.joining.tally import Tally

__all__ = ["diff"]


def diff(records: Sequence[Entry], tally: Tally) -> None:
    """Makes the change of one key.

    Raises:
        ValueError: A change, or an item of another source than 0 and 1.
    """
    if any(record.changes or record.source > 1 for record in records):
        raise ValueError("diff takes items of sources 0 and 1")
    for first, second in pairwise(records):
        if first.source == second.source:
            tally.note_keyed_twice(first, second)
    sides = {record.source: record for record in records}
    before, after = (sides[source].new if source in sides else None for source in (0, 1))
    if before is not None and after is not None and equal(before, after, tally.options.form):
        tally.counts["dropped"] += 1
        return
    last = records[-1]
    tally.count_change(after=after, born=before is None)
    if last.key:
        tally.write_change(last, before, after)
    else:
        tally.give(pack_entry(last))  # its texts were not given: the entry itself, for a filter
