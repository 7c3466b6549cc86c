"""What the values of an export are, path by path: all its files, or a sample of their records."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from exportkit.engine.protocols import Inference
from exportkit.errors import SplitError
from exportkit.export import DataFile
from exportkit.model.statistics import InferOptions, SplitValue, Statistics
from exportkit.reading.files import Checked
from exportkit.reading.threads import in_order
from exportkit.schema import merge_statistics

__all__ = ["FileStatistics", "merged", "telling_most_values"]

_Found = Mapping[SplitValue, Statistics]


class FileStatistics:
    """Takes the statistics of data files; safe to call from several threads.

    Args:
        opened: Opens a data file.
        inference: Returns a taker of statistics for a data file.
        items: What the manifest says the files to be looked at hold.
        sample: Take so many records, evenly over the files; None takes all.
        stop: Ends the reading of all files once it is set: nobody waits for the answers any more.
    """

    def __init__(
        self,
        opened: Callable[[DataFile], Checked],
        inference: Callable[[DataFile], Inference],
        items: int,
        sample: int | None,
        stop: threading.Event,
    ) -> None:
        self._opened = opened
        self._inference = inference
        self._items = items
        self._sample = None if sample is None or sample >= items else sample
        self._stop = stop

    def parts(self, files: Iterator[DataFile]) -> Iterator[tuple[DataFile, int]]:
        """Yields the files to read, each with the number of records to take: its first.

        Of a sample, file after file has as large a part as of all records, rounded so that the parts add up.
        """
        before = asked_before = 0
        for file in files:
            before += file.entry.item_count
            asked = before if self._sample is None else before * self._sample // self._items
            if self._sample is None or asked > asked_before:
                yield file, asked - asked_before
            asked_before = asked

    def __call__(self, part: tuple[DataFile, int]) -> _Found:
        """Returns the statistics of one file; nothing once it was told to stop.

        Raises:
            ExportkitError: As ``OpenExport.statistics``.
        """
        file, asked = part
        inference = self._inference(file)
        malformed = 0
        with self._opened(file) as data:
            chunks = iter(data) if self._sample is None else _first_records(iter(data), inference, asked)
            for chunk in chunks:
                if self._stop.is_set():
                    return {}
                inference.feed(chunk)
                malformed += len(inference.take_malformed())
                data.advance(inference.records)
            found = inference.finish()
            malformed += len(inference.take_malformed())
            if self._sample is None:
                data.check(malformed + sum(each.records for each in found.values()))
        return found


def _first_records(chunks: Iterator[bytes], inference: Inference, count: int) -> Iterator[bytes]:
    """Yields the chunks up to the end of the record that is the last of ``count``; they are fed in turn."""
    for chunk in chunks:
        start = 0
        while start < len(chunk):
            if (left := count - inference.records) <= 0:
                return
            # A blank line is no record: where there are some, the next turn feeds what is still asked for.
            end = _end_of_line(chunk, start, left)
            yield chunk[start:end]
            start = end


def _end_of_line(chunk: bytes, start: int, lines: int) -> int:
    """Returns where so many lines end, counted from ``start``; the chunk's end where it has fewer."""
    if chunk.count(b"\n", start) < lines:
        return len(chunk)
    end = start
    for _ in range(lines):
        end = chunk.index(b"\n", end) + 1
    return end


def merged(
    take: FileStatistics, files: Iterator[DataFile], jobs: int, uri: str, options: InferOptions, stop: threading.Event
) -> dict[SplitValue, Statistics]:
    """Returns the statistics of all files, merged in the order of the manifest.

    Raises:
        SplitError: They have more values to split by than ``options`` allow.
        ExportkitError: As ``OpenExport.statistics``.
    """
    whole: dict[SplitValue, Statistics] = {}
    with telling_most_values(options), closing(in_order(take, take.parts(files), jobs, stop)) as results:
        for found in results:
            for value, statistics in found.items():
                before = whole.get(value)
                whole[value] = (
                    statistics if before is None else merge_statistics(before, statistics, options.max_map_fields)
                )
            if len(whole) > options.max_split_values:
                raise SplitError(uri, f"more than {options.max_split_values:,} values of {options.split_by}")
    return whole


@contextmanager
def telling_most_values(options: InferOptions) -> Iterator[None]:
    """Adds to a SplitError how many values the attribute may have, and what to do."""
    try:
        yield
    except SplitError as error:
        error.add_note(f"a split takes at most {options.max_split_values:,} values; name another attribute")
        raise
