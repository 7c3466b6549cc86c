"""Names in a bucket: the layout of exports, and where a manifest's keys point once an export has moved.

AWS's page "DynamoDB table export output format" has the layout; ``docs/locations.md``
the rule that manifest keys are placed by, and why.
"""

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256

from exportkit.model.times import from_micros

__all__ = [
    "DATASET",
    "DATA_FOLDER",
    "MANIFEST_FILES",
    "MANIFEST_SUMMARY",
    "ROOT_FOLDER",
    "STARTED",
    "Anchor",
    "Place",
    "data_file_name",
    "export_id_time",
    "is_export_id",
    "is_manifest",
    "place_key",
]

ROOT_FOLDER = "AWSDynamoDB"
MANIFEST_SUMMARY = "manifest-summary.json"
MANIFEST_FILES = "manifest-files.json"
STARTED = "_started"
DATA_FOLDER = "data"
DATASET = "dataset.json"
"""Beside the Parquet files that ``convert`` made of an export."""

_EXPORT_ID = re.compile(r"(\d{14})-[0-9a-f]{8}")
_MANIFEST = re.compile(r"manifest-(summary|files)\.(json|md5|checksum)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Anchor(Enum):
    """What a manifest key is relative to, wherever the export lies now."""

    EXPORT = "the export's folder"
    ROOT = "the folder above it, which exports share"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manifest key points.

    Attributes:
        anchor: What ``path`` is relative to.
        path: Names joined by ``/``; none of them empty, ``.`` or ``..``.
    """

    anchor: Anchor
    path: str


def data_file_name(export_id: str, index: int) -> str:
    """Returns the name, without its ending, that a data file has in an export that is made: 26 characters, as AWS's.

    Args:
        export_id: The ExportId.
        index: The data file's place in the manifest.
    """
    return base64.b32encode(sha256(f"{export_id}/{index}".encode()).digest()[:16]).decode().lower().rstrip("=")


def is_export_id(name: str) -> bool:
    """Tells whether a folder's name is an ExportId."""
    return _EXPORT_ID.fullmatch(name) is not None


def is_manifest(name: str) -> bool:
    """Tells whether a file's name is a manifest's, or that of its checksum."""
    return _MANIFEST.fullmatch(name) is not None


def export_id_time(export_id: str) -> datetime | None:
    """Returns when an export began, from the milliseconds its ExportId starts with."""
    found = _EXPORT_ID.fullmatch(export_id)
    if not found:
        return None
    try:
        return from_micros(int(found[1]) * 1000)
    except OverflowError:
        return None


def place_key(key: str, own_ids: Collection[str], own_folder: str = "") -> Place:
    """Returns where a manifest key points, by its text alone.

    What stands in front of the key's last component ``AWSDynamoDB`` is where the export
    was written, not where it is: it is dropped. A key without that component is relative
    to the export's folder.

    Args:
        key: The key as the manifest has it.
        own_ids: Names the export's own folder goes by under ``AWSDynamoDB``.
        own_folder: The folder of manifest-files.json as the manifest has it, for keys of
            writers that name no folder ``AWSDynamoDB``.

    Raises:
        ValueError: The key leads out of the export; the message says how.
    """
    if "\0" in key:
        raise ValueError("holds a NUL")
    if _URI.match(key):
        raise ValueError("names another place")
    names = key.split("/")
    if ".." in names:
        raise ValueError("climbs with '..'")
    if ROOT_FOLDER in names:
        after = len(names) - names[::-1].index(ROOT_FOLDER)
        rest = [name for name in names[after:] if name not in {"", "."}]
        if len(rest) > 1 and rest[0] in own_ids:
            return Place(Anchor.EXPORT, "/".join(rest[1:]))
        if len(rest) > 1 and rest[0] == DATA_FOLDER:
            return Place(Anchor.ROOT, "/".join(rest))
        raise ValueError("belongs to another export")
    if key.startswith("/"):
        raise ValueError("is absolute")
    if own_folder and key.startswith(own_folder + "/"):
        names = key.removeprefix(own_folder).split("/")
    rest = [name for name in names if name not in {"", "."}]
    if not rest:
        raise ValueError("names no object")
    return Place(Anchor.EXPORT, "/".join(rest))
