"""The outside judge: what DynamoDB itself has after random writes is what replay makes of its stream.

DynamoDB Local applies the writes. Its stream records, cut into windows, become incremental exports; replay puts them
onto an export of an earlier scan, and a scan of the table says whether it was right. Loaded into a new table, the
rebuilt snapshot is that table again.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from exportkit.model.formats import ExportView, OutputFormat
from exportkit.model.times import format_time, from_micros
from exportkit.model.values import ChangeRecord, Item
from tests.commands import did, lines_in, made, state_in
from tests.histories import START, WINDOW, Key, State, Writing, key_of, typed
from tests.servers.dynamodb_local import LiveTable, from_wire, to_wire

pytestmark = [pytest.mark.dynamodb_local, pytest.mark.server, pytest.mark.slow]

KEY_NAMES = ("pk", "sk")
JSON, ION = OutputFormat
NEW, BOTH = ExportView.NEW_IMAGE, ExportView.NEW_AND_OLD_IMAGES
WINDOWS = ((JSON, BOTH), (ION, BOTH), (JSON, NEW), (ION, BOTH))


class Writer:
    """Writes at random to some keys of a table, in all the ways that the API has."""

    def __init__(self, table: LiveTable, random: Random) -> None:
        self.table = table
        self.random = random
        self.marks = 0

    def write(self, count: int) -> Item:
        """Makes so many writes; returns the item of the last."""
        ways = (self.put, self.put, self.update, self.update, self.delete, self.batch, self.transact, self.anew)
        for _ in range(count):
            self.random.choice(ways)()
        self.marks += 1
        mark: Item = {"pk": "the last", "sk": Decimal(0), "mark": Decimal(self.marks)}
        self.table.client.put_item(TableName=self.table.name, Item=to_wire(mark))
        return mark

    def key(self) -> Item:
        sk = self.random.choice((Decimal(0), Decimal(-5), Decimal("1.5"), Decimal("1E+30"), Decimal("1E-7")))
        return {"pk": f"{self.random.choice('äbc')}{self.random.randint(1, 8)}", "sk": sk}

    def item(self) -> Item:
        names = self.random.sample(("a", "b", "c-d", "e.f", "Name", "name", "日本"), self.random.randint(0, 5))
        return {**{name: self.value(2) for name in names}, **self.key()}

    def value(self, depth: int) -> Any:
        random = self.random
        makers = [
            lambda: "".join(random.choices("ab \"'\\\n\u2028é😀", k=random.randint(0, 9))),
            lambda: random.choice((Decimal(random.randint(-99, 99)), Decimal("12345678901234567890.123456789"))),
            lambda: Decimal(f"{random.randint(1, 99)}E{random.randint(-120, 120)}"),
            lambda: random.randbytes(random.randint(0, 6)),
            lambda: random.random() < 0.5,
            lambda: None,
            lambda: {*random.sample("uvwxyz", random.randint(1, 4))},
            lambda: {*map(Decimal, random.sample(range(99), random.randint(1, 4)))},
            lambda: {random.randbytes(3) for _ in range(random.randint(1, 3))},
        ]
        if depth:
            makers += [
                lambda: [self.value(depth - 1) for _ in range(random.randint(0, 3))],
                lambda: {f"k{n}": self.value(depth - 1) for n in range(random.randint(0, 3))},
            ]
        return random.choice(makers)()

    def put(self) -> None:
        self.table.client.put_item(TableName=self.table.name, Item=to_wire(self.item()))

    def update(self) -> None:
        self.table.client.update_item(
            TableName=self.table.name,
            Key=to_wire(self.key()),
            UpdateExpression="SET #a = :a REMOVE #b ADD #c :one",
            ExpressionAttributeNames={"#a": "a", "#b": self.random.choice(("b", "Name")), "#c": "count"},
            ExpressionAttributeValues=to_wire({":a": self.value(1), ":one": Decimal(1)}),
        )

    def delete(self) -> None:
        self.table.client.delete_item(TableName=self.table.name, Key=to_wire(self.key()))

    def batch(self) -> None:
        items = {key_of(item, KEY_NAMES): item for item in (self.item() for _ in range(4))}
        gone = {key_of(key, KEY_NAMES): key for key in (self.key() for _ in range(3))}
        asked = [{"PutRequest": {"Item": to_wire(item)}} for item in items.values()]
        asked += [{"DeleteRequest": {"Key": to_wire(key)}} for place, key in gone.items() if place not in items]
        self.table.client.batch_write_item(RequestItems={self.table.name: asked})

    def transact(self) -> None:
        put, gone = to_wire(self.item()), to_wire(self.key())
        parts: list[dict[str, Any]] = [{"Put": {"TableName": self.table.name, "Item": put}}]
        if {name: put[name] for name in KEY_NAMES} != gone:
            parts.append({"Delete": {"TableName": self.table.name, "Key": gone}})
        self.table.client.transact_write_items(TransactItems=parts)

    def anew(self) -> None:
        """An item deleted, and inserted again at once: a net update."""
        item = self.item()
        key = {name: item[name] for name in KEY_NAMES}
        self.table.client.delete_item(TableName=self.table.name, Key=to_wire(key))
        self.table.client.put_item(TableName=self.table.name, Item=to_wire(item))


def net_changes(records: Iterable[dict[str, Any]], start: int) -> Iterator[ChangeRecord]:
    """Yields what stream records come to, key by key: as a window of an incremental export has it."""
    by_key: dict[Key, list[tuple[int, dict[str, Any]]]] = {}
    for number, record in enumerate(records):
        by_key.setdefault(key_of(from_wire(record["Keys"]), KEY_NAMES), []).append((start + number, record))
    for key, found in by_key.items():
        (_, first), (at, last) = found[0], found[-1]
        old, new = first.get("OldImage"), last.get("NewImage")
        if old is not None or new is not None:
            yield ChangeRecord(
                keys=dict(zip(KEY_NAMES, key, strict=True)),
                write_timestamp=at,
                new_image=None if new is None else from_wire(new),
                old_image=None if old is None else from_wire(old),
            )


def as_state(items: Iterable[Item]) -> State:
    return {key_of(item, KEY_NAMES): item for item in items}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("form", [JSON, ION])
def test_replay_makes_what_a_scan_finds(seed: int, form: OutputFormat, dynamodb_local: str, tmp_path: Path) -> None:
    random = Random(f"{seed} {form}")
    writing = Writing(tmp_path / "in", seed)
    with LiveTable.new(dynamodb_local, f"Orders-{seed}-{form}") as table:
        writer = Writer(table, random)
        table.new_stream_records(writer.write(80))
        scans = [as_state(table.scan())]
        base = writing.full(scans[0], START, form)
        windows = []
        for number, (window_form, view) in enumerate(WINDOWS):
            start = START + number * WINDOW
            records = table.new_stream_records(writer.write(120))
            changes = list(net_changes(records, start))
            windows.append(writing.window(changes, start, start + WINDOW, window_form, view))
            scans.append(as_state(table.scan()))
        for number, scan in enumerate(scans[1:], 1):
            dest, until = tmp_path / f"out{number}", format_time(from_micros(START + number * WINDOW))
            did("replay", base, "-o", dest, "--until", until, "--strict")
            assert typed(state_in(made(dest), KEY_NAMES)) == typed(scan)
            did("verify", made(dest), "--key", "pk,sk", "--expect-item-count", len(scan))
        did("signature", made(tmp_path / f"out{len(WINDOWS)}"), Writing(tmp_path / "scan", seed).full(scans[-1]))
        did("replay", base, *windows, "-o", tmp_path / "json", "--format", "DYNAMODB_JSON")
        with LiveTable.new(dynamodb_local, f"Restored-{seed}-{form}") as restored:
            restored.load([with_bytes(json.loads(line)["Item"]) for line in lines_in(made(tmp_path / "json"))])
            assert typed(as_state(restored.scan())) == typed(scans[-1])


def with_bytes(wire: Any) -> Any:
    """Returns an item of a data file as boto3's client takes it: B and BS decoded."""
    match wire:
        case {"B": str(text), **rest} if not rest:
            return {"B": base64.b64decode(text)}
        case {"BS": [*texts], **rest} if not rest and all(isinstance(text, str) for text in texts):
            return {"BS": [base64.b64decode(text) for text in texts]}
        case dict():
            return {name: with_bytes(inner) for name, inner in wire.items()}
        case list():
            return [with_bytes(inner) for inner in wire]
    return wire
