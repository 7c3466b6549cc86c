"""What following works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exportkit.engine.protocols import Engine
from exportkit.follow.options import FollowOptions
from exportkit.follow.told import FollowEvent, Tell
from exportkit.reading import Progress
from exportkit.service.protocol import Clock, ExportService
from exportkit.service.waiting import WaitProgress
from exportkit.store import StoreOptions

__all__ = ["Means"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What following works with; ``Follower`` tells what each is."""

    options: FollowOptions
    storage: StoreOptions
    service: ExportService
    clock: Clock
    hears: Tell | None
    progress: Progress | None
    waiting: WaitProgress | None
    engine: Engine | None

    def tell(self, name: str, told: Mapping[str, Any]) -> None:
        """Tells whoever hears that something was done."""
        if self.hears is not None:
            self.hears(FollowEvent(name, self.clock.now(), told))
