//! A record's members: an item, or the parts of a change.

use super::cursor::{Cursor, Judged, Wrong};
use super::nesting;
use super::numeric::{self, Numeric};
use super::outline;
use super::symbol::Start;
use super::symbols::Symbols;
use super::value::{Scratch, Walk};
use crate::events::{Ignore, Member, Visitor};
use crate::fault::{Fault, Reason};
use crate::number::Decimal;
use crate::path::{NodeId, Paths};
use crate::reader::{ExportType, Parser, Rejected};

/// Reads records in Ion text.
#[derive(Debug)]
pub struct IonParser {
    export_type: ExportType,
    paths: Paths,
    symbols: Symbols,
    scratch: Scratch,
}

impl Parser for IonParser {
    fn new(export_type: ExportType) -> Self {
        Self {
            export_type,
            paths: Paths::default(),
            symbols: Symbols::default(),
            scratch: Scratch::default(),
        }
    }

    #[inline]
    fn record<'a, V: Visitor>(&mut self, lines: &'a [u8], visitor: &mut V) -> Result<&'a [u8], Rejected> {
        match self.read(lines, visitor) {
            Ok(length) => Ok(lines.get(length..).unwrap_or_default()),
            Err(_) => Err(Rejected),
        }
    }

    fn diagnose(&mut self, line: &[u8]) -> Fault {
        if nesting::is_too_deep(line) {
            return Fault::new(Reason::Nesting);
        }
        let line = [line, b"\n"].concat();
        let fault = match outline::judge(&line, self.export_type, &mut self.symbols) {
            Err(fault) => Some(fault),
            Ok(()) => self.read(&line, &mut Ignore).err(),
        };
        // A line that was rejected once is rejected again.
        fault.map_or_else(|| Fault::new(Reason::Syntax), Wrong::into_fault)
    }
}

impl IonParser {
    /// Reads the first line as a record; returns its length with its line feed.
    fn read<V: Visitor>(&mut self, lines: &[u8], visitor: &mut V) -> Judged<usize> {
        self.paths.begin_record();
        let mut cursor = Cursor::new(lines);
        cursor.take(b' '); // which AWS puts before most lines
        if !(cursor.take_all(b"$ion_1_0 {") && cursor.peek() != b'{' && self.symbols.is_empty()) {
            cursor.at = 0;
            cursor.preamble(&mut self.symbols)?;
            let opening = cursor.opening(&self.symbols)?;
            if opening.start != Start::Here || !cursor.at_struct() {
                return Err(cursor.fault(Reason::NotAnObject));
            }
            if opening.annotations > 0 {
                return Err(cursor.fault(Reason::IonAnnotation));
            }
            cursor.at += 1;
        }
        let mut walk = Walk {
            cursor,
            symbols: &self.symbols,
            paths: &mut self.paths,
            scratch: &mut self.scratch,
            visitor,
        };
        match self.export_type {
            ExportType::Full => walk.item()?,
            ExportType::Incremental => walk.change()?,
        }
        let mut cursor = walk.cursor;
        cursor.end_line(&mut self.symbols)?;
        Ok(cursor.at + 1)
    }
}

/// The parts of a change record that have been read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of its own")]
struct Seen {
    metadata: bool,
    keys: bool,
    new_image: bool,
    old_image: bool,
    keys_are_empty: bool,
    timestamp: bool,
}

impl<V: Visitor> Walk<'_, '_, V> {
    /// Reads the rest of a full export's record after its brace.
    fn item(&mut self) -> Judged {
        let mut has_item = false;
        loop {
            let start = self.cursor.at;
            if !has_item && self.cursor.take_all(b"Item:{") && self.cursor.peek() != b'{' {
                self.visitor.member(Member::Item);
                self.map(Member::Item.node(), 0)
                    .map_err(|fault| self.under_name(fault, start))?;
            } else {
                self.cursor.at = start;
                let Some(name) = self.cursor.next_field(self.symbols, &mut self.scratch.name)? else {
                    break;
                };
                let is_item = name.bytes(&mut self.scratch.unescaped) == b"Item";
                let found = match (is_item, has_item) {
                    (true, false) => self.member(Member::Item).map(drop),
                    (true, true) => Err(self.cursor.fault(Reason::MemberDuplicate)),
                    (false, _) => Err(self.cursor.fault(Reason::MemberUnknown)),
                };
                found.map_err(|fault| self.under_name(fault, start))?;
            }
            has_item = true;
            self.cursor.separator(b'}')?;
        }
        if has_item {
            Ok(())
        } else {
            Err(Wrong::new(Fault::new(Reason::MemberType).under(b"Item")))
        }
    }

    /// Reads a member's value, which has to be a plain struct; tells whether it is empty.
    fn member(&mut self, member: Member) -> Judged<bool> {
        self.begin_struct()?;
        self.visitor.member(member);
        self.map(member.node(), 0)
    }

    /// Reads the brace of a member's value.
    fn begin_struct(&mut self) -> Judged {
        let opening = self.cursor.opening(self.symbols)?;
        if opening.annotations > 0 {
            return Err(self.cursor.fault(Reason::IonAnnotation));
        }
        if opening.start != Start::Here || !self.cursor.at_struct() {
            return Err(self.cursor.fault(Reason::MemberType));
        }
        self.cursor.at += 1;
        Ok(())
    }

    /// Reads the rest of an incremental export's record after its brace.
    fn change(&mut self) -> Judged {
        let mut seen = Seen::default();
        let start = self.cursor.at;
        let first = self.cursor.next_field(self.symbols, &mut self.scratch.name)?;
        if first.is_some_and(|name| name.bytes(&mut self.scratch.unescaped) == b"Record") {
            self.begin_struct().map_err(|fault| fault.under(b"Record"))?;
            self.parts(&mut seen, 3)?;
            self.cursor.separator(b'}')?;
            let start = self.cursor.at;
            if let Some(name) = self.cursor.next_field(self.symbols, &mut self.scratch.name)? {
                let again = name.bytes(&mut self.scratch.unescaped) == b"Record";
                let reason = if again {
                    Reason::MemberDuplicate
                } else {
                    Reason::MemberUnknown
                };
                return Err(self.under_name(self.cursor.fault(reason), start));
            }
        } else {
            self.cursor.at = start;
            self.parts(&mut seen, 2)?;
        }
        if !seen.keys || seen.keys_are_empty {
            let reason = if seen.keys {
                Reason::KeysEmpty
            } else {
                Reason::KeysAbsent
            };
            return Err(Wrong::new(Fault::new(reason).under(b"Keys")));
        }
        if !seen.timestamp {
            return Err(Wrong::new(
                Fault::new(Reason::TimestampAbsent).under(TIMESTAMP).under(b"Metadata"),
            ));
        }
        Ok(())
    }

    /// Reads the parts of a change up to the brace after them; Metadata stands in `open` brackets, its own counted.
    fn parts(&mut self, seen: &mut Seen, open: u32) -> Judged {
        loop {
            let start = self.cursor.at;
            let Some(name) = self.cursor.next_field(self.symbols, &mut self.scratch.name)? else {
                return Ok(());
            };
            let found = match name.bytes(&mut self.scratch.unescaped) {
                b"Metadata" if !seen.metadata => {
                    seen.metadata = true;
                    self.metadata(open).map(|timestamp| seen.timestamp = timestamp)
                }
                b"Keys" if !seen.keys => {
                    seen.keys = true;
                    self.member(Member::Keys).map(|is_empty| seen.keys_are_empty = is_empty)
                }
                b"NewImage" if !seen.new_image => {
                    seen.new_image = true;
                    self.member(Member::NewImage).map(drop)
                }
                b"OldImage" if !seen.old_image => {
                    seen.old_image = true;
                    self.member(Member::OldImage).map(drop)
                }
                b"Metadata" | b"Keys" | b"NewImage" | b"OldImage" => Err(self.cursor.fault(Reason::MemberDuplicate)),
                _ => Err(self.cursor.fault(Reason::MemberUnknown)),
            };
            found.map_err(|fault| self.under_name(fault, start))?;
            self.cursor.separator(b'}')?;
        }
    }

    /// Reads Metadata; tells whether the time stamp is in it.
    fn metadata(&mut self, open: u32) -> Judged<bool> {
        self.begin_struct()?;
        let mut scope = self.paths.open(NodeId::OVERFLOW);
        let mut has_timestamp = false;
        loop {
            let start = self.cursor.at;
            let Some(name) = self.cursor.next_field(self.symbols, &mut self.scratch.name)? else {
                return Ok(has_timestamp);
            };
            let name = name.bytes(&mut self.scratch.unescaped);
            let found = if self.paths.enter(&mut scope, name).is_none() {
                Err(self.cursor.fault(Reason::AttributeDuplicate))
            } else if name == TIMESTAMP {
                has_timestamp = true;
                self.timestamp()
            } else {
                self.ignored(open)
            };
            found.map_err(|fault| self.under_name(fault, start))?;
            self.cursor.separator(b'}')?;
        }
    }

    /// Reads a value of Metadata that says nothing to us.
    fn ignored(&mut self, open: u32) -> Judged {
        let opening = self.cursor.opening(self.symbols)?;
        if opening.annotations > 0 {
            return Err(self.cursor.fault(Reason::IonAnnotation));
        }
        self.cursor.skip_rest(opening.start, self.symbols, open)
    }

    fn timestamp(&mut self) -> Judged {
        let opening = self.cursor.opening(self.symbols)?;
        if opening.annotations > 0 {
            return Err(self.cursor.fault(Reason::IonAnnotation));
        }
        let value = match self.cursor.peek() {
            _ if opening.start != Start::Here || self.cursor.at_infinity() => None,
            b'"' | b'\'' => {
                let text = self.cursor.string(&mut self.scratch.joined)?;
                Decimal::from_json(text.bytes(&mut self.scratch.unescaped)).ok()
            }
            b'0'..=b'9' | b'-' => match self.cursor.numeric()? {
                (Numeric::Decimal, text) => Decimal::from_checked(text).ok(),
                (Numeric::Radix(bits), text) => numeric::radix(text, bits).ok(),
                (Numeric::Float | Numeric::Timestamp, _) => None,
            },
            _ => None,
        };
        match value.and_then(Decimal::micros) {
            Some(micros) => {
                self.visitor.write_timestamp(micros);
                Ok(())
            }
            None => Err(self.cursor.fault(Reason::TimestampInvalid)),
        }
    }
}

/// Where the time stamp stands in Metadata.
const TIMESTAMP: &[u8] = b"WriteTimestampMicros";
