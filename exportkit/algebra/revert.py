"""``exportkit.revert``: the change that undoes others."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta

from exportkit.algebra.options import AlgebraOptions
from exportkit.algebra.report import ChangeReport
from exportkit.algebra.windows import Windows
from exportkit.engine.protocols import Engine
from exportkit.errors import ChainError, UsageError
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.joining import Operation
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.times import format_time, take_instant
from exportkit.model.window import Window
from exportkit.reading import Progress
from exportkit.store import StoreOptions

__all__ = ["revert"]

_SECOND = timedelta(seconds=1)


def revert(
    increments: Iterable[str | os.PathLike[str]],
    dest: str | os.PathLike[str],
    *,
    at: datetime | str | None = None,
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
    """Makes the change that undoes others, and returns what is in it.

    The change is an incremental export with both images, of a window of one second: replayed behind the others it
    leads back to the state before them. Every file is checked while it is read.

    Args:
        increments: Incremental exports with both images, in any order; their windows have to tile.
        dest: The folder or S3 URI the change goes to.
        at: Where its window begins, a time or the text of one, such as ``2026-01-31T00:00:00Z``; at the end of the
            last one if None, and not before that.
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
        ChainError: One has no old images; or as ``exportkit.compact``.
        ExportkitError: As ``exportkit.compact``.

    Example:
        >>> import exportkit
        >>> exportkit.revert(["backups/night", "backups/day"], "out").records  # doctest: +SKIP
        212
    """
    begun = take_instant("at", at)
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
    for export in windows.exports:
        if export.summary.output_view is not ExportView.NEW_AND_OLD_IMAGES:
            told = (
                f"has no old images (outputView {export.summary.output_view}), so nobody knows what to go back to; "
                f"export its window {export.summary.window} anew with NEW_AND_OLD_IMAGES, or compare full exports: diff"
            )
            raise ChainError(export.uri, told, "view")
    start = windows.chain.end if begun is None else begun
    if start < windows.chain.end:
        end = format_time(windows.chain.end)
        raise UsageError(f"at is {format_time(start)}, but what is undone goes on until {end}: place it there or later")
    try:
        window = Window(start, start + _SECOND)
    except OverflowError:
        raise UsageError(f"at is {format_time(start)}; no second after it can be told") from None
    return windows.make(dest, Operation.REVERT, window, timestamp=start)
