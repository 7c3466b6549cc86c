//! The members of a record: `Item`, or `Metadata`, `Keys`, `NewImage`, `OldImage`.

use super::JsonParser;
use super::bytes::{skip_space, string};
use super::syntax::skip_value;
use super::value::{after_colon, unescaped};
use crate::events::{Member, Text, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::number::Decimal;
use crate::path::NodeId;
use crate::reader::ExportType;

/// Brackets open inside Metadata.
const METADATA_BRACKETS: u32 = 2;

/// What has been seen of a record.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each member a record can have: nothing is encoded in their combination"
)]
struct Seen {
    item: bool,
    keys: bool,
    keys_empty: bool,
    new_image: bool,
    old_image: bool,
    metadata: bool,
    timestamp: bool,
}

impl JsonParser {
    /// Reads a record and returns what follows the line feed (nothing, where there is none).
    pub(super) fn read<'a, J: Judge, V: Visitor>(
        &mut self,
        line: &'a [u8],
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        self.paths.begin_record();
        if self.export_type == ExportType::Full
            && let Some(rest) = line.strip_prefix(b"{\"Item\":{")
        {
            visitor.member(Member::Item);
            let rest = match self.map::<J, V>(rest, NodeId::IMAGE, 0, visitor) {
                Ok(rest) => rest,
                Err(error) => return Err(J::under(error, || b"Item".to_vec())),
            };
            if let [b'}', b'\n', after @ ..] = rest {
                return Ok(after);
            }
            return self.more_members::<J, V>(
                rest,
                Seen {
                    item: true,
                    ..Seen::default()
                },
                visitor,
            );
        }
        if self.export_type == ExportType::Incremental
            && let Some((micros, rest)) = plain_metadata(line)
        {
            visitor.write_timestamp(micros);
            return self.more_members::<J, V>(
                rest,
                Seen {
                    metadata: true,
                    timestamp: true,
                    ..Seen::default()
                },
                visitor,
            );
        }
        let [b'{', rest @ ..] = skip_space(line) else {
            return Err(J::fault(Reason::NotAnObject, line));
        };
        let mut seen = Seen::default();
        match skip_space(rest) {
            [b'}', ..] => self.more_members::<J, V>(rest, seen, visitor),
            rest => {
                let rest = self.member::<J, V>(rest, &mut seen, visitor)?;
                self.more_members::<J, V>(rest, seen, visitor)
            }
        }
    }

    /// Reads the members that follow, and the end of the line.
    fn more_members<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        mut seen: Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let mut rest = rest;
        loop {
            match skip_space(rest) {
                [b',', after @ ..] => rest = self.member::<J, V>(skip_space(after), &mut seen, visitor)?,
                [b'}', after @ ..] => {
                    self.whole::<J>(&seen, after)?;
                    return match skip_space(after) {
                        [] => Ok(&[]),
                        [b'\n', after @ ..] => Ok(after),
                        other => Err(J::fault(Reason::Syntax, other)),
                    };
                }
                other => return Err(J::fault(Reason::Syntax, other)),
            }
        }
    }

    /// Judges what is missing in a record.
    fn whole<J: Judge>(&self, seen: &Seen, rest: &[u8]) -> Result<(), J::Error> {
        let missing = |reason, path: &[&str]| {
            let fault = J::fault(reason, rest);
            Err(path
                .iter()
                .rev()
                .fold(fault, |fault, name| J::under(fault, || name.as_bytes().to_vec())))
        };
        match self.export_type {
            ExportType::Full if !seen.item => missing(Reason::MemberType, &["Item"]),
            ExportType::Incremental if !seen.keys => missing(Reason::KeysAbsent, &["Keys"]),
            ExportType::Incremental if seen.keys_empty => missing(Reason::KeysEmpty, &["Keys"]),
            ExportType::Incremental if !seen.timestamp => {
                missing(Reason::TimestampAbsent, &["Metadata", "WriteTimestampMicros"])
            }
            _ => Ok(()),
        }
    }

    /// Reads a member from its name on.
    fn member<'a, J: Judge, V: Visitor>(
        &mut self,
        start: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        if self.export_type == ExportType::Incremental
            && let Some((member, value)) = plain_map(start)
        {
            return self
                .known_member::<J, V>(Some(member), value, seen, visitor)
                .map_err(|error| J::under(error, || member.name().as_bytes().to_vec()));
        }
        let [b'"', rest @ ..] = start else {
            return Err(J::fault(Reason::Syntax, start));
        };
        let (name, rest) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
        let value = after_colon(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
        self.named_member::<J, V>(name, value, seen, visitor)
            .map_err(|error| J::under(error, || unescaped(name)))
    }

    fn named_member<'a, J: Judge, V: Visitor>(
        &mut self,
        name: Text<'_>,
        value: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let name = name.bytes(&mut self.scratch);
        let member = match (self.export_type, name) {
            (ExportType::Full, b"Item") => Some(Member::Item),
            (ExportType::Incremental, b"Keys") => Some(Member::Keys),
            (ExportType::Incremental, b"NewImage") => Some(Member::NewImage),
            (ExportType::Incremental, b"OldImage") => Some(Member::OldImage),
            (ExportType::Incremental, b"Metadata") => None,
            _ => return Err(J::fault(Reason::MemberUnknown, value)),
        };
        self.known_member::<J, V>(member, value, seen, visitor)
    }

    /// Reads the value of a member that such a record can have; None is Metadata.
    #[inline]
    fn known_member<'a, J: Judge, V: Visitor>(
        &mut self,
        member: Option<Member>,
        value: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let seen_before = match member {
            None => &mut seen.metadata,
            Some(Member::Item) => &mut seen.item,
            Some(Member::Keys) => &mut seen.keys,
            Some(Member::NewImage) => &mut seen.new_image,
            Some(Member::OldImage) => &mut seen.old_image,
        };
        if std::mem::replace(seen_before, true) {
            return Err(J::fault(Reason::MemberDuplicate, value));
        }
        let [b'{', inside @ ..] = value else {
            return Err(J::fault(Reason::MemberType, value));
        };
        let Some(member) = member else {
            return self.metadata::<J, V>(inside, seen, visitor);
        };
        if member == Member::Keys {
            seen.keys_empty = skip_space(inside).starts_with(b"}");
        }
        visitor.member(member);
        self.map::<J, V>(inside, member.node(), 0, visitor)
    }

    /// Reads Metadata from behind its opening brace: the time stamp, and whatever else there may be.
    fn metadata<'a, J: Judge, V: Visitor>(
        &mut self,
        inside: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let mut rest = skip_space(inside);
        if let [b'}', after @ ..] = rest {
            return Ok(after);
        }
        let mut scope = self.paths.open(NodeId::OVERFLOW); // names here are nobody's attributes
        loop {
            let [b'"', start @ ..] = rest else {
                return Err(J::fault(Reason::Syntax, rest));
            };
            let (name, after) = string(start).ok_or_else(|| J::fault(Reason::Syntax, start))?;
            let bytes = name.bytes(&mut self.scratch);
            let is_timestamp = bytes == b"WriteTimestampMicros";
            // The time stamp's own flag spares the usual record the table of names.
            let first = if is_timestamp {
                !seen.timestamp
            } else {
                self.paths.enter(&mut scope, bytes).is_some()
            };
            if !first {
                return Err(J::under(J::fault(Reason::AttributeDuplicate, start), || {
                    unescaped(name)
                }));
            }
            let value = after_colon(after).ok_or_else(|| J::fault(Reason::Syntax, after))?;
            let after = if is_timestamp {
                let fault = || J::under(J::fault(Reason::TimestampInvalid, value), || unescaped(name));
                let (micros, after) = timestamp(value).ok_or_else(fault)?;
                seen.timestamp = true;
                visitor.write_timestamp(micros);
                after
            } else {
                skip_value(value, METADATA_BRACKETS).map_err(|wrong| J::fault(Reason::Syntax, wrong))?
            };
            match skip_space(after) {
                [b',', after @ ..] => rest = skip_space(after),
                [b'}', after @ ..] => return Ok(after),
                other => return Err(J::fault(Reason::Syntax, other)),
            }
        }
    }
}

/// The Metadata that most change records begin with: nothing but a time stamp of today's length.
#[inline]
fn plain_metadata(line: &[u8]) -> Option<(u64, &[u8])> {
    let rest = line.strip_prefix(br#"{"Metadata":{"WriteTimestampMicros":{"N":""#)?;
    let (digits, rest) = rest.split_first_chunk::<16>()?;
    let is_plain = digits.iter().all(u8::is_ascii_digit);
    let rest = rest.strip_prefix(br#""}}"#).filter(|_| is_plain)?;
    Some((plain_micros(digits), rest))
}

/// A member of a change record that is a map, by its name, if that is plainly spelled; and its value.
#[inline]
fn plain_map(rest: &[u8]) -> Option<(Member, &[u8])> {
    let (member, value) = match rest {
        [b'"', b'K', ..] => (Member::Keys, rest.strip_prefix(br#""Keys":"#)?),
        [b'"', b'N', ..] => (Member::NewImage, rest.strip_prefix(br#""NewImage":"#)?),
        [b'"', b'O', ..] => (Member::OldImage, rest.strip_prefix(br#""OldImage":"#)?),
        _ => return None,
    };
    value.starts_with(b"{").then_some((member, value))
}

/// Reads the time stamp's value, `{"N":"…"}`, a string or a number; None where it is none of these,
/// or no whole number of microseconds.
fn timestamp(value: &[u8]) -> Option<(u64, &[u8])> {
    match value {
        [b'{', inside @ ..] => {
            let [b'"', name @ ..] = skip_space(inside) else {
                return None;
            };
            let (name, rest) = string(name)?;
            if name.bytes(&mut Vec::new()) != b"N" {
                return None;
            }
            let [b'"', text @ ..] = after_colon(rest)? else {
                return None;
            };
            let (micros, rest) = quoted_micros(text)?;
            match skip_space(rest) {
                [b'}', after @ ..] => Some((micros, after)),
                _ => None,
            }
        }
        [b'"', text @ ..] => quoted_micros(text),
        [b'-' | b'0'..=b'9', ..] => {
            let after = skip_value(value, METADATA_BRACKETS).ok()?;
            Some((micros(value.get(..value.len() - after.len())?)?, after))
        }
        _ => None,
    }
}

fn quoted_micros(text: &[u8]) -> Option<(u64, &[u8])> {
    let (text, after) = string(text)?;
    Some((micros(text.bytes(&mut Vec::new()))?, after))
}

/// A whole number from 0 to 2**63 − 1 in any spelling of a number.
fn micros(text: &[u8]) -> Option<u64> {
    if (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(plain_micros(text));
    }
    Decimal::from_json(text).ok()?.micros()
}

/// The number that a few digits spell.
fn plain_micros(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}
