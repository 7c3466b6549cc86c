//! Attribute values, read in one pass and told to a visitor.

use super::cursor::{Cursor, Judged, LINE_END, Wrong};
use super::lob::Lob;
use super::numeric::{self, Numeric};
use super::symbol::{Keyword, Opening, Start};
use super::symbols::Symbols;
use crate::events::{Binary, Number, SetKind, Spelling, Text, Visitor};
use crate::fault::Reason;
use crate::number::Decimal;
use crate::path::{NodeId, Paths, Scope};
use crate::sets::{Element, Elements, SetScratch};
use crate::simd;

/// Levels of L and M that an L or M may stand in.
const MAX_LEVELS: u32 = 64;

/// Room for what does not stand in the line as it is to be told; one serves a whole file.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// A long string or base64 put together.
    pub(super) joined: Vec<u8>,
    /// A name put together.
    pub(super) name: Vec<u8>,
    /// A name unescaped.
    pub(super) unescaped: Vec<u8>,
    sets: SetScratch,
}

/// The reading of one record.
pub(super) struct Walk<'a, 'p, V> {
    pub(super) cursor: Cursor<'a>,
    pub(super) symbols: &'p Symbols,
    pub(super) paths: &'p mut Paths,
    pub(super) scratch: &'p mut Scratch,
    pub(super) visitor: &'p mut V,
}

/// What an attribute's token says of its value. The low bits say how the token ends, [`QUOTED`] how it begins.
mod tag {
    use crate::events::SetKind;

    /// The token ends where the value begins.
    pub(super) const ANY: u8 = 0;
    /// It ends after the `"` of a string.
    pub(super) const STRING: u8 = 1;
    /// It ends after the `[` of a set.
    pub(super) const STRINGS: u8 = 2;
    pub(super) const NUMBERS: u8 = 3;
    pub(super) const BINARIES: u8 = 4;
    /// The name stands in quotes.
    pub(super) const QUOTED: u8 = 1 << 3;

    /// What a token ends with, after the colon.
    pub(super) const fn ending(tag: u8) -> &'static [u8] {
        match tag {
            STRING => b"\"",
            STRINGS => b"$dynamodb_SS::[",
            NUMBERS => b"$dynamodb_NS::[",
            BINARIES => b"$dynamodb_BS::[",
            _ => b"",
        }
    }

    pub(super) const fn of_set(kind: SetKind) -> u8 {
        match kind {
            SetKind::Strings => STRINGS,
            SetKind::Numbers => NUMBERS,
            SetKind::Binaries => BINARIES,
        }
    }
}

impl<'a, V: Visitor> Walk<'a, '_, V> {
    /// Reads the rest of a map after its brace, which stands in `level` levels of L and M; tells whether it is empty.
    pub(super) fn map(&mut self, node: NodeId, level: u32) -> Judged<bool> {
        self.visitor.begin_map(node);
        let mut scope = self.paths.open(node);
        let mut is_empty = true;
        loop {
            let start = self.cursor.at;
            let Some((node, tag)) = self.name(&mut scope)? else {
                break;
            };
            is_empty = false;
            self.tagged_value(tag, node, level)
                .map_err(|fault| self.under_name(fault, start))?;
            match self.cursor.peek() {
                b',' => self.cursor.at += 1,
                b'}' => {
                    self.cursor.at += 1;
                    break;
                }
                _ => self.cursor.separator(b'}')?,
            }
        }
        self.visitor.end_map();
        Ok(is_empty)
    }

    /// Reads an attribute's name and what its token has beside; None at the map's end.
    #[inline]
    fn name(&mut self, scope: &mut Scope) -> Judged<Option<(NodeId, u8)>> {
        let bytes = self.cursor.rest();
        let Some(found) = self.paths.recognise(scope, bytes) else {
            return self.new_name(scope);
        };
        self.cursor.at += bytes.len() - found.rest.len();
        let quotes = usize::from(found.tag / tag::QUOTED);
        self.visitor
            .name(found.node, Text::plain(found.name.get(quotes..).unwrap_or_default()));
        Ok(Some((found.node, found.tag % tag::QUOTED)))
    }

    /// Reads a name that was not expected here, and teaches its bytes.
    #[inline(never)]
    fn new_name(&mut self, scope: &mut Scope) -> Judged<Option<(NodeId, u8)>> {
        self.cursor.skip_space()?;
        let start = self.cursor.at;
        let Some(name) = self.cursor.next_field(self.symbols, &mut self.scratch.name)? else {
            return Ok(None);
        };
        let Some(node) = self.paths.enter(scope, name.bytes(&mut self.scratch.unescaped)) else {
            return Err(self.under_name(self.cursor.fault(Reason::AttributeDuplicate), start));
        };
        self.visitor.name(node, name);
        // A token means the same in every line: no symbol numbers, no escapes, nothing put together.
        let spelled = self.cursor.since(start);
        let quotes = usize::from(matches!(spelled, [b'\'' | b'"', ..]));
        if spelled.len() != name.raw.len() + 2 * quotes + 1 || !spelled[quotes..].starts_with(name.raw) {
            return Ok(Some((node, tag::ANY)));
        }
        let tag = [tag::STRING, tag::STRINGS, tag::NUMBERS, tag::BINARIES]
            .into_iter()
            .find(|&tag| self.cursor.is_at(tag::ending(tag)))
            .unwrap_or(tag::ANY);
        self.cursor.at += tag::ending(tag).len();
        if name.spelling == Spelling::Plain {
            let marked = if quotes == 1 { tag | tag::QUOTED } else { tag };
            self.paths
                .learn(node, marked, quotes + name.raw.len(), self.cursor.since(start));
        }
        Ok(Some((node, tag)))
    }

    /// Puts the name that is spelled at `start` before a fault's path.
    #[cold]
    #[inline(never)]
    pub(super) fn under_name(&mut self, fault: Wrong, start: usize) -> Wrong {
        let mut again = self.cursor;
        again.at = start;
        match again.next_field(self.symbols, &mut self.scratch.name) {
            Ok(Some(name)) => fault.under(name.bytes(&mut self.scratch.unescaped)),
            _ => fault,
        }
    }

    /// Reads the rest of an attribute's value after its token.
    #[inline]
    fn tagged_value(&mut self, tag: u8, node: NodeId, level: u32) -> Judged {
        match tag {
            tag::STRING => self.string(),
            tag::STRINGS => self.set(SetKind::Strings),
            tag::NUMBERS => self.set(SetKind::Numbers),
            tag::BINARIES => self.set(SetKind::Binaries),
            _ => self.value(node, level),
        }
    }

    /// Reads a value, which stands in `level` levels of L and M.
    #[inline]
    fn value(&mut self, node: NodeId, level: u32) -> Judged {
        match self.cursor.peek() {
            b'"' => {
                self.cursor.at += 1;
                self.string()
            }
            b'0'..=b'9' | b'-' | b'+' => self.number(),
            b'{' => self.braced(node, level),
            b'[' => self.list(node, level),
            b't' if self.ends_word(b"true") => {
                self.visitor.boolean(true);
                Ok(())
            }
            b'f' if self.ends_word(b"false") => {
                self.visitor.boolean(false);
                Ok(())
            }
            b'n' if self.ends_word(b"null") => {
                self.visitor.null();
                Ok(())
            }
            _ => self.other_value(),
        }
    }

    /// Takes a keyword if it is here and plainly ends.
    #[inline]
    fn ends_word(&mut self, word: &[u8]) -> bool {
        let ends = self.cursor.is_at(word) && matches!(self.cursor.peek_at(word.len()), b',' | b'}' | b']');
        if ends {
            self.cursor.at += word.len();
        }
        ends
    }

    /// Reads the rest of a string after its quote.
    #[inline]
    fn string(&mut self) -> Judged {
        let text = self.cursor.short_string()?.text();
        self.visitor.string(text);
        Ok(())
    }

    /// Reads a number as AWS writes it, or any other.
    #[inline]
    fn number(&mut self) -> Judged {
        let number = match self.plain_decimal() {
            Some(text) => Number::Text(text),
            None => self.odd_number(Reason::IonType)?,
        };
        self.visitor.number(number);
        Ok(())
    }

    /// Reads a decimal or integer of so few digits that it is in range; None where it is another number.
    #[inline]
    fn plain_decimal(&mut self) -> Option<&'a [u8]> {
        let bytes = self.cursor.rest();
        let sign = usize::from(bytes.first() == Some(&b'-'));
        let digits = bytes.get(sign..)?.first_chunk()?;
        let mask = simd::non_digits(digits);
        let whole = simd::first(mask);
        if whole == 0 || whole == simd::BLOCK || (digits[0] == b'0' && whole > 1) {
            return None;
        }
        let mut end = whole;
        if digits[whole] == b'.' {
            end = simd::first(mask & (mask - 1)); // the second byte that is no digit
        }
        // At most three digits of exponent after at most 29 of coefficient.
        if matches!(digits.get(end), Some(b'd' | b'D')) {
            end += 1 + usize::from(digits.get(end + 1) == Some(&b'-'));
            let start = end;
            while digits.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
            if end == start || end > start + 2 {
                return None;
            }
        }
        if !matches!(digits.get(end), Some(b',' | b'}' | b']')) {
            return None;
        }
        self.cursor.at += sign + end;
        bytes.get(..sign + end)
    }

    /// Reads a number of any spelling, or finds that it is none that DynamoDB has; a time stamp is a fault of its own.
    #[inline(never)]
    fn odd_number(&mut self, timestamp: Reason) -> Judged<Number<'a>> {
        if self.cursor.at_infinity() {
            return Err(self.cursor.fault(Reason::Number));
        }
        let (kind, text) = self.cursor.numeric()?;
        let number = match kind {
            Numeric::Decimal => Decimal::from_checked(text).map(|_| Number::Text(text)),
            Numeric::Float => numeric::float(text).map(Number::Value),
            Numeric::Radix(bits) => numeric::radix(text, bits).map(Number::Value),
            Numeric::Timestamp => Err(timestamp),
        };
        number.map_err(|reason| self.cursor.fault(reason))
    }

    /// Reads a map or a lob.
    #[inline]
    fn braced(&mut self, node: NodeId, level: u32) -> Judged {
        self.cursor.at += 1;
        if self.cursor.take(b'{') {
            return match self.cursor.lob(&mut self.scratch.joined)? {
                Lob::Blob(base64) => {
                    self.visitor.binary(Binary { base64 });
                    Ok(())
                }
                Lob::Clob => Err(self.cursor.fault(Reason::IonType)),
            };
        }
        if level >= MAX_LEVELS {
            return Err(self.cursor.fault(Reason::Nesting));
        }
        self.map(node, level + 1).map(drop)
    }

    /// Reads a list.
    fn list(&mut self, node: NodeId, level: u32) -> Judged {
        self.cursor.at += 1;
        if level >= MAX_LEVELS {
            return Err(self.cursor.fault(Reason::Nesting));
        }
        self.visitor.begin_list();
        let elements = self.paths.elements(node);
        let mut index = 0;
        while !self.cursor.at_end_of(b']')? {
            self.value(elements, level + 1).map_err(|fault| fault.in_list(index))?;
            index += 1;
            self.cursor.separator(b']')?;
        }
        self.visitor.end_list();
        Ok(())
    }

    /// Reads a value that does not begin like one that AWS writes.
    #[inline(never)]
    fn other_value(&mut self) -> Judged {
        let opening = self.cursor.opening(self.symbols)?;
        if opening.annotations > 0 {
            return match self.set_kind(&opening) {
                Some(kind) => {
                    self.cursor.at += 1;
                    self.set(kind)
                }
                None => Err(self.cursor.fault(Reason::IonAnnotation)),
            };
        }
        match opening.start {
            Start::Keyword(Keyword::Null) => self.visitor.null(),
            Start::Keyword(Keyword::True) => self.visitor.boolean(true),
            Start::Keyword(Keyword::False) => self.visitor.boolean(false),
            Start::Keyword(Keyword::Nan) => return Err(self.cursor.fault(Reason::Number)),
            Start::Symbol(_) => return Err(self.cursor.fault(Reason::IonType)),
            Start::Here => match self.cursor.peek() {
                b'\'' => {
                    let text = self.cursor.string(&mut self.scratch.joined)?;
                    self.visitor.string(text);
                }
                b'(' => return Err(self.cursor.fault(Reason::IonType)),
                _ => return Err(self.cursor.syntax()),
            },
        }
        Ok(())
    }

    /// What the annotations make of the value that begins here; None where it is no set.
    fn set_kind(&self, opening: &Opening<'_>) -> Option<SetKind> {
        let name = opening.first.filter(|_| opening.annotations == 1)?;
        if opening.start != Start::Here || self.cursor.peek() != b'[' {
            return None;
        }
        [SetKind::Strings, SetKind::Numbers, SetKind::Binaries]
            .into_iter()
            .find(|&kind| {
                let annotation = tag::ending(tag::of_set(kind)).strip_suffix(b"::[");
                annotation.is_some_and(|annotation| name.is(annotation, self.symbols))
            })
    }

    /// Reads the rest of a set after its bracket.
    fn set(&mut self, kind: SetKind) -> Judged {
        self.visitor.begin_set(kind);
        let mut elements = Elements::new(kind);
        let mut index = 0;
        while !self.cursor.at_end_of(b']')? {
            self.element(kind, &mut elements)
                .map_err(|fault| fault.in_list(index))?;
            index += 1;
            self.cursor.separator(b']')?;
        }
        if index == 0 {
            return Err(self.cursor.fault(Reason::SetEmpty));
        }
        if elements.has_duplicate(&mut self.scratch.sets) {
            return Err(self.cursor.fault(Reason::SetDuplicate));
        }
        self.visitor.end_set();
        Ok(())
    }

    /// Reads an element of a set.
    fn element(&mut self, kind: SetKind, elements: &mut Elements<'a>) -> Judged {
        let opening = self.cursor.opening(self.symbols)?;
        if opening.annotations > 0 {
            return Err(self.cursor.fault(Reason::IonAnnotation));
        }
        match (kind, opening.start, self.cursor.peek()) {
            (SetKind::Strings, Start::Here, b'"') => {
                self.cursor.at += 1;
                let text = self.cursor.short_string()?.text();
                elements.add(Element::Text(text), &mut self.scratch.sets);
                self.visitor.string(text);
            }
            (SetKind::Strings, Start::Here, b'\'') => {
                let text = self.cursor.string(&mut self.scratch.joined)?;
                elements.add_written(Element::Text(text), &mut self.scratch.sets);
                self.visitor.string(text);
            }
            (SetKind::Numbers, Start::Here, b'0'..=b'9' | b'-' | b'+') => {
                let number = match self.plain_decimal() {
                    Some(text) => Number::Text(text),
                    None => self.odd_number(Reason::SetElement)?,
                };
                elements.add(Element::Number(number), &mut self.scratch.sets);
                self.visitor.number(number);
            }
            (SetKind::Numbers, Start::Keyword(Keyword::Nan), _) => return Err(self.cursor.fault(Reason::Number)),
            (SetKind::Binaries, Start::Here, b'{') if self.cursor.take_all(b"{{") => {
                match self.cursor.lob(&mut self.scratch.joined)? {
                    Lob::Blob(base64) => {
                        let binary = Binary { base64 };
                        elements.add_written(Element::Binary(binary), &mut self.scratch.sets);
                        self.visitor.binary(binary);
                    }
                    Lob::Clob => return Err(self.cursor.fault(Reason::SetElement)),
                }
            }
            (_, _, LINE_END) => return Err(self.cursor.syntax()),
            _ => return Err(self.cursor.fault(Reason::SetElement)),
        }
        Ok(())
    }
}
