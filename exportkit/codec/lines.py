"""Chunks in, lines out: a record is a line, wherever the chunks end."""

from collections.abc import Iterator
from typing import NamedTuple

from exportkit.model.scan import Buffer

__all__ = ["Line", "LineSplitter"]

_BLANK = b" \t\r"


class Line(NamedTuple):
    """One line that is not blank: a record.

    Attributes:
        number: From 1, blank lines counted.
        offset: Byte offset of its start in the file.
        size: Its bytes, line feed counted.
        data: Its bytes without the line feed; None if it is too long.
    """

    number: int
    offset: int
    size: int
    data: bytes | None


class LineSplitter:
    """Cuts the chunks of one file into lines, holding at most one line of the size allowed.

    Attributes:
        bytes: Bytes taken so far.
        records: Lines so far that are not blank.
        blank_lines: Lines of nothing but spaces, tabs and carriage returns.
        longest_record: Bytes of the longest line that is not blank, without its line feed.
    """

    def __init__(self, max_record_size: int) -> None:
        self.bytes = 0
        self.records = 0
        self.blank_lines = 0
        self.longest_record = 0
        self._limit = max_record_size
        self._number = 0
        self._offset = 0
        self._length = 0
        self._held = bytearray()

    def feed(self, chunk: Buffer) -> Iterator[Line]:
        """Yields the lines that the chunk completed; takes the whole chunk only once all of them were asked for."""
        data = bytes(chunk)
        self.bytes += len(data)
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._hold(data[start:end])
            line = self._take(1)
            start = end + 1
            if line is not None:
                yield line
        self._hold(data[start:])

    def finish(self) -> Line | None:
        """Returns the last line, if it had no line feed."""
        return self._take(0) if self._length else None

    def _hold(self, part: bytes) -> None:
        """Takes a piece of the line that is being read; lets go of a line that is too long."""
        self._length += len(part)
        if self._length <= self._limit:
            self._held += part
        else:
            self._held.clear()

    def _take(self, feeds: int) -> Line | None:
        """Ends the line that is being read, with so many line feeds, and returns it, unless it is blank."""
        data, length, offset = bytes(self._held), self._length, self._offset
        self._held.clear()
        self._length = 0
        self._number += 1
        self._offset += length + feeds
        too_long = length > self._limit
        if not too_long and not data.strip(_BLANK):
            self.blank_lines += 1
            return None
        self.records += 1
        self.longest_record = max(self.longest_record, length)
        return Line(self._number, offset, length + feeds, None if too_long else data)
