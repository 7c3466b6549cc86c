"""The shape of a record and the order it is judged in, for both formats (``docs/records.md``).

A format parses a line into raw values of its own and tells here what they are; the rest (members, names,
lists, nesting, what is missing) is judged once, for both.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from exportkit.codec.numbers import Number, microseconds
from exportkit.codec.tree import MAX_LEVELS, Attributes, ChangeTree, ItemTree, RecordFault, RecordTree, Value
from exportkit.model.formats import ExportType

__all__ = ["MAX_BRACKETS", "RecordReader"]

MAX_BRACKETS = 132
"""Brackets open at once: 64 levels in DynamoDB JSON, two a level, and the record's own four."""

CHANGE_MEMBERS = ("Metadata", "Keys", "NewImage", "OldImage")
WRAPPER = "Record"
TIMESTAMP = "WriteTimestampMicros"

Raw = TypeVar("Raw")
Members = Sequence[tuple[str, Raw]]


class RecordReader(ABC, Generic[Raw]):
    """Reads the lines of one format and kind of export.

    Args:
        export_type: Whether the records are items or changes.
    """

    wrapped: ClassVar[bool]
    """Whether a change record may stand inside a member ``Record``."""

    tokens: ClassVar[re.Pattern[str]]
    """Brackets as group 1, and what they do not count in."""

    def __init__(self, export_type: ExportType) -> None:
        self._incremental = export_type is ExportType.INCREMENTAL

    # --- what a format tells ---------------------------------------------------------------------------

    @abstractmethod
    def parse(self, text: str) -> Raw:
        """Returns the one value on the line, or raises RecordFault ``syntax``."""

    @abstractmethod
    def members(self, raw: Raw) -> Members[Raw] | None:
        """Returns an object's members, in order and as often as they stand; None for any other value."""

    @abstractmethod
    def refuse_annotations(self, raw: Raw) -> None:
        """Raises RecordFault where the value carries what exports never annotate."""

    @abstractmethod
    def value(self, raw: Raw, level: int) -> Value:
        """Returns an attribute value that lies inside ``level`` levels of L and M."""

    @abstractmethod
    def timestamp(self, raw: Raw) -> Number:
        """Returns the Number of a WriteTimestampMicros, or raises RecordFault of any reason."""

    # --- reading ---------------------------------------------------------------------------------------

    def read(self, line: bytes) -> RecordTree:
        """Returns the record on a line.

        Raises:
            RecordFault: The first fault, in the order of ``docs/records.md``.
        """
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise RecordFault("utf-8") from None
        if text.startswith("\N{BYTE ORDER MARK}"):
            raise RecordFault("bom")
        self._count_brackets(text)
        raw = self.parse(text)
        members = self.members(raw)
        if members is None:
            raise RecordFault("not-an-object")
        self._judge_kind({name for name, _ in members})
        self.refuse_annotations(raw)
        return self._change(members) if self._incremental else self._item(members)

    def _count_brackets(self, text: str) -> None:
        if sum(map(text.count, "{[(")) <= MAX_BRACKETS:
            return
        opened = 0
        for match in self.tokens.finditer(text):
            bracket = match[1]
            if bracket in {"}", "]", ")"}:
                opened = max(0, opened - 1)
            elif bracket:
                opened += 1
                if opened > MAX_BRACKETS:
                    raise RecordFault("nesting")

    def _judge_kind(self, names: set[str]) -> None:
        change = not names.isdisjoint((WRAPPER, *CHANGE_MEMBERS))
        if self._incremental and "Item" in names and not change:
            raise RecordFault("item-in-incremental")
        if not self._incremental and change and "Item" not in names:
            raise RecordFault("change-in-full")

    # --- members ---------------------------------------------------------------------------------------

    def _item(self, members: Members[Raw]) -> ItemTree:
        found = self._read_members(members, ("Item",))
        if "Item" not in found:
            raise RecordFault("member-type", "Item")
        return ItemTree(found["Item"])

    def _change(self, members: Members[Raw]) -> ChangeTree:
        if self.wrapped and members and members[0][0] == WRAPPER:
            found = self._read_wrapped(members)
        else:
            found = self._read_members(members, CHANGE_MEMBERS)
        if "Keys" not in found:
            raise RecordFault("keys-absent", "Keys")
        if not found["Keys"]:
            raise RecordFault("keys-empty", "Keys")
        timestamp = found.get("Metadata")
        if timestamp is None:
            raise RecordFault("timestamp-absent", "Metadata", TIMESTAMP)
        return ChangeTree(found["Keys"], timestamp, found.get("NewImage"), found.get("OldImage"), tuple(found))

    def _read_wrapped(self, members: Members[Raw]) -> dict[str, Any]:
        """Reads the members inside ``Record``, then refuses what stands beside it."""
        (wrapper, raw), *others = members
        try:
            self.refuse_annotations(raw)
            inner = self._object(raw)
        except RecordFault as fault:
            fault.within(wrapper)
            raise
        found = self._read_members(inner, CHANGE_MEMBERS)
        for name, _ in others:
            raise RecordFault("member-duplicate" if name == wrapper else "member-unknown", name)
        return found

    def _read_members(self, members: Members[Raw], known: tuple[str, ...]) -> dict[str, Any]:
        """Returns Attributes by member, and for Metadata its time stamp, None where it has none."""
        found: dict[str, Any] = {}
        for name, raw in members:
            try:
                _judge_member(name, known, found)
                self.refuse_annotations(raw)
                inner = self._object(raw)
                found[name] = self._metadata(inner) if name == "Metadata" else self.attributes(inner, 0)
            except RecordFault as fault:
                fault.within(name)
                raise
        return found

    def _object(self, raw: Raw) -> Members[Raw]:
        members = self.members(raw)
        if members is None:
            raise RecordFault("member-type")
        return members

    def _metadata(self, members: Members[Raw]) -> int | None:
        seen: set[str] = set()
        found = None
        for name, raw in members:
            try:
                _judge_name(name, seen)
                self.refuse_annotations(raw)
                if name == TIMESTAMP:
                    found = self._microseconds(raw)
            except RecordFault as fault:
                fault.within(name)
                raise
        return found

    def _microseconds(self, raw: Raw) -> int:
        try:
            value = microseconds(self.timestamp(raw))
        except RecordFault:
            value = None
        if value is None:
            raise RecordFault("timestamp-invalid")
        return value

    # --- values ----------------------------------------------------------------------------------------

    def attributes(self, members: Members[Raw], level: int) -> Attributes:
        """Returns the attributes of an item, or of a map whose values lie inside ``level`` levels."""
        seen: set[str] = set()
        attributes: Attributes = []
        for name, raw in members:
            try:
                _judge_name(name, seen)
                attributes.append((name, self.value(raw, level)))
            except RecordFault as fault:
                fault.within(name)
                raise
        return attributes

    def read_map(self, members: Members[Raw], level: int) -> Value:
        """Returns the M of these members."""
        return Value("M", self.attributes(members, _deeper(level)))

    def read_list(self, elements: Sequence[Raw], level: int) -> Value:
        """Returns the L of these elements."""
        inner = _deeper(level)
        return Value("L", _each(elements, lambda raw: self.value(raw, inner)))

    def read_set(self, tag: str, elements: Sequence[Raw], element: Callable[[Raw], Any]) -> Value:
        """Returns the set of these elements, each read by ``element``."""
        content = _each(elements, element)
        if not content:
            raise RecordFault("set-empty")
        if len(set(content)) != len(content):
            raise RecordFault("set-duplicate")
        return Value(tag, content)


def _judge_member(name: str, known: tuple[str, ...], found: dict[str, Any]) -> None:
    if name not in known:
        raise RecordFault("member-unknown")
    if name in found:
        raise RecordFault("member-duplicate")


def _judge_name(name: str, seen: set[str]) -> None:
    """Notes the name; the second of its kind is a fault."""
    if name in seen:
        raise RecordFault("attribute-duplicate")
    seen.add(name)


def _deeper(level: int) -> int:
    if level >= MAX_LEVELS:
        raise RecordFault("nesting")
    return level + 1


def _each(elements: Sequence[Raw], read: Callable[[Raw], Any]) -> list[Any]:
    """Returns the elements read in order; a fault names the element's index."""
    values = []
    for index, raw in enumerate(elements):
        try:
            values.append(read(raw))
        except RecordFault as fault:
            fault.within(index)
            raise
    return values
