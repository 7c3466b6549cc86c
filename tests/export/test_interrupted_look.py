"""Ctrl-C while exports are looked for, and a listing stands still."""

import signal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from exportkit.locations import find_below
from exportkit.store.cancelling import cancellation
from exportkit.store.local import LocalStore


class StalledStore(LocalStore):
    """A store whose listings never end by themselves."""

    def children(self, folder: str) -> NoReturn:
        cancellation().wait(600)
        raise AssertionError("it is cancelled before")


@pytest.mark.timeout(60)
def test_a_listing_that_stands_still_is_not_waited_for(tmp_path: Path) -> None:
    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(find_below(StalledStore(), str(tmp_path)))
    finally:
        signal.signal(signal.SIGALRM, before)
