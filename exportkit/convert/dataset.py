"""dataset.json: the mark that a conversion is complete, and what became of what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from exportkit._version import __version__
from exportkit.convert.work import Outcome, Target, WorkPlan, WrittenPart, target_document, target_of
from exportkit.errors import ItemCountError, ObjectNotFoundError, StoreError, UsageError
from exportkit.model.decode import DecodeReport, Misfit
from exportkit.model.layout import DATASET
from exportkit.store import Store

__all__ = ["Finished", "read_dataset", "read_rows", "write_dataset"]

FORMAT = "exportkit-dataset"
VERSION = 1

_LIMIT = 1 << 31
_TAIL = 64 * 1024
_LINES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What the dataset.json of a destination tells of the whole.

    Attributes:
        fingerprint: Of the input and the settings.
        targets: The datasets.
        outcome: What was written and counted; of quarantined records the sum alone.
        tasks: The tasks that the work was cut into.
        export: What it tells of what was converted.
    """

    fingerprint: str
    targets: tuple[Target, ...]
    outcome: Outcome
    tasks: int
    export: Mapping[str, Any]


def read_dataset(store: Store, dest: str) -> Finished | None:
    """Returns what was finished in a destination; None if nothing was.

    Raises:
        UsageError: There is a dataset.json that this exportkit has not written.
        StoreError: It cannot be read, or was harmed.
    """
    uri = store.join(dest, DATASET)
    try:
        data = store.read(uri, _LIMIT)
    except ObjectNotFoundError:
        return None
    try:
        document = orjson.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{uri} is none of exportkit's files; move it away, or take another destination")
    if document.get("version") != VERSION:
        told = f"is of version {document.get('version')!r}, this exportkit reads {VERSION}"
        raise UsageError(f"{uri} was not written by this exportkit: it {told}; take another destination")
    try:
        return _finished(document, uri)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(uri, f"is not as exportkit wrote it ({error!r}); take another destination") from error


def _finished(document: Any, uri: str) -> Finished:
    return Finished(
        fingerprint=document["fingerprint"],
        targets=tuple(target_of(each, uri) for each in document["datasets"]),
        outcome=_outcome(document),
        tasks=document["tasks"],
        export=dict(document["export"]),
    )


def _outcome(document: Any) -> Outcome:
    counts = document["counts"]
    misfits = [dict(each) for each in document["misfits"]]
    return Outcome(
        parts=[WrittenPart(**part) for part in document["parts"]],
        counts=DecodeReport(
            rows=counts["rows"],
            malformed=counts["quarantined"],
            merged_nulls=counts["merged_nulls"],
            rescued=counts["rescued"],
            rescued_rows=counts["rescued_rows"],
        ),
        misfits=[(each.pop("file"), Misfit(**each)) for each in misfits],
        items=counts["items"],
    )


def read_rows(store: Store, dest: str, part: WrittenPart) -> int:
    """Returns the rows of a part, as its footer says.

    Raises:
        ItemCountError: They are not as many as were written.
        StoreError: It cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415 - it takes long to import, and nothing else here needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    uri = store.join(dest, part.path)
    tail = store.tail(uri, _TAIL)
    needed = int.from_bytes(tail[-8:-4], "little") + 8
    if needed > len(tail):
        tail = store.tail(uri, needed)
    try:
        rows: int = pq.read_metadata(pa.BufferReader(tail)).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(uri, f"its footer cannot be read back ({error}); run again with --overwrite") from error
    if rows != part.rows:
        raise ItemCountError(
            uri, f"{part.rows:,} rows were written, its footer says {rows:,}; run again with --overwrite"
        )
    return rows


def write_dataset(
    store: Store,
    dest: str,
    plan: WorkPlan,
    parts: Sequence[WrittenPart],
    told: Mapping[str, Any],
    inputs: Iterable[Mapping[str, Any]],
    workplace: str,
) -> None:
    """Writes dataset.json, of each dataset of a split export first.

    Args:
        store: Where the destination lies.
        dest: The destination.
        plan: What was decided.
        parts: The Parquet files.
        told: What is told of the whole: export, settings, counts.
        inputs: The data files, in order.
        workplace: Where a document lies until it is whole.
    """
    head = {"format": FORMAT, "version": VERSION, "exportkit": __version__, "fingerprint": plan.fingerprint, **told}
    datasets = []
    for number, target in enumerate(plan.targets):
        own = [part for part in parts if part.target == number]
        datasets.append(_dataset(target, own))
        if target.folder:
            document = {**head, "counts": {"rows": datasets[-1]["rows"]}, "datasets": [{**datasets[-1], "folder": ""}]}
            document["parts"] = [
                asdict(replace(part, target=0, path=part.path.removeprefix(f"{target.folder}/"))) for part in own
            ]
            _write(store, store.join(store.join(dest, target.folder), DATASET), document, (), workplace)
    whole = {**head, "datasets": datasets, "parts": [asdict(part) for part in parts]}
    _write(store, store.join(dest, DATASET), whole, inputs, workplace)


def _dataset(target: Target, parts: Sequence[WrittenPart]) -> dict[str, Any]:
    return {
        **target_document(target),
        "rows": sum(part.rows for part in parts),
        "files": len(parts),
        "bytes": sum(part.bytes for part in parts),
    }


def _write(
    store: Store, uri: str, document: Mapping[str, Any], inputs: Iterable[Mapping[str, Any]], workplace: str
) -> None:
    with store.writer(uri, workplace=workplace) as writer:
        head = orjson.dumps(document, option=orjson.OPT_INDENT_2)
        writer.write(head.removesuffix(b"\n}") + b',\n  "inputs": [')
        for piece in _lines(inputs):
            writer.write(piece)
        writer.write(b"\n  ]\n}\n")


def _lines(inputs: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yields the data files a line each, many at a time: there may be very many."""
    held: list[bytes] = []
    comma = b""
    for each in inputs:
        held.append(comma + b"\n    " + orjson.dumps(each))
        comma = b","
        if len(held) >= _LINES:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)
