"""Who holds a lock: a process of some machine."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

import orjson

__all__ = ["Holder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process.

    Attributes:
        host: The machine's name, for people.
        machine: What tells this run of the machine, and the processes numbered together on it, from any other;
            empty where the operating system does not say.
        pid: The process.
        started: What tells it from a later one of that number; empty where the operating system does not say.
        since: When it took the lock, ISO-8601.
        token: Tells this taking of a lock from any other.
    """

    host: str
    machine: str
    pid: int
    started: str
    since: str
    token: str

    @classmethod
    def this(cls) -> Self:
        """Returns the process that runs this."""
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        pid = os.getpid()
        return cls(
            host=socket.gethostname(),
            machine=_machine(),
            pid=pid,
            started=_started(pid),
            since=since,
            token=token_hex(8),
        )

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Returns the holder that a lock tells of.

        Raises:
            ValueError: It tells of none.
            TypeError: Likewise.
        """
        said: Any = orjson.loads(data)
        holder = cls(**{name: said[name] for name in cls.__dataclass_fields__ if name in said})
        if not isinstance(holder.pid, int):
            raise TypeError("the pid of a lock's holder is a number")
        return holder

    def to_json(self) -> bytes:
        """Returns it as a lock tells it."""
        return orjson.dumps(asdict(self))

    def is_gone(self) -> bool:
        """Tells whether the process has surely ended: it ran on this machine, and does no more."""
        return bool(self.machine and self.started) and self.machine == _machine() and _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


@cache
def _machine() -> str:
    """Returns Linux's number of this boot, and of the name space that process numbers belong to."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Returns when a process started, in Linux's ticks since the boot; empty if there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] in {b"Z", b"X"} else after_name[19].decode()
