"""What a replay would do, before a data byte is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exportkit.joining.chains import ReplayChain
from exportkit.joining.sizes import ExportSize, measure
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import HEADER_SIZE
from exportkit.replay.options import ReplayOptions
from exportkit.replay.rebuild import words_of

__all__ = ["ReplayPlan", "plan_of"]

_WORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What a replay would do.

    Attributes:
        chain: What is replayed, what is left out and why.
        form: The result's format.
        sizes: How large the base is, and each increment, in the order of the chain.
        filter_bytes: What the filter of changed keys takes.
        held_bytes: Join entries that stay in memory.
        spilled_bytes: Join entries that go to temporary files, about; 0 where all stay in memory.
        state_bytes: Bytes of the rebuilt state that lie in temporary files, about; 0 where it is written.
        temp_dir: Where temporary files go; the system's folder if None.
        memory: What ``memory`` allows.
    """

    chain: ReplayChain
    form: OutputFormat
    sizes: tuple[ExportSize, ...]
    filter_bytes: int
    held_bytes: int
    spilled_bytes: int
    state_bytes: int
    temp_dir: Path | None
    memory: int

    @property
    def temporary_bytes(self) -> int:
        """Bytes of temporary files, about."""
        return self.spilled_bytes + self.state_bytes

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan for JSON."""
        return {
            **self.chain.told(),
            "format": str(self.form),
            "sizes": [_told(each) for each in self.sizes],
            "memory": {"allowed": self.memory, "filter": self.filter_bytes, "entries": self.held_bytes},
            "temporary": {
                "folder": None if self.temp_dir is None else str(self.temp_dir),
                "entries": self.spilled_bytes,
                "state": self.state_bytes,
            },
        }


def plan_of(chain: ReplayChain, options: ReplayOptions, *, written: bool) -> ReplayPlan:
    """Returns what a replay would do; asks for the size of every data file.

    Args:
        chain: What is replayed.
        options: What was asked for.
        written: Whether the state is written, as an export or as Parquet; else it lies in temporary files.

    Raises:
        ObjectNotFoundError: A data file is missing.
        ExportkitError: As ``measure``.
    """
    assert chain.base is not None, "a replay has one"
    base, *changes = sizes = [measure(export) for export in (chain.base, *(link.export for link in chain.links))]
    entries, held = _entry_bytes(base, changes), options.budget.entry_bytes
    return ReplayPlan(
        chain=chain,
        form=options.form,
        sizes=tuple(sizes),
        filter_bytes=words_of(chain, options) * _WORD,
        held_bytes=min(entries, held),
        spilled_bytes=entries if entries > held else 0,
        state_bytes=0 if written else base.bytes + sum(each.bytes for each in changes),
        temp_dir=options.temp_dir,
        memory=options.memory,
    )


def _entry_bytes(base: ExportSize, changes: Sequence[ExportSize]) -> int:
    """Returns how many bytes of join entries there will be, about: all changes, and the items that they hit."""
    records = sum(each.items for each in changes)
    hits = min(records, base.items)
    of_changes = sum(each.text_bytes for each in changes) + records * HEADER_SIZE
    return of_changes + (hits * (base.text_bytes + base.items * HEADER_SIZE) // base.items if hits else 0)


def _told(size: ExportSize) -> Mapping[str, int]:
    return {"files": size.files, "items": size.items, "bytes": size.bytes, "text_bytes": size.text_bytes}
