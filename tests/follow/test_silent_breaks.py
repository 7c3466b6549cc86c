"""What would break a chain or leave a snapshot behind without a word."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from exportkit.errors import LockedError, ObjectNotFoundError
from exportkit.follow.snapshot import keep_snapshot
from tests.follow.simulated import DAY, HOUR, START, World, life, windows, world
from tests.follow.test_follow import MINUTE, snapshot_is_right


@pytest.mark.parametrize("milliseconds", [0, 608])
def test_a_snapshot_of_the_base_itself_is_gone_on_from(tmp_path: Path, milliseconds: int) -> None:
    table = world(tmp_path, life(1, per_day=400))
    table.service.full(START + timedelta(milliseconds=milliseconds))
    table.service.pass_time(10 * MINUTE)
    for _ in range(3):  # the first time nothing is due yet
        report = table.follower().catch_up()
        assert report.snapshot is not None
        assert report.snapshot.time == report.end
        snapshot_is_right(table.service, report)
        table.service.pass_time(HOUR)
    assert len(windows(table.service)) == 2


def test_windows_under_way_carry_a_chain_over_what_backups_reach(tmp_path: Path) -> None:
    table = world(tmp_path, life(36, per_day=10))
    table.service.takes = HOUR
    table.service.full(START)
    table.service.pass_time(35 * DAY - 30 * MINUTE)
    assert len(table.follower(wait=False).catch_up().running) == 8
    table.service.pass_time(45 * MINUTE)  # the base's instant is out of reach now
    assert table.follower(wait=False, rebase=True).catch_up().running
    assert table.told("rebase") == []
    table.service.pass_time(45 * MINUTE)
    snapshot_is_right(table.service, table.follower().catch_up())


@pytest.mark.parametrize("finished", [True, False])
def test_a_window_that_ends_within_a_second_is_left_out(tmp_path: Path, finished: bool) -> None:
    table = world(tmp_path, life(1))
    service = table.service
    service.full(START)
    service.pass_time(2 * HOUR)
    arn = service.window(START, START + HOUR).export_arn
    foreign = service.by_arn[arn]
    foreign.said = replace(foreign.said, export_to_time=START + HOUR + timedelta(milliseconds=371))
    if finished:
        service.pass_time(HOUR)
    report = table.follower().catch_up()
    assert report.behind is not None
    assert report.behind < HOUR
    assert all("ends within a second" in event.told["why"] for event in table.told("left-out"))
    assert bool(table.told("left-out")) is finished
    snapshot_is_right(service, report)


def test_another_run_that_rebuilds_the_table_is_waited_for(tmp_path: Path) -> None:
    table = world(tmp_path, life(1), rebase=True)
    kept = iter([True, False])

    def locked(*given: Any) -> object:
        if next(kept):
            raise LockedError("there", "another run is writing here")
        return keep_snapshot(*given)

    with mock.patch("exportkit.follow.following.keep_snapshot", locked):
        snapshot_is_right(table.service, table.follower().catch_up())
    assert [event.told["pause"] for event in table.told("again")] == [30]


def forget(table: World) -> None:
    """Makes the service forget every export, as it does after 90 days."""

    def gone(name: str) -> None:
        if name == "describe":
            raise ObjectNotFoundError("an export", "no such export")

    table.service.fault = gone


def test_a_filtered_export_is_still_known_when_the_service_has_forgotten_it(tmp_path: Path) -> None:
    table = world(tmp_path, life(1))
    table.service.full(START)
    table.service.pass_time(HOUR)
    table.service.full(START + 30 * MINUTE, filtered=True)
    table.service.pass_time(HOUR)
    base = table.follower().catch_up().base
    forget(table)
    report = table.follower(replay_to=tmp_path / "anew").catch_up()
    assert report.base == base
    assert {event.told["why"].partition(":")[0] for event in table.told("left-out")} == {"filtered"}
    snapshot_is_right(table.service, report)


@pytest.mark.parametrize("what", ["window", "base"])
def test_a_wrong_export_that_the_chain_does_not_need_is_left_out(tmp_path: Path, what: str) -> None:
    table = world(tmp_path, life(1), window=HOUR)
    service = table.service
    service.full(START)
    service.pass_time(2 * HOUR + 6 * MINUTE)
    end = table.follower().catch_up().end
    foreign = service.full(START + HOUR) if what == "base" else service.window(START, START + 2 * HOUR)
    service.pass_time(10 * MINUTE)
    summary = service.folder(foreign) / "manifest-summary.json"
    summary.write_bytes(summary.read_bytes().replace(b'"itemCount":', b'"itemCount":1'))
    service.pass_time(HOUR)
    report = table.follower().catch_up()
    (left_out,) = {event.told["uri"] for event in table.told("left-out")}
    assert left_out == str(service.folder(foreign))
    assert end is not None
    assert report.end == end + HOUR
    snapshot_is_right(service, report)


def test_a_run_ends_though_exports_take_longer_than_windows(tmp_path: Path) -> None:
    table = world(tmp_path, life(1))
    table.service.takes = HOUR
    table.service.full(START)
    table.service.pass_time(2 * HOUR)
    report = table.follower().catch_up()
    assert len(report.requested) == 1
    snapshot_is_right(table.service, report)
