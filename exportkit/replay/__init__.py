"""A base and the increments after it become the table at a later instant: as an export, as Parquet, or read at once."""

from exportkit.replay.plan import ReplayPlan
from exportkit.replay.rebuilt import Rebuilt, replay
from exportkit.replay.report import ReplayReport

__all__ = ["Rebuilt", "ReplayPlan", "ReplayReport", "replay"]
