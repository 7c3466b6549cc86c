"""The tree of columns that a schema holds: what a plan says, and what a person may say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exportkit.model.plan import TYPE_OF_KIND, Column, ColumnKind, Field, Others
from exportkit.schema.options import Numbers

__all__ = ["ColumnType", "SchemaField", "leaf_of", "tag_of", "with_leaf"]

_SET_TAGS = {"S": "SS", "B": "BS", "N": "NS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """What a column, an element of a list or a map's value is.

    Attributes:
        kind: As in a plan, but never FLAT or SKIP, which a :class:`SchemaField` says. NULL outside MIXED: nothing
            but NULL was ever seen, so it is held as a string column without a value.
        precision: DECIMAL: digits, 1 to 76.
        scale: DECIMAL: digits behind the point.
        element: LIST, MAP, SET: what they hold.
        fields: STRUCT: the attributes. MIXED: one field for each type, its attribute the type tag.
        others: STRUCT: what becomes of attributes without a field.
    """

    kind: ColumnKind
    precision: int = 0
    scale: int = 0
    element: "ColumnType | None" = None
    fields: "tuple[SchemaField, ...]" = ()
    others: Others = Others.MISFIT

    def column(self) -> Column:
        """Returns the same as a plan says it."""
        if self.kind is ColumnKind.NULL:
            return Column(kind=ColumnKind.STRING, dynamodb_type="NULL")
        return Column(
            kind=self.kind,
            precision=self.precision,
            scale=self.scale,
            set_type=tag_of(self) if self.kind is ColumnKind.SET else "",
            element=None if self.element is None else self.element.column(),
            fields=tuple(self._plan_field(each) for each in self.fields),
            others=self.others,
        )

    def _plan_field(self, each: "SchemaField") -> Field:
        if each.drop:
            column = Column(kind=ColumnKind.SKIP)
        elif each.flatten:
            column = replace(each.type.column(), kind=ColumnKind.FLAT)
        elif self.kind is ColumnKind.MIXED and each.attribute == "NULL":
            column = Column(kind=ColumnKind.NULL)
        else:
            column = each.type.column()
        return Field(each.attribute, each.name, column)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaField:
    """One attribute of a struct, or one type of a mixed column.

    Attributes:
        attribute: The DynamoDB attribute's name, or the type tag.
        name: The column's name, unique in its struct; of a flattened one what its columns' names begin with; empty
            while it has none yet.
        type: What it is.
        drop: Whether it is left out, with all below it.
        flatten: STRUCT: whether its attributes are columns of the struct around it.
        dictionary: Whether its values, at the end of its lists and maps, are written with a dictionary; None: the
            writer's default.
        dictionary_keys: The same of the keys of its maps.
        numbers: The policy for numbers in it and below it; None: that of what is around it.
        seen: How many values of each type it was made from; for people, no part of equality.
    """

    attribute: str
    name: str = ""
    type: ColumnType
    drop: bool = False
    flatten: bool = False
    dictionary: bool | None = None
    dictionary_keys: bool | None = None
    numbers: Numbers | None = None
    seen: Mapping[str, int] = field(default_factory=dict, compare=False)


def tag_of(column: ColumnType) -> str:
    """Returns the one type tag that a column takes; empty of those that take several or any."""
    if column.kind is ColumnKind.SET:
        assert column.element is not None
        return _SET_TAGS[TYPE_OF_KIND[column.element.kind]]
    return TYPE_OF_KIND.get(column.kind, "")


def leaf_of(column: ColumnType) -> ColumnType:
    """Returns what stands at the end of lists, maps and sets around it."""
    while column.element is not None:
        column = column.element
    return column


def with_leaf(column: ColumnType, leaf: ColumnType) -> ColumnType:
    """Returns the same lists, maps and sets around something else."""
    return leaf if column.element is None else replace(column, element=with_leaf(column.element, leaf))
