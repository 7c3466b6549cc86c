"""The words of the export API: formats, kinds, views (ExportTableToPointInTime's own spellings)."""

from enum import StrEnum

__all__ = ["ExportType", "ExportView", "OutputFormat", "TextForm"]


class OutputFormat(StrEnum):
    """How the data files of an export are written."""

    DYNAMODB_JSON = "DYNAMODB_JSON"
    ION = "ION"

    @property
    def suffix(self) -> str:
        """The ending of a data file's name, ``.json.gz`` or ``.ion.gz``."""
        return ".json.gz" if self is OutputFormat.DYNAMODB_JSON else ".ion.gz"

    @property
    def form(self) -> "TextForm":
        """What a transcoder writes in this format."""
        return TextForm.DYNAMODB_JSON if self is OutputFormat.DYNAMODB_JSON else TextForm.ION


class ExportType(StrEnum):
    """What an export holds: the whole table at one instant, or the changes of a window."""

    FULL = "FULL_EXPORT"
    INCREMENTAL = "INCREMENTAL_EXPORT"


class ExportView(StrEnum):
    """Which images an incremental export's records carry."""

    NEW_IMAGE = "NEW_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


class TextForm(StrEnum):
    """What a transcoder writes, one record a line."""

    DYNAMODB_JSON = "dynamodb-json"
    JSON = "json"
    ION = "ion"
