"""What is followed, and how."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from exportkit.errors import UsageError
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.locations import Location
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.model.times import EPOCH, format_duration
from exportkit.model.window import Window
from exportkit.service.checks import LONGEST_WINDOW, SHORTEST_WINDOW, check_request
from exportkit.service.requests import ExportRequest
from exportkit.sink.export_writer import refuse_root_folder
from exportkit.store.opening import normal_uri
from exportkit.store.temporary import checked_temp_dir

__all__ = ["FollowOptions"]

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOptions:
    """What is followed, and how.

    Attributes:
        table: The table's name or ARN.
        bucket: Where its exports go.
        prefix: What stands in front of ``AWSDynamoDB/`` there; the chain is made of the exports below it alone.
        bucket_owner: Account that owns the bucket, where it is another one.
        sse_algorithm: ``AES256`` or ``KMS``.
        kms_key_id: The KMS key, with ``KMS``.
        view: The images of the windows; both if None.
        format: How exports are written.
        window: How long windows are, whole seconds from 15 minutes to 24 hours; None: all that is due.
        rebase: Ask for a new full export where there is none, or none that can be gone on from.
        replay_to: Folder or S3 URI that the rebuilt snapshot is kept in.
        wait: Wait for exports under way; else a run ends where they are all that is left to do.
        timeout: How long to wait for one export; None: as long as it takes.
        jobs: Files read side by side; one for each processor if None.
        memory: Bytes to take for replaying.
        temp_dir: Where keys and changes spill to; the system's if None.
        max_record_size: Bytes a record may have.

    Raises:
        UsageError: Something is out of range.
    """

    table: str
    bucket: str
    prefix: str | None = None
    bucket_owner: str | None = None
    sse_algorithm: str | None = None
    kms_key_id: str | None = None
    view: ExportView | None = None
    format: OutputFormat = OutputFormat.DYNAMODB_JSON
    window: timedelta | None = None
    rebase: bool = False
    replay_to: Location | None = None
    wait: bool = True
    timeout: timedelta | None = None
    jobs: int | None = None
    memory: int = DEFAULT_MEMORY
    temp_dir: Path | None = None
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE

    def __post_init__(self) -> None:
        if self.prefix is not None:
            object.__setattr__(self, "prefix", self.prefix.rstrip("/") or None)
        window = self.window
        if window is not None and (not SHORTEST_WINDOW <= window <= LONGEST_WINDOW or window % _SECOND):
            raise UsageError(f"a window lasts 15 min to 24 h, in whole seconds, not {format_duration(window)}")
        if self.timeout is not None and not self.wait:
            raise UsageError("a timeout is for those who wait")
        check_range(jobs=self.jobs, memory=self.memory, max_record_size=self.max_record_size)
        checked_temp_dir(self.temp_dir)
        if self.replay_to is not None:
            refuse_root_folder(normal_uri(self.replay_to))
        check_request(self._request(self.table, ExportType.FULL), EPOCH, resolved=False)

    def full(self, table_arn: str, instant: datetime) -> ExportRequest:
        """Returns the request for the table at an instant."""
        return self._request(table_arn, ExportType.FULL, export_time=instant)

    def of_window(self, table_arn: str, window: Window) -> ExportRequest:
        """Returns the request for the changes of a window."""
        return self._request(
            table_arn,
            ExportType.INCREMENTAL,
            export_from_time=window.start,
            export_to_time=window.end,
            export_view_type=self.view,
        )

    def _request(
        self,
        table_arn: str,
        kind: ExportType,
        *,
        export_time: datetime | None = None,
        export_from_time: datetime | None = None,
        export_to_time: datetime | None = None,
        export_view_type: ExportView | None = None,
    ) -> ExportRequest:
        return ExportRequest(
            table_arn=table_arn,
            s3_bucket=self.bucket,
            s3_prefix=self.prefix,
            s3_bucket_owner=self.bucket_owner,
            s3_sse_algorithm=self.sse_algorithm,
            s3_sse_kms_key_id=self.kms_key_id,
            export_format=self.format,
            export_type=kind,
            export_time=export_time,
            export_from_time=export_from_time,
            export_to_time=export_to_time,
            export_view_type=export_view_type,
        )
