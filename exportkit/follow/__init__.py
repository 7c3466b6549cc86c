"""An unbroken chain of exports for a table: what is due is asked for, waited for, verified, and kept as a snapshot."""

from exportkit.follow.following import Follower
from exportkit.follow.options import FollowOptions
from exportkit.follow.told import FollowEvent, FollowReport, Snapshot

__all__ = ["FollowEvent", "FollowOptions", "FollowReport", "Follower", "Snapshot"]
