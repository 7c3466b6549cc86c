"""Which increments are found beside a base, and what the service says of those that are named by their ARNs."""

import os
import pickle
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import AccessDeniedError, ChainError, UsageError
from exportkit.export import open_export
from exportkit.joining.chains import ChainRules, plan_replay
from exportkit.model.chain import Join, LeftOut
from exportkit.store import StoreOptions
from tests.commands import run
from tests.export.layouts import START, Laid, lay_out, lay_out_started
from tests.joining.chained import base, exportkits, joins, refusal, window
from tests.servers.dynamodb import DynamoDB
from tests.servers.s3 import S3


def test_increments_beside_the_base_are_found(tmp_path: Path) -> None:
    state = base(tmp_path, 15)
    windows = [window(tmp_path, *pair) for pair in ((30, 45), (15, 30), (0, 15))]
    base(tmp_path, 30)
    window(tmp_path, 45, 60, table="Other")
    window(tmp_path / "AWSDynamoDB" / "deeper", 45, 60)
    window(tmp_path / "elsewhere", 45, 60)
    chain = plan_replay(state, None, ChainRules())
    assert joins(chain) == [(windows[1].uri, Join.EXACT), (windows[0].uri, Join.EXACT)]
    assert chain.left_out == ((windows[2].uri, LeftOut.BEFORE),)
    assert chain.warnings == ()


def test_what_exportkit_made_counts_only_when_it_is_named(tmp_path: Path) -> None:
    state = base(tmp_path)
    made = window(tmp_path, 0, 15, change=exportkits())
    chain = plan_replay(state, None, ChainRules())
    assert chain.links == ()
    assert chain.warnings[0] == (
        "made-by-exportkit: beside the base an export is made by exportkit, and so not taken: name it if it is "
        f"meant ({Path(made.uri).name})"
    )
    assert joins(plan_replay(state, [made], ChainRules())) == [(made.uri, Join.EXACT)]


def test_what_may_belong_to_the_chain_is_told(tmp_path: Path) -> None:
    state = base(tmp_path)
    new = [window(tmp_path, 0, 15, table_id=f"new{n}", salt=str(n)) for n in range(5)]
    running = lay_out_started(tmp_path, time=16)
    lay_out_started(tmp_path, time=-16)  # began before the base: its window ends before it
    spoilt = lay_out(tmp_path, window=(15, 30))
    spoilt.summary.write_bytes(b"{")
    chain = plan_replay(state, None, ChainRules())
    assert chain.links == ()
    names = ", ".join(sorted(Path(each.uri).name for each in new)[:3])
    recreated, unfinished, unreadable, _ = chain.warnings
    assert recreated == (
        "table-recreated: beside the base 5 exports are of another table of the same name, and so not taken "
        f"({names}, …)"
    )
    assert unfinished == (
        f"not-complete: beside the base an export is running or failed: it may belong to the chain ({running.name})"
    )
    assert unreadable == (
        f"unreadable: beside the base an export is unreadable: it may belong to the chain ({spoilt.folder.name})"
    )
    lay_out(tmp_path, window=(30, 45)).summary.write_bytes(b"{")
    assert "beside the base 2 exports are unreadable: they may belong to the chain (" in str(
        plan_replay(state, None, ChainRules()).warnings
    )


@pytest.mark.parametrize("until", [None, START + timedelta(minutes=30)], ids=["the end", "an instant"])
@pytest.mark.parametrize("what", ["running", "unreadable"])
def test_a_gap_is_refused_with_what_may_fill_it(tmp_path: Path, what: str, until: datetime | None) -> None:
    state = base(tmp_path)
    for pair in ((0, 15), (30, 45)):
        window(tmp_path, *pair)
    if what == "running":
        missing = lay_out_started(tmp_path, time=30)
    else:
        laid = lay_out(tmp_path, window=(15, 30))
        laid.summary.write_bytes(b"{")
        missing = laid.folder
    with pytest.raises((ChainError, UsageError)) as caught:
        plan_replay(state, None, ChainRules(until=until))
    told, advice = pickle.loads(pickle.dumps(caught.value)).__notes__
    assert missing.name in told
    assert "wait for what is running, copy again" in advice
    done = run("replay", state.uri, "--dry-run")
    assert done.code == 1
    assert missing.name in done.err


def test_a_gap_with_nothing_to_fill_it_is_told_alone(tmp_path: Path) -> None:
    state = base(tmp_path)
    window(tmp_path, 15, 30)
    with pytest.raises(ChainError) as caught:
        plan_replay(state, None, ChainRules())
    assert not hasattr(caught.value, "__notes__")


def test_tables_without_names_are_found_by_that(tmp_path: Path) -> None:
    def nameless(summary: dict[str, Any]) -> None:
        del summary["tableArn"], summary["tableId"]

    state = base(tmp_path, change=nameless)
    first = window(tmp_path, 0, 15, change=nameless)
    window(tmp_path, 15, 30)
    chain = plan_replay(state, None, ChainRules())
    assert joins(chain) == [(first.uri, Join.EXACT)]
    assert chain.warnings[0].startswith("table-not-checked: ")


def test_filters_of_what_is_found_count(tmp_path: Path) -> None:
    window(tmp_path, 0, 15, change=lambda summary: summary.update(filterKeys=["a"]))
    with refusal("filtered"):
        plan_replay(base(tmp_path), None, ChainRules())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_listed_is_told(tmp_path: Path) -> None:
    state = base(tmp_path)
    (tmp_path / "AWSDynamoDB").chmod(0o300)
    try:
        with pytest.raises(AccessDeniedError):
            plan_replay(state, None, ChainRules())
    finally:
        (tmp_path / "AWSDynamoDB").chmod(0o700)


# --- S3 and the service ------------------------------------------------------------------------------------


def upload(root: Path, s3: S3, prefix: str) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            s3.client.upload_file(str(path), s3.bucket, f"{prefix}{path.relative_to(root)}")


@pytest.mark.server
def test_a_chain_in_a_bucket_is_found(tmp_path: Path, s3: S3, s3_requests: list[str]) -> None:
    laid = lay_out(tmp_path)
    windows = [lay_out(tmp_path, window=pair) for pair in ((15, 30), (0, 15), (-15, 0))]
    upload(tmp_path, s3, "a/")
    options = StoreOptions(endpoint_url=s3.url)
    location = f"{s3.uri}/a/AWSDynamoDB/{laid.folder.name}"
    for named in (location, f"{location}/manifest-summary.json"):
        chain = plan_replay(open_export(named, options), None, ChainRules())
        expected = [f"{s3.uri}/a/AWSDynamoDB/{windows[place].folder.name}" for place in (1, 0)]
        assert [uri for uri, _ in joins(chain)] == expected
    assert not [request for request in s3_requests if "/data/" in request], "no data file is touched"


@pytest.mark.server
def test_the_service_tells_of_filters_where_exports_are_named_by_their_arns(
    tmp_path: Path, s3: S3, dynamodb: DynamoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: list[Laid] = [lay_out(tmp_path), lay_out(tmp_path, window=(0, 15))]
    upload(tmp_path, s3, "")
    from exportkit.store import aws  # noqa: PLC0415 - boto3 takes long to import

    specification: dict[str, Any] = {}

    def describe(arn: str, _: object) -> aws.ExportDescription:
        return aws.ExportDescription(
            export_arn=arn,
            export_status="COMPLETED",
            s3_bucket=s3.bucket,
            export_manifest=f"AWSDynamoDB/{arn.rsplit('/', 1)[-1]}/manifest-summary.json",
            filter_specification=specification or None,
        )

    monkeypatch.setattr(aws, "describe_export", describe)
    options = StoreOptions(endpoint_url=s3.url)
    arns = [f"arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/export/{each.folder.name}" for each in laid]
    state, first = (open_export(arn, options) for arn in arns)
    assert plan_replay(state, [first], ChainRules()).filters_checked
    assert not plan_replay(state, None, ChainRules()).filters_checked, "nobody asked about the window that was found"
    specification["FilterExpression"] = "a = b"
    with refusal("filtered", "DescribeExport names a FilterSpecification"):
        plan_replay(state, [open_export(arns[1], options)], ChainRules())
