"""Statistics merged, policies applied, columns named: what an export's attributes become, and the file that says so."""

from exportkit.schema.columns import ColumnType, SchemaField
from exportkit.schema.ddl import Dialect, ddl
from exportkit.schema.join import extend, merge_schemas
from exportkit.schema.merge import merge_statistics
from exportkit.schema.notes import Note, NoteKind
from exportkit.schema.options import Mixed, Names, Nulls, Numbers, SchemaOptions
from exportkit.schema.reading import read_schema, write_schema
from exportkit.schema.resolve import resolve
from exportkit.schema.schema import Schema

__all__ = [
    "ColumnType",
    "Dialect",
    "Mixed",
    "Names",
    "Note",
    "NoteKind",
    "Nulls",
    "Numbers",
    "Schema",
    "SchemaField",
    "SchemaOptions",
    "ddl",
    "extend",
    "merge_schemas",
    "merge_statistics",
    "read_schema",
    "resolve",
    "write_schema",
]
