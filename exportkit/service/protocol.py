"""What exportkit needs of the service, so that a simulated one can take its place, and of time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from exportkit.model.description import BackupWindow, ExportDescription, ExportSummary, TableDescription
from exportkit.service.requests import ExportRequest

__all__ = ["Clock", "ExportService", "SystemClock"]


class ExportService(Protocol):
    """The DynamoDB API around exports. Every method may raise the errors of ``exportkit.errors``.

    ``exportkit.service.Service`` is the real one.
    """

    def request(self, request: ExportRequest, /) -> ExportDescription:
        """Asks for an export, and returns what the service says of it.

        Where the token was used for the same request in the last 8 hours that is the export asked for then.

        Raises:
            UsageError: The request is wrong; nothing was asked.
            ExportConflictError: The token was used for another request.
            InvalidExportTimeError: The backups do not reach its times.
            LimitExceededError: Too many exports are under way.
            PointInTimeRecoveryUnavailableError: The table has no such backups.
            TableNotFoundError: There is no such table.
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: The service cannot be asked, or answered with an error.
        """

    def describe(self, arn: str, /) -> ExportDescription:
        """Returns what the service says of an export.

        Raises:
            UsageError: It is no export's ARN.
            ObjectNotFoundError: The service knows no such export (it forgets them after 90 days).
            StoreError: As ``request``.
        """

    def exports(self, table_arn: str | None, /) -> Iterator[ExportSummary]:
        """Yields the exports of a table in the last 90 days, all pages, as the service orders them.

        That is by ARN, backwards: of one table the newest first, and one table after the other.

        Args:
            table_arn: The table; None for every table of the account in the Region.
        """

    def table(self, name_or_arn: str, /) -> TableDescription:
        """Returns a table as it is now.

        Raises:
            TableNotFoundError: There is none.
            StoreError: As ``request``.
        """

    def backups(self, table: str, /) -> BackupWindow:
        """Returns the stretch of time that exports of a table may lie in now.

        Args:
            table: Its name or ARN.

        Raises:
            PointInTimeRecoveryUnavailableError: It has no point-in-time recovery.
            TableNotFoundError: There is no such table.
            StoreError: As ``request``.
        """


class Clock(Protocol):
    """Time, which tests move."""

    def now(self) -> datetime:
        """Returns this instant, in UTC."""

    def sleep(self, seconds: float, /) -> None:
        """Returns after so many seconds."""


class SystemClock:
    """Time as it goes by."""

    def now(self) -> datetime:
        """Returns this instant, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float, /) -> None:
        """Returns after so many seconds."""
        time.sleep(seconds)
