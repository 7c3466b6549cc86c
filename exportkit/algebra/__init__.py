"""The algebra of exports (``docs/algebra.md``): one change made of two states, or of several changes."""

from exportkit.algebra.attributes import AttributeChange
from exportkit.algebra.compact import compact
from exportkit.algebra.diff import diff
from exportkit.algebra.report import ChangeReport
from exportkit.algebra.revert import revert

__all__ = ["AttributeChange", "ChangeReport", "compact", "diff", "revert"]
