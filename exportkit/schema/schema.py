"""The schema: which columns the attributes of an export become, as one value and as a file."""

import json
from dataclasses import dataclass, field, replace

from exportkit.errors import SchemaFileError, UsageError
from exportkit.model.plan import ColumnPlan, Others
from exportkit.schema.columns import ColumnType
from exportkit.schema.document import DocumentError, column_lines, read_struct
from exportkit.schema.notes import Note
from exportkit.schema.options import Nulls, SchemaOptions
from exportkit.schema.shape import parse_document

__all__ = ["Schema"]

_VERSION = 1
_OTHERS = {"columns": "others", "keys": "keys_others"}
_POLICIES = ("numbers", "mixed", "nulls", "names", "flatten_depth", "max_map_fields")


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

    def to_json(self) -> bytes:
        """Returns the schema file: JSON, one column a line, for people to edit."""
        policies = {name: getattr(self.options, name) for name in _POLICIES}
        members = [f'"version": {_VERSION}', f'"policies": {json.dumps(policies)}']
        for name, struct in (("columns", self.item), ("keys", self.keys)):
            if struct is not None:
                if struct.others is not Others.MISFIT:
                    members.append(f'"{_OTHERS[name]}": {json.dumps(struct.others)}')
                lines = column_lines(struct.fields, "    ")
                members.append(f'"{name}": [\n{lines}\n  ]' if lines else f'"{name}": []')
        return ("{\n  " + ",\n  ".join(members) + "\n}\n").encode()

    @classmethod
    def from_json(cls, data: bytes, uri: str) -> "Schema":
        """Returns the schema of a schema file.

        Args:
            data: The file.
            uri: Its name, for errors.

        Raises:
            SchemaFileError: It is no schema file; says where, what is wrong and what is allowed.
        """
        try:
            document = parse_document(data)
            options = SchemaOptions(**document.get("policies", {}))
            structs = {
                name: read_struct(
                    document[name], f"$.{name}", Others(document.get(others, Others.MISFIT)), options.names
                )
                for name, others in _OTHERS.items()
                if name in document
            }
            return cls(item=structs["columns"], keys=structs.get("keys"), options=options)
        except DocumentError as error:
            raise SchemaFileError(uri, f"{error.path}: {error.reason}") from None
