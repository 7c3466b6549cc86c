"""What a replay is asked to do."""

from dataclasses import dataclass
from pathlib import Path

from exportkit.joining.budget import Budget
from exportkit.model.formats import OutputFormat
from exportkit.model.ranges import check_range
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.store import StoreOptions

__all__ = ["ReplayOptions"]

_PROCESS = 250 * 1024 * 1024
"""What the process takes beside ``memory``."""
_WORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What a replay is asked to do; ``exportkit.replay`` tells what each means."""

    form: OutputFormat
    strict: bool
    jobs: int
    memory: int
    temp_dir: Path | None
    storage: StoreOptions
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE

    def __post_init__(self) -> None:
        """Refuses what is out of range.

        Raises:
            UsageError: Something is.
        """
        check_range(jobs=self.jobs, memory=self.memory, max_record_size=self.max_record_size)

    @property
    def budget(self) -> Budget:
        """How the memory is shared out."""
        return Budget.of(self.memory, self.jobs)

    def parquet_memory(self, filter_words: int) -> int:
        """Returns the bytes that a process may take that writes Parquet, but for filter and entries.

        It does not depend on ``jobs``, for row groups depend on it; entries take at most half of ``memory``.

        Args:
            filter_words: Words that the filter has.
        """
        return _PROCESS + max(0, self.memory - self.memory // 2 - filter_words * _WORD)
