"""Makes small exports of given lines, so that a test can plant one fault and nothing else."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.sink.export_writer import ExportWriter

EXPORT_ID = "01768386000000-0a1b2c3d"
WINDOW = (datetime(2026, 1, 14, 10, 20, tzinfo=UTC), datetime(2026, 1, 14, 10, 35, tzinfo=UTC))
IN_WINDOW = 1_768_386_096_366_933


@dataclass(frozen=True)
class Made:
    """An export on disk, and ways to spoil it."""

    root: Path
    folder: Path

    @property
    def data_files(self) -> list[Path]:
        entries = (self.folder / "manifest-files.json").read_bytes().splitlines()
        return [self.root / orjson.loads(entry)["dataFileS3Key"] for entry in entries]

    def rewrite(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Changes a manifest, and its MD5 file with it."""
        path = self.folder / f"{name}.json"
        data = change(path.read_bytes())
        path.write_bytes(data)
        (self.folder / f"{name}.md5").write_bytes(base64.b64encode(hashlib.md5(data).digest()))

    def rewrite_entry(self, index: int, **members: object) -> None:
        """Changes members of one line of manifest-files."""

        def change(data: bytes) -> bytes:
            lines = data.splitlines(keepends=True)
            lines[index] = orjson.dumps(orjson.loads(lines[index]) | members) + b"\n"
            return b"".join(lines)

        self.rewrite("manifest-files", change)

    def rewrite_summary(self, **members: object) -> None:
        """Changes members of the summary."""
        self.rewrite("manifest-summary", lambda data: orjson.dumps(orjson.loads(data) | members))


def make_export(
    root: Path,
    form: OutputFormat,
    files: Sequence[Sequence[str | bytes]],
    *,
    export_type: ExportType = ExportType.FULL,
    view: ExportView = ExportView.NEW_AND_OLD_IMAGES,
    prefix: str | None = "backup",
) -> Made:
    """Writes an export with these lines in these files; its manifests agree with it."""
    incremental = export_type is ExportType.INCREMENTAL
    summary = ManifestSummary(
        version="2023-08-01" if incremental else "2020-06-30",
        export_arn=f"arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/export/{EXPORT_ID}",
        start_time=WINDOW[1],
        end_time=WINDOW[1],
        table_arn="arn:aws:dynamodb:eu-central-1:111122223333:table/Orders",
        table_id="11991185-e7ab-4da5-8bab-03f0db0b7bfd",
        export_time=None if incremental else WINDOW[0],
        export_from_time=WINDOW[0] if incremental else None,
        export_to_time=WINDOW[1] if incremental else None,
        s3_bucket="bucket",
        s3_prefix=prefix,
        s3_sse_algorithm="AES256",
        manifest_files_s3_key="",
        billed_size_bytes=0,
        item_count=0,
        output_format=form,
        output_view=view if incremental else None,
        export_type=export_type,
    )
    with ExportWriter(root, summary) as export:
        for lines in files:
            with export.data_file() as file:
                for line in lines:
                    raw = line.encode() if isinstance(line, str) else line
                    file.write(raw + b"\n", records=1 if raw.strip(b" \t\r") else 0)
        export.finish()
        return Made(root, Path(export.folder))


def item(form: OutputFormat, key: str, *, tag: str = "S", name: str = "pk", extra: str = "") -> str:
    """Returns the line of one item."""
    if form is OutputFormat.ION:
        value = f'"{key}"' if tag == "S" else f"{key}."
        return f" $ion_1_0 {{Item:{{{name}:{value}{',' + extra if extra else ''}}}}}"
    return f'{{"Item":{{"{name}":{{"{tag}":"{key}"}}{"," + extra if extra else ""}}}}}'


def change(
    form: OutputFormat, key: str, *, new: str | None = None, old: str | None = None, micros: int = IN_WINDOW
) -> str:
    """Returns the line of one change record; ``new`` and ``old`` are the keys in the images."""
    if form is OutputFormat.ION:
        members = [f"Metadata:{{WriteTimestampMicros:{micros}.}}", f'Keys:{{pk:"{key}"}}']
        members += [f'{name}:{{pk:"{value}",n:1.}}' for name, value in (("OldImage", old), ("NewImage", new)) if value]
        return f" $ion_1_0 {{Record:{{{','.join(members)}}}}}"
    members = [f'"Metadata":{{"WriteTimestampMicros":{{"N":"{micros}"}}}}', f'"Keys":{{"pk":{{"S":"{key}"}}}}']
    members += [
        f'"{name}":{{"pk":{{"S":"{value}"}},"n":{{"N":"1"}}}}'
        for name, value in (("OldImage", old), ("NewImage", new))
        if value
    ]
    return f"{{{','.join(members)}}}"
