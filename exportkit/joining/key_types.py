"""A table's key has one type, that of the inputs' first records: inputs of two kinds of keys are never joined.

Keys that differ in type are different keys to the joining, so a wrong chain would only ever insert. Within a file the
engines see to it, which also tell the types; what is compared here are the files.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

from exportkit.errors import ChainError
from exportkit.model.joining import FirstKey

__all__ = ["KeyTypes"]


class _Seen(NamedTuple):
    tag: str
    uri: str
    line: int
    offset: int


class KeyTypes:
    """The types of the key attributes, as far as they were seen; several threads may share them."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._adding = threading.Lock()

    def see(self, uri: str, key_names: Iterable[str], key: FirstKey | None) -> bool:
        """Takes the types of a data file's key, if there is one yet, and tells whether there is.

        Args:
            uri: The data file.
            key_names: Names of the key attributes.
            key: That of its first record; None before it.

        Raises:
            ChainError: A type is another one than in another file.
        """
        if key is None:
            return False
        tags, line, offset = key
        for name, tag in zip(sorted(set(key_names)), tags, strict=True):
            with self._adding:
                known = self._seen.setdefault(name, _Seen(tag, uri, line, offset))
            if known.tag != tag:
                told = (
                    f"line {line} (byte {offset}): the key attribute {name} is {tag}, but {known.tag} in {known.uri}: "
                    f"line {known.line} (byte {known.offset}); a table's key has one type, so these are exports of two "
                    "tables, or somebody has changed one: see exportkit inspect"
                )
                raise ChainError(uri, told, "key-type")
        return True
