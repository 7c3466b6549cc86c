"""The two engines agree on generated records; and the fuzzer finds it where they do not."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from exportkit.engine.protocols import Engine, Scanner
from exportkit.engine.reference import ReferenceEngine
from exportkit.model.formats import OutputFormat
from exportkit.model.joining import DriftKind, Joined, JoinOptions
from exportkit.model.scan import Buffer, ScanOptions
from tests.fuzz.differential import DifferenceError, make_round, rounds, run, run_round
from tests.fuzz.joining import entered_one_by_one, entries_to_join, joined

SEED = 20261122


def test_a_few_seconds_find_no_difference(engines: tuple[Engine, Engine]) -> None:
    done, good = run(engines, SEED, range(60))
    assert (done, good > 500) == (60, True)


@pytest.mark.slow
def test_a_minute_finds_no_difference(engines: tuple[Engine, Engine]) -> None:
    done, good = run(engines, SEED + 1, rounds(60))
    assert min(done, good) > 100


def test_rounds_are_the_same_every_time() -> None:
    assert make_round(1, 2) == make_round(1, 2)
    assert make_round(1, 2) != make_round(1, 3) != make_round(2, 3)


def test_records_of_both_formats_are_good_and_bad() -> None:
    fuzzed = [make_round(SEED, number) for number in range(60)]
    for output_format in OutputFormat:
        reports = [
            scan(ReferenceEngine(), file.data, file.options) for file in fuzzed if file.options.format == output_format
        ]
        bad, all_of_them = sum(report.malformed for report in reports), sum(report.records for report in reports)
        assert 0.1 < bad / all_of_them < 0.8
        reasons = {reason for report in reports for reason in report.fault_counts}
        assert len(reasons) > 20, sorted(reasons)


class Forgetful(ReferenceEngine):
    """Does not see members of a value once they are null."""

    def scanner(self, options: ScanOptions) -> Scanner:
        return BlindScanner(super().scanner(options))


class BlindScanner:
    """Hands a scanner other bytes than it was given."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scanner, name)

    def feed(self, chunk: bytes) -> None:
        self.scanner.feed(chunk.replace(b"true", b"null"))


def test_a_difference_is_found_and_narrowed_to_its_line() -> None:
    fuzzed = make_round(SEED, 1)
    fuzzed.data.index(b"true")
    with pytest.raises(DifferenceError) as caught:
        run_round((ReferenceEngine(), Forgetful()), fuzzed)
    assert caught.value.what == "scan"
    assert caught.value.data.count(b"\n") <= 1
    assert b"true" in caught.value.data


class Careless(ReferenceEngine):
    """Takes drift for nothing."""

    def join(self, entries: Buffer, options: JoinOptions) -> Joined:
        return super().join(entries, replace(options, sources=()))


def test_a_difference_of_joins_is_found() -> None:
    with pytest.raises(DifferenceError, match="JoinOptions"):
        run((ReferenceEngine(), Careless()), SEED, range(20))


def test_joins_come_to_everything_that_is_counted() -> None:
    counted: Counter[str] = Counter()
    for number in range(30):
        fuzzed = make_round(SEED, number)
        entered = entered_one_by_one(ReferenceEngine(), fuzzed.data, 1 << 20, fuzzed.joins)
        for options in fuzzed.joins.joins:
            entries, broken = entries_to_join(entered, options.operation, fuzzed.joins)
            result, _ = joined(ReferenceEngine(), entries, options)
            counted.update(name for name in result.__dataclass_fields__ if getattr(result, name))
            counted.update(f"drift {kind}" for kind, count in result.drift.items() if count)
            counted["refused"] += joined(ReferenceEngine(), broken, options) is ValueError
    assert set(counted) == {
        *Joined.__dataclass_fields__,
        *(f"drift {kind}" for kind in DriftKind),
        "refused",
    }
    assert min(counted.values()) >= 3, counted


def scan(engine: Engine, data: bytes, options: ScanOptions) -> Any:
    scanner = engine.scanner(options)
    scanner.feed(data)
    return scanner.finish()
