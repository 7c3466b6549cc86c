"""What diff, compact and revert are given alike, checked once."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import UsageError
from exportkit.joining.budget import Budget
from exportkit.joining.sizes import check_space
from exportkit.model.formats import OutputFormat
from exportkit.model.ranges import check_range
from exportkit.reading import NoProgress, Progress, default_jobs, with_connections
from exportkit.reading.spill import Spill
from exportkit.store import StoreOptions
from exportkit.store.opening import storage_options
from exportkit.store.temporary import checked_temp_dir

__all__ = ["AlgebraOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgebraOptions:
    """How a change is made, whatever it is made of; ``exportkit.diff`` tells what each means.

    Attributes:
        output_format: The change's format; None: that of the earliest input.
        jobs: Files read side by side.
        memory: Bytes to take, about.
        temp_dir: Where entries spill to; the system's temporary folder if None.
        max_record_size: Bytes a record may have.
        storage: How inputs and destination are reached.
        progress: Hears how it goes on.
        engine: Reads and joins the records.
    """

    output_format: OutputFormat | None
    jobs: int
    memory: int
    temp_dir: Path | None
    max_record_size: int
    storage: StoreOptions
    progress: Progress
    engine: Engine

    @classmethod
    def of(
        cls,
        *,
        output_format: OutputFormat | str | None,
        jobs: int | None,
        memory: int,
        temp_dir: str | os.PathLike[str] | None,
        max_record_size: int,
        storage: StoreOptions | None,
        progress: Progress | None,
        engine: Engine | None,
    ) -> Self:
        """Returns the options that arguments mean.

        Raises:
            UsageError: One is out of range.
        """
        check_range(jobs=jobs, memory=memory, max_record_size=max_record_size)
        try:
            form = None if output_format is None else OutputFormat(output_format)
        except ValueError:
            raise UsageError(f"output_format is {output_format!r}; it takes {', '.join(OutputFormat)}") from None
        return cls(
            output_format=form,
            jobs=jobs or default_jobs(),
            memory=memory,
            temp_dir=checked_temp_dir(temp_dir),
            max_record_size=max_record_size,
            storage=with_connections(storage_options(storage), jobs),
            progress=progress or NoProgress(),
            engine=engine or select_engine(),
        )

    @property
    def budget(self) -> Budget:
        """How the memory is shared out."""
        return Budget.of(self.memory, self.jobs)

    def spill(self, what: str, needed: int) -> Spill:
        """Returns an empty spill of join entries, once there is room for what memory does not hold.

        Args:
            what: What the entries are, for errors.
            needed: Bytes of entries there will be, about.

        Raises:
            StoreError: There is no such room.
        """
        budget = self.budget
        if needed > budget.entry_bytes:
            check_space(self.temp_dir, needed)
        return Spill(
            self.engine.partition_entries,
            temp_dir=self.temp_dir,
            memory=budget.entry_bytes,
            leaf_memory=budget.leaf_bytes,
            what=what,
        )
