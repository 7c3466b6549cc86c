"""``exportkit follow``: an unbroken chain of exports, and the table rebuilt from it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from exportkit.cli.options import JobsOption, JsonOption, S3OutputOptions, SizeOption, StorageOptions, TempDirOption
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.joining.budget import DEFAULT_MEMORY
from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.store import StoreOptions

if TYPE_CHECKING:
    from exportkit.follow import FollowEvent

__all__ = ["follow"]

_WHAT = Group("What", sort_key=1)
_WHERE = Group("Where to", sort_key=2)
_HOW = Group("How", sort_key=3)

_ENDS = {"caught-up", "under-way"}
"""Events with which a run ends: what it came to, and what went over the wire so far."""

_Where = Annotated[str | None, Parameter(group=_WHERE)]
_Switch = Annotated[bool, Parameter(group=_HOW, negative="", show_default=False)]


def follow(
    table: str,
    /,
    *,
    bucket: Annotated[str, Parameter(group=_WHERE)],
    prefix: _Where = None,
    bucket_owner: _Where = None,
    sse_algorithm: _Where = None,
    kms_key_id: _Where = None,
    replay_to: _Where = None,
    window: Annotated[str | None, Parameter(group=_WHAT)] = None,
    view: Annotated[ExportView | None, Parameter(group=_WHAT)] = None,
    format: Annotated[OutputFormat, Parameter(group=_WHAT)] = OutputFormat.DYNAMODB_JSON,  # noqa: A002 - the API's word
    rebase: _Switch = False,
    once: _Switch = False,
    no_wait: _Switch = False,
    timeout: Annotated[str | None, Parameter(group=_HOW)] = None,
    jobs: JobsOption = None,
    memory: SizeOption = DEFAULT_MEMORY,
    temp_dir: TempDirOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Keeps an unbroken chain of exports for a table: asks for what is due, waits, verifies, tells how far behind.

    It goes on from what it finds in the bucket and in the service's list, whoever asked for it: killed at any moment,
    the next run goes on. Exits 1 if there is nothing to go on from (see --rebase), an export failed again and again,
    or one is not what it should be.

    Args:
        table: The table's name or ARN.
        bucket: The bucket that its exports go to.
        prefix: What stands in front of AWSDynamoDB/ there; the chain is made of the exports below it.
        bucket_owner: Account that owns the bucket, if it is another one.
        sse_algorithm: AES256 or KMS; the service's default otherwise.
        kms_key_id: The KMS key, with --sse-algorithm KMS.
        replay_to: Folder or S3 URI where the rebuilt table is kept: a new snapshot each time, older ones stay.
        window: How long windows are: 15m to 24h; by default all that is due.
        view: The images of the changes; both by default.
        format: How items are written.
        rebase: Ask for a new full export where there is none, or none that can be gone on from.
        once: Do what is due and end, for cron and the like; else it goes on until it is stopped.
        no_wait: With --once: do not wait for exports that are under way; the next run goes on.
        timeout: Wait so long at most for one export: 45m, 2h, 1d. As long as it takes by default.
        jobs: Files read side by side; one for each processor by default.
        memory: Memory for replaying, such as 1GiB; the process takes up to 250 MB more.
        temp_dir: Where keys and changes spill to.
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document a line for each thing that is done.
        storage: Where and how.
        stored: How snapshots, and the reports beside the exports, are stored in S3.
    """
    from exportkit.follow import Follower, FollowOptions  # noqa: PLC0415 - quick --help
    from exportkit.service import parse_duration  # noqa: PLC0415 - as above

    if no_wait and not once:
        raise UsageError("--no-wait goes with --once: who does not wait has to be run again")
    options = FollowOptions(
        table=table,
        bucket=bucket,
        prefix=prefix,
        bucket_owner=bucket_owner,
        sse_algorithm=sse_algorithm,
        kms_key_id=kms_key_id,
        view=view,
        format=format,
        window=None if window is None else parse_duration(window),
        rebase=rebase,
        replay_to=replay_to,
        wait=not no_wait,
        timeout=None if timeout is None else parse_duration(timeout),
        jobs=jobs,
        memory=memory,
        temp_dir=None if temp_dir is None else Path(temp_dir),
        max_record_size=max_record_size,
    )
    reached = storage.resolve(stored)
    tell = _print_document if json else _print_line
    follower = Follower(options, storage=reached, tell=lambda event: tell(event, reached))
    if once:
        follower.catch_up()
    else:
        with _until_stopped():
            follower.keep_up()
    return 0


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ends its block cleanly when the process is told to stop: nothing is left half done that the next run minds."""
    try:
        yield
    except KeyboardInterrupt:  # SIGTERM too
        print("stopped; the next run goes on", file=sys.stderr)


def _print_document(event: "FollowEvent", storage: StoreOptions) -> None:
    from exportkit.cli.output import print_json  # noqa: PLC0415 - quick --help

    print_json(event.to_dict(), storage if event.name in _ENDS else None, indent=False)


def _print_line(event: "FollowEvent", storage: StoreOptions) -> None:
    from exportkit.cli.output import tell_traffic  # noqa: PLC0415 - quick --help
    from exportkit.model.times import format_time  # noqa: PLC0415 - quick --help

    told = _TOLD[event.name](event.told)
    print(printable(f"{format_time(event.at)[:-5]}Z  {event.name:<10} {told}"), flush=True)
    if event.name in _ENDS:
        tell_traffic(storage)


def _span(told: Mapping[str, Any]) -> str:
    """Returns the window or the instant of an export."""
    window = told["window"]
    return f"[{window['from']}, {window['to']})" if window else f"the table at {told['time']}"


def _length(seconds: float) -> str:
    from datetime import timedelta  # noqa: PLC0415 - quick --help

    from exportkit.model.times import format_duration  # noqa: PLC0415 - as above

    return format_duration(timedelta(seconds=int(seconds)))


def _chain(told: Mapping[str, Any]) -> str:
    return (
        f"{told['windows']:,} windows from {told['time']} to {told['end']}, {_length(told['behind'])} behind; "
        f"base {told['base']}"
    )


def _snapshot(told: Mapping[str, Any]) -> str:
    drift = sum(told["drift"].values())
    amiss = f"; drift: {drift:,} old images are not the state before them" if drift else ""
    return f"{told['items']:,} items at {told['time']}: {told['uri']}{amiss}"


def _end(told: Mapping[str, Any]) -> str:
    if told["end"] is None:
        return f"the full export is under way: {', '.join(told['running'])}"
    running = ", ".join(told["running"])
    then = f"under way: {running}" if running else f"the next is due at {told['next_due']}"
    return f"the chain ends at {told['end']}, {_length(told['behind'])} behind; {then}"


_TOLD: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "chain": _chain,
    "left-out": lambda told: f"{told['uri']}: {told['why']}",
    "rebase": lambda told: f"a new full export, of {told['time']} ({told['why']})",
    "requested": lambda told: f"{_span(told)}  {told['export']}",
    "waiting": lambda told: f"{_span(told)}  {told['export']}",
    "failed": lambda told: f"{_span(told)}  {told['export']}: {told['why']} (attempt {told['attempt']})",
    "verified": lambda told: f"{_span(told)}  {told['items']:,} records: {told['uri']}",
    "snapshot": _snapshot,
    "again": lambda told: f"in {_length(told['pause'])}: {told['why']}",
    "caught-up": _end,
    "under-way": _end,
}
