//! A record's members: an item, or the parts of a change.

use super::IonParser;
use super::member::{Part, TIMESTAMP, Value, named, plain_member, plain_micros, plain_timestamp};
use super::numeric::{self, Numeric};
use super::symbol::Start;
use super::value::{odd, separator, skip_space};
use crate::events::{Member, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::number::Decimal;
use crate::path::NodeId;
use crate::reader::ExportType;

/// What has been seen of a record.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of its own")]
struct Seen {
    item: bool,
    metadata: bool,
    keys: bool,
    new_image: bool,
    old_image: bool,
    keys_are_empty: bool,
    timestamp: bool,
    /// Whether the members stand in a Record of their own.
    wrapped: bool,
}

impl IonParser {
    /// Reads the first line as a record and returns what follows its line feed.
    pub(super) fn read<'a, J: Judge, V: Visitor>(
        &mut self,
        lines: &'a [u8],
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        self.paths.begin_record();
        if !self.symbols.is_empty() {
            self.symbols.clear();
        }
        // As AWS begins its lines, most of them with a space.
        let start = if let [b' ', rest @ ..] = lines { rest } else { lines };
        let rest = match start.strip_prefix(b"$ion_1_0 {") {
            Some(rest) if !rest.starts_with(b"{") => rest,
            _ => self.beginning::<J>(lines)?,
        };
        let rest = match self.export_type {
            ExportType::Full => self.item::<J, V>(rest, visitor)?,
            ExportType::Incremental => self.change::<J, V>(rest, visitor)?,
        };
        match rest {
            [b'\n', after @ ..] => Ok(after),
            _ => self.end::<J>(rest),
        }
    }

    /// Reads what stands behind a line's struct that is not the line feed.
    #[inline(never)]
    fn end<'a, J: Judge>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], J::Error> {
        match odd::<J, _>(rest, |cursor| cursor.end_line(&mut self.symbols))?.1 {
            [b'\n', after @ ..] => Ok(after),
            other => Ok(other),
        }
    }

    /// Reads what stands before a line's struct, and its brace.
    #[inline(never)]
    fn beginning<'a, J: Judge>(&mut self, line: &'a [u8]) -> Result<&'a [u8], J::Error> {
        let ((), rest) = odd::<J, _>(line, |cursor| cursor.preamble(&mut self.symbols))?;
        let (opening, rest) = odd::<J, _>(rest, |cursor| cursor.opening(&self.symbols))?;
        match rest {
            [b'{', inside @ ..] if opening.start == Start::Here && !inside.starts_with(b"{") => {
                if opening.annotations > 0 {
                    Err(J::fault(Reason::IonAnnotation, rest))
                } else {
                    Ok(inside)
                }
            }
            _ => Err(J::fault(Reason::NotAnObject, rest)),
        }
    }

    /// Reads a full export's record from behind its brace.
    #[inline]
    fn item<'a, J: Judge, V: Visitor>(&mut self, rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        let mut seen = Seen::default();
        let mut rest = rest;
        if let Some((part, inside)) = plain_member(ExportType::Full, rest) {
            let after = match self.member::<J, V>(part, Value::Inside(inside), &mut seen, visitor) {
                Ok(after) => after,
                Err(error) => return Err(J::under(error, || b"Item".to_vec())),
            };
            if let [b'}', after @ ..] = after {
                return Ok(after);
            }
            rest = separator::<J>(after, b'}')?;
        }
        rest = self.members::<J, V>(rest, &mut seen, visitor)?;
        if seen.item {
            Ok(rest)
        } else {
            Err(missing::<J>(Reason::MemberType, rest, &[b"Item"]))
        }
    }

    /// Reads an incremental export's record from behind its brace.
    fn change<'a, J: Judge, V: Visitor>(&mut self, rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        let mut seen = Seen::default();
        let rest = match self.wrapper::<J>(rest)? {
            Some(inside) => {
                seen.wrapped = true;
                let rest = self.members::<J, V>(inside, &mut seen, visitor)?;
                self.end_of_wrapper::<J>(separator::<J>(rest, b'}')?)?
            }
            None => self.members::<J, V>(rest, &mut seen, visitor)?,
        };
        if !seen.keys {
            Err(missing::<J>(Reason::KeysAbsent, rest, &[b"Keys"]))
        } else if seen.keys_are_empty {
            Err(missing::<J>(Reason::KeysEmpty, rest, &[b"Keys"]))
        } else if !seen.timestamp {
            Err(missing::<J>(Reason::TimestampAbsent, rest, &[b"Metadata", TIMESTAMP]))
        } else {
            Ok(rest)
        }
    }

    /// Reads up to the inside of Record, if that is the first member.
    fn wrapper<'a, J: Judge>(&mut self, rest: &'a [u8]) -> Result<Option<&'a [u8]>, J::Error> {
        if let Some(inside) = rest.strip_prefix(b"Record:{")
            && !inside.starts_with(b"{")
        {
            return Ok(Some(inside));
        }
        let (is_record, value) = odd::<J, _>(rest, |cursor| {
            let name = cursor.next_field(&self.symbols, &mut self.scratch.name)?;
            Ok(name.is_some_and(|name| name.bytes(&mut self.scratch.unescaped) == b"Record"))
        })?;
        if !is_record {
            return Ok(None);
        }
        let inside = self.begin_struct::<J>(value);
        inside.map(Some).map_err(|error| J::under(error, || b"Record".to_vec()))
    }

    /// Reads the brace behind Record, which has to be the only member.
    fn end_of_wrapper<'a, J: Judge>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], J::Error> {
        if let [b'}', after @ ..] = rest {
            return Ok(after);
        }
        let (name, after) = odd::<J, _>(rest, |cursor| {
            let name = cursor.next_field(&self.symbols, &mut self.scratch.name)?;
            Ok(name.map(|name| name.bytes(&mut self.scratch.unescaped).to_vec()))
        })?;
        match name {
            None => Ok(after),
            Some(name) => {
                let reason = if name == b"Record" {
                    Reason::MemberDuplicate
                } else {
                    Reason::MemberUnknown
                };
                Err(J::under(J::fault(reason, rest), || name))
            }
        }
    }

    /// Reads members up to the brace behind them.
    #[inline(never)]
    fn members<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let mut rest = rest;
        loop {
            rest = skip_space::<J>(rest)?;
            if let [b'}', after @ ..] = rest {
                return Ok(after);
            }
            let start = rest;
            let (part, value) = match plain_member(self.export_type, rest) {
                Some((part, inside)) => (Some(part), Value::Inside(inside)),
                None => self.odd_member::<J>(rest)?,
            };
            let after = match part {
                Some(part) => self.member::<J, V>(part, value, seen, visitor),
                None => Err(J::fault(Reason::MemberUnknown, rest)),
            };
            rest = match after {
                Ok(after) => separator::<J>(after, b'}')?,
                Err(error) => return Err(J::under(error, || self.name_at(start))),
            };
        }
    }

    /// Reads a member's name, and whose name it is.
    #[inline(never)]
    fn odd_member<'a, J: Judge>(&mut self, rest: &'a [u8]) -> Result<(Option<Part>, Value<'a>), J::Error> {
        let (part, value) = odd::<J, _>(rest, |cursor| {
            let name = cursor.field(&self.symbols, &mut self.scratch.name)?;
            Ok(named(self.export_type, name.bytes(&mut self.scratch.unescaped)))
        })?;
        Ok((part, Value::At(value)))
    }

    fn member<'a, J: Judge, V: Visitor>(
        &mut self,
        part: Part,
        value: Value<'a>,
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let seen_before = match part {
            Part::Metadata => &mut seen.metadata,
            Part::Map(Member::Item) => &mut seen.item,
            Part::Map(Member::Keys) => &mut seen.keys,
            Part::Map(Member::NewImage) => &mut seen.new_image,
            Part::Map(Member::OldImage) => &mut seen.old_image,
        };
        if std::mem::replace(seen_before, true) {
            let (Value::Inside(rest) | Value::At(rest)) = value;
            return Err(J::fault(Reason::MemberDuplicate, rest));
        }
        let inside = match value {
            Value::Inside(inside) => inside,
            Value::At(value) => self.begin_struct::<J>(value)?,
        };
        let Part::Map(member) = part else {
            return self.metadata::<J, V>(inside, seen, visitor);
        };
        if member == Member::Keys {
            seen.keys_are_empty = skip_space::<J>(inside)?.starts_with(b"}");
        }
        visitor.member(member);
        self.map::<J, V>(inside, member.node(), 0, visitor)
    }

    /// Reads the brace of a member's value.
    fn begin_struct<'a, J: Judge>(&mut self, value: &'a [u8]) -> Result<&'a [u8], J::Error> {
        let (opening, rest) = odd::<J, _>(value, |cursor| cursor.opening(&self.symbols))?;
        match rest {
            _ if opening.annotations > 0 => Err(J::fault(Reason::IonAnnotation, rest)),
            [b'{', inside @ ..] if opening.start == Start::Here && !inside.starts_with(b"{") => Ok(inside),
            _ => Err(J::fault(Reason::MemberType, rest)),
        }
    }

    /// Reads Metadata from behind its brace.
    fn metadata<'a, J: Judge, V: Visitor>(
        &mut self,
        inside: &'a [u8],
        seen: &mut Seen,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let open = if seen.wrapped { 3 } else { 2 };
        let mut scope = self.paths.open(NodeId::OVERFLOW); // names here are nobody's attributes
        let mut rest = inside;
        loop {
            rest = skip_space::<J>(rest)?;
            if let [b'}', after @ ..] = rest {
                return Ok(after);
            }
            let start = rest;
            // The time stamp's own flag spares the usual record the table of names.
            let ((is_timestamp, is_new), value) = if let Some(value) = plain_timestamp(rest) {
                ((true, !seen.timestamp), value)
            } else {
                odd::<J, _>(rest, |cursor| {
                    let name = cursor.field(&self.symbols, &mut self.scratch.name)?;
                    let name = name.bytes(&mut self.scratch.unescaped);
                    let is_timestamp = name == TIMESTAMP;
                    Ok((
                        is_timestamp,
                        if is_timestamp {
                            !seen.timestamp
                        } else {
                            self.paths.enter(&mut scope, name).is_some()
                        },
                    ))
                })?
            };
            let after = if !is_new {
                Err(J::fault(Reason::AttributeDuplicate, start))
            } else if is_timestamp {
                seen.timestamp = true;
                self.timestamp::<J, V>(value, visitor)
            } else {
                self.ignored::<J>(value, open)
            };
            rest = match after {
                Ok(after) => separator::<J>(after, b'}')?,
                Err(error) => return Err(J::under(error, || self.name_at(start))),
            };
        }
    }

    /// Reads a value of Metadata that says nothing to us, inside `open` brackets.
    fn ignored<'a, J: Judge>(&mut self, value: &'a [u8], open: u32) -> Result<&'a [u8], J::Error> {
        let (opening, rest) = odd::<J, _>(value, |cursor| cursor.opening(&self.symbols))?;
        if opening.annotations > 0 {
            return Err(J::fault(Reason::IonAnnotation, rest));
        }
        Ok(odd::<J, _>(rest, |cursor| cursor.skip_rest(opening.start, &self.symbols, open))?.1)
    }

    fn timestamp<'a, J: Judge, V: Visitor>(&mut self, value: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        if let Some((micros, after)) = plain_micros(value) {
            visitor.write_timestamp(micros);
            return Ok(after);
        }
        let (opening, rest) = odd::<J, _>(value, |cursor| cursor.opening(&self.symbols))?;
        if opening.annotations > 0 {
            return Err(J::fault(Reason::IonAnnotation, rest));
        }
        let scratch = &mut self.scratch;
        let (value, after) = odd::<J, _>(rest, |cursor| {
            Ok(match cursor.peek() {
                _ if opening.start != Start::Here || cursor.at_infinity() => None,
                b'"' | b'\'' => {
                    let text = cursor.string(&mut scratch.joined)?;
                    Decimal::from_json(text.bytes(&mut scratch.unescaped)).ok()
                }
                b'0'..=b'9' | b'-' => match cursor.numeric()? {
                    (Numeric::Decimal, text) => Decimal::from_checked(text).ok(),
                    (Numeric::Radix(bits), text) => numeric::radix(text, bits).ok(),
                    (Numeric::Float | Numeric::Timestamp, _) => None,
                },
                _ => None,
            })
        })?;
        let micros = value
            .and_then(Decimal::micros)
            .ok_or_else(|| J::fault(Reason::TimestampInvalid, rest))?;
        visitor.write_timestamp(micros);
        Ok(after)
    }
}

/// The fault of a record that lacks something, at its path.
#[cold]
fn missing<J: Judge>(reason: Reason, rest: &[u8], path: &[&[u8]]) -> J::Error {
    path.iter()
        .rev()
        .fold(J::fault(reason, rest), |error, name| J::under(error, || name.to_vec()))
}
