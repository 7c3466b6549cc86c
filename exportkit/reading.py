"""Records and items of one export: files in parallel, bounded prefetch, progress events."""

import os
import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Generic, Protocol, TypeVar, cast

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import ItemCountError, ManifestError, Md5MismatchError, UsageError
from exportkit.export import DataFile, Export, open_export
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.manifest import ManifestSummary
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.model.values import ChangeRecord, Item, Record
from exportkit.store import DataStream, StoreOptions

__all__ = [
    "NoProgress",
    "OpenExport",
    "Progress",
    "default_jobs",
    "in_order",
    "open_for_reading",
    "sniff",
    "streams_in_order",
    "with_connections",
]

T = TypeVar("T")
R = TypeVar("R")
P = TypeVar("P", bound=Sized)

# Pieces of one file that may wait for their turn; a piece is what one chunk became.
_PREFETCH = 8


class Progress(Protocol):
    """Hears how the reading of an export goes on; calls come from several threads."""

    def begin(self, items: int) -> None:
        """Reading starts on an export of so many items, as its manifest says."""

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        """So much more has been read."""


class NoProgress:
    """Hears and says nothing."""

    def begin(self, items: int) -> None:
        """Ignores it."""

    def advance(self, *, files: int = 0, compressed_bytes: int = 0, items: int = 0) -> None:
        """Ignores it."""


def default_jobs() -> int:
    """Returns how many files are read side by side if nobody says: one for each processor, at most 16."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16)


def in_order(
    work: Callable[[T], R], inputs: Iterable[T], jobs: int, stop: threading.Event | None = None
) -> Generator[R, None, None]:
    """Yields ``work(input)`` for each input, in order, with ``jobs`` threads.

    Inputs are drawn only as results are taken: at most two times ``jobs`` are under way or
    waiting, so an endless or very long iterable is fine.

    Args:
        work: Called in a thread; what it raises is raised here, in its turn.
        inputs: Drawn from in the calling thread.
        jobs: Threads, at least 1. One works in the calling thread itself.
        stop: Set when nobody wants the results any more, an error or an interrupt being raised, so that
            work under way can end soon: it is waited for.
    """
    if jobs <= 1:
        yield from map(work, inputs)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="exportkit")
    waiting: deque[Future[R]] = deque()
    try:
        for each in inputs:
            waiting.append(pool.submit(work, each))
            if len(waiting) >= 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        if waiting and stop is not None:
            stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _Stream(Generic[R]):
    """One input's results, made in a thread and taken in another, a bounded number ahead."""

    _END = object()

    def __init__(self, produce: Callable[[], Iterable[R]]) -> None:
        self._queue: queue.Queue[object] = queue.Queue(_PREFETCH)
        self._produce = produce
        self._stopped = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="exportkit-read", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for result in self._produce():
                if not self._put(result):
                    return
        except BaseException as error:  # noqa: BLE001 - carried to the thread that takes the results
            self._error = error
        self._put(self._END)

    def _put(self, result: object) -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(result, timeout=0.1)
                return True
        return False

    def __iter__(self) -> Iterator[R]:
        while (result := self._queue.get()) is not self._END:
            yield result  # type: ignore[misc]  # what is no end is a result
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


def streams_in_order(produce: Callable[[T], Iterable[R]], inputs: Iterable[T], jobs: int) -> Generator[R, None, None]:
    """Yields all of ``produce(input)`` for each input, in order, up to ``jobs`` inputs made ahead in threads.

    Each thread runs at most a few results ahead of its turn, so memory is bounded whatever an
    input's size. Leaving the iterator early ends the threads.

    Args:
        produce: Called in a thread; what it raises is raised here, after the results before it.
        inputs: Drawn from in the calling thread.
        jobs: Inputs under way, at least 1. One works in the calling thread itself.
    """
    if jobs <= 1:
        for each in inputs:
            yield from produce(each)
        return
    ahead: deque[_Stream[R]] = deque()
    try:
        for each in inputs:
            ahead.append(_Stream(partial(produce, each)))
            if len(ahead) >= jobs:
                yield from ahead[0]
                ahead.popleft()
        while ahead:
            yield from ahead[0]
            ahead.popleft()
    finally:
        for stream in ahead:
            stream.stop()


_DYNAMODB_JSON = re.compile(
    rb'\s*\{\s*"(?:Item|Keys|NewImage|OldImage|Metadata)"\s*:\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*'
    rb'"(?:S|N|B|BOOL|NULL|SS|NS|BS|L|M)"\s*:'
)


def sniff(start: bytes) -> OutputFormat | None:
    """Returns how a data file is written, by its first record; None where that tells nothing.

    JSON is legal Ion: read as Ion, every typed value of DYNAMODB_JSON would become a map of one
    attribute. AWS's Ion never quotes a member's name, and nobody's has type tags.
    """
    if start.lstrip().startswith(b"$ion_1_0"):
        return OutputFormat.ION
    return OutputFormat.DYNAMODB_JSON if _DYNAMODB_JSON.match(start) else None


def with_connections(storage: StoreOptions, jobs: int | None) -> StoreOptions:
    """Returns the options with a connection for each job at least."""
    return replace(storage, connections=max(storage.connections, jobs or default_jobs()))


class OpenExport:
    """An export opened for reading.

    Args:
        export: The export.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.
    """

    def __init__(
        self,
        export: Export,
        *,
        jobs: int | None = None,
        max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
        engine: Engine | None = None,
    ) -> None:
        self._export = export
        self._jobs = jobs or default_jobs()
        self._max_record_size = max_record_size
        self._engine = engine or select_engine()

    @property
    def uri(self) -> str:
        """The export's folder."""
        return self._export.uri

    @property
    def summary(self) -> ManifestSummary:
        """What manifest-summary.json says."""
        return self._export.summary

    def files(self) -> Iterator[DataFile]:
        """Yields the data files in the order of manifest-files.json, which is read as a stream.

        Raises:
            ManifestError: A line is malformed.
            ForeignKeyError: A key leads out of the export's root.
            ItemCountError: The files' counts do not add up to the export's; told at the end.
        """
        items = 0
        for file in self._export.files():
            items += file.entry.item_count
            yield file
        if items != self.summary.item_count:
            raise ItemCountError(
                self._export.uri,
                f"its files hold {items:,} records, its manifest-summary says {self.summary.item_count:,}; export anew",
            )

    def items(self) -> Iterator[Item]:
        """Returns every item of a full export.

        Files come in the order of the manifest, items in the order of their file, as the Python
        values of ``exportkit.model.values``. Each file is checked while it is read.

        Raises:
            UsageError: The export is incremental: read its ``changes``. Raised at once, the rest
                while the items are taken.
            MalformedRecordError: A record cannot be read; told after all those before it.
            GzipError: A file cannot be inflated.
            Md5MismatchError: A file is not what the manifest says; told at its end.
            ItemCountError: It holds another number of records; told at its end.
            StoreError: A file cannot be read from storage.
        """
        if self.summary.export_type is not ExportType.FULL:
            raise UsageError(f"{self.uri} is an incremental export: read its changes(), not items()")
        return cast("Iterator[Item]", self._records())

    def changes(self) -> Iterator[ChangeRecord]:
        """Returns every record of an incremental export, in order as ``items`` does.

        Raises:
            UsageError: The export is full: read its ``items``.
            ExportkitError: As ``items``.
        """
        if self.summary.export_type is not ExportType.INCREMENTAL:
            raise UsageError(f"{self.uri} is a full export: read its items(), not changes()")
        return cast("Iterator[ChangeRecord]", self._records())

    def _records(self) -> Iterator[Record]:
        def produce(file: DataFile) -> Iterator[Sequence[Record]]:
            items = self._engine.items(self._options(file))
            return self._checked(file, items.feed, items.finish, len)

        # Python values are made under the interpreter's lock: a second thread helps only the
        # inflating of the next file, so one ahead is all that pays.
        for records in streams_in_order(produce, self.files(), min(self._jobs, 2)):
            yield from records

    def lines(self, form: TextForm, *, limit: int | None = None) -> Iterator[bytes]:
        """Yields the records as lines of text, many at a time.

        Args:
            form: How they are written (``docs/records.md``).
            limit: Stop after so many records.

        Raises:
            ExportkitError: As ``items``.
        """

        def produce(file: DataFile) -> Iterator[bytes]:
            transcoder = self._engine.transcoder(self._options(file), form)
            return self._checked(file, transcoder.feed, transcoder.finish, _count_lines)

        left = limit
        with closing(streams_in_order(produce, self.files(), self._jobs)) as pieces:
            for lines in pieces if left != 0 else ():
                if left is None:
                    yield lines
                    continue
                taken = _first_lines(lines, left)
                yield taken
                left -= _count_lines(taken)
                if left == 0:
                    return

    def _options(self, file: DataFile) -> ReadOptions:
        return ReadOptions(
            format=self.summary.output_format,
            export_type=self.summary.export_type,
            uri=file.uri,
            max_record_size=self._max_record_size,
        )

    def _first(self, file: DataFile, chunk: bytes) -> None:
        written, said = sniff(chunk), self.summary.output_format
        if written not in {None, said}:
            raise ManifestError(self._export.summary_uri, f"outputFormat is {said}, but {file.uri} is {written}")

    def _checked(
        self,
        file: DataFile,
        feed: Callable[[bytes], P],
        finish: Callable[[], P],
        count: Callable[[P], int],
    ) -> Iterator[P]:
        """Yields what a reader makes of a data file, piece by piece, and checks the file at its end."""
        records = 0
        with DataStream(self._export.store.open(file.uri), file.uri) as stream:
            for chunk in stream:
                if stream.bytes == len(chunk):
                    self._first(file, chunk)
                if piece := feed(chunk):
                    records += count(piece)
                    yield piece
            if piece := finish():
                records += count(piece)
                yield piece
            if file.entry.md5 is not None and stream.md5 != file.entry.md5:
                raise Md5MismatchError(
                    file.uri, f"its MD5 is {stream.md5}, the manifest's {file.entry.md5}; copy the file again"
                )
        if records != file.entry.item_count:
            raise ItemCountError(
                file.uri, f"it holds {records:,} records, the manifest says {file.entry.item_count:,}; export anew"
            )


def open_for_reading(
    location: str | os.PathLike[str],
    *,
    storage: StoreOptions | None = None,
    jobs: int | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
) -> OpenExport:
    """Opens a finished export for reading; ``exportkit.open`` is this function.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        storage: How to reach it; standard AWS configuration if None.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.

    Raises:
        UsageError: An argument is out of range.
        ManifestError: The manifest is missing or malformed.
        ExportIncompleteError: The export is still running, or failed.
        StoreError: It cannot be read from storage.

    Example:
        >>> import exportkit
        >>> for item in exportkit.open("samples/full-json").items():
        ...     print(item["pk"])  # doctest: +SKIP
    """
    for name, value in (("jobs", jobs), ("max_record_size", max_record_size)):
        if value is not None and not 1 <= value < 1 << 63:
            raise UsageError(f"{name} is {value}; it has to be at least 1")
    export = open_export(location, with_connections(storage or StoreOptions(), jobs))
    return OpenExport(export, jobs=jobs, max_record_size=max_record_size)


def _count_lines(lines: bytes) -> int:
    return lines.count(b"\n")


def _first_lines(lines: bytes, limit: int) -> bytes:
    """Returns no more than ``limit`` lines of whole lines."""
    if _count_lines(lines) <= limit:
        return lines
    end = 0
    for _ in range(limit):
        end = lines.index(b"\n", end) + 1
    return lines[:end]
