"""One pass instead of two: the schema is guessed from a sample and held against the whole while it is written.

Each task takes the statistics of its records while it decodes them. Where they lead to the very
columns of the guess, what was written is what a first look at the whole would have led to. Where a
value fits no guessed column, or other columns come out in the end, all that was written is deleted, the whole
is read for its schema, and written after that. Either way the result is the same at any number of
jobs, and after any kill. ``docs/decisions/2026-11-22-one-pass.md`` tells what else was measured.
"""

from dataclasses import replace

from exportkit.convert.options import ConvertOptions
from exportkit.convert.work import WorkPlan
from exportkit.model.statistics import Statistics
from exportkit.schema import resolve

__all__ = ["SAMPLE_FILES", "confirmed", "sample_size"]

SAMPLE_FILES = 8
"""Data files that the guess is made from."""

_SAMPLE_RECORDS = 32_768
_SAMPLE_SHARE = 16
"""At most one record of so many is read for the guess: it shall cost little where it fails."""


def sample_size(items: int) -> int:
    """Returns how many of an export's records the guess is made from, at least one."""
    return max(1, min(_SAMPLE_RECORDS, items // _SAMPLE_SHARE))


def confirmed(
    plan: WorkPlan, statistics: Statistics | None, options: ConvertOptions, *, incremental: bool
) -> WorkPlan | None:
    """Returns the plan with what is known of the whole; None where that leads to other columns.

    Args:
        plan: A guessed plan.
        statistics: Of all records; None where there were no tasks.
        options: What was asked for.
        incremental: Whether the export is.
    """
    if statistics is None:
        return None
    (guess,) = plan.targets
    schema = resolve(statistics, options.policies)
    if schema.plan(rescue=False, incremental=incremental) != guess.schema.plan(rescue=False, incremental=incremental):
        return None
    return replace(plan, targets=(replace(guess, schema=schema),), guessed=False)
