"""Every error exportkit raises, one tree.

::

    ExportkitError
    ├── UsageError (ValueError)                 exit 2: the call itself is wrong
    │   └── SchemaFileError                     a schema file is not what it should be
    ├── ExportError                             exit 1: the export is not what it should be
    │   ├── ManifestError (ValueError)          a manifest is missing, malformed or contradicts itself
    │   ├── ExportIncompleteError               the export is still running, or failed
    │   │   └── ExportFailedError               the service gave it up, with a code and a reason
    │   ├── ChainError                          exports that do not make the chain that was asked for
    │   ├── VerificationError                   verify found something wrong with it
    │   ├── DriftError                          changes do not fit the state before them, and that was to be refused
    │   ├── UnfitExportError                    an export that cannot be imported, or loaded into that table
    │   ├── ImportFailedError                   the service gave an import up
    │   └── ForeignKeyError (ValueError)        a manifest key leads out of the export's root
    ├── DataError                               exit 3: the bytes of a data file are wrong
    │   ├── MalformedRecordError (ValueError)   one record, with file, line and byte offset
    │   ├── MisfitError (ValueError)            a value that fits no column of a given schema
    │   ├── MixedTypesError (ValueError)        values of several types at one path, where that was forbidden
    │   ├── SplitError (ValueError)             values of the attribute to split by: too many, or not foreseen
    │   ├── GzipError                           a gzip stream that cannot be inflated
    │   ├── Md5MismatchError                    an object whose MD5 is not the manifest's
    │   ├── DuplicateKeyError (ValueError)      two items of one state that have one key
    │   └── ItemCountError                      exit 1: a file holds another number of records than listed
    ├── StoreError (OSError)                    exit 3: storage or service could not do it
    │   ├── ObjectNotFoundError (FileNotFoundError)
    │   ├── BucketNotFoundError (FileNotFoundError) not one object: nothing can be there
    │   ├── AccessDeniedError (PermissionError)
    │   ├── ObjectTooLargeError                 more bytes than such an object may have
    │   ├── LockedError                         another run is at work there
    │   ├── WaitTimeoutError (TimeoutError)     what was waited for did not end in time
    │   └── ServiceError                        an AWS API answered with an error
    │       ├── ExportConflictError             another export is in the way, or the token is another request's
    │       ├── ImportConflictError             the token is another import's
    │       ├── InternalServerError             the service itself failed
    │       ├── InvalidExportTimeError          a time that the table's backups do not reach
    │       ├── LimitExceededError              too many exports at once
    │       ├── PointInTimeRecoveryUnavailableError
    │       ├── TableInUseError                 a table of that name is there already
    │       ├── TableNotFoundError (ObjectNotFoundError)
    │       └── ThrottledError                  too many requests, still so after the retries
    └── EngineError (ImportError)               exit 3: the engine that was demanded is not there

Errors carry fields; the text is built from them and says what to do next. All
survive pickling, so that they cross process borders whole. They stand in one file, long
as it is, because the tree is one: who catches errors looks here alone.
"""

import errno
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from exportkit.reasons import REASONS

__all__ = [
    "AccessDeniedError",
    "BucketNotFoundError",
    "ChainError",
    "DataError",
    "DriftError",
    "DuplicateKeyError",
    "EngineError",
    "ExportConflictError",
    "ExportError",
    "ExportFailedError",
    "ExportIncompleteError",
    "ExportkitError",
    "ForeignKeyError",
    "GzipError",
    "ImportConflictError",
    "ImportFailedError",
    "InternalServerError",
    "InvalidExportTimeError",
    "ItemCountError",
    "LimitExceededError",
    "LockedError",
    "MalformedRecordError",
    "ManifestError",
    "Md5MismatchError",
    "MisfitError",
    "MixedTypesError",
    "ObjectNotFoundError",
    "ObjectTooLargeError",
    "PointInTimeRecoveryUnavailableError",
    "SchemaFileError",
    "ServiceError",
    "SplitError",
    "StoreError",
    "TableInUseError",
    "TableNotFoundError",
    "ThrottledError",
    "UnfitExportError",
    "UsageError",
    "VerificationError",
    "WaitTimeoutError",
]


class ExportkitError(Exception):
    """The base of every error that exportkit raises on purpose.

    Attributes:
        exit_code: What the command line exits with when this error ends it.
    """

    exit_code: ClassVar[int] = 3

    @property
    def told(self) -> str:
        """Where and what is wrong, without what to do about it where that is the same for all of its kind."""
        return str(self)


class UsageError(ExportkitError, ValueError):
    """The call is wrong: an argument out of range, or arguments that contradict each other."""

    exit_code = 2


class ExportError(ExportkitError):
    """The export is not what it should be; the answer is no."""

    exit_code = 1


class _PlacedError(ExportkitError):
    """An error about one object: ``uri``, and a message that starts with it."""

    def __init__(self, uri: str, message: str) -> None:
        super().__init__(uri, message)
        self.uri = uri
        self.message = message

    @property
    def told(self) -> str:
        return f"{self.uri}: {self.message}"

    def __str__(self) -> str:
        return self.told


class SchemaFileError(_PlacedError, UsageError):
    """A schema file is not what it should be.

    Attributes:
        uri: The file.
        message: Where in it, what is wrong, and what is allowed.
    """


class _LinedError(_PlacedError):
    """An error about one object, or about one line of it."""

    def __init__(self, uri: str, message: str, line: int | None = None) -> None:
        super().__init__(uri, message)
        self.line = line

    @property
    def told(self) -> str:
        return super().told if self.line is None else f"{self.uri}: line {self.line}: {self.message}"


class ManifestError(_LinedError, ExportError, ValueError):
    """A manifest is missing, malformed or contradicts itself.

    Attributes:
        uri: The manifest.
        message: What is wrong, with the key where there is one; what to do is behind it in the error's text.
        missing: Whether the object is absent, rather than malformed.
        line: The line of manifest-files.json, from 1, where it is one line's fault.
    """

    def __init__(self, uri: str, message: str, missing: bool = False, line: int | None = None) -> None:
        super().__init__(uri, message, line)
        self.args = (uri, message, missing, line)
        self.missing = missing

    def __str__(self) -> str:
        so = "it is missing" if self.missing else "it is so"
        return f"{self.told}; copy the export again; if {so} at its source too, export anew"


class ExportIncompleteError(_PlacedError, ExportError):
    """``_started`` is there, no manifests: the export is still running, or it failed, or was copied without them."""


class ExportFailedError(ExportIncompleteError):
    """The service gave the export up.

    Attributes:
        uri: The export's ARN.
        message: Code, reason, and what to do about it.
        code: The FailureCode of DescribeExport; empty where it names none.
        reason: Its FailureMessage.
    """

    def __init__(self, uri: str, message: str, code: str = "", reason: str = "") -> None:
        super().__init__(uri, message)
        self.args = (uri, message, code, reason)
        self.code = code
        self.reason = reason


class ChainError(_PlacedError, ExportError):
    """Exports do not make the chain that was asked for.

    Attributes:
        uri: The export that is in the way, or the base.
        message: What is wrong, and what to do.
        reason: A word of those in ``docs/chains.md``, such as ``gap``.
    """

    def __init__(self, uri: str, message: str, reason: str) -> None:
        super().__init__(uri, message)
        self.args = (uri, message, reason)
        self.reason = reason


class VerificationError(_PlacedError, ExportError):
    """An export was verified, and something is wrong with it.

    Attributes:
        uri: The export.
        message: The first errors that were found, and what to do.
    """


class UnfitExportError(_PlacedError, ExportError):
    """The export is nothing for ImportTable, or for the table that it was to be loaded into.

    Attributes:
        uri: The export.
        message: Why, and what to do.
    """


class ImportFailedError(_PlacedError, ExportError):
    """The service gave an import up, or somebody cancelled it.

    Attributes:
        uri: The import's ARN.
        message: Code, reason, and what to do.
        code: The FailureCode of DescribeImport; empty where it names none.
        reason: Its FailureMessage.
    """

    def __init__(self, uri: str, message: str, code: str = "", reason: str = "") -> None:
        super().__init__(uri, message)
        self.args = (uri, message, code, reason)
        self.code = code
        self.reason = reason


class ForeignKeyError(_LinedError, ExportError, ValueError):
    """A manifest key leads out of the export's root.

    Attributes:
        uri: The manifest.
        message: Which key, and where it leads.
        line: The line of manifest-files.json, from 1; None for the key of a summary.
        key: The key as the manifest has it.
    """

    def __init__(self, uri: str, message: str, line: int | None = None, key: str = "") -> None:
        super().__init__(uri, message, line)
        self.args = (uri, message, line, key)
        self.key = key


class DriftError(ExportError):
    """Old images of changes are not the state before them, and that was to be refused.

    Attributes:
        drift: How many, by kind: ``missing``, ``unexpected``, ``different``.
        samples: The first of them: kind, ExportId, file, line and byte offset of the change, key, both images.
    """

    def __init__(self, drift: Mapping[str, int], samples: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(drift, samples)
        self.drift = drift
        self.samples = samples

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.drift.items() if count)
        first = self.samples[0]
        return (
            f"changes do not fit the state before them ({kinds}); first {first['file']}: line {first['line']} (byte "
            f"{first['offset']}): {first['kind']}: {first['key']}; without --strict they are applied and counted"
        )


class DataError(ExportkitError):
    """The bytes of a data file are wrong."""


class MalformedRecordError(DataError, ValueError):
    """One record is malformed.

    Attributes:
        uri: The data file.
        line: The record's line number, from 1.
        offset: Byte offset of the record's start in the decompressed file.
        reason: A slug of ``exportkit.reasons``.
        path: JSON Pointer of the attribute inside the record, or empty.
        column: Byte in the record, where the engine knows it: a help, not a promise.
    """

    def __init__(
        self, uri: str, line: int, offset: int, reason: str, path: str = "", column: int | None = None
    ) -> None:
        super().__init__(uri, line, offset, reason, path, column)
        self.uri = uri
        self.line = line
        self.offset = offset
        self.reason = reason
        self.path = path
        self.column = column

    def __str__(self) -> str:
        reason = REASONS.get(self.reason)
        text = reason.text if reason else self.reason
        where = f" at {self.path}" if self.path else ""
        return f"{self.uri}: line {self.line} (byte {self.offset}): {text}{where}"


class MisfitError(DataError, ValueError):
    """A value fits no column, and nobody asked to rescue it.

    Attributes:
        uri: The data file.
        line: The record's line number, from 1.
        offset: Byte offset of the record's start in the decompressed file.
        path: JSON Pointer of the value in the row.
        found: Its type tag.
    """

    def __init__(self, uri: str, line: int, offset: int, path: str, found: str) -> None:
        super().__init__(uri, line, offset, path, found)
        self.uri = uri
        self.line = line
        self.offset = offset
        self.path = path
        self.found = found

    def __str__(self) -> str:
        return (
            f"{self.uri}: line {self.line} (byte {self.offset}): "
            f"the {self.found} at {self.path} fits no column of the schema"
        )


class MixedTypesError(DataError, ValueError):
    """Values of several types stand at one path, and the policy for such is ``error``.

    Attributes:
        path: The attribute's path: names joined by dots, ``[]`` for a list's elements, ``{}`` for a map's values.
        types: By type tag, how many values there are, and the first: its data file's number, line and byte offset;
            None of those that a schema tells of.
    """

    def __init__(self, path: str, types: Mapping[str, tuple[int, tuple[int, int, int]] | None]) -> None:
        super().__init__(path, types)
        self.path = path
        self.types = types

    def __str__(self) -> str:
        found = []
        for tag, seen in self.types.items():
            if seen is None:
                found.append(tag)
            else:
                count, (file, line, offset) = seen
                found.append(f"{count:,} {tag} (first in data file {file}, line {line}, byte {offset})")
        return f"{self.path} has values of several types: {', '.join(found)}; choose --mixed struct, json or string"


class SplitError(_PlacedError, DataError, ValueError):
    """An export cannot be split by the values of an attribute: they are too many, or one was not foreseen."""


class GzipError(_PlacedError, DataError):
    """A gzip stream cannot be inflated.

    Attributes:
        uri: The data file.
        message: What is wrong, and how far it was read; what to do is behind it in the error's text.
    """

    def __str__(self) -> str:
        return f"{self.told}; copy the file again; if it is so at its source too, export anew"


class Md5MismatchError(_PlacedError, DataError):
    """An object's MD5 is not the one its manifest, or the MD5 file beside a manifest, names."""


class ItemCountError(_PlacedError, DataError):
    """A data file holds another number of records than its manifest says, or the two manifests differ in it."""

    exit_code = 1


class DuplicateKeyError(DataError, ValueError):
    """Two items of one state have one key.

    Attributes:
        first: The earlier one: its data file, line from 1, byte offset.
        second: The later one.
        key: The names of the key's attributes, where the caller named them; None where the exports or the service did.
    """

    def __init__(
        self,
        first: tuple[str, int, int],
        second: tuple[str, int, int],
        key: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(first, second, key)
        self.first = first
        self.second = second
        self.key = key

    def __str__(self) -> str:
        (uri, line, offset), (first, first_line, first_offset) = self.second, self.first
        remedy = "export anew"
        if self.key is not None:
            left_out = " (a sort key left out?)" if len(self.key) == 1 else ""
            remedy = f"check --key {','.join(self.key)}{left_out}; else export anew"
        return (
            f"{uri}: line {line} (byte {offset}): this item has the key of another, {first}: line {first_line} "
            f"(byte {first_offset}); a table holds a key once: {remedy}"
        )


class StoreError(_PlacedError, OSError):
    """Storage could not do what was asked.

    Attributes:
        uri: The object, or the folder.
        message: What went wrong.
        errno: The nearest number of the operating system: EIO, but for the children.
        strerror: The message, and ``filename`` the URI, as of any OSError.
    """

    _errno: ClassVar[int] = errno.EIO

    def __init__(self, uri: str, message: str) -> None:
        super().__init__(uri, message)
        self.errno, self.strerror, self.filename = self._errno, message, uri

    def __reduce__(self) -> tuple[Any, ...]:
        # OSError's own would hand its three fields to a class that takes two.
        return type(self), (self.uri, self.message), self.__dict__


class ObjectNotFoundError(StoreError, FileNotFoundError):
    """No object of that name."""

    _errno = errno.ENOENT


class BucketNotFoundError(StoreError, FileNotFoundError):
    """No bucket of that name, or none any more: it says nothing about the objects that were in it."""

    _errno = errno.ENOENT


class AccessDeniedError(StoreError, PermissionError):
    """The credentials do not allow it; the message names the permission."""

    _errno = errno.EACCES


class ObjectTooLargeError(StoreError):
    """An object has more bytes than one of its kind may have."""

    _errno = errno.EFBIG


class LockedError(StoreError):
    """Another run holds the place that was to be written to, or has taken it over."""

    _errno = errno.EBUSY


class WaitTimeoutError(StoreError, TimeoutError):
    """What was waited for did not end in the time given; it goes on by itself."""

    _errno = errno.ETIMEDOUT


class ServiceError(StoreError):
    """An AWS API answered with an error."""


class ExportConflictError(ServiceError):
    """The ClientToken belongs to a request with other parameters, or another export is in the way."""


class ImportConflictError(ServiceError):
    """The ClientToken of an import belongs to one with other parameters, or an import is just being started."""


class InternalServerError(ServiceError):
    """The service itself failed, and still did after the retries."""


class InvalidExportTimeError(ServiceError):
    """A time of the request lies outside what point-in-time recovery reaches."""


class LimitExceededError(ServiceError):
    """There are as many exports, or imports, under way as an account may have in a Region."""


class PointInTimeRecoveryUnavailableError(ServiceError):
    """Point-in-time recovery is not enabled for the table."""


class TableInUseError(ServiceError):
    """There is a table of that name already, or it is just being made."""


class TableNotFoundError(ServiceError, ObjectNotFoundError):
    """There is no such table."""

    _errno = errno.ENOENT


class ThrottledError(ServiceError):
    """Too many requests, and still so after the retries."""


class EngineError(ExportkitError, ImportError):
    """The engine that was demanded is not there."""
