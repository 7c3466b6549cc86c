//! Sets: lists with an annotation.

use super::IonParser;
use super::lob::Lob;
use super::plain;
use super::scalar::odd_number;
use super::symbol::{Keyword, Opening, Start};
use super::symbols::Symbols;
use super::value::{odd, separator, skip_space};
use crate::events::{Binary, Number, SetKind, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::sets::{Element, Elements};

impl IonParser {
    /// Reads a set from behind its bracket.
    #[inline(never)]
    pub(super) fn set<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        kind: SetKind,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        visitor.begin_set(kind);
        let mut set = Elements::new(kind);
        let start = skip_space::<J>(rest)?;
        if let [b']', ..] = start {
            return Err(J::fault(Reason::SetEmpty, start));
        }
        let mut rest = start;
        for index in 0.. {
            rest = match self.element::<J, V>(rest, kind, &mut set, visitor) {
                Ok(after) => skip_space::<J>(separator::<J>(after, b']')?)?,
                Err(error) => return Err(J::in_list(error, index)),
            };
            if let [b']', after @ ..] = rest {
                rest = after;
                break;
            }
        }
        if set.has_duplicate(&mut self.scratch.sets) {
            return Err(J::fault(Reason::SetDuplicate, start));
        }
        visitor.end_set();
        Ok(rest)
    }

    /// Reads an element of a set.
    #[inline]
    fn element<'a, J: Judge, V: Visitor>(
        &mut self,
        rest: &'a [u8],
        kind: SetKind,
        set: &mut Elements<'a>,
        visitor: &mut V,
    ) -> Result<&'a [u8], J::Error> {
        let scratch = &mut self.scratch;
        match (kind, rest) {
            (SetKind::Strings, [b'"', rest @ ..]) => {
                if let Some((short, after)) = plain::short_string(rest) {
                    set.add(Element::Text(short.text()), &mut scratch.sets);
                    visitor.short_string(short);
                    return Ok(after);
                }
                let (text, after) = plain::long_string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
                set.add(Element::Text(text), &mut scratch.sets);
                visitor.string(text);
                Ok(after)
            }
            (SetKind::Numbers, [b'0'..=b'9' | b'-' | b'+', ..]) => {
                let Some((decimal, after)) = plain::decimal(rest) else {
                    let (number, after) = odd_number::<J>(rest, Reason::SetElement)?;
                    set.add_written(Element::Number(number), &mut scratch.sets);
                    visitor.number(number);
                    return Ok(after);
                };
                let element = match (decimal, decimal.number()) {
                    (plain::Decimal::Short(number), Number::Text(digits)) if number.is_integer() => {
                        Element::Integer(digits)
                    }
                    (_, value) => Element::Number(value),
                };
                set.add(element, &mut scratch.sets);
                decimal.tell(visitor);
                Ok(after)
            }
            (SetKind::Binaries, [b'{', b'{', rest @ ..]) => {
                if let Some((base64, after)) = plain::base64(rest) {
                    set.add(Element::Binary(Binary { base64 }), &mut scratch.sets);
                    visitor.binary(Binary { base64 });
                    return Ok(after);
                }
                let (lob, after) = odd::<J, _>(rest, |cursor| cursor.lob(&mut scratch.joined))?;
                let Lob::Blob(base64) = lob else {
                    return Err(J::fault(Reason::SetElement, rest));
                };
                set.add_written(Element::Binary(Binary { base64 }), &mut scratch.sets);
                visitor.binary(Binary { base64 });
                Ok(after)
            }
            _ => {
                let (opening, rest) = odd::<J, _>(rest, |cursor| cursor.opening(&self.symbols))?;
                match (kind, opening.start, rest) {
                    _ if opening.annotations > 0 => Err(J::fault(Reason::IonAnnotation, rest)),
                    (SetKind::Strings, Start::Here, [b'\'', ..]) => {
                        let (text, after) = odd::<J, _>(rest, |cursor| cursor.string(&mut scratch.joined))?;
                        set.add_written(Element::Text(text), &mut scratch.sets);
                        visitor.string(text);
                        Ok(after)
                    }
                    (SetKind::Numbers, Start::Keyword(Keyword::Nan), _) => Err(J::fault(Reason::Number, rest)),
                    _ => Err(J::fault(Reason::SetElement, rest)),
                }
            }
        }
    }
}

/// What kind of set the annotations make of a list; None where they make none.
pub(super) fn set_kind(opening: &Opening<'_>, symbols: &Symbols) -> Option<SetKind> {
    let name = opening
        .first
        .filter(|_| opening.annotations == 1 && opening.start == Start::Here)?;
    let kinds = [
        (SetKind::Strings, b"$dynamodb_SS"),
        (SetKind::Numbers, b"$dynamodb_NS"),
        (SetKind::Binaries, b"$dynamodb_BS"),
    ];
    kinds
        .iter()
        .find(|(_, annotation)| name.is(*annotation, symbols))
        .map(|(kind, _)| *kind)
}
