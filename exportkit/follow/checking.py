"""Each export verified once, whoever runs: what was found good is kept beside it."""

from dataclasses import dataclass, field

from exportkit.errors import VerificationError
from exportkit.follow.means import Means
from exportkit.follow.place import Place
from exportkit.follow.planning import Known
from exportkit.model.times import format_time
from exportkit.reasons import Severity
from exportkit.verify import VerifyReport, verify

__all__ = ["Checker"]

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Checker:
    """Verifies exports.

    Attributes:
        means: What it works with.
        key: Names of the table's key attributes.
        verified: URIs of those that were verified by this one.
    """

    means: Means
    key: tuple[str, ...]
    verified: list[str] = field(default_factory=list)

    def check(self, place: Place, known: Known, *, expected: int | None = None) -> None:
        """Verifies an export unless it was found good before.

        Args:
            place: Where it lies.
            known: The export.
            expected: The records it must have, as the service counted them.

        Raises:
            VerificationError: It is not good.
            StoreError: Storage failed.
        """
        if place.records.has(known.id):
            return
        means, options = self.means, self.means.options
        report = verify(
            known.uri,
            key=None if known.summary.window else self.key or None,
            expect_item_count=expected,
            jobs=options.jobs,
            temp_dir=options.temp_dir,
            max_record_size=options.max_record_size,
            storage=place.storage,
            progress=means.progress,
            engine=means.engine,
        )
        self.take(place, known, report)

    def take(self, place: Place, known: Known, report: VerifyReport) -> None:
        """Keeps that an export was found good.

        Raises:
            VerificationError: It was not.
        """
        if not report.ok:
            errors = [str(finding) for finding in report.findings if finding.severity is Severity.ERROR]
            told = "; ".join(errors[:_SHOWN]) + ("; …" if len(errors) > _SHOWN else "")
            raise VerificationError(
                known.uri,
                f"{told}. Nothing goes on over it: look at it with exportkit verify; once its folder is deleted or "
                "moved away it is made anew",
            )
        place.records.add(known.id, report.to_dict())
        self.verified.append(known.uri)
        window = known.summary.window
        self.means.tell(
            "verified",
            {
                "uri": known.uri,
                "window": window and {"from": format_time(window.start), "to": format_time(window.end)},
                "time": None if window else format_time(known.time),
                "items": known.summary.item_count,
            },
        )
