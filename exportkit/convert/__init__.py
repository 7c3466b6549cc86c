"""Exports become Parquet: schema, tasks, files, resume, and the document that says what became of what."""

from exportkit.convert.options import OnMalformed, OnMisfit
from exportkit.convert.report import ConvertReport, DatasetReport
from exportkit.convert.run import convert

__all__ = ["ConvertReport", "DatasetReport", "OnMalformed", "OnMisfit", "convert"]
