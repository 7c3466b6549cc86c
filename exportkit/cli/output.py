"""Where results go: stdout, which may be a terminal, a file, a full disk, or a pipe that nobody reads."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from exportkit.cli.text import printable_json
from exportkit.store import StoreOptions

__all__ = ["OutputConsole", "discard_stdout", "print_json", "tell_traffic", "unless_nobody_reads"]


class OutputConsole(Console):
    """A console whose broken pipe is an error like any other, not the end of the process."""

    def on_broken_pipe(self) -> None:
        """Hands the error on."""
        raise BrokenPipeError


@contextmanager
def unless_nobody_reads() -> Iterator[None]:
    """Prints in its block, quietly not at all once the reader has gone away: the answer stays what it is."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()


def discard_stdout() -> None:
    """Leaves nothing for the interpreter to flush at exit, where it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_traffic(storage: StoreOptions) -> None:
    """Tells people on stderr, in one line, what went over the wire to S3, if anything did."""
    if storage.traffic.requests:
        print(f"S3: {storage.traffic}", file=sys.stderr)


def print_json(document: Mapping[str, Any], storage: StoreOptions | None = None, *, indent: bool = True) -> None:
    """Prints one JSON document, in UTF-8 whatever the locale.

    Args:
        document: What is told.
        storage: Where it was got: its requests to S3 are told as ``storage``, if there were any.
        indent: Whether it has many lines; else it is one.
    """
    import orjson  # noqa: PLC0415 - only for --json

    if storage is not None and storage.traffic.requests:
        document = {**document, "storage": storage.traffic.to_dict()}
    sys.stdout.flush()
    option = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    sys.stdout.buffer.write(orjson.dumps(printable_json(document), option=option))
    sys.stdout.buffer.flush()
