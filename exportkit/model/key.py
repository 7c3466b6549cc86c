"""The names of a table's key attributes, as a caller gives them."""

from exportkit.errors import UsageError

__all__ = ["check_key"]


def check_key(key: tuple[str, ...] | str | bytes | None) -> None:
    """Makes sure that a key is one: the partition key's name, and the sort key's if there is one.

    Args:
        key: What was given; None if nothing was.

    Raises:
        UsageError: It is none.
    """
    if isinstance(key, str | bytes):
        text = key if isinstance(key, str) else key.decode(errors="replace")
        names = tuple(name.strip() for name in text.split(","))
        raise UsageError(f"a key is a tuple of attribute names, such as {names!r}, not text")
    if key is not None and (not 1 <= len(key) <= 2 or not all(key) or len(set(key)) != len(key)):
        raise UsageError(f"a key is one or two different attribute names, not {','.join(key)!r}")
