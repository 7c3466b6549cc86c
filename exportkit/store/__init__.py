"""Bytes in and out: local folders and S3, and inflating while hashing."""

from exportkit.store.base import ByteStream, ObjectInfo, OutputOptions, Store, StoreOptions
from exportkit.store.inflate import DataStream
from exportkit.store.opening import open_store
from exportkit.store.traffic import Traffic

__all__ = [
    "ByteStream",
    "DataStream",
    "ObjectInfo",
    "OutputOptions",
    "Store",
    "StoreOptions",
    "Traffic",
    "open_store",
]
