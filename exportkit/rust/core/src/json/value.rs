//! Attribute values of DynamoDB JSON: `{"S":"…"}` and its nine siblings.
//!
//! Functions take the bytes from where something starts and return what follows it. Where the line is
//! JSON at all, whatever is not as expected is a fault of type; where it is not, nobody asks which.

use super::JsonParser;
use super::bytes::{base64, boolean, near_quote, short_number, short_string, skip_space, string};
use super::scalar::{escaped_binary, long_number};
use crate::events::{Binary, Number, Spelling, Text, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::path::{NodeId, Scope};

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
            // Not one struct, which would take a detour through memory.
            let (node, raw, spelling, tag, start) = if let Some(found) = self.paths.recognise(&mut scope, rest) {
                (found.node, found.name, Spelling::Plain, found.tag, found.rest)
            } else if let Some(found) = self.paths.guess(&mut scope, rest) {
                (found.node, found.name, Spelling::Plain, found.tag, found.rest)
            } else if let Some(length) = near_quote(rest)
                && let Some(found) = self.paths.look_up(&mut scope, rest, length)
            {
                (found.node, found.name, Spelling::Plain, found.tag, found.rest)
            } else {
                let (new, entered) = self.attribute::<J>(scope, rest)?;
                scope = entered;
                (new.node, new.name.raw, new.name.spelling, new.tag, new.rest)
            };
            let name = Text { raw, spelling };
            visitor.name(node, name);
            let content = self.content::<J, V>(tag, start, node, level, visitor);
            let after = match content {
                Ok(after) => after,
                Err(error) => return Err(J::under(error, || unescaped(name))),
            };
            // Mostly the value ends here, and another attribute or the map's end follows close behind.
            if let [b'}', second, third, ..] = *after {
                if second == b',' && third == b'"' {
                    rest = &after[3..];
                    continue;
                }
                if second == b'}' {
                    visitor.end_map();
                    return Ok(&after[2..]);
                }
            }
            let after = match end_of_value::<J>(after) {
                Ok(after) => after,
                Err(error) => return Err(J::under(error, || unescaped(name))),
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

    /// Reads the name and type tag of an attribute whose token is not known, from behind the name's opening quote.
    #[inline(never)]
    fn attribute<'a, J: Judge>(
        &mut self,
        mut scope: Scope,
        start: &'a [u8],
    ) -> Result<(Attribute<'a>, Scope), J::Error> {
        let (name, rest) = string(start).ok_or_else(|| J::fault(Reason::Syntax, start))?;
        let Some(node) = self.paths.enter(&mut scope, name.bytes(&mut self.scratch)) else {
            return Err(J::under(J::fault(Reason::AttributeDuplicate, start), || {
                unescaped(name)
            }));
        };
        let rest = after_colon(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
        let (tag, rest) = type_tag::<J>(rest).map_err(|error| J::under(error, || unescaped(name)))?;
        if name.spelling == Spelling::Plain {
            let token = start.get(..start.len() - rest.len()).unwrap_or_default();
            self.paths.learn(node, tag, name.raw.len(), token);
        }
        Ok((Attribute { node, name, tag, rest }, scope))
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
                if let Some((text, after)) = short_string(rest) {
                    visitor.short_string(text);
                    return Ok(after);
                }
                let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
                visitor.string(text);
                Ok(after)
            }
            tag::N => {
                if let Some((number, after)) = short_number(rest) {
                    visitor.short_number(number);
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
            tag::BOOL => {
                // The token was learned where no white space stood before the value; it may stand there now.
                let rest = skip_space(rest);
                let (value, after) = boolean(rest).ok_or_else(|| J::fault(Reason::TypeValue, rest))?;
                visitor.boolean(value);
                Ok(after)
            }
            tag::NULL => match skip_space(rest) {
                [b't', b'r', b'u', b'e', after @ ..] => {
                    visitor.null();
                    Ok(after)
                }
                _ => Err(J::fault(Reason::TypeValue, rest)),
            },
            tag::M | tag::L if level >= MAX_LEVELS => Err(J::fault(Reason::Nesting, rest)),
            tag::M => self.map::<J, V>(rest, node, level + 1, visitor),
            tag::L => self.list::<J, V>(rest, node, level + 1, visitor),
            tag::SS => self.set::<J, V, { tag::SS }>(rest, visitor),
            tag::NS => self.set::<J, V, { tag::NS }>(rest, visitor),
            _ => self.set::<J, V, { tag::BS }>(rest, visitor),
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
}

/// Reads the object around a value up to the start of what its type tag holds.
#[inline(always)]
fn type_tag<J: Judge>(rest: &[u8]) -> Result<(u8, &[u8]), J::Error> {
    if let Some((&[b'{', b'"', tag, b'"', b':', opening], after)) = rest.split_first_chunk() {
        match (tag, opening) {
            (b'S', b'"') => return Ok((tag::S, after)),
            (b'N', b'"') => return Ok((tag::N, after)),
            (b'M', b'{') => return Ok((tag::M, after)),
            (b'L', b'[') => return Ok((tag::L, after)),
            _ => {}
        }
    }
    any_type_tag::<J>(rest)
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

/// A name's bytes, for a path.
#[cold]
pub(super) fn unescaped(name: Text<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    name.append_to(&mut bytes);
    bytes
}
