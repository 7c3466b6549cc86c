"""How large exports are, and whether there is room for temporary files."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from exportkit.errors import StoreError
from exportkit.export import DataFile, Export
from exportkit.reading import in_order
from exportkit.store.temporary import temporary_place

__all__ = ["ExportSize", "check_space", "measure"]

_ASKERS = 16
_LOOKED_INTO = 8
_LENGTH = 4  # bytes of a gzip trailer's ISIZE (RFC 1952)
_USUAL_RATIO = 5
_ROOM = 5, 4  # a quarter more than what is reckoned


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSize:
    """How large an export is.

    Attributes:
        files: Its data files.
        items: Its records.
        bytes: Bytes of its data files.
        text_bytes: Decompressed bytes of them, about.
    """

    files: int
    items: int
    bytes: int
    text_bytes: int


def measure(export: Export) -> ExportSize:
    """Returns how large an export is: a request for each data file, and a few for what it inflates to.

    Raises:
        ManifestError: A line of manifest-files.json is malformed.
        ForeignKeyError: A key leads out of the export's root.
        ObjectNotFoundError: A data file is missing.
        StoreError: It cannot be told.
    """

    def size(file: DataFile) -> tuple[str, int]:
        return file.uri, export.stat_data(file.uri).size

    found = list(in_order(size, (file for file in export.files() if file.entry.item_count), _ASKERS))
    looked_into = found[:: max(1, len(found) // _LOOKED_INTO)]
    inflated = sum(int.from_bytes(export.store.tail(uri, _LENGTH), "little") for uri, size in looked_into if size)
    deflated = sum(size for _, size in looked_into)
    total = sum(size for _, size in found)
    if inflated < deflated:  # it is the length of a file's last gzip member alone
        inflated = deflated * _USUAL_RATIO
    return ExportSize(
        files=len(found),
        items=export.summary.item_count,
        bytes=total,
        text_bytes=total * inflated // deflated if deflated else 0,
    )


def check_space(temp_dir: Path | None, needed: int) -> int:
    """Returns how many bytes are free for temporary files; 0 where none are needed, for then nothing is asked.

    Args:
        temp_dir: Where they go; the system's temporary folder if None.
        needed: Bytes that will be needed, about.

    Raises:
        StoreError: There are fewer, or it cannot be told.
    """
    if not needed:
        return 0
    place = temporary_place(temp_dir)
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        raise StoreError(
            place, f"is no folder for temporary files ({error.strerror}); name one (--temp-dir)"
        ) from error
    times, parts = _ROOM
    if free < needed * times // parts:
        raise StoreError(
            place,
            f"about {needed * times // parts:,} bytes are needed for temporary files, and {free:,} are free; name "
            "another folder (--temp-dir), or allow more memory (--memory)",
        )
    return free
