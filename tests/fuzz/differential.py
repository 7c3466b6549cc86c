"""Holds the native engine against the reference engine: ``python -m tests.fuzz.differential --seconds 60``.

Both read the same records, generated in every spelling or taken from ``tests/conformance``, and mutated.
In chunks or whole, they must give the same scan reports and key entries, the same faults from readers, by
options and column plans made at random the same statistics, batches, misfits and errors, the same join entries, kept
lines, joins and sums, and of every readable record the same values, canonical bytes and lines in every form, which
read back as the same record. No difference is tolerated. The first one is narrowed down, mostly to a line, printed,
and ends the run with exit code 1; its seed and round make it again.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from exportkit.engine.protocols import Engine
from exportkit.engine.reference import ReferenceEngine
from exportkit.model.formats import ExportType, ExportView, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions, ScanOptions, ScanReport
from exportkit.reasons import REASONS
from tests.engine.running import canonical, chunks, drain, items, readers, transcode
from tests.fuzz.columns import Asked, ask, decoded, inferred
from tests.fuzz.dynamodb_json import DynamodbJsonRecords
from tests.fuzz.ion import IonRecords
from tests.fuzz.joining import Joins, ask_joins, entered, entered_one_by_one, entries_to_join, joined, signed
from tests.fuzz.mutation import file_of, mutated

__all__ = ["DifferenceError", "Round", "make_round", "rounds", "run", "run_round"]

RECORDS = 40
CONFORMANCE = Path(__file__).parents[1] / "conformance"
LONGEST_RECORD = 3000
READABLE = frozenset(
    reason.slug
    for reason in REASONS.values()
    if reason.code not in {"record-malformed", "record-kind-mismatch"} or reason.slug.endswith("-in-view")
)
FORMS = {TextForm.DYNAMODB_JSON: OutputFormat.DYNAMODB_JSON, TextForm.ION: OutputFormat.ION}


@dataclass(frozen=True, slots=True)
class Round:
    """One file of records, and how it is read."""

    data: bytes
    options: ScanOptions
    chunk: int
    asked: Asked
    joins: Joins


class DifferenceError(Exception):
    """The engines do not agree.

    Attributes:
        data: What part of the file shows it.
        what: What differs.
        results: What the reference and the native engine gave.
    """

    def __init__(self, what: str, data: bytes, options: ScanOptions, results: tuple[Any, Any]) -> None:
        super().__init__(what, data, options, results)
        self.what, self.data, self.options, self.results = what, data, options, results

    def __str__(self) -> str:
        reference, native = self.results
        return (
            f"{self.what}\n  line: {self.data!r}\n  {self.options}\n  reference: {reference!r}\n  native:    {native!r}"
        )


def make_round(seed: int, number: int) -> Round:
    """Returns the round of a number: the same for the same seed, on every machine."""
    random = Random(f"{seed}/{number}")
    export_type = random.choice((ExportType.FULL, ExportType.FULL, ExportType.INCREMENTAL))
    output_format = random.choice((OutputFormat.DYNAMODB_JSON, OutputFormat.ION, OutputFormat.ION))
    oddness = random.choice((0.0, 0.01, 0.03, 0.1, 0.5))
    generator = (IonRecords if output_format == OutputFormat.ION else DynamodbJsonRecords)(random, oddness)
    write = generator.full if export_type == ExportType.FULL else generator.incremental
    if random.random() < 0.2:
        records = random.choices(conformance_records(output_format, export_type), k=RECORDS)
    else:
        records = [write().encode() for _ in range(RECORDS)]
    share = random.choice((0.0, 0.0, 0.1, 0.5, 1.0))
    lines = [mutated(random, line, random.choice(records)) if random.random() < share else line for line in records]
    options = ScanOptions(
        format=output_format,
        export_type=export_type,
        uri="x",
        max_record_size=random.choice((64, 1000)) if random.random() < 0.05 else 1 << 20,
        view=random.choice((None, None, *ExportView)),
        key_names=random.choice((None, None, None, (), ("pk",), ("pk", "sk"), ("a", "pk"))),
        collect_keys=random.random() < 0.5,
        window=random.choice((None, None, (1768386000000000, 1768386900000000), (1768386096366934, 1768386096366935))),
        file_index=random.choice((0, 1, (1 << 24) - 1)),
        fault_limit=10**9,
    )
    data, chunk = file_of(random, lines), random.choice((1, 3, 5, 7, 64, 1000, 1 << 20))
    return Round(data, options, chunk, ask(random, data, options), ask_joins(random, options))


@cache
def conformance_records(output_format: OutputFormat, export_type: ExportType) -> list[bytes]:
    """Returns the lines of the conformance files, but for a few enormous ones."""
    suffix = ".ion" if output_format == OutputFormat.ION else ".jsonl"
    folder = "full" if export_type == ExportType.FULL else "incremental"
    files = sorted(path for path in CONFORMANCE.glob(f"*/{folder}/*") if path.suffix == suffix)
    return [line for path in files for line in path.read_bytes().split(b"\n") if 0 < len(line) < LONGEST_RECORD]


def run_round(engines: tuple[Engine, Engine], fuzzed: Round) -> int:
    """Reads a file with both engines; returns how many of its records can be read.

    Raises:
        DifferenceError: They do not agree.
    """
    try:
        return compare(engines, fuzzed.data, fuzzed)
    except DifferenceError as difference:
        raise narrowed(engines, fuzzed, difference) from None


def narrowed(engines: tuple[Engine, Engine], fuzzed: Round, difference: DifferenceError) -> DifferenceError:
    """Returns a difference that fewer lines show: those left that cannot be left out."""
    lines = fuzzed.data.split(b"\n")
    span = len(lines)
    while span := span // 2:
        start = 0
        while start < len(lines):
            fewer = lines[:start] + lines[start + span :]
            try:
                compare(engines, b"\n".join(fewer), fuzzed)
                start += span
            except DifferenceError as smaller:
                lines, difference = fewer, smaller
    return difference


def compare(engines: tuple[Engine, Engine], data: bytes, fuzzed: Round) -> int:
    """Compares all that the engines make of some lines of a round; returns how many can be read."""
    options, asked = fuzzed.options, fuzzed.asked

    def agree(what: str, run: Callable[[Engine, int], Any], shown: bytes = data) -> Any:
        reference, native = outcome(run, engines[0], 1 << 20), outcome(run, engines[1], fuzzed.chunk)
        if reference != native:
            raise DifferenceError(what, shown, options, (reference, native))
        return reference

    def scan(engine: Engine, size: int) -> tuple[ScanReport, bytes]:
        scanner = engine.scanner(options)
        keys = b""
        for part in chunks(data, size):
            scanner.feed(part)
            keys += scanner.take_keys()
        report = scanner.finish()
        return report, keys + scanner.take_keys()

    report, _ = agree("scan", scan)
    agree("inference", lambda engine, size: inferred(engine, data, size, asked.infer))
    agree(f"decoder, {asked}", lambda engine, size: decoded(engine, data, size, asked))
    faulty = {fault.line for fault in report.faults if fault.reason not in READABLE}
    for line, part in enumerate(data.split(b"\n"), 1):
        if line in faulty and (line % 8 == 0 or len(data) < 10_000):
            agree("fault", lambda engine, size, part=part: faults(engine, part, options, size), part)  # type: ignore[misc]
    good = b"".join(part + b"\n" for line, part in enumerate(data.split(b"\n"), 1) if line not in faulty)
    compare_joins(agree, data, good, fuzzed.joins)
    reading = {"format": options.format, "export_type": options.export_type}
    agree("items", lambda engine, size: exact(items(engine, good, size, **reading)), good)
    encodings = agree("canonical", lambda engine, size: canonical(engine, good, size, **reading), good)
    for form in TextForm:
        lines = agree(str(form), lambda engine, size, form=form: transcode(engine, good, form, size, **reading), good)  # type: ignore[misc]
        if form in FORMS:
            again = {**reading, "format": FORMS[form]}
            read = agree(
                f"{form} again",
                lambda engine, size, lines=lines, again=again: canonical(engine, lines, size, **again),
                lines,
            )  # type: ignore[misc]
            if read != encodings:
                raise DifferenceError(f"{form} is not what was read", good, options, (encodings, read))
    return len(encodings)


def compare_joins(agree: Callable[..., Any], data: bytes, good: bytes, asked: Joins) -> None:
    """Compares what the engines make of records where these are joined by key."""
    agree(f"signer, {asked.reading}", lambda engine, size: signed(engine, data, size, asked.reading))
    agree(f"entries, {asked}", lambda engine, size: entered(engine, data, size, asked))
    single = agree(f"an entry, {asked}", lambda engine, size: entered_one_by_one(engine, good, size, asked), good)
    for options in asked.joins:
        for entries in entries_to_join(single, options.operation, asked):
            agree(f"{options}", lambda engine, _, entries=entries, options=options: joined(engine, entries, options))  # type: ignore[misc]


def outcome(run: Callable[[Engine, int], Any], engine: Engine, size: int) -> Any:
    """Returns what an engine gives, or what it raises where it should not."""
    try:
        return run(engine, size)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other engine must do the same
        return f"{type(error).__name__}: {error}"


def faults(
    engine: Engine, line: bytes, options: ScanOptions, size: int
) -> list[tuple[int, tuple[str, int, int, str] | None]]:
    """Returns how far each reader comes in a line, and the fault that ends it."""
    reading = ReadOptions(
        format=options.format, export_type=options.export_type, max_record_size=options.max_record_size
    )
    outcomes = (drain(reader, line, size) for reader in readers(engine, reading))
    return [(len(outcome.results), outcome.fault) for outcome in outcomes]


def exact(value: Any) -> Any:
    """Returns the value with numbers as their text, which == between decimals passes over, and sets in order."""
    match value:
        case Decimal():
            return ("N", str(value))
        case dict():
            return {name: exact(part) for name, part in value.items()}
        case list() | tuple():
            return [exact(part) for part in value]
        case set() | frozenset():
            return (type(value).__name__, sorted(map(exact, value)))
        case None | bool() | str() | bytes() | int():
            return (type(value).__name__, value)
        case _:
            return {name: exact(getattr(value, name)) for name in value.__dataclass_fields__}


def run(engines: tuple[Engine, Engine], seed: int, numbers: Iterable[int]) -> tuple[int, int]:
    """Runs rounds; returns how many there were, and how many readable records in them.

    Raises:
        DifferenceError: The engines do not agree.
    """
    done = good = 0
    for number in numbers:
        try:
            good += run_round(engines, make_round(seed, number))
        except DifferenceError as difference:
            difference.add_note(f"seed {seed}, round {number}")
            raise
        done += 1
    return done, good


def rounds(seconds: float) -> Iterator[int]:
    """Yields the numbers of rounds until the time is over."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1


def main() -> int:
    """Runs rounds until the time is over or a difference is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on (60)")
    parser.add_argument("--seed", type=int, default=0, help="what the rounds are made from (0)")
    parser.add_argument("--round", type=int, help="run this round alone")
    arguments = parser.parse_args()
    from exportkit.engine.native import NativeEngine  # noqa: PLC0415 - absent from a pure installation

    engines = (ReferenceEngine(), NativeEngine())
    numbers = rounds(arguments.seconds) if arguments.round is None else iter([arguments.round])
    try:
        done, good = run(engines, arguments.seed, numbers)
    except DifferenceError as difference:
        sys.stdout.write("\n".join((*difference.__notes__, str(difference), "")))
        return 1
    sys.stdout.write(
        f"seed {arguments.seed}: {done} rounds, {done * RECORDS} records, {good} of them readable, no difference\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
