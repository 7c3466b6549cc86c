"""A drift as reports tell it: where the change stands, and both images."""

import re
from typing import Any

from exportkit.model.joining import Drift

__all__ = ["told_sample"]

_ITEM = re.compile(rb"\s*(?:\$ion_1_0\s*)?\{\s*\"?Item\"?\s*:\s*(\{.*\})\s*\}\s*", re.DOTALL)


def told_sample(drift: Drift, place: tuple[str, int, int]) -> dict[str, Any]:
    """Returns a drift for reports.

    Args:
        drift: The drift.
        place: Data file, line and byte offset of the change.
    """
    uri, line, offset = place
    return {
        "kind": str(drift.kind),
        "file": uri,
        "line": line,
        "offset": offset,
        "key": drift.key.decode(),
        "old_image": None if drift.old_image is None else drift.old_image.decode(),
        "state": None if drift.state is None else _image(drift.state),
    }


def _image(text: bytes) -> str:
    """Returns an image's text; of an item that is still the base's line the image in it."""
    item = _ITEM.fullmatch(text)
    return (item[1] if item else text).decode()
