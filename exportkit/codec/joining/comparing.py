"""Images compared by value (``docs/joining.md``)."""

from exportkit.codec.joining.entries import MAX_SIZE, Image
from exportkit.codec.keys import HASH_SIZE
from exportkit.codec.readers import ReferenceCanonicaliser
from exportkit.codec.writing import frame_item
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.scan import ReadOptions

__all__ = ["equal"]


def equal(one: Image, other: Image, form: OutputFormat) -> bool:
    """Tells whether two images have one value.

    Args:
        one: The one.
        other: The other.
        form: That of their texts.

    Raises:
        ValueError: They are not known to be equal, and a text is no item's.
    """
    if one.hash is None and other.hash is None and _lines(one, form) & _lines(other, form):
        return True
    return _hash(one, form) == _hash(other, form)


def _lines(image: Image, form: OutputFormat) -> set[bytes]:
    """Returns an image's line if it is written as a transcoder would."""
    if not image.is_line:
        return {frame_item(image.text, form.form)}
    before, behind = frame_item(b"|", form.form).split(b"|")
    is_framed = image.text.startswith(before) and image.text.removeprefix(before).endswith(behind)
    return {image.text} if is_framed else set()


def _hash(image: Image, form: OutputFormat) -> bytes:
    """Returns the hash of an image, read from its text where it is not known."""
    if image.hash is not None:
        return image.hash
    line = image.text if image.is_line else frame_item(image.text, form.form)
    options = ReadOptions(format=form, export_type=ExportType.FULL, uri="an entry", max_record_size=MAX_SIZE)
    reader = ReferenceCanonicaliser(options, lambda _: None, hashed=True)
    try:
        hashes = reader.feed(line) + reader.finish()
    except MalformedRecordError as error:
        raise ValueError("an entry has a text that is no item's") from error
    if len(hashes) != 1:
        raise ValueError("an entry has a text that is no item's")
    return hashes[0][:HASH_SIZE]
