"""What went over the wire to S3, counted."""

import threading
from collections import Counter
from typing import Any

__all__ = ["Traffic"]

_PREFIX = "before-send.s3."
_WRITING = {"PutObject", "UploadPart"}


class Traffic:
    """Counts the requests to S3 of whoever shares it, and their bytes; threads may share one.

    Example:
        >>> traffic = Traffic()
        >>> report = exportkit.verify(location, storage=StoreOptions(traffic=traffic))  # doctest: +SKIP
        >>> traffic.to_dict()["requests"]
        0
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._resumed = 0
        self._sent: Counter[str] = Counter()
        self._bytes_read = 0
        self._bytes_written = 0

    @property
    def requests(self) -> int:
        """Requests that were sent, every repetition included: what S3 bills, about."""
        return self._sent.total()

    @property
    def retries(self) -> int:
        """Those of them that repeated a request, or went on with an answer that had broken off."""
        return self.requests - self._calls + self._resumed

    def to_dict(self) -> dict[str, object]:
        """Returns the counts as ``--json`` tells them."""
        with self._lock:
            return {
                "requests": self.requests,
                "retries": max(self.retries, 0),
                "bytes_read": self._bytes_read,
                "bytes_written": self._bytes_written,
                "operations": dict(sorted(self._sent.items())),
            }

    def __str__(self) -> str:
        told = f"{self.requests:,} request{'' if self.requests == 1 else 's'}"
        if self.retries > 0:
            told += f" ({self.retries:,} of them again)"
        return f"{told}, {_amount(self._bytes_read)} read, {_amount(self._bytes_written)} written"

    def watch(self, client: Any) -> None:
        """Counts the requests of a client from here on."""
        client.meta.events.register("before-call.s3", self._call)
        client.meta.events.register("before-send.s3", self._send)

    def read(self, size: int) -> None:
        """Counts bytes of an object that came."""
        with self._lock:
            self._bytes_read += size

    def resume(self) -> None:
        """Counts an answer that broke off, and is asked for again."""
        with self._lock:
            self._resumed += 1

    def _call(self, **_: Any) -> None:
        with self._lock:
            self._calls += 1

    def _send(self, request: Any, event_name: str, **_: Any) -> None:
        operation = event_name.removeprefix(_PREFIX)
        with self._lock:
            self._sent[operation] += 1
            if operation in _WRITING:
                self._bytes_written += int(request.headers.get("Content-Length") or 0)


def _amount(size: int) -> str:
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1e3:,.1f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB"
