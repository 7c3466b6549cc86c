//! Which members a record has, and how AWS spells them.

use crate::events::Member;
use crate::reader::ExportType;

/// Where the time stamp stands in Metadata.
pub(super) const TIMESTAMP: &[u8] = b"WriteTimestampMicros";

/// A member that a record can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Metadata,
    Map(Member),
}

/// A member's value.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// What stands inside of it: a struct begins plainly.
    Inside(&'a [u8]),
    /// It begins here.
    At(&'a [u8]),
}

/// The member with a name; None where a record of such an export has none.
pub(super) fn named(export_type: ExportType, name: &[u8]) -> Option<Part> {
    let part = match name {
        b"Item" => Part::Map(Member::Item),
        b"Metadata" => Part::Metadata,
        b"Keys" => Part::Map(Member::Keys),
        b"NewImage" => Part::Map(Member::NewImage),
        b"OldImage" => Part::Map(Member::OldImage),
        _ => return None,
    };
    let is_item = part == Part::Map(Member::Item);
    (is_item == (export_type == ExportType::Full)).then_some(part)
}

/// A member whose name and brace are spelled as AWS spells them, and what follows.
#[inline(always)]
pub(super) fn plain_member(export_type: ExportType, rest: &[u8]) -> Option<(Part, &[u8])> {
    let (part, inside) = match rest {
        [b'I', b't', b'e', b'm', b':', b'{', inside @ ..] => (Part::Map(Member::Item), inside),
        [b'K', b'e', b'y', b's', b':', b'{', inside @ ..] => (Part::Map(Member::Keys), inside),
        [b'M', ..] => (Part::Metadata, rest.strip_prefix(b"Metadata:{")?),
        [b'N', ..] => (Part::Map(Member::NewImage), rest.strip_prefix(b"NewImage:{")?),
        [b'O', ..] => (Part::Map(Member::OldImage), rest.strip_prefix(b"OldImage:{")?),
        _ => return None,
    };
    let is_item = part == Part::Map(Member::Item);
    (is_item == (export_type == ExportType::Full) && !inside.starts_with(b"{")).then_some((part, inside))
}

/// The value behind the time stamp's name, as AWS spells both.
pub(super) fn plain_timestamp(rest: &[u8]) -> Option<&[u8]> {
    let value = rest.strip_prefix(TIMESTAMP)?.strip_prefix(b":")?;
    value.first()?.is_ascii_digit().then_some(value)
}

/// A time stamp of today's length, as AWS writes it: a decimal with its point.
pub(super) fn plain_micros(value: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = value.split_first_chunk::<16>()?;
    let [b'.', after @ ..] = rest else { return None };
    let is_plain = digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit) && matches!(after, [b',' | b'}', ..]);
    is_plain.then(|| {
        (
            digits
                .iter()
                .fold(0, |micros, digit| micros * 10 + u64::from(digit - b'0')),
            after,
        )
    })
}
