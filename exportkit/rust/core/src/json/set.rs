//! The sets: SS, NS, BS.

use super::JsonParser;
use super::bytes::{base64, short_number, skip_space, string};
use super::scalar::{escaped_binary, long_number};
use crate::events::{Binary, Number, SetKind, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::sets::{Element, Elements};

use super::value::tag;

impl JsonParser {
    /// Reads a set from behind its opening bracket; `KIND` is its type tag.
    #[inline(never)]
    pub(super) fn set<'a, J: Judge, V: Visitor, const KIND: u8>(
        &mut self,
        rest: &'a [u8],
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let kind = match KIND {
            tag::SS => SetKind::Strings,
            tag::NS => SetKind::Numbers,
            _ => SetKind::Binaries,
        };
        visitor.begin_set(kind);
        let start = skip_space(rest);
        if let [b']', ..] = start {
            return Err(J::fault(Reason::SetEmpty, start));
        }
        let mut rest = start;
        let mut set = Elements::new(kind);
        let mut index = 0;
        loop {
            let after = match self.element::<J, V>(rest, kind, &mut set, visitor) {
                Ok(after) => after,
                Err(error) => return Err(J::in_list(error, index)),
            };
            match after {
                [b',', next @ ..] => rest = skip_space(next),
                [b']', next @ ..] => {
                    rest = next;
                    break;
                }
                _ => match skip_space(after) {
                    [b',', next @ ..] => rest = skip_space(next),
                    [b']', next @ ..] => {
                        rest = next;
                        break;
                    }
                    other => return Err(J::fault(Reason::Syntax, other)),
                },
            }
            index += 1;
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
                if let Some((number, after)) = short_number(rest) {
                    let element = match number.number() {
                        Number::Text(text) if number.is_integer() => Element::Integer(text),
                        value => Element::Number(value),
                    };
                    set.add(element, scratch);
                    visitor.short_number(number);
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
