"""The items of a state: the lines that no change may touch, and the join entries of the others."""

import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

from exportkit.engine.protocols import Engine, KeyFilter
from exportkit.export import DataFile, Export
from exportkit.joining.key_types import KeyTypes
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import ApplyOptions, Payload
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import NoProgress, Progress, Workers
from exportkit.reading.files import CheckedFile
from exportkit.reading.spill import Spill

__all__ = ["Kept", "StateReader"]


class Kept(NamedTuple):
    """Lines of a state that stay as they are, one behind the other.

    Attributes:
        lines: The lines, each with its line feed, cut anywhere; none where they are only counted.
        records: How many records were kept since the last ones; lines of theirs may follow later.
    """

    lines: bytes
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReader:
    """Reads the data files of a state; several threads may share it.

    Attributes:
        export: The state.
        engine: Reads the records.
        form: How lines are kept and entries written.
        key_names: Names of the key attributes; none at all where nothing says them and no record is to be looked for.
        key_filter: Records whose key it surely does not hold are kept; None: every record becomes an entry.
        spill: Takes the entries.
        key_types: Those of the key attributes, as other inputs have them.
        source: The state's number among the exports that are joined.
        payload: What the entries carry.
        keep_lines: Whether kept lines are handed out, rather than counted alone.
        max_record_size: Bytes a record may have.
        progress: Hears how it goes on; its ``begin`` is left to the caller.
        stop: Ends the reading of all files once it is set: nobody waits for the answers any more.
        workers: The threads that read; idle ones inflate ahead.
    """

    export: Export
    engine: Engine
    form: OutputFormat
    key_names: tuple[str, ...]
    key_filter: KeyFilter | None
    spill: Spill
    key_types: KeyTypes
    source: int = 0
    payload: Payload = "line"
    keep_lines: bool = True
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE
    progress: Progress = field(default_factory=NoProgress)
    stop: threading.Event = field(default_factory=threading.Event)
    workers: Workers = field(default_factory=lambda: Workers(1))

    def kept_of(self, files: Iterable[DataFile]) -> Generator[Kept, None, None]:
        """Yields what is kept of data files, one after the other; errors as ``kept``."""
        for file in files:
            yield from self.kept(file)

    def kept(self, file: DataFile) -> Generator[Kept, None, None]:
        """Yields what is kept of a data file, in its order, and spills the rest.

        The file is checked at its end: MD5 and count.

        Raises:
            MalformedRecordError: A record cannot be read, or has no key.
            ChainError: The key has other types than in other files.
            Md5MismatchError: The file is not what the manifest says.
            ItemCountError: It holds another number of records.
            GzipError: It cannot be inflated.
            StoreError: It cannot be read, or the temporary folder not be written.
        """
        options = ApplyOptions(
            format=self.export.summary.output_format,
            form=self.form,
            uri=file.uri,
            max_record_size=self.max_record_size,
            source=self.source,
            file_index=file.index,
            key_names=self.key_names,
            payload=self.payload,
            keep_lines=self.keep_lines,
        )
        applier = self.engine.applier(options, self.key_filter)
        told, seen = 0, False
        with (
            CheckedFile(self.export, file, self.progress) as data,
            closing(self.workers.ahead(iter(data), len)) as chunks,
        ):
            for chunk in chunks:
                if self.stop.is_set():
                    return
                lines = applier.feed(chunk)
                seen = seen or self.key_types.see(file.uri, self.key_names, applier.first_key)
                self.spill.add(applier.take_entries())
                data.advance(applier.records)
                kept = applier.kept
                if lines or kept > told:
                    yield Kept(lines, kept - told)
                    told = kept
            lines = applier.finish()
            self.spill.add(applier.take_entries())
            data.check(applier.records)
            if not seen:
                self.key_types.see(file.uri, self.key_names, applier.first_key)
            if lines or applier.kept > told:
                yield Kept(lines, applier.kept - told)
