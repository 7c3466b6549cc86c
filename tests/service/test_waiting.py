"""Waiting: pauses, time-outs, ends, and faults that pass."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from exportkit.errors import (
    AccessDeniedError,
    ExportFailedError,
    InternalServerError,
    ObjectNotFoundError,
    ServiceError,
    StoreError,
    ThrottledError,
    UsageError,
    WaitTimeoutError,
)
from exportkit.model.description import ExportDescription, ExportSummary
from exportkit.service import typical_durations, wait
from tests.service.simulated import ARN, NOW, TABLE, FakeClock, FakeService


@dataclass
class Heard:
    told: list[tuple[str, timedelta]] = field(default_factory=list)

    def waiting(self, export: ExportDescription, elapsed: timedelta) -> None:
        self.told.append((export.export_status, elapsed))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service(clock: FakeClock) -> FakeService:
    return FakeService(clock)


def test_it_waits_longer_and_longer_and_tells_how_long(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS"] * 7 + ["COMPLETED"])
    heard = Heard()
    assert wait(ARN, service=service, clock=clock, progress=heard).export_status == "COMPLETED"
    assert clock.slept == [5, 7.5, 11.25, 16.875, 25.3125, 30, 30]
    assert [status for status, _ in heard.told] == ["IN_PROGRESS"] * 7 + ["COMPLETED"]
    assert [elapsed.total_seconds() for _, elapsed in heard.told[:4]] == [0, 5, 12, 23]


def test_one_that_is_complete_is_not_waited_for(service: FakeService, clock: FakeClock) -> None:
    service.told.append("COMPLETED")
    wait(ARN, service=service, clock=clock, timeout=timedelta(seconds=1))
    assert clock.slept == []


def test_one_that_failed_is_an_error(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS", "FAILED"])
    with pytest.raises(ExportFailedError) as caught:
        wait(ARN, service=service, clock=clock)
    assert caught.value.exit_code == 1
    assert caught.value.uri == ARN


def test_a_timeout_is_kept_to_the_second(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS"] * 9)
    with pytest.raises(WaitTimeoutError, match="still under way after 1 min 40 s; it goes on by itself") as caught:
        wait(ARN, service=service, clock=clock, timeout=timedelta(seconds=100))
    assert (caught.value.exit_code, caught.value.uri) == (3, ARN)
    assert sum(clock.slept) == 100
    assert isinstance(caught.value, TimeoutError)


def test_the_end_is_seen_at_the_last_moment(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS", "COMPLETED"])
    assert wait(ARN, service=service, clock=clock, timeout=timedelta(seconds=2)).export_status == "COMPLETED"


def test_a_timeout_beyond_the_calendar_is_none(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS", "COMPLETED"])
    assert wait(ARN, service=service, clock=clock, timeout=timedelta(days=9_999_999)).export_status == "COMPLETED"


def test_a_status_that_nobody_knows_is_not_an_export_that_is_complete(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS", "ARCHIVED"])
    with pytest.raises(ServiceError, match="the export is ARCHIVED, neither under way nor complete nor failed"):
        wait(ARN, service=service, clock=clock)


def test_who_interrupts_is_told_that_the_export_goes_on(
    service: FakeService, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: FakeClock, seconds: float) -> None:
        raise KeyboardInterrupt

    service.told.append("IN_PROGRESS")
    monkeypatch.setattr(FakeClock, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        wait(ARN, service=service, clock=clock)
    assert caught.value.__notes__ == [f"{ARN} goes on by itself: exportkit wait waits again"]


@pytest.mark.parametrize("kind", [InternalServerError, ThrottledError, StoreError])
def test_faults_that_pass_are_borne_but_not_for_ever(
    service: FakeService, clock: FakeClock, kind: type[StoreError]
) -> None:
    faults = [kind(ARN, "not now")] * 9
    service.told.extend(["IN_PROGRESS", *faults, "IN_PROGRESS", *faults, "COMPLETED"])
    assert wait(ARN, service=service, clock=clock).export_status == "COMPLETED"
    service.told.extend(["IN_PROGRESS", *faults, faults[0]])
    with pytest.raises(kind):
        wait(ARN, service=service, clock=clock)


def test_a_timeout_is_kept_through_faults(service: FakeService, clock: FakeClock) -> None:
    service.told.extend(["IN_PROGRESS", *[StoreError(ARN, "no route")] * 5])
    with pytest.raises(WaitTimeoutError):
        wait(ARN, service=service, clock=clock, timeout=timedelta(seconds=20))


@pytest.mark.parametrize("kind", [StoreError, InternalServerError, AccessDeniedError])
def test_a_service_that_never_answered_is_not_waited_for(
    service: FakeService, clock: FakeClock, kind: type[StoreError]
) -> None:
    service.told.append(kind(ARN, "no"))
    with pytest.raises(kind):
        wait(ARN, service=service, clock=clock)
    assert clock.slept == []


@pytest.mark.parametrize("kind", [AccessDeniedError, ObjectNotFoundError])
def test_faults_that_do_not_pass_end_it(service: FakeService, clock: FakeClock, kind: type[StoreError]) -> None:
    service.told.extend(["IN_PROGRESS", kind(ARN, "no")])
    with pytest.raises(kind):
        wait(ARN, service=service, clock=clock)


def test_no_arn_of_an_export() -> None:
    with pytest.raises(UsageError, match="not the ARN of an export"):
        wait(TABLE)


class TestTypicalDurations:
    def of(self, number: int, minutes: int, kind: str = "FULL_EXPORT", status: str = "COMPLETED") -> ExportDescription:
        return ExportDescription(
            export_arn=f"{TABLE}/export/{number}",
            export_status=status,
            export_type=kind,
            table_arn=TABLE,
            start_time=NOW,
            end_time=NOW + timedelta(minutes=minutes),
        )

    def test_those_of_the_last_few_like_it(self, service: FakeService) -> None:
        made = [
            self.of(1, 9, status="FAILED"),
            self.of(2, 8),
            self.of(3, 5, kind="INCREMENTAL_EXPORT"),
            self.of(4, 6),
            self.of(5, 7),
            self.of(6, 100),
        ]
        service.by_token = {export.export_arn: export for export in made}
        service.summaries = [
            ExportSummary(
                export_arn=export.export_arn, export_status=export.export_status, export_type=export.export_type
            )
            for export in made
        ]
        found = typical_durations(service, self.of(7, 0))
        assert [duration.total_seconds() / 60 for duration in found] == [6, 7, 8]
        assert service.calls == [f"exports {TABLE}", "describe", "describe", "describe"]

    def test_where_nobody_may_look_there_are_none(self, service: FakeService) -> None:
        service.summaries = [ExportSummary(export_arn=ARN, export_status="COMPLETED", export_type="FULL_EXPORT")]
        service.told.append(AccessDeniedError(ARN, "no"))
        assert typical_durations(service, self.of(1, 0)) == ()
