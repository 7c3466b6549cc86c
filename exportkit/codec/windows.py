"""When a change may have been written, by its export's window."""

from exportkit.codec.tree import RecordFault

__all__ = ["outside"]

_NEAR = 60_000_000
"""How far outside its window a write may be for a warning, in microseconds: clocks differ that much."""


def outside(window: tuple[int, int] | None, timestamp: int) -> RecordFault | None:
    """Returns what is wrong with a time stamp in a window; None where nothing is.

    Args:
        window: Its start, inclusive, and end, exclusive, in microseconds since the epoch; None: any time is right.
        timestamp: Microseconds since the epoch.
    """
    if window is None:
        return None
    start, end = window
    if start <= timestamp < end:
        return None
    near = start - _NEAR <= timestamp <= end + _NEAR
    return RecordFault("timestamp-near" if near else "timestamp-far", "Metadata", "WriteTimestampMicros")
