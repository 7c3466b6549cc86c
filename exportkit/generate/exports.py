"""Writes the exports: a base, a chain of windows after it, and what they amount to."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import cycle, pairwise
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import orjson

from exportkit.errors import UsageError
from exportkit.generate.chain import Change, Effect, Table
from exportkit.generate.options import GenerateOptions
from exportkit.generate.render import Renderer
from exportkit.generate.shapes import GROUP, Shape
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.manifest import ManifestSummary
from exportkit.model.times import to_micros
from exportkit.sink.export_writer import DataFileWriter, ExportWriter, refuse_root_folder
from exportkit.store.opening import normal_uri
from exportkit.store.writing import AtomicFile

__all__ = ["Generated", "GeneratedExport", "generate"]

_REGION, _ACCOUNT = "eu-central-1", "111122223333"
_LEAST_BILL = 10_000_000
"""What AWS bills for an incremental export at least, bytes."""

_BATCH_SIZE = 1 << 20
"""Bytes of records put together before they are compressed."""

_S3 = ("s3:/", "s3n:/", "s3a:/")  # as a path has it, too: one slash of two
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedExport:
    """One export that was written.

    Attributes:
        location: Its folder.
        summary: What its manifest-summary.json says.
        bytes: Decompressed bytes of its data files.
        effects: How many items a window inserted, updated and so on; empty for a base.
        table_items: Items the table has after it.
    """

    location: str
    summary: ManifestSummary
    bytes: int
    effects: dict[Effect, int]
    table_items: int

    def told(self) -> dict[str, Any]:
        """Returns its ExportId and what it did."""
        return {
            "exportId": self.summary.export_id,
            "itemCount": self.summary.item_count,
            "effects": {effect.value: count for effect, count in self.effects.items()},
            "tableItems": self.table_items,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What ``generate`` wrote.

    Attributes:
        base: The full export.
        windows: The incremental exports, by time.
        expected: The folder of the expected end state, where it was asked for.
    """

    base: GeneratedExport
    windows: tuple[GeneratedExport, ...]
    expected: str | None

    def to_dict(self) -> dict[str, Any]:
        """Returns what ``generate --json`` prints."""
        exports = [{"location": export.location, "bytes": export.bytes, **export.told()} for export in self.exports]
        return {"exports": exports, "expected": self.expected}

    @property
    def exports(self) -> tuple[GeneratedExport, ...]:
        """The base, then the windows."""
        return self.base, *self.windows


def generate(
    dest: str | os.PathLike[str], options: GenerateOptions | None = None, *, expected: bool = False
) -> Generated:
    """Writes a full export and a chain of incremental ones below a folder that stands for a bucket.

    Equal options give equal bytes (with one version of igzip), and the same items in both
    formats. Memory does not grow with the items but by four bytes for each, and by the
    changes of one window; with ``expected`` by all keys too.

    Args:
        dest: The folder; other exports in it stay.
        options: What to make.
        expected: Write the end state too, to ``dest/expected/<ExportId of the base>/``: ``items.jsonl`` (DynamoDB
            JSON, sorted by key: S by UTF-8, N by value, B by bytes) and ``exports.json`` (what each export did).

    Whatever ends it early carries a note that names the export left unfinished.

    Raises:
        UsageError: ``dest`` is no local folder, or one called ``AWSDynamoDB``; or a key attribute has the name of
            another attribute of the shape.
        StoreError: The folder cannot be written.
    """
    options = options or GenerateOptions()
    if os.fspath(dest).lower().startswith(_S3):
        raise UsageError(f"generate writes into a local folder, not {dest}; copy it there with aws s3 sync")
    refuse_root_folder(normal_uri(dest))
    run = _Run(os.fspath(dest), options)
    base = run.base()
    windows = tuple(run.windows())
    done = Generated(base=base, windows=windows, expected=None)
    return Generated(base=base, windows=windows, expected=run.expected(done)) if expected else done


@contextmanager
def _told_if_unfinished(folder: str) -> Iterator[None]:
    """Adds to what ends the block early, an interrupt too, that this folder is left unfinished."""
    try:
        yield
    except BaseException as error:
        if Path(folder).is_dir():
            error.add_note(f"unfinished: {folder}")
        raise


class _Run:
    """One table's way through time."""

    def __init__(self, dest: str, options: GenerateOptions) -> None:
        self._dest = dest
        self._options = options
        self._start = options.export_time.astimezone(UTC)
        rng = Random(f"{options.seed} chain")  # noqa: S311 - test data
        self._table = Table(options.items, rng, expiring=options.shape is Shape.MIXED)

    def base(self) -> GeneratedExport:
        """Writes the full export."""
        options = self._options
        time = self._start - timedelta(seconds=options.first_window_offset)
        summary = self._summary(ExportType.FULL, options.format, "base", time, timedelta(seconds=306, milliseconds=261))
        renderer = self._renderer(options.format)
        groups = -(-options.items // GROUP)
        ends = [min(groups * number // options.files * GROUP, options.items) for number in range(options.files + 1)]
        parts = [range(first, end) for first, end in pairwise(ends)]
        return self._write(summary, parts, lambda item: renderer.item(item, 0), 0, Counter())

    def windows(self) -> Iterator[GeneratedExport]:
        """Writes the incremental exports."""
        options = self._options
        length = timedelta(minutes=options.window_minutes)
        formats, views = cycle(options.window_format or (options.format,)), cycle(options.view)
        for number, output_format, view in zip(range(options.windows), formats, views, strict=False):
            yield self._window(number, self._start + number * length, length, output_format, view)

    def _window(
        self, number: int, start: datetime, length: timedelta, output_format: OutputFormat, view: ExportView
    ) -> GeneratedExport:
        end = start + length
        changes, effects = self._table.change(self._options.changes, to_micros(start), to_micros(end))
        began = end + timedelta(seconds=11)
        took = timedelta(seconds=371, milliseconds=number * 97 % 1000)
        summary = self._summary(
            ExportType.INCREMENTAL, output_format, f"window {number}", began, took, (start, end), view
        )
        renderer = self._renderer(output_format)
        parts: list[list[Change]] = [[] for _ in range(self._options.files)]
        for change in changes:
            parts[change.item // GROUP % len(parts)].append(change)
        old_images = view is ExportView.NEW_AND_OLD_IMAGES
        return self._write(
            summary, parts, lambda change: renderer.change(change, old_image=old_images), _LEAST_BILL, effects
        )

    def _write(
        self,
        summary: ManifestSummary,
        parts: Sequence[Collection[_T]],
        line: Callable[[_T], bytes],
        least_bill: int,
        effects: Counter[Effect],
    ) -> GeneratedExport:
        """Writes an export: a data file for each part, with a line for each of its members, and empty files around."""
        empty = self._options.empty_files
        files = [(), *parts, *[()] * (empty - 1)] if empty else parts
        export = ExportWriter(self._dest, summary, level=self._options.level)
        with _told_if_unfinished(export.folder), export:
            for part in files:
                with export.data_file() as file:
                    self._fill(file, map(line, part), len(part))
            return GeneratedExport(
                location=export.folder,
                summary=export.finish(billed_size_bytes=max(least_bill, export.data_bytes)),
                bytes=export.data_bytes,
                effects=dict(sorted(effects.items())),
                table_items=len(self._table),
            )

    def _fill(self, file: DataFileWriter, lines: Iterable[bytes], count: int) -> None:
        """Writes ``count`` lines, gzip members cut in the middle of one."""
        step = -(-count // self._options.gzip_members) or 1
        batch: list[bytes] = []
        size = 0
        for number, line in enumerate(lines):
            if number and number % step == 0:
                file.write(b"".join([*batch, line[: len(line) // 2]]), len(batch))
                file.new_member()
                file.write(line[len(line) // 2 :], 1)
                batch, size = [], 0
                continue
            batch.append(line)
            size += len(line)
            if size > _BATCH_SIZE:
                file.write(b"".join(batch), len(batch))
                batch, size = [], 0
        file.write(b"".join(batch), len(batch))

    def expected(self, done: Generated) -> str:
        """Writes the end state and what led to it; returns the folder."""
        renderer = self._renderer(OutputFormat.DYNAMODB_JSON)
        assert done.base.summary.export_id is not None
        folder = Path(self._dest, "expected", done.base.summary.export_id)
        state = sorted((renderer.key_values(item), item, version) for item, version in self._table.items())
        with AtomicFile(str(folder / "items.jsonl")) as file:
            for _, item, version in state:
                file.write(renderer.item(item, version))
        key = [{"name": part.name, "type": part.type} for part in self._options.key_parts]
        told = {"key": key, "exports": [export.told() for export in done.exports]}
        with AtomicFile(str(folder / "exports.json")) as file:
            file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return str(folder)

    def _renderer(self, output_format: OutputFormat) -> Renderer:
        options = self._options
        step = options.items // (options.big_items or 1) or 1
        big = range(0, options.items, step)[: options.big_items]
        now = int(self._start.timestamp())
        return Renderer(options.shape, now, options.key_parts, options.seed, output_format, frozenset(big))

    def _summary(
        self,
        export_type: ExportType,
        output_format: OutputFormat,
        what: str,
        began: datetime,
        took: timedelta,
        window: tuple[datetime, datetime] | None = None,
        view: ExportView | None = None,
    ) -> ManifestSummary:
        options = self._options
        table = f"arn:aws:dynamodb:{_REGION}:{_ACCOUNT}:table/{options.table}"
        export_id = f"{to_micros(began) // 1000:014d}-{options.fingerprint(what)[:8]}"
        full = export_type is ExportType.FULL
        return ManifestSummary(
            version="2020-06-30" if full else "2023-08-01",
            export_arn=f"{table}/export/{export_id}",
            start_time=began,
            end_time=began + took,
            table_arn=table,
            table_id=str(UUID(sha256(f"{options.seed} {table}".encode()).hexdigest()[:32], version=4)),
            export_time=began if full else None,
            export_from_time=window[0] if window else None,
            export_to_time=window[1] if window else None,
            s3_bucket=options.bucket,
            s3_prefix=options.prefix,
            s3_sse_algorithm="AES256",
            manifest_files_s3_key="",
            billed_size_bytes=0,
            item_count=0,
            output_format=output_format,
            output_view=view,
            export_type=export_type,
        )
