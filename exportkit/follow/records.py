"""What was found out: one small object for each export, so that a killed run leaves no doubt behind."""

from collections.abc import Mapping
from typing import Any

import orjson

from exportkit.store import Store

__all__ = ["FILTERED", "VERIFIED", "Records"]

VERIFIED = "exportkit/verified"
"""Where reports of verify lie, beside ``AWSDynamoDB``: nothing is ever put among AWS's own files."""
FILTERED = "exportkit/filtered"
"""Likewise what DescribeExport said of filtered exports: it forgets them after 90 days."""


class Records:
    """What is kept of exports beside them, by ExportId.

    Args:
        store: Where the exports lie.
        root: The folder that ``AWSDynamoDB`` lies in.
        folder: Where in it.
    """

    def __init__(self, store: Store, root: str, folder: str) -> None:
        self._store = store
        self._folder = store.join(root, folder)
        self._ids: set[str] | None = None

    def has(self, export_id: str) -> bool:
        """Tells whether there is something on an export; they are listed once."""
        if self._ids is None:
            _, files = self._store.children(self._folder)
            self._ids = {self._store.name(info.uri).removesuffix(".json") for info in files}
        return export_id in self._ids

    def add(self, export_id: str, report: Mapping[str, Any]) -> None:
        """Keeps what is to be known of an export."""
        told = orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        self._store.put(self._store.join(self._folder, f"{export_id}.json"), told)
        if self._ids is not None:
            self._ids.add(export_id)
