"""What diff, compact and revert answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exportkit.algebra.attributes import AttributeChange

__all__ = ["ChangeReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReport:
    """What became of some exports: the change that was made of them, or only counted.

    Attributes:
        operation: ``diff``, ``compact`` or ``revert``.
        export: The change: ``uri`` of the export that was made, None where nothing was written; table, kind, format,
            view and window.
        inputs: What it was made of, in the order of time: each export's ``uri`` and what its manifest says.
        already: Whether the same result was there before: nothing was done, and the counts are those of that run.
        added: Change records of items that were not there before.
        removed: Of items that are not there after.
        changed: Of items that are there before and after; with the view NEW_IMAGE of all that are there after, unless
            they are known to be added.
        dropped: Keys that need no record: equal in both states, or not there before nor after.
        repeated: Records of the inputs set aside, because the same export has a later one of the same key.
        attributes: Of a summary, which attributes of changed items differ; None where it was not counted.
        other_attributes: Of a summary, differences in attributes that are not listed, because there are too many names.
        warnings: What is to be known about the result.
        seconds: What it took.
    """

    operation: str
    export: Mapping[str, Any]
    inputs: tuple[Mapping[str, Any], ...]
    already: bool
    added: int
    removed: int
    changed: int
    dropped: int
    repeated: int
    attributes: tuple[AttributeChange, ...] | None = None
    other_attributes: int = 0
    warnings: tuple[str, ...]
    seconds: float

    @property
    def records(self) -> int:
        """Change records in all."""
        return self.added + self.removed + self.changed

    def to_dict(self) -> dict[str, Any]:
        """Returns the document that ``--json`` prints."""
        document: dict[str, Any] = {
            "operation": self.operation,
            "export": dict(self.export),
            "inputs": [dict(each) for each in self.inputs],
            "already": self.already,
            "records": self.records,
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "dropped": self.dropped,
            "repeated": self.repeated,
        }
        if self.attributes is not None:
            document["attributes"] = [each.to_dict() for each in self.attributes]
            document["other_attributes"] = self.other_attributes
        return document | {"warnings": list(self.warnings), "seconds": round(self.seconds, 3)}
