"""The service, simulated: it turns a table's life into export files on request, at a time that tests move."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

from exportkit.errors import (
    ExportConflictError,
    InvalidExportTimeError,
    LimitExceededError,
    ObjectNotFoundError,
    PointInTimeRecoveryUnavailableError,
)
from exportkit.follow import Follower, FollowEvent, FollowOptions
from exportkit.model.description import BackupWindow, ExportDescription, ExportSummary, TableDescription
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import to_micros
from exportkit.model.values import ChangeRecord, Item, Record
from exportkit.model.window import Window
from exportkit.service import ExportRequest
from exportkit.service.checks import check_request
from exportkit.sink.export_writer import ExportWriter
from tests.handwriting import Handwriting
from tests.histories import TABLE, History, State, Write, spread
from tests.service.simulated import FakeClock

START = datetime.fromisoformat("2026-01-14T10:20:00Z")
TABLE_ID = "11991185-e7ab-4da5-8bab-03f0db0b7bfd"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAG = timedelta(minutes=5)
_FORGETS = timedelta(hours=8)
_REACH = timedelta(days=35)


def life(days: float, seed: int = 0, *, per_day: int = 40, keys: int = 25) -> History:
    """Returns random writes for days after ``START``, and the items there are before."""
    random = Random(seed)
    before = [Write(to_micros(START) - 10 - n, (f"k{n}",), _item(f"k{n}", n)) for n in range(0, keys, 2)]
    moments = sorted(random.randrange(int(days * 86_400_000_000)) for _ in range(int(days * per_day)))
    writes = []
    for number, moment in enumerate(moments):
        name = f"k{random.randrange(keys)}"
        gone = random.random() < 0.3
        writes.append(Write(to_micros(START) + moment, (name,), None if gone else _item(name, number)))
    return History(("pk",), tuple(sorted([*before, *writes], key=lambda write: write.at)))


def _item(name: str, number: int) -> Item:
    item: Item = {"pk": name, "n": Decimal(number), "tags": {name, f"t{number % 3}"}}
    return item | {"odd": None} if number % 2 else item


class EndingClock(FakeClock):
    """A clock that comes to an end: the process is told to stop then."""

    end: datetime
    stop: Callable[[], None]

    def sleep(self, seconds: float, /) -> None:
        assert self.instant < self.end, "told to stop, it went on"
        super().sleep(seconds)
        if self.instant >= self.end:
            self.stop()


@dataclass
class Export:
    """An export: what is said of it, its fate, and when that is sealed."""

    said: ExportDescription
    request: ExportRequest
    fate: str
    ends: datetime


@dataclass
class SimulatedService:
    """DynamoDB's exports of one table.

    Attributes:
        clock: The time.
        root: The folder that stands for the bucket.
        history: What was written to the table.
        enabled: Since when there are backups; None: there are none.
        takes: How long exports take.
        fates: What becomes of the exports to come: ``COMPLETED`` or ``FAILED``; then all are completed.
        fault: Called with the name of each call before it; may raise.
        struck: Called with it afterwards, when its effect is there.
        limit: How many exports may be under way.
        bucket: The bucket that ``root`` stands for.
        table_id: Tells the table from another of the same name.
        asked: Every request that began an export.
    """

    clock: FakeClock
    root: Path
    history: History
    enabled: datetime | None = START - DAY
    takes: timedelta = timedelta(minutes=8)
    fates: deque[str] = field(default_factory=deque)
    fault: Callable[[str], None] = lambda _: None
    struck: Callable[[str], None] = lambda _: None
    limit: int = 300
    bucket: str = "backups"
    table_id: str = TABLE_ID
    asked: list[ExportRequest] = field(default_factory=list)
    by_arn: dict[str, Export] = field(default_factory=dict)

    # --- ExportService ---

    def request(self, request: ExportRequest, /) -> ExportDescription:
        self._enter("request")
        check_request(request, self.clock.now(), resolved=True)
        assert request.client_token
        for export in self.by_arn.values():
            begun = export.said.start_time
            if export.request.client_token != request.client_token or begun is None:
                continue
            if self.clock.now() - begun < _FORGETS:
                if export.request.to_call() != request.to_call():
                    raise ExportConflictError(TABLE, "ExportConflictException: another request has this token")
                self.struck("request")
                return export.said
        self._check(request)
        said = self._begin(request)
        self.struck("request")
        return said

    def describe(self, arn: str, /) -> ExportDescription:
        self._enter("describe")
        if arn not in self.by_arn:
            raise ObjectNotFoundError(arn, "no such export")
        self.struck("describe")
        return self.by_arn[arn].said

    def exports(self, table_arn: str | None, /) -> Iterator[ExportSummary]:
        self._enter("exports")
        assert table_arn == TABLE
        newest = sorted(self.by_arn.values(), key=lambda export: export.said.export_arn, reverse=True)
        for each in newest:
            said = each.said
            yield ExportSummary(
                export_arn=said.export_arn, export_status=said.export_status, export_type=said.export_type
            )

    def table(self, name_or_arn: str, /) -> TableDescription:
        self._enter("table")
        assert name_or_arn in {"Orders", TABLE}
        return TableDescription(key=self.history.key_names, table_arn=TABLE, table_id=self.table_id)

    def backups(self, table: str, /) -> BackupWindow:
        self._enter("backups")
        assert table == TABLE
        if self.enabled is None:
            raise PointInTimeRecoveryUnavailableError(table, "point-in-time recovery is off")
        now = self.clock.now()
        return BackupWindow(max(self.enabled, now - _REACH), now - LAG)

    # --- what tests do ---

    def full(self, at: datetime, *, filtered: bool = False, prefix: str | None = None) -> ExportDescription:
        """Begins a full export that somebody else asked for."""
        request = ExportRequest(table_arn=TABLE, s3_bucket=self.bucket, s3_prefix=prefix, export_time=at)
        return self._begin(request, filtered=filtered, exactly=at)

    def window(self, start: datetime, end: datetime, *, filtered: bool = False, **more: str) -> ExportDescription:
        """Begins an incremental export that somebody else asked for."""
        request = ExportRequest(
            table_arn=TABLE,
            s3_bucket=more.get("bucket", self.bucket),
            s3_prefix=more.get("prefix"),
            export_type=ExportType.INCREMENTAL,
            export_from_time=start,
            export_to_time=end,
        )
        return self._begin(request, filtered=filtered)

    def pass_time(self, length: timedelta) -> None:
        """Lets time pass, with what happens in it."""
        self.clock.sleep(length.total_seconds())
        self._settle()

    def state(self, at: datetime) -> State:
        """Returns the table at an instant."""
        return self.history.state(to_micros(at))

    def folder(self, export: ExportDescription) -> Path:
        """Returns where an export lies."""
        bucket = self._bucket(export)
        top = bucket / export.s3_prefix if export.s3_prefix else bucket
        return top / "AWSDynamoDB" / export.export_arn.rpartition("/")[2]

    # --- how it works ---

    def _bucket(self, export: ExportDescription) -> Path:
        return self.root if export.s3_bucket == self.bucket else self.root.with_name(f"bucket {export.s3_bucket}")

    def _enter(self, name: str) -> None:
        self.fault(name)
        self._settle()

    def _check(self, request: ExportRequest) -> None:
        backups = self.backups(TABLE)
        for instant in (request.export_time, request.export_from_time, request.export_to_time):
            if instant is not None and not backups.earliest <= instant <= backups.latest:
                raise InvalidExportTimeError(TABLE, f"InvalidExportTimeException: {instant}")
        if sum(each.said.export_status == "IN_PROGRESS" for each in self.by_arn.values()) >= self.limit:
            raise LimitExceededError(TABLE, "LimitExceededException: too many exports")

    def _begin(
        self, request: ExportRequest, *, filtered: bool = False, exactly: datetime | None = None
    ) -> ExportDescription:
        now = self.clock.now()
        number = len(self.by_arn)
        arn = f"{TABLE}/export/{to_micros(now) // 1000 + number % 7:014d}-{number:08x}"
        said = ExportDescription(
            export_arn=arn,
            export_status="IN_PROGRESS",
            start_time=now,
            table_arn=TABLE,
            table_id=self.table_id,
            export_time=exactly or request.export_time,
            client_token=request.client_token,
            s3_bucket=request.s3_bucket,
            s3_prefix=request.s3_prefix,
            export_format=str(request.export_format),
            export_type=str(request.export_type),
            export_from_time=request.export_from_time,
            export_to_time=request.export_to_time,
            export_view_type=None if request.export_type is ExportType.FULL else _view(request),
            filter_specification={"FilterExpression": "attribute_exists(a)"} if filtered else None,
        )
        fate = self.fates.popleft() if self.fates else "COMPLETED"
        self.asked.append(request)
        self.by_arn[arn] = Export(said, request, fate, now + self.takes)
        self.folder(said).mkdir(parents=True)
        (self.folder(said) / "_started").touch()
        return said

    def _settle(self) -> None:
        """Ends what has to have ended by now."""
        for export in self.by_arn.values():
            if export.said.export_status != "IN_PROGRESS" or export.ends > self.clock.now():
                continue
            said = replace(export.said, export_status=export.fate, end_time=export.ends)
            if export.fate == "FAILED":
                said = replace(said, failure_code="S3AccessDenied", failure_message="Access denied")
            else:
                count = self._write(said)
                said = replace(said, item_count=count, export_manifest="AWSDynamoDB/…/manifest-summary.json")
            export.said = said

    def _write(self, said: ExportDescription) -> int:
        form = OutputFormat(said.export_format or "")
        random = Random(said.export_arn)
        hand = Handwriting(random)
        lines = [hand.line(record, form) for record in self._records(said)]
        incremental = said.window is not None
        summary = ManifestSummary(
            version="2023-08-01" if incremental else "2020-06-30",
            export_arn=said.export_arn,
            start_time=said.start_time,
            end_time=said.end_time,
            table_arn=said.table_arn,
            table_id=said.table_id,
            export_time=said.export_time,
            export_from_time=said.export_from_time,
            export_to_time=said.export_to_time,
            s3_bucket=said.s3_bucket,
            s3_prefix=said.s3_prefix,
            s3_sse_algorithm="AES256",
            manifest_files_s3_key="",
            billed_size_bytes=0,
            item_count=0,
            output_format=form,
            output_view=ExportView(said.export_view_type) if said.export_view_type else None,
            export_type=ExportType.INCREMENTAL if incremental else ExportType.FULL,
        )
        with ExportWriter(self._bucket(said), summary) as export:
            for part in spread(lines, random):
                with export.data_file() as file:
                    for line in part:
                        file.write(line + b"\n", 1)
            return export.finish().item_count

    def _records(self, said: ExportDescription) -> list[Record]:
        window = said.window
        if window is None:
            assert said.export_time is not None
            return list(self.state(said.export_time).values())
        changes = self.history.changes(*window.micros)
        if said.export_view_type == ExportView.NEW_IMAGE:
            changes = [ChangeRecord(each.keys, each.write_timestamp, each.new_image, None) for each in changes]
        return list(changes)


def _view(request: ExportRequest) -> str:
    return str(request.export_view_type or ExportView.NEW_AND_OLD_IMAGES)


@dataclass
class World:
    """A table, its service, and who follows it.

    Attributes:
        service: The service.
        options: How the table is followed.
        heard: Every event.
        heeds: Called with each event; may raise.
    """

    service: SimulatedService
    options: FollowOptions
    heard: list[FollowEvent] = field(default_factory=list)
    heeds: Callable[[FollowEvent], None] = lambda _: None

    def follower(self, **changes: object) -> Follower:
        """Returns one who knows nothing yet, as each run of cron does."""

        def hear(event: FollowEvent) -> None:
            self.heard.append(event)
            self.heeds(event)

        return Follower(
            replace(self.options, **changes),  # type: ignore[arg-type] - options by their names
            service=self.service,
            clock=self.service.clock,
            root=self.service.root if self.options.prefix is None else self.service.root / self.options.prefix,
            tell=hear,
        )

    def told(self, name: str) -> list[FollowEvent]:
        """Returns the events of a name."""
        return [event for event in self.heard if event.name == name]


def world(folder: Path, history: History, *, at: datetime = START, **options: object) -> World:
    """Returns a table that is followed into a folder, snapshots beside it."""
    clock = FakeClock(at)
    named = {"table": "Orders", "bucket": "backups", "jobs": 1, "replay_to": folder / "now"} | options
    return World(SimulatedService(clock, folder / "bucket", history), FollowOptions(**named))  # type: ignore[arg-type]


def windows(service: SimulatedService) -> list[Window]:
    """Returns the windows that were asked for, in order."""
    asked = [each for each in service.asked if each.export_type is ExportType.INCREMENTAL]
    return [
        Window(each.export_from_time, each.export_to_time)
        for each in asked
        if each.export_from_time and each.export_to_time
    ]


def tiles(found: list[Window]) -> bool:
    """Tells whether each window begins where the one before ends."""
    return all(one.end == two.start for one, two in pairwise(found))
