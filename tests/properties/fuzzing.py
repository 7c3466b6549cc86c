"""A quick fuzzer of the border: mutated records through both engines, which must agree on everything.

    python -m tests.properties.fuzzing --seconds 600 --seed 1

Some 300 cases a second; nothing is tolerated. It prints how many there were, and the first that differs.
"""

import argparse
import random
import sys
import time

from exportkit.engine.native import NativeEngine
from exportkit.engine.protocols import Engine
from exportkit.engine.reference import ReferenceEngine
from exportkit.model.formats import ExportType, ExportView, OutputFormat
from exportkit.model.scan import ReadOptions, ScanOptions
from tests.engine.running import CHUNK_SIZES, ION, JSON, chunks, drain, readers
from tests.engine.test_conformance import BAD, GOOD
from tests.strategies import FRAGMENTS

SINGLES = b"{}[]()\"':,\\0123456789abnrtux _-+.eEdD$/*"
LONGEST_SEED = 3000


class Fuzzer:
    """Makes cases from the conformance records, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seeds = [
            (ION if path.suffix == ".ion" else JSON, line)
            for path in (*GOOD, *BAD)
            for line in path.read_bytes().split(b"\n")
            if len(line) < LONGEST_SEED
        ]

    def case(self) -> tuple[bytes, ScanOptions]:
        """Returns a file and how to read it: one broken record, or some like it that the native engine learns from."""
        choose = self.random.choice
        format_, line = choose(self.seeds)
        others = (
            choose((line, line, self.mutated(line), self.mutated(choose(self.seeds)[1])))
            for _ in range(choose((0, 0, 1, 3, 8)))
        )
        lines = [self.mutated(line), *others]
        self.random.shuffle(lines)
        data = b"\n".join(lines)
        options = ScanOptions(
            format=format_ if self.random.random() < 0.98 else choose(list(OutputFormat)),
            export_type=choose(list(ExportType)),
            uri="x",
            max_record_size=choose((1 << 26, 1 << 26, 1 << 26, 30, 100)),
            view=choose([None, *ExportView]),
            key_names=choose((None, ("pk",), ("pk", "sk"), ("v",))),
            collect_keys=True,
            window=choose((None, (1684374845000000, 1684374846000000))),
        )
        return data, options

    def mutated(self, line: bytes) -> bytes:
        """Returns the line after a few edits."""
        data = bytearray(line)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3, 5))):
            self.edit(data, self.random.randint(0, len(data)))
        return bytes(data)

    def edit(self, data: bytearray, at: int) -> None:
        length = self.random.randint(1, 40)
        match self.random.choices(("insert", "drop", "double", "cross", "byte", "single"), (9, 4, 2, 2, 2, 1))[0]:
            case "insert":
                data[at:at] = self.random.choice(FRAGMENTS)
            case "drop":
                del data[at : at + length % 7]
            case "double":
                data[at + length : at + length] = data[at : at + length]
            case "cross":
                _, other = self.random.choice(self.seeds)
                start = self.random.randint(0, len(other))
                data[at:at] = other[start : start + length]
            case "byte":
                data[at : at + 1] = self.random.randbytes(1)
            case "single":
                data[at : at + 1] = bytes([self.random.choice(SINGLES)])


def difference(reference: Engine, native: Engine, data: bytes, options: ScanOptions, size: int) -> str | None:
    """Returns how the engines differ on a file, None where they agree."""
    scans = []
    for engine, step in ((reference, 1 << 20), (native, size)):
        scanner = engine.scanner(options)
        for chunk in chunks(data, step):
            scanner.feed(chunk)
        scans.append((scanner.finish(), scanner.take_keys()))
    if scans[0] != scans[1]:
        return f"scanner: {scans[0]} and {scans[1]}"
    read = ReadOptions(
        format=options.format,
        export_type=options.export_type,
        uri=options.uri,
        max_record_size=options.max_record_size,
    )
    for slow, quick in zip(readers(reference, read), readers(native, read), strict=True):
        expected, found = drain(slow, data), drain(quick, data, size)
        if (expected.results, expected.fault) != (found.results, found.fault):
            return f"{type(quick).__name__}: {expected} and {found}"
    return None


def fuzz(seconds: float, seed: int) -> tuple[int, str | None]:
    """Returns how many cases there were, and the first difference with its bytes."""
    reference, native = ReferenceEngine(), NativeEngine()
    fuzzer = Fuzzer(seed)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        data, options = fuzzer.case()
        found = difference(reference, native, data, options, fuzzer.random.choice(CHUNK_SIZES))
        count += 1
        if found is not None:
            return count, f"{data!r}\n{options}\n{found}"
    return count, None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    count, found = fuzz(arguments.seconds, arguments.seed)
    print(f"{count} cases with seed {arguments.seed}, {'no difference' if found is None else found}")  # noqa: T201
    return found is not None


if __name__ == "__main__":
    sys.exit(main())
