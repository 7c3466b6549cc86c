"""The ways that rebuild a table, or read its base: exportkit's, the limit, and SQL. Each function is a way."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from importlib import import_module
from pathlib import Path
from typing import Any

from isal import isal_zlib
from isal.igzip import IGzipFile

import exportkit
from benchmarks.convert.shapes import COLUMNS, duckdb_struct, duckdb_value
from benchmarks.convert.task import Task, Way
from exportkit.export import open_export
from exportkit.store.inflate import CHUNK_SIZE

KEY = ("pk", "sk")
PIECE = 32 << 20
"""Bytes of an output file of the limit, decompressed."""

LOADED = {"replay": ("exportkit.replay", "exportkit.convert.conversion"), "verify": ("exportkit.verify",)}
LOADED["signature"] = ("exportkit.algebra",)
"""Modules that commands import when they are called."""

LEVEL = 1
"""Of igzip's deflate: what exports are written with."""


# --- exportkit ---------------------------------------------------------------------------------------------


def to_export(task: Task) -> Way:
    """``exportkit replay`` to an export of the same format."""
    dest = task.scratch / "export"

    def answer(_: Any) -> Any:
        return _sorted_answer(exportkit.open(_made(dest)).to_arrow())

    return Way(_command(*_replay(task, dest)), lambda _: _summary(dest)["itemCount"], answer)


def to_parquet(task: Task) -> Way:
    """``exportkit replay --to parquet``."""
    dest = task.scratch / "parquet"
    return _parquet_way(_command(*_replay(task, dest), "--to", "parquet"), dest / "data")


def signature(task: Task) -> Way:
    """``exportkit signature`` of the base."""
    return Way(
        _command("signature", task.location, "--jobs", task.jobs, "--json"), lambda told: _items(json.loads(told))
    )


def verify(task: Task) -> Way:
    """``exportkit verify`` of the base, no key named."""
    command = _command("verify", task.location, "--jobs", task.jobs, "--json")
    return Way(command, lambda told: json.loads(told)["counts"]["records"])


def _replay(task: Task, dest: Path) -> tuple[object, ...]:
    return ("replay", task.location, *task.windows, "-o", dest, "--jobs", task.jobs, "--temp-dir", task.scratch)


def _command(*words: object) -> Callable[[], str]:
    """Returns what runs a command in this process and returns what it printed."""
    from exportkit.cli import main  # noqa: PLC0415 - the child that measures it imports it

    for name in LOADED[str(words[0])]:  # before time counts, as others' libraries are
        import_module(name)

    def run() -> str:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*map(str, words)])
        assert code == 0, err.buffer.getvalue()
        return out.buffer.getvalue().decode()

    return run


def _items(told: Any) -> int:
    """Returns the items that ``signature --json`` tells of."""
    return int(told["items"])


def _made(dest: Path) -> Path:
    (found,) = (dest / "AWSDynamoDB").glob("*/manifest-summary.json")
    return found.parent


def _summary(dest: Path) -> Any:
    return json.loads((_made(dest) / "manifest-summary.json").read_bytes())


# --- the limit ---------------------------------------------------------------------------------------------


def limit(task: Task) -> Way:
    """Inflates and hashes all that is read, deflates and hashes all that is written, and does nothing else.

    What is written lies ready in memory, and goes nowhere: replay makes it before time counts.
    """
    to_export(task).run()
    written = [*_pieces(_files(_made(task.scratch / "export")))]
    items = _summary(task.scratch / "export")["itemCount"]
    read = [path for location in (task.location, *task.windows) for path in _files(location)]

    def run() -> int:
        with ThreadPoolExecutor(task.jobs) as pool:
            done = [pool.submit(_inflate, path) for path in read] + [pool.submit(_deflate, piece) for piece in written]
            return sum(each.result() for each in done)

    return Way(run, lambda size: items if size else -1)


def _files(location: str | Path) -> list[Path]:
    return [Path(file.uri) for file in open_export(location).files() if file.entry.item_count]


def _pieces(files: list[Path]) -> Iterator[bytes]:
    for path in files:
        with IGzipFile(path, "rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _inflate(path: Path) -> int:
    raw = path.read_bytes()
    md5(raw, usedforsecurity=False).digest()
    size = 0
    with IGzipFile(fileobj=io.BytesIO(raw), mode="rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            size += len(chunk)
    return size


def _deflate(piece: bytes) -> int:
    digest, member = md5(usedforsecurity=False), isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, 31)
    view, size = memoryview(piece), 0
    for start in range(0, len(piece), CHUNK_SIZE):
        made = member.compress(view[start : start + CHUNK_SIZE])
        digest.update(made)
        size += len(made)
    made = member.flush()
    digest.update(made)
    return size + len(made)


# --- DuckDB ------------------------------------------------------------------------------------------------


def duckdb(task: Task) -> Way:
    """One statement: the latest change of each key by a window function, an anti join of the base, what is put.

    Types are given, attributes cast by hand, as in ``peers.duckdb_parquet``: what it guesses loses data.
    """
    import duckdb as library  # noqa: PLC0415 - the child that measures it imports it

    columns = COLUMNS[task.shape]
    item, key = duckdb_struct(columns), duckdb_struct({name: columns[name] for name in KEY})
    values = ", ".join(f"{duckdb_value(kind, f'Item.{name}')} AS {name}" for name, kind in columns.items())
    target = task.scratch / "duckdb.parquet"
    windows = [path for location in task.windows for path in _files(location)]
    base = _read_json(list(task.files), {"Item": item})
    metadata = "STRUCT(WriteTimestampMicros STRUCT(N VARCHAR))"
    changes = _read_json(windows, {"Metadata": metadata, "Keys": key, "NewImage": item})
    sql = f"""
        COPY (
            WITH changes AS (
                SELECT Keys.pk.S AS pk, Keys.sk.S AS sk, NewImage FROM {changes}
                QUALIFY row_number() OVER (
                    PARTITION BY Keys.pk.S, Keys.sk.S ORDER BY CAST(Metadata.WriteTimestampMicros.N AS BIGINT) DESC
                ) = 1
            ), items AS (
                SELECT Item FROM {base} ANTI JOIN changes ON Item.pk.S = changes.pk AND Item.sk.S = changes.sk
                UNION ALL SELECT NewImage AS Item FROM changes WHERE NewImage IS NOT NULL
            )
            SELECT {values} FROM items
        ) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"""
    settings = {"threads": task.jobs, "temp_directory": str(task.scratch), "preserve_insertion_order": "false"}
    connection = library.connect(config=settings)
    return _parquet_way(lambda: connection.execute(sql), target)


def _read_json(files: list[Path], columns: dict[str, str]) -> str:
    named = ", ".join(f"'{path}'" for path in files)
    types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    return f"""read_json([{named}], format = 'newline_delimited', records = 'true', compression = 'gzip',
        maximum_object_size = 1048576, columns = {{{types}}})"""


# --- answers -----------------------------------------------------------------------------------------------


def _parquet_way(run: Callable[[], Any], target: Path) -> Way:
    def rows(_: Any) -> int:
        from pyarrow import parquet  # noqa: PLC0415 - not among what is measured

        paths = target.iterdir() if target.is_dir() else [target]
        return sum(parquet.read_metadata(path).num_rows for path in paths)

    def answer(_: Any) -> Any:
        from pyarrow import parquet  # noqa: PLC0415 - as above

        return _sorted_answer(parquet.read_table(target))

    return Way(run, rows, answer)


def _sorted_answer(table: Any) -> Any:
    """Returns the figures of a table whatever the order of its rows."""
    from benchmarks.convert import answers  # noqa: PLC0415 - imports of the check must not count

    return answers.of_table(table.sort_by([(name, "ascending") for name in KEY]))
