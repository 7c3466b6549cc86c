"""Pushing bytes through the readers of an engine, in chunks of a size."""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from exportkit.engine.protocols import Canonicaliser, Engine, Items, Transcoder
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions, ScanOptions, ScanReport
from exportkit.model.values import Record

CHUNK_SIZES = (1, 3, 5, 1 << 20)

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
FULL, INCREMENTAL = ExportType.FULL, ExportType.INCREMENTAL


def each_size(test: Callable[..., None]) -> Callable[..., None]:
    """Calls a test with every size of chunks. They are one case: most take less time than a case of its own costs."""

    @functools.wraps(test)
    def with_each(**named: Any) -> None:
        for size in CHUNK_SIZES:
            try:
                test(**named, size=size)
            except BaseException as error:
                error.add_note(f"in chunks of {size} bytes")
                raise

    asked = inspect.signature(test)
    with_each.__signature__ = asked.replace(
        parameters=[parameter for name, parameter in asked.parameters.items() if name != "size"]
    )
    return with_each


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def scan(engine: Engine, data: bytes, size: int = 1 << 20, **options: Any) -> ScanReport:
    scanner = engine.scanner(_options(ScanOptions, options))
    for chunk in chunks(data, size):
        scanner.feed(chunk)
    return scanner.finish()


@dataclass
class Outcome:
    """What a reader handed on, and the fault that ended it."""

    results: list[Any] = field(default_factory=list)
    error: MalformedRecordError | None = None

    @property
    def fault(self) -> tuple[str, int, int, str] | None:
        error = self.error
        return None if error is None else (error.reason, error.line, error.offset, error.path)


def drain(reader: Items | Transcoder | Canonicaliser, data: bytes, size: int = 1 << 20) -> Outcome:
    """Pushes all of it; stops at the error, which it keeps."""
    outcome = Outcome()
    try:
        for chunk in chunks(data, size):
            _add(outcome, reader.feed(chunk))
        _add(outcome, reader.finish())
    except MalformedRecordError as error:
        outcome.error = error
    return outcome


def items(engine: Engine, data: bytes, size: int = 1 << 20, **options: Any) -> list[Record]:
    return _whole(drain(engine.items(_options(ReadOptions, options)), data, size))


def transcode(engine: Engine, data: bytes, form: TextForm, size: int = 1 << 20, **options: Any) -> bytes:
    return b"".join(_whole(drain(engine.transcoder(_options(ReadOptions, options), form), data, size)))


def canonical(engine: Engine, data: bytes, size: int = 1 << 20, *, hashed: bool = False, **options: Any) -> list[bytes]:
    reader = engine.canonicaliser(_options(ReadOptions, options), hashed=hashed)
    return _whole(drain(reader, data, size))


def readers(engine: Engine, options: ReadOptions) -> list[Items | Transcoder | Canonicaliser]:
    """Returns one of each reader that hands records on."""
    return [
        engine.items(options),
        *(engine.transcoder(options, form) for form in TextForm),
        engine.canonicaliser(options),
        engine.canonicaliser(options, hashed=True),
    ]


def _add(outcome: Outcome, handed_on: Any) -> None:
    if isinstance(handed_on, bytes):
        outcome.results += _lines(handed_on)
    else:
        outcome.results += handed_on


def _lines(data: bytes) -> list[bytes]:
    *lines, rest = data.split(b"\n")
    assert not rest, "a transcoder gives whole lines"
    return [line + b"\n" for line in lines]


def _whole(outcome: Outcome) -> list[Any]:
    if outcome.error is not None:
        raise outcome.error
    return outcome.results


def _options(kind: type[ReadOptions], options: dict[str, Any]) -> Any:
    return kind(**{"format": JSON, "export_type": FULL, "uri": "x", **options})
