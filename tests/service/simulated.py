"""A clock that tests move, a service that is scripted, and the wire below botocore."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from exportkit.errors import StoreError
from exportkit.model.description import BackupWindow, ExportDescription, ExportSummary, TableDescription
from exportkit.service import ExportRequest

NOW = datetime(2026, 1, 14, 12, 0, 0, 700_000, tzinfo=UTC)
TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders"
ARN = f"{TABLE}/export/01768384800000-0a1b2c3d"


@dataclass
class FakeClock:
    """Time that passes by sleeping alone."""

    instant: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)


@dataclass
class FakeService:
    """Keeps exports by their tokens, as the service does.

    Attributes:
        clock: When exports begin.
        calls: What it was asked, in order.
        outcomes: What becomes of the exports to come: their status at once.
        told: What the next calls of ``describe`` say: a status, or an error.
    """

    clock: FakeClock
    calls: list[str] = field(default_factory=list)
    requests: list[ExportRequest] = field(default_factory=list)
    outcomes: deque[str] = field(default_factory=deque)
    told: deque[str | StoreError] = field(default_factory=deque)
    by_token: dict[str, ExportDescription] = field(default_factory=dict)
    summaries: list[ExportSummary] = field(default_factory=list)
    window: BackupWindow = field(
        default_factory=lambda: BackupWindow(NOW - timedelta(days=35), NOW - timedelta(minutes=5))
    )
    created: datetime | None = None
    remembers_status: bool = True

    def request(self, request: ExportRequest, /) -> ExportDescription:
        self.calls.append("request")
        self.requests.append(request)
        assert request.client_token
        if request.client_token not in self.by_token:
            arn = f"{TABLE}/export/{len(self.by_token) + 1:014d}-0a1b2c3d"
            status = self.outcomes.popleft() if self.outcomes else "IN_PROGRESS"
            self.by_token[request.client_token] = ExportDescription(
                export_arn=arn, export_status=status, start_time=self.clock.now(), table_arn=TABLE
            )
            return replace(self.by_token[request.client_token], export_status="IN_PROGRESS")
        found = self.by_token[request.client_token]
        return found if self.remembers_status else replace(found, export_status="IN_PROGRESS")

    def describe(self, arn: str, /) -> ExportDescription:
        self.calls.append("describe")
        if self.told:
            said = self.told.popleft()
            if isinstance(said, StoreError):
                raise said
            return ExportDescription(export_arn=arn, export_status=said, start_time=NOW, table_arn=TABLE)
        return next(export for export in self.by_token.values() if export.export_arn == arn)

    def exports(self, table_arn: str | None, /) -> Iterator[ExportSummary]:
        self.calls.append(f"exports {table_arn}")
        return iter(self.summaries)

    def table(self, name_or_arn: str, /) -> TableDescription:
        self.calls.append(f"table {name_or_arn}")
        return TableDescription(key=("pk",), table_arn=TABLE, created=self.created)

    def backups(self, table: str, /) -> BackupWindow:
        self.calls.append(f"backups {table}")
        return self.window


@dataclass
class Wire:
    """What stands in place of the network below a client of botocore.

    Attributes:
        answers: What the next requests get: a document (200), or a status and a document; the last stays.
        sent: What left: the operation and its parameters, as they were on the wire.
        regions: Where to.
    """

    answers: list[dict[str, Any] | tuple[int, dict[str, Any]]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)

    def under(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """Returns what makes clients as ``make`` does, their requests ending here."""

        def made(name: str, *rest: Any, **named: Any) -> Any:
            client = make(name, *rest, **named)
            if name == "dynamodb":
                client.meta.events.register("before-send.dynamodb", self._answer)
            return client

        return made

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self.regions.append(request.url.split(".")[-3])
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        assert isinstance(request.body, bytes)
        self.sent.append((operation, json.loads(request.body)))
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, document = said if isinstance(said, tuple) else (200, said)
        body = json.dumps(document).encode()
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body
