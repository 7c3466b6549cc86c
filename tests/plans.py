"""Makes column plans out of a seeded ``random.Random``: any that is valid, whether it suits the records or not."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from exportkit.model.plan import Column, ColumnKind, ColumnPlan, Field, Others
from exportkit.model.statistics import Statistics
from exportkit.schema import Mixed, Names, Nulls, Numbers, SchemaOptions, resolve

__all__ = ["random_options", "random_plan"]

SCALARS = (
    *("string", "string", "binary", "bool", "int64", "int64", "decimal", "decimal", "double", "number-string"),
    *("json", "text"),
)
NUMBERS = ("int64", "decimal", "double", "number-string")
OF_TAG = {"S": ("string",), "N": NUMBERS, "B": ("binary",), "BOOL": ("bool",), "NULL": ("null",)}
OF_TAG |= {"SS": ("set",), "NS": ("set",), "BS": ("set",), "L": ("list", "json"), "M": ("struct", "map", "text")}
DEEPEST = 4


def random_options(random: Random) -> SchemaOptions:
    """Returns policies for a schema."""
    return SchemaOptions(
        numbers=random.choice(tuple(Numbers)),
        mixed=random.choice((Mixed.STRUCT, Mixed.STRUCT, Mixed.JSON, Mixed.STRING)),
        nulls=random.choice(tuple(Nulls)),
        names=random.choice((Names.DEFAULT, Names.PORTABLE)),
        flatten_depth=random.choice((0, 0, 1, 3)),
        max_map_fields=random.choice((1, 3, 200)),
        rest_as_json=random.random() < 0.3,
    )


def random_plan(random: Random, names: Sequence[str], statistics: Statistics) -> ColumnPlan:
    """Returns a plan: of the statistics by any policies, of their columns with some exchanged, or of any columns."""
    rescue = random.random() < 0.8
    if random.random() < 0.6:
        plan = resolve(statistics, random_options(random)).plan(rescue=rescue)
        return plan if random.random() < 0.5 else replace(plan, item=_exchanged(random, names, plan.item))
    return ColumnPlan(
        item=_struct(random, names, 0, ColumnKind.STRUCT),
        keys=None if statistics.keys is None else _struct(random, names, 2, ColumnKind.STRUCT),
        keep_nulls=random.random() < 0.5,
        rescue=rescue,
    )


def _exchanged(random: Random, names: Sequence[str], item: Column) -> Column:
    """Returns a struct with some of its columns exchanged or gone."""
    fields = [
        replace(field, column=_column(random, names, 1)) if random.random() < 0.2 else field
        for field in item.fields
        if field.column.kind is not ColumnKind.FLAT and random.random() < 0.9
    ]
    return replace(item, fields=tuple(fields), others=random.choice(tuple(Others)))


def _column(random: Random, names: Sequence[str], level: int, kinds: Sequence[str] = (), tag: str = "") -> Column:
    if not kinds:
        kinds = (*SCALARS, "set", "set", "mixed")
        kinds = kinds if level >= DEEPEST else (*kinds, "list", "list", "map", "struct", "struct", "mixed")
    kind = ColumnKind(random.choice(kinds))
    match kind:
        case ColumnKind.DECIMAL:
            precision = random.choice((1, 5, 18, 38, 39, 76))
            return Column(kind=kind, precision=precision, scale=random.choice((0, precision // 3, precision)))
        case ColumnKind.SET:
            tag = tag or random.choice(("SS", "NS", "BS"))
            return Column(kind=kind, set_type=tag, element=_column(random, names, level, OF_TAG[tag[0]]))
        case ColumnKind.LIST | ColumnKind.MAP:
            return Column(kind=kind, element=_column(random, names, level + 1))
        case ColumnKind.STRUCT:
            return _struct(random, names, level + 1, kind)
        case ColumnKind.MIXED:
            tags = random.sample(tuple(OF_TAG), random.randint(1, len(OF_TAG)))
            kept = [tag for tag in tags if level < DEEPEST or tag not in {"L", "M"}] or ["S"]
            fields = (Field(tag, tag, _column(random, names, level + 1, OF_TAG[tag], tag)) for tag in kept)
            return Column(kind=kind, fields=tuple(fields))
    return Column(kind=kind)


def _struct(random: Random, names: Sequence[str], level: int, kind: ColumnKind) -> Column:
    """Returns a STRUCT or FLAT; the fields have names by their attributes' number, unique with those of flat ones."""
    fields = []
    for name in random.sample(names, random.randint(0, min(len(names), 8))):
        if random.random() < 0.1:
            column = Column(kind=ColumnKind.SKIP)
        elif random.random() < 0.1 and level < DEEPEST:
            column = _prefixed(_struct(random, names, level + 1, ColumnKind.FLAT), f"{names.index(name)}_")
        else:
            column = _column(random, names, level)
        fields.append(Field(name, f"c{names.index(name)}", column))
    others = Others.MISFIT if kind is ColumnKind.FLAT else random.choice(tuple(Others))
    return Column(kind=kind, fields=tuple(fields), others=others)


def _prefixed(flat: Column, prefix: str) -> Column:
    """Returns a FLAT whose fields, and those of flat ones below, have that before their names."""
    fields = (
        replace(
            field,
            name=prefix + field.name,
            column=_prefixed(field.column, prefix) if field.column.kind is ColumnKind.FLAT else field.column,
        )
        for field in flat.fields
    )
    return replace(flat, fields=tuple(fields))
