"""Whatever happens to a run, and wherever, the next one goes on: kills, faults, two runs at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from unittest import mock

import pytest

from exportkit.errors import (
    AccessDeniedError,
    ExportConflictError,
    InternalServerError,
    LimitExceededError,
    StoreError,
    ThrottledError,
)
from exportkit.follow.records import Records
from exportkit.sink.export_writer import ExportWriter
from tests.commands import state_in
from tests.follow.simulated import DAY, HOUR, START, World, life, tiles, windows, world
from tests.histories import TABLE


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Kills at the n-th step from now on; steps are calls, their ends, waits, writes and events."""

    left: int

    def step(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def killable(table: World, fate: Fate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every step of a run one that it can be killed at."""
    table.service.fault = table.service.struck = fate.step
    table.heeds = fate.step
    for owner, name in ((Records, "add"), (ExportWriter, "finish"), (ExportWriter, "data_file")):
        monkeypatch.setattr(owner, name, around(getattr(owner, name), fate))


def around(method: Callable[..., object], fate: Fate) -> Callable[..., object]:
    def killed_before_or_after(*given: object, **named: object) -> object:
        fate.step()
        found = method(*given, **named)
        fate.step()
        return found

    return killed_before_or_after


def scenario(folder: Path) -> World:
    """Returns a table without a base, followed by runs a few hours apart."""
    table = world(folder, life(2), rebase=True, window=6 * HOUR)
    table.service.pass_time(HOUR)
    return table


def go_on(table: World) -> None:
    """Catches up three times, hours apart, from where the clock stands."""
    for _ in range(3):
        table.follower().catch_up()
        table.service.pass_time(7 * HOUR)


def is_whole(table: World) -> None:
    """Makes sure that after another run the chain is one, nothing was asked for twice, and the table is right."""
    report = table.follower().catch_up()
    asked = sorted(windows(table.service))
    fulls = [each for each in table.service.asked if each.export_from_time is None]
    assert len(fulls) == 1
    assert len(set(asked)) == len(asked)
    assert asked[0].start == fulls[0].export_time
    assert tiles(asked)
    assert report.end == asked[-1].end
    assert report.snapshot is not None
    assert state_in(Path(report.snapshot.uri), ("pk",)) == table.service.state(report.snapshot.time)
    assert report.snapshot.time == report.end


def killed_at(folder: Path, step: int) -> bool:
    """Kills a run at a step, and sees that the next go on; returns whether there was such a step."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        table = scenario(folder)
        fate = Fate(step)
        killable(table, fate, monkeypatch)
        try:
            go_on(table)
        except Killed:
            killed = True
        else:
            killed = False
        fate.left = 0
        go_on(table)
        is_whole(table)
    return killed


def test_killed_at_many_steps(tmp_path: Path) -> None:
    tried = 0
    for step in range(1, 10_000, 41):
        if not killed_at(tmp_path / str(step), step):
            break
        tried += 1
    assert tried > 3


@pytest.mark.slow
def test_killed_at_every_step(tmp_path: Path) -> None:
    for step in count(1):
        if not killed_at(tmp_path / str(step), step):
            break
    assert step > 150


@pytest.mark.slow
def test_killed_again_and_again(tmp_path: Path) -> None:
    random = Random(5)
    with pytest.MonkeyPatch.context() as monkeypatch:
        table = scenario(tmp_path)
        fate = Fate(0)
        killable(table, fate, monkeypatch)
        kills = 0
        while table.service.clock.now() - START < 1.5 * DAY:
            fate.left = random.randint(1, 60)
            try:
                table.follower().catch_up()
                fate.left = 0
                table.service.pass_time(HOUR)
            except Killed:
                kills += 1
        fate.left = 0
        assert kills > 10
        is_whole(table)


def test_what_was_not_verified_when_a_run_was_killed_is_verified_by_the_next(tmp_path: Path) -> None:
    table = scenario(tmp_path)
    with mock.patch("exportkit.follow.checking.verify", side_effect=Killed), pytest.raises(Killed):
        table.follower().catch_up()
    assert table.told("verified") == []
    table.service.pass_time(7 * HOUR)
    report = table.follower().catch_up()
    assert len(report.verified) == 1 + len(report.requested) + 1, "base, windows, snapshot"


# --- faults that pass --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [ThrottledError, InternalServerError, StoreError, ExportConflictError, LimitExceededError]
)
def test_faults_that_pass_are_borne(tmp_path: Path, kind: type[StoreError]) -> None:
    table = scenario(tmp_path)
    calls = count()
    asked_alone = kind in {ExportConflictError, LimitExceededError}

    def fault(name: str) -> None:
        if asked_alone and name != "request":
            return
        if next(calls) % (2 if asked_alone else 7) == 0:
            raise kind(TABLE, "not now")

    table.service.fault = fault
    go_on(table)
    table.service.fault = lambda _: None
    assert table.told("again")
    is_whole(table)


@pytest.mark.parametrize("kind", [ThrottledError, ExportConflictError])
def test_but_not_for_ever(tmp_path: Path, kind: type[StoreError]) -> None:
    table = scenario(tmp_path)

    def fault(name: str) -> None:
        if name == "request":
            raise kind(TABLE, "never")

    table.service.fault = fault
    with pytest.raises(kind):
        table.follower().catch_up()
    assert [event.told["pause"] for event in table.told("again")] == [30, 60, 120, 240, 480]
    with pytest.raises(kind):
        table.follower(wait=False).catch_up()
    assert len(table.told("again")) == 5, "who does not wait has no time for it"


def test_faults_that_do_not_pass_end_it_at_once(tmp_path: Path) -> None:
    table = scenario(tmp_path)

    def fault(name: str) -> None:
        if name == "backups":
            raise AccessDeniedError(TABLE, "dynamodb:DescribeContinuousBackups is not allowed")

    table.service.fault = fault
    with pytest.raises(AccessDeniedError):
        table.follower().catch_up()
    assert table.told("again") == []


def test_as_many_as_the_account_may_have(tmp_path: Path) -> None:
    table = world(tmp_path, life(9))
    table.service.full(START)
    table.service.pass_time(8 * DAY)
    table.service.limit = 2
    report = table.follower().catch_up()
    assert len(report.requested) == 8
    assert table.told("again") == []
    assert state_in(Path(report.snapshot.uri), ("pk",)) == table.service.state(report.snapshot.time)  # type: ignore[union-attr] - it is kept


# --- two at once -------------------------------------------------------------------------------------------


def test_a_second_run_waits_for_what_the_first_asked_for(tmp_path: Path) -> None:
    table = scenario(tmp_path)
    table.follower().catch_up()
    table.service.pass_time(7 * HOUR)
    first = table.follower(wait=False, replay_to=None).catch_up()
    assert len(first.running) == 1
    table.service.pass_time(timedelta(minutes=1))
    second = table.follower().catch_up()
    assert second.requested == ()
    is_whole(table)
