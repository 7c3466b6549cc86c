"""``exportkit.service.plan_import``: from an export in S3 to the call of ImportTable that makes a table of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from botocore.exceptions import ParamValidationError
from botocore.validate import validate_parameters

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import UnfitExportError, UsageError
from exportkit.export import Export
from exportkit.joining.lineage import read_lineage
from exportkit.locations import Location
from exportkit.model.description import ImportDescription, TableDescription
from exportkit.model.findings import Level
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.key import check_key
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import Progress, default_jobs, open_source
from exportkit.service.decimals import find_other_number
from exportkit.service.imports import Imports
from exportkit.service.judging import verified, warnings_of
from exportkit.service.protocol import Clock, SystemClock
from exportkit.service.tokens import token_of
from exportkit.store import StoreOptions
from exportkit.store.aws import api_input, table_region
from exportkit.store.opening import storage_options
from exportkit.verify import VerifyReport
from exportkit.verify.service import described_table

__all__ = ["BillingMode", "ImportPlan", "plan_import", "start_import", "wait_for_import"]

BillingMode = Literal["PAY_PER_REQUEST", "PROVISIONED"]

_TYPES = ("S", "N", "B")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """The call that makes a table of an export.

    Attributes:
        uri: The export's folder.
        items: Its items.
        call: The parameters of ImportTable, without ClientToken.
        warnings: What is to be told; each begins with a word and a colon.
        verified: What verify said of the export.
    """

    uri: str
    items: int
    call: Mapping[str, Any]
    warnings: tuple[str, ...]
    verified: VerifyReport

    def to_document(self) -> dict[str, Any]:
        """Returns the parameters with the token that the first attempt has: as the AWS CLI takes them."""
        return {**self.call, "ClientToken": token_of(self.call)}

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan for JSON."""
        return {
            "uri": self.uri,
            "items": self.items,
            "call": self.to_document(),
            "warnings": list(self.warnings),
            "verification": self.verified.to_dict(),
        }


def plan_import(
    location: Location,
    *,
    table: str | None = None,
    key: str | None = None,
    level: Level | str = Level.RECORDS,
    billing_mode: BillingMode = "PAY_PER_REQUEST",
    read_capacity: int | None = None,
    write_capacity: int | None = None,
    jobs: int | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> ImportPlan:
    """Verifies an export, and returns the call of ImportTable that makes a new table of it. Nothing is started.

    Args:
        location: A full export in S3, AWS's or rebuilt: its folder's URI, its manifest-summary.json's, or its ARN.
        table: The new table's name; that of the exported table if None.
        key: The key, ``PARTITION[:TYPE][,SORT[:TYPE]]``, types being S, N or B. What is not given is found in the
            export's lineage, by DescribeTable, and in the items.
        level: How deep the export is verified.
        billing_mode: How the new table is paid for.
        read_capacity: Read units a second that it is given, with PROVISIONED.
        write_capacity: Write units likewise.
        jobs: Files read side by side; one for each processor if None.
        temp_dir: Where keys spill to while the export is verified.
        max_record_size: Bytes a record may have.
        storage: How the export, and DescribeTable, are reached; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is wrong, the export is not in S3, or its key is not known.
        UnfitExportError: ImportTable cannot take the export; says why, and what to do.
        VerificationError: The export is not good.
        StoreError: It cannot be read.
    """
    storage, engine = storage_options(storage), engine or select_engine()
    given = None if key is None else _given_key(key)
    throughput = _throughput(billing_mode, read_capacity, write_capacity)
    if table is not None and table_region(table) is not None:
        raise UsageError(f"the new table has to be given a name, not an ARN: {table}")
    export = open_source(location, storage, jobs, max_record_size)
    _check_kind(export)
    bucket, _, prefix = export.data_folder.removeprefix("s3://").partition("/")
    table = table or _table_name(export)
    described: TableDescription | str = "" if given else _named_key(export, storage)
    if isinstance(described, TableDescription):
        given = dict.fromkeys(described.key)
    if given is None:
        raise UsageError(f"{export.uri}: {described}")
    report = verified(
        export,
        level=level,
        key=tuple(given),
        jobs=jobs,
        temp_dir=temp_dir,
        max_record_size=max_record_size,
        storage=storage,
        progress=progress,
        engine=engine,
        key_named=key is not None,
    )
    types = _types(given, described, report, export.uri)
    source = {"S3Bucket": bucket, "S3KeyPrefix": f"{prefix}/"}
    if storage.expected_bucket_owner:
        source["S3BucketOwner"] = storage.expected_bucket_owner
    call = {
        "S3BucketSource": source,
        "InputFormat": str(export.summary.output_format),
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {
            "TableName": table,
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": tag} for name, tag in types.items()],
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind} for name, kind in zip(types, ("HASH", "RANGE"), strict=False)
            ],
            "BillingMode": billing_mode,
            **throughput,
        },
    }
    try:
        validate_parameters({**call, "ClientToken": token_of(call)}, api_input("ImportTable"))
    except ParamValidationError as error:
        raise UsageError(" ".join(str(error).split())) from error
    warnings = [*warnings_of(export), *_check_files(export, report)]
    warnings += _check_numbers(export, report, engine, jobs or default_jobs(), max_record_size)
    items = export.summary.item_count
    return ImportPlan(uri=export.uri, items=items, call=call, warnings=tuple(warnings), verified=report)


def start_import(
    plan: ImportPlan, *, storage: StoreOptions | None = None, clock: Clock | None = None
) -> ImportDescription:
    """Starts an import and returns what the service says of it; it does not wait.

    The same plan again within 8 hours gives the same import, unless that one failed.

    Args:
        plan: What to import.
        storage: How the API is reached; standard AWS configuration if None.
        clock: Tells the time.

    Raises:
        TableInUseError: There is a table of that name already.
        LimitExceededError: Too many imports are under way.
        ImportFailedError: The same import failed again and again.
        AccessDeniedError: The credentials do not allow ``dynamodb:ImportTable``.
        StoreError: The service cannot be asked, or answered with an error.
    """
    started = Imports(storage_options(storage), clock or SystemClock()).start(plan.call)
    started.check_not_failed()
    return started


def wait_for_import(
    arn: str, *, timeout: timedelta | None = None, storage: StoreOptions | None = None, clock: Clock | None = None
) -> ImportDescription:
    """Returns an import once it is COMPLETED.

    Args:
        arn: The import.
        timeout: How long to wait; None: as long as it takes.
        storage: How the API is reached; standard AWS configuration if None.
        clock: Tells the time, and lets it pass.

    Raises:
        ImportFailedError: It failed, or was cancelled.
        WaitTimeoutError: It is still under way after ``timeout``.
        ObjectNotFoundError: The service knows no such import.
        StoreError: The service cannot be asked, or answered with an error.
    """
    return Imports(storage_options(storage), clock or SystemClock()).wait(arn, timeout)


def _given_key(text: str) -> dict[str, str | None]:
    """Returns the names of a key as it was given, in order, with the types that were given."""
    given: dict[str, str | None] = {}
    names = []
    for word in text.split(","):
        name, colon, tag = word.rpartition(":")
        if not (colon and tag in _TYPES):
            name, tag = word, ""
        names.append(name)
        given[name] = tag or None
    check_key(tuple(names))
    return given


def _throughput(mode: BillingMode, read: int | None, write: int | None) -> dict[str, Any]:
    if mode == "PROVISIONED":
        if read is None or write is None:
            raise UsageError("with PROVISIONED the table has to be given its capacity to read and to write")
        return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}
    if read is not None or write is not None:
        raise UsageError("a capacity to read or to write goes with PROVISIONED")
    return {}


def _check_kind(export: Export) -> None:
    if export.summary.export_type is not ExportType.FULL:
        told = (
            f"is an incremental export ({export.summary.window}), and ImportTable takes full ones alone: replay it "
            "onto its base (exportkit replay) and import the result, or load it into a table that is there "
            "(exportkit load)"
        )
        raise UnfitExportError(export.uri, told)
    if not export.uri.startswith("s3://"):
        raise UsageError(
            f"{export.uri} lies in a local folder, and ImportTable reads S3 alone: copy the export there (aws s3 sync, "
            "the folder as it is) and name it as s3://BUCKET/…; exportkit load writes a local one into a table"
        )


def _table_name(export: Export) -> str:
    arn = export.summary.table_arn
    if arn is None:
        raise UsageError(f"{export.uri} does not say which table it is of: name the new one (--table)")
    return arn.rpartition("/")[2]


def _named_key(export: Export, storage: StoreOptions) -> TableDescription | str:
    """Returns the key that the export's lineage or its table tells; else in words why it is not known."""
    lineage = read_lineage(export.store, export.uri) or {}
    names = lineage.get("key")
    if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str):
        return TableDescription(key=(names[0],))  # of two it does not tell which is the partition key
    return described_table(export.summary, storage)


def _types(
    given: Mapping[str, str | None], described: TableDescription | str, report: VerifyReport, uri: str
) -> dict[str, str]:
    """Returns the type of each key attribute: as given, as in the items, or as the table has it."""
    seen: Any = report.counts.get("key_types", {})
    known = (
        dict(zip(described.key, described.key_types, strict=False)) if isinstance(described, TableDescription) else {}
    )
    types = {}
    for name, tag in given.items():
        found = next(iter(seen.get(name, {})), None)
        if tag and found and tag != found:
            raise UnfitExportError(uri, f"the key {name} is given as {tag}, but it is {found} in the items")
        types[name] = tag or found or known.get(name) or ""
        if not types[name]:
            raise UsageError(f"{uri}: the type of the key {name} is not known; write it behind it: --key {name}:S")
    return types


def _check_files(export: Export, report: VerifyReport) -> list[str]:
    """Makes sure that ImportTable, which takes all that lies in the folder, takes what the manifest lists."""
    folder = f"{export.data_folder}/"
    for file in export.files():
        if not file.uri.startswith(folder):
            told = f"{file.uri} is one of its data files, and ImportTable takes those in {folder} alone; copy it there"
            raise UnfitExportError(export.uri, told)
    (check,) = (check for check in report.checks if check.code == "data-file-unlisted")
    if check.count:
        first = next((found.file for found in report.findings if found.code == check.code), folder)
        told = (
            f"{check.count:,} files in {folder} are not listed in its manifest, first {first}, and ImportTable would "
            "import them too; move them away"
        )
        raise UnfitExportError(export.uri, told)
    if check.why:
        return [f"unlisted-files-not-checked: ImportTable takes every file in {folder}: {check.why}"]
    return []


def _check_numbers(export: Export, report: VerifyReport, engine: Engine, jobs: int, max_record_size: int) -> list[str]:
    """Makes sure that the numbers of an Ion export are decimals; exportkit's own exports have no others."""
    if export.summary.output_format is not OutputFormat.ION or export.summary.exportkit:
        return []
    if report.level is not Level.RECORDS:
        return ["numbers-not-checked: ImportTable takes Ion's decimals alone; --level records looks at every number"]
    place = find_other_number(export, engine=engine, jobs=jobs, max_record_size=max_record_size)
    if place is None:
        return []
    uri, line, offset = place
    told = (
        f"line {line} (byte {offset}): an Ion number that is no decimal (an int or a float), and ImportTable takes "
        f"decimals alone; rebuild the export with decimals (exportkit replay {export.uri} -o DEST --format ion) and "
        "import the result"
    )
    raise UnfitExportError(uri, told)
