"""The join: of each key's records one is made, or none (``docs/joining.md``)."""

from itertools import groupby

from exportkit.codec.joining.diff import diff
from exportkit.codec.joining.entries import read_entries
from exportkit.codec.joining.net_change import compact, revert
from exportkit.codec.joining.replay import replay
from exportkit.codec.joining.tally import Tally
from exportkit.model.joining import Joined, JoinOptions, Operation
from exportkit.model.scan import Buffer

__all__ = ["join"]

_MAKERS = {
    Operation.REPLAY: replay,
    Operation.COMPACT: compact,
    Operation.REVERT: revert,
    Operation.DIFF: diff,
}
TIMED = frozenset({Operation.REVERT, Operation.DIFF})

ORDERED = 5
"""Parts of an entry that records are ordered by: hash, source, timestamp, file, line."""


def join(entries: Buffer, options: JoinOptions) -> Joined:
    """Returns what becomes of join entries; see ``exportkit.engine.protocols.Engine``.

    Raises:
        ValueError: They are no whole entries, or none of this operation; or it needs a timestamp that is not given.
    """
    if options.operation in TIMED and options.timestamp is None:
        raise ValueError(f"{options.operation} needs a timestamp")
    tally = Tally(options)
    records = sorted(read_entries(entries), key=lambda record: record[:ORDERED])
    for _, of_key in groupby(records, key=lambda record: record.hash):
        _MAKERS[options.operation](list(of_key), tally)
    return tally.joined()
