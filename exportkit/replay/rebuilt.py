"""A table rebuilt from a base and increments: written as an export or as Parquet, or read at once."""

import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Unpack

from exportkit.convert.options import ConvertArguments
from exportkit.convert.run import prepare
from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import DriftError, UsageError
from exportkit.export import open_export
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.joining.chains import ChainRules, ReplayChain, plan_replay
from exportkit.joining.identity import Identity, identify, inputs_of
from exportkit.joining.lineage import lineage_of_result
from exportkit.joining.made import MadeExport
from exportkit.joining.sizes import check_space
from exportkit.locations import Location
from exportkit.model.formats import OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.times import take_instant
from exportkit.reading import NoProgress, OpenExport, Progress, default_jobs, with_connections
from exportkit.reading.outside import check_outside
from exportkit.replay.exported import write_state
from exportkit.replay.options import ReplayOptions
from exportkit.replay.plan import ReplayPlan, plan_of
from exportkit.replay.rebuild import Rebuilding, words_of
from exportkit.replay.report import ReplayReport
from exportkit.replay.samples import sample_told_before
from exportkit.replay.state import StateSource
from exportkit.store import StoreOptions, open_store
from exportkit.store.opening import storage_options
from exportkit.store.temporary import checked_temp_dir, temporary_folder
from exportkit.verify import verify

__all__ = ["Rebuilt", "replay"]

_AMPLE = 3
"""Room for temporary files that is more than enough: for so many times what they may hold."""


def replay(
    base: Location,
    increments: Iterable[Location] | None = None,
    *,
    until: datetime | str | None = None,
    format: OutputFormat | str | None = None,  # noqa: A002 - as in the command
    allow_gap: bool = False,
    allow_overlap: bool = False,
    allow_filtered: bool = False,
    strict: bool = False,
    jobs: int | None = None,
    memory: int = DEFAULT_MEMORY,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    base_storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> "Rebuilt":
    """Judges a base and the increments after it, and returns the table that they make, not yet made.

    No data is read before the result is written or opened. Whatever is wrong with the chain is told here.

    Args:
        base: A full export: folder, manifest-summary.json, S3 URI of either, or export ARN.
        increments: Incremental exports, in any order; None: those of the table that are found beside the base.
        until: The instant to rebuild: the base's exportTime, or the end of a window; the last one if None.
        format: How the result is written; None: as the base.
        allow_gap: Go on where time is missing between windows.
        allow_overlap: Go on where windows cover time twice, by the best inference there is.
        allow_filtered: Take exports that hold a part of the table.
        strict: Refuse where an old image is not the state before its change, instead of counting that.
        jobs: Data files side by side; one for each processor if None. The result does not depend on it.
        memory: Bytes to take for filter, entries and joining.
        temp_dir: Where entries spill to, and the state lies while it is read; the system's if None.
        max_record_size: Bytes a record may have.
        storage: How exports and destination are reached; standard AWS configuration if None.
        base_storage: How the base, and what is found beside it, is reached; as the others if None. An earlier result
            may lie in another bucket.
        progress: Hears how it goes on.
        engine: Reads and joins the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range.
        ChainError: The chain cannot be replayed: a gap, an overlap, another table, a filtered export.
        ExportIncompleteError: An export is still running, or failed.
        ManifestError: A manifest is malformed.
        StoreError: Something cannot be read.

    Example:
        >>> import exportkit
        >>> with exportkit.replay("samples/chain/backups/AWSDynamoDB/01769904000000-ba5569b2") as state:
        ...     items = list(state.items())
    """
    if isinstance(increments, str | bytes | os.PathLike):
        raise UsageError(f"increments is {increments!r}; pass a list of locations")
    folder = checked_temp_dir(temp_dir)
    storage = with_connections(storage_options(storage), jobs)
    rules = ChainRules(
        until=take_instant("until", until),
        allow_gap=allow_gap,
        allow_overlap=allow_overlap,
        allow_filtered=allow_filtered,
    )
    opened = open_export(base, with_connections(base_storage or storage, jobs))
    options = ReplayOptions(
        form=_format(format) or opened.summary.output_format,
        strict=strict,
        jobs=default_jobs() if jobs is None else jobs,
        memory=memory,
        temp_dir=folder,
        storage=storage,
        max_record_size=max_record_size,
    )
    named = None if increments is None else [open_export(each, storage) for each in increments]
    chain = plan_replay(opened, named, rules)
    return Rebuilt(chain=chain, options=options, engine=engine or select_engine(), progress=progress or NoProgress())


@dataclass(kw_only=True)
class Rebuilt:
    """A table at one instant, rebuilt from a base and increments whenever it is asked for (``replay`` makes it).

    In a ``with`` statement it is the rebuilt state, as an ``OpenExport`` that lies in temporary files until the
    block ends; then it can be entered again.

    Attributes:
        chain: What is replayed, what is left out and why.
        options: What was asked for.
        engine: Reads and joins the records.
        progress: Hears how it goes on.

    Example:
        >>> import exportkit, tempfile
        >>> base = "samples/chain/backups/AWSDynamoDB/01769904000000-ba5569b2"
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     report = exportkit.replay(base).write(dest)
    """

    chain: ReplayChain
    options: ReplayOptions
    engine: Engine
    progress: Progress
    _opened: ExitStack = field(default_factory=ExitStack, init=False, repr=False, compare=False)
    _entered: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def plan(self, *, written: bool = True) -> ReplayPlan:
        """Returns what would be done, and what it takes; asks for the size of every data file.

        Args:
            written: Whether the state would be written, as an export or as Parquet, rather than read at once.

        Raises:
            ObjectNotFoundError: A data file is missing.
            StoreError: A size cannot be told.
        """
        return plan_of(self.chain, self.options, written=written)

    def write(self, dest: Location, *, verify_result: bool = False) -> ReplayReport:
        """Writes the state as a full export, ``dest/AWSDynamoDB/<ExportId>``, and returns what was done.

        The same inputs and settings give the same bytes. Where the same result is there already nothing is done;
        where anything goes wrong, nothing is left.

        Args:
            dest: The folder that stands for the bucket, or ``s3://BUCKET[/PREFIX]``.
            verify_result: Read the result again, every record of it.

        Raises:
            UsageError: Another export is where the result goes, or that lies in an input.
            DriftError: There is drift, and it is refused.
            DuplicateKeyError: Two items of the base have one key that a change hits.
            MalformedRecordError: A record cannot be read.
            ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
            Md5MismatchError: A manifest is not what its MD5 file says, or a data file not what the manifest says.
            ItemCountError: It holds another number of records.
            LockedError: Another run writes the result.
            StoreError: Something cannot be read or written.
        """
        started = time.monotonic()
        check_outside(dest, self.chain.exports)
        with self._made(dest, self.options.storage) as made:
            already = made.already is not None
            if not already:
                check_space(self.options.temp_dir, self.plan().temporary_bytes)
            told = self._told(made) if already else self._rebuilt(made)
        report = self._report(made.uri, told, started, already=already)
        if verify_result:
            options = self.options
            verified = verify(
                made.uri,
                key=report.key,
                jobs=options.jobs,
                temp_dir=options.temp_dir,
                max_record_size=options.max_record_size,
                storage=options.storage.for_output(),
                progress=self.progress,
                engine=self.engine,
            )
            report = replace(report, verified=verified, seconds=time.monotonic() - started)
        return report

    def to_parquet(self, dest: Location, **arguments: Unpack[ConvertArguments]) -> ReplayReport:
        """Writes the state as Parquet, as ``convert`` writes what ``write`` writes: the same rows in the same order.

        The state itself is written nowhere. What a run that was killed had finished is kept: the same call goes on
        with it. Where an input turns out to be wrong, nothing is left.

        Args:
            dest: The folder or S3 URI the result goes to, as for ``convert``.
            **arguments: As for ``convert``.

        Raises:
            ExportkitError: As ``write`` and ``convert``.
        """
        if unknown := arguments.keys() - ConvertArguments.__annotations__.keys():
            raise TypeError(f"to_parquet() takes no argument named {', '.join(sorted(unknown))}")
        started = time.monotonic()
        check_outside(dest, self.chain.exports)
        options = self.options
        prepared = prepare(
            dest,
            jobs=options.jobs,
            memory=options.parquet_memory(words_of(self.chain, options)),
            temp_dir=options.temp_dir,
            max_record_size=options.max_record_size,
            storage=options.storage,
            progress=self.progress,
            engine=self.engine,
            **arguments,
        )
        source = StateSource(self.chain, options, self.engine, self._identity(), prepared.opened, prepared.jobs)
        dataset = prepared.convert(source)
        told = dataset.export["replayed"]
        if dataset.already:
            self._refuse_drift(told)
        return replace(self._report(dataset.dest, told, started, already=dataset.already), dataset=dataset)

    def __enter__(self) -> OpenExport:
        """Rebuilds the state into temporary files, and returns it for reading.

        Raises:
            UsageError: It has been entered already, and not left.
            ExportkitError: As ``write``.
        """
        if not self._entered.acquire(blocking=False):
            told = "this state is open already: read what the with statement around it gave, or call replay again"
            raise UsageError(told)
        with ExitStack() as stack:
            stack.callback(self._entered.release)
            folder = stack.enter_context(temporary_folder(self.options.temp_dir))
            with self._made(folder, StoreOptions(), level=self._level()) as made:
                self._rebuilt(made)
            export, ended = open_export(made.uri), threading.Event()
            stack.callback(ended.set)
            self._opened = stack.pop_all()
        options = self.options
        return OpenExport(
            export, jobs=options.jobs, max_record_size=options.max_record_size, engine=self.engine, ended=ended
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _level(self) -> int | None:
        """Returns how the state is compressed in temporary files: not at all, for speed, where there is ample room.

        Raises:
            StoreError: There is no room for it even if it is compressed.
        """
        plan = self.plan(written=False)
        free = check_space(self.options.temp_dir, plan.temporary_bytes)
        return None if free > _AMPLE * (plan.spilled_bytes + sum(size.text_bytes for size in plan.sizes)) else 1

    def _made(self, dest: Location, storage: StoreOptions, level: int | None = 1) -> MadeExport:
        return MadeExport(dest, storage, *self._made_of(), level=level)

    def _identity(self) -> Identity:
        return identify(*self._made_of())

    def _made_of(self) -> tuple[ManifestSummary, str, list[dict[str, Any]], dict[str, Any], Mapping[str, Any]]:
        """Returns what the result is, what makes it, its inputs, its settings, and what it is to tell on."""
        chain, options = self.chain, self.options
        assert chain.base is not None, "a replay has one"
        summary = replace(chain.base.summary, export_time=chain.end, output_format=options.form)
        inputs = inputs_of((chain.base, *(link.export for link in chain.links)))
        # Which lines the filter lets through without need decides where they are written.
        settings = {"format": str(options.form), "filter_words": words_of(chain, options)}
        return summary, "replay", inputs, settings, chain.carried()

    def _rebuilt(self, made: MadeExport) -> Mapping[str, Any]:
        """Rebuilds into an export; returns what its lineage tells of that."""
        state = Rebuilding(
            chain=self.chain,
            options=self.options,
            engine=self.engine,
            progress=self.progress,
            stop=threading.Event(),
        )
        return write_state(state, made)

    def _told(self, made: MadeExport) -> Mapping[str, Any]:
        """Returns what the lineage of a result that was there before tells.

        Raises:
            DriftError: There was drift, which that run was not to refuse, but this one is.
            ManifestError: It is malformed.
            StoreError: It is gone or incomplete.
        """
        store = open_store(made.uri, self.options.storage.for_output())
        told = dict(lineage_of_result(store, made.uri, ["key", "counts", "drift", "samples"]))
        told["samples"] = [sample_told_before(sample) for sample in told["samples"]]
        self._refuse_drift(told)
        return told

    def _refuse_drift(self, told: Mapping[str, Any]) -> None:
        if self.options.strict and any(told["drift"].values()):
            raise DriftError(told["drift"], told["samples"])

    def _report(self, dest: str, told: Mapping[str, Any], started: float, *, already: bool) -> ReplayReport:
        return ReplayReport(
            dest=dest,
            already=already,
            chain=self.chain,
            key=None if told["key"] is None else tuple(told["key"]),
            counts=told["counts"],
            drift=told["drift"],
            samples=told["samples"],
            seconds=time.monotonic() - started,
        )


def _format(format: OutputFormat | str | None) -> OutputFormat | None:  # noqa: A002 - as in replay
    try:
        return None if format is None else OutputFormat(format)
    except ValueError:
        raise UsageError(f"format is {format!r}; it takes {' or '.join(OutputFormat)}") from None
