"""The two manifests of an export: what they say, read from bytes and written to bytes.

Nothing but ``manifestFilesS3Key``, ``itemCount`` and ``outputFormat`` is demanded of a
summary (and its window of an incremental one), and nothing but ``dataFileS3Key`` and
``itemCount`` of a line of manifest-files.json: emulators and migration tools write no
more. What is there has to be of its type.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import orjson

from exportkit.errors import ManifestError
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.members import Members, shown
from exportkit.model.times import format_time
from exportkit.model.window import Window

__all__ = ["DataFileEntry", "ManifestSummary"]

_SUMMARY_KEYS = (  # in the order AWS writes them
    "version",
    "exportArn",
    "startTime",
    "endTime",
    "tableArn",
    "tableId",
    "exportTime",
    "exportFromTime",
    "exportToTime",
    "s3Bucket",
    "s3Prefix",
    "s3SseAlgorithm",
    "s3SseKmsKeyId",
    "manifestFilesS3Key",
    "billedSizeBytes",
    "itemCount",
    "outputFormat",
    "outputView",
    "exportType",
    "exportkit",
)
_WRITTEN_AS_NULL = frozenset({"s3Prefix", "s3SseKmsKeyId"})
_NEVER_IN_FULL = frozenset({"exportFromTime", "exportToTime", "outputView", "exportType", "exportkit"})
_NEVER_IN_INCREMENTAL = frozenset({"exportTime", "exportkit"})
_ENTRY_KEYS = ("itemCount", "md5Checksum", "etag", "dataFileS3Key")
_ARN_ID = re.compile(r"/export/([^/]+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSummary:
    """What manifest-summary.json says.

    Attributes:
        version: ``2020-06-30`` (full) or ``2023-08-01`` (incremental).
        export_arn: ``<table_arn>/export/<ExportId>``.
        start_time: When the export began.
        end_time: When it had ended.
        table_arn: The table.
        table_id: Tells a table from another of the same name.
        export_time: The instant of a full export's snapshot.
        export_from_time: Start of an incremental export's window, inclusive.
        export_to_time: Its end, exclusive.
        s3_bucket: The bucket AWS wrote to; the export may have been copied since.
        s3_prefix: The prefix asked for.
        s3_sse_algorithm: ``AES256`` or ``KMS``.
        s3_sse_kms_key_id: The KMS key.
        manifest_files_s3_key: Where manifest-files.json was written.
        billed_size_bytes: What AWS bills for: no size of anything in the bucket.
        item_count: Records of all data files together.
        output_format: How the data files are written.
        output_view: Which images an incremental export's records carry.
        export_type: Told by ``exportType``, else by ``exportFromTime``, else full.
        exportkit: What exportkit says about an export it made.
        extra: The keys that are none of these, as they were.
    """

    version: str | None = None
    export_arn: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    table_arn: str | None = None
    table_id: str | None = None
    export_time: datetime | None = None
    export_from_time: datetime | None = None
    export_to_time: datetime | None = None
    s3_bucket: str | None = None
    s3_prefix: str | None = None
    s3_sse_algorithm: str | None = None
    s3_sse_kms_key_id: str | None = None
    manifest_files_s3_key: str
    billed_size_bytes: int | None = None
    item_count: int
    output_format: OutputFormat
    output_view: ExportView | None = None
    export_type: ExportType
    exportkit: Mapping[str, Any] | None = field(default=None, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, data: bytes, uri: str) -> Self:
        """Reads a summary.

        Args:
            data: The bytes of manifest-summary.json.
            uri: Its name, for errors.

        Raises:
            ManifestError: It is malformed, lacks what every reader needs, or contradicts
                itself; the message names the key.
        """
        members = Members(data, uri)
        export_type = members.word("exportType", ExportType)
        from_time, to_time = members.time("exportFromTime"), members.time("exportToTime")
        if export_type is None:
            export_type = ExportType.FULL if from_time is None else ExportType.INCREMENTAL
        if export_type is ExportType.INCREMENTAL:
            if from_time is None or to_time is None:
                raise members.wrong("an incremental export without exportFromTime and exportToTime")
            try:
                Window(from_time, to_time)
            except ValueError as error:
                raise members.wrong(f"exportFromTime and exportToTime make {error}") from None
        view = members.text("outputView")
        files_key, output_format = members.text("manifestFilesS3Key"), members.word("outputFormat", OutputFormat)
        item_count = members.count("itemCount")
        for key, value in (
            ("manifestFilesS3Key", files_key or None),
            ("itemCount", item_count),
            ("outputFormat", output_format),
        ):
            if value is None:
                raise members.wrong(f"{key} is missing")
        assert files_key is not None
        assert item_count is not None
        assert output_format is not None
        return cls(
            version=members.text("version"),
            export_arn=members.text("exportArn"),
            start_time=members.time("startTime"),
            end_time=members.time("endTime"),
            table_arn=members.text("tableArn"),
            table_id=members.text("tableId"),
            export_time=members.time("exportTime"),
            export_from_time=from_time,
            export_to_time=to_time,
            s3_bucket=members.text("s3Bucket"),
            s3_prefix=members.text("s3Prefix"),
            s3_sse_algorithm=members.text("s3SseAlgorithm"),
            s3_sse_kms_key_id=members.text("s3SseKmsKeyId"),
            manifest_files_s3_key=files_key,
            billed_size_bytes=members.count("billedSizeBytes"),
            item_count=item_count,
            output_format=output_format,
            # AWS's documentation calls the first view NEW_IMAGES; so some writers do.
            output_view=ExportView.NEW_IMAGE if view == "NEW_IMAGES" else members.word("outputView", ExportView),
            export_type=export_type,
            exportkit=members.mapping("exportkit"),
            extra=members.beside(_SUMMARY_KEYS),
        )

    def told(self) -> dict[str, str | None]:
        """Returns what reports say of the export: table, kind, format, view, time or window."""
        return {
            "table": self.table_arn,
            "kind": str(self.export_type),
            "format": str(self.output_format),
            "view": None if self.output_view is None else str(self.output_view),
            "export_time": None if self.export_time is None else format_time(self.export_time),
            "window": None if self.window is None else str(self.window),
        }

    def to_json(self) -> bytes:
        """Returns the summary as AWS writes one: its key order, compact, no line feed.

        A full export has no ``exportType``, as AWS's have none.
        """
        full = self.export_type is ExportType.FULL
        values: dict[str, Any] = {}
        for key in _SUMMARY_KEYS:
            value = None if full and key == "exportType" else getattr(self, _snake(key))
            if isinstance(value, datetime):
                value = format_time(value)
            elif isinstance(value, Mapping):
                value = dict(value)
            if value is not None or key in _WRITTEN_AS_NULL:
                values[key] = value
        return orjson.dumps(values | dict(self.extra))

    @property
    def export_id(self) -> str | None:
        """The ExportId at the end of the export's ARN, where there is one."""
        found = _ARN_ID.search(self.export_arn or "")
        return found[1] if found else None

    @property
    def window(self) -> Window | None:
        """The window of an incremental export."""
        if self.export_type is ExportType.FULL or self.export_from_time is None or self.export_to_time is None:
            return None
        return Window(self.export_from_time, self.export_to_time)

    @property
    def table_name(self) -> str | None:
        """The table's name, from its ARN."""
        return self.table_arn.rsplit("/", 1)[-1] if self.table_arn else None

    @property
    def absent_keys(self) -> tuple[str, ...]:
        """The keys that AWS writes for such an export and this summary lacks."""
        never = _NEVER_IN_FULL if self.export_type is ExportType.FULL else _NEVER_IN_INCREMENTAL
        return tuple(
            key for key in _SUMMARY_KEYS if key not in never | _WRITTEN_AS_NULL and getattr(self, _snake(key)) is None
        )

    @property
    def filter_keys(self) -> tuple[str, ...]:
        """The unknown keys that speak of a filter: such an export may hold part of the table."""
        return tuple(key for key, value in self.extra.items() if "filter" in key.lower() and value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFileEntry:
    """One line of manifest-files.json: a data file.

    Attributes:
        item_count: Its records.
        md5: Base64 of the MD5 of the compressed object; decides whether it is unharmed.
        etag: The ETag it had when AWS wrote it; a copy may have another.
        key: ``dataFileS3Key`` as written.
        line: The line's number, from 1; 0 for an entry that was not read.
        extra: The keys that are none of these, as they were.
    """

    item_count: int
    md5: str | None = None
    etag: str | None = None
    key: str
    line: int = field(default=0, compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, data: bytes, uri: str, line: int) -> Self:
        """Reads one line.

        Args:
            data: The line, with or without its line feed.
            uri: The name of manifest-files.json, for errors.
            line: The line's number, from 1.

        Raises:
            ManifestError: The line is malformed; the message names the key.
        """
        if _is_start_of_several_lines(data):
            told = "not one JSON object: the manifest was reformatted, it seems; it has one a line (jq -c writes it so)"
            raise ManifestError(uri, told, line=line)
        members = Members(data, uri, line)
        key, item_count, md5 = members.text("dataFileS3Key"), members.count("itemCount"), members.text("md5Checksum")
        if not key:
            raise members.wrong("dataFileS3Key is missing")
        if item_count is None:
            raise members.wrong("itemCount is missing")
        if md5 is not None and not _is_md5(md5):
            raise members.wrong(f"md5Checksum is not the base64 of an MD5: {shown(md5)}")
        return cls(
            item_count=item_count,
            md5=md5,
            etag=members.text("etag"),
            key=key,
            line=line,
            extra=members.beside(_ENTRY_KEYS),
        )

    def to_json(self) -> bytes:
        """Returns the entry as a line of manifest-files.json, with its line feed."""
        values = zip(_ENTRY_KEYS, (self.item_count, self.md5, self.etag, self.key), strict=True)
        known = {key: value for key, value in values if value is not None}
        return orjson.dumps(known | dict(self.extra), option=orjson.OPT_APPEND_NEWLINE)


def _snake(key: str) -> str:
    """The field of a manifest's key: ``s3SseKmsKeyId`` is ``s3_sse_kms_key_id``."""
    return re.sub(r"(S3|[A-Z])", lambda found: "_" + found[0].lower(), key)


def _is_start_of_several_lines(data: bytes) -> bool:
    """Tells whether a line is the first of what ``jq .`` or ``jq -s .`` makes of manifest-files.json, or all of it."""
    text = data.strip()
    return text == b"{" or text.startswith(b"[")


def _is_md5(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
