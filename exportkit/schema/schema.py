"""The schema: which columns the attributes of an export become, as one value and as a file."""

from dataclasses import dataclass, field, replace

from exportkit.errors import UsageError
from exportkit.model.plan import ColumnPlan
from exportkit.schema.columns import ColumnType
from exportkit.schema.notes import Note
from exportkit.schema.options import Nulls, SchemaOptions

__all__ = ["Schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Which columns the attributes of an export become.

    Attributes:
        item: A STRUCT: the item, or both images of a change.
        keys: A STRUCT: the keys of a change; None where no incremental export was looked at.
        options: The policies it was made by, and is widened by; which columns were asked for stands in ``item``.
        notes: What is worth to be known; no part of equality or of the file.
    """

    item: ColumnType
    keys: ColumnType | None = None
    options: SchemaOptions = field(default_factory=SchemaOptions)
    notes: tuple[Note, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", replace(self.options, columns=None, rest_as_json=False))

    def plan(self, *, rescue: bool = False, incremental: bool | None = None) -> ColumnPlan:
        """Returns the plan that a decoder fills.

        Args:
            rescue: Whether values that fit no column go into ``_rescued``; else the first is a MisfitError.
            incremental: Whether the export has changes; None: as the ones the schema was made from.

        Raises:
            UsageError: The export has changes, and the schema says nothing of their keys.
        """
        if incremental and self.keys is None:
            raise UsageError(
                "the schema has no keys, so it does not fit an incremental export; "
                "make one of both with: exportkit schema FULL INCREMENTAL -o schema.json"
            )
        keys = None if self.keys is None or incremental is False else self.keys.column()
        keep_nulls = self.options.nulls is Nulls.KEEP
        return ColumnPlan(item=self.item.column(), keys=keys, keep_nulls=keep_nulls, rescue=rescue)
