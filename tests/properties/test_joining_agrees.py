"""On any bytes whatever, both engines give the same entries, kept lines, sums and joins, or the same error."""

import hashlib
from collections.abc import Callable
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from exportkit.codec import dumps_change, dumps_item
from exportkit.engine.protocols import Engine, KeyFilter
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.joining import ApplyOptions, IndexOptions, JoinOptions, Operation, Source
from exportkit.model.scan import ReadOptions
from exportkit.model.values import ChangeRecord, Item
from tests import strategies
from tests.engine.joining.entries import Outcome, Told, apply, index, pack, run
from tests.engine.running import chunks, drain
from tests.properties.test_engines_agree import files

sizes = st.sampled_from((1, 3, 5, 64, 1 << 20))
formats = st.sampled_from(OutputFormat)
numbers = st.sampled_from((0, 1, 2**32 - 1))
limits = st.sampled_from((1 << 26, 1 << 26, 60, 10))
names = st.sampled_from((("pk",), ("pk", "sk"), ("sk", "pk", "sk"), ("a",), ()))


@given(
    data=files,
    options=st.builds(
        IndexOptions,
        format=formats,
        form=formats,
        uri=st.just("x"),
        max_record_size=limits,
        source=numbers,
        file_index=numbers,
        key_names=st.none() | names,
    ),
    size=sizes,
)
def test_indexes_agree(engines: tuple[Engine, Engine], data: bytes, options: IndexOptions, size: int) -> None:
    (expected, slow), (found, quick) = (
        (run(reader, data, step), reader)
        for reader, step in zip((engine.index(options) for engine in engines), (1 << 20, size), strict=True)
    )
    event(str(expected.fault and expected.fault[0]))
    assert found == expected
    assert (quick.records, quick.key_names) == (slow.records, slow.key_names)


@given(
    data=files,
    options=st.builds(
        ApplyOptions,
        format=formats,
        form=formats,
        uri=st.just("x"),
        max_record_size=limits,
        source=numbers,
        file_index=numbers,
        key_names=names,
        payload=st.sampled_from(("none", "line", "image")),
        keep_lines=st.sampled_from((True, True, False)),
    ),
    words=st.sampled_from((None, 1, 2, 1024)),
    step=st.integers(1, 4),
    size=sizes,
)
def test_appliers_agree(
    engines: tuple[Engine, Engine], data: bytes, options: ApplyOptions, words: int | None, step: int, size: int
) -> None:
    keys = apply(engines[0], data, format=options.format, key_names=options.key_names, payload="none").entries
    some = b"".join(split(keys)[::step])
    outcomes: list[tuple[Outcome, int, int]] = []
    for engine, chunk in zip(engines, (1 << 20, size), strict=True):
        reader = engine.applier(options, None if words is None else filled(engine, words, some))
        outcomes.append((run(reader, data, chunk), reader.records, reader.kept))
    event(f"{outcomes[0][2]} of {outcomes[0][1]} kept, {outcomes[0][0].fault and outcomes[0][0].fault[0]}")
    assert outcomes[1] == outcomes[0]


@given(data=files, format_=formats, export_type=st.sampled_from(ExportType), size=sizes)
def test_signers_agree(
    engines: tuple[Engine, Engine], data: bytes, format_: OutputFormat, export_type: ExportType, size: int
) -> None:
    options = ReadOptions(format=format_, export_type=export_type, uri="x")
    outcomes = []
    for engine, step in zip(engines, (1 << 20, size), strict=True):
        signer = engine.signer(options)
        outcomes.append((error_or(lambda signer=signer, step=step: summed(signer, data, step)), signer.records))  # type: ignore[misc]
    assert outcomes[1] == outcomes[0]
    hashes = drain(engines[0].canonicaliser(options, hashed=True), data)
    if hashes.error is None:
        total = sum(int.from_bytes(digest, "big") for digest in hashes.results) % 2**256
        assert outcomes[0] == (total.to_bytes(32, "big"), len(hashes.results))


# --- joins -------------------------------------------------------------------------------------------------

few_keys: st.SearchStrategy[Item] = st.sampled_from("abcd").map(lambda key: {"pk": key})
few_images = st.sampled_from(({}, {"v": "1"}, {"v": "2"}, {"s": {"x", "y"}}))


@st.composite
def few_items(draw: st.DrawFn) -> list[Item]:
    return [{**draw(few_keys), **draw(few_images)} for _ in range(draw(st.integers(0, 4)))]


@st.composite
def few_changes(draw: st.DrawFn) -> list[ChangeRecord]:
    changes = []
    for _ in range(draw(st.integers(0, 4))):
        key = draw(few_keys)
        new, old = (draw(st.none() | few_images.map(lambda image, key=key: {**key, **image})) for _ in range(2))
        changes.append(ChangeRecord(key, draw(st.integers(0, 9)), new, old))
    return changes


@st.composite
def join_options(draw: st.DrawFn, operation: Operation, form: OutputFormat) -> JoinOptions:
    sources = st.builds(Source, judged=st.booleans(), ghosts_from=st.none() | st.integers(0, 9))
    timed = operation in {Operation.REVERT, Operation.DIFF}
    return JoinOptions(
        operation=operation,
        form=form,
        sources=tuple(draw(st.lists(sources, max_size=5))),
        old_images=draw(st.booleans()),
        timestamp=draw(st.integers(0, 2**63 - 1) if timed else st.none() | st.just(7)),
        window=draw(st.none() | st.just((3, 6))),
        samples=draw(st.integers(0, 3)),
    )


@given(data=st.data(), operation=st.sampled_from(Operation), form=formats, payload=st.sampled_from(("none", "line")))
def test_joins_agree(
    engines: tuple[Engine, Engine], data: st.DataObject, operation: Operation, form: OutputFormat, payload: str
) -> None:
    """Of any states and changes, of several files, in any order, in one piece or split by hash."""
    reference, native = engines
    if operation is Operation.DIFF and payload == "line":
        payload = "image"
    states = {Operation.REPLAY: 1, Operation.DIFF: 2}.get(operation, 0)
    singles: list[bytes] = []
    for source in range(states):
        for file in range(2):
            lines = b"".join(dumps_item(item, form.form) + b"\n" for item in data.draw(few_items()))
            place = {"source": source, "file_index": file}
            outcome = apply(reference, lines, format=form, form=form, payload=payload, **place)
            singles += split(outcome.entries)
    for source in range(1, 1 if states == 2 else 5):
        for file in range(data.draw(st.integers(0, 2))):
            lines = b"".join(dumps_change(change, form.form) + b"\n" for change in data.draw(few_changes()))
            outcome = index(reference, lines, format=form, form=form, source=source, file_index=file)
            singles += split(outcome.given)
    options = data.draw(join_options(operation, form))
    expected = reference.join(b"".join(singles), options)
    shuffled = b"".join(data.draw(st.permutations(singles)))
    found = native.join(shuffled, options)
    event(f"{operation}: keyed twice {expected.keyed_twice is not None}, ghosts {expected.ghosts > 0}")
    assert found == expected
    assert reference.join(shuffled, options) == expected

    byte = data.draw(st.sampled_from((0, 1, 15)))
    runs = list(native.partition_entries(shuffled, byte))
    assert runs == list(reference.partition_entries(shuffled, byte))
    if byte == 0:
        parts = [native.join(part, options) for part in runs]
        assert b"".join(part.lines for part in parts) == expected.lines, "in hash order, however they are split"
        assert sum(part.records for part in parts) == expected.records


@st.composite
def any_entries(draw: st.DrawFn) -> bytes:
    """Entries that say anything at all, whole and not quite."""
    small = st.binary(max_size=3)
    told = st.builds(
        Told,
        kind=st.sampled_from((0, 0, 1, 1, 1, 1, 2)),
        images=st.sampled_from((0, 1, 1, 1, 1, 2, 3, 4, 5, 5)),
        hash=st.sampled_from([hashlib.md5(bytes([key])).digest() for key in range(3)]),
        quick_hash=st.integers(0, 2**64 - 1),
        source=st.integers(0, 2),
        file=st.integers(0, 1),
        line=st.integers(0, 2),
        offset=st.integers(0, 1),
        timestamp=st.sampled_from((0, 1, 2**64 - 1)),
        image_hash=st.sampled_from((bytes(16), b"x" * 16)),
        key=small,
        new=small,
        old=small,
        zero=st.sampled_from((0, 0, 0, 0, 0, 1)),
    )
    entries = b"".join(map(pack, draw(st.lists(told, max_size=4))))
    return draw(strategies.edited(entries)) if draw(st.integers(0, 3)) == 0 else entries


@given(entries=any_entries(), data=st.data(), operation=st.sampled_from(Operation), form=formats)
def test_whatever_entries_say_engines_agree(
    engines: tuple[Engine, Engine], entries: bytes, data: st.DataObject, operation: Operation, form: OutputFormat
) -> None:
    options = data.draw(join_options(operation, form))
    runs: tuple[Callable[[Engine], Any], ...] = (
        lambda engine: engine.join(entries, options),
        lambda engine: list(engine.partition_entries(entries, 3)),
        lambda engine: [key << 40 in filled(engine, 1, entries) for key in range(256)],
    )
    for made in runs:
        expected = error_or(lambda made=made: made(engines[0]))  # type: ignore[misc]
        event("refused" if expected is ValueError else "taken")
        assert error_or(lambda made=made: made(engines[1])) == expected  # type: ignore[misc]


def filled(engine: Engine, words: int, entries: bytes) -> KeyFilter:
    key_filter = engine.key_filter(words)
    key_filter.add(entries)
    return key_filter


def split(entries: bytes) -> list[bytes]:
    singles = []
    while entries:
        size = int.from_bytes(entries[:4], "little")
        singles.append(entries[:size])
        entries = entries[size:]
    return singles


def summed(signer: Any, data: bytes, size: int) -> bytes:
    for chunk in chunks(data, size):
        signer.feed(chunk)
    found: bytes = signer.finish()
    return found


def error_or(made: Callable[[], Any]) -> Any:
    """Returns what is made, or why it is not: ValueError, or the fault of a malformed record."""
    try:
        return made()
    except MalformedRecordError as error:
        return error.reason, error.line, error.offset, error.path
    except ValueError:
        return ValueError
