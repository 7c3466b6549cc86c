"""The algebra of exports (``docs/algebra.md``): changes made of states and of changes; and the signature of a state."""

from exportkit.algebra.attributes import AttributeChange
from exportkit.algebra.compact import compact
from exportkit.algebra.diff import diff
from exportkit.algebra.report import ChangeReport
from exportkit.algebra.revert import revert
from exportkit.algebra.signature import Signature, signature

__all__ = ["AttributeChange", "ChangeReport", "Signature", "compact", "diff", "revert", "signature"]
