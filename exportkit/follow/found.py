"""What there is of a table's exports: in the service's list, and in the bucket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from exportkit.errors import ExportError
from exportkit.follow.options import FollowOptions
from exportkit.follow.place import Place
from exportkit.follow.planning import Known
from exportkit.model.description import ExportDescription, TableDescription
from exportkit.model.formats import ExportType
from exportkit.model.window import Window
from exportkit.service.instants import whole_second
from exportkit.service.protocol import ExportService

__all__ = ["Found", "is_filtered", "look_around", "why_foreign"]


@dataclass(kw_only=True)
class Found:
    """The exports of a table in one place, exportkit's own and filtered ones left out.

    Attributes:
        table: The table.
        bases: Finished full exports.
        windows: Finished incremental exports.
        running: Exports under way.
    """

    table: TableDescription
    bases: list[Known] = field(default_factory=list)
    windows: list[Known] = field(default_factory=list)
    running: list[ExportDescription] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The table's ARN."""
        assert self.table.table_arn is not None, "a table has one"
        return self.table.table_arn

    @property
    def cuts(self) -> list[datetime]:
        """The whole seconds at which a window may end so that the chain goes on with what is there."""
        windows = [each.window.start for each in self.windows] + [
            each.window.start for each in self.running if each.window
        ]
        instants = [each.time for each in self.bases] + [each.export_time for each in self.running if each.export_time]
        return [*windows, *map(whole_second, instants)]

    def add(self, known: Known) -> None:
        """Adds a finished export."""
        (self.windows if known.summary.window else self.bases).append(known)

    def drop(self, known: Known) -> None:
        """Takes a finished export out again."""
        (self.windows if known.summary.window else self.bases).remove(known)


def look_around(
    service: ExportService,
    place: Place,
    table: TableDescription,
    options: FollowOptions,
    left_out: Callable[[str, str], None],
) -> Found:
    """Returns what there is.

    The service is asked first: what ends meanwhile is then finished in the bucket, and not lost between the two.

    Args:
        service: Whom to ask.
        place: Where exports of the chain go.
        table: The table.
        options: What is followed.
        left_out: Hears of exports that may belong to the chain and cannot: URI or ARN, and why.

    Raises:
        StoreError: Service or storage failed.
    """
    found = Found(table=table)
    failed, under_way = set(), set()
    for summary in service.exports(table.table_arn):
        export_id = summary.export_arn.rpartition("/")[2]
        if summary.export_status == "FAILED":
            failed.add(export_id)
        elif summary.export_status == "IN_PROGRESS":
            export = service.describe(summary.export_arn)
            if export.export_status == "IN_PROGRESS" and _belongs(export, table, options):
                found.running.append(export)
                under_way.add(export_id)
    for known in place.look():
        if isinstance(known, ExportError):
            left_out(place.folder, str(known))
        elif known.id not in failed | under_way:
            _add(found, known, place, left_out)
    return found


def _add(found: Found, known: Known, place: Place, left_out: Callable[[str, str], None]) -> None:
    """Adds a finished export, unless it cannot belong to the chain."""
    why = why_foreign(known, found.table)
    if why is None and place.filtered.has(known.id):
        why = "filtered: DescribeExport named a filter"
    if why is None:
        found.add(known)
    elif why:
        left_out(known.uri, why)


def is_filtered(export: ExportDescription) -> bool:
    """Tells whether an export holds a part of its table only."""
    return bool(export.filter_specification)


def _belongs(export: ExportDescription, table: TableDescription, options: FollowOptions) -> bool:
    """Tells whether an export under way will be one of the chain's place, and of the table as it is now."""
    here = (export.s3_bucket, (export.s3_prefix or "").rstrip("/")) == (options.bucket, options.prefix or "")
    same = None in {export.table_id, table.table_id} or export.table_id == table.table_id
    told = export.window is not None or export.export_time is not None
    joins = export.window is None or _can_be_followed(export.window)
    return here and same and told and joins and not is_filtered(export)


def _can_be_followed(window: Window) -> bool:
    """Tells whether a window that is asked for, in whole seconds, can begin where another ends."""
    return window.end == whole_second(window.end)


def why_foreign(known: Known, table: TableDescription) -> str | None:
    """Returns why a finished export does not belong to the chain; an empty text where nobody would think it did."""
    summary = known.summary
    if summary.table_arn != table.table_arn or summary.exportkit is not None:
        return ""
    if None not in {summary.table_id, table.table_id} and summary.table_id != table.table_id:
        return "of an earlier table of the same name"
    if summary.filter_keys:
        return f"filtered: its manifest has {', '.join(summary.filter_keys)}"
    if summary.window and not _can_be_followed(summary.window):
        return f"its window {summary.window} ends within a second: no other can begin there"
    if summary.export_type is ExportType.FULL and summary.export_time is None:
        return "it names no exportTime"
    return None
