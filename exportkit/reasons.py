"""Why a record is faulty: the stable slugs both engines give, and what each means.

``docs/records.md`` states the rules behind them and the order they are judged in.
A reason belongs to exactly one finding code of ``exportkit verify``.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["REASONS", "Reason", "Severity"]


class Severity(StrEnum):
    """How bad a finding is; only ``error`` makes verify answer no."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Reason:
    """One way a record can be faulty.

    Attributes:
        slug: The stable name.
        code: The finding code it is reported under.
        severity: How bad it is.
        text: The fault in a few words, for people.
    """

    slug: str
    code: str
    severity: Severity
    text: str


_E, _W = Severity.ERROR, Severity.WARNING

REASONS: dict[str, Reason] = {
    slug: Reason(slug, code, severity, text)
    for slug, code, severity, text in (
        ("utf-8", "record-malformed", _E, "bytes that are not UTF-8"),
        ("bom", "record-malformed", _E, "a byte order mark before the record"),
        ("too-long", "record-malformed", _E, "a record longer than the limit (--max-record-size)"),
        ("nesting", "record-malformed", _E, "values nested more than 64 levels deep"),
        ("syntax", "record-malformed", _E, "not one well-formed value of the export's format on the line"),
        ("not-an-object", "record-malformed", _E, "the record is not an object (struct)"),
        ("member-unknown", "record-malformed", _E, "a member that no export record has"),
        ("member-duplicate", "record-malformed", _E, "a member of the record stands twice"),
        ("member-type", "record-malformed", _E, "a member of the record is not an object (struct)"),
        ("keys-absent", "record-malformed", _E, "a change record without Keys"),
        ("keys-empty", "record-malformed", _E, "a change record whose Keys are empty"),
        ("timestamp-absent", "record-malformed", _E, "a change record without Metadata.WriteTimestampMicros"),
        ("timestamp-invalid", "record-malformed", _E, "WriteTimestampMicros is not a whole number of microseconds"),
        ("attribute-duplicate", "record-malformed", _E, "an attribute stands twice in one item or map"),
        ("type-tag", "record-malformed", _E, "an attribute value is not an object with exactly one type tag"),
        ("type-value", "record-malformed", _E, "a value that does not fit its type tag"),
        ("ion-type", "record-malformed", _E, "an Ion type that is no DynamoDB type"),
        ("ion-annotation", "record-malformed", _E, "an Ion annotation that DynamoDB exports do not have"),
        ("number", "record-malformed", _E, "not a number"),
        ("number-precision", "record-malformed", _E, "a number of more than 38 significant digits"),
        ("number-range", "record-malformed", _E, "a number outside 1E-130 to 9.99…E+125"),
        ("binary", "record-malformed", _E, "binary that is not padded standard base64"),
        ("set-empty", "record-malformed", _E, "an empty set"),
        ("set-duplicate", "record-malformed", _E, "a set with an element twice"),
        ("set-element", "record-malformed", _E, "a set element of another type than the set's"),
        ("change-in-full", "record-kind-mismatch", _E, "a change record in a full export"),
        ("item-in-incremental", "record-kind-mismatch", _E, "a full export's record in an incremental export"),
        ("old-image-in-view", "record-kind-mismatch", _E, "an old image in an export whose view is NEW_IMAGE"),
        ("no-image-in-view", "record-kind-mismatch", _W, "no image in an export whose view is NEW_AND_OLD_IMAGES"),
        ("new-image-key", "keys-image-mismatch", _E, "the new image's key is not the record's Keys"),
        ("old-image-key", "keys-image-mismatch", _E, "the old image's key is not the record's Keys"),
        ("key-absent", "key-missing", _E, "an item without a key attribute"),
        ("key-other", "key-missing", _E, "an attribute in Keys that the export's key does not have"),
        ("key-empty", "key-missing", _E, "a key attribute that is empty"),
        ("key-type", "key-type-mixed", _E, "a key attribute that is not S, N or B"),
        ("key-mixed", "key-type-mixed", _E, "a key attribute of another type than in the file's first record"),
        ("timestamp-near", "timestamp-outside-window", _W, "a write at most 60 s outside the export's window"),
        ("timestamp-far", "timestamp-outside-window", _E, "a write more than 60 s outside the export's window"),
    )
}
