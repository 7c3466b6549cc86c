"""Schema files where they lie; all else in this package is handed what it works on."""

import os

from exportkit.errors import ObjectTooLargeError, SchemaFileError
from exportkit.model.layout import is_manifest
from exportkit.schema.schema import Schema
from exportkit.store import StoreOptions, open_store
from exportkit.store.opening import normal_uri, storage_options

__all__ = ["read_schema", "write_schema"]

_LIMIT = 64 * 1024 * 1024  # 10,000 columns have a few MB


def read_schema(location: str | os.PathLike[str], storage: StoreOptions | None = None) -> Schema:
    """Returns the schema of a schema file.

    Args:
        location: The file: a path, ``file://`` or ``s3://`` URI.
        storage: How to reach it; standard AWS configuration if None.

    Raises:
        SchemaFileError: It is no schema file; says where, what is wrong and what is allowed.
        ObjectNotFoundError: There is no such file.
        StoreError: It cannot be read.
    """
    uri = normal_uri(os.fspath(location))
    store = open_store(uri, storage_options(storage))
    if is_manifest(store.name(uri)):
        raise SchemaFileError(
            uri, "is an export's manifest, no schema file; name the export's folder, or a schema file"
        )
    try:
        data = store.read(uri, _LIMIT)
    except ObjectTooLargeError as error:
        raise SchemaFileError(uri, error.message) from None
    return Schema.from_json(data, uri)


def write_schema(schema: Schema, location: str | os.PathLike[str], storage: StoreOptions | None = None) -> None:
    """Writes a schema file.

    Args:
        schema: The schema.
        location: The file: a path, ``file://`` or ``s3://`` URI; an older one is replaced.
        storage: How to reach it; standard AWS configuration if None.

    Raises:
        StoreError: It cannot be written.
    """
    uri = normal_uri(os.fspath(location))
    with open_store(uri, storage_options(storage).for_output()).writer(uri) as file:
        file.write(schema.to_json())
