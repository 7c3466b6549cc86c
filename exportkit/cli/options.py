"""Options that several commands share, each group as one parameter."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter
from cyclopts.types import ExistingDirectory, PositiveInt

from exportkit.store import StoreOptions

__all__ = ["JobsOption", "JsonOption", "StorageOptions", "TempDirOption"]

JsonOption = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
JobsOption = PositiveInt | None
TempDirOption = ExistingDirectory | None


@Parameter(name="*", group=Group("Storage", sort_key=9))
@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """Where exports lie and how to get at them; the rest is standard AWS configuration."""

    endpoint_url: str | None = None
    """URL of an S3-compatible server."""
    dynamodb_endpoint_url: str | None = None
    """URL of a DynamoDB endpoint, for export ARNs and --service."""
    profile: str | None = None
    """Profile of the AWS configuration."""
    region: str | None = None
    """AWS Region."""
    requester_pays: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """Pay for the requests to a requester-pays bucket."""
    expected_bucket_owner: str | None = None
    """Account id that must own the bucket."""
    allow_foreign_keys: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """Follow manifest keys that lead out of the export's root."""

    def resolve(self) -> StoreOptions:
        """Returns the same as the store takes them."""
        return StoreOptions(
            endpoint_url=self.endpoint_url,
            dynamodb_endpoint_url=self.dynamodb_endpoint_url,
            profile=self.profile,
            region=self.region,
            requester_pays=self.requester_pays,
            expected_bucket_owner=self.expected_bucket_owner,
            allow_foreign_keys=self.allow_foreign_keys,
        )
