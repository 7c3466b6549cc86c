"""What the errors of the DynamoDB API, and those of S3 that may pass, are in our tree, and what to do about each."""

from exportkit.errors import (
    ExportConflictError,
    ImportConflictError,
    InternalServerError,
    InvalidExportTimeError,
    LimitExceededError,
    PointInTimeRecoveryUnavailableError,
    ServiceError,
    TableInUseError,
    TableNotFoundError,
    ThrottledError,
)

__all__ = ["ENABLE_BACKUPS", "api_error"]

ENABLE_BACKUPS = (
    "enable it: aws dynamodb update-continuous-backups --table-name TABLE "
    "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true; "
    "exports reach back to that moment, not further"
)
"""What to do where a table has no point-in-time recovery."""

_CONFLICT = (
    "the token was used for another request in the last 8 hours, or another export is being written there: "
    "take another token or another prefix, or wait"
)
_NO_TABLE = "look at its name, the account and the Region (--region)"
_LATER = "it was asked again and again; try later"
_SLOWER = "it was asked again, ever more slowly; try later, or raise the retries (AWS_MAX_ATTEMPTS)"

# By the error's code on the wire: which error it is, and what to do.
_ERRORS: dict[str, tuple[type[ServiceError], str]] = {
    "ExportConflictException": (ExportConflictError, _CONFLICT),
    "ImportConflictException": (
        ImportConflictError,
        "the token was used for another import in the last 8 hours, or an import is just being started: wait a moment",
    ),
    "InternalServerError": (InternalServerError, _LATER),
    "InternalFailure": (InternalServerError, _LATER),
    "InternalError": (InternalServerError, _LATER),
    "ServiceUnavailable": (InternalServerError, _LATER),
    "SlowDown": (ThrottledError, _SLOWER),
    # Answers without a document, of a load balancer or a proxy: botocore takes the status for the code.
    "407": (ServiceError, "the proxy that HTTPS_PROXY or HTTP_PROXY names wants a user and a password in its URL"),
    "500": (InternalServerError, _LATER),
    "502": (InternalServerError, _LATER),
    "503": (InternalServerError, _LATER),
    "504": (InternalServerError, _LATER),
    "InvalidExportTimeException": (
        InvalidExportTimeError,
        "take times from the table's creation on, and inside what point-in-time recovery reaches",
    ),
    "LimitExceededException": (
        LimitExceededError,
        "an account may have 300 exports and 100 TB of tables under way in a Region: wait until some have ended",
    ),
    "PointInTimeRecoveryUnavailableException": (PointInTimeRecoveryUnavailableError, ENABLE_BACKUPS),
    "ContinuousBackupsUnavailableException": (
        PointInTimeRecoveryUnavailableError,
        "they are being made ready for the table: try again in a few minutes",
    ),
    "TableNotFoundException": (TableNotFoundError, _NO_TABLE),
    "ResourceInUseException": (
        TableInUseError,
        "an import makes a new table: take another name (--table); exportkit load writes into a table that is there",
    ),
    "ResourceNotFoundException": (TableNotFoundError, _NO_TABLE),
    "ProvisionedThroughputExceededException": (ThrottledError, _SLOWER),
    "RequestLimitExceeded": (ThrottledError, _SLOWER),
    "Throttling": (ThrottledError, _SLOWER),
    "ThrottlingException": (ThrottledError, _SLOWER),
    "TooManyRequestsException": (ThrottledError, _SLOWER),
}


_IMPORT_LIMIT = "an account may have 50 imports of 15 TB under way in a Region: wait until some have ended"


def api_error(uri: str, code: str, operation: str, said: str) -> ServiceError:
    """Returns what an error of an API is in our tree, its message with what to do where that is known.

    Args:
        uri: What was asked for.
        code: The error's code on the wire.
        operation: What failed.
        said: The code, and the service's message.
    """
    kind, remedy = _ERRORS.get(code, (ServiceError, ""))
    if (operation, code) == ("ImportTable", "LimitExceededException"):
        remedy = _IMPORT_LIMIT
    told = "no such table" if kind is TableNotFoundError else f"{operation} failed"
    return kind(uri, f"{told} ({said}){'; ' if remedy else ''}{remedy}")
