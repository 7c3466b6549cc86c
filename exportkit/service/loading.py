"""``exportkit.service.load``: a state, changes, or a state and the changes after it, into a table that is there."""

import os
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import ExportkitError, UnfitExportError, UsageError
from exportkit.export import DataFile, Export
from exportkit.joining.chains import ChainRules, plan_replay, plan_windows
from exportkit.joining.identity import inputs_of
from exportkit.locations import Location
from exportkit.model.description import TableDescription
from exportkit.model.formats import ExportType
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.times import format_time
from exportkit.reading import NoProgress, OpenExport, Progress, in_order, open_source, with_connections
from exportkit.service.batches import Batch, read_batches
from exportkit.service.checkpoint import Checkpoint
from exportkit.service.judging import IDLE, verified, warnings_of
from exportkit.service.pace import Pace
from exportkit.service.protocol import Clock, SystemClock
from exportkit.service.tables import Table
from exportkit.service.writing import BatchWriter, Effect
from exportkit.store import StoreOptions
from exportkit.store.endpoint import without_credentials
from exportkit.store.opening import storage_options
from exportkit.verify import VerifyReport

__all__ = ["DEFAULT_WRITERS", "LoadReport", "load"]

DEFAULT_WRITERS = 8

_OPENERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, or would do.

    Attributes:
        table: The table, as it was named.
        dry_run: Whether nothing was written: then ``puts`` and ``deletes`` are those that there would be.
        exports: What was loaded, in order: ``uri``, ``kind``, ``export_time`` or ``window``, ``items``.
        warnings: What is to be told; each begins with a word and a colon.
        resumed: Data files that an earlier run of the same load had finished; they were passed over.
        files: Data files loaded.
        puts: Items put.
        deletes: Keys deleted.
        calls: Calls of BatchWriteItem.
        again: Requests that were sent again, the service not having got to them.
        units: Write units that the service says were consumed.
        seconds: What it took.
    """

    table: str
    dry_run: bool
    exports: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    resumed: int = 0
    files: int = 0
    puts: int = 0
    deletes: int = 0
    calls: int = 0
    again: int = 0
    units: float = 0.0
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Returns the report for JSON."""
        told = asdict(self)
        return told | {
            "exports": [dict(each) for each in self.exports],
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
        }


def load(
    locations: Location | Sequence[Location],
    table: str,
    *,
    verify: bool = True,
    rate: float | None = None,
    jobs: int = DEFAULT_WRITERS,
    resume_file: str | os.PathLike[str] | None = None,
    allow_existing: bool = False,
    allow_gap: bool = False,
    allow_filtered: bool = False,
    dry_run: bool = False,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    temp_dir: str | os.PathLike[str] | None = None,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
    engine: Engine | None = None,
) -> LoadReport:
    """Writes exports into a table that is there, by BatchWriteItem: items are put, deleted keys deleted.

    A full export is a state and comes first; the incremental ones after it are changes, applied window by window.
    Nothing else that the table holds is touched. Whatever is written twice is harmless: the same load may be run
    again, and goes on where a killed one stopped.

    Args:
        locations: The exports: a full one, incremental ones, or a full one and those after it. Each is an export
            folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        table: The table's name or ARN.
        verify: Whether the exports are verified first, every record and its key; nothing is written if one is not
            good.
        rate: Write units a second; as many as the table takes if None.
        jobs: Calls under way side by side.
        resume_file: Local file that keeps which data files are done; one in the temporary folder if None. It is
            deleted when all are.
        allow_existing: Whether a state may be loaded into a table that holds items.
        allow_gap: Whether time may be missing between a state and the windows after it.
        allow_filtered: Whether several exports may be loaded if one holds a part of its table only.
        dry_run: Whether everything but the writing is done.
        max_record_size: Bytes a record may have.
        temp_dir: Where keys spill to while exports are verified.
        storage: How exports and the table are reached; standard AWS configuration if None.
        progress: Hears how it goes on.
        clock: Lets time pass.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is wrong, or the table holds items.
        ChainError: The exports do not make a chain.
        VerificationError: An export is not good, or has items without the table's key.
        UnfitExportError: An export's keys are of other types than the table's, or the table refuses a record.
        TableNotFoundError: There is no such table.
        ThrottledError: The table takes no more writes.
        DataError: A record cannot be read, or a file is not what the manifest says; tells where.
        LockedError: Another run of the same load is under way.
        StoreError: Storage or service failed.
    """
    began = time.monotonic()
    named = [locations] if isinstance(locations, str | os.PathLike) else list(locations)
    if not named:
        raise UsageError("name one export at least")
    if rate is not None and not rate > 0:
        raise UsageError(f"rate is {rate:g}; it has to be more than 0")
    if dry_run and not verify:
        raise UsageError("a dry run counts what verifying finds: verify has to be on")
    storage = with_connections(storage_options(storage), jobs)
    target = Table(table, storage)
    exports = list(in_order(lambda each: open_source(each, storage, jobs, max_record_size), named, _OPENERS))
    rules = ChainRules(allow_gap=allow_gap, allow_filtered=allow_filtered)
    ordered, warnings = _ordered(exports, rules)
    described = target.describe()
    run = _Run(
        target=target,
        described=described,
        exports=ordered,
        jobs=jobs,
        rate=rate,
        max_record_size=max_record_size,
        temp_dir=temp_dir,
        storage=storage,
        progress=progress or NoProgress(),
        clock=clock or SystemClock(),
        engine=engine or select_engine(),
    )
    path = None if resume_file is None else Path(resume_file)
    with Checkpoint(path, _told_load(described, table, storage, ordered)) as checkpoint:
        is_state = ordered[0].summary.export_type is ExportType.FULL
        if is_state and not allow_existing and not checkpoint.begun and not target.is_empty():
            raise UsageError(
                f"the table {table} holds items, and items of {ordered[0].uri} would take the place of those with the "
                "same key; load into an empty table, or accept that with --allow-existing"
            )
        resumed = len(checkpoint)
        reports = [run.verify(export) for export in ordered] if verify else []
        effect = _counted(reports) if dry_run else run.write(checkpoint)
        files = 0 if dry_run else len(checkpoint) - resumed
        if not dry_run:
            checkpoint.discard()
    return LoadReport(
        table=table,
        dry_run=dry_run,
        exports=tuple({"uri": each.uri, **each.summary.told(), "items": each.summary.item_count} for each in ordered),
        warnings=warnings,
        resumed=resumed,
        files=files,
        **asdict(effect),
        seconds=time.monotonic() - began,
    )


@dataclass(kw_only=True)
class _Run:
    """What one load works with."""

    target: Table
    described: TableDescription
    exports: Sequence[Export]
    jobs: int
    rate: float | None
    max_record_size: int
    temp_dir: str | os.PathLike[str] | None
    storage: StoreOptions
    progress: Progress
    clock: Clock
    engine: Engine
    stop: threading.Event = field(default_factory=threading.Event)

    def verify(self, export: Export) -> VerifyReport:
        """Verifies an export with the table's key.

        Raises:
            VerificationError: It is not good.
            UnfitExportError: Its keys are of other types than the table's.
        """
        report = verified(
            export,
            key=self.described.key,
            temp_dir=self.temp_dir,
            max_record_size=self.max_record_size,
            storage=self.storage,
            progress=self.progress,
            engine=self.engine,
        )
        seen: Any = report.counts["key_types"]
        for name, tag in zip(self.described.key, self.described.key_types, strict=False):
            others = {found: count for found, count in seen.get(name, {}).items() if found != tag}
            if others:
                found, count = max(others.items(), key=lambda other: other[1])
                told = (
                    f"the key {name} is {found} in {count:,} records, but {tag} in the table {self.target.name}; load "
                    "it into a table with such a key"
                )
                raise UnfitExportError(export.uri, told)
        return report

    def write(self, checkpoint: Checkpoint) -> Effect:
        """Writes all that is not done yet, export after export, and returns what it came to."""
        self.progress.begin(sum(export.summary.item_count for export in self.exports))
        total, pace = Effect(), Pace(self.rate, self.clock, self.stop)
        writer = BatchWriter(table=self.target, pace=pace, clock=self.clock, stop=self.stop)
        began_before = checkpoint.begun

        def write(batch: Batch) -> tuple[Batch, Effect]:
            return batch, writer.write(batch)

        checkpoint.begin()
        try:
            for step, export in enumerate(self.exports):
                with ExitStack() as stack:
                    batches = stack.enter_context(closing(self._batches(step, export, checkpoint)))
                    results = stack.enter_context(closing(in_order(write, batches, self.jobs, self.stop)))
                    for batch, effect in results:
                        total.add(effect)
                        self.progress.advance(items=len(batch.lines), files=int(batch.last))
                        if batch.last:
                            checkpoint.finish(step, batch.file.index)
        except (ExportkitError, KeyboardInterrupt) as error:
            if not (began_before or writer.touched.is_set()):
                checkpoint.discard()  # the table is as it was: what it holds later is not this load's
            elif len(checkpoint):
                error.add_note(f"{len(checkpoint):,} data files are loaded; the same command goes on from there")
            else:
                error.add_note("a part is loaded; the same command does it again, and goes on")
            raise
        return total

    def _batches(self, step: int, export: Export, checkpoint: Checkpoint) -> Generator[Batch, None, None]:
        source = OpenExport(export, max_record_size=self.max_record_size, engine=self.engine)
        return read_batches(source, self._left(source, step, checkpoint))

    def _left(self, source: OpenExport, step: int, checkpoint: Checkpoint) -> Iterator[DataFile]:
        for file in source.files():
            if checkpoint.finished(step, file.index):
                self.progress.advance(items=file.entry.item_count, files=1)
            else:
                yield file


def _ordered(exports: Sequence[Export], rules: ChainRules) -> tuple[list[Export], tuple[str, ...]]:
    """Returns exports in the order they are loaded, and what there is to be warned of.

    Raises:
        ChainError: They do not make a chain.
    """
    if len(exports) == 1:
        return [*exports], warnings_of(exports[0])
    states = [export for export in exports if export.summary.export_type is ExportType.FULL]
    if not states:
        chain = plan_windows(exports, rules)
    else:
        chain = plan_replay(states[0], [export for export in exports if export is not states[0]], rules)
    left_out = tuple(f"left-out: {uri} is not needed ({why})" for uri, why in chain.left_out)
    warnings = tuple(told for told in chain.warnings if not told.startswith(IDLE))
    base = [] if chain.base is None else [chain.base]
    return [*base, *(link.export for link in chain.links)], (*warnings, *left_out)


def _told_load(
    described: TableDescription, table: str, storage: StoreOptions, exports: Sequence[Export]
) -> dict[str, Any]:
    """Returns what tells a load from any other."""
    return {
        "table": described.table_arn or table,
        "table_id": described.table_id,
        "created": described.created and format_time(described.created),
        "endpoint": storage.dynamodb_endpoint_url and without_credentials(storage.dynamodb_endpoint_url),
        "exports": inputs_of(exports),
    }


def _counted(reports: Sequence[VerifyReport]) -> Effect:
    """Returns what writing would come to."""
    effect = Effect()
    for report in reports:
        counts: Any = report.counts
        deletes = counts["deletes"]
        effect.add(Effect(puts=counts["records"] - deletes, deletes=deletes))
    return effect
