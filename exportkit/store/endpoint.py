"""An endpoint's URL: looked at before it is used, and told without the user and password that it may hold."""

import re
from urllib.parse import urlsplit

from exportkit.errors import UsageError

__all__ = ["check_endpoint", "no_endpoint", "without_credentials"]

# As urlsplit reads it: the host begins behind the last @ of the authority.
_CREDENTIALS = re.compile(r"://[^/?#\s\"']*@")


def check_endpoint(url: str) -> None:
    """Makes sure that a URL can be told without what is secret in it, for AWS's libraries repeat it in their errors.

    Raises:
        UsageError: It is no URL of an endpoint.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # a port that is no number, half an IPv6 address
        raise no_endpoint(url) from None
    beyond = parts.path + parts.query + parts.fragment
    if not host or parts.scheme not in ("http", "https") or "@" in beyond or re.search(r"\s", url):
        raise no_endpoint(url)


def no_endpoint(url: str) -> UsageError:
    """Returns what tells that a URL is none of an endpoint; it is not repeated where a password may stand in it."""
    told = (
        "not the one that is given, which is not shown because it may hold a password" if "@" in url else f"not {url}"
    )
    return UsageError(f"an endpoint is http://HOST[:PORT] or https://HOST[:PORT], {told}")


def without_credentials(text: str) -> str:
    """Returns a text without the user and the password of the URLs in it."""
    return _CREDENTIALS.sub("://", text)
