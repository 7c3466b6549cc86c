"""What a made export's ``lineage.json`` tells, read back."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from exportkit.errors import ManifestError, ObjectNotFoundError, StoreError
from exportkit.joining.made import LINEAGE
from exportkit.store import Store

__all__ = ["lineage_of_result", "read_lineage"]

_LIMIT = 64 * 1024 * 1024


def read_lineage(store: Store, folder: str) -> Mapping[str, Any] | None:
    """Returns what an export's lineage says; None where there is none, as beside AWS's own.

    Args:
        store: Where the export lies.
        folder: Its folder.

    Raises:
        ManifestError: It is malformed.
        StoreError: It cannot be read.
    """
    uri = store.join(folder, LINEAGE)
    try:
        lineage = orjson.loads(store.read(uri, _LIMIT))
    except ObjectNotFoundError:
        return None
    except orjson.JSONDecodeError as error:
        raise ManifestError(uri, f"not JSON: {error.msg}, at character {error.pos + 1}") from None
    if not isinstance(lineage, dict):
        raise ManifestError(uri, "not a JSON object")
    return lineage


def lineage_of_result(store: Store, folder: str, members: Collection[str]) -> Mapping[str, Any]:
    """Returns what the lineage of a result says that was there before.

    Args:
        store: Where it lies.
        folder: Its folder.
        members: What it has to tell.

    Raises:
        ManifestError: It is malformed.
        StoreError: There is none, or it does not tell that; or it cannot be read.
    """
    lineage = read_lineage(store, folder) or {}
    missing = [name for name in members if name not in lineage]
    if missing:
        told = f"its {LINEAGE} is gone or tells no {missing[0]}; delete the folder and run again"
        raise StoreError(folder, told)
    return lineage
