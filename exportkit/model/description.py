"""What the service says of exports, tables and their backups, as plain data."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from exportkit.errors import ExportFailedError, ExportIncompleteError, ImportFailedError, ServiceError
from exportkit.model.times import format_time
from exportkit.model.window import Window

__all__ = ["BackupWindow", "ExportDescription", "ExportSummary", "ImportDescription", "TableDescription", "plain_value"]

# What to do about the FailureCodes that are known; the others come with the service's message alone.
_REMEDIES = {
    "S3NoSuchBucket": "make the bucket, or name another one",
    "S3AccessDenied": "allow who asks for the export s3:PutObject, s3:PutObjectAcl and s3:AbortMultipartUpload there, "
    "in the bucket's policy too if another account owns it, and name that account as the owner",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDescription:
    """What DescribeExport says; what it leaves out is None.

    Attributes:
        export_arn: The export.
        export_status: ``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``.
        start_time: When it began.
        end_time: When it ended.
        export_manifest: Key of manifest-summary.json, once it has ended.
        table_arn: The table.
        table_id: Tells a table from another of the same name.
        export_time: The instant of a full export's snapshot.
        client_token: The token it was asked for with.
        s3_bucket: The bucket.
        s3_bucket_owner: The account that was named as its owner.
        s3_prefix: The prefix asked for.
        s3_sse_algorithm: ``AES256`` or ``KMS``.
        s3_sse_kms_key_id: The KMS key.
        failure_code: Why it failed.
        failure_message: The same for people.
        export_format: ``DYNAMODB_JSON`` or ``ION``.
        billed_size_bytes: What is billed for, once it has ended.
        item_count: Records written, once it has ended.
        export_type: ``FULL_EXPORT`` or ``INCREMENTAL_EXPORT``.
        export_from_time: Start of an incremental export's window.
        export_to_time: Its end.
        export_view_type: ``NEW_IMAGE`` or ``NEW_AND_OLD_IMAGES``.
        filter_specification: The filter, as the service gives it: the export is partial.
    """

    export_arn: str
    export_status: str
    start_time: datetime | None = None
    end_time: datetime | None = None
    export_manifest: str | None = None
    table_arn: str | None = None
    table_id: str | None = None
    export_time: datetime | None = None
    client_token: str | None = None
    s3_bucket: str | None = None
    s3_bucket_owner: str | None = None
    s3_prefix: str | None = None
    s3_sse_algorithm: str | None = None
    s3_sse_kms_key_id: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    export_format: str | None = None
    billed_size_bytes: int | None = None
    item_count: int | None = None
    export_type: str | None = None
    export_from_time: datetime | None = None
    export_to_time: datetime | None = None
    export_view_type: str | None = None
    filter_specification: Mapping[str, Any] | None = None

    @property
    def window(self) -> Window | None:
        """The window of an incremental export."""
        if self.export_from_time is None or self.export_to_time is None:
            return None
        return Window(self.export_from_time, self.export_to_time)

    def manifest_uri(self) -> str:
        """Returns the URI of manifest-summary.json.

        Raises:
            ExportIncompleteError: The export is running.
            ExportFailedError: It failed; tells why, and what to do.
            ServiceError: The service names no place.
        """
        if self.export_status == "IN_PROGRESS":
            raise ExportIncompleteError(self.export_arn, "the export is still running (exportkit wait waits for it)")
        self.check_not_failed()
        if not self.s3_bucket or not self.export_manifest:
            raise ServiceError(
                self.export_arn, f"{self.export_status}, but DescribeExport names no bucket and manifest"
            )
        return f"s3://{self.s3_bucket}/{self.export_manifest}"

    def check_not_failed(self) -> None:
        """Does nothing unless the export failed.

        Raises:
            ExportFailedError: It did; tells why, and what to do.
        """
        if self.export_status != "FAILED":
            return
        code, reason = self.failure_code or "", self.failure_message or ""
        why = ": ".join(part for part in (code, reason) if part) or "no reason given"
        remedy = f"; {_REMEDIES[code]}" if code in _REMEDIES else ""
        raise ExportFailedError(self.export_arn, f"the export failed: {why}{remedy}", code, reason)

    def to_dict(self) -> dict[str, Any]:
        """Returns every attribute by its name, times as text: for JSON."""
        return _told(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary:
    """What ListExports says of one export.

    Attributes:
        export_arn: The export.
        export_status: ``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``.
        export_type: ``FULL_EXPORT`` or ``INCREMENTAL_EXPORT``.
    """

    export_arn: str
    export_status: str
    export_type: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns every attribute by its name: for JSON."""
        return _told(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDescription:
    """What DescribeImport says of an import; what it leaves out is None.

    Attributes:
        import_arn: The import.
        import_status: ``IN_PROGRESS``, ``COMPLETED``, ``CANCELLING``, ``CANCELLED`` or ``FAILED``.
        table_arn: The table that it makes.
        start_time: When it began.
        end_time: When it ended.
        processed_size_bytes: Bytes read so far.
        processed_item_count: Items read so far.
        imported_item_count: Items written to the table.
        error_count: Items that could not be.
        failure_code: Why it failed.
        failure_message: The same for people.
        cloud_watch_log_group_arn: Where its errors are told.
    """

    import_arn: str
    import_status: str
    table_arn: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    processed_size_bytes: int | None = None
    processed_item_count: int | None = None
    imported_item_count: int | None = None
    error_count: int | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    cloud_watch_log_group_arn: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.import_status in {"IN_PROGRESS", "CANCELLING"}

    @property
    def failed(self) -> bool:
        """Whether it failed, or was cancelled."""
        return self.import_status in {"FAILED", "CANCELLED"}

    def check_not_failed(self) -> None:
        """Does nothing unless the import failed, or was cancelled.

        Raises:
            ImportFailedError: It did; tells why.
        """
        if self.failed:
            code, reason = self.failure_code or "", self.failure_message or ""
            why = ": ".join(part for part in (code, reason) if part) or "no reason given"
            log = f"; its log is {self.cloud_watch_log_group_arn}" if self.cloud_watch_log_group_arn else ""
            told = f"the import {'failed' if self.import_status == 'FAILED' else 'was cancelled'}: {why}{log}"
            raise ImportFailedError(self.import_arn, told, code, reason)

    def to_dict(self) -> dict[str, Any]:
        """Returns every attribute by its name, times as text: for JSON."""
        return _told(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDescription:
    """What DescribeTable says of a table, its size apart, which is hours old.

    Attributes:
        key: Names of the key attributes: partition key, then sort key if there is one.
        table_id: Tells a table from another of the same name.
        table_arn: The table; None where an emulator names none.
        created: When it was made.
        key_types: The types of the key attributes, ``S``, ``N`` or ``B``, in the order of ``key``.
    """

    key: tuple[str, ...]
    table_id: str | None = None
    table_arn: str | None = None
    created: datetime | None = None
    key_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupWindow:
    """The stretch of time that a table's point-in-time recovery reaches, both ends included.

    Attributes:
        earliest: EarliestRestorableDateTime, at most 35 days ago.
        latest: LatestRestorableDateTime, usually some five minutes ago.
    """

    earliest: datetime
    latest: datetime


def _told(described: ExportDescription | ExportSummary | ImportDescription) -> dict[str, Any]:
    return {field.name: plain_value(getattr(described, field.name)) for field in fields(described)}


def plain_value(value: Any) -> Any:
    """Returns a value as JSON has it: times as text, binary values of a filter as base64."""
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: plain_value(each) for name, each in value.items()}
    return [plain_value(each) for each in value] if isinstance(value, list | tuple) else value
