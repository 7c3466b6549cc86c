"""One round: what there is is looked at, and then all that is due is done."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from exportkit.errors import (
    ChainError,
    ExportError,
    ExportFailedError,
    LimitExceededError,
    ObjectNotFoundError,
    VerificationError,
)
from exportkit.follow.checking import Checker
from exportkit.follow.found import Found, is_filtered, why_foreign
from exportkit.follow.means import Means
from exportkit.follow.place import Place
from exportkit.follow.planning import FollowedChain, Known, choose_chain, first_running, next_window
from exportkit.model.description import ExportDescription
from exportkit.model.times import format_duration, format_time
from exportkit.service.checks import REACH
from exportkit.service.instants import whole_second
from exportkit.service.requests import ExportRequest
from exportkit.service.starting import start
from exportkit.service.waiting import wait_for

__all__ = ["Done", "Ended", "Round"]

_AT_ONCE = 8  # windows under way side by side; an account may have 300 exports
_ATTEMPTS = 3  # exports of one window, or of the whole table, that may fail in one run
_AFTER_FAILURE = 90.0  # seconds; for its first minute a failed export is the answer to the same request


@dataclass
class Done:
    """What a run has done so far, over all its rounds.

    Attributes:
        requested: ARNs of the exports that were asked for.
        failures: How many exports failed, by where their windows begin; None for full ones.
        told: Where the chain ended that was told of last.
        goal: How far the backups reached at its beginning: a run ends there, however long exports take.
    """

    requested: list[str] = field(default_factory=list)
    failures: Counter[datetime | None] = field(default_factory=Counter)
    told: datetime | None = None
    goal: datetime | None = None


@dataclass(frozen=True)
class Ended:
    """How a round ended.

    Attributes:
        chain: The chain; None as long as its base is under way.
        next_due: When the next window can be asked for, about; None while exports are under way.
        running: ARNs of exports under way.
    """

    chain: FollowedChain | None
    next_due: datetime | None
    running: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round.

    Attributes:
        means: What it works with.
        place: Where exports of the chain go.
        found: What there is.
        checker: Verifies.
        done: What was done before, and is done here.
    """

    means: Means
    place: Place
    found: Found
    checker: Checker
    done: Done

    def run(self) -> Ended:
        """Does all that is due."""
        found = self.found
        while True:
            backups = self.means.service.backups(found.arn)
            now = self.means.clock.now()
            limit, latest = max(backups.earliest, now - REACH), whole_second(min(backups.latest, now))
            self.done.goal = self.done.goal or latest
            chain = choose_chain(found.bases, found.windows, limit)
            if chain is None or self._reach(chain) < limit:
                export = self._new_base(chain, limit, latest)
                if not self._waited(export):
                    return Ended(None, None, (export.export_arn,))
                continue
            if not self._verified(chain, limit):
                continue
            self._tell_chain(chain)
            due = self._ask_for_windows(chain, latest)
            awaited, _ = first_running(chain, found.windows, found.running)
            if awaited is None:
                return Ended(chain, due + max(now - backups.latest, timedelta()), ())
            if not self._waited(awaited):
                return Ended(chain, None, tuple(export.export_arn for export in found.running))

    def _reach(self, chain: FollowedChain) -> datetime:
        """Returns where the next window begins once those under way are there: backups have to reach back to it."""
        return whole_second(first_running(chain, self.found.windows, self.found.running)[1])

    # --- asking ---

    def _new_base(self, chain: FollowedChain | None, limit: datetime, latest: datetime) -> ExportDescription:
        """Returns the full export under way that a new chain begins with; asks for it where there is none.

        Raises:
            ChainError: Nobody allowed to.
        """
        running = [(each.export_time, each) for each in self.found.running if each.export_time]
        usable = [(instant, each.export_arn, each) for instant, each in running if whole_second(instant) >= limit]
        if usable:
            return max(usable)[-1]
        reason = "no-base" if chain is None else "expired"
        if not self.means.options.rebase:
            uri = self.place.folder if chain is None else chain.exports[-1].uri
            raise ChainError(uri, _broken(chain, limit), reason)
        self.means.tell("rebase", {"why": reason, "time": format_time(latest)})
        return self._ask(self.means.options.full(self.found.arn, latest))

    def _ask_for_windows(self, chain: FollowedChain, latest: datetime) -> datetime:
        """Asks for the windows that are due; returns how far the backups have to reach for the next."""
        found, options = self.found, self.means.options
        while True:
            ahead, end = first_running(chain, found.windows, found.running)
            following = next_window(whole_second(end), latest, options.window, found.cuts)
            under_way = sum(each.window is not None for each in found.running)
            if following.window is None or under_way >= _AT_ONCE or (self.done.goal and end >= self.done.goal):
                return following.due
            try:
                self._ask(options.of_window(found.arn, following.window))
            except LimitExceededError:
                if ahead is None:
                    raise
                return following.due  # once those under way have ended there is room

    def _ask(self, request: ExportRequest) -> ExportDescription:
        """Asks for an export, and returns what is said of it."""
        export = start(self.means.service, request, self.means.clock, lost=self._is_lost)
        export = replace(  # what is asked for is known, whatever the answer leaves out
            export,
            export_time=request.export_time,
            export_from_time=request.export_from_time,
            export_to_time=request.export_to_time,
        )
        self.found.running.append(export)
        self.done.requested.append(export.export_arn)
        self.means.tell("requested", _told(export))
        return export

    def _is_lost(self, export: ExportDescription) -> bool:
        return not isinstance(self.place.find(_id(export)), Known)

    # --- waiting ---

    def _waited(self, export: ExportDescription) -> bool:
        """Waits for an export, and adds it to what there is; False where it goes on, and nobody is to wait."""
        means, options = self.means, self.means.options
        try:
            if options.wait:
                means.tell("waiting", _told(export))
                wait_for(means.service, export.export_arn, means.clock, timeout=options.timeout, progress=means.waiting)
            elif not self._has_ended(export):
                return False
        except ExportFailedError as error:
            self._failed(export, error)
            return True
        self.found.running.remove(export)
        known = self.place.find(_id(export))
        if known is None:
            told = f"is COMPLETED, but its manifest-summary.json is not in {self.place.folder}"
            raise ObjectNotFoundError(export.export_arn, told)
        if isinstance(known, ExportError):
            raise known
        self._take(export, known)
        return True

    def _take(self, export: ExportDescription, known: Known) -> None:
        """Adds an export that has ended to what there is.

        Raises:
            ChainError: It was asked for here, and is not what it was asked to be: it would be asked for without end.
        """
        why = why_foreign(known, self.found.table)
        if why is None and known.summary.window != export.window:
            why = f"its window is {known.summary.window}, not {export.window}"
        if why is None:
            self.found.add(known)
        elif export.export_arn in self.done.requested:
            raise ChainError(known.uri, f"is not what it was asked to be: {why or 'of another table'}", "kind")
        else:
            self.means.tell("left-out", {"uri": known.uri, "why": why})

    def _has_ended(self, export: ExportDescription) -> bool:
        now = self.means.service.describe(export.export_arn)
        now.check_not_failed()
        return now.export_status != "IN_PROGRESS"

    def _failed(self, export: ExportDescription, error: ExportFailedError) -> None:
        """Lets a failed export be asked for again, some times.

        Raises:
            ExportFailedError: That was the last time.
        """
        self.found.running.remove(export)
        self.done.failures[export.export_from_time] += 1
        attempt = self.done.failures[export.export_from_time]
        self.means.tell("failed", {**_told(export), "why": error.message, "attempt": attempt})
        if attempt == _ATTEMPTS:
            raise error
        if self.means.options.wait:
            self.means.clock.sleep(_AFTER_FAILURE)

    # --- what is finished ---

    def _verified(self, chain: FollowedChain, limit: datetime) -> bool:
        """Verifies what was not verified yet; False where an export turns out not to belong to the chain.

        Raises:
            VerificationError: One is wrong, and no chain without it leads as far.
        """
        for known in chain.exports:
            if self.place.records.has(known.id):
                continue
            described = self._described(known)
            if described is not None and is_filtered(described):
                self.found.drop(known)
                self.place.filtered.add(known.id, described.to_dict())
                self.means.tell("left-out", {"uri": known.uri, "why": "filtered: DescribeExport names a filter"})
                return False
            try:
                self.checker.check(self.place, known, expected=None if described is None else described.item_count)
            except VerificationError as error:
                self.found.drop(known)
                other = choose_chain(self.found.bases, self.found.windows, limit)
                if other is None or other.end < chain.end:
                    raise
                self.means.tell("left-out", {"uri": known.uri, "why": f"not needed, and wrong: {error.message}"})
                return False
        return True

    def _described(self, known: Known) -> ExportDescription | None:
        arn = known.summary.export_arn
        try:
            return None if arn is None else self.means.service.describe(arn)
        except ObjectNotFoundError:
            return None  # the service forgets exports after 90 days

    def _tell_chain(self, chain: FollowedChain) -> None:
        if self.done.told == chain.end:
            return
        self.done.told = chain.end
        self.means.tell(
            "chain",
            {
                "base": chain.base.uri,
                "time": format_time(chain.base.time),
                "windows": len(chain.links),
                "end": format_time(chain.end),
                "behind": (self.means.clock.now() - chain.end) // timedelta(seconds=1),
            },
        )


def _id(export: ExportDescription) -> str:
    return export.export_arn.rpartition("/")[2]


def _told(export: ExportDescription) -> dict[str, object]:
    window, instant = export.window, export.export_time
    return {
        "export": export.export_arn,
        "window": window and {"from": format_time(window.start), "to": format_time(window.end)},
        "time": None if window or instant is None else format_time(instant),
    }


def _broken(chain: FollowedChain | None, limit: datetime) -> str:
    if chain is None:
        return "no full export of the table is here that a chain could begin with; --rebase asks for one"
    return (
        f"the chain ends at {format_time(chain.end)}, and point-in-time recovery reaches back to {format_time(limit)} "
        f"only: the changes of {format_duration(whole_second(limit) - chain.next_start)} cannot be exported any more. "
        "A new full export is needed: --rebase asks for one, and goes on from it"
    )
