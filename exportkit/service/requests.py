"""What ExportTableToPointInTime is asked for: every parameter, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exportkit.errors import UsageError
from exportkit.model.description import plain_value
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.service.instants import whole_second

__all__ = ["ExportRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """A request for an export, with every parameter of the API; what is None is left out of the call.

    Times become whole seconds in UTC, what they have beyond a second being cut off, so that windows tile.

    Attributes:
        table_arn: The table; its name too, until ``exportkit.service.resolve`` has found the ARN.
        s3_bucket: Where the export goes.
        export_time: The instant that a full export shows; None until it is resolved: now.
        client_token: Makes a repeated request the same request for 8 hours; None: made of the other parameters.
        s3_bucket_owner: Account that owns the bucket, where it is another one.
        s3_prefix: Stands in front of ``AWSDynamoDB/`` in the bucket.
        s3_sse_algorithm: ``AES256`` or ``KMS``.
        s3_sse_kms_key_id: The KMS key, with ``KMS``.
        export_format: How the items are written.
        export_type: The table at an instant, or the changes of a window.
        export_from_time: Where an incremental export's window begins.
        export_to_time: Where it ends, exclusive; None until it is resolved: where the backups end.
        export_view_type: Which images an incremental export has; both if None.
        filter_specification: As the API has it; the export is then partial.

    Raises:
        UsageError: A time has no offset from UTC.
    """

    table_arn: str
    s3_bucket: str
    export_time: datetime | None = None
    client_token: str | None = None
    s3_bucket_owner: str | None = None
    s3_prefix: str | None = None
    s3_sse_algorithm: str | None = None
    s3_sse_kms_key_id: str | None = None
    export_format: OutputFormat = OutputFormat.DYNAMODB_JSON
    export_type: ExportType = ExportType.FULL
    export_from_time: datetime | None = None
    export_to_time: datetime | None = None
    export_view_type: ExportView | None = None
    filter_specification: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("export_time", "export_from_time", "export_to_time"):
            instant: datetime | None = getattr(self, name)
            if instant is None:
                continue
            if instant.tzinfo is None:
                raise UsageError(f"{name} has no offset from UTC: {instant.isoformat()}")
            object.__setattr__(self, name, whole_second(instant.astimezone(UTC)))

    def to_call(self) -> dict[str, Any]:
        """Returns the parameters of the call, as boto3 takes them."""
        specification = {
            "ExportFromTime": self.export_from_time,
            "ExportToTime": self.export_to_time,
            "ExportViewType": _text(self.export_view_type),
        }
        incremental = self.export_type == ExportType.INCREMENTAL
        if incremental and self.export_view_type is None:
            specification["ExportViewType"] = str(ExportView.NEW_AND_OLD_IMAGES)
        window = {name: value for name, value in specification.items() if value is not None}
        call = {
            "TableArn": self.table_arn,
            "S3Bucket": self.s3_bucket,
            "ExportTime": self.export_time,
            "ClientToken": self.client_token,
            "S3BucketOwner": self.s3_bucket_owner,
            "S3Prefix": self.s3_prefix,
            "S3SseAlgorithm": self.s3_sse_algorithm,
            "S3SseKmsKeyId": self.s3_sse_kms_key_id,
            "ExportFormat": _text(self.export_format),
            "ExportType": _text(self.export_type),
            "IncrementalExportSpecification": window or None,
            "FilterSpecification": None if self.filter_specification is None else dict(self.filter_specification),
        }
        return {name: value for name, value in call.items() if value is not None}

    def to_document(self) -> dict[str, Any]:
        """Returns the parameters of the call as JSON has them, as the AWS CLI takes them."""
        document: dict[str, Any] = plain_value(self.to_call())
        return document


def _text(word: str | None) -> str | None:
    return None if word is None else str(word)
