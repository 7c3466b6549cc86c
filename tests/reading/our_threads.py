"""Threads that exportkit has started since a point, whatever threads of others come and go."""

import threading

__all__ = ["ThreadsSince"]


class ThreadsSince:
    """Counts exportkit's threads that were not there when it was made."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def __call__(self) -> int:
        return sum(thread.name.startswith("exportkit") for thread in set(threading.enumerate()) - self._before)
