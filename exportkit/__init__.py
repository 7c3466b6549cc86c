"""Verify, read and convert DynamoDB exports in S3, strict about loss.

>>> import exportkit
>>> for item in exportkit.open("samples/full-json").items():  # doctest: +SKIP
...     print(item["pk"])
>>> report = exportkit.verify("samples/full-json")
>>> report.ok
True
"""

from exportkit._version import __version__
from exportkit.algebra import ChangeReport, Signature, compact, diff, revert, signature
from exportkit.clean import CleanReport, clean
from exportkit.convert import ConvertReport, convert
from exportkit.engine import engine_info
from exportkit.locations import find_exports
from exportkit.model.formats import TextForm
from exportkit.model.values import AttributeValue, ChangeRecord, Item
from exportkit.reading import OpenExport, Scan
from exportkit.reading import open_for_reading as open  # noqa: A004 - exportkit.open reads as gzip.open does
from exportkit.replay import Rebuilt, ReplayPlan, ReplayReport, replay
from exportkit.schema import Schema, SchemaOptions
from exportkit.store import OutputOptions, StoreOptions, Traffic
from exportkit.verify import VerifyReport, verify

__all__ = [
    "AttributeValue",
    "ChangeRecord",
    "ChangeReport",
    "CleanReport",
    "ConvertReport",
    "Item",
    "OpenExport",
    "OutputOptions",
    "Rebuilt",
    "ReplayPlan",
    "ReplayReport",
    "Scan",
    "Schema",
    "SchemaOptions",
    "Signature",
    "StoreOptions",
    "TextForm",
    "Traffic",
    "VerifyReport",
    "__version__",
    "clean",
    "compact",
    "convert",
    "diff",
    "engine_info",
    "find_exports",
    "open",
    "replay",
    "revert",
    "signature",
    "verify",
]
