"""Credentials that are looked for anew where the service says that they have expired."""

import threading
import time
from typing import Any

import botocore.session
from botocore.credentials import Credentials, ReadOnlyCredentials

__all__ = ["EXPIRED", "RenewedCredentials", "look_for_credentials"]

EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
"""What services call credentials that have expired."""

_RENEWALS = 3
_FRESH_SECONDS = 10


class RenewedCredentials(Credentials):
    """What botocore's providers find, until it has expired; then what they find in its place.

    botocore itself refreshes what says when it expires: roles, instances, SSO, ``credential_process``. Keys and tokens
    of a file say nothing; who renews them there, in the middle of a run, is heard all the same.

    Args:
        found: The credentials to begin with.
        profile: The profile they are of.
    """

    def __init__(self, found: Credentials, profile: str | None) -> None:
        now: Any = found.get_frozen_credentials()
        super().__init__(now.access_key, now.secret_key, now.token, found.method)
        self._found = found
        self._profile = profile
        self._looking = threading.Lock()
        self._renewed: float | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Returns the credentials of now."""
        return self._found.get_frozen_credentials()

    def retry(self, response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
        """Tells botocore to send a request again, signed anew, if it was refused by old credentials."""
        code = None if response is None else response[1].get("Error", {}).get("Code")
        return 0 if code in EXPIRED and attempts <= _RENEWALS and self._renew() else None

    def _renew(self) -> bool:
        """Looks for other credentials, unless another thread just has; tells whether there are any."""
        with self._looking:
            if self._renewed is not None and time.monotonic() - self._renewed < _FRESH_SECONDS:
                return True
            found: Credentials | None = botocore.session.Session(profile=self._profile).get_credentials()
            if found is None or found.get_frozen_credentials() == self.get_frozen_credentials():
                return False
            self._found = found
            self._renewed = time.monotonic()
            return True


class _Finder:
    """In a session's place for what finds credentials; what it finds is renewed."""

    def __init__(self, finder: Any, profile: str | None) -> None:
        self._finder = finder
        self._profile = profile

    def load_credentials(self) -> Credentials | None:
        found = self._finder.load_credentials()
        return None if found is None else RenewedCredentials(found, self._profile)


def look_for_credentials(session: botocore.session.Session, profile: str | None) -> None:
    """Has a session find credentials that are renewed; its clients have to hear ``RenewedCredentials.retry``."""
    session.register_component("credential_provider", _Finder(session.get_component("credential_provider"), profile))
