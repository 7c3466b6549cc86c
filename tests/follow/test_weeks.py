"""Weeks of a table's life, followed by runs that come as they come; the snapshot's signature is the table's."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

import exportkit
from exportkit.errors import ChainError, ExportFailedError, InternalServerError, LimitExceededError, ThrottledError
from exportkit.follow import FollowReport
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import to_micros
from tests.follow.simulated import DAY, HOUR, START, World, life, tiles, windows, world
from tests.histories import TABLE, Writing


def signature_is_right(table: World, report: FollowReport, folder: Path) -> None:
    """Makes sure that the snapshot has the signature of an export of the table at that instant."""
    assert report.snapshot is not None
    assert report.snapshot.time == report.end
    expected = Writing(folder, plain=True).full(table.service.state(report.snapshot.time), to_micros(START))
    assert exportkit.signature(report.snapshot.uri).signature == exportkit.signature(expected).signature
    drift = [event.told["drift"] for event in table.told("snapshot")]
    assert all(set(each.values()) == {0} for each in drift)


def disturb(table: World, random: Random) -> None:
    """Does what others do, and what goes wrong."""
    service = table.service
    now = service.clock.now() - timedelta(minutes=6)
    for _ in range(random.randrange(3)):
        start = now - timedelta(minutes=random.randrange(16, 30 * 60), microseconds=random.randrange(10**6))
        match random.randrange(3):
            case 0:
                service.full(start)
            case 1:
                service.window(start, min(now, start + timedelta(minutes=random.randrange(15, 24 * 60))))
            case 2:
                service.window(start, now if now - start < DAY else start + DAY, filtered=True)
            case 3:
                service.full(start, filtered=True)
            case 4:
                service.fates.append("FAILED")
            case 5:
                service.limit = random.choice([1, 3, 300])

    def fault(_: str) -> None:
        if random.random() < 0.01:
            raise random.choice([ThrottledError, InternalServerError])(TABLE, "not now")

    service.fault = fault


def weeks(folder: Path, days: int, seed: int, *, calm: bool = False) -> None:
    random = Random(seed)
    table = world(folder, life(days + 2, seed, per_day=30), rebase=True)
    end = START + timedelta(days=days)
    while table.service.clock.now() < end:
        if not calm:
            disturb(table, random)
        table.options = replace(
            table.options,
            window=random.choice([None, None, 2 * HOUR, 11 * HOUR + timedelta(seconds=7)]),
            view=random.choice([None, ExportView.NEW_AND_OLD_IMAGES]),
            format=random.choice(list(OutputFormat)),
            wait=random.random() < 0.8,
        )
        try:
            table.follower().catch_up()
        except (ExportFailedError, LimitExceededError, ThrottledError, InternalServerError):  # the next run goes on
            table.service.fates.clear()
        table.service.pass_time(timedelta(minutes=random.choice([10, 45, 200, 900, 3000])))
    table.service.fault, table.service.limit = lambda _: None, 300
    table.options = replace(table.options, wait=True, window=None)
    report = table.follower().catch_up()
    assert report.behind is not None
    assert report.behind < HOUR
    signature_is_right(table, report, folder / "expected")
    if calm:
        assert tiles(windows(table.service))
        assert len(table.told("rebase")) == 1


def test_a_week(tmp_path: Path) -> None:
    weeks(tmp_path, 7, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_five_weeks_of_trouble(tmp_path: Path, seed: int) -> None:
    weeks(tmp_path, 35, seed)


@pytest.mark.slow
def test_three_calm_weeks_are_one_chain(tmp_path: Path) -> None:
    weeks(tmp_path, 21, seed=7, calm=True)


@pytest.mark.slow
def test_seven_weeks_with_a_pause_that_backups_do_not_reach_over(tmp_path: Path) -> None:
    table = world(tmp_path, life(60, per_day=12), rebase=True, window=12 * HOUR)
    ends: list[datetime] = []
    pause_before = timedelta()
    for pause in [DAY] * 5 + [36 * DAY] + [DAY] * 3:
        if not ends or pause_before > 35 * DAY:
            with pytest.raises(ChainError):
                table.follower(rebase=False).catch_up()
        report = table.follower().catch_up()
        assert report.end is not None
        ends.append(report.end)
        signature_is_right(table, report, tmp_path / f"expected {len(ends)}")
        table.service.pass_time(pause)
        pause_before = pause
    assert [event.told["why"] for event in table.told("rebase")] == ["no-base", "expired"]
    assert ends == sorted(ends)
