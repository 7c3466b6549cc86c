"""The incremental exports that may take part in a chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exportkit.errors import UsageError
from exportkit.export import Export
from exportkit.joining.checks import window_of
from exportkit.model.formats import ExportView
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import format_time
from exportkit.model.window import Window

__all__ = ["Candidate", "named", "up_to"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An increment that may take part; those found by themselves are opened when they do."""

    uri: str
    summary: ManifestSummary
    window: Window
    export: Export | None = None

    @property
    def rank(self) -> tuple[bool, bool, str, str]:
        """Sorts those of one window: the one with both images, one of AWS's, and then whatever is always the same."""
        views = self.summary.output_view is not ExportView.NEW_AND_OLD_IMAGES
        return views, self.summary.exportkit is not None, self.summary.export_id or "", self.uri


def named(increments: Sequence[Export]) -> tuple[list[Candidate], list[str]]:
    """Returns the named exports, each once, and a warning of those that were named twice."""
    taken: dict[tuple[str, str], Candidate] = {}
    repeated = []
    for export in increments:
        # A copy at another place has the same ExportId and the same summary.
        key = (export.id, export.summary_md5)
        if key in taken:
            repeated.append(f"named-twice: {export.uri} is {taken[key].uri} again, and counts once")
        else:
            taken[key] = Candidate(export.uri, export.summary, window_of(export), export)
    return list(taken.values()), repeated


def up_to(
    candidates: list[Candidate], instant: datetime | None, until: datetime | None
) -> tuple[list[Candidate], list[Candidate]]:
    """Returns the candidates up to an instant, and those after it.

    Raises:
        UsageError: It is neither the base's instant nor a window's end.
    """
    if until is None:
        return candidates, []
    ends = {candidate.window.end for candidate in candidates if instant is None or candidate.window.end > instant}
    if instant is not None:
        ends.add(instant)
    if until not in ends:
        there = ", ".join(format_time(end) for end in sorted(ends))
        raise UsageError(f"no state at {format_time(until)} can be had; the ends there are: {there}")
    return (
        [candidate for candidate in candidates if candidate.window.end <= until],
        [candidate for candidate in candidates if candidate.window.end > until],
    )
