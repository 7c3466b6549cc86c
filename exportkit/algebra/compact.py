"""``exportkit.compact``: one change with the net effect of several."""

import os
from collections.abc import Iterable

from exportkit.algebra.options import AlgebraOptions
from exportkit.algebra.report import ChangeReport
from exportkit.algebra.windows import Windows
from exportkit.engine.protocols import Engine
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import Operation
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.window import Window
from exportkit.reading import Progress
from exportkit.store import StoreOptions

__all__ = ["compact"]


def compact(
    increments: Iterable[str | os.PathLike[str]],
    dest: str | os.PathLike[str],
    *,
    output_format: OutputFormat | str | None = None,
    allow_filtered: bool = False,
    jobs: int | None = None,
    memory: int = DEFAULT_MEMORY,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> ChangeReport:
    """Makes one change of several, over all their windows and with the same net effect, and returns what is in it.

    The change is an incremental export; it has both images if all of them have. Every file is checked while it is read.

    Args:
        increments: Incremental exports, in any order; their windows have to tile.
        dest: The folder or S3 URI the change goes to.
        output_format: Format of the change; that of the earliest if None.
        allow_filtered: Whether they may hold a part of their table's changes.
        jobs: Files read side by side; one for each processor if None. The result does not depend on it.
        memory: Bytes to take, about; what does not fit spills. The result does not depend on it.
        temp_dir: Where it spills to; the system's if None.
        max_record_size: Bytes a record may have.
        storage: How to reach inputs and destination; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Reads and joins the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range, or something else lies in the destination,
            or that lies in an input.
        ChainError: The windows do not tile, or the exports are full, filtered, or of several tables.
        MalformedRecordError: A record cannot be read, or its key is not what it has to be.
        ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
        Md5MismatchError: A manifest is not what its MD5 file says, or a data file not what the manifest says.
        ItemCountError: It holds another number of records.
        StoreError: Something cannot be read or written.

    Example:
        >>> import exportkit
        >>> exportkit.compact(["backups/night", "backups/day"], "out").records  # doctest: +SKIP
        212
    """
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
    windows = Windows.open(increments, options, allow_filtered=allow_filtered)
    return windows.make(dest, Operation.COMPACT, Window(windows.chain.start, windows.chain.end))
