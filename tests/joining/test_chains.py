"""Which increments lead from a state to another: what is taken, what is refused and why, what is known of it."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import ChainError, ManifestError, UsageError
from exportkit.joining.chains import ChainRules, plan_replay, plan_windows
from exportkit.joining.remedies import gap_remedy
from exportkit.model.chain import Join, LeftOut
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.joining import Source
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import to_micros
from exportkit.model.window import Window
from tests.export.layouts import at, lay_out
from tests.joining.chained import GO_ON, base, exportkits, instant, joins, new_images, refusal, window

_NAMELESS = ManifestSummary(
    manifest_files_s3_key="manifest-files.json",
    item_count=0,
    output_format=OutputFormat.DYNAMODB_JSON,
    export_type=ExportType.FULL,
)

# --- a chain that is right -----------------------------------------------------------------------------------


def test_windows_apply_in_the_order_of_time_in_whatever_order_they_are_named(tmp_path: Path) -> None:
    state = base(tmp_path)
    windows = [window(tmp_path, start, start + 15) for start in (30, 0, 15)]
    chain = plan_replay(state, windows, ChainRules())
    assert joins(chain) == [(windows[place].uri, Join.EXACT) for place in (1, 2, 0)]
    assert chain.exports == (state, windows[1], windows[2], windows[0])
    assert (chain.start, chain.end, chain.judged_until) == (instant(0), instant(45), instant(45))
    assert chain.sources == (Source(), Source(judged=True), Source(judged=True), Source(judged=True))
    assert (chain.left_out, chain.warnings, chain.gaps, chain.overlaps) == ((), (), (), ())
    assert chain.carried() == {}
    assert not chain.filters_checked


def test_what_is_not_needed_is_left_out_and_told(tmp_path: Path) -> None:
    state = base(tmp_path, 15)
    stale, first, inner, twice = (window(tmp_path, *pair) for pair in ((0, 15), (15, 45), (15, 30), (30, 45)))
    chain = plan_replay(state, [stale, first, inner, twice, first], ChainRules())
    assert joins(chain) == [(first.uri, Join.EXACT)]
    assert dict(chain.left_out) == {stale.uri: LeftOut.BEFORE, inner.uri: LeftOut.COVERED, twice.uri: LeftOut.COVERED}
    for told in chain.told()["left_out"]:
        export = {stale.uri: stale, inner.uri: inner, twice.uri: twice}[told["uri"]]
        assert told["window"] == str(export.summary.window)
        covers = [link.export.uri for link in chain.links] if export is not stale else None
        assert told.get("covered_by") == covers
    assert chain.warnings == (f"named-twice: {first.uri} is {first.uri} again, and counts once",)


def test_a_copy_at_another_place_is_the_same_export(tmp_path: Path) -> None:
    state, one = base(tmp_path / "a"), window(tmp_path / "a", 0, 15)
    copy = window(tmp_path / "b", 0, 15)
    chain = plan_replay(state, [one, copy], ChainRules())
    assert joins(chain) == [(one.uri, Join.EXACT)]
    assert chain.warnings == (f"named-twice: {copy.uri} is {one.uri} again, and counts once",)
    assert chain.left_out == ()


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_exports_of_one_window_the_one_that_knows_more_is_taken(tmp_path: Path, turned: bool) -> None:
    state = base(tmp_path)
    less = window(tmp_path, 0, 15, salt="a", change=new_images)
    made = window(tmp_path, 0, 15, salt="b", change=exportkits())
    more = window(tmp_path, 0, 15, salt="c")
    given = [less, made, more]
    chain = plan_replay(state, given[::-1] if turned else given, ChainRules())
    assert joins(chain) == [(more.uri, Join.EXACT)]
    assert chain.left_out == ((made.uri, LeftOut.COVERED), (less.uri, LeftOut.COVERED))


def test_without_windows_the_state_is_the_bases_and_that_is_told(tmp_path: Path) -> None:
    state = base(tmp_path)
    chain = plan_replay(state, [], ChainRules())
    assert (chain.links, chain.end, chain.judged_until, chain.sources) == ((), instant(0), None, (Source(),))
    assert chain.warnings == (f"nothing-to-apply: no window follows {state.uri}; the result is the base's state",)


def test_what_is_told_of_a_chain(tmp_path: Path) -> None:
    state = base(tmp_path, 0.99)
    windows = [window(tmp_path, 0.98, 15), window(tmp_path, 30, 45, change=exportkits()), window(tmp_path, -15, 0)]
    told = plan_replay(state, windows, GO_ON).told()
    assert told["base"]["uri"] == state.uri
    assert told["base"]["export_time"] == at(0.99)
    assert [(each["uri"], each["join"], each["between"], each["judged"]) for each in told["links"]] == [
        (windows[0].uri, "overlap-under-one-second", {"from": at(0.98), "to": at(0.99)}, False),
        (windows[1].uri, "gap", {"from": at(15), "to": at(30)}, False),
    ]
    assert [each["made_by"] for each in told["links"]] == [None, "compact"]
    left = {"uri": windows[2].uri, "why": "before-base", "window": str(windows[2].summary.window)}
    assert told["left_out"] == [left]
    assert (told["start"], told["end"], told["judged_until"]) == (at(0.99), at(45), None)
    assert (told["gaps"], told["overlaps"]) == ([{"from": at(15), "to": at(30)}], [])
    assert (told["filtered"], told["filters_checked"]) == (False, False)
    assert [each.split(":")[0] for each in told["warnings"]] == ["gap", "overlap-under-one-second", "drift-not-judged"]


# --- until ---------------------------------------------------------------------------------------------------


def test_a_chain_stops_where_it_is_told_to(tmp_path: Path) -> None:
    state = base(tmp_path)
    windows = [window(tmp_path, *pair) for pair in ((0, 15), (15, 30), (0, 30), (30, 45))]
    chain = plan_replay(state, windows, ChainRules(until=instant(15)))
    assert joins(chain) == [(windows[0].uri, Join.EXACT)]
    assert chain.end == instant(15)
    assert dict(chain.left_out) == dict.fromkeys((each.uri for each in windows[1:]), LeftOut.AFTER)
    assert plan_replay(state, windows, ChainRules(until=instant(0))).links == ()


def test_until_names_an_end_that_there_is(tmp_path: Path) -> None:
    state = base(tmp_path)
    windows = [window(tmp_path, *pair) for pair in ((-15, -5), (0, 15), (15, 30))]
    with pytest.raises(UsageError) as caught:
        plan_replay(state, windows, ChainRules(until=instant(20)))
    assert str(caught.value) == (f"no state at {at(20)} can be had; the ends there are: {at(0)}, {at(15)}, {at(30)}"), (
        "the stale window's end is none"
    )
    with pytest.raises(UsageError, match="without an offset from UTC"):
        ChainRules(until=datetime(2026, 1, 14))  # noqa: DTZ001 - that is what is wrong


def test_a_gap_behind_the_end_does_no_harm(tmp_path: Path) -> None:
    windows = [window(tmp_path, 0, 15), window(tmp_path, 30, 45)]
    chain = plan_replay(base(tmp_path), windows, ChainRules(until=instant(15)))
    assert chain.gaps == ()


# --- gaps ----------------------------------------------------------------------------------------------------


def test_a_gap_is_refused_with_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    state = base(tmp_path)
    windows = [window(tmp_path, 0, 15), window(tmp_path, 60, 75)]
    with refusal(
        "gap",
        f"{state.uri}: gap: changes are missing from [{at(15)}, {at(60)}) (45 min). Export it",
        "aws dynamodb export-table-to-point-in-time --region eu-central-1 --table-arn arn:aws:dynamodb:eu-central-1:",
        " --s3-bucket the-bucket --export-type INCREMENTAL_EXPORT ",
        f"ExportFromTime={at(15)},ExportToTime={at(60)},ExportViewType=NEW_AND_OLD_IMAGES",
        f"(--until {at(15)})",
        "--allow-gap",
    ):
        plan_replay(state, windows, ChainRules(allow_overlap=True))
    chain = plan_replay(state, windows, ChainRules(allow_gap=True))
    assert chain.gaps == (Window(instant(15), instant(60)),)
    assert chain.judged_until == instant(15)
    assert chain.sources == (Source(), Source(judged=True), Source())
    assert chain.warnings[0] == f"gap: the result is without the changes of [{at(15)}, {at(60)}) (45 min)"
    assert chain.carried() == {"gaps": [{"from": at(15), "to": at(60)}]}


def test_a_gap_is_told_again_by_whoever_takes_the_result_for_a_base(tmp_path: Path) -> None:
    gap = {"from": at(-45), "to": at(-30)}
    state = base(tmp_path, change=exportkits(gaps=[gap], overlaps=[gap]))
    chain = plan_replay(state, [window(tmp_path, 0, 15), window(tmp_path, 30, 45)], GO_ON)
    assert chain.warnings[0] == f"gap: the base was made without the changes of [{at(-45)}, {at(-30)}) (15 min)"
    assert (
        chain.warnings[1] == f"overlap: the base was made of windows that cover [{at(-45)}, {at(-30)}) (15 min) twice"
    )
    assert [source.judged for source in chain.sources] == [False, False, False]
    assert chain.carried() == {"gaps": [gap, {"from": at(15), "to": at(30)}], "overlaps": [gap]}


@pytest.mark.parametrize("gaps", [5, [5], [{"from": "x"}], [{"from": at(1), "to": at(0)}]])
def test_a_mark_that_was_spoilt_is_told(tmp_path: Path, gaps: Any) -> None:
    with pytest.raises(ManifestError, match=r"exportkit\.gaps is no list of windows"):
        plan_replay(base(tmp_path, change=exportkits(gaps=gaps)), [], ChainRules())


@pytest.mark.parametrize(
    ("gap", "until", "said"),
    [
        (
            (0, 70 / 60),
            15,
            f"15 minutes at least, so together with the window after it{{}}{at(0)},ExportToTime={at(15)},",
        ),
        ((0.01, 0.5), 10, f"15 minutes at least, so together{{}}{at(0)},ExportToTime={at(15)},"),
        ((0.0101, 20.0099), 30, f"Export it, while{{}}ExportFromTime={at(0)},ExportToTime={at(20 + 1 / 60)},"),
        ((0, 1440), 1500, f"Export it, while{{}}ExportFromTime={at(0)},ExportToTime={at(1440)},"),
        ((0, 3000), 3100, f"in 3 windows, for AWS exports 24 hours at most{{}}{at(0)},ExportToTime={at(1000)},"),
    ],
)
def test_how_to_get_a_gap(gap: tuple[float, float], until: float, said: str) -> None:
    told = gap_remedy(Window(*map(instant, gap)), instant(until), _NAMELESS)
    first, second = said.split("{}")
    assert first in told
    assert second in told.partition(first)[2]
    assert "export-table-to-point-in-time --table-arn TABLE_ARN --s3-bucket BUCKET --export-type" in told


def test_a_gap_is_exported_to_where_the_base_was() -> None:
    arn = "arn:aws:dynamodb:eu-west-3:111122223333:table/T"
    beside = replace(_NAMELESS, table_arn=arn, s3_bucket="b", s3_prefix="my backups/t")
    told = gap_remedy(Window(instant(0), instant(15)), instant(15), beside)
    assert f"--region eu-west-3 --table-arn {arn} --s3-bucket b --s3-prefix 'my backups/t' --export-type" in told


# --- overlaps ------------------------------------------------------------------------------------------------


def test_an_overlap_is_refused_or_goes_on_with_ghosts_looked_for(tmp_path: Path) -> None:
    state = base(tmp_path)
    windows = [window(tmp_path, 0, 10), window(tmp_path, 5, 15), window(tmp_path, 15, 30)]
    with refusal(
        "overlap",
        f"{state.uri}: overlap: [{at(5)}, {at(10)}) (5 min) is covered twice, the second time by {windows[1].uri}. ",
        "ghost",
        f"Take windows that tile, stop in front of it (--until {at(10)}), or go on with",
        "--allow-overlap",
    ):
        plan_replay(state, windows, ChainRules(allow_gap=True))
    chain = plan_replay(state, windows, ChainRules(allow_overlap=True))
    assert chain.sources == (Source(), Source(judged=True, ghosts_from=to_micros(instant(5))), Source(), Source())
    assert (chain.judged_until, chain.overlaps) == (instant(10), (Window(instant(5), instant(10)),))
    assert chain.warnings[0] == (
        f"overlap: [{at(5)}, {at(10)}) is covered twice: a put that the second window has no record of is taken for "
        "deleted"
    )
    assert chain.carried() == {"overlaps": [{"from": at(5), "to": at(10)}]}


def test_over_the_base_there_is_nothing_to_look_for_ghosts_by(tmp_path: Path) -> None:
    state = base(tmp_path, 5)
    first = window(tmp_path, 0, 15)
    with refusal("overlap"):
        plan_replay(state, [first], ChainRules())
    chain = plan_replay(state, [first], ChainRules(allow_overlap=True))
    assert chain.sources == (Source(), Source())
    assert "the base does not tell when they were made" in chain.warnings[0]


def test_less_than_a_second_over_the_base_is_applied_with_a_warning(tmp_path: Path) -> None:
    state = base(tmp_path, 0.608 / 60)
    windows = [window(tmp_path, 0, 15), window(tmp_path, 15, 30)]
    chain = plan_replay(state, windows, ChainRules())
    assert [join for _, join in joins(chain)] == [Join.SUB_SECOND, Join.EXACT]
    assert chain.sources == (Source(), Source(), Source(judged=True)), "its old images may be older than the base"
    assert chain.warnings[0].startswith(
        f"overlap-under-one-second: the window [{at(0)}, {at(15)}) begins 0.608 s before the base's instant"
    )
    assert chain.warnings[1].startswith("drift-not-judged: in 1 of 2 windows")
    assert (chain.overlaps, chain.carried()) == ((), {})
    late = base(tmp_path / "b", 1.001 / 60)
    with refusal("overlap"):
        plan_replay(late, windows, ChainRules())


def test_after_a_window_without_old_images_drift_is_not_judged(tmp_path: Path) -> None:
    state = base(tmp_path)
    views = (None, new_images, None)
    windows = [window(tmp_path, 15 * n, 15 * n + 15, change=view) for n, view in enumerate(views)]
    chain = plan_replay(state, windows, ChainRules())
    assert [source.judged for source in chain.sources] == [False, True, False, False]
    assert chain.judged_until == instant(15)
    (warning,) = chain.warnings
    assert warning == (
        f"drift-not-judged: in 2 of 3 windows, first [{at(15)}, {at(30)}): what was before them is not known for sure, "
        "or they have no old images"
    )


# --- what cannot be joined ---------------------------------------------------------------------------------


def test_another_table_is_refused(tmp_path: Path) -> None:
    with refusal("table", "of arn:aws:dynamodb:eu-central-1:111122223333:table/Other", "take exports of one table"):
        plan_replay(base(tmp_path), [window(tmp_path, 0, 15, table="Other")], ChainRules())


def test_a_table_that_was_made_anew_is_refused(tmp_path: Path) -> None:
    with refusal("table-recreated", "its tableId is new", "id-of-Orders", "full export of the newer table"):
        plan_replay(base(tmp_path), [window(tmp_path, 0, 15, table_id="new")], ChainRules())


@pytest.mark.parametrize("lacks", ["tableArn", "tableId"])
def test_where_a_manifest_does_not_name_the_table_that_is_told(tmp_path: Path, lacks: str) -> None:
    first = window(tmp_path, 0, 15, change=lambda summary: summary.pop(lacks))
    state = base(tmp_path)
    chain = plan_replay(state, [first], ChainRules())
    (warning,) = chain.warnings
    assert warning == (
        "table-not-checked: the manifests do not all name tableArn and tableId; nobody knows whether these are of one "
        f"table: {state.uri}, {first.uri}"
    )


def test_a_stale_export_of_another_table_is_refused_too(tmp_path: Path) -> None:
    with refusal("table"):
        plan_replay(base(tmp_path), [window(tmp_path, -15, 0, table="Other")], ChainRules())


def test_kinds_have_to_be_right(tmp_path: Path) -> None:
    state, change = base(tmp_path), window(tmp_path, 0, 15)
    with refusal("kind", f"{change.uri}: is an incremental export ([{at(0)}, {at(15)})); a state is a full one"):
        plan_replay(change, [change], ChainRules())
    with refusal("kind", f"{state.uri}: is a full export"):
        plan_replay(state, [change, state], ChainRules())
    with refusal("kind", f"{state.uri}: is a full export"):
        plan_windows([change, state], ChainRules())


def test_a_base_without_a_time_is_refused(tmp_path: Path) -> None:
    with refusal("time", "names no exportTime"):
        plan_replay(base(tmp_path, change=lambda summary: summary.pop("exportTime")), [], ChainRules())


def test_filtered_exports_are_refused_or_told(tmp_path: Path) -> None:
    def filtered(summary: dict[str, Any]) -> None:
        summary["filterSpecification"] = {"x": 1}

    state, part = base(tmp_path), window(tmp_path, 0, 15, change=filtered)
    with refusal("filtered", f"{part.uri}: is filtered (its manifest has filterSpecification)", "--allow-filtered"):
        plan_replay(state, [part], ChainRules())
    chain = plan_replay(state, [part], ChainRules(allow_filtered=True))
    assert chain.filtered
    assert chain.carried() == {"filtered": True}
    assert chain.warnings[0].startswith(f"filtered: {part.uri} may hold a part of the table only")
    assert not any(source.judged for source in chain.sources)
    with refusal("filtered"):
        plan_windows([part], ChainRules())
    assert plan_windows([part], ChainRules(allow_filtered=True)).filtered
    made_of_it = base(tmp_path / "b", change=exportkits(filtered=True))
    with refusal("filtered", "it was made of filtered exports"):
        plan_replay(made_of_it, [], ChainRules())


def test_a_filtered_window_that_is_not_applied_does_no_harm(tmp_path: Path) -> None:
    part = window(tmp_path, -15, 0, change=lambda summary: summary.update(filterKeys=["a"]))
    assert not plan_replay(base(tmp_path), [part], ChainRules()).filtered


# --- windows alone -----------------------------------------------------------------------------------------


def test_windows_tile_from_the_earliest_on(tmp_path: Path) -> None:
    windows = [window(tmp_path, 15, 30, change=new_images), window(tmp_path, 0, 15), window(tmp_path, 20, 30)]
    chain = plan_windows([*windows, windows[0]], ChainRules())
    assert joins(chain) == [(windows[1].uri, Join.FIRST), (windows[0].uri, Join.EXACT)]
    assert (chain.base, chain.start, chain.end, chain.judged_until) == (None, instant(0), instant(30), None)
    assert chain.exports == (None, windows[1], windows[0])
    assert chain.sources == (Source(), Source(judged=True), Source())
    assert chain.left_out == ((windows[2].uri, LeftOut.COVERED),)
    assert [warning.split(":")[0] for warning in chain.warnings] == ["named-twice"]
    assert chain.told()["base"] is None
    assert plan_windows(windows, ChainRules(until=instant(15))).end == instant(15)


@pytest.mark.parametrize(("second", "reason"), [((20, 30), "gap"), ((10, 30), "overlap")])
def test_windows_that_do_not_tile_are_refused_whatever_the_rules(
    tmp_path: Path, second: tuple[float, float], reason: str
) -> None:
    windows = [window(tmp_path, 0, 15), window(tmp_path, *second)]
    with pytest.raises(ChainError) as caught:
        plan_windows(windows, GO_ON)
    assert caught.value.reason == reason
    assert "--" not in str(caught.value).partition("aws dynamodb")[0], "no option would allow it"
    assert "--allow" not in str(caught.value)


def test_windows_of_two_tables_and_none_at_all(tmp_path: Path) -> None:
    with refusal("table"):
        plan_windows([window(tmp_path, 0, 15), window(tmp_path, 15, 30, table="Other")], ChainRules())
    with pytest.raises(UsageError, match="no incremental export is named"):
        plan_windows([], ChainRules())


def test_a_chain_of_a_hundred_windows(tmp_path: Path) -> None:
    state = base(tmp_path)
    for number in range(100):
        lay_out(tmp_path, window=(15 * number, 15 * number + 15), files=())
    chain = plan_replay(state, None, ChainRules())
    assert len(chain.links) == 100
    assert all(source.judged for source in chain.sources[1:])
