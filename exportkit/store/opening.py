"""Which store a URI belongs to."""

import os
import re
from urllib.parse import unquote, urlsplit

from exportkit.errors import UsageError
from exportkit.store.base import Store, StoreOptions
from exportkit.store.local import LocalStore

__all__ = ["NO_TEXT", "is_text", "location_text", "normal_uri", "open_store", "refuse_file", "storage_options"]

NO_TEXT = "the path is not UTF-8; rename the file or folder whose name is not"


def open_store(uri: str, options: StoreOptions | None = None) -> Store:
    """Returns the store that a URI belongs to; no request is made.

    Args:
        uri: A path, a ``file://`` URI or an ``s3://`` URI.
        options: How the store is reached.

    Raises:
        UsageError: No store has such URIs.
    """
    if normal_uri(uri).startswith("s3://"):
        from exportkit.store.s3 import S3Store  # noqa: PLC0415 - boto3 takes long to import

        return S3Store(options or StoreOptions())
    return LocalStore()


def storage_options(storage: StoreOptions | None) -> StoreOptions:
    """Returns what a caller gave as ``storage``; standard AWS configuration where that is None.

    Raises:
        UsageError: It is something else.
    """
    if storage is not None and not isinstance(storage, StoreOptions):
        raise UsageError(f"storage is {storage!r}; it takes StoreOptions, such as StoreOptions(region='eu-central-1')")
    return storage or StoreOptions()


def location_text(location: object) -> str:
    """Returns a location, text or a path, as text.

    Raises:
        UsageError: It is neither text nor a path.
    """
    text: object = os.fspath(location) if isinstance(location, str | os.PathLike) else location
    if not isinstance(text, str):
        raise UsageError(f"a location is text or a path, not {text!r}")
    return text


def normal_uri(location: str | os.PathLike[str]) -> str:
    """Returns a location as stores take it: an absolute path or ``s3://bucket/key``.

    Links in paths are followed, so that the folder above an export's is where its files
    are. No slash stands at the end. In ``s3://`` URIs nothing is decoded.

    Raises:
        UsageError: It is neither.
    """
    text = location_text(location)
    if re.match(r"s3[an]?://", text, re.IGNORECASE):
        bucket, _, key = text.partition("://")[2].partition("/")
        if not bucket or "@" in bucket:
            raise UsageError("an S3 location is s3://BUCKET/PREFIX, without credentials")
        return f"s3://{bucket}/{key}".rstrip("/") if key.rstrip("/") else f"s3://{bucket}"
    if text.startswith("file:"):
        parts = urlsplit(text)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise UsageError(f"a file URI names a path of this machine: {text}")
        text = unquote(parts.path, errors="surrogateescape")
    elif re.match(r"s3[an]?:", text, re.IGNORECASE):
        # A folder called s3: would be made, and found by nobody. pathlib.Path takes one slash of two away.
        raise UsageError(f"an S3 location is s3://BUCKET/PREFIX, with two slashes and as text, not {text}")
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        raise UsageError(f"no such kind of location: {text}; take a path, s3://BUCKET/PREFIX or an export's ARN")
    if not text or "\0" in text:
        raise UsageError(f"no location: {text!r}")
    path = os.path.realpath(text)
    if not is_text(path):
        raise UsageError(f"{path}: {NO_TEXT}")
    return path


def is_text(path: str) -> bool:
    """Tells whether a path of this machine is UTF-8, as everything is that tells of files: errors, JSON, Parquet."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_file(uri: str) -> None:
    """Refuses a destination that is there and is no folder: a file, a device, a pipe.

    Args:
        uri: The destination, as ``normal_uri`` gives it.

    Raises:
        UsageError: It is one.
    """
    if not uri.startswith("s3://") and os.path.exists(uri) and not os.path.isdir(uri):  # noqa: PTH110, PTH112 - URIs are text
        raise UsageError(f"{uri} is a file; name a folder, or an S3 URI, that the result is to go to")
