"""On any bytes whatever, both engines give the same report, values, lines and encodings, or the same fault."""

import hashlib
from collections import Counter

from hypothesis import event, given
from hypothesis import strategies as st

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine
from exportkit.model.formats import ExportType, ExportView, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions, ScanOptions
from tests import strategies
from tests.engine.running import chunks, drain, readers
from tests.engine.test_conformance import BAD, GOOD

SEEDS = tuple(path.read_bytes() for path in (*GOOD, *BAD))


def lines(record_line: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(record_line, max_size=4).map(b"\n".join)


forms = st.sampled_from((TextForm.DYNAMODB_JSON, TextForm.ION))
sound = st.one_of(st.builds(dumps_item, strategies.items, forms), st.builds(dumps_change, strategies.changes(), forms))
planted = st.sampled_from([line for seed in SEEDS for line in seed.split(b"\n") if len(line) < 2000])
spelled = st.builds(
    lambda number, shape: shape % number.encode(),
    strategies.spelled_numbers(),
    st.sampled_from((b'{"Item":{"n":{"N":"%s"}}}', b"{Item:{n:%s}}", b'{"Item":{"n":{"NS":["1","%s"]}}}')),
)
files = st.one_of(
    lines(sound.flatmap(strategies.edited)),
    lines(planted.flatmap(strategies.edited)),
    lines(st.one_of(sound, planted, spelled)),
    st.binary(max_size=60),
)


@st.composite
def scan_options(draw: st.DrawFn) -> ScanOptions:
    return ScanOptions(
        format=draw(st.sampled_from(OutputFormat)),
        export_type=draw(st.sampled_from(ExportType)),
        uri="x",
        max_record_size=draw(st.sampled_from((10, 60, 1 << 26))) if draw(st.booleans()) else 1 << 26,
        view=draw(st.sampled_from([None, *ExportView])),
        key_names=draw(st.none() | st.sampled_from((("pk",), ("pk", "sk"), ("sk", "a"), ("v",), ("",)))),
        collect_keys=draw(st.booleans()),
        window=draw(st.none() | st.just((1684374845000000, 1684374846000000))),
        file_index=draw(st.sampled_from((0, 7, 2**24 - 1))),
        fault_limit=draw(st.sampled_from((0, 1, 20))),
    )


@given(data=files, options=scan_options(), size=st.sampled_from((1, 3, 5, 64, 1 << 20)))
def test_scans_agree(engines: tuple[Engine, Engine], data: bytes, options: ScanOptions, size: int) -> None:
    reports, entries = [], []
    for engine, step in zip(engines, (1 << 20, size), strict=True):
        scanner = engine.scanner(options)
        for chunk in chunks(data, step):
            scanner.feed(chunk)
        reports.append(scanner.finish())
        entries.append(scanner.take_keys())
    reference, native = reports
    for reason in reference.fault_counts:
        event(reason)
    assert native == reference
    assert list(native.types) == list(reference.types)
    assert entries[1] == entries[0]
    assert engines[1].duplicate_keys(entries[1], 3) == engines[0].duplicate_keys(entries[0], 3)


@given(data=files, options=scan_options(), size=st.sampled_from((1, 3, 5, 64, 1 << 20)))
def test_readers_agree(engines: tuple[Engine, Engine], data: bytes, options: ScanOptions, size: int) -> None:
    read = ReadOptions(
        format=options.format,
        export_type=options.export_type,
        uri=options.uri,
        max_record_size=options.max_record_size,
    )
    reference, native = engines
    for slow, quick in zip(readers(reference, read), readers(native, read), strict=True):
        expected, found = drain(slow, data), drain(quick, data, size)
        assert found.results == expected.results
        assert found.fault == expected.fault


@given(
    digests=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 50)), unique_by=lambda e: e[1:]),
    limit=st.integers(0, 5),
    byte=st.integers(0, 15),
)
def test_key_entries_agree(
    engines: tuple[Engine, Engine], digests: list[tuple[int, int, int]], limit: int, byte: int
) -> None:
    entries = b"".join(
        hashlib.sha256(bytes([key])).digest()[:16]
        + (line * 100).to_bytes(8, "little")
        + (file << 40 | line).to_bytes(8, "little")
        for key, file, line in digests
    )
    reference, native = engines
    expected = reference.duplicate_keys(entries, limit)
    assert native.duplicate_keys(entries, limit) == expected
    assert list(native.partition_keys(entries, byte)) == list(reference.partition_keys(entries, byte))
    assert expected.count == sum(count - 1 for count in Counter(key for key, _, _ in digests).values())
