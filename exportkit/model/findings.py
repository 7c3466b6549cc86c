"""What verify can find: the stable codes, what each means and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from exportkit.model.formats import ExportType
from exportkit.reasons import Severity

__all__ = ["CODES", "Finding", "FindingCode", "Level"]


class Level(StrEnum):
    """How deep verify looks; each level includes those before it."""

    MANIFEST = "manifest"
    OBJECTS = "objects"
    CONTENT = "content"
    RECORDS = "records"

    @property
    def depth(self) -> int:
        """The level's place, from 0."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One check of verify, named by what it finds.

    Attributes:
        code: The stable name.
        level: The level from which on it is made.
        severity: How bad the finding is, where the reason does not say otherwise.
        check: What is checked, for the table of checks.
        remedy: What to do about it.
        export_type: The kind of export it is made for; None for both.
    """

    code: str
    level: Level
    severity: Severity
    check: str
    remedy: str
    export_type: ExportType | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something verify found.

    Attributes:
        code: One of CODES.
        severity: How bad it is.
        reason: What is wrong, in words that end without a full stop.
        file: URI of the object it was found in.
        line: Line number from 1, where there is one.
        offset: Byte offset of the line's start in the decompressed object.
        path: JSON Pointer of the place inside the record, or empty.
        own_remedy: What to do about it, where that is another than for its code.
    """

    code: str
    severity: Severity
    reason: str
    file: str
    line: int | None = None
    offset: int | None = None
    path: str = ""
    own_remedy: str = ""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.own_remedy or CODES[self.code].remedy

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        if self.offset is not None:
            where += f" (byte {self.offset})"
        at = f" at {self.path}" if self.path else ""
        return f"{self.code}: {where}: {self.reason}{at}"


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_FULL, _INCREMENTAL = ExportType.FULL, ExportType.INCREMENTAL
_AGAIN = "Copy the export again from its source, or export the window or the table anew."
_DATA = "Copy the file again from the export's bucket; if it is the same there, export anew."

CODES: dict[str, FindingCode] = {
    row.code: row
    for row in (
        FindingCode(
            "export-not-complete", Level.MANIFEST, _E, "the export is complete",
            "Wait until DescribeExport says COMPLETED; an export that FAILED has to be asked for again, and one that "
            "was copied without its manifests has to be copied again.",
        ),
        FindingCode("manifest-missing", Level.MANIFEST, _E, "both manifests are there", _AGAIN),
        FindingCode("manifest-malformed", Level.MANIFEST, _E, "the manifests are well formed", _AGAIN),
        FindingCode("manifest-md5-missing", Level.MANIFEST, _N, "the manifests have MD5 files",
                    "Nothing, if the export was copied without them."),
        FindingCode("manifest-md5-mismatch", Level.MANIFEST, _E, "the manifests are what their MD5 files say",
                    f"{_AGAIN} If the manifest was changed on purpose, delete the .md5 (or .checksum) file beside it."),
        FindingCode("manifest-key-foreign", Level.MANIFEST, _E, "manifest keys stay inside the export's root",
                    "Find out who wrote this manifest; --allow-foreign-keys follows such keys."),
        FindingCode("data-file-listed-twice", Level.MANIFEST, _E, "no data file is listed twice", _AGAIN),
        FindingCode("total-count-mismatch", Level.MANIFEST, _E,
                    "the files' item counts add up to the export's itemCount", _AGAIN),
        FindingCode("item-count-unexpected", Level.MANIFEST, _E,
                    "the item count is what you or the service say",
                    "Compare the export's table and time with what you meant to verify."),
        FindingCode("data-file-missing", Level.OBJECTS, _E, "every listed data file is there", _AGAIN),
        FindingCode("data-file-unlisted", Level.OBJECTS, _N, "no data file lies there unlisted",
                    "Nothing: unlisted files are not part of the export.", _FULL),
        FindingCode("etag-mismatch", Level.OBJECTS, _N, "the objects' ETags are the manifest's",
                    "Nothing, if the objects were copied or encrypted with KMS: the MD5 decides."),
        FindingCode("data-md5-mismatch", Level.CONTENT, _E, "the data files' MD5s are the manifest's", _DATA),
        FindingCode("gzip-corrupt", Level.CONTENT, _E, "the data files inflate, with the right checksums", _DATA),
        FindingCode("item-count-mismatch", Level.CONTENT, _E, "every data file holds as many items as listed", _DATA),
        FindingCode("record-malformed", Level.RECORDS, _E, "every record is well formed and typed", _DATA),
        FindingCode("record-kind-mismatch", Level.RECORDS, _E, "every record is of the export's kind and view", _AGAIN),
        FindingCode("keys-image-mismatch", Level.RECORDS, _E, "the images have the key their record names", _AGAIN,
                    _INCREMENTAL),
        FindingCode("key-missing", Level.RECORDS, _E, "every item has its key, and it is not empty",
                    "Check --key against the table's key schema."),
        FindingCode("key-type-mixed", Level.RECORDS, _E, "each key attribute has one type, S, N or B",
                    "Check --key against the table's key schema."),
        FindingCode("duplicate-key", Level.RECORDS, _E, "no key stands twice in the export",
                    "Check --key (a sort key left out?); else export anew."),
        FindingCode("timestamp-outside-window", Level.RECORDS, _E, "every write lies in the export's window",
                    "Up to a minute is clock skew; more means that the manifest or the file is of another window.",
                    _INCREMENTAL),
    )
}  # fmt: skip
