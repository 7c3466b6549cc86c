"""A way to an S3 server on which requests fail as they do in the wild, on loopback.

What becomes of a request is decided by the seed, the request and how often it was seen: the same whatever threads
send it. Connections are not kept, so that one fault does not reach into the next request.
"""

import hashlib
import http.client
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_STALL = 60  # longer than any client of a test waits


class Fault(StrEnum):
    """What may become of a request."""

    SLOW_DOWN = "slow down"  # 503, nothing is done
    ERROR = "error"  # 500, nothing is done
    UNAVAILABLE = "unavailable"  # 503 without a body, nothing is done
    REFUSED = "refused"  # the connection is cut before an answer, nothing is done
    LOST = "lost"  # it is done, but the connection is cut instead of an answer
    LOST_500 = "lost 500"  # it is done, and 500 is answered
    CUT = "cut"  # the connection is reset in the middle of the answer
    SHORT = "short"  # the answer ends too early
    STALL = "stall"  # the answer stands still in its middle
    CORRUPT = "corrupt"  # a byte of the answer is another
    CORRUPT_SENT = "corrupt sent"  # a byte of what is put is another


PASSING = tuple(fault for fault in Fault if fault is not Fault.CORRUPT)
"""Those that a client can know of by itself."""


_REFUSALS = {
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.ERROR: (500, "InternalError"),
    Fault.UNAVAILABLE: (503, ""),
}


@dataclass
class FaultyProxy:
    """Hands requests on to a server, a share of which fails.

    Attributes:
        url: Where clients find it.
        seed: Decides which fail, and how.
        share: Of all requests, that fail.
        faults: What may become of those.
        only: A part of the paths that fail; others never do.
        seen: Requests that came, as ``METHOD path``.
        failed: What became of those that failed.
    """

    url: str
    target: tuple[str, int]
    seed: int = 0
    share: float = 0.0
    faults: Sequence[Fault] = PASSING
    only: str = ""
    seen: Counter[str] = field(default_factory=Counter)
    failed: Counter[Fault] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ending: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextmanager
    def to(cls, url: str, **named: Any) -> Iterator["FaultyProxy"]:
        where = urlsplit(url)
        assert where.hostname
        assert where.port
        server = _Server(("127.0.0.1", 0), _Handler)
        server.proxy = cls(f"http://127.0.0.1:{server.server_address[1]}", (where.hostname, where.port), **named)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        try:
            yield server.proxy
        finally:
            server.proxy.ending.set()
            server.shutdown()
            serving.join()
            server.server_close()

    def fate(self, method: str, path: str) -> tuple[Fault | None, random.Random]:
        """Returns what becomes of a request, and the chance that decides the rest of it."""
        with self.lock:
            self.seen[f"{method} {path}"] += 1
            told = f"{self.seed} {method} {_same_in_every_run(path)} {self.seen[f'{method} {path}']}"
            chance = random.Random(hashlib.sha256(told.encode()).digest())
            fault = None
            if self.only in path and chance.random() < self.share:
                fault = chance.choice(list(self.faults))
                self.failed[fault] += 1
        return fault, chance


class _Server(ThreadingHTTPServer):
    proxy: FaultyProxy
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Says nothing of clients that go away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if self.raw_requestline and self.parse_request():
            self._answer()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault, chance = self.server.proxy.fate(self.command, self.path)
        if fault in _REFUSALS:
            self._refuse(*_REFUSALS[fault])
        elif fault is Fault.REFUSED:
            self._reset()
        else:
            if fault is Fault.CORRUPT_SENT and self.command == "PUT" and body:
                body = _another(body, chance)
            self._done(*self._ask(body), fault, chance)

    def _done(self, answer: http.client.HTTPResponse, data: bytes, fault: Fault | None, chance: random.Random) -> None:
        """Says, or does not, what the server answered."""
        if fault is Fault.LOST:
            self._reset()
        elif fault is Fault.LOST_500:
            self._refuse(500, "InternalError")
        else:
            self._pass_on(answer, data, fault, chance)

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(*self.server.proxy.target, timeout=_STALL)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _pass_on(
        self, answer: http.client.HTTPResponse, data: bytes, fault: Fault | None, chance: random.Random
    ) -> None:
        size = int(answer.headers.get("Content-Length") or 0) if self.command == "HEAD" else len(data)
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        dropped = {"content-length", "transfer-encoding", "connection"}
        lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in dropped]
        lines += [f"Content-Length: {size}", "Connection: close", "", ""]
        if fault is Fault.CORRUPT and data:
            data = _another(data, chance)
        if fault not in {Fault.CUT, Fault.SHORT, Fault.STALL}:
            self._send("\r\n".join(lines).encode("latin-1") + data)
            return
        self._send("\r\n".join(lines).encode("latin-1") + data[: chance.randrange(len(data)) if data else 0])
        if fault is Fault.STALL and data:
            self.server.proxy.ending.wait(_STALL)
        if fault is Fault.CUT:
            self._reset()

    def _refuse(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>again</Message></Error>".encode() if code else b""
        if self.command == "HEAD":
            body = b""
        head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self._send(head.encode() + body)

    def _send(self, data: bytes) -> None:
        with suppress(OSError):
            self.wfile.write(data)
            self.wfile.flush()

    def _reset(self) -> None:
        """Lets the connection end by a reset, as one does that is cut."""
        with suppress(OSError):
            self.server.proxy.ending.wait(0.01)  # let what was sent arrive
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()


def _same_in_every_run(path: str) -> str:
    """Returns a path without the bucket and the upload, whose names are made up anew in each run."""
    return re.sub(r"uploadId=[^&]+", "", path.removeprefix("/").partition("/")[2])


def _another(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
