"""A drift as reports tell it: where the change stands, and both images."""

import re
from collections.abc import Mapping
from typing import Any

from exportkit.joining.places import NamedPlace
from exportkit.model.joining import Drift

__all__ = ["sample_told_before", "told_sample"]

_ITEM = re.compile(rb"\s*(?:\$ion_1_0\s*)?\{\s*\"?Item\"?\s*:\s*(\{.*\})\s*\}\s*", re.DOTALL)


def told_sample(drift: Drift, place: NamedPlace) -> dict[str, Any]:
    """Returns a drift for reports.

    Args:
        drift: The drift.
        place: Where the change stands.
    """
    return {
        "kind": str(drift.kind),
        "export": place.export,
        "file": place.file,
        "line": place.line,
        "offset": place.offset,
        "key": drift.key.decode(),
        "old_image": None if drift.old_image is None else drift.old_image.decode(),
        "state": None if drift.state is None else _image(drift.state),
    }


def sample_told_before(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a drift that a lineage tells, which has the bare name of the data file: with the export it is of."""
    export = sample.get("export")
    return {**sample, "file": f"{export}/…/{sample['file']}" if export else sample["file"]}


def _image(text: bytes) -> str:
    """Returns an image's text; of an item that is still the base's line the image in it."""
    item = _ITEM.fullmatch(text)
    return (item[1] if item else text).decode()
