//! Attribute values, read in one pass and told to a visitor.
//!
//! Functions take the bytes from where something starts and return what follows it.

use super::IonParser;
use super::cursor::{Cursor, Judged};
use super::lob::Lob;
use super::plain;
use super::scalar::{long_string, number, string};
use super::set::set_kind;
use super::symbol::{Keyword, Start};
use crate::events::{Binary, SetKind, Spelling, Text, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::path::{NodeId, Recognised, Scope};

/// Levels of L and M that an L or M may stand in.
const MAX_LEVELS: u32 = 64;

/// What an attribute's token says of its value.
mod tag {
    /// The token ends where the value begins, of whatever type.
    pub(super) const ANY: u8 = 0;
    /// So it does; the value is a number.
    pub(super) const NUMBER: u8 = 1;
    /// The token ends after the `"` of a string.
    pub(super) const STRING: u8 = 2;
    /// It ends after one brace, of a struct or lob.
    pub(super) const BRACE: u8 = 3;
    /// It ends after the bracket of a list.
    pub(super) const LIST: u8 = 4;
    /// It ends after the bracket of a set.
    pub(super) const STRINGS: u8 = 5;
    pub(super) const NUMBERS: u8 = 6;
    pub(super) const BINARIES: u8 = 7;
    /// The token ends where a value begins that is `true` or `false`.
    pub(super) const BOOL: u8 = 8;
    /// Added to the above where the name stands in quotes.
    pub(super) const QUOTED: u8 = 16;
}

/// An attribute up to its value.
enum Attribute<'a> {
    /// There is one; what follows its token.
    Found { node: NodeId, tag: u8, rest: &'a [u8] },
    /// The map ends here; what follows its brace.
    End(&'a [u8]),
}

impl IonParser {
    /// Reads a map from behind its brace, at a place and inside `level` L and M.
    pub(super) fn map<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        visitor.begin_map(node);
        let mut scope = self.paths.open(node);
        let mut rest = rest;
        loop {
            let start = rest;
            // Not one struct, which would take a detour through memory.
            let (node, tag, value) = if let Some(found) = self.paths.recognise(&mut scope, rest) {
                tell_name(&found, visitor);
                (found.node, found.tag % tag::QUOTED, found.rest)
            } else if let Some(found) = self.paths.guess(&mut scope, rest) {
                tell_name(&found, visitor);
                (found.node, found.tag % tag::QUOTED, found.rest)
            } else if let Some(length) = plain::colon(rest)
                && let Some(found) = self.paths.look_up(&mut scope, rest, length)
            {
                tell_name(&found, visitor);
                (found.node, found.tag % tag::QUOTED, found.rest)
            } else {
                let (attribute, entered) = self.attribute::<J, V>(scope, rest, visitor)?;
                scope = entered;
                match attribute {
                    Attribute::Found { node, tag, rest } => (node, tag, rest),
                    Attribute::End(rest) => {
                        visitor.end_map();
                        return Ok(rest);
                    }
                }
            };
            let after = match plain_scalar(tag, value, visitor) {
                Some([b',', after @ ..]) => {
                    rest = after;
                    continue;
                }
                Some(after) => after,
                None => match self.tagged_value::<J, V>(tag, value, node, level, visitor) {
                    Ok(after) => after,
                    Err(error) => return Err(J::under(error, || self.name_at(start))),
                },
            };
            rest = match after {
                [b',', after @ ..] => after,
                [b'}', after @ ..] => {
                    visitor.end_map();
                    return Ok(after);
                }
                _ => separator::<J>(after, b'}')?,
            };
        }
    }

    /// Reads a name that was not expected, tells it, and teaches its bytes.
    #[inline(never)]
    fn attribute<'a, J: Judge, V: Visitor>(
        &mut self,
        mut scope: Scope, // by value, so that a caller's can live in registers
        rest: &'a [u8],
        visitor: &mut V,
    ) -> Result<(Attribute<'a>, Scope), J::Error> {
        let start = skip_space::<J>(rest)?;
        if let [b'}', after @ ..] = start {
            return Ok((Attribute::End(after), scope));
        }
        let (node, tag, name_length, value) = if let Some((name, value)) = plain::name(start) {
            let Some(node) = self.paths.enter(&mut scope, name) else {
                return Err(J::under(J::fault(Reason::AttributeDuplicate, start), || name.to_vec()));
            };
            visitor.name(node, Text::plain(name));
            (node, 0, name.len(), skip_space::<J>(value)?)
        } else {
            let mut cursor = Cursor::new(start);
            let name = match cursor.field(&self.symbols, &mut self.scratch.name) {
                Ok(name) => name,
                Err(reason) => return Err(J::fault(reason, cursor.rest())),
            };
            let Some(node) = self.paths.enter(&mut scope, name.bytes(&mut self.scratch.unescaped)) else {
                return Err(J::under(J::fault(Reason::AttributeDuplicate, start), || {
                    self.name_at(start)
                }));
            };
            visitor.name(node, name);
            // A token means the same in every line: no symbol numbers, no escapes, nothing put together.
            let is_plain = name.spelling == Spelling::Plain
                && matches!(start, [b'\'' | b'"', inside @ ..] if inside.starts_with(name.raw));
            if !is_plain {
                let found = Attribute::Found {
                    node,
                    tag: tag::ANY,
                    rest: cursor.rest(),
                };
                return Ok((found, scope));
            }
            (node, tag::QUOTED, 1 + name.raw.len(), cursor.rest())
        };
        let (kind, opening) = match value {
            [b'"', ..] => (tag::STRING, 1),
            [b'{', ..] => (tag::BRACE, 1),
            [b'[', ..] => (tag::LIST, 1),
            [b'0'..=b'9' | b'-', ..] => (tag::NUMBER, 0),
            [b't' | b'f', ..] => (tag::BOOL, 0),
            [b'$', ..] if value.starts_with(b"$dynamodb_SS::[") => (tag::STRINGS, 15),
            [b'$', ..] if value.starts_with(b"$dynamodb_NS::[") => (tag::NUMBERS, 15),
            [b'$', ..] if value.starts_with(b"$dynamodb_BS::[") => (tag::BINARIES, 15),
            _ => (tag::ANY, 0),
        };
        let rest = value.get(opening..).unwrap_or_default();
        let token = start.get(..start.len() - rest.len()).unwrap_or_default();
        self.paths.learn(node, tag + kind, name_length, token);
        Ok((Attribute::Found { node, tag: kind, rest }, scope))
    }

    /// The name that is spelled here, for a path.
    #[cold]
    pub(super) fn name_at(&self, start: &[u8]) -> Vec<u8> {
        let mut cursor = Cursor::new(start);
        let (mut joined, mut name) = (Vec::new(), Vec::new());
        if cursor.skip_space().is_ok()
            && let Ok(text) = cursor.field_name(&self.symbols, &mut joined)
        {
            text.append_to(&mut name);
        }
        name
    }

    /// Reads any value from behind its token.
    #[inline]
    fn tagged_value<'a, J: Judge, V: Visitor>(
        &mut self,
        tag: u8,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        match tag {
            tag::STRING => long_string::<J, V>(rest, visitor),
            tag::BRACE => self.braced::<J, V>(rest, node, level, visitor),
            tag::LIST => self.list::<J, V>(rest, node, level, visitor),
            tag::STRINGS => self.set::<J, V>(rest, SetKind::Strings, visitor),
            tag::NUMBERS => self.set::<J, V>(rest, SetKind::Numbers, visitor),
            tag::BINARIES => self.set::<J, V>(rest, SetKind::Binaries, visitor),
            _ => self.value::<J, V>(rest, node, level, visitor),
        }
    }

    /// Reads a value inside `level` L and M.
    fn value<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        match rest {
            [b'"', rest @ ..] => string::<J, V>(rest, visitor),
            [b'{', rest @ ..] => self.braced::<J, V>(rest, node, level, visitor),
            [b'[', rest @ ..] => self.list::<J, V>(rest, node, level, visitor),
            [b'0'..=b'9' | b'-' | b'+', ..] => number::<J, V>(rest, visitor),
            // Only behind a token: elsewhere white space has been skipped.
            [b' ' | b'/' | ..0x10, ..] => match skip_space::<J>(rest)? {
                after if after.len() < rest.len() => self.value::<J, V>(after, node, level, visitor),
                _ => Err(J::fault(Reason::Syntax, rest)),
            },
            _ => self.word::<J, V>(rest, visitor),
        }
    }

    /// Reads a keyword, or any value that does not begin like one that AWS writes.
    #[inline]
    fn word<'a, J: Judge, V: Visitor>(&mut self, rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        if let Some(after) = plain::keyword(rest, b"true") {
            visitor.boolean(true);
            Ok(after)
        } else if let Some(after) = plain::keyword(rest, b"false") {
            visitor.boolean(false);
            Ok(after)
        } else if let Some(after) = plain::keyword(rest, b"null") {
            visitor.null();
            Ok(after)
        } else {
            self.other_value::<J, V>(rest, visitor)
        }
    }

    /// Reads a value that does not begin like one that AWS writes.
    #[inline(never)]
    fn other_value<'a, J: Judge, V: Visitor>(&mut self, rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        let (opening, rest) = odd::<J, _>(rest, |cursor| cursor.opening(&self.symbols))?;
        if opening.annotations > 0 {
            return match (set_kind(&opening, &self.symbols), rest) {
                (Some(kind), [b'[', rest @ ..]) => self.set::<J, V>(rest, kind, visitor),
                _ => Err(J::fault(Reason::IonAnnotation, rest)),
            };
        }
        match opening.start {
            Start::Keyword(Keyword::Null) => visitor.null(),
            Start::Keyword(Keyword::True) => visitor.boolean(true),
            Start::Keyword(Keyword::False) => visitor.boolean(false),
            Start::Keyword(Keyword::Nan) => return Err(J::fault(Reason::Number, rest)),
            Start::Symbol(_) => return Err(J::fault(Reason::IonType, rest)),
            Start::Here => match rest {
                [b'\'', ..] => {
                    let (text, rest) = odd::<J, _>(rest, |cursor| cursor.string(&mut self.scratch.joined))?;
                    visitor.string(text);
                    return Ok(rest);
                }
                [b'(', ..] => return Err(J::fault(Reason::IonType, rest)),
                _ => return Err(J::fault(Reason::Syntax, rest)),
            },
        }
        Ok(rest)
    }

    /// Reads a map or a lob from behind its first brace.
    #[inline]
    fn braced<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        match rest {
            [b'{', rest @ ..] => self.lob::<J, V>(rest, visitor),
            _ if level >= MAX_LEVELS => Err(J::fault(Reason::Nesting, rest)),
            _ => self.map::<J, V>(rest, node, level + 1, visitor),
        }
    }

    /// Reads a blob, or finds a clob, from behind two braces.
    #[inline]
    fn lob<'a, J: Judge, V: Visitor>(&mut self, rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
        if let Some((base64, after)) = plain::base64(rest) {
            visitor.binary(Binary { base64 });
            return Ok(after);
        }
        let (lob, after) = odd::<J, _>(rest, |cursor| cursor.lob(&mut self.scratch.joined))?;
        let Lob::Blob(base64) = lob else {
            return Err(J::fault(Reason::IonType, after));
        };
        visitor.binary(Binary { base64 });
        Ok(after)
    }

    /// Reads a list from behind its bracket.
    #[inline(never)]
    fn list<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        if level >= MAX_LEVELS {
            return Err(J::fault(Reason::Nesting, rest));
        }
        visitor.begin_list();
        let elements = self.paths.elements(node);
        let mut rest = rest;
        for index in 0.. {
            rest = skip_space::<J>(rest)?;
            if let [b']', after @ ..] = rest {
                rest = after;
                break;
            }
            rest = match self.value::<J, V>(rest, elements, level + 1, visitor) {
                Ok(after) => separator::<J>(after, b']')?,
                Err(error) => return Err(J::in_list(error, index)),
            };
        }
        visitor.end_list();
        Ok(rest)
    }
}

/// Reads a short string, a number or a boolean, from behind the attribute's token; None where it is something else.
#[inline(always)]
fn plain_scalar<'a, V: Visitor>(tag: u8, rest: &'a [u8], visitor: &mut V) -> Option<&'a [u8]> {
    if tag == tag::STRING {
        let (text, after) = plain::short_string(rest)?;
        visitor.short_string(text);
        Some(after)
    } else if tag == tag::NUMBER {
        let (decimal, after) = plain::decimal(rest)?;
        decimal.tell(visitor);
        Some(after)
    } else if tag == tag::BOOL {
        let (value, after) = plain::boolean(rest)?;
        visitor.boolean(value);
        Some(after)
    } else {
        None
    }
}

/// Tells the name of an attribute that was recognised.
#[inline(always)]
fn tell_name<V: Visitor>(found: &Recognised<'_>, visitor: &mut V) {
    if !visitor.takes_name(found.node) {
        return;
    }
    let quotes = usize::from(found.tag / tag::QUOTED);
    visitor.name(found.node, Text::plain(found.name.get(quotes..).unwrap_or_default()));
}

/// Reads with a cursor what is not spelled as AWS spells it.
#[inline]
pub(super) fn odd<'a, J: Judge, T>(
    rest: &'a [u8],
    read: impl FnOnce(&mut Cursor<'a>) -> Judged<T>,
) -> Result<(T, &'a [u8]), J::Error> {
    let mut cursor = Cursor::new(rest);
    match read(&mut cursor) {
        Ok(found) => Ok((found, cursor.rest())),
        Err(reason) => Err(J::fault(reason, cursor.rest())),
    }
}

/// What follows white space and comments.
#[inline(always)]
pub(super) fn skip_space<J: Judge>(rest: &[u8]) -> Result<&[u8], J::Error> {
    match rest {
        [b' ' | b'/' | ..0x10, ..] => Ok(odd::<J, _>(rest, Cursor::skip_space)?.1),
        _ => Ok(rest),
    }
}

/// What follows the comma behind a value, or the bracket itself.
#[inline(always)]
pub(super) fn separator<J: Judge>(rest: &[u8], bracket: u8) -> Result<&[u8], J::Error> {
    match rest {
        [b',', after @ ..] => Ok(after),
        [first, ..] if *first == bracket => Ok(rest),
        _ => Ok(odd::<J, _>(rest, |cursor| cursor.separator(bracket))?.1),
    }
}
