"""Whether what answers is S3, or a server with its API: another service, a proxy or a portal may do so instead."""

from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError

__all__ = ["NotS3Error", "refuse_others"]

# What S3's answer that all is well has, at least one of each.
_MEMBERS = {
    "CompleteMultipartUpload": {"ETag"},
    "CreateMultipartUpload": {"UploadId"},
    "GetObject": {"ETag"},
    "HeadObject": {"ETag"},
    "ListMultipartUploads": {"Bucket", "IsTruncated", "MaxUploads", "Uploads"},
    "ListObjectsV2": {"CommonPrefixes", "Contents", "IsTruncated", "KeyCount", "MaxKeys", "Name"},
    "PutObject": {"ETag"},
    "UploadPart": {"ETag"},
}
_REDIRECTS = {301, 302, 307}
_PASSING = {408, 429, 500, 502, 503, 504}
"""What a load balancer says in S3's name: it is asked for again."""
_STARTS = (b"<!doctype html", b"<html")


class NotS3Error(BotoCoreError):
    """What answered is not S3; raised through botocore, as its own errors are."""

    fmt = "{endpoint} does not answer as S3 does ({operation}: HTTP {status}{what})"


def refuse_others(client: Any) -> None:
    """Has a client raise ``NotS3Error`` where what answers is not S3.

    botocore takes whatever is answered with 200 for what was asked for, and follows a redirection without a Region
    in circles.
    """
    client.meta.events.register_first("needs-retry.s3", _look)


def _look(response: tuple[Any, dict[str, Any]] | None, operation: Any, endpoint: Any, **_: Any) -> None:
    if response is None:
        return
    http, parsed = response
    # botocore makes 500 of a 200 that it cannot read.
    status: int = getattr(http.raw, "status", http.status_code)
    error = parsed.get("Error")
    what = None
    if status in _REDIRECTS:
        if not _names_region(http, error or {}) and (error or {}).get("Code") in {None, "", str(status)}:
            what = " without a Region"
    elif status in _PASSING:
        return
    elif _is_page(http, operation.name, status):
        what = ", a page"
    elif status < 300 and error is None:
        members = _MEMBERS.get(operation.name, set())
        if members and not members & parsed.keys():
            what = f" without {min(members)}"
    elif error is not None and not error.get("Code"):
        what = ", without an error of S3"
    if what is not None:
        http.raw.close()
        raise NotS3Error(endpoint=_host(endpoint.host), operation=operation.name, status=status, what=what)


def _names_region(http: Any, error: dict[str, Any]) -> bool:
    return "x-amz-bucket-region" in http.headers or "Region" in error


def _is_page(http: Any, operation: str, status: int) -> bool:
    """Tells whether the answer is for people or of another service; an object may be a page, too."""
    if operation in {"GetObject", "HeadObject"} and status < 300:
        return False
    # An answer without a body is no page, whatever a server calls it by default; to HEAD, the length tells.
    if not http.content and http.headers.get("Content-Length", "0") == "0":
        return False
    kind = http.headers.get("Content-Type", "").lower()
    return "html" in kind or "json" in kind or http.content.lstrip()[:20].lower().startswith(_STARTS)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
