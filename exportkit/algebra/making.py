"""A change that is made: what it says of itself, where it goes, what is told of it afterwards."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from exportkit.algebra.options import AlgebraOptions
from exportkit.algebra.report import ChangeReport
from exportkit.export import Export
from exportkit.joining.identity import inputs_of
from exportkit.joining.joins import Totals
from exportkit.joining.lineage import lineage_of_result
from exportkit.joining.made import MadeExport
from exportkit.locations import Location
from exportkit.model.formats import ExportType, ExportView
from exportkit.model.joining import Operation
from exportkit.model.manifest import ManifestSummary
from exportkit.model.window import Window
from exportkit.reading.outside import check_outside
from exportkit.store import open_store

__all__ = ["Making"]

_COUNTS = ("added", "removed", "changed", "dropped", "repeated")


@dataclass(frozen=True, kw_only=True)
class Making:
    """One change that is made of exports.

    Attributes:
        operation: How.
        inputs: What it is made of, in the order of time. The first names the table.
        window: The time that it covers.
        view: Which images it has.
        warnings: What is to be known about it.
        carried: What its summary is to say to whoever reads it next.
        options: How it is made.
        began: When, by the monotonic clock.
    """

    operation: Operation
    inputs: Sequence[Export]
    window: Window
    view: ExportView
    warnings: tuple[str, ...]
    carried: Mapping[str, Any]
    options: AlgebraOptions
    began: float = field(default_factory=time.monotonic)

    @property
    def summary(self) -> ManifestSummary:
        """What the change says of itself; names and counts are filled in while it is made."""
        first = self.inputs[0].summary
        return replace(
            first,
            export_type=ExportType.INCREMENTAL,
            export_time=None,
            export_from_time=self.window.start,
            export_to_time=self.window.end,
            output_format=self.options.output_format or first.output_format,
            output_view=self.view,
        )

    def make(
        self,
        dest: Location,
        settings: Mapping[str, Any],
        write: Callable[[MadeExport], tuple[Totals, Mapping[str, Any]]],
    ) -> ChangeReport:
        """Returns the report on the change in ``dest``, once it is there.

        Args:
            dest: The folder or S3 URI that stands for the bucket.
            settings: What else decides its bytes.
            write: Writes its data files; returns the counts and what the lineage tells beside them.

        Raises:
            UsageError: Another result is there, or it would lie in an input.
            LockedError: Another run writes this one.
            StoreError: It cannot be written.
        """
        check_outside(dest, self.inputs)
        storage = self.options.storage
        inputs = inputs_of(self.inputs)
        made = MadeExport(dest, storage, self.summary, str(self.operation), inputs, settings, self.carried)
        with made:
            if made.already is not None:
                lineage = lineage_of_result(open_store(made.uri, storage.for_output()), made.uri, ["counts"])
                return self._report(made.uri, lineage["counts"], already=True)
            totals, lineage = write(made)
            counts = counts_of(totals)
            made.finish({**lineage, "counts": counts})
        return self._report(made.uri, counts)

    def counted(self, totals: Totals, **told: Any) -> ChangeReport:
        """Returns the report on a change that was counted, and not written.

        Args:
            totals: The counts.
            told: What else the report tells.
        """
        return self._report(None, counts_of(totals), **told)

    def _report(self, uri: str | None, counts: Mapping[str, int], **told: Any) -> ChangeReport:
        known: dict[str, Any] = {name: counts[name] for name in _COUNTS}
        return ChangeReport(
            operation=str(self.operation),
            export={"uri": uri, **self.summary.told()},
            inputs=tuple({"uri": export.uri, **export.summary.told()} for export in self.inputs),
            warnings=self.warnings,
            seconds=time.monotonic() - self.began,
            **(known | {"already": False} | told),
        )


def counts_of(totals: Totals) -> dict[str, int]:
    """Returns the counts of a change as reports and lineages name them."""
    found = (totals.inserted, totals.deleted, totals.replaced, totals.dropped, totals.repeated)
    return dict(zip(_COUNTS, found, strict=True))
