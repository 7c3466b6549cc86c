"""``exportkit request``, ``wait``, ``describe`` and ``list``: the service, asked."""

import shlex
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from exportkit.cli.options import ApiOptions, JobsOption, JsonOption, StorageOptions, TempDirOption
from exportkit.cli.text import printable
from exportkit.errors import ExportFailedError, UsageError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.layout import export_id_time
from exportkit.model.times import format_duration, format_time
from exportkit.store import StoreOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from exportkit.model.description import ExportDescription
    from exportkit.service import ExportRequest, ExportService
    from exportkit.verify import VerifyReport

__all__ = ["aws_command", "describe", "list_exports", "request", "wait"]

_WHAT = Group("What", sort_key=1)
_WHERE = Group("Where to", sort_key=2)
_THEN = Group("Then", sort_key=3)
_STATUS = {"COMPLETED": "green", "FAILED": "bold red"}

_Instant = Annotated[str | None, Parameter(group=_WHAT, allow_leading_hyphen=True)]
_Where = Annotated[str | None, Parameter(group=_WHERE)]
_Then = Parameter(group=_THEN, negative="", show_default=False)
_Timeout = Annotated[str | None, Parameter(group=_THEN)]


def request(
    table: str,
    /,
    *,
    bucket: Annotated[str, Parameter(group=_WHERE)],
    prefix: _Where = None,
    bucket_owner: _Where = None,
    sse_algorithm: _Where = None,
    kms_key_id: _Where = None,
    type: Annotated[ExportType | None, Parameter(group=_WHAT)] = None,  # noqa: A002 - the API's word
    time: _Instant = None,
    from_: Annotated[_Instant, Parameter(name="--from")] = None,
    to: _Instant = None,
    view: Annotated[ExportView | None, Parameter(group=_WHAT)] = None,
    format: Annotated[OutputFormat, Parameter(group=_WHAT)] = OutputFormat.DYNAMODB_JSON,  # noqa: A002 - as above
    filter: Annotated[Path | None, Parameter(group=_WHAT)] = None,  # noqa: A002 - as above
    client_token: Annotated[str | None, Parameter(group=_WHAT)] = None,
    wait: Annotated[bool, _Then] = False,
    timeout: _Timeout = None,
    verify: Annotated[bool, _Then] = False,
    dry_run: Annotated[bool, _Then] = False,
    json: JsonOption = False,
    jobs: JobsOption = None,
    temp_dir: TempDirOption = None,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Asks DynamoDB for an export: of the table at an instant, or, with --from, of a window's changes.

    The same command within 8 hours gives the same export, unless that one failed; times such as
    now are settled first, so that later they mean another export. Times are ISO-8601 with Z or
    an offset, seconds since 1970, now, or so long ago: -2h, -90m, -1d12h.

    Args:
        table: The table's name or ARN.
        bucket: The bucket to export to.
        prefix: What stands in front of AWSDynamoDB/ there.
        bucket_owner: Account that owns the bucket, if it is another one.
        sse_algorithm: AES256 or KMS; the service's default otherwise.
        kms_key_id: The KMS key, with --sse-algorithm KMS.
        type: The whole table, or the changes of a window; by default as --from is given or not.
        time: The instant that a full export shows; now by default.
        from_: Where the window begins; at most 35 days ago.
        to: Where it ends, exclusive: 15 min to 24 h later; by default as far as the backups reach.
        view: The images of the changes; both by default.
        format: How items are written.
        filter: File with a FilterSpecification as JSON; the export is then partial.
        client_token: Takes the place of the token that is derived from the request.
        wait: Wait until the export has ended.
        timeout: Wait so long at most: 90s, 45m, 2h, 1d. As long as it takes by default.
        verify: Wait, then verify the export.
        dry_run: Print the call, and ask for nothing.
        json: Print one JSON document.
        jobs: Files read side by side by --verify; one for each processor by default.
        temp_dir: Where --verify puts keys when they fill the memory.
        storage: Where and how.
    """
    from exportkit.service import ExportRequest, Service, SystemClock, parse_instant, resolve, start  # noqa: PLC0415
    from exportkit.service.tokens import with_token  # noqa: PLC0415 - quick --help

    wait = wait or verify
    limit = _limit(timeout, wait=wait)
    if dry_run and wait:
        raise UsageError("--dry-run asks for no export: there is none to wait for or to verify")
    clock = SystemClock()
    now = clock.now()
    instants = [None if text is None else parse_instant(text, now) for text in (time, from_, to)]
    wanted = ExportRequest(
        table_arn=table,
        s3_bucket=bucket,
        export_time=instants[0],
        client_token=client_token,
        s3_bucket_owner=bucket_owner,
        s3_prefix=prefix,
        s3_sse_algorithm=sse_algorithm,
        s3_sse_kms_key_id=kms_key_id,
        export_format=format,
        export_type=type or (ExportType.FULL if from_ is None else ExportType.INCREMENTAL),
        export_from_time=instants[1],
        export_to_time=instants[2],
        export_view_type=view,
        filter_specification=_filter(filter),
    )
    options = storage.resolve()
    service = Service(options, clock=clock)
    settled = resolve(service, wanted, clock)
    if dry_run:
        _print_call(with_token(settled), storage, json=json)
        return 0
    export = start(service, settled, clock)
    settled = with_token(replace(settled, client_token=export.client_token))
    if wait:
        print(f"asked for {printable(export.export_arn)}", file=sys.stderr)
        export = _wait(service, export.export_arn, limit, json=json, settled=settled)
    report = None
    if verify:
        from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415 - quick --help
        from exportkit.verify import verify as run  # noqa: PLC0415 - as above

        with progress_on_terminal("verify") as progress:
            report = run(export.export_arn, jobs=jobs, temp_dir=temp_dir, storage=options, progress=progress)
    _print(export, json=json, settled=settled, report=report, storage=options)
    return 1 if export.export_status == "FAILED" or (report and not report.ok) else 0


def wait(
    arn: str,
    /,
    *,
    timeout: _Timeout = None,
    json: JsonOption = False,
    api: ApiOptions = ApiOptions(),  # noqa: B008 - frozen
) -> int:
    """Waits until an export has ended.

    Exits 0 when it is complete, 1 if it failed, 3 if it is still under way after --timeout.

    Args:
        arn: The export's ARN.
        timeout: Wait so long at most: 90s, 45m, 2h, 1d. As long as it takes by default.
        json: Print one JSON document.
        api: How the service is reached.
    """
    from exportkit.service import Service  # noqa: PLC0415 - quick --help

    limit = _limit(timeout, wait=True)
    _print(_wait(Service(api.resolve()), arn, limit, json=json), json=json)
    return 0


def describe(
    arn: str,
    /,
    *,
    json: JsonOption = False,
    api: ApiOptions = ApiOptions(),  # noqa: B008 - frozen
) -> int:
    """Tells what the service says of an export.

    Exits 1 if the export failed.

    Args:
        arn: The export's ARN.
        json: Print one JSON document.
        api: How the service is reached.
    """
    from exportkit.service import describe_export  # noqa: PLC0415 - quick --help

    export = describe_export(arn, storage=api.resolve())
    _print(export, json=json)
    return 1 if export.export_status == "FAILED" else 0


def list_exports(
    table: str | None = None,
    /,
    *,
    json: JsonOption = False,
    api: ApiOptions = ApiOptions(),  # noqa: B008 - frozen
) -> int:
    """Lists the exports of the last 90 days, newest first.

    Args:
        table: The table's name or ARN; the ARN for a table that is not there any more.
            Without it: of all tables of the account in the Region.
        json: Print one JSON document.
        api: How the service is reached.
    """
    from exportkit.cli.output import OutputConsole, print_json  # noqa: PLC0415 - quick --help
    from exportkit.service import list_exports as run  # noqa: PLC0415 - as above

    found = run(table, storage=api.resolve())
    if json:
        print_json({"exports": [summary.to_dict() for summary in found]})
        return 0
    from rich.text import Text  # noqa: PLC0415 - as above

    console = OutputConsole(highlight=False, soft_wrap=True)
    none = True
    for summary in found:
        none = False
        status = Text(f"{printable(summary.export_status):<12}", _STATUS.get(summary.export_status, ""))
        began = export_id_time(summary.export_arn.rpartition("/")[2])
        kind = printable((summary.export_type or "").removesuffix("_EXPORT").lower())
        told = f"{kind:<12}{format_time(began) if began else '':<25}{printable(summary.export_arn)}"
        console.print(status + Text(told))
    if none:
        whose = "in this account and Region" if table is None else f"of {printable(table)}"
        print(f"there are no exports {whose} from the last 90 days, which is how long they are known", file=sys.stderr)
    return 0


def _limit(timeout: str | None, *, wait: bool) -> timedelta | None:
    from exportkit.service import parse_duration  # noqa: PLC0415 - quick --help

    if timeout is None:
        return None
    if not wait:
        raise UsageError("--timeout goes with --wait or --verify")
    return parse_duration(timeout)


def _filter(path: Path | None) -> "Mapping[str, Any] | None":
    from exportkit.service.filters import parse_filter  # noqa: PLC0415 - quick --help

    if path is None:
        return None
    try:
        return parse_filter(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--filter cannot be read: {error}") from error


def _wait(
    service: "ExportService",
    arn: str,
    limit: timedelta | None,
    *,
    json: bool,
    settled: "ExportRequest | None" = None,
) -> "ExportDescription":
    """Waits; of an export that failed the document is printed here, for its error ends the command."""
    from exportkit.cli.progress import wait_on_terminal  # noqa: PLC0415 - quick --help
    from exportkit.service import SystemClock, typical_durations, wait_for  # noqa: PLC0415 - as above

    try:
        with wait_on_terminal(lambda export: typical_durations(service, export)) as progress:
            return wait_for(service, arn, SystemClock(), timeout=limit, progress=progress)
    except ExportFailedError:
        if json:
            _print(service.describe(arn), json=True, settled=settled)
        raise


def _print_call(settled: "ExportRequest", storage: StorageOptions, *, json: bool) -> None:
    """Prints a call that is not made: as a command of the AWS CLI, which would make it."""
    from exportkit.cli.output import print_json  # noqa: PLC0415 - quick --help
    from exportkit.store.aws import table_region  # noqa: PLC0415 - as above

    if json:
        print_json(_document(settled, None, None))
        return
    region = table_region(settled.table_arn)
    print(aws_command("export-table-to-point-in-time", settled.to_document(), region, storage))


def aws_command(operation: str, call: "Mapping[str, Any]", region: str | None, storage: StorageOptions) -> str:
    """Returns the command of the AWS CLI that makes a call, its parameters fit for JSON."""
    import orjson  # noqa: PLC0415 - quick --help

    from exportkit.store.endpoint import without_credentials  # noqa: PLC0415 - as above

    words = ["aws", "dynamodb", operation]
    for option, value in (
        ("--region", region),
        ("--profile", storage.profile),
        ("--endpoint-url", storage.dynamodb_endpoint_url and without_credentials(storage.dynamodb_endpoint_url)),
    ):
        words += [option, value] if value else []
    words += ["--cli-input-json", orjson.dumps(call).decode()]
    return printable(shlex.join(words))


def _print(
    export: "ExportDescription",
    *,
    json: bool,
    settled: "ExportRequest | None" = None,
    report: "VerifyReport | None" = None,
    storage: StoreOptions | None = None,
) -> None:
    from exportkit.cli.output import OutputConsole, print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - quick --help
    from exportkit.cli.verify import print_report  # noqa: PLC0415 - as above

    with unless_nobody_reads():
        if json:
            print_json(export.to_dict() if settled is None else _document(settled, export, report), storage)
            return
        console = OutputConsole(highlight=False, soft_wrap=True)
        _print_export(export, console)
        if report is not None:
            console.print()
            print_report(report, console)
        if storage is not None:
            tell_traffic(storage)


def _document(
    settled: "ExportRequest", export: "ExportDescription | None", report: "VerifyReport | None"
) -> dict[str, Any]:
    return {
        "request": settled.to_document(),
        "export": export and export.to_dict(),
        "verification": report and report.to_dict(),
    }


def _print_export(export: "ExportDescription", console: "Console") -> None:
    from rich.text import Text  # noqa: PLC0415 - quick --help

    for name, value in export.to_dict().items():
        if value is None:
            continue
        told = f"{value:,}" if isinstance(value, int) else printable(str(value))
        style = _STATUS.get(export.export_status, "") if name == "export_status" else ""
        console.print(Text(f"{name.replace('_', ' '):<18}", "dim") + Text(told, style))
    if export.start_time and export.end_time:
        took = timedelta(seconds=(export.end_time - export.start_time) // timedelta(seconds=1))
        console.print(Text(f"{'took':<18}", "dim") + Text(format_duration(took)))
