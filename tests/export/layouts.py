"""Lays out small exports as AWS and other writers do, with plain json: nothing of the code under test."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 1, 14, 10, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@dataclass(frozen=True)
class Laid:
    """An export in a folder.

    Attributes:
        root: What stands for the bucket.
        folder: The export's folder.
    """

    root: Path
    folder: Path

    @property
    def summary(self) -> Path:
        return self.folder / "manifest-summary.json"

    @property
    def files(self) -> Path:
        return self.folder / "manifest-files.json"

    def set_keys(self, **members: Any) -> None:
        self.summary.write_text(json.dumps({**json.loads(self.summary.read_bytes()), **members}))

    def set_lines(self, *lines: str | bytes) -> None:
        self.files.write_bytes(b"".join(line.encode() if isinstance(line, str) else line for line in lines))


def entry(key: str, items: int = 1, **members: Any) -> str:
    return json.dumps({"itemCount": items, "dataFileS3Key": key, **members}) + "\n"


def lay_out(
    root: Path,
    *,
    table: str = "Orders",
    table_id: str | None = None,
    time: float = 0,
    window: tuple[float, float] | None = None,
    files: Sequence[bytes] = (b'{"Item":{"pk":{"S":"a"}}}\n', b""),
    prefix: str | None = None,
    checksums: str | None = "md5",
    started: bool = True,
    relative: bool = False,
    salt: str = "",
    change: Callable[[dict[str, Any]], None] | None = None,
) -> Laid:
    """Lays out one export.

    Args:
        root: What stands for the bucket.
        table: The table's name.
        table_id: Its id; made of the name if None.
        time: Minutes after ``START`` of a full export's exportTime, or of the beginning.
        window: Minutes after ``START``; makes it incremental.
        files: The decompressed data files.
        prefix: S3Prefix, which may end with a slash.
        checksums: The suffix of the checksum files; None leaves them out.
        started: Whether ``_started`` is there.
        relative: Keys relative to the export's folder.
        salt: Makes another ExportId.
        change: Changes the summary before it is written.
    """
    export_id = _export_id(table, window, time, salt)
    start = f"{prefix.rstrip('/')}/" if prefix else ""
    own = f"{start}AWSDynamoDB/{export_id}"
    data = own if window is None or relative else f"{start}AWSDynamoDB"
    folder = root / own
    folder.mkdir(parents=True)
    (root / data / "data").mkdir(parents=True, exist_ok=True)
    lines = []
    for index, content in enumerate(files):
        body = gzip.compress(content, mtime=0)
        name = base64.b32encode(hashlib.md5(f"{export_id}{index}".encode()).digest()).decode().lower()[:26]
        key = f"{data}/data/{name}.json.gz"
        (root / key).write_bytes(body)
        etag = hashlib.md5(hashlib.md5(body).digest()).hexdigest() + "-1"
        key = key.removeprefix(own + "/") if relative else key
        lines.append(entry(key, content.count(b"\n"), md5Checksum=md5(body), etag=etag))
    table_arn = f"arn:aws:dynamodb:eu-central-1:111122223333:table/{table}"
    kind = (
        {"exportTime": at(time)} if window is None else {"exportFromTime": at(window[0]), "exportToTime": at(window[1])}
    )
    summary: dict[str, Any] = {
        "version": "2020-06-30" if window is None else "2023-08-01",
        "exportArn": f"{table_arn}/export/{export_id}",
        "startTime": at(time if window is None else window[1]),
        "endTime": at((time if window is None else window[1]) + 5),
        "tableArn": table_arn,
        "tableId": table_id or f"id-of-{table}",
        **kind,
        "s3Bucket": "the-bucket",
        "s3Prefix": prefix,
        "s3SseAlgorithm": "AES256",
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": "manifest-files.json" if relative else f"{own}/manifest-files.json",
        "billedSizeBytes": 0 if window is None else 10_000_000,
        "itemCount": sum(content.count(b"\n") for content in files),
        "outputFormat": "DYNAMODB_JSON",
    }
    if window is not None:
        summary |= {"outputView": "NEW_AND_OLD_IMAGES", "exportType": "INCREMENTAL_EXPORT"}
    if change:
        change(summary)
    (folder / "manifest-files.json").write_text("".join(lines))
    (folder / "manifest-summary.json").write_text(json.dumps(summary, separators=(",", ":")))
    if started:
        (folder / "_started").touch()
    if checksums:
        for name in ("manifest-files", "manifest-summary"):
            (folder / f"{name}.{checksums}").write_text(md5((folder / f"{name}.json").read_bytes()))
    return Laid(root, folder)


def lay_out_started(root: Path, *, time: float = 0, salt: str = "", prefix: str = "") -> Path:
    """Lays out an export that is running, or failed."""
    folder = root / prefix / "AWSDynamoDB" / _export_id("", None, time, salt)
    folder.mkdir(parents=True)
    (folder / "_started").touch()
    return folder


def _export_id(table: str, window: tuple[float, float] | None, time: float, salt: str) -> str:
    begun = START + timedelta(minutes=time if window is None else window[1])
    return f"{int(begun.timestamp() * 1000):014d}-{hashlib.md5(f'{table}{window}{salt}'.encode()).hexdigest()[:8]}"
