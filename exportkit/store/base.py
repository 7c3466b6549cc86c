"""What every store can do, and the options they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from exportkit.errors import ObjectNotFoundError, ObjectTooLargeError, UsageError
from exportkit.store.traffic import Traffic

__all__ = ["ByteStream", "Lock", "ObjectInfo", "ObjectWriter", "OutputOptions", "Store", "StoreOptions", "Unfinished"]

_ENCRYPTION = ("AES256", "aws:kms", "aws:kms:dsse")
_ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How results are stored in S3; what is None is as the bucket has it. Local folders know nothing of it.

    Attributes:
        sse: Encryption of what is written: ``AES256`` (SSE-S3), ``aws:kms`` or ``aws:kms:dsse``.
        sse_kms_key_id: The key of KMS: its ARN, ID or alias; the account's ``aws/s3`` if None.
        acl: A canned ACL, such as ``bucket-owner-full-control`` for a bucket of another account.
        requester_pays: Agree to pay for requests to the bucket that is written to.
        expected_bucket_owner: Account that has to own the bucket that is written to.

    Raises:
        UsageError: There is no such encryption or ACL, or a key without ``aws:kms``.
    """

    sse: str | None = None
    sse_kms_key_id: str | None = None
    acl: str | None = None
    requester_pays: bool = False
    expected_bucket_owner: str | None = None

    def __post_init__(self) -> None:
        """Refuses what S3 would refuse, before anything is read."""
        if self.sse is not None and self.sse not in _ENCRYPTION:
            raise UsageError(f"no such encryption: {self.sse}; there are {', '.join(_ENCRYPTION)}")
        if self.sse_kms_key_id is not None and not (self.sse or "").startswith("aws:kms"):
            raise UsageError("a KMS key encrypts only with sse aws:kms or aws:kms:dsse")
        if self.acl is not None and self.acl not in _ACLS:
            raise UsageError(f"no such canned ACL: {self.acl}; there are {', '.join(_ACLS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """How storage and the DynamoDB API are reached; what is None follows standard AWS configuration.

    Attributes:
        endpoint_url: The S3 endpoint; buckets are then addressed by path.
        dynamodb_endpoint_url: The DynamoDB endpoint, for export ARNs and the service.
        profile: A profile of the AWS configuration.
        region: The Region, for S3 and for tables named by their names. ARNs name their own.
        requester_pays: Agree to pay for requests and transfer (``x-amz-request-payer``).
        expected_bucket_owner: Account that has to own the bucket; S3 denies access otherwise.
        allow_foreign_keys: Follow manifest keys that lead out of the export's root.
        connections: Connections kept open to S3; at least as many as threads that read.
        read_timeout: Seconds without a byte after which a connection is given up, and taken up again.
        output: How results are stored in S3.
        traffic: Counts the requests to S3.

    Raises:
        UsageError: ``read_timeout`` is not more than 0.
    """

    endpoint_url: str | None = None
    dynamodb_endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None
    requester_pays: bool = False
    expected_bucket_owner: str | None = None
    allow_foreign_keys: bool = False
    connections: int = 32
    read_timeout: float = 60
    output: OutputOptions = field(default_factory=OutputOptions)
    traffic: Traffic = field(default_factory=Traffic, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses what no connection can have."""
        if not self.read_timeout > 0:
            raise UsageError(f"read_timeout is {self.read_timeout}; it has to be more than 0 seconds")

    def for_output(self) -> "StoreOptions":
        """Returns the options for the place that results go to.

        What is agreed to or demanded of an input's bucket says nothing of that one.
        """
        output = self.output
        return replace(self, requester_pays=output.requester_pays, expected_bucket_owner=output.expected_bucket_owner)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object.

    Attributes:
        uri: Where it lies.
        size: Its bytes.
        etag: Its ETag without quotes; None in local folders.
    """

    uri: str
    size: int
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An object that somebody began to write, and has not finished: a multipart upload.

    Attributes:
        uri: The object.
        since: When it was begun.
        abort: Gives it up; one that is not there any more, too. Raises AccessDeniedError, which names the permission,
            or StoreError.
    """

    uri: str
    since: datetime
    abort: Callable[[], None]


class ByteStream(Protocol):
    """The bytes of one object, forward only."""

    @property
    def info(self) -> ObjectInfo:
        """The object, as it was when it was opened."""

    def read(self, size: int, /) -> bytes:
        """Returns the next bytes, at most ``size``; none at the end.

        Raises:
            StoreError: They cannot be read.
        """

    def readinto(self, buffer: bytearray | memoryview, /) -> int:
        """Puts the next bytes into ``buffer`` and returns how many; 0 at the end.

        Raises:
            StoreError: They cannot be read.
        """

    def close(self) -> None:
        """Gives back what the stream holds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class ObjectWriter(Protocol):
    """Writes one object, in the block of a ``with``.

    The object has its name (and the place of an older one) when the block ends, and never if it
    ends by an exception.
    """

    @property
    def info(self) -> ObjectInfo:
        """The object as it was written; once the block has ended."""

    def write(self, data: bytes, /) -> None:
        """Takes more of the object.

        Raises:
            AccessDeniedError: It may not be written; names the permission.
            StoreError: It cannot be written.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Lock(Protocol):
    """Keeps other runs off a place, in the block of a ``with``; ``Store.lock`` says how."""

    def check(self) -> None:
        """Does nothing while the lock is held.

        Raises:
            LockedError: It was lost: another run took it over.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Store(ABC):
    """Reads and writes objects of one kind of place; several threads may share one.

    URIs are absolute: a path of the local file system, or ``s3://bucket/key`` with the key
    as it is, nothing in it encoded. A folder's URI has no slash at its end.
    """

    @abstractmethod
    def open(self, uri: str) -> ByteStream:
        """Returns the object's bytes as a stream.

        Raises:
            ObjectNotFoundError: There is none.
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """

    @abstractmethod
    def stat(self, uri: str) -> ObjectInfo:
        """Returns the object's size and ETag.

        Raises:
            ObjectNotFoundError: There is none.
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """

    @abstractmethod
    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """Yields every object below a folder, at any depth; none if there is no such folder.

        Raises:
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """

    @abstractmethod
    def children(self, folder: str) -> tuple[tuple[str, ...], tuple[ObjectInfo, ...]]:
        """Returns the URIs of the folders directly in a folder, and its objects, both sorted.

        Raises:
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """

    @abstractmethod
    def join(self, folder: str, path: str) -> str:
        """Returns the URI of ``path`` (names joined by ``/``) in a folder."""

    @abstractmethod
    def parent(self, uri: str) -> str:
        """Returns the URI of the folder that something lies in; the topmost is its own."""

    @abstractmethod
    def confinement(self, roots: tuple[str, ...]) -> Callable[[str], None]:
        """Returns what makes sure that objects lie in one of some folders, symbolic links followed.

        It is called with an object's URI, and raises ValueError, which says where the
        object is, if it lies in none of them.
        """

    @abstractmethod
    def foreign(self, key: str, folder: str) -> str:
        """Returns the URI that a manifest key means when it may lead anywhere.

        Args:
            key: The key as the manifest has it.
            folder: The export's folder.
        """

    @abstractmethod
    def tail(self, uri: str, size: int) -> bytes:
        """Returns the last ``size`` bytes of an object, all of it where it has fewer.

        Raises:
            StoreError: As ``open``.
        """

    @abstractmethod
    def writer(self, uri: str, *, workplace: str | None = None) -> ObjectWriter:
        """Returns what writes an object, which has its name only when it is whole.

        Args:
            uri: The object; an older one is replaced.
            workplace: Where its bytes may lie meanwhile, a folder of the same local file system; beside it if None.
                S3 needs none.
        """

    @abstractmethod
    def adopt(self, path: str, uri: str) -> ObjectInfo:
        """Makes a local file an object, and the file is gone.

        Args:
            path: The file; for a local ``uri`` of the same file system.
            uri: The object; an older one is replaced.

        Raises:
            StoreError: As ``writer``.
        """

    @abstractmethod
    def delete(self, uri: str) -> None:
        """Deletes an object; nothing is done where there is none.

        Raises:
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """

    @abstractmethod
    def delete_folder(self, folder: str) -> None:
        """Deletes all objects below a folder, and what writers of killed processes left there; errors as ``delete``."""

    @abstractmethod
    def delete_empty_folder(self, folder: str) -> None:
        """Deletes a folder that nothing lies in; does nothing in S3, which has no folders."""

    @abstractmethod
    def clear_unfinished(self, folder: str) -> None:
        """Clears away what writers of killed processes left below a folder, or of one object, in places of their own.

        Nobody may be writing there. S3 keeps the parts of unfinished uploads; where it does not allow to list them,
        they stay.

        Raises:
            StoreError: Storage failed.
        """

    def unfinished(self, folder: str) -> Iterator[Unfinished]:  # noqa: ARG002 - of the interface
        """Yields the objects below a folder that somebody began to write elsewhere; local folders have none.

        Raises:
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """
        return iter(())

    @abstractmethod
    def lock(self, uri: str) -> Lock:
        """Returns what keeps other runs off a place, by an object of that name there.

        Locally the operating system holds the lock and gives it up with the process, however that ends. In S3 it is a
        lease that the holder renews: once it is old, or its process is seen to be gone, another may take it over.

        Raises:
            LockedError: Another run holds it; raised on entering the block.
            StoreError: As ``writer``.
        """

    def put(self, uri: str, data: bytes) -> ObjectInfo:
        """Writes an object; errors as ``writer``."""
        with self.writer(uri) as writer:
            writer.write(data)
        return writer.info

    def name(self, uri: str) -> str:
        """Returns the last name of a URI."""
        return uri.rsplit("/", 1)[-1]

    def exists(self, uri: str) -> bool:
        """Tells whether there is such an object."""
        try:
            self.stat(uri)
        except ObjectNotFoundError:
            return False
        return True

    def read(self, uri: str, limit: int) -> bytes:
        """Returns an object's bytes, all of them.

        Raises:
            ObjectTooLargeError: It has more bytes than ``limit``.
            StoreError: As ``open``.
        """
        with self.open(uri) as stream:
            parts: list[bytes] = []
            left = limit + 1
            while left and (part := stream.read(left)):
                parts.append(part)
                left -= len(part)
        if not left:
            raise ObjectTooLargeError(uri, f"more than the {limit:,} bytes that such a file may have")
        return b"".join(parts)
