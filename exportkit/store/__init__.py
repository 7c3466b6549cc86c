"""Bytes in and out: local folders and S3, and inflating while hashing."""

from exportkit.store.base import ByteStream, ObjectInfo, Store, StoreOptions
from exportkit.store.inflate import DataStream
from exportkit.store.opening import open_store

__all__ = ["ByteStream", "DataStream", "ObjectInfo", "Store", "StoreOptions", "open_store"]
