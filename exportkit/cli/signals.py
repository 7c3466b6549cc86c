"""What ends a command from outside: Ctrl-C, and the SIGTERM of schedulers and containers."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "terminated_by_signal"]


class Terminated(KeyboardInterrupt):
    """SIGTERM came: what Ctrl-C clears away is cleared away."""


@contextmanager
def terminated_by_signal() -> Iterator[None]:
    """Raises ``Terminated`` in its block when SIGTERM comes, so that uploads are aborted and temporary files deleted.

    A handler that is there already stays, and one that is ignored stays so; only a main thread can set one.
    """
    is_free = threading.current_thread() is threading.main_thread()
    if not is_free or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
