"""Counts records without reading them, for the content level."""

import re

__all__ = ["LineCounter"]

_BLANK = b" \t\r"
_BLANK_LINE = re.compile(rb"\n(?=[ \t\r]*\n)")


class LineCounter:
    """Counts the lines that are not blank (``docs/records.md``, Lines), chunk by chunk."""

    def __init__(self) -> None:
        self.records = 0
        self.blank_lines = 0
        self._open_bytes = False  # whether the line that is still open has any bytes
        self._open_filled = False  # whether any of them are not blank

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the file."""
        first = chunk.find(b"\n")
        if first < 0:
            self._open_bytes |= bool(chunk)
            self._open_filled = self._open_filled or bool(chunk.strip(_BLANK))
            return
        self._close(filled=self._open_filled or bool(chunk[:first].strip(_BLANK)))
        last = chunk.rfind(b"\n")
        lines = chunk.count(b"\n", first + 1, last + 1)
        blank = sum(1 for _ in _BLANK_LINE.finditer(chunk, first, last + 1))
        self.records += lines - blank
        self.blank_lines += blank
        self._open_bytes = last + 1 < len(chunk)
        self._open_filled = bool(chunk[last + 1 :].strip(_BLANK))

    def finish(self) -> None:
        """Ends the file; a last line without line feed counts."""
        if self._open_bytes:
            self._close(filled=self._open_filled)
        self._open_bytes = self._open_filled = False

    def _close(self, *, filled: bool) -> None:
        self.records += filled
        self.blank_lines += not filled
