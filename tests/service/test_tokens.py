"""ClientTokens: one for each request, whatever its attributes, and never one for two."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.service import ExportRequest, derive_token
from exportkit.service.tokens import with_token
from tests.service.simulated import NOW, TABLE

REQUEST = ExportRequest(table_arn=TABLE, s3_bucket="backups", export_time=NOW)
OTHERS: dict[str, Any] = {
    "table_arn": TABLE + "2",
    "s3_bucket": "elsewhere",
    "export_time": NOW - timedelta(seconds=1),
    "s3_bucket_owner": "111122223333",
    "s3_prefix": "p",
    "s3_sse_algorithm": "KMS",
    "s3_sse_kms_key_id": "k",
    "export_format": OutputFormat.ION,
    "export_type": ExportType.INCREMENTAL,
    "export_from_time": NOW,
    "export_to_time": NOW,
    "export_view_type": ExportView.NEW_IMAGE,
    "filter_specification": {"FilterExpression": "x"},
}


def test_the_same_request_has_the_same_token() -> None:
    again = ExportRequest(table_arn=TABLE, s3_bucket="backups", export_time=NOW + timedelta(milliseconds=200))
    # It stays the same from version to version: else an upgrade between two runs would double an export.
    assert derive_token(again) == derive_token(REQUEST) == "9b965740-40d5-662b-a18c-64277fe9e7c4"


def test_it_is_one_that_the_service_takes() -> None:
    assert re.fullmatch(r"[0-9a-f-]{36}", derive_token(REQUEST))


def test_every_other_request_and_every_attempt_has_another() -> None:
    assert {*OTHERS, "client_token"} == {field.name for field in fields(ExportRequest)}
    tokens = {derive_token(replace(REQUEST, **{name: value})) for name, value in OTHERS.items()}
    tokens |= {derive_token(REQUEST, attempt) for attempt in (1, 2, 3)}
    assert len(tokens) == len(OTHERS) + 3


def test_a_given_token_is_kept_and_does_not_change_the_derived_one() -> None:
    given = replace(REQUEST, client_token="mine")
    assert with_token(given, 7).client_token == "mine"
    assert derive_token(given) == derive_token(REQUEST)
    assert with_token(REQUEST, 2).client_token == derive_token(REQUEST, 2)
