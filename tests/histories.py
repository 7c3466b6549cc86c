"""A table's life as a plain list of writes, and what exports of it have to say, by dictionaries alone.

The model that replay and the algebra are judged by. Nothing here is clever: a state is what the writes before an
instant leave, a change is the state before a window against the state after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import from_micros, to_micros
from exportkit.model.values import ChangeRecord, Item, Record
from exportkit.sink.export_writer import ExportWriter
from tests.handwriting import Handwriting

Key: TypeAlias = tuple[str | Decimal | bytes, ...]
State: TypeAlias = dict[Key, Item]

START = to_micros(datetime.fromisoformat("2026-01-14T10:20:00Z"))
WINDOW = 15 * 60 * 1_000_000
"""Microseconds of a window."""

TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders"


@dataclass(frozen=True)
class Write:
    """One write: the item as it is afterwards, or None where it was deleted; microseconds since the epoch."""

    at: int
    key: Key
    item: Item | None


@dataclass(frozen=True)
class History:
    """The writes of a table, by time."""

    key_names: tuple[str, ...]
    writes: tuple[Write, ...]

    def state(self, at: int) -> State:
        """Returns the items after every write before an instant."""
        items: State = {}
        for write in self.writes:
            if write.at < at:
                if write.item is None:
                    items.pop(write.key, None)
                else:
                    items[write.key] = write.item
        return items

    def changes(self, start: int, end: int) -> list[ChangeRecord]:
        """Returns the net changes of ``[start, end)``, as AWS has them: nothing of an item born and deleted there."""
        before, after = self.state(start), self.state(end)
        last = {write.key: write.at for write in self.writes if start <= write.at < end}
        return [
            ChangeRecord(
                keys=dict(zip(self.key_names, key, strict=True)),
                write_timestamp=at,
                new_image=after.get(key),
                old_image=before.get(key),
            )
            for key, at in last.items()
            if key in before or key in after
        ]

    def window(self, number: int) -> list[ChangeRecord]:
        """Returns the net changes of one of the windows that tile the time from ``START``."""
        return self.changes(START + number * WINDOW, START + (number + 1) * WINDOW)


def compacted(key_names: Sequence[str], *windows: Iterable[ChangeRecord]) -> dict[Key, tuple[Any, Any, int]]:
    """Returns by key what windows come to: the image before them, the one after them, the last change's timestamp."""
    net: dict[Key, tuple[Any, Any, int]] = {}
    for window in windows:
        for change in window:
            key = key_of(change.keys, key_names)
            before, _, _ = net.get(key, (change.old_image, None, 0))
            net[key] = before, change.new_image, change.write_timestamp
    return {key: found for key, found in net.items() if found[:2] != (None, None)}


def by_key(changes: Iterable[ChangeRecord], key_names: Sequence[str]) -> dict[Key, tuple[Any, Any, int]]:
    """Returns changes in the same form."""
    return {
        key_of(change.keys, key_names): (change.old_image, change.new_image, change.write_timestamp)
        for change in changes
    }


def key_of(item: Item, key_names: Sequence[str]) -> Key:
    """Returns an item's key."""
    return tuple(item[name] for name in key_names)  # type: ignore[misc] - keys are S, N and B


def typed(value: Any) -> Any:
    """Returns a value in which what Python holds equal and DynamoDB does not is told apart: True and 1, say."""
    match value:
        case dict():
            return {name: typed(inner) for name, inner in value.items()}
        case list() | tuple():
            return [typed(inner) for inner in value]
        case set():
            return (type(next(iter(value))), value)
    return (type(value), value)


# --- exports of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writing:
    """How exports are written: a seed decides spelling, order, and how records are spread over files.

    Attributes:
        root: The folder that stands for the bucket.
        seed: Decides it.
        plain: Whether lines have the usual spelling and their order, in one file.
        prefix: The S3 prefix.
    """

    root: Path
    seed: int = 0
    plain: bool = False
    prefix: str | None = None

    def full(self, state: State, at: int = START, form: OutputFormat = OutputFormat.DYNAMODB_JSON) -> Path:
        """Writes a full export of a state; returns its folder."""
        return self._write(list(state.values()), form, at, None, None)

    def window(
        self,
        changes: Sequence[ChangeRecord],
        start: int,
        end: int,
        form: OutputFormat = OutputFormat.DYNAMODB_JSON,
        view: ExportView = ExportView.NEW_AND_OLD_IMAGES,
    ) -> Path:
        """Writes an incremental export; returns its folder."""
        if view is ExportView.NEW_IMAGE:
            changes = [ChangeRecord(one.keys, one.write_timestamp, one.new_image, None) for one in changes]
        return self._write(changes, form, start, end, view)

    def numbered(
        self,
        history: History,
        number: int,
        form: OutputFormat = OutputFormat.DYNAMODB_JSON,
        view: ExportView = ExportView.NEW_AND_OLD_IMAGES,
    ) -> Path:
        """Writes one of the windows that tile the time from ``START``; returns its folder."""
        start = START + number * WINDOW
        return self.window(history.changes(start, start + WINDOW), start, start + WINDOW, form, view)

    def _write(
        self, records: Sequence[Record], form: OutputFormat, start: int, end: int | None, view: ExportView | None
    ) -> Path:
        random = Random(f"{self.seed} {start} {end} {form}")
        hand = Handwriting(None if self.plain else random)
        lines = [hand.line(record, form) for record in records]
        with ExportWriter(self.root, self._summary(form, start, end, view)) as export:
            for part in [lines] if self.plain else spread(lines, random):
                with export.data_file() as file:
                    for line in part:
                        cut = 0
                        if not self.plain and random.random() < 0.1:
                            cut = random.randrange(len(line))
                            file.write(line[:cut], 0)
                            file.new_member()
                        file.write(line[cut:] + b"\n", 1)
            export.finish()
            return Path(export.folder)

    def _summary(self, form: OutputFormat, start: int, end: int | None, view: ExportView | None) -> ManifestSummary:
        began = from_micros(start if end is None else end)
        salt = Random(f"{self.seed} {start} {end} {form} {view} id").randrange(1 << 32)
        return ManifestSummary(
            version="2020-06-30" if end is None else "2023-08-01",
            export_arn=f"{TABLE}/export/{to_micros(began) // 1000:014d}-{salt:08x}",
            start_time=began,
            end_time=began,
            table_arn=TABLE,
            table_id="11991185-e7ab-4da5-8bab-03f0db0b7bfd",
            export_time=began if end is None else None,
            export_from_time=None if end is None else from_micros(start),
            export_to_time=None if end is None else from_micros(end),
            s3_bucket="bucket",
            s3_prefix=self.prefix,
            s3_sse_algorithm="AES256",
            manifest_files_s3_key="",
            billed_size_bytes=0,
            item_count=0,
            output_format=form,
            output_view=view,
            export_type=ExportType.FULL if end is None else ExportType.INCREMENTAL,
        )


def spread(lines: list[bytes], random: Random) -> list[list[bytes]]:
    """Returns lines in any order over some files, which may be empty, the first too."""
    files: list[list[bytes]] = [[] for _ in range(random.randint(1, 4))]
    for line in random.sample(lines, len(lines)):
        random.choice(files).append(line)
    if random.random() < 0.5:
        files.insert(0, [])
    return files
