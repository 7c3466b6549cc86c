"""Options that several commands share, each group as one parameter."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from exportkit.store import StoreOptions

__all__ = ["JsonOption", "StorageOptions"]

JsonOption = Annotated[bool, Parameter(name="--json", negative="")]


@Parameter(name="*", group=Group("Storage", sort_key=9))
@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """Where exports lie and how to get at them; the rest is standard AWS configuration."""

    endpoint_url: str | None = None
    """URL of an S3-compatible server."""
    profile: str | None = None
    """Profile of the AWS configuration."""
    region: str | None = None
    """AWS Region."""
    requester_pays: Annotated[bool, Parameter(negative="")] = False
    """Pay for the requests to a requester-pays bucket."""
    expected_bucket_owner: str | None = None
    """Account id that must own the bucket."""
    allow_foreign_keys: Annotated[bool, Parameter(negative="")] = False
    """Follow manifest keys that lead out of the export's root."""

    def resolve(self) -> StoreOptions:
        """Returns the same as the store takes them."""
        return StoreOptions(
            endpoint_url=self.endpoint_url,
            profile=self.profile,
            region=self.region,
            requester_pays=self.requester_pays,
            expected_bucket_owner=self.expected_bucket_owner,
            allow_foreign_keys=self.allow_foreign_keys,
        )
