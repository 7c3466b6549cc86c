"""From a request as it was typed to an export under way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exportkit.errors import ExportFailedError, UsageError
from exportkit.model.description import BackupWindow
from exportkit.model.formats import ExportType
from exportkit.service import ExportRequest, derive_token, request_export, resolve
from tests.service.simulated import NOW, TABLE, FakeClock, FakeService

FULL = ExportRequest(table_arn=TABLE, s3_bucket="backups")
WINDOW = replace(FULL, export_type=ExportType.INCREMENTAL, export_from_time=NOW - timedelta(hours=2))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service(clock: FakeClock) -> FakeService:
    return FakeService(clock)


class TestResolve:
    def test_a_name_becomes_an_arn_and_now_a_whole_second(self, service: FakeService, clock: FakeClock) -> None:
        found = resolve(service, replace(FULL, table_arn="Orders"), clock)
        assert found == replace(FULL, table_arn=TABLE, export_time=datetime(2026, 1, 14, 12, tzinfo=UTC))
        assert service.calls == ["table Orders"]

    def test_nobody_is_asked_for_what_is_known(self, service: FakeService, clock: FakeClock) -> None:
        resolve(service, FULL, clock)
        given = replace(WINDOW, export_to_time=NOW)
        assert resolve(service, given, clock) == given
        assert service.calls == []

    def test_a_window_without_an_end_goes_as_far_as_the_backups(self, service: FakeService, clock: FakeClock) -> None:
        found = resolve(service, replace(WINDOW, table_arn="Orders"), clock)
        assert found.export_to_time == datetime(2026, 1, 14, 11, 55, tzinfo=UTC)
        assert service.calls == ["table Orders", f"backups {TABLE}"]

    def test_it_never_ends_in_the_future(self, service: FakeService, clock: FakeClock) -> None:
        service.window = BackupWindow(service.window.earliest, NOW + timedelta(hours=1))
        assert resolve(service, WINDOW, clock).export_to_time == datetime(2026, 1, 14, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("request_", "told"),
        [
            (replace(FULL, table_arn="Orders", s3_bucket="no bucket"), "S3Bucket"),
            (replace(FULL, table_arn="Orders", export_time=NOW + timedelta(days=1)), "future"),
            (replace(WINDOW, table_arn="Orders", s3_prefix=""), "S3Prefix"),
            (replace(WINDOW, table_arn="Orders", export_from_time=None), "ExportFromTime"),
            (replace(WINDOW, table_arn="Orders", export_from_time=NOW - timedelta(minutes=3)), "shortest window"),
            (replace(FULL, table_arn="x"), "not a table's name"),
        ],
    )
    def test_nobody_is_asked_where_something_is_wrong(
        self, service: FakeService, clock: FakeClock, request_: ExportRequest, told: str
    ) -> None:
        with pytest.raises(UsageError, match=told):
            request_export(request_, service=service, clock=clock)
        assert service.calls == []

    def test_a_window_of_more_than_a_day_needs_an_end(self, service: FakeService, clock: FakeClock) -> None:
        with pytest.raises(UsageError, match="lasts 1 d 23 h 55 min; it may last 15 min to 24 h"):
            resolve(service, replace(WINDOW, export_from_time=NOW - timedelta(days=2)), clock)

    def test_times_before_the_table_was_made(self, service: FakeService, clock: FakeClock) -> None:
        service.created = NOW - timedelta(hours=2)  # with a fraction: the second it was made in will do
        resolve(service, replace(WINDOW, table_arn="Orders"), clock)
        service.created = NOW - timedelta(hours=1)
        for wrong in (WINDOW, replace(FULL, export_time=NOW - timedelta(hours=2))):
            with pytest.raises(UsageError, match=r"10:00:00.000Z lies before the table's creation, 2026-01-14T11:00"):
                request_export(replace(wrong, table_arn="Orders"), service=service, clock=clock)
        assert "request" not in service.calls

    def test_a_window_that_the_backups_do_not_reach(self, service: FakeService, clock: FakeClock) -> None:
        service.window = BackupWindow(NOW - timedelta(hours=1), NOW - timedelta(minutes=5))
        with pytest.raises(UsageError, match=r"ExportFromTime .*10:00:00.000Z lies before .* 2026-01-14T11:00:00"):
            request_export(WINDOW, service=service, clock=clock)
        assert "request" not in service.calls


class TestStart:
    def test_a_repeated_request_is_one_export_and_a_later_now_another(
        self, service: FakeService, clock: FakeClock
    ) -> None:
        first = request_export(FULL, service=service, clock=clock)
        clock.instant += timedelta(milliseconds=250)
        assert request_export(FULL, service=service, clock=clock).export_arn == first.export_arn
        clock.instant += timedelta(milliseconds=50)
        assert request_export(FULL, service=service, clock=clock).export_arn != first.export_arn
        assert [request.client_token for request in service.requests] == [
            derive_token(replace(request, client_token=None)) for request in service.requests
        ]

    def test_settled_times_give_one_export_however_late_it_is_asked_for(
        self, service: FakeService, clock: FakeClock
    ) -> None:
        settled = replace(FULL, export_time=NOW)
        first = request_export(settled, service=service, clock=clock)
        clock.instant += timedelta(hours=7)
        assert request_export(settled, service=service, clock=clock).export_arn == first.export_arn

    @pytest.mark.parametrize("remembers", [True, False], ids=["the answer is of now", "the answer is of then"])
    def test_after_one_that_failed_there_is_another_attempt(
        self, service: FakeService, clock: FakeClock, remembers: bool
    ) -> None:
        service.remembers_status = remembers
        settled = replace(FULL, export_time=NOW)
        service.outcomes.extend(["FAILED", "FAILED", "IN_PROGRESS"])
        arns = []
        for _ in range(4):
            arns.append(request_export(settled, service=service, clock=clock).export_arn)
            clock.instant += timedelta(minutes=5)
        assert len(set(arns)) == 3, "two attempts failed; the third goes on, and is found again"
        assert arns[2] == arns[3]
        tokens = [request.client_token for request in service.requests]
        attempts = [derive_token(settled, attempt) for attempt in (1, 2, 3)]
        assert tokens == [attempts[0], *attempts[:2], *attempts, *attempts]

    def test_a_new_export_is_not_asked_about(self, service: FakeService, clock: FakeClock) -> None:
        request_export(FULL, service=service, clock=clock)
        assert service.calls == ["request"]

    def test_a_given_token_is_sent_once_as_it_is(self, service: FakeService, clock: FakeClock) -> None:
        service.outcomes.append("FAILED")
        mine = replace(FULL, client_token="mine")
        request_export(mine, service=service, clock=clock)
        clock.instant += timedelta(minutes=5)
        assert request_export(mine, service=service, clock=clock).export_status == "FAILED"
        assert [request.client_token for request in service.requests] == ["mine", "mine"]

    def test_attempts_end(self, service: FakeService, clock: FakeClock) -> None:
        settled = replace(FULL, export_time=NOW)
        service.outcomes.extend(["FAILED"] * 20)
        for _ in range(20):
            request_export(settled, service=service, clock=clock)
            clock.instant += timedelta(minutes=5)
        with pytest.raises(ExportFailedError, match="the export failed: no reason given"):
            request_export(settled, service=service, clock=clock)
