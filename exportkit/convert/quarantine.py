"""Where malformed records go that are set aside: lines of JSON, each with the record's place and bytes."""

import base64
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import orjson

from exportkit.model.decode import MalformedRecord
from exportkit.store import Store

__all__ = ["QUARANTINE_FOLDER", "Quarantine"]

QUARANTINE_FOLDER = "quarantine"


class Quarantine:
    """Writes the malformed records of one task into one file, which is made with the first of them.

    Args:
        store: Where the destination lies.
        uri: The file.
        workplace: Where it lies until it is whole.
    """

    def __init__(self, store: Store, uri: str, workplace: str) -> None:
        self._writer = store.writer(uri, workplace=workplace)
        self._stack = ExitStack()
        self.counts: Counter[int] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, file: int, uri: str, records: Sequence[MalformedRecord]) -> None:
        """Takes malformed records.

        Args:
            file: The data file's index.
            uri: The data file.
            records: The records.
        """
        if not self.counts:
            self._stack.enter_context(self._writer)
        self.counts[file] += len(records)
        self._writer.write(b"".join(_line(uri, record) for record in records))


def _line(uri: str, record: MalformedRecord) -> bytes:
    fault, data = record.fault, record.data
    document: dict[str, Any] = {
        "file": uri,
        "line": fault.line,
        "offset": fault.offset,
        "reason": fault.reason,
        "path": fault.path,
    }
    if data is not None:
        try:
            document["text"] = data.decode()
        except UnicodeDecodeError:
            document["base64"] = base64.b64encode(data).decode()
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
