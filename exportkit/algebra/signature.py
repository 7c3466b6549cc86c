"""``exportkit.signature``: one fingerprint of a state, whatever it is written like (``docs/signature.md``)."""

import os
import threading
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from exportkit.engine import select_engine
from exportkit.engine.protocols import Engine
from exportkit.errors import ChainError
from exportkit.export import DataFile
from exportkit.model.formats import ExportType
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE, ReadOptions
from exportkit.reading import NoProgress, OpenExport, Progress, default_jobs, in_order, open_source
from exportkit.reading.files import CheckedFile
from exportkit.store import StoreOptions

__all__ = ["ALGORITHM", "Signature", "signature"]

ALGORITHM = "exportkit-sha256-sum-1"
"""Signatures of other algorithms are not to be compared with ours."""

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a state.

    Attributes:
        signature: 64 hexadecimal digits.
        algorithm: How it was made.
        items: Items it was made of.
    """

    signature: str
    algorithm: str
    items: int

    def __add__(self, other: "Signature") -> "Signature":
        """Returns the signature of the items of both: of a state that lies in several exports.

        ``sum`` takes signatures, too.

        Raises:
            ValueError: They are of different algorithms.
        """
        if not isinstance(other, Signature):
            return NotImplemented
        if self.algorithm != other.algorithm:
            raise ValueError(f"signatures of {self.algorithm} and {other.algorithm} cannot be added")
        total = (int(self.signature, 16) + int(other.signature, 16)) % _MODULUS
        return Signature(f"{total:064x}", self.algorithm, self.items + other.items)

    def __radd__(self, other: int) -> "Signature":
        """Returns this one behind a zero, which is what ``sum`` begins with."""
        return self if other == 0 else NotImplemented

    def to_dict(self) -> dict[str, Any]:
        """Returns what ``signature --json`` prints."""
        return asdict(self)


def signature(
    location: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Signature:
    """Returns the signature of the state that a full export holds, each data file checked while it is read.

    States have one signature if they are equal: whatever their format, their files, the order of items, attributes
    and set elements, and the spelling of numbers.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        jobs: Files read side by side; one for each processor if None.
        max_record_size: Bytes a record may have.
        storage: How to reach it; standard AWS configuration if None.
        progress: Hears how it goes on.
        engine: Reads the records; chosen as ``docs/engine.md`` says if None.

    Raises:
        UsageError: An argument is out of range.
        ChainError: It is an incremental export: a change, and no state.
        MalformedRecordError: A record cannot be read.
        ManifestError: A manifest is malformed, or lists a data file twice; told before data is read.
        Md5MismatchError: A manifest is not what its MD5 file says, or a data file not what the manifest says.
        ItemCountError: It holds another number of records.
        GzipError: It cannot be inflated.
        StoreError: It cannot be read from storage.

    Example:
        >>> import exportkit
        >>> exportkit.signature("samples/full-json") == exportkit.signature("samples/full-ion")
        True
    """
    export = open_source(location, storage, jobs, max_record_size)
    summary = export.summary
    if summary.export_type is not ExportType.FULL:
        told = (
            f"is an incremental export ({summary.window}): it holds changes, and only a state has a signature; replay "
            "it onto its base, and take the signature of the result"
        )
        raise ChainError(export.uri, told, "kind")
    progress, engine = progress or NoProgress(), engine or select_engine()
    progress.begin(summary.item_count)
    stop = threading.Event()

    def sign(file: DataFile) -> tuple[int, int]:
        """Returns the sum of a data file, and its records."""
        signer = engine.signer(
            ReadOptions(
                format=summary.output_format,
                export_type=ExportType.FULL,
                uri=file.uri,
                max_record_size=max_record_size,
            )
        )
        with CheckedFile(export, file, progress) as data:
            for chunk in data:
                if stop.is_set():
                    break
                signer.feed(chunk)
                data.advance(signer.records)
            else:
                part = int.from_bytes(signer.finish(), "big")
                data.check(signer.records)
                return part, signer.records
        return 0, 0  # nobody takes it

    total = items = 0
    files = OpenExport(export, engine=engine).files()
    with closing(in_order(sign, files, jobs or default_jobs(), stop)) as parts:
        for part, records in parts:
            total += part
            items += records
    return Signature(f"{total % _MODULUS:064x}", ALGORITHM, items)
