"""The rebuilt table that is kept up to date: each time from the newest snapshot there is, or from the base."""

from collections.abc import Sequence

from exportkit.errors import ExportError
from exportkit.follow.checking import Checker
from exportkit.follow.means import Means
from exportkit.follow.place import Place
from exportkit.follow.planning import FollowedChain, Known
from exportkit.follow.told import Snapshot
from exportkit.locations import Location
from exportkit.model.chain import Link
from exportkit.model.formats import ExportType
from exportkit.model.times import format_time
from exportkit.replay import replay

__all__ = ["keep_snapshot"]

_DOUBTFUL = ("gaps", "overlaps", "filtered")


def keep_snapshot(dest: Location, place: Place, chain: FollowedChain, means: Means, checker: Checker) -> Snapshot:
    """Returns the snapshot at a chain's end, made if it is not there; older ones stay.

    Args:
        dest: The folder or S3 URI.
        place: The same, to be looked at.
        chain: The chain, every export of it verified.
        means: What to work with.
        checker: Verifies snapshots.

    Raises:
        VerificationError: A snapshot is not what it should be.
        ExportkitError: As ``exportkit.replay``.
    """
    start, links = _start(place, chain)
    if start is not chain.base:
        checker.check(place, start)  # a killed run may have left it in doubt
        if not links:
            return Snapshot(start.uri, start.time, start.summary.item_count)
    options = means.options
    rebuilt = replay(
        start.uri,
        [link.export.uri for link in links],
        jobs=options.jobs,
        memory=options.memory,
        temp_dir=options.temp_dir,
        max_record_size=options.max_record_size,
        storage=means.storage,
        base_storage=None if start is chain.base else place.storage,
        progress=means.progress,
        engine=means.engine,
    )
    report = rebuilt.write(dest, verify_result=True)
    made = place.find(report.dest.rpartition("/")[2])
    assert isinstance(made, Known), "it was written and read a moment ago"
    assert report.verified is not None, "it was asked for"
    checker.take(place, made, report.verified)
    means.tell(
        "snapshot",
        {
            "uri": made.uri,
            "time": format_time(made.time),
            "from": start.uri,
            "windows": len(links),
            "items": report.items,
            "counts": dict(report.counts),
            "drift": dict(report.drift),
            "warnings": list(rebuilt.chain.warnings),
        },
    )
    return Snapshot(made.uri, made.time, report.items)


def _start(place: Place, chain: FollowedChain) -> tuple[Known, Sequence[Link[Known]]]:
    """Returns the newest state on the chain, and the windows that lead from it to the end."""
    instants = {chain.base.time} | {instant for link in chain.links for instant in (link.window.start, link.window.end)}
    kept = [known for known in place.look() if not isinstance(known, ExportError)]
    states = [known for known in kept if _is_snapshot(known, chain.base) and known.time in instants]
    newest = max(states, key=lambda known: (known.time, known.id), default=None)
    if newest is None:
        return chain.base, chain.links
    # By their ends: after a base with milliseconds, the first window begins before the state it applies to.
    return newest, [link for link in chain.links if link.window.end > newest.time]


def _is_snapshot(known: Known, base: Known) -> bool:
    """Tells whether an export is a state of the base's table that replay made, with nothing missing or in doubt."""
    summary, made = known.summary, known.summary.exportkit or {}
    return (
        made.get("operation") == "replay"
        and summary.export_type is ExportType.FULL
        and summary.export_time is not None
        and (summary.table_arn, summary.table_id) == (base.summary.table_arn, base.summary.table_id)
        and not any(made.get(name) for name in _DOUBTFUL)
    )
