"""What a made export's ``lineage.json`` tells, read back."""

from collections.abc import Mapping
from typing import Any

import orjson

from exportkit.errors import ManifestError, ObjectNotFoundError
from exportkit.joining.made import LINEAGE
from exportkit.store import Store

__all__ = ["read_lineage"]

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
