"""Following one table: what is asked for, what is not, and what is said."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exportkit.errors import ChainError, ExportFailedError, PointInTimeRecoveryUnavailableError, VerificationError
from exportkit.export import open_export
from exportkit.follow import FollowReport
from exportkit.model.description import ExportDescription
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.window import Window
from tests.commands import state_in
from tests.follow.simulated import DAY, HOUR, LAG, START, SimulatedService, World, life, tiles, windows, world

MINUTE = timedelta(minutes=1)


def snapshot_is_right(service: SimulatedService, report: FollowReport) -> None:
    assert report.snapshot is not None
    assert report.end is not None
    found = state_in(Path(report.snapshot.uri), ("pk",))
    assert found == service.state(report.end)
    assert report.snapshot.items == len(found)


@pytest.fixture
def table(tmp_path: Path) -> World:
    """A table with a full export of ``START``, three hours later."""
    made = world(tmp_path, life(3))
    made.service.full(START)
    made.service.pass_time(3 * HOUR)
    return made


def test_what_is_due_is_asked_for_verified_and_replayed(table: World) -> None:
    service = table.service
    report = table.follower().catch_up()
    assert windows(service) == [Window(START, START + 3 * HOUR - LAG)]
    assert report.end == START + 3 * HOUR - LAG
    assert report.behind is not None
    assert LAG + service.takes <= report.behind < LAG + service.takes + MINUTE
    assert report.running == ()
    assert len(report.verified) == 3, "base, window, snapshot"
    assert [event.name for event in table.heard] == [
        *("verified", "chain", "requested", "waiting", "verified", "chain", "verified", "snapshot", "caught-up")
    ]
    snapshot_is_right(service, report)


def test_nothing_is_done_twice(table: World) -> None:
    first = table.follower().catch_up()
    asked = len(table.service.asked)
    table.heard.clear()
    again = table.follower().catch_up()
    assert len(table.service.asked) == asked
    assert again.verified == again.requested == ()
    assert again.snapshot == first.snapshot
    assert [event.name for event in table.heard] == ["chain", "caught-up"]


def test_where_less_than_15_minutes_are_due_the_next_is_told(table: World) -> None:
    report = table.follower().catch_up()
    assert report.end is not None
    assert report.next_due == report.end + 15 * MINUTE + LAG
    table.service.pass_time(report.next_due - table.service.clock.now() - MINUTE)
    assert table.follower().catch_up().requested == ()
    table.service.pass_time(MINUTE)
    assert len(table.follower().catch_up().requested) == 1
    assert windows(table.service)[-1].duration == 15 * MINUTE


def test_several_windows_when_behind_side_by_side(tmp_path: Path) -> None:
    made = world(tmp_path, life(12), window=None)
    made.service.full(START)
    made.service.pass_time(10 * DAY + HOUR)
    report = made.follower().catch_up()
    found = windows(made.service)
    assert [each.duration for each in found[:10]] == [DAY] * 10
    assert found[0].start == START
    assert tiles(found)
    assert report.end == found[-1].end
    assert made.service.clock.now() - START < 10 * DAY + 3 * HOUR, "not one after the other"
    snapshot_is_right(made.service, report)


def test_windows_have_the_length_asked_for(table: World) -> None:
    report = table.follower(window=HOUR).catch_up()
    assert [each.duration for each in windows(table.service)] == [HOUR] * 3  # the third came due meanwhile
    assert report.next_due == START + 4 * HOUR + LAG


def test_view_format_and_place_reach_the_request(tmp_path: Path) -> None:
    made = world(tmp_path, life(1), view=ExportView.NEW_IMAGE, format=OutputFormat.ION, prefix="p/", rebase=True)
    made.service.pass_time(HOUR)
    made.follower().catch_up()
    made.service.pass_time(HOUR)
    report = made.follower().catch_up()
    full, window = made.service.asked[0], made.service.asked[-1]
    assert {(each.export_format, each.s3_prefix, each.s3_bucket) for each in made.service.asked} == {
        (OutputFormat.ION, "p", "backups")
    }
    assert (full.export_view_type, window.export_view_type) == (None, ExportView.NEW_IMAGE)
    snapshot_is_right(made.service, report)


def test_without_a_full_export_it_says_so(tmp_path: Path) -> None:
    made = world(tmp_path, life(1))
    with pytest.raises(ChainError, match=r"no full export .* --rebase asks for one") as caught:
        made.follower().catch_up()
    assert (caught.value.exit_code, caught.value.reason) == (1, "no-base")
    assert made.service.asked == []
    report = made.follower(rebase=True).catch_up()
    assert [each.export_time for each in made.service.asked] == [START - LAG]
    assert report.end == START - LAG
    snapshot_is_right(made.service, report)


def test_a_rebase_is_a_whole_second_and_its_windows_begin_there(tmp_path: Path) -> None:
    made = world(tmp_path, life(1), at=START + timedelta(milliseconds=750))
    made.follower(rebase=True).catch_up()
    made.service.pass_time(HOUR)
    made.follower(rebase=True).catch_up()
    full, window = made.service.asked
    assert full.export_time == START - LAG == window.export_from_time


def test_a_full_export_of_milliseconds_is_followed_from_its_second(tmp_path: Path) -> None:
    made = world(tmp_path, life(1))
    made.service.full(START + timedelta(milliseconds=608))
    made.service.pass_time(HOUR)
    report = made.follower().catch_up()
    assert windows(made.service)[0].start == START
    snapshot_is_right(made.service, report)
    (told,) = table_warnings(made)
    assert told.startswith("overlap-under-one-second")


def table_warnings(made: World) -> list[str]:
    return [told for event in made.told("snapshot") for told in event.told["warnings"] if told.startswith("overlap")]


@pytest.mark.parametrize("late", [34 * DAY, 36 * DAY])
def test_a_late_start(tmp_path: Path, late: timedelta) -> None:
    made = world(tmp_path, life(40, per_day=10))
    made.service.full(START)
    made.service.pass_time(late)
    if late < 35 * DAY:
        snapshot_is_right(made.service, made.follower().catch_up())
        return
    with pytest.raises(ChainError, match=r"the changes of 1 d cannot be exported any more.* --rebase") as caught:
        made.follower().catch_up()
    assert caught.value.reason == "expired"
    assert len(made.service.asked) == 1
    report = made.follower(rebase=True).catch_up()
    assert report.end == made.service.asked[1].export_time
    snapshot_is_right(made.service, report)
    made.service.pass_time(HOUR)
    snapshot_is_right(made.service, made.follower(rebase=True).catch_up())
    assert len(made.told("rebase")) == 1


def test_backups_that_were_off_for_a_while(table: World) -> None:
    table.follower().catch_up()
    table.service.enabled = None
    with pytest.raises(PointInTimeRecoveryUnavailableError):
        table.follower().catch_up()
    table.service.enabled = table.service.clock.now()
    table.service.pass_time(HOUR)
    with pytest.raises(ChainError, match="point-in-time recovery reaches back to"):
        table.follower().catch_up()
    snapshot_is_right(table.service, table.follower(rebase=True).catch_up())


def test_a_table_made_anew_needs_a_new_base(table: World) -> None:
    table.follower().catch_up()
    table.service.table_id = "22991185-e7ab-4da5-8bab-03f0db0b7bfd"
    with pytest.raises(ChainError) as caught:
        table.follower().catch_up()
    assert caught.value.reason == "no-base"
    assert {event.told["why"] for event in table.told("left-out")} == {"of an earlier table of the same name"}


# --- what is under way -------------------------------------------------------------------------------------


def test_a_running_export_of_the_next_window_is_waited_for(table: World) -> None:
    foreign = table.service.window(START, START + HOUR)
    report = table.follower().catch_up()
    assert windows(table.service)[:2] == [Window(START, START + HOUR), Window(START + HOUR, START + 3 * HOUR - LAG)]
    assert foreign.export_arn not in report.requested
    snapshot_is_right(table.service, report)


def test_a_running_full_export_is_waited_for_where_there_is_none(tmp_path: Path) -> None:
    made = world(tmp_path, life(1))
    made.service.full(START)
    made.service.pass_time(MINUTE)
    report = made.follower().catch_up()
    assert report.end == START
    assert report.requested == ()


def test_without_waiting_a_run_ends_and_the_next_goes_on(tmp_path: Path) -> None:
    made = world(tmp_path, life(2), rebase=True, wait=False)
    ends: list[datetime | None] = []
    for _ in range(40):
        report = made.follower().catch_up()
        assert not report.running or report.next_due is None
        ends.append(report.end)
        made.service.pass_time(10 * MINUTE)
    assert ends[0] is None
    assert len(made.service.clock.slept) == 40, "only the test lets time pass"
    assert tiles(windows(made.service))
    assert report.behind is not None
    assert report.behind < HOUR
    snapshot_is_right(made.service, made.follower().catch_up())


def test_a_failed_export_gets_another_attempt(table: World) -> None:
    table.service.fates.extend(["FAILED", "FAILED"])
    report = table.follower().catch_up()
    assert [event.told["attempt"] for event in table.told("failed")] == [1, 2]
    assert "s3:PutObject" in table.told("failed")[0].told["why"]
    tokens = [each.client_token for each in table.service.asked[1:]]
    assert len(set(tokens)) == len(tokens) == 3
    snapshot_is_right(table.service, report)


def test_attempts_are_bounded(table: World) -> None:
    table.service.fates.extend(["FAILED"] * 99)
    with pytest.raises(ExportFailedError, match="S3AccessDenied"):
        table.follower().catch_up()
    assert len(windows(table.service)) == 3
    table.service.fates.clear()
    snapshot_is_right(table.service, table.follower().catch_up())


def test_one_that_fails_among_others_leaves_a_hole_that_is_filled_exactly(tmp_path: Path) -> None:
    made = world(tmp_path, life(6))
    made.service.full(START)
    made.service.pass_time(5 * DAY + HOUR)
    made.service.fates.extend(["COMPLETED", "COMPLETED", "FAILED"])
    report = made.follower().catch_up()
    asked = windows(made.service)
    assert asked.count(Window(START + 2 * DAY, START + 3 * DAY)) == 2
    assert len(set(asked)) == len(asked) - 1
    snapshot_is_right(made.service, report)


# --- what others do ----------------------------------------------------------------------------------------


def test_overlapping_exports_of_others_do_no_harm(tmp_path: Path) -> None:
    made = world(tmp_path, life(4), window=6 * HOUR)
    service = made.service
    service.full(START)
    for day in range(3):
        service.pass_time(DAY)
        now = service.clock.now() - LAG
        service.window(now - 3 * HOUR - 7 * MINUTE, now - MINUTE)
        service.window(now - 20 * HOUR, now - 19 * HOUR - 45 * MINUTE)
        service.full(now - (day + 1) * HOUR - timedelta(milliseconds=371))
        report = made.follower().catch_up()
        snapshot_is_right(service, report)
        assert report.behind is not None
        assert report.behind < 7 * HOUR
    assert len(windows(service)) < 40


def test_a_new_full_export_becomes_the_base_and_the_chain_before_stays_whole(table: World) -> None:
    table.follower().catch_up()
    table.service.pass_time(2 * HOUR)
    new = table.service.clock.now() - HOUR - timedelta(milliseconds=300)
    table.service.full(new)
    table.follower().catch_up()  # it is under way still, and the windows end at its instant already
    report = table.follower().catch_up()
    assert report.base is not None
    assert open_export(report.base).summary.export_time == new
    found = windows(table.service)
    assert found[1].end == new.replace(microsecond=0) == found[2].start
    assert found[0].end == found[1].start
    snapshot_is_right(table.service, report)


@pytest.mark.parametrize("what", ["filtered", "elsewhere", "made"])
def test_what_is_not_of_the_chain_is_left_out(table: World, what: str) -> None:
    service = table.service
    if what == "filtered":
        service.window(START, START + HOUR, filtered=True)
    elif what == "elsewhere":
        service.window(START, START + HOUR, bucket="another")
        service.window(START, START + HOUR, prefix="deeper")
    else:
        report = table.follower(replay_to=service.root).catch_up()
        snapshot_is_right(service, report)
    service.pass_time(HOUR)
    report = table.follower().catch_up()
    mine = [arn for event in table.told("requested") for arn in [event.told["export"]]]
    assert len(mine) == len(set(mine))
    assert Window(START, START + 4 * HOUR - LAG) in windows(service) or what == "made"
    assert [event.told["why"].partition(":")[0] for event in table.told("left-out")] == (
        ["filtered"] if what == "filtered" else []
    )
    assert report.base is not None
    assert open_export(report.base).summary.exportkit is None
    snapshot_is_right(service, report)


def test_a_wrong_export_stops_the_chain_until_it_is_taken_away(table: World) -> None:
    foreign = table.service.window(START, START + HOUR)
    table.service.pass_time(HOUR)
    folder = table.service.folder(foreign)
    summary = folder / "manifest-summary.json"
    summary.write_bytes(summary.read_bytes().replace(b'"itemCount":', b'"itemCount":1'))
    for _ in range(2):
        with pytest.raises(VerificationError, match=r"item-count-unexpected|total-count-mismatch") as caught:
            table.follower().catch_up()
        assert (caught.value.exit_code, caught.value.uri) == (1, str(folder))
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    snapshot_is_right(table.service, table.follower().catch_up())


def test_an_export_whose_files_are_gone_is_asked_for_anew(table: World) -> None:
    follower = table.follower(window=HOUR, replay_to=None)
    report = follower.catch_up()
    last = table.service.folder(table.service.by_arn[report.requested[-1]].said)
    for file in last.iterdir():
        file.unlink()
    last.rmdir()
    again = table.follower(window=HOUR).catch_up()
    assert len(again.requested) == 1
    assert windows(table.service)[-1] == windows(table.service)[-2]
    snapshot_is_right(table.service, again)


@pytest.mark.parametrize("mine", [True, False])
def test_one_that_ends_as_something_else_is_not_taken(table: World, mine: bool) -> None:
    service = table.service
    arn = None if mine else service.window(START, START + HOUR).export_arn
    write = service._write

    def filtered(said: ExportDescription) -> int:
        count = write(said)
        if mine or said.export_arn == arn:
            summary = service.folder(said) / "manifest-summary.json"
            summary.write_bytes(
                summary.read_bytes().replace(b'{"version"', b'{"filterSpecification":{"a":1},"version"')
            )
        return count

    service._write = filtered  # type: ignore[method-assign]
    if mine:
        with pytest.raises(ChainError, match="is not what it was asked to be: filtered"):
            table.follower().catch_up()
        assert len(windows(service)) == 1
        return
    report = table.follower().catch_up()
    assert len(table.told("left-out")) == 1
    assert report.end == max(each.end for each in windows(service))
    snapshot_is_right(service, report)
