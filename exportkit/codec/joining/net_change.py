"""Compact and revert: the net change of several, and the one that undoes it (``docs/joining.md``)."""

from collections.abc import Sequence
from typing import NamedTuple

from exportkit.codec.joining.entries import Entry, Image
from exportkit.codec.joining.steps import latest, source_of, steps
from exportkit.codec.joining.tally import Tally

__all__ = ["compact", "revert"]


class NetChange(NamedTuple):
    """What one key's changes come to.

    Attributes:
        last: The last of them.
        before: The item before the first one; None where there was none, or it is not told.
        after: The item after the last one.
        born: Whether there surely was none before.
    """

    last: Entry
    before: Image | None
    after: Image | None
    born: bool


def compact(records: Sequence[Entry], tally: Tally) -> None:
    """Makes the net change of one key.

    Raises:
        ValueError: An item.
    """
    net = _net_change(records, tally)
    if net is None:
        return
    born = net.before is None if tally.options.old_images else net.born
    tally.count_change(after=net.after, born=born)
    tally.write_change(net.last, net.before, net.after)


def revert(records: Sequence[Entry], tally: Tally) -> None:
    """Makes the change that undoes the net change of one key; errors as :func:`compact`."""
    net = _net_change(records, tally)
    if net is not None:
        tally.count_change(after=net.before, born=net.after is None)
        tally.write_change(net.last, net.after, net.before)


def _net_change(records: Sequence[Entry], tally: Tally) -> NetChange | None:
    """Returns the net change of one key, None where there is nothing before and nothing after."""
    if not all(record.changes for record in records):
        raise ValueError("compact and revert take changes alone")
    changes = latest(records, tally)
    first = changes[0]
    *_, (last, after) = steps(changes, tally)
    born = first.new is not None and first.old is None and source_of(first, tally.options).judged
    if born and after is None:
        tally.counts["dropped"] += 1
        return None
    return NetChange(last, first.old, after, born)
