"""Malformed records: an error, or set aside with their places."""

from exportkit.codec.lines import Line
from exportkit.codec.tree import RecordFault
from exportkit.errors import MalformedRecordError
from exportkit.model.decode import MalformedRecord
from exportkit.model.scan import Fault

__all__ = ["Quarantine"]


class Quarantine:
    """Keeps the malformed records of one data file until they are taken.

    Args:
        uri: The file, for errors.
        allowed: Whether there may be any.

    Attributes:
        count: Records set aside.
    """

    def __init__(self, uri: str, *, allowed: bool) -> None:
        self.count = 0
        self._uri = uri
        self._allowed = allowed
        self._records: list[MalformedRecord] = []

    def set_aside(self, line: Line, fault: RecordFault) -> None:
        """Keeps a malformed record.

        Raises:
            MalformedRecordError: There may be none.
        """
        if not self._allowed:
            raise MalformedRecordError(self._uri, line.number, line.offset, fault.reason, fault.path)
        self.count += 1
        self._records.append(MalformedRecord(Fault(fault.reason, line.number, line.offset, fault.path), line.data))

    def take(self) -> list[MalformedRecord]:
        """Returns and forgets the records set aside since the last call."""
        taken, self._records = self._records, []
        return taken
