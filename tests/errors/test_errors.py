"""Errors: their fields, their texts, and that they cross process borders whole."""

import errno
import pickle

import pytest

from exportkit.errors import (
    AccessDeniedError,
    DuplicateKeyError,
    ExportConflictError,
    ExportFailedError,
    ExportIncompleteError,
    ForeignKeyError,
    ManifestError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    ServiceError,
    StoreError,
    TableNotFoundError,
    WaitTimeoutError,
)

COPY = "; copy the export again; if it is so at its source too, export anew"


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (StoreError, errno.EIO),
        (ServiceError, errno.EIO),
        (ObjectNotFoundError, errno.ENOENT),
        (AccessDeniedError, errno.EACCES),
        (ObjectTooLargeError, errno.EFBIG),
        (ExportConflictError, errno.EIO),
        (TableNotFoundError, errno.ENOENT),
        (WaitTimeoutError, errno.ETIMEDOUT),
    ],
)
def test_storage_errors_are_as_the_operating_systems(kind: type[StoreError], number: int) -> None:
    for error in (kind("s3://b/k", "why"), pickle.loads(pickle.dumps(kind("s3://b/k", "why")))):
        assert type(error) is kind
        assert (error.errno, error.strerror, error.filename) == (number, "why", "s3://b/k")
        assert (error.uri, error.message, str(error)) == ("s3://b/k", "why", "s3://b/k: why")
        assert isinstance(error, type(OSError(number, "")))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ManifestError("m", "why"), f"m: why{COPY}"),
        (
            ManifestError("m", "why", missing=True),
            "m: why; copy the export again; if it is missing at its source too, export anew",
        ),
        (ManifestError("m", "why", line=7), f"m: line 7: why{COPY}"),
        (ForeignKeyError("m", "why"), "m: why"),
        (ForeignKeyError("m", "why", 7, "a/b"), "m: line 7: why"),
    ],
)
def test_errors_of_manifests_keep_their_line(error: ManifestError | ForeignKeyError, text: str) -> None:
    assert str(error) == text
    assert text.startswith(error.told)
    assert error.told.endswith("why"), "what to do is no part of it"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.__dict__) == (text, error.__dict__)


def test_two_items_with_one_key_are_both_named() -> None:
    error = DuplicateKeyError(("a.json.gz", 2, 60), ("b.json.gz", 7, 900))
    told = "b.json.gz: line 7 (byte 900): this item has the key of another, a.json.gz: line 2 (byte 60);"
    assert str(error).startswith(told)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.first, again.exit_code) == (str(error), error.first, 3)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, "a table holds a key once: export anew"),
        (("pk",), "a table holds a key once: check --key pk (a sort key left out?); else export anew"),
        (("pk", "sk"), "a table holds a key once: check --key pk,sk; else export anew"),
    ],
)
def test_a_key_that_stands_twice_may_be_another_key(key: tuple[str, ...] | None, told: str) -> None:
    error = DuplicateKeyError(("a.json.gz", 2, 60), ("b.json.gz", 7, 900), key)
    assert str(error).endswith(told)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.key) == (str(error), key)


def test_an_export_that_failed_keeps_code_and_reason() -> None:
    error = ExportFailedError("arn", "the export failed: S3AccessDenied: no", "S3AccessDenied", "no")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, ExportIncompleteError)
    assert (str(again), again.code, again.reason, again.exit_code) == (str(error), "S3AccessDenied", "no", 1)
