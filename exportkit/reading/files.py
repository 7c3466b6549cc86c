"""One data file: its bytes chunk by chunk, and whether it is what the manifest says."""

import re
from collections.abc import Generator
from types import TracebackType
from typing import Protocol, Self

from exportkit.errors import ItemCountError, ManifestError, Md5MismatchError
from exportkit.export import DataFile, Export
from exportkit.model.formats import OutputFormat
from exportkit.reading.progress import NoProgress, Progress
from exportkit.store import DataStream

__all__ = ["Checked", "CheckedFile", "sniff"]

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


class Checked(Protocol):
    """The bytes of a data file, and the checks at its end; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def __iter__(self) -> Generator[bytes, None, None]:  # noqa: PYI058 - it can be closed
        ...

    def advance(self, records: int) -> None:
        """Tells the progress how far it has come: so many records in all."""
        ...

    def check(self, records: int) -> None:
        """Makes sure at its end that it held as many records as it should, and is unharmed."""
        ...


class CheckedFile:
    """The decompressed bytes of a data file, and the checks at its end.

    Args:
        export: The export it belongs to.
        file: The data file.
        progress: Hears of its compressed bytes and records.
    """

    def __init__(self, export: Export, file: DataFile, progress: Progress | None = None) -> None:
        """Opens it.

        Raises:
            StoreError: It cannot be opened.
        """
        self._export = export
        self._file = file
        self._progress = progress or NoProgress()
        self._stream = DataStream(export.open_data(file.uri), file.uri, hashed=file.entry.md5 is not None)
        self._bytes_told = self._records_told = 0

    def __iter__(self) -> Generator[bytes, None, None]:
        """Yields the chunks.

        Raises:
            ManifestError: The file is written in another format than the summary says.
            GzipError: It cannot be inflated.
            StoreError: It cannot be read.
        """
        first = True
        for chunk in self._stream:
            if first:
                self._first(chunk)
                first = False
            yield chunk

    def advance(self, records: int) -> None:
        """Tells the progress how far it has come: so many records in all."""
        read = self._stream.compressed_bytes
        self._progress.advance(compressed_bytes=read - self._bytes_told, items=records - self._records_told)
        self._bytes_told, self._records_told = read, records

    def check(self, records: int) -> None:
        """Makes sure at its end that the file is what the manifest says.

        Args:
            records: How many it turned out to hold.

        Raises:
            Md5MismatchError: It has another MD5.
            ItemCountError: It holds another number of records.
        """
        self.advance(records)
        file = self._file
        if file.entry.md5 is not None and (md5 := self._stream.md5) != file.entry.md5:
            raise Md5MismatchError(file.uri, f"its MD5 is {md5}, the manifest's {file.entry.md5}; copy the file again")
        if records != file.entry.item_count:
            raise ItemCountError(
                file.uri, f"it holds {records:,} records, the manifest says {file.entry.item_count:,}; export anew"
            )
        self._progress.advance(files=1)

    def _first(self, chunk: bytes) -> None:
        written, said = sniff(chunk), self._export.summary.output_format
        if written not in {None, said}:
            raise ManifestError(self._export.summary_uri, f"outputFormat is {said}, but {self._file.uri} is {written}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
