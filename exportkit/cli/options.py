"""Options that several commands share, each group as one parameter."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter, Token
from cyclopts.types import ExistingDirectory, NonNegativeInt, PositiveInt

from exportkit.model.statistics import DEFAULT_MAX_MAP_FIELDS
from exportkit.schema.options import Mixed, Names, Nulls, Numbers, SchemaOptions
from exportkit.store import OutputOptions, StoreOptions

if TYPE_CHECKING:
    from exportkit.convert.options import ConvertArguments

__all__ = [
    "ApiOptions",
    "DdlOption",
    "FlagOption",
    "JobsOption",
    "JsonOption",
    "ParquetOptions",
    "PolicyOptions",
    "S3OutputOptions",
    "SizeOption",
    "StorageOptions",
    "TempDirOption",
    "parse_key",
    "parse_size",
]

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
_SIZE = re.compile(r"([0-9]+)\s*(|k|m|g|ki|mi|gi)b?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Returns the bytes that a size names: ``67108864``, ``64MiB`` or ``64Mi``, ``64MB`` or ``64M``.

    Raises:
        ValueError: It names none, or no bytes at all.
    """
    found = _SIZE.fullmatch(text.strip())
    size = int(found[1]) * _UNITS[found[2].lower()] if found else 0
    if size == 0:
        raise ValueError(f"{text!r} is no size: write whole numbers, without fractions: bytes, or 64MiB, 64MB, 1GiB")
    return size


def parse_key(text: str) -> tuple[str, ...]:
    """Returns the parts of a key as ``--key`` names them, without white space around them."""
    return tuple(part.strip() for part in text.split(","))


def _names(words: Sequence[str]) -> tuple[str, ...]:
    """Returns the names in words such as ``pk,sk`` and ``"a,b"``, which is one."""
    return tuple(name for word in words for name in _names_in(word))


def _names_in(word: str) -> list[str]:
    try:
        return next(csv.reader([word], skipinitialspace=True), []) or [""]
    except csv.Error:  # a line feed that is not in quotes
        return [word]


def _convert_size(_: object, tokens: Sequence[Token]) -> int:
    return parse_size(tokens[0].value)


def _shown_size(size: int) -> str:
    return f"{size >> 20}MiB" if size % (1 << 30) else f"{size >> 30}GiB"


JsonOption = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
FlagOption = Annotated[bool, Parameter(negative="", show_default=False)]
JobsOption = PositiveInt | None
TempDirOption = ExistingDirectory | None
DdlOption = Literal["athena", "spark", "duckdb"] | None
SizeOption = Annotated[
    int, Parameter(converter=_convert_size, metavar="SIZE", show_default=lambda size: size and _shown_size(size))
]


@Parameter(name="*", group=Group("Storage", sort_key=9))
@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """Where exports lie and how to get at them; the rest is standard AWS configuration."""

    endpoint_url: str | None = None
    """URL of an S3-compatible server."""
    dynamodb_endpoint_url: str | None = None
    """URL of a DynamoDB endpoint, for export ARNs and --service."""
    profile: str | None = None
    """Profile of the AWS configuration."""
    region: str | None = None
    """AWS Region."""
    requester_pays: FlagOption = False
    """Pay for the requests to a requester-pays bucket."""
    expected_bucket_owner: str | None = None
    """Account id that must own the bucket that is read."""
    read_timeout: Annotated[float, Parameter(show_default=lambda seconds: f"{seconds:g} s")] = 60
    """Seconds without a byte from S3 after which a connection is given up, and taken up again."""
    allow_foreign_keys: FlagOption = False
    """Follow manifest keys that lead out of the export's root."""

    def resolve(self, output: "S3OutputOptions | None" = None) -> StoreOptions:
        """Returns the same as the store takes them.

        Args:
            output: How what is written is to be stored.

        Raises:
            UsageError: They do not fit together, or are out of range.
        """
        return StoreOptions(
            output=OutputOptions() if output is None else output.resolve(),
            read_timeout=self.read_timeout,
            endpoint_url=self.endpoint_url,
            dynamodb_endpoint_url=self.dynamodb_endpoint_url,
            profile=self.profile,
            region=self.region,
            requester_pays=self.requester_pays,
            expected_bucket_owner=self.expected_bucket_owner,
            allow_foreign_keys=self.allow_foreign_keys,
        )


@Parameter(name="*", group=Group("Output in S3", sort_key=10))
@dataclass(frozen=True, slots=True, kw_only=True)
class S3OutputOptions:
    """How results are stored in S3 (docs/s3.md); by default as the bucket has it."""

    sse: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    """Encryption of what is written."""
    sse_kms_key_id: str | None = None
    """KMS key to encrypt with: its ARN, ID or alias."""
    acl: str | None = None
    """Canned ACL of what is written, such as bucket-owner-full-control."""
    output_requester_pays: FlagOption = False
    """Pay for the requests to the bucket that is written to."""
    output_bucket_owner: str | None = None
    """Account id that must own the bucket that is written to."""

    def resolve(self) -> OutputOptions:
        """Returns the same as the store takes them.

        Raises:
            UsageError: They do not fit together.
        """
        return OutputOptions(
            sse=self.sse,
            sse_kms_key_id=self.sse_kms_key_id,
            acl=self.acl,
            requester_pays=self.output_requester_pays,
            expected_bucket_owner=self.output_bucket_owner,
        )


@Parameter(name="*", group=Group("Parquet", sort_key=7))
@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetOptions:
    """What the Parquet files are to be like (docs/convert.md)."""

    schema: str | None = None
    """A schema file. Without one the whole export is looked at, to find columns that fit."""
    sample: PositiveInt | None = None
    """Find the columns from so many records instead of all."""
    on_misfit: Literal["rescue", "extend", "error"] = "rescue"
    """What becomes of values that fit no column of a given or sampled schema: keep them in the
    column _rescued; widen the schema first; stop."""
    split_by: str | None = None
    """An attribute: each of its values, at most 1,000, gets a dataset of its own, OUTPUT/ATTR=value."""
    ddl: DdlOption = None
    """Print the table's definition, and the summary on stderr."""
    overwrite: FlagOption = False
    """Delete the result of another input or of other settings that is there."""
    target_file_size: SizeOption = 256 << 20
    """Size that the Parquet files should have."""
    compression: Literal["zstd", "snappy", "gzip", "none"] = "zstd"
    """Codec of the Parquet files."""
    compression_level: int | None = None
    """Level of the codec; the fastest by default."""

    def resolve(self, policies: "PolicyOptions") -> "ConvertArguments":
        """Returns the same as convert takes them.

        Raises:
            UsageError: The policies are out of range.
        """
        return {
            "schema": self.schema,
            "options": policies.resolve(),
            "sample": self.sample,
            "on_misfit": self.on_misfit,
            "split_by": self.split_by,
            "overwrite": self.overwrite,
            "target_file_size": self.target_file_size,
            "compression": self.compression,
            "compression_level": self.compression_level,
        }


@Parameter(name="*", group=Group("Service", sort_key=9))
@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """How the DynamoDB API is reached by commands that read no storage."""

    dynamodb_endpoint_url: str | None = None
    """URL of a DynamoDB endpoint."""
    profile: str | None = None
    """Profile of the AWS configuration."""
    region: str | None = None
    """AWS Region; where an ARN is given, its own is taken."""

    def resolve(self) -> StoreOptions:
        """Returns the same as the store takes them."""
        return StoreOptions(dynamodb_endpoint_url=self.dynamodb_endpoint_url, profile=self.profile, region=self.region)


@Parameter(name="*", group=Group("Columns", sort_key=8))
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOptions:
    """How values become columns (docs/schema.md), where no schema file says it."""

    numbers: Numbers = Numbers.EXACT
    """int64 if all fit, else a decimal, else text; as exact, with decimals of 76 digits; double; text."""
    mixed: Mixed = Mixed.STRUCT
    """Attributes with values of several types: a struct with one field for each; JSON; text; an error."""
    nulls: Nulls = Nulls.MERGE
    """NULL beside another type: a null, counted; or a field NULL of its own."""
    names: Names = Names.DEFAULT
    """As the attributes, none equal to another but for case; letters, digits and _ alone; exactly as the attributes."""
    flatten_depth: NonNegativeInt = 0
    """Levels of maps whose attributes become columns of their own, joined by __."""
    max_map_fields: PositiveInt = DEFAULT_MAX_MAP_FIELDS
    """Names that a map may have before its keys are taken for data, and columns that the top may have."""
    columns: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Attributes that become columns, the others being left out: NAME,NAME, or once for each; a name with a comma in
    double quotes."""
    rest_as_json: FlagOption = False
    """Keep attributes that have no column as JSON in the column _rest."""

    def resolve(self) -> SchemaOptions:
        """Returns the same as the schema takes them.

        Raises:
            UsageError: They are out of range.
        """
        return SchemaOptions(
            numbers=self.numbers,
            mixed=self.mixed,
            nulls=self.nulls,
            names=self.names,
            flatten_depth=self.flatten_depth,
            max_map_fields=self.max_map_fields,
            columns=_names(self.columns) or None,
            rest_as_json=self.rest_as_json,
        )
