"""A way to a server that cuts connections, on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class CuttingProxy:
    """Hands bytes on between clients and a server.

    Attributes:
        url: Where clients find it.
        cuts: For each connection to come, after how many bytes of answers it is cut; those
            past the end of the list are not.
        connections: How many there were.
    """

    url: str
    target: tuple[str, int]
    cuts: list[int] = field(default_factory=list)
    connections: int = 0

    @classmethod
    @contextmanager
    def to(cls, url: str) -> Iterator["CuttingProxy"]:
        where = urlsplit(url)
        assert where.hostname
        assert where.port
        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            proxy = cls(f"http://127.0.0.1:{listening.getsockname()[1]}", (where.hostname, where.port))
            accepting = threading.Thread(target=proxy._accept, args=(listening,), daemon=True)
            accepting.start()
            try:
                yield proxy
            finally:
                listening.shutdown(socket.SHUT_RDWR)
                accepting.join()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                self.connections += 1
                limit = self.cuts.pop(0) if self.cuts else None
                server = socket.create_connection(self.target)
                threading.Thread(target=_pump, args=(client, server, None), daemon=True).start()
                threading.Thread(target=_pump, args=(server, client, limit), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536 if limit is None else min(65536, limit)):
            sink.sendall(data)
            if limit is not None and (limit := limit - len(data)) <= 0:
                break
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
