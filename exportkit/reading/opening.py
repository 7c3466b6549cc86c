"""From a location to an export opened for reading."""

import os
from dataclasses import replace

from exportkit.export import Export, open_export
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading.open_export import OpenExport
from exportkit.reading.threads import default_jobs
from exportkit.store import StoreOptions
from exportkit.store.opening import storage_options

__all__ = ["open_for_reading", "open_source", "with_connections"]


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
    export = open_source(location, storage, jobs, max_record_size)
    return OpenExport(export, jobs=jobs, max_record_size=max_record_size)


def open_source(
    location: str | os.PathLike[str], storage: StoreOptions | None, jobs: int | None, max_record_size: int
) -> Export:
    """Opens a finished export whose data files will be read side by side; arguments and errors as ``open_for_reading``.

    Raises:
        UsageError: An argument is out of range.
    """
    check_range(jobs=jobs, max_record_size=max_record_size)
    return open_export(location, with_connections(storage_options(storage), jobs))


def with_connections(storage: StoreOptions, jobs: int | None) -> StoreOptions:
    """Returns the options with a connection for each job at least."""
    return replace(storage, connections=max(storage.connections, jobs or default_jobs()))
