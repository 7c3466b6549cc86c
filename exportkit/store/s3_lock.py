"""A lock in S3: an object that only one can create, with a lease that its holder renews."""

import threading
import time
from contextlib import closing
from types import TracebackType
from typing import Any, Self

from exportkit.errors import LockedError, ObjectNotFoundError, StoreError
from exportkit.store.holder import Holder
from exportkit.store.s3_object import S3Object, answered_at, error_code
from exportkit.store.s3_reading import open_body

__all__ = ["LEASE_SECONDS", "S3Lock"]

LEASE_SECONDS = 90
"""A lock that was not renewed for so long belongs to nobody; it is renewed three times as often."""

_TRIES = 5
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class S3Lock:
    """An object created, renewed and taken over by conditional puts; see ``Store.lock``.

    Whether a lease is old is judged by the server's clock alone: its Date against the object's
    LastModified.

    Args:
        target: The object.
        lease: Seconds.
    """

    def __init__(self, target: S3Object, lease: float = LEASE_SECONDS) -> None:
        self._target = target
        self._uri = target.uri
        self._lease = lease
        self._etag = ""
        self._lost: LockedError | None = None
        self._renewed = 0.0
        self._end = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="exportkit-lock", daemon=True)

    def __enter__(self) -> Self:
        self._body = Holder.this().to_json()
        for _ in range(_TRIES):
            self._renewed = time.monotonic()
            if self._put(IfNoneMatch="*") or self._take_over():
                self._renewing.start()
                return self
        raise LockedError(self._uri, "other runs take and give back this lock all the time; run again")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._renewing.join()
        if self._lost is None:
            try:
                # Who took the lock over may have it: If-Match keeps it theirs, where the server heeds it.
                self._target.ask("delete_object", "s3:DeleteObject", IfMatch=f'"{self._etag}"')
            except StoreError as raised:
                # Where the answer was lost, the request that repeats it finds nothing, or another's lock.
                gone = isinstance(raised, ObjectNotFoundError) or error_code(raised) in _TAKEN
                if error is None and not gone:
                    raise

    def check(self) -> None:
        """Raises the error of a lock that was lost, or whose lease is over while it waits to be renewed."""
        if self._lost is not None:
            raise self._lost
        if time.monotonic() - self._renewed > self._lease:
            raise LockedError(self._uri, "the lock could not be renewed in time; another run may have taken it over")

    def _put(self, **condition: Any) -> bool:
        """Tells whether the object could be put on the condition."""
        try:
            answer = self._target.put(self._body, **condition)
        except StoreError as error:
            if error_code(error) in _TAKEN:
                return False
            raise
        self._etag = answer["ETag"].strip('"')
        return True

    def _take_over(self) -> bool:
        """Takes the lock of a holder that is gone; False if there is none any more, or another was quicker.

        Raises:
            LockedError: Its holder may still be at work.
        """
        try:
            answer, said = self._read()
        except ObjectNotFoundError:
            return False
        if said == self._body:  # the first put had succeeded, but its answer was lost
            self._etag = answer["ETag"].strip('"')
            return True
        age = (answered_at(answer) - answer["LastModified"]).total_seconds()
        try:
            holder: Holder | None = Holder.from_json(said)
        except (ValueError, TypeError, KeyError):
            holder = None
        if age < self._lease and not (holder and holder.is_gone()):
            raise LockedError(
                self._uri,
                f"{holder or 'another run'} is writing here. If it was killed, run again in "
                f"{self._lease - age:.0f} seconds, when its lock ends",
            )
        return self._put(IfMatch=answer["ETag"])

    def _read(self) -> tuple[Any, bytes]:
        """Returns the answer that has the object, and its bytes."""
        answer = open_body(self._target)
        with closing(answer["Body"]) as body:
            return answer, body.read()

    def _is_ours(self) -> bool:
        """Tells whether the lock is this one after all: a put that S3 refuses may repeat one whose answer was lost."""
        try:
            answer, said = self._read()
        except ObjectNotFoundError:
            return False
        if said == self._body:
            self._etag = answer["ETag"].strip('"')
        return said == self._body

    def _renew(self) -> None:
        """Renews the lease until the end; a failure counts only when the lease is over."""
        while not self._end.wait(self._lease / 3):
            asked = time.monotonic()
            try:
                if not self._put(IfMatch=f'"{self._etag}"') and not self._is_ours():
                    self._lost = LockedError(self._uri, "another run has taken the lock over; this one stopped")
                    return
                self._renewed = asked
            except StoreError as error:
                if time.monotonic() - self._renewed > self._lease:
                    self._lost = LockedError(self._uri, f"the lock could not be renewed: {error.message}")
                    return
