"""``exportkit.diff``: the change that leads from one state of a table to another.

Both states are read twice. First for fingerprints alone, a hundred bytes an item, which tell the keys that differ; then
only the items of those keys are taken, with their images. So neither table lies in memory or on disk as a whole.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from exportkit.algebra.attributes import AttributeTally
from exportkit.algebra.making import Making
from exportkit.algebra.options import AlgebraOptions
from exportkit.algebra.report import ChangeReport
from exportkit.engine.protocols import Engine, KeyFilter
from exportkit.errors import ChainError, DuplicateKeyError, ItemCountError, UsageError
from exportkit.export import DataFile, Export, open_export
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.joining.changes import filter_words
from exportkit.joining.checks import carried_windows, check_filters, check_table, state_time, windows_told
from exportkit.joining.joins import Totals, join_all
from exportkit.joining.key_types import KeyTypes
from exportkit.joining.lineage import read_lineage
from exportkit.joining.made import MadeExport
from exportkit.joining.remedies import listed
from exportkit.joining.sizes import measure
from exportkit.joining.states import StateReader
from exportkit.joining.writing import write_joined
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.joining import HEADER_SIZE, JoinOptions, Operation, Payload
from exportkit.model.key import check_key
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.model.values import ChangeRecord
from exportkit.model.window import Window
from exportkit.reading import OpenExport, Progress, in_order
from exportkit.reading.spill import Spill
from exportkit.store import StoreOptions
from exportkit.verify.service import described_key

__all__ = ["diff"]

_DOUBLED = "overlap: {} was made of windows that cover {} twice"
_SECOND = timedelta(seconds=1)
_PIECE = 1 << 20  # bytes of change records made into Python values at once


def diff(
    before: str | os.PathLike[str],
    after: str | os.PathLike[str],
    dest: str | os.PathLike[str] | None = None,
    *,
    key: tuple[str, ...] | None = None,
    output_format: OutputFormat | str | None = None,
    allow_other_table: bool = False,
    allow_filtered: bool = False,
    jobs: int | None = None,
    memory: int = DEFAULT_MEMORY,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> ChangeReport:
    """Makes the change that leads from one state of a table to another, and returns what is in it.

    The change is an incremental export with both images, of the window from the first state's instant to the
    second's: replayed onto the first state it gives the second. Every file is checked while it is read.

    Args:
        before: A full export: its folder, its manifest-summary.json, an S3 URI of either, or its ARN.
        after: Another, mostly a later one.
        dest: The folder or S3 URI the change goes to; None: nothing is written, and attributes are counted too.
        key: Names of the table's key attributes: partition key, and sort key if it has one. If None, what exportkit
            made is asked for it, and DynamoDB where ``before`` is an ARN.
        output_format: Format of the change; that of ``before`` if None.
        allow_other_table: Whether the two may be exports of two tables; the change is then one of the first's.
        allow_filtered: Whether they may hold a part of their tables.
        jobs: Files read side by side; one for each processor if None. The result does not depend on it.
        memory: Bytes to take, about; what does not fit spills. The result does not depend on it.
        temp_dir: Where it spills to; the system's if None.
        max_record_size: Bytes a record may have.
        storage: How to reach inputs and destination; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Reads and joins the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range, the key is not known, or something else lies in the destination,
            or that lies in an input.
        ChainError: The two are not to be compared: one is incremental, filtered, or of another table.
        DuplicateKeyError: Two items of one state have one key.
        MalformedRecordError: A record cannot be read, or has no key.
        ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
        Md5MismatchError: A manifest is not what its MD5 file says, or a data file not what the manifest says.
        ItemCountError: It holds another number of records.
        StoreError: Something cannot be read or written.

    Example:
        >>> import exportkit
        >>> report = exportkit.diff("samples/full-json", "samples/full-ion", key=("pk", "sk"))
        >>> report.records, report.dropped
        (0, 150)
    """
    check_key(key)
    options = AlgebraOptions.of(
        output_format=output_format,
        jobs=jobs,
        memory=memory,
        temp_dir=temp_dir,
        max_record_size=max_record_size,
        storage=storage,
        progress=progress,
        engine=engine,
    )
    states = [open_export(location, options.storage) for location in (before, after)]
    first, second = (state_time(state, "both have to be") for state in states)
    warnings = () if allow_other_table else _one_table(states)
    filtered = check_filters(states, allow_filtered=allow_filtered)
    doubts, carried = _carried(states)
    run = _Diff(
        states=(states[0], states[1]),
        key=key or _known_key(states, options.storage),
        making=Making(
            operation=Operation.DIFF,
            inputs=states,
            window=Window(first, max(second, first + _SECOND)),
            view=ExportView.NEW_AND_OLD_IMAGES,
            warnings=(*warnings, *filtered, *doubts, *_order(states, first, second)),
            carried=carried | ({"filtered": True} if filtered else {}),
            options=options,
        ),
        options=options,
    )
    try:
        return run.count() if dest is None else run.make(dest)
    except DuplicateKeyError as error:
        if key is None:
            raise
        raise DuplicateKeyError(error.first, error.second, key) from None


def _one_table(states: list[Export]) -> tuple[str, ...]:
    """Makes sure that both are of one table; returns warnings where that is not known."""
    try:
        return check_table(states[0], states[1:])
    except ChainError as error:
        error.add_note("a table that was restored is another one too: --allow-other-table compares the two")
        raise


def _known_key(states: list[Export], storage: StoreOptions) -> tuple[str, ...]:
    """Returns the key of the states' table, if exportkit knows it, or the service says it.

    Raises:
        UsageError: Nobody knows it.
    """
    for state in states:
        if state.summary.exportkit is not None:
            told = (read_lineage(state.store, state.uri) or {}).get("key")
            if isinstance(told, list) and told and all(isinstance(name, str) for name in told):
                return tuple(told)
    found: tuple[str, ...] | str = "the exports do not tell the table's key"
    if states[0].description is not None:  # it was named by its ARN
        found = described_key(states[0].summary, storage)
    if isinstance(found, str):
        raise UsageError(f"{found}; name it: --key PARTITION, or --key PARTITION,SORT")
    return found


def _carried(states: list[Export]) -> tuple[list[str], dict[str, Any]]:
    """Returns what is doubtful in the states as exportkit made them: as warnings, and for the change's own summary."""
    warnings: list[str] = []
    carried: dict[str, Any] = {}
    for name, told in (("gaps", "gap: {} was made without the changes of {}"), ("overlaps", _DOUBLED)):
        windows: set[Window] = set()
        for state in states:
            if found := carried_windows(state, name):
                warnings.append(told.format(state.uri, listed(found)))
                windows.update(found)
        if windows:
            carried[name] = windows_told(sorted(windows))
    return warnings, carried


def _order(states: list[Export], first: datetime, second: datetime) -> tuple[str, ...]:
    if second >= first:
        return ()
    return (f"order: {states[1].uri} is the earlier state; the change is placed in the second after {states[0].uri}",)


@dataclass(frozen=True, kw_only=True)
class _Diff:
    """Two states that are compared."""

    states: tuple[Export, Export]
    key: tuple[str, ...]
    making: Making
    options: AlgebraOptions
    stop: threading.Event = field(default_factory=threading.Event)

    def make(self, dest: str | os.PathLike[str]) -> ChangeReport:
        """Writes the change."""
        return self.making.make(dest, {"key": list(self.key)}, self._write)

    def count(self) -> ChangeReport:
        """Counts what is in the change, and the attributes that differ."""
        tally = AttributeTally()
        self._begin()
        key_filter, totals = self._differing()
        if totals.replaced:
            with self.options.spill("items", self._image_bytes(totals)) as spill:
                self._read(spill, "image", key_filter)
                again = Totals()
                for joined in join_all(self.options.engine, spill, self._join(), self.options.jobs, self.states):
                    again.add(joined)
                    for change in self._changes(joined.lines):
                        tally.add(change)
            self._compare(totals, again)
        return self.making.counted(totals, attributes=tally.changes(), other_attributes=tally.others)

    def _write(self, made: MadeExport) -> tuple[Totals, Mapping[str, Any]]:
        self._begin()
        key_filter, totals = self._differing()
        with self.options.spill("items", self._image_bytes(totals)) as spill:
            if totals.records:
                self._read(spill, "image", key_filter)
            written = write_joined(
                made,
                self.options.engine,
                spill,
                self._join(),
                exports=self.states,
                records=totals.records,
                jobs=self.options.jobs,
            )
        self._compare(totals, written)
        return totals, {"key": list(self.key)}

    def _begin(self) -> None:
        self.options.progress.begin(2 * sum(state.summary.item_count for state in self.states))

    def _differing(self) -> tuple[KeyFilter, Totals]:
        """Reads both states for fingerprints; returns the keys that differ, and the counts."""
        engine, totals = self.options.engine, Totals()
        items = sum(state.summary.item_count for state in self.states)
        key_filter = engine.key_filter(filter_words(items, self.options.budget.filter_bytes))
        with self.options.spill("fingerprints", items * HEADER_SIZE) as spill:
            self._read(spill, "none", None)
            for joined in join_all(engine, spill, self._join(), self.options.jobs, self.states):
                key_filter.add(joined.lines)
                totals.add(joined)
        return key_filter, totals

    def _image_bytes(self, totals: Totals) -> int:
        """Returns how many bytes of entries the items that differ come to, about."""
        needed = 0
        hits = (totals.deleted + totals.replaced, totals.inserted + totals.replaced)
        for state, items in zip(self.states, hits, strict=True):
            if items:
                size = measure(state)
                needed += items * (size.text_bytes // size.items + HEADER_SIZE)
        return needed

    def _read(self, spill: Spill, payload: Payload, key_filter: KeyFilter | None) -> None:
        """Spills the items of both states, or those whose key a filter may hold."""
        types = KeyTypes()
        readers = [
            StateReader(
                export=state,
                engine=self.options.engine,
                form=self.making.summary.output_format,
                key_names=self.key,
                key_filter=key_filter,
                spill=spill,
                key_types=types,
                source=source,
                payload=payload,
                keep_lines=False,
                max_record_size=self.options.max_record_size,
                progress=self.options.progress,
                stop=self.stop,
            )
            for source, state in enumerate(self.states)
        ]

        def read(given: tuple[StateReader, DataFile]) -> None:
            reader, file = given
            for _ in reader.kept(file):
                pass

        inputs = ((reader, file) for reader in readers for file in OpenExport(reader.export).files())
        with closing(in_order(read, inputs, self.options.jobs, self.stop)) as results:
            for _ in results:
                pass

    def _join(self) -> JoinOptions:
        # When an item was written is not known. The window's first moment says least: no window that
        # begins inside this one takes the item for one that was written after it.
        timestamp, _ = self.making.window.micros
        form = self.making.summary.output_format
        return JoinOptions(operation=Operation.DIFF, form=form, timestamp=timestamp)

    def _changes(self, lines: bytes) -> Iterator[ChangeRecord]:
        """Yields change records that were just made, as Python values, a bounded number at a time."""
        form = self.making.summary.output_format
        # They hold two images and may be written in another format, so they may be longer than any record read.
        options = ReadOptions(format=form, export_type=ExportType.INCREMENTAL, uri="diff", max_record_size=1 << 40)
        items = self.options.engine.items(options)
        view = memoryview(lines)
        for start in range(0, len(lines), _PIECE):
            yield from cast("Sequence[ChangeRecord]", items.feed(view[start : start + _PIECE]))
        yield from cast("Sequence[ChangeRecord]", items.finish())

    def _compare(self, first: Totals, second: Totals) -> None:
        """Makes sure that both times the same differences were found."""
        found = [(totals.inserted, totals.deleted, totals.replaced) for totals in (first, second)]
        if found[0] != found[1]:
            raise ItemCountError(
                self.states[0].uri,
                f"compared twice, {found[0]} and {found[1]} items were added, removed, changed: a bug in exportkit",
            )
