//! Attribute values of DynamoDB JSON: `{"S":"…"}` and its nine siblings.
//!
//! Functions take the bytes from where something starts and return what follows it. Where the line is
//! JSON at all, whatever is not as expected is a fault of type; where it is not, nobody asks which.

use super::JsonParser;
use super::bytes::{base64, short_number, skip_space, string};
use crate::events::{Binary, Number, SetKind, Spelling, Text, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::number::Decimal;
use crate::path::{NodeId, Scope};
use crate::sets::{Element, Elements};

/// L and M that may stand around another.
const MAX_LEVELS: u32 = 64;

/// The type tags, as the path trie keeps them.
pub(super) mod tag {
    pub(crate) const S: u8 = 0;
    pub(crate) const N: u8 = 1;
    pub(crate) const B: u8 = 2;
    pub(crate) const BOOL: u8 = 3;
    pub(crate) const NULL: u8 = 4;
    pub(crate) const M: u8 = 5;
    pub(crate) const L: u8 = 6;
    pub(crate) const SS: u8 = 7;
    pub(crate) const NS: u8 = 8;
    pub(crate) const BS: u8 = 9;
}

/// An attribute up to the start of what its type tag holds.
struct Attribute<'a> {
    node: NodeId,
    name: Text<'a>,
    tag: u8,
    /// For S, N, B behind the opening quote; for sets, L, M behind the bracket; else where the value starts.
    rest: &'a [u8],
}

impl JsonParser {
    /// Reads a map from behind its opening brace, at a place and inside `level` L and M.
    pub(super) fn map<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        visitor.begin_map(node);
        let mut scope = self.paths.open(node);
        let mut rest = match skip_space(rest) {
            [b'"', name @ ..] => name,
            [b'}', after @ ..] => {
                visitor.end_map();
                return Ok(after);
            }
            rest => return Err(J::fault(Reason::Syntax, rest)),
        };
        loop {
            let attribute = match self.paths.recognise(&mut scope, rest) {
                Some(found) => Attribute {
                    node: found.node,
                    name: Text::plain(found.name),
                    tag: found.tag,
                    rest: found.rest,
                },
                None => self.attribute::<J>(&mut scope, rest)?,
            };
            visitor.name(attribute.node, attribute.name);
            let content = self.content::<J, V>(attribute.tag, attribute.rest, attribute.node, level, visitor);
            let after = match content {
                Ok(after) => after,
                Err(error) => return Err(J::under(error, || unescaped(attribute.name))),
            };
            if let [b'}', b',', b'"', name @ ..] = after {
                rest = name;
                continue;
            }
            let after = match end_of_value::<J>(after) {
                Ok(after) => after,
                Err(error) => return Err(J::under(error, || unescaped(attribute.name))),
            };
            match after {
                [b'}', after @ ..] => {
                    visitor.end_map();
                    return Ok(after);
                }
                [b',', after @ ..] => match skip_space(after) {
                    [b'"', name @ ..] => rest = name,
                    other => return Err(J::fault(Reason::Syntax, other)),
                },
                other => return Err(J::fault(Reason::Syntax, other)),
            }
        }
    }

    /// Reads an attribute's name and type tag, from behind the name's opening quote.
    #[inline(never)]
    fn attribute<'a, J: Judge>(&mut self, scope: &mut Scope, start: &'a [u8]) -> Result<Attribute<'a>, J::Error> {
        let (name, rest) = string(start).ok_or_else(|| J::fault(Reason::Syntax, start))?;
        let node = match self.paths.enter(scope, name.bytes(&mut self.scratch)) {
            Some(node) => node,
            None => {
                return Err(J::under(J::fault(Reason::AttributeDuplicate, start), || {
                    unescaped(name)
                }));
            }
        };
        let rest = after_colon(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
        let (tag, rest) = type_tag::<J>(rest).map_err(|error| J::under(error, || unescaped(name)))?;
        if name.spelling == Spelling::Plain {
            let token = start.get(..start.len() - rest.len()).unwrap_or_default();
            self.paths.learn(node, tag, name.raw.len(), token);
        }
        Ok(Attribute { node, name, tag, rest })
    }

    /// Reads what a type tag holds, from where [`Attribute::rest`] says.
    #[inline(always)]
    fn content<'a, J: Judge, V: Visitor>(
        &mut self,
        tag: u8,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        match tag {
            tag::S => {
                let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
                visitor.string(text);
                Ok(after)
            }
            tag::N => {
                if let Some((text, after)) = short_number(rest) {
                    visitor.number(Number::Text(text));
                    Ok(after)
                } else {
                    long_number::<J>(rest, |text| visitor.number(Number::Text(text)))
                }
            }
            tag::B => {
                if let Some((base64, after)) = base64(rest) {
                    visitor.binary(Binary { base64 });
                    Ok(after)
                } else {
                    escaped_binary::<J>(rest, |base64| visitor.binary(Binary { base64 }))
                }
            }
            tag::BOOL => match rest {
                [b't', b'r', b'u', b'e', after @ ..] => {
                    visitor.boolean(true);
                    Ok(after)
                }
                [b'f', b'a', b'l', b's', b'e', after @ ..] => {
                    visitor.boolean(false);
                    Ok(after)
                }
                _ => Err(J::fault(Reason::TypeValue, rest)),
            },
            tag::NULL => match rest {
                [b't', b'r', b'u', b'e', after @ ..] => {
                    visitor.null();
                    Ok(after)
                }
                _ => Err(J::fault(Reason::TypeValue, rest)),
            },
            tag::M | tag::L if level >= MAX_LEVELS => Err(J::fault(Reason::Nesting, rest)),
            tag::M => self.map::<J, V>(rest, node, level + 1, visitor),
            tag::L => self.list::<J, V>(rest, node, level + 1, visitor),
            tag::SS => self.set::<J, V>(rest, SetKind::Strings, visitor),
            tag::NS => self.set::<J, V>(rest, SetKind::Numbers, visitor),
            _ => self.set::<J, V>(rest, SetKind::Binaries, visitor),
        }
    }

    /// Reads a list from behind its opening bracket.
    #[inline(never)]
    fn list<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        node: NodeId,
        level: u32,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        visitor.begin_list();
        let mut rest = skip_space(rest);
        if let [b']', after @ ..] = rest {
            visitor.end_list();
            return Ok(after);
        }
        let elements = self.paths.elements(node);
        for index in 0.. {
            let element = match type_tag::<J>(rest) {
                Ok((tag, rest)) => self.content::<J, V>(tag, rest, elements, level, visitor),
                Err(error) => Err(error),
            };
            let after = match element.and_then(end_of_value::<J>) {
                Ok(after) => after,
                Err(error) => return Err(J::in_list(error, index)),
            };
            match after {
                [b',', after @ ..] => rest = skip_space(after),
                [b']', after @ ..] => {
                    rest = after;
                    break;
                }
                other => return Err(J::fault(Reason::Syntax, other)),
            }
        }
        visitor.end_list();
        Ok(rest)
    }

    /// Reads a set from behind its opening bracket.
    #[inline(never)]
    fn set<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        kind: SetKind,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        visitor.begin_set(kind);
        let start = skip_space(rest);
        if let [b']', ..] = start {
            return Err(J::fault(Reason::SetEmpty, start));
        }
        let mut rest = start;
        let mut set = Elements::new(kind);
        for index in 0.. {
            let after = match self.element::<J, V>(rest, kind, &mut set, visitor) {
                Ok(after) => skip_space(after),
                Err(error) => return Err(J::in_list(error, index)),
            };
            match after {
                [b',', after @ ..] => rest = skip_space(after),
                [b']', after @ ..] => {
                    rest = after;
                    break;
                }
                other => return Err(J::fault(Reason::Syntax, other)),
            }
        }
        if set.has_duplicate(&mut self.sets) {
            return Err(J::fault(Reason::SetDuplicate, start));
        }
        visitor.end_set();
        Ok(rest)
    }

    /// Reads an element of a set.
    #[inline(always)]
    fn element<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        kind: SetKind,
        set: &mut Elements<'a>,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let [b'"', rest @ ..] = rest else {
            return Err(J::fault(Reason::SetElement, rest));
        };
        let scratch = &mut self.sets;
        match kind {
            SetKind::Strings => {
                let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
                set.add(Element::Text(text), scratch);
                visitor.string(text);
                Ok(after)
            }
            SetKind::Numbers => {
                if let Some((text, after)) = short_number(rest) {
                    let number = Number::Text(text);
                    set.add(Element::Number(number), scratch);
                    visitor.number(number);
                    return Ok(after);
                }
                long_number::<J>(rest, |text| {
                    let number = Number::Text(text);
                    set.add_written(Element::Number(number), scratch);
                    visitor.number(number);
                })
            }
            SetKind::Binaries => {
                if let Some((base64, after)) = base64(rest) {
                    let binary = Binary { base64 };
                    set.add(Element::Binary(binary), scratch);
                    visitor.binary(binary);
                    return Ok(after);
                }
                escaped_binary::<J>(rest, |base64| {
                    let binary = Binary { base64 };
                    set.add_written(Element::Binary(binary), scratch);
                    visitor.binary(binary);
                })
            }
        }
    }
}

/// Reads the object around a value up to the start of what its type tag holds.
#[inline(always)]
fn type_tag<J: Judge>(rest: &[u8]) -> Result<(u8, &[u8]), J::Error> {
    match rest {
        [b'{', b'"', b'S', b'"', b':', b'"', after @ ..] => Ok((tag::S, after)),
        [b'{', b'"', b'N', b'"', b':', b'"', after @ ..] => Ok((tag::N, after)),
        [b'{', b'"', b'M', b'"', b':', b'{', after @ ..] => Ok((tag::M, after)),
        _ => any_type_tag::<J>(rest),
    }
}

/// As [`type_tag`], for any type and with any white space.
#[inline(never)]
fn any_type_tag<J: Judge>(start: &[u8]) -> Result<(u8, &[u8]), J::Error> {
    let fault = |reason| J::fault(reason, start);
    let [b'{', rest @ ..] = start else {
        return Err(fault(Reason::TypeTag));
    };
    let [b'"', rest @ ..] = skip_space(rest) else {
        return Err(fault(Reason::TypeTag));
    };
    let (name, rest) = string(rest).ok_or_else(|| fault(Reason::Syntax))?;
    let rest = after_colon(rest).ok_or_else(|| fault(Reason::Syntax))?;
    let (tag, opening) = match name.bytes(&mut Vec::new()) {
        b"S" => (tag::S, b'"'),
        b"N" => (tag::N, b'"'),
        b"B" => (tag::B, b'"'),
        b"BOOL" => return Ok((tag::BOOL, rest)),
        b"NULL" => return Ok((tag::NULL, rest)),
        b"M" => (tag::M, b'{'),
        b"L" => (tag::L, b'['),
        b"SS" => (tag::SS, b'['),
        b"NS" => (tag::NS, b'['),
        b"BS" => (tag::BS, b'['),
        _ => return Err(fault(Reason::TypeTag)),
    };
    match rest.split_first() {
        Some((&first, after)) if first == opening => Ok((tag, after)),
        _ => Err(J::fault(Reason::TypeValue, rest)),
    }
}

/// Reads the closing brace of the object around a value; returns what follows it and white space.
#[inline(always)]
fn end_of_value<J: Judge>(rest: &[u8]) -> Result<&[u8], J::Error> {
    match skip_space(rest) {
        [b'}', after @ ..] => Ok(skip_space(after)),
        other => Err(J::fault(Reason::TypeTag, other)), // a second member
    }
}

/// Reads the colon behind a name; returns what follows it and white space.
#[inline(always)]
pub(super) fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    match skip_space(rest) {
        [b':', after @ ..] => Some(skip_space(after)),
        _ => None,
    }
}

/// Reads any number, or finds why it is none, from behind its opening quote.
#[inline(never)]
fn long_number<J: Judge>(rest: &[u8], found: impl FnOnce(&[u8])) -> Result<&[u8], J::Error> {
    let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
    let mut scratch = Vec::new();
    let text = text.bytes(&mut scratch);
    match Decimal::from_json(text) {
        Ok(_) => {
            found(text);
            Ok(after)
        }
        Err(reason) => Err(J::fault(reason, rest)),
    }
}

/// Reads base64 that is spelled with escapes, or finds that it is none, from behind its opening quote.
#[cold]
#[inline(never)]
fn escaped_binary<J: Judge>(rest: &[u8], found: impl FnOnce(&[u8])) -> Result<&[u8], J::Error> {
    let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
    let mut quoted = Vec::new();
    text.append_to(&mut quoted);
    quoted.push(b'"');
    // What the escapes spelled has to be base64 to its very end: a quote among them ends it before.
    match base64(&quoted) {
        Some((base64, [])) => {
            found(base64);
            Ok(after)
        }
        _ => Err(J::fault(Reason::Binary, rest)),
    }
}

/// A name's bytes, for a path.
#[cold]
pub(super) fn unescaped(name: Text<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    name.append_to(&mut bytes);
    bytes
}
