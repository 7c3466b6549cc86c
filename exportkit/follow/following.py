"""Following: round after round, through faults that pass."""

from dataclasses import replace
from typing import NoReturn

from exportkit.engine.protocols import Engine
from exportkit.errors import ExportConflictError, LimitExceededError, LockedError, StoreError
from exportkit.follow.checking import Checker
from exportkit.follow.found import look_around
from exportkit.follow.means import Means
from exportkit.follow.options import FollowOptions
from exportkit.follow.place import Place
from exportkit.follow.round import Done, Ended, Round
from exportkit.follow.snapshot import keep_snapshot
from exportkit.follow.told import FollowReport, Tell
from exportkit.locations import Location
from exportkit.model.description import TableDescription
from exportkit.reading import Progress
from exportkit.service.api import Service
from exportkit.service.protocol import Clock, ExportService, SystemClock
from exportkit.service.waiting import WaitProgress, may_pass
from exportkit.store import StoreOptions
from exportkit.store.opening import storage_options

__all__ = ["Follower"]

_FAULTS = 6  # in a row, each after botocore's own retries
_PAUSE, _LONGEST_PAUSE = 30.0, 600.0  # seconds, after a fault
_SHORTEST_SLEEP = 30.0


class Follower:
    """Keeps an unbroken chain of exports for a table.

    What it knows lies in bucket and service: whoever runs next, wherever, goes on where it stopped.

    Args:
        options: What is followed, and how.
        storage: How storage and the API are reached; standard AWS configuration if None.
        tell: Hears of each thing done.
        progress: Hears how verifying and replaying go on.
        waiting: Hears how waiting goes on.
        service: Takes the place of the API.
        clock: Tells the time, and lets it pass.
        root: Where the bucket's exports are read, if not at ``s3://BUCKET/PREFIX``.
        engine: Reads records; chosen as ``docs/engine.md`` says if None.

    Example:
        >>> from exportkit.follow import Follower, FollowOptions
        >>> options = FollowOptions(table="Orders", bucket="backups", replay_to="s3://backups/now")
        >>> report = Follower(options).catch_up()  # doctest: +SKIP
    """

    def __init__(
        self,
        options: FollowOptions,
        *,
        storage: StoreOptions | None = None,
        tell: Tell | None = None,
        progress: Progress | None = None,
        waiting: WaitProgress | None = None,
        service: ExportService | None = None,
        clock: Clock | None = None,
        root: Location | None = None,
        engine: Engine | None = None,
    ) -> None:
        storage, clock = storage_options(storage), clock or SystemClock()
        self._means = Means(
            options=options,
            storage=storage,
            service=service or Service(storage, clock=clock),
            clock=clock,
            hears=tell,
            progress=progress,
            waiting=waiting,
            engine=engine,
        )
        self._place = Place(root or "/".join(filter(None, ("s3:/", options.bucket, options.prefix))), storage)
        self._kept = None if options.replay_to is None else Place(options.replay_to, storage.for_output())
        self._left_out: set[tuple[str, str]] = set()

    def catch_up(self) -> FollowReport:
        """Does all that is due, and returns what it came to.

        Faults of the service and of the way to it are borne while they pass, unless nobody waits.

        Raises:
            ChainError: There is nothing to go on from; says what to do.
            ExportFailedError: Attempt after attempt failed.
            VerificationError: An export is not what it should be.
            WaitTimeoutError: An export is still under way after the time-out.
            UsageError: The table or the request is wrong.
            StoreError: Service or storage failed, and still did after the retries.
        """
        done, verified = Done(), list[str]()
        faults = so_far = 0
        while True:
            try:
                return self._round(done, verified)
            except StoreError as error:
                faults = faults + 1 if so_far == len(done.requested) + len(verified) else 1
                so_far = len(done.requested) + len(verified)
                passes = may_pass(error) or isinstance(error, LimitExceededError | ExportConflictError | LockedError)
                if not passes or not self._means.options.wait or faults == _FAULTS:
                    raise
                pause = min(_PAUSE * 2 ** (faults - 1), _LONGEST_PAUSE)
                self._means.tell("again", {"why": str(error), "pause": pause})
                self._means.clock.sleep(pause)

    def keep_up(self) -> NoReturn:
        """Catches up, sleeps until the next window is due, and so on, until an exception ends it; errors as there."""
        clock = self._means.clock
        while True:
            due = self.catch_up().next_due
            clock.sleep(_SHORTEST_SLEEP if due is None else max(_SHORTEST_SLEEP, (due - clock.now()).total_seconds()))

    def _round(self, done: Done, verified: list[str]) -> FollowReport:
        means = self._means
        table = self._table()
        found = look_around(means.service, self._place, table, means.options, self._leave_out)
        checker = Checker(means=means, key=table.key, verified=verified)
        ended = Round(means=means, place=self._place, found=found, checker=checker, done=done).run()
        report = self._report(found.arn, ended, done, checker)
        means.tell("under-way" if ended.running else "caught-up", report.to_dict())
        return report

    def _table(self) -> TableDescription:
        named = self._means.options.table
        table = self._means.service.table(named)
        return table if table.table_arn or not named.startswith("arn:") else replace(table, table_arn=named)

    def _report(self, table_arn: str, ended: Ended, done: Done, checker: Checker) -> FollowReport:
        chain, dest, snapshot = ended.chain, self._means.options.replay_to, None
        if chain is not None and dest is not None and self._kept is not None:
            snapshot = keep_snapshot(dest, self._kept, chain, self._means, checker)
        return FollowReport(
            table_arn=table_arn,
            base=None if chain is None else chain.base.uri,
            end=None if chain is None else chain.end,
            behind=None if chain is None else self._means.clock.now() - chain.end,
            next_due=ended.next_due,
            requested=tuple(done.requested),
            verified=tuple(checker.verified),
            running=ended.running,
            snapshot=snapshot,
        )

    def _leave_out(self, uri: str, why: str) -> None:
        if (uri, why) not in self._left_out:
            self._left_out.add((uri, why))
            self._means.tell("left-out", {"uri": uri, "why": why})
