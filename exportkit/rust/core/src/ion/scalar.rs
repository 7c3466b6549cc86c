//! Strings and numbers, told to a visitor.

use super::numeric::{self, Numeric};
use super::plain;
use super::value::odd;
use crate::events::{Number, Visitor};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::number::Decimal;

/// Reads a string from behind its quote.
#[inline(always)]
pub(super) fn string<'a, J: Judge, V: Visitor>(rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
    if let Some((text, after)) = plain::short_string(rest) {
        visitor.short_string(text);
        return Ok(after);
    }
    long_string::<J, V>(rest, visitor)
}

/// As [`string`], for any string.
#[inline(never)]
pub(super) fn long_string<'a, J: Judge, V: Visitor>(rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
    let (text, after) = plain::long_string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
    visitor.string(text);
    Ok(after)
}

/// Reads what begins like a number.
#[inline]
pub(super) fn number<'a, J: Judge, V: Visitor>(rest: &'a [u8], visitor: &mut V) -> Result<&'a [u8], J::Error> {
    if let Some((decimal, after)) = plain::decimal(rest) {
        decimal.tell(visitor);
        return Ok(after);
    }
    let (number, after) = odd_number::<J>(rest, Reason::IonType)?;
    visitor.number(number);
    Ok(after)
}

/// As [`number`], for any number; a time stamp is a fault of its own.
#[inline(never)]
pub(super) fn odd_number<J: Judge>(rest: &[u8], timestamp: Reason) -> Result<(Number<'_>, &[u8]), J::Error> {
    odd::<J, _>(rest, |cursor| {
        if cursor.at_infinity() {
            return Err(Reason::Number);
        }
        let (kind, text) = cursor.numeric()?;
        match kind {
            Numeric::Decimal => Decimal::from_checked(text).map(|_| Number::Text(text)),
            Numeric::Float => numeric::float(text).map(Number::Value),
            Numeric::Radix(bits) => numeric::radix(text, bits).map(Number::Value),
            Numeric::Timestamp => Err(timestamp),
        }
    })
}
