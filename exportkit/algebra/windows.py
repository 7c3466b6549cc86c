"""Changes of windows that tile a stretch of time, joined into one change: what compact and revert share."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from exportkit.algebra.making import Making
from exportkit.algebra.options import AlgebraOptions
from exportkit.algebra.report import ChangeReport
from exportkit.errors import UsageError
from exportkit.export import Export, open_export
from exportkit.joining.chains import ChainRules, ReplayChain, plan_windows
from exportkit.joining.changes import index_changes
from exportkit.joining.joins import Totals
from exportkit.joining.made import MadeExport
from exportkit.joining.sizes import measure
from exportkit.joining.writing import write_joined
from exportkit.model.formats import ExportView
from exportkit.model.joining import HEADER_SIZE, JoinOptions, Operation
from exportkit.model.times import to_micros
from exportkit.model.window import Window
from exportkit.reading import in_order

__all__ = ["Windows"]

_OPENERS = 16


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Incremental exports whose windows tile, in the order of time.

    Attributes:
        chain: What is known of them.
        options: How a change is made of them.
    """

    chain: ReplayChain
    options: AlgebraOptions

    @classmethod
    def open(
        cls, increments: Iterable[str | os.PathLike[str]], options: AlgebraOptions, *, allow_filtered: bool
    ) -> Self:
        """Opens exports and puts them in order.

        Args:
            increments: Where they lie, in any order.
            options: How a change is made of them.
            allow_filtered: Whether they may hold a part of their table's changes.

        Raises:
            UsageError: There are none.
            ChainError: They do not tile, are filtered, full, or of several tables.
            StoreError: One cannot be read.
        """
        if isinstance(increments, str | os.PathLike):
            raise UsageError(f"increments are several locations, such as [{os.fspath(increments)!r}]")
        locations = list(increments)
        if not locations:
            raise UsageError("name one incremental export at least")
        exports = list(in_order(lambda each: open_export(each, options.storage), locations, _OPENERS))
        rules = ChainRules(allow_filtered=allow_filtered)
        return cls(chain=plan_windows(exports, rules), options=options)

    @property
    def exports(self) -> list[Export]:
        """The exports in the order of their windows."""
        return [link.export for link in self.chain.links]

    @property
    def old_images(self) -> bool:
        """Whether all of them have the items as they were before, too."""
        return all(export.summary.output_view is ExportView.NEW_AND_OLD_IMAGES for export in self.exports)

    def make(
        self, dest: str | os.PathLike[str], operation: Operation, window: Window, *, timestamp: datetime | None = None
    ) -> ChangeReport:
        """Writes the one change that is made of them, and returns the report.

        Args:
            dest: The folder or S3 URI that stands for the bucket.
            operation: ``COMPACT`` or ``REVERT``.
            window: The time that the change covers.
            timestamp: When its items are said to have been written; None: when they were.

        Raises:
            ExportkitError: As ``exportkit.compact``.
        """
        making = Making(
            operation=operation,
            inputs=self.exports,
            window=window,
            view=ExportView.NEW_AND_OLD_IMAGES if self.old_images else ExportView.NEW_IMAGE,
            warnings=(
                *self.chain.warnings,
                *(f"left-out: {uri} is not needed, for others cover its window" for uri, _ in self.chain.left_out),
            ),
            carried=self.chain.carried(),
            options=self.options,
        )
        join = JoinOptions(
            operation=operation,
            form=making.summary.output_format,
            sources=self.chain.sources,
            old_images=self.old_images,
            timestamp=None if timestamp is None else to_micros(timestamp),
            window=window.micros,
        )
        return making.make(dest, {}, lambda made: self._write(made, join))

    def _write(self, made: MadeExport, join: JoinOptions) -> tuple[Totals, Mapping[str, Any]]:
        options, exports = self.options, self.exports
        sizes = [measure(export) for export in exports]
        options.progress.begin(sum(size.items for size in sizes))
        with options.spill("changes", sum(size.text_bytes + size.items * HEADER_SIZE for size in sizes)) as spill:
            changes = index_changes(
                exports,
                engine=options.engine,
                form=join.form,
                jobs=options.jobs,
                spill=spill,
                max_record_size=options.max_record_size,
                progress=options.progress,
            )
            totals = write_joined(
                made,
                options.engine,
                spill,
                join,
                exports=[None, *exports],
                records=sum(changes.records),
                jobs=options.jobs,
            )
        return totals, {"key": None if changes.key_names is None else list(changes.key_names)}
