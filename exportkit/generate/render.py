"""Records as text, fast: an item is its key and draws from the pools of its kind.

Fragments in Ion are made from those in JSON by an engine's transcoder, once for each
shape; the million items after that are string joins.
"""

from base64 import b64encode
from binascii import hexlify
from collections.abc import Container, Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from json.encoder import encode_basestring
from operator import itemgetter
from random import Random
from struct import Struct

from exportkit.engine import select_engine
from exportkit.errors import UsageError
from exportkit.generate.chain import Change
from exportkit.generate.edges import big_attribute
from exportkit.generate.keys import KeyMaker, KeyPart, KeyValue
from exportkit.generate.shapes import Kind, Live, Shape, kinds_of, names_of
from exportkit.model.formats import ExportType, OutputFormat, TextForm
from exportkit.model.scan import ReadOptions

__all__ = ["Renderer"]

_HALVES = Struct("<32H")
_DRAWN_BY = Struct("<QQ32s")

# What an item's 64 bytes of randomness are for: draws of two bytes each, and hexadecimal digits.
_STABLE, _ORDER, _LIVE_DIGITS = (
    12,
    23,
    96,
)  # draws of stable pools, of volatile ones, the order's; digits of live values
_ORDERS = 8
"""Attribute orders a kind's items come in."""

_VALUE = {
    (OutputFormat.DYNAMODB_JSON, "S"): b'{"S":%s}',
    (OutputFormat.DYNAMODB_JSON, "N"): b'{"N":"%d"}',
    (OutputFormat.DYNAMODB_JSON, "B"): b'{"B":"%s"}',
    (OutputFormat.ION, "S"): b"%s",  # what JSON escapes in the strings made here, Ion escapes alike
    (OutputFormat.ION, "N"): b"%d.",
    (OutputFormat.ION, "B"): b"{{%s}}",
}
"""A value's text, S with its quotes, N without trailing zeros, B as base64."""


def in_format(fragments: Sequence[str], output_format: OutputFormat) -> list[bytes]:
    """Returns JSON fragments (``,"name":{…}``, or empty) in a format."""
    if output_format is OutputFormat.DYNAMODB_JSON:
        return [fragment.encode() for fragment in fragments]
    options = ReadOptions(format=OutputFormat.DYNAMODB_JSON, export_type=ExportType.FULL, uri="generate")
    transcoder = select_engine().transcoder(options, TextForm.ION)
    lines = "".join(f'{{"Item":{{{fragment[1:]}}}}}\n' for fragment in fragments).encode()
    made = (transcoder.feed(lines) + transcoder.finish()).split(b"\n")[:-1]
    cut = len("$ion_1_0 {Item:{")
    return [b"," + line[cut:-2] if fragment else b"" for line, fragment in zip(made, fragments, strict=True)]


class _KindText:
    """One kind's pools as text of one format."""

    def __init__(self, kind: Kind, output_format: OutputFormat) -> None:
        self.name = kind.name
        self.turns = in_format(kind.turns, output_format)
        self.stable = [(in_format(pool, output_format), len(pool) - 1) for pool in kind.stable]
        self.volatile = [(in_format(pool, output_format), len(pool) - 1) for pool in kind.volatile]
        self.live = self._live(kind.live, output_format)
        parts = 1 + len(self.stable) + len(self.volatile) + len(self.live) + bool(self.turns)
        rng = Random(f"exportkit {kind.name}")  # noqa: S311 - test data
        # Half of the items have the key first, as most writers put it; the others come in any order.
        orders = [list(range(parts))] * (_ORDERS // 2) + [rng.sample(range(parts), parts) for _ in range(_ORDERS // 2)]
        self.orders = [itemgetter(*order) for order in orders]

    @staticmethod
    def _live(live: tuple[Live, ...], output_format: OutputFormat) -> list[tuple[bytes, bool, int, int]]:
        """Returns for each attribute its template, whether it is a number, and which digits are its own."""
        made = []
        end = _LIVE_DIGITS
        for part in live:
            start, end = end, end + part.digits
            value = _VALUE[output_format, part.type]
            if part.type == "S":
                value %= b'"%s"'
            made.append((b"," + name_text(part.name, output_format) + value, part.type == "N", start, end))
        return made


@lru_cache(maxsize=32)
def _kind_texts(shape: Shape, now: int, output_format: OutputFormat) -> tuple[_KindText, ...]:
    made: dict[int, _KindText] = {}
    kinds = kinds_of(shape, now)
    for kind in kinds:  # a kind may stand in several places
        made.setdefault(id(kind), _KindText(kind, output_format))
    return tuple(made[id(kind)] for kind in kinds)


@lru_cache(maxsize=64)
def name_text(name: str, output_format: OutputFormat) -> bytes:
    """Returns an attribute's name and colon as they stand in a record, ``"id":`` or ``id:``; ``%`` is doubled."""
    (text,) = in_format([f',{encode_basestring(name)}:{{"S":""}}'], output_format)
    return text[1:].removesuffix(_VALUE[output_format, "S"] % b'""').replace(b"%", b"%%")


class Renderer:
    """Gives the text of every item at every version, in one format.

    Args:
        shape: What items look like.
        now: The base's export time, seconds since the epoch.
        key: The key attributes.
        seed: Decides everything drawn; equal over formats.
        output_format: The format of the text.
        big: Items of close to 400 KB.

    Raises:
        UsageError: A key attribute has the name of another attribute of the shape.
    """

    def __init__(
        self,
        shape: Shape,
        now: int,
        key: tuple[KeyPart, ...],
        seed: int,
        output_format: OutputFormat,
        big: Container[int] = frozenset(),
    ) -> None:
        self._kinds = _kind_texts(shape, now, output_format)
        self._keys = KeyMaker(key, seed, odd=shape is Shape.MIXED)
        self._seed = sha256(str(seed).encode()).digest()
        self._key_templates = [name_text(part.name, output_format) + _VALUE[output_format, part.type] for part in key]
        self._format = output_format
        self._json = output_format is OutputFormat.DYNAMODB_JSON
        names = (name_text(name, output_format) for name in ("OldImage", "NewImage"))
        self._old_image, self._new_image = (b"," + name + b"{%s}" for name in names)
        self._group, self._partition = -1, b""
        self._big = big
        self._check_names(shape, now, key)

    @staticmethod
    def _check_names(shape: Shape, now: int, key: tuple[KeyPart, ...]) -> None:
        taken = names_of(shape, now)
        for part in key:
            if part.name in taken:
                raise UsageError(
                    f"--key: {part.name!r} is an attribute of the shape {shape} already; take another name"
                )

    def key_values(self, item: int) -> tuple[KeyValue, ...]:
        """Returns the item's key as it sorts."""
        partition = self._keys.partition(self._keys.group(item))
        sort = self._keys.sort(item, self._kinds[item % len(self._kinds)].name)
        return (partition,) if sort is None else (partition, sort)

    def keys(self, item: int) -> bytes:
        """Returns the item's key attributes, as they stand between the braces of Keys."""
        group = self._keys.group(item)
        if group != self._group:  # most of the time it is the last item's
            self._group = group
            self._partition = self._key_templates[0] % _key_text(self._keys.partition(group))
        sort = self._keys.sort(item, self._kinds[item % len(self._kinds)].name)
        return (
            self._partition if sort is None else b"%s,%s" % (self._partition, self._key_templates[1] % _key_text(sort))
        )

    def item(self, item: int, version: int) -> bytes:
        """Returns a full export's record of an item at a version, with its line feed."""
        body = self._body(item, version, self.keys(item))
        if self._json:
            return b'{"Item":{%s}}\n' % body
        return b"%s$ion_1_0 {Item:{%s}}\n" % (_space(item), body)

    def change(self, change: Change, *, old_image: bool) -> bytes:
        """Returns an incremental export's record of a change, with its line feed."""
        item, at = change.item, change.timestamp
        keys = self.keys(item)
        images = b""
        if old_image and change.old is not None:
            images = self._old_image % self._body(item, change.old, keys)
        if change.new is not None:
            images += self._new_image % self._body(item, change.new, keys)
        if self._json:
            return b'{"Metadata":{"WriteTimestampMicros":{"N":"%d"}},"Keys":{%s}%s}\n' % (at, keys, images)
        record = b"Keys:{%s},Metadata:{WriteTimestampMicros:%s}%s" % (keys, _ion_number(at), images)
        return b"%s$ion_1_0 {Record:{%s}}\n" % (_space(item), record)

    def _body(self, item: int, version: int, keys: bytes) -> bytes:
        """Returns the item's attributes at a version, as they stand between its braces."""
        kind = self._kinds[item % len(self._kinds)]
        digest = blake2b(_DRAWN_BY.pack(item, version, self._seed)).digest()
        draws = _HALVES.unpack(digest)
        first = _HALVES.unpack(blake2b(_DRAWN_BY.pack(item, 0, self._seed)).digest()) if version else draws
        parts = [b"," + keys]
        parts += [pool[draw & mask] for (pool, mask), draw in zip(kind.stable, first, strict=False)]
        parts += [pool[draw & mask] for (pool, mask), draw in zip(kind.volatile, draws[_STABLE:], strict=False)]
        digits = hexlify(digest)
        for template, number, start, end in kind.live:
            word = digits[start:end]
            parts.append(template % (int(word, 16) * 10 + 7 if number else word))
        if kind.turns:
            parts.append(kind.turns[(item // 4 + version) % len(kind.turns)])
        body = b"".join(kind.orders[draws[_ORDER] % _ORDERS](parts))[1:]
        return body + in_format([f",{big_attribute(item)}"], self._format)[0] if item in self._big else body


def _key_text(value: KeyValue) -> bytes | int:
    if isinstance(value, str):
        return encode_basestring(value).encode()
    return b64encode(value) if isinstance(value, bytes) else value


def _space(item: int) -> bytes:
    """Returns what stands before a line of Ion: a space in most of AWS's lines, nothing in some."""
    return b"" if item % 61 == 7 else b" "


def _ion_number(number: int) -> bytes:
    """Returns a whole number above 0 as AWS spells decimals: trailing zeros go into the exponent."""
    digits = b"%d" % number
    zeros = len(digits) - len(digits.rstrip(b"0"))
    return b"%sd%d" % (digits[:-zeros], zeros) if zeros else digits + b"."
