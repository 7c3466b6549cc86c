"""What a replay did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exportkit.convert import ConvertReport
from exportkit.joining.chains import ReplayChain
from exportkit.verify import VerifyReport

__all__ = ["ReplayReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What a replay did.

    Attributes:
        dest: Where the result lies: the export's folder, or that of the Parquet dataset.
        already: Whether the same result was there before: nothing was done.
        chain: What was replayed, what was left out and why, and what there is to be warned of.
        key: Names of the table's key attributes; None where no change record told them.
        counts: ``base`` items; ``changes`` records; of the base's items those ``untouched``, ``replaced``, ``deleted``;
            ``inserted`` ones; ``absent`` keys with changes that are neither in it nor in the result;
            ``repeated`` records set aside for a later one of the same export and key; ``ghosts`` taken for deleted in
            an overlap; ``items`` of the result.
        drift: Changes whose old image is not the state before them, by kind.
        samples: The first of those: kind, ExportId, file, line and byte offset of the change, key, both images. Of a
            result that was there the file is told as ``EXPORTID/…/NAME``.
        verified: What verify said of the result; None if it was not asked.
        dataset: What convert did; None where the result is an export.
        seconds: What it took.
    """

    dest: str
    already: bool
    chain: ReplayChain
    key: tuple[str, ...] | None
    counts: Mapping[str, int]
    drift: Mapping[str, int]
    samples: Sequence[Mapping[str, Any]]
    verified: VerifyReport | None = None
    dataset: ConvertReport | None = None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the result: nothing quarantined, and verified if that was asked."""
        return (self.verified is None or self.verified.ok) and (self.dataset is None or self.dataset.ok)

    @property
    def items(self) -> int:
        """Items of the result."""
        return self.counts["items"]

    def to_dict(self) -> dict[str, Any]:
        """Returns the report for JSON."""
        return {
            "ok": self.ok,
            "dest": self.dest,
            "already": self.already,
            **self.chain.told(),
            "key": None if self.key is None else list(self.key),
            "counts": dict(self.counts),
            "drift": dict(self.drift),
            "samples": [dict(sample) for sample in self.samples],
            "verified": None if self.verified is None else self.verified.to_dict(),
            "dataset": None if self.dataset is None else self.dataset.to_dict(),
            "seconds": round(self.seconds, 3),
        }
