"""Cases that run in turn, round after round: how the times of two of them are compared."""

import statistics
from collections.abc import Sequence

__all__ = ["ratio"]


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Returns how often one time goes into another: the median over the rounds, each compared with itself.

    A machine that others use is faster in one minute than in the next; two cases of one round had about the same
    machine.

    Example:
        >>> ratio([2.0, 4.0, 3.0], [1.0, 2.0, 1.0])
        2.0
    """
    return statistics.median(a / b for a, b in zip(over, under, strict=True))
