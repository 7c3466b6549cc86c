"""ClientTokens made of requests: the same request has the same token, so that repeating it starts nothing twice."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from exportkit.service.requests import ExportRequest

__all__ = ["derive_token", "token_of", "with_token"]


def derive_token(request: ExportRequest, attempt: int = 1) -> str:
    """Returns the token of a request: a UUID's text, made of a hash of its parameters and the attempt.

    Args:
        request: The request, resolved: its times are what it asks for. Its own token does not count.
        attempt: Which attempt it is, from 1: after a FAILED one another token is needed, or the service
            would answer with that export for 8 hours.

    >>> derive_token(ExportRequest(table_arn="t", s3_bucket="b")) == derive_token(
    ...     ExportRequest(table_arn="t", s3_bucket="c")
    ... )
    False
    """
    return token_of(replace(request, client_token=None).to_document(), attempt)


def token_of(call: Mapping[str, Any], attempt: int = 1) -> str:
    """Returns the token of a call of the API by its parameters, fit for JSON; ``attempt`` as for ``derive_token``."""
    text = orjson.dumps([call, attempt], option=orjson.OPT_SORT_KEYS)
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16]))


def with_token(request: ExportRequest, attempt: int = 1) -> ExportRequest:
    """Returns a request with a token: its own, or the derived one."""
    return request if request.client_token else replace(request, client_token=derive_token(request, attempt))
