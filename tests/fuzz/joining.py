"""What the engines make of the same records where these are joined by key, to be compared."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from exportkit.engine.protocols import Engine
from exportkit.errors import MalformedRecordError
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.model.joining import ApplyOptions, IndexOptions, JoinOptions, Operation, Source
from exportkit.model.scan import ReadOptions
from tests.engine.joining.entries import FRAMES, Outcome, Told, pack, run, unpack
from tests.engine.running import chunks
from tests.fuzz.mutation import mutated
from tests.fuzz.pieces import PLAIN_NAMES

__all__ = ["Joins", "ask_joins", "entered", "entered_one_by_one", "entries_to_join", "joined", "signed"]

KEYS = 16


@dataclass(frozen=True, slots=True)
class Joins:
    """What is asked of index, applier and join."""

    reading: ReadOptions
    index: IndexOptions
    apply: ApplyOptions
    words: int | None
    joins: tuple[JoinOptions, ...]
    seed: int


def ask_joins(random: Random, options: ReadOptions) -> Joins:
    """Returns options for some records."""
    form = random.choice(tuple(OutputFormat))
    common: dict[str, Any] = {
        "format": options.format,
        "form": form,
        "uri": options.uri,
        "max_record_size": options.max_record_size,
        "source": random.choice((0, 1, 2**32 - 1)),
        "file_index": random.choice((0, 7)),
    }
    names = tuple(random.sample(PLAIN_NAMES, random.choice((0, 0, 1, 1, 2))))
    return Joins(
        reading=options,
        index=IndexOptions(**common, key_names=random.choice((None, None, names))),
        apply=ApplyOptions(
            **common,
            key_names=names,
            payload=random.choice(("none", "line", "image")),
            keep_lines=random.random() < 0.9,
        ),
        words=random.choice((None, None, None, 1, 2, 64)),
        joins=tuple(_join_options(random, operation, form) for operation in Operation),
        seed=random.getrandbits(32),
    )


def _join_options(random: Random, operation: Operation, form: OutputFormat) -> JoinOptions:
    sources = tuple(
        Source(judged=random.random() < 0.9, ghosts_from=random.choice((None, None, 0, 5, 10)))
        for _ in range(random.choice((0, 2, 5, 5, 5)))
    )
    return JoinOptions(
        operation=operation,
        form=form,
        sources=sources,
        old_images=random.random() < 0.7,
        timestamp=random.choice((0, 7, 2**63 - 1))
        if operation in {Operation.REVERT, Operation.DIFF}
        else random.choice((None, 7)),
        window=random.choice((None, (3, 8))),
        samples=random.choice((0, 2, 20)),
    )


def entered(engine: Engine, data: bytes, size: int, asked: Joins) -> tuple[Outcome, Any]:
    """Returns what index or applier make of some records, and what they count."""
    if asked.reading.export_type is ExportType.INCREMENTAL:
        index = engine.index(asked.index)
        return run(index, data, size), (index.records, index.key_names)
    key_filter = None
    if asked.words is not None:
        key_filter = engine.key_filter(asked.words)
        some = engine.applier(replace(asked.apply, key_names=(), payload="none"), None)
        key_filter.add(run(some, data.split(b"\n")[0]).entries)
    applier = engine.applier(asked.apply, key_filter)
    return run(applier, data, size), (applier.records, applier.kept)


def entered_one_by_one(engine: Engine, data: bytes, size: int, asked: Joins) -> list[tuple[Outcome, Any]]:
    """Returns what :func:`entered` does, of each record on its own."""
    return [entered(engine, line, size, asked) for line in data.split(b"\n")]


def signed(engine: Engine, data: bytes, size: int, options: ReadOptions) -> tuple[Any, int]:
    """Returns the sum of the records, or the fault that ended it; and how many there were."""
    signer = engine.signer(options)
    try:
        for chunk in chunks(data, size):
            signer.feed(chunk)
        return signer.finish(), signer.records
    except MalformedRecordError as error:
        return (error.reason, error.line, error.offset, error.path), signer.records


def entries_to_join(entered: list[tuple[Outcome, Any]], operation: Operation, asked: Joins) -> list[bytes]:
    """Returns entries under few keys, sources and times, as an operation takes them; and the same with faults."""
    random = Random(f"{asked.seed}/{operation}")
    changes = asked.reading.export_type is ExportType.INCREMENTAL
    found = unpack(b"".join(outcome.given if changes else outcome.entries for outcome, _ in entered))
    entries = [pack(_placed(random, told, operation, asked.apply.form)) for told in (*found, *found)]
    random.shuffle(entries)
    whole = b"".join(entries)
    return [whole, mutated(random, whole, whole)]


def _placed(random: Random, told: Told, operation: Operation, form: OutputFormat) -> Told:
    """Returns the entry as an operation may take it, with other sides, hashes and places than it has."""
    if operation is Operation.REPLAY:
        changes = random.random() < 0.8
        source = random.randint(1, 4) if changes else 0
    else:
        changes = operation is not Operation.DIFF
        source = random.randint(1, 4) if changes else random.randrange(2)
    is_line = (told.kind, told.images) == (0, 1)
    before, behind = FRAMES[form]
    # A text that may be read has to be an item's.
    new = told.new[before:-behind] if is_line and changes else told.new or b"{}"
    return replace(
        told,
        kind=int(changes),
        images=random.randrange(4) if changes else 1 if is_line else 5,
        hash=bytes([random.randrange(KEYS)]) * 16,
        source=source,
        file=random.randrange(2),
        line=random.randrange(3),
        timestamp=random.randrange(12),
        image_hash=random.choice((told.image_hash, b"x" * 16, b"x" * 16)),
        new=new,
        old=told.old or new,
    )


def joined(engine: Engine, entries: bytes, options: JoinOptions) -> Any:
    """Returns what becomes of entries, and how they are split; ValueError where that is refused."""
    try:
        runs = list(engine.partition_entries(entries, 0))
        return engine.join(entries, options), runs
    except ValueError:
        return ValueError
