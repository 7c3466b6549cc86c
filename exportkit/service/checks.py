"""What is wrong with a request, as far as it can be known before the service is asked.

Lengths, patterns and words are those of botocore's own model of the API; the rules among parameters and times are
those of ``docs/format.md``.
"""

import re
from datetime import datetime, timedelta

import botocore
from botocore.exceptions import ParamValidationError
from botocore.model import Shape, StructureShape
from botocore.validate import validate_parameters

from exportkit.errors import UsageError
from exportkit.model.formats import ExportType
from exportkit.model.times import format_duration, format_time
from exportkit.service.instants import whole_second
from exportkit.service.requests import ExportRequest
from exportkit.store.aws import api_input, table_region

__all__ = ["LONGEST_WINDOW", "REACH", "SHORTEST_WINDOW", "check_request"]

SHORTEST_WINDOW = timedelta(minutes=15)
LONGEST_WINDOW = timedelta(hours=24)
REACH = timedelta(days=35)
"""How far back point-in-time recovery reaches at most."""

# What a parameter is called on the command line, and, where the API has a pattern, in words.
_OPTIONS = {
    "TableArn": "TABLE",
    "S3Bucket": "--bucket",
    "ExportTime": "--time",
    "ClientToken": "--client-token",
    "S3BucketOwner": "--bucket-owner",
    "S3Prefix": "--prefix",
    "S3SseAlgorithm": "--sse-algorithm",
    "S3SseKmsKeyId": "--kms-key-id",
    "ExportFormat": "--format",
    "ExportType": "--type",
    "ExportFromTime": "--from",
    "ExportToTime": "--to",
    "ExportViewType": "--view",
    "FilterSpecification": "--filter",
}
_IN_WORDS = {
    "S3Bucket": "a bucket's name has letters, digits, dots, hyphens and underscores, "
    "and begins and ends with a letter or a digit",
    "S3BucketOwner": "an account's ID has 12 digits",
    "ClientToken": "a token is one line without a $",
}
_REQUIRED = {"TableArn", "S3Bucket"}
_SHOWN = 80


def check_request(request: ExportRequest, now: datetime, *, resolved: bool) -> None:
    """Does nothing if a request is one that the service may grant.

    Args:
        request: What is to be asked for.
        now: This instant.
        resolved: Whether its table has to be an ARN, and no time may be missing that has a default.

    Raises:
        UsageError: It is not: all that is wrong, in one line.
    """
    found = [*_parameter_problems(request), *_combination_problems(request, resolved=resolved)]
    found += _time_problems(request, now)
    if resolved and not request.table_arn.startswith("arn:"):
        found.append(f"{_name('TableArn')} is {request.table_arn!r}, not the ARN of a table")
    if found:
        raise UsageError("; ".join(found))
    table_region(request.table_arn)
    try:
        validate_parameters(request.to_call(), api_input("ExportTableToPointInTime"))
    except ParamValidationError as error:
        raise UsageError(" ".join(str(error).split())) from error


def _parameter_problems(request: ExportRequest) -> list[str]:
    """Returns what is wrong with single parameters, by the model of the API."""
    call = request.to_call()
    window = call.pop("IncrementalExportSpecification", {})
    members = api_input("ExportTableToPointInTime").members
    inner = members["IncrementalExportSpecification"]
    assert isinstance(inner, StructureShape), "the window is a structure of the API"
    found = []
    for values, shapes in ((call, members), (window, inner.members)):
        for name, value in values.items():
            if name not in shapes:
                found.append(f"{_name(name)}: botocore {botocore.__version__} does not know it; update boto3")
            elif isinstance(value, str) and (wrong := _text_problem(name, value, shapes[name])):
                found.append(wrong)
    return found


def _text_problem(name: str, value: str, shape: Shape) -> str | None:
    rules = shape.metadata
    least, most = rules.get("min", 0), rules.get("max")
    if not value:  # no parameter may be, whatever the model says of S3Prefix
        return f"{_name(name)} is empty{'' if name in _REQUIRED else '; leave it out'}"
    if len(value) < least or (most is not None and len(value) > most):
        return f"{_name(name)} has {len(value):,} characters; it may have {least:,} to {most:,}"
    words = rules.get("enum")
    if words and value not in words:
        return f"{_name(name)} is {_shown(value)}; there are {', '.join(words)}"
    pattern = rules.get("pattern")
    if pattern and (not re.fullmatch(pattern, value, re.ASCII) or "\n" in value):
        return f"{_name(name)} is {_shown(value)}: {_IN_WORDS.get(name, f'it has to match {pattern}')}"
    return None


def _combination_problems(request: ExportRequest, *, resolved: bool) -> list[str]:
    found = []
    if request.s3_sse_kms_key_id and request.s3_sse_algorithm != "KMS":
        found.append(f"{_name('S3SseKmsKeyId')} goes with {_name('S3SseAlgorithm')} KMS alone")
    window = {
        "ExportFromTime": request.export_from_time,
        "ExportToTime": request.export_to_time,
        "ExportViewType": request.export_view_type,
    }
    if request.export_type == ExportType.FULL:
        given = [_name(name) for name, value in window.items() if value is not None]
        if given:
            found.append(
                f"a full export has no IncrementalExportSpecification: leave {', '.join(given)} out, "
                "or ask for an incremental one: ExportType (--type incremental)"
            )
        if resolved and request.export_time is None:
            found.append(f"{_name('ExportTime')} is missing: a full export shows the table at an instant")
    elif request.export_type == ExportType.INCREMENTAL:
        if request.export_time is not None:
            found.append(f"{_name('ExportTime')} is for full exports; an incremental one has a window, from and to")
        if request.export_from_time is None:
            found.append(f"{_name('ExportFromTime')} is missing: an incremental export has a window")
        if resolved and request.export_to_time is None:
            found.append(f"{_name('ExportToTime')} is missing: an incremental export has a window")
    return found


def _time_problems(request: ExportRequest, now: datetime) -> list[str]:
    start, end = request.export_from_time, request.export_to_time
    second = whole_second(now)  # what has no fraction is judged by what has none
    found = []
    for name, instant in (("ExportTime", request.export_time), ("ExportFromTime", start), ("ExportToTime", end)):
        if instant is None:
            continue
        if instant > now:
            found.append(f"{_name(name)} lies in the future: {format_time(instant)}; now it is {format_time(now)}")
        elif second - instant > REACH:
            found.append(
                f"{_name(name)} lies too far back: {format_time(instant)}; "
                f"point-in-time recovery reaches {REACH.days} days at most"
            )
    if start is None or found:
        return found
    if end is None:
        if second - start < SHORTEST_WINDOW:
            found.append(
                f"{_name('ExportFromTime')} is {format_time(start)}, {format_duration(second - start)} ago; "
                "the shortest window is 15 min"
            )
    elif end <= start:
        found.append(
            f"the window is inverted: {_name('ExportToTime')} {format_time(end)} "
            f"is not after {_name('ExportFromTime')} {format_time(start)}"
        )
    elif not SHORTEST_WINDOW <= end - start <= LONGEST_WINDOW:
        found.append(
            f"the window from {format_time(start)} to {format_time(end)} lasts {format_duration(end - start)}; "
            "it may last 15 min to 24 h"
        )
    return found


def _name(parameter: str) -> str:
    """Returns what a parameter is called, by the API and on the command line."""
    return f"{parameter} ({_OPTIONS[parameter]})"


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
