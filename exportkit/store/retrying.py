"""When requests are sent again: what botocore decides, and what it leaves to its users."""

import os
from typing import Any

import botocore.session
from botocore.config import Config

from exportkit.store.base import StoreOptions
from exportkit.store.credentials import RenewedCredentials

__all__ = ["client_config", "send_again"]

ATTEMPTS = 10
"""Times that a request is sent, with waits of twice the length between: half a minute in all, at most."""

_BAD_BYTES = {"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
_BAD_BYTES_ATTEMPTS = 4


def client_config(session: botocore.session.Session, options: StoreOptions) -> Config:
    """Returns how a client connects and retries; the user's configuration of retries goes first."""
    own_retries = os.environ.keys() & {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"} or (
        session.get_scoped_config().keys() & {"retry_mode", "max_attempts"}
    )
    return Config(
        max_pool_connections=options.connections,
        connect_timeout=10,
        read_timeout=options.read_timeout,
        tcp_keepalive=True,
        # Every byte is under an MD5 of the manifest; S3's own checksum would hash it once more. What is
        # written has its Content-MD5, which every server with S3's API knows.
        response_checksum_validation="when_required",
        request_checksum_calculation="when_required",
        user_agent_extra="exportkit",
        retries=None if own_retries else {"mode": "standard", "total_max_attempts": ATTEMPTS},
    )


def send_again(client: Any, session: botocore.session.Session) -> None:
    """Has a client send again what was refused by expired credentials, or came with other bytes than were sent."""
    credentials = session.get_credentials()
    if isinstance(credentials, RenewedCredentials):
        client.meta.events.register("needs-retry", credentials.retry)
    client.meta.events.register("needs-retry", _bytes_came_otherwise)


def _bytes_came_otherwise(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
    code = None if response is None else response[1].get("Error", {}).get("Code")
    return 0.1 * attempts if code in _BAD_BYTES and attempts < _BAD_BYTES_ATTEMPTS else None
