"""What reports tell of a drift."""

import pytest

from exportkit.joining.places import NamedPlace
from exportkit.model.joining import Drift, DriftKind
from exportkit.replay.samples import told_sample

PLACE = NamedPlace("changes.json.gz", 3, 70, "01768386000000-0a1b2c3d")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (b'{"Item":{"id":{"S":"a"}}}', '{"id":{"S":"a"}}'),
        (b'{"id":{"S":"a"}}', '{"id":{"S":"a"}}'),
        (b'$ion_1_0 {Item:{id:"a"}}\r', '{id:"a"}'),
        (None, None),
    ],
)
def test_a_line_of_the_base_is_told_by_its_image(state: bytes | None, told: str | None) -> None:
    drift = Drift(DriftKind.DIFFERENT, (1, 0, 3, 70), b'{"id":{"S":"a"}}', b"{}", state)
    assert told_sample(drift, PLACE)["state"] == told


def test_an_old_image_with_an_attribute_named_item_is_told_whole() -> None:
    image = b'{"Item":{"S":"a"}}'
    drift = Drift(DriftKind.MISSING, (1, 0, 3, 70), image, image, None)
    assert told_sample(drift, PLACE)["old_image"] == image.decode()
