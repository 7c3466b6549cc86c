"""The incremental exports of a table that lie beside its base."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from exportkit.errors import ChainError, UsageError
from exportkit.export import Export
from exportkit.locations import ExportStatus, FoundExport, find_below
from exportkit.model.layout import export_id_time
from exportkit.model.manifest import ManifestSummary
from exportkit.model.window import Window
from exportkit.store import Store, StoreOptions

__all__ = ["Beside", "look_beside", "open_all"]

_OPENERS = 16
_SHOWN = 3
_NAME = (": name it if it is meant", ": name those that are meant")  # of one, of several
_MAY_BELONG = (": it may belong to the chain", ": they may belong to the chain")
_BEFORE_ANEW = "before anything is exported anew: wait for what is running, copy again what is not whole"


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a base.

    Attributes:
        increments: The incremental exports of its table, but those that exportkit made: URI, summary, window.
        warnings: What else there is that may belong to it.
        may_be_had: Whether some of that can be waited for, or copied again.
    """

    increments: tuple[tuple[str, ManifestSummary, Window], ...]
    warnings: tuple[str, ...]
    may_be_had: bool

    @contextmanager
    def told_of(self) -> Iterator[None]:
        """Notes what else there is on the error by which a block says that changes are missing."""
        try:
            yield
        except (ChainError, UsageError) as error:
            if isinstance(error, ChainError) and error.reason != "gap":
                raise
            for warning in self.warnings:
                error.add_note(warning)
            if self.may_be_had:
                error.add_note(_BEFORE_ANEW)
            raise


def look_beside(base: Export) -> Beside:
    """Looks at the exports that lie in the same folder as a base, in S3 mostly a folder ``AWSDynamoDB``.

    Raises:
        AccessDeniedError: The folder may not be listed; names the permission.
        StoreError: Storage failed.
    """
    store = base.store
    every = [found for found in find_below(store, store.parent(base.uri), depth=1) if found.uri != base.uri]
    every.sort(key=lambda found: found.uri)
    increments: list[tuple[str, ManifestSummary, Window]] = []
    made: list[str] = []
    of_others: list[str] = []
    for found in every:
        summary = found.summary
        window = summary.window if summary else None
        if summary is None or window is None or summary.table_arn != base.summary.table_arn:
            continue
        if None not in {summary.table_id, base.summary.table_id} and summary.table_id != base.summary.table_id:
            of_others.append(found.uri)
        elif summary.exportkit is not None:
            made.append(found.uri)
        else:
            increments.append((found.uri, summary, window))
    unfinished, unreadable = _unfinished(base, every), _unreadable(every)
    warnings = (
        _told(store, "made-by-exportkit", "made by exportkit, and so not taken", made, _NAME),
        _told(store, "table-recreated", "of another table of the same name, and so not taken", of_others),
        _told(store, "not-complete", "running or failed", unfinished, _MAY_BELONG),
        _told(store, "unreadable", "unreadable", unreadable, _MAY_BELONG),
    )
    return Beside(tuple(increments), tuple(filter(None, warnings)), bool(unfinished or unreadable))


def open_all(store: Store, uris: Sequence[str], options: StoreOptions) -> list[Export]:
    """Opens exports side by side, one request each.

    Raises:
        ExportkitError: As ``Export``.
    """
    with ThreadPoolExecutor(_OPENERS, thread_name_prefix="exportkit-open") as pool:
        return list(pool.map(lambda uri: Export(store, uri, options), uris))


def _unfinished(base: Export, every: Sequence[FoundExport]) -> list[str]:
    """Returns those that began after the base's instant; a window that ended before it is not needed."""
    unfinished = []
    for found in every:
        begun = export_id_time(base.store.name(found.uri))
        needed = begun is None or base.summary.export_time is None or begun > base.summary.export_time
        if found.status is ExportStatus.INCOMPLETE and needed:
            unfinished.append(found.uri)
    return unfinished


def _unreadable(every: Sequence[FoundExport]) -> list[str]:
    return [found.uri for found in every if found.status in {ExportStatus.BROKEN, ExportStatus.UNREADABLE}]


def _told(store: Store, name: str, what: str, uris: Sequence[str], then: tuple[str, str] = ("", "")) -> str:
    if not uris:
        return ""
    names = ", ".join(store.name(uri) for uri in uris[:_SHOWN]) + (", …" if len(uris) > _SHOWN else "")
    count = "an export is" if len(uris) == 1 else f"{len(uris):,} exports are"
    return f"{name}: beside the base {count} {what}{then[len(uris) > 1]} ({names})"
