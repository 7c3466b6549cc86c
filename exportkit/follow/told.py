"""What following tells: each thing done as it is done, and what a run came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from exportkit.model.description import plain_value

__all__ = ["FollowEvent", "FollowReport", "Snapshot", "Tell"]


@dataclass(frozen=True, slots=True)
class FollowEvent:
    """One thing that was done or found.

    Attributes:
        name: A word of the table in ``docs/follow.md``, such as ``requested``.
        at: When.
        told: What belongs to it, fit for JSON.
    """

    name: str
    at: datetime
    told: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Returns it for JSON."""
        return {"event": self.name, "at": plain_value(self.at), **self.told}


Tell: TypeAlias = Callable[[FollowEvent], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rebuilt table.

    Attributes:
        uri: Where it lies: a full export.
        time: Its instant.
        items: Its items.
    """

    uri: str
    time: datetime
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowReport:
    """What a run came to.

    Attributes:
        table_arn: The table.
        base: URI of the full export that the chain begins with; None while that is under way.
        end: Where the chain of verified exports ends.
        behind: How long ago that was.
        next_due: When the next window can be asked for, about; None while exports are under way.
        requested: ARNs of the exports that were asked for.
        verified: URIs of those that were verified.
        running: ARNs of those that are under way, which nobody waited for.
        snapshot: The rebuilt table, where one is kept.
    """

    table_arn: str
    base: str | None
    end: datetime | None
    behind: timedelta | None
    next_due: datetime | None
    requested: tuple[str, ...]
    verified: tuple[str, ...]
    running: tuple[str, ...]
    snapshot: Snapshot | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the report for JSON; lengths of time in seconds."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        snapshot = self.snapshot
        return {
            **{name: plain_value(value) for name, value in told.items()},
            "behind": None if self.behind is None else self.behind // timedelta(seconds=1),
            "snapshot": snapshot and {"uri": snapshot.uri, "time": plain_value(snapshot.time), "items": snapshot.items},
        }
