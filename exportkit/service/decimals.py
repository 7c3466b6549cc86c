"""Whether the numbers of an Ion export are spelled as ImportTable wants them: as decimals, neither ints nor floats."""

import threading
from contextlib import closing

from exportkit.engine.protocols import Engine
from exportkit.export import DataFile, Export
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import ApplyOptions
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import in_order
from exportkit.reading.files import CheckedFile

__all__ = ["find_other_number"]

_WORDS = 1024  # of a filter that holds nothing
_BLANK = b" \t\r"


def find_other_number(
    export: Export, *, engine: Engine, jobs: int, max_record_size: int = DEFAULT_MAX_RECORD_SIZE
) -> tuple[str, int, int] | None:
    """Returns the first record of an Ion state with a number that is no decimal: file, line from 1, byte offset.

    An applier that has nothing to apply hands out every line as it stands in the file, but such records: those it
    writes anew (``docs/joining.md``).

    Args:
        export: A full export in Ion.
        engine: Reads the records.
        jobs: Data files read side by side.
        max_record_size: Bytes a record may have.

    Raises:
        DataError: A record cannot be read.
        StoreError: A file cannot be read.
    """
    stop = threading.Event()

    def look(file: DataFile) -> tuple[str, int, int] | None:
        options = ApplyOptions(
            format=OutputFormat.ION,
            form=OutputFormat.ION,
            uri=file.uri,
            max_record_size=max_record_size,
            file_index=file.index,
            key_names=(),
        )
        applier = engine.applier(options, engine.key_filter(_WORDS))
        lines = _Lines()
        with CheckedFile(export, file) as data:
            for chunk in data:
                if stop.is_set():
                    return None
                lines.add(chunk)
                if not lines.take(applier.feed(chunk)):
                    return file.uri, lines.line, lines.offset
            if not lines.take(applier.finish()):
                return file.uri, lines.line, lines.offset
        return None

    with closing(in_order(look, export.files(), jobs, stop)) as places:
        return next((place for place in places if place is not None), None)


class _Lines:
    """The lines of a file that wait to be compared.

    Attributes:
        line: The number of the first of them, from 1.
        offset: Where it begins.
    """

    def __init__(self) -> None:
        self.line, self.offset = 1, 0
        self._waiting = bytearray()

    def add(self, chunk: bytes) -> None:
        """Takes more of the file."""
        self._waiting += chunk

    def take(self, kept: bytes) -> bool:
        """Tells whether the next lines, blank ones apart, are those that were kept; they are then gone."""
        if self._waiting.startswith(kept):
            self._advance(len(kept), kept.count(b"\n"))
            return True
        return all(self._take_one(line) for line in kept.split(b"\n")[:-1])

    def _take_one(self, line: bytes) -> bool:
        while self._waiting:
            end = self._waiting.find(b"\n")
            there = bytes(self._waiting if end < 0 else self._waiting[:end])
            if there.strip(_BLANK) and there != line:
                return False
            self._advance(len(there) + 1, 1)
            if there == line:
                return True
        return False

    def _advance(self, size: int, lines: int) -> None:
        del self._waiting[:size]
        self.offset += size
        self.line += lines
