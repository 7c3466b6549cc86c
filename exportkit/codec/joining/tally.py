"""What a join makes and counts, key by key (``docs/joining.md``)."""

from collections import Counter

from exportkit.codec.joining.entries import Entry, Image
from exportkit.codec.writing import frame_change, frame_item
from exportkit.model.joining import Drift, DriftKind, Joined, JoinOptions, KeyedTwice

__all__ = ["Tally"]

COUNTS = ("inserted", "replaced", "deleted", "absent", "untouched", "dropped", "repeated", "ghosts")


class Tally:
    """Lines and counts of the keys that were joined so far.

    Args:
        options: How they are joined.

    Attributes:
        options: The same.
        counts: By the names of ``exportkit.model.joining.Joined``.
    """

    def __init__(self, options: JoinOptions) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self._form = options.form.form
        self._lines = bytearray()
        self._records = 0
        self._drift = dict.fromkeys(DriftKind, 0)
        self._samples: list[Drift] = []
        self._keyed_twice: KeyedTwice | None = None

    def give(self, record: bytes) -> None:
        """Takes a record as it stands."""
        self._lines += record
        self._records += 1

    def write_item(self, text: bytes) -> None:
        """Makes an item's record."""
        self.give(frame_item(text, self._form) + b"\n")

    def count_change(self, *, after: Image | None, born: bool) -> None:
        """Counts a change record by its new image, and by whether there surely was no item before."""
        self.counts["deleted" if after is None else "inserted" if born else "replaced"] += 1

    def write_change(self, record: Entry, before: Image | None, after: Image | None) -> None:
        """Makes a change record of these images, with a record's key and, unless the options say another, its time."""
        old = None if before is None or not self.options.old_images else before.text
        new = None if after is None else after.text
        line = frame_change(record.key, self._timestamp(record.timestamp), old, new, self._form)
        self.give(line + b"\n")

    def _timestamp(self, written: int) -> int:
        if self.options.timestamp is not None:
            return self.options.timestamp
        if self.options.window is None:
            return written
        start, end = self.options.window
        return max(start, min(written, end - 1))

    def note_drift(self, kind: DriftKind, change: Entry, state: Image | None) -> None:
        """Notes a change whose old image is not the state before it."""
        self._drift[kind] += 1
        if len(self._samples) < self.options.samples:
            old, before = (None if image is None else image.text for image in (change.old, state))
            self._samples.append(Drift(kind, change.place, change.key, old, before))

    def note_keyed_twice(self, first: Entry, second: Entry) -> None:
        """Notes two records of one state with one key."""
        self._keyed_twice = self._keyed_twice or KeyedTwice(first.place, second.place)

    def joined(self) -> Joined:
        """Returns all of it."""
        return Joined(
            lines=bytes(self._lines),
            records=self._records,
            drift=self._drift,
            samples=tuple(self._samples),
            keyed_twice=self._keyed_twice,
            **{name: self.counts[name] for name in COUNTS},
        )
