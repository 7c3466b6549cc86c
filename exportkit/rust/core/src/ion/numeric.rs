//! Numbers and time stamps: everything that begins with a digit or with `-` and a digit.

#[cfg(test)]
mod tests;

use super::cursor::{Cursor, Judged};
use crate::fault::Reason;
use crate::number::Decimal;

/// What a token that begins like a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numeric {
    /// A decimal, or an integer in decimal digits.
    Decimal,
    Float,
    /// An integer in hexadecimal (4 bits a digit) or binary (1 bit a digit).
    Radix(u32),
    Timestamp,
}

/// The greatest exponent that may be written.
const MAX_EXPONENT: u32 = 999_999_999;

/// Bits of the greatest hexadecimal or binary integer that is converted.
const MAX_BITS: u32 = 512;

impl<'a> Cursor<'a> {
    /// Reads a number or time stamp that begins here.
    pub(super) fn numeric(&mut self) -> Judged<(Numeric, &'a [u8])> {
        let start = self.at;
        let kind = self.numeric_token()?;
        self.end_number()?;
        Ok((kind, self.since(start)))
    }

    fn numeric_token(&mut self) -> Judged<Numeric> {
        if self.digits_ahead(4) && matches!(self.peek_at(4), b'-' | b'T') {
            self.timestamp()?;
            return Ok(Numeric::Timestamp);
        }
        self.take(b'-');
        match (self.peek(), self.peek_at(1)) {
            (b'0', b'x' | b'X') => {
                self.at += 2;
                self.digits(|byte| byte.is_ascii_hexdigit())?;
                return Ok(Numeric::Radix(4));
            }
            (b'0', b'b' | b'B') => {
                self.at += 2;
                self.digits(|byte| matches!(byte, b'0' | b'1'))?;
                return Ok(Numeric::Radix(1));
            }
            (b'0', _) => self.at += 1, // a digit or `_` after it is no stop
            _ => self.digits(|byte| byte.is_ascii_digit())?,
        }
        if self.take(b'.') && self.peek().is_ascii_digit() {
            self.digits(|byte| byte.is_ascii_digit())?;
        }
        match self.peek() {
            b'd' | b'D' => self.exponent().map(|()| Numeric::Decimal),
            b'e' | b'E' => self.exponent().map(|()| Numeric::Float),
            _ => Ok(Numeric::Decimal),
        }
    }

    /// Reads one digit or more, with `_` between any two.
    fn digits(&mut self, is_digit: fn(u8) -> bool) -> Judged {
        loop {
            if !is_digit(self.peek()) {
                return Err(Reason::Syntax);
            }
            while is_digit(self.peek()) {
                self.at += 1;
            }
            if !self.take(b'_') {
                return Ok(());
            }
        }
    }

    /// Reads an exponent with its letter.
    fn exponent(&mut self) -> Judged {
        self.at += 1;
        if !self.take(b'-') {
            self.take(b'+');
        }
        let start = self.at;
        let mut value: u32 = 0;
        while self.peek().is_ascii_digit() {
            value = value.saturating_mul(10).saturating_add(u32::from(self.peek() - b'0'));
            self.at += 1;
        }
        if self.at == start || value > MAX_EXPONENT {
            Err(Reason::Syntax)
        } else {
            Ok(())
        }
    }

    fn digits_ahead(&self, count: usize) -> bool {
        self.rest()
            .get(..count)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    }

    /// Reads `count` digits whose value lies in the range.
    fn part(&mut self, count: usize, least: u32, greatest: u32) -> Judged<u32> {
        if self.digits_ahead(count) {
            let value = self.rest()[..count]
                .iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
            if (least..=greatest).contains(&value) {
                self.at += count;
                return Ok(value);
            }
        }
        Err(Reason::Syntax)
    }

    fn timestamp(&mut self) -> Judged {
        let year = self.part(4, 1, 9999)?;
        if self.take(b'T') {
            return Ok(());
        }
        self.expect(b'-')?;
        let month = self.part(2, 1, 12)?;
        if self.take(b'T') {
            return Ok(());
        }
        self.expect(b'-')?;
        self.part(2, 1, days(year, month))?;
        if !self.take(b'T') || !self.digits_ahead(2) {
            return Ok(());
        }
        self.clock()?;
        if self.take(b':') {
            self.part(2, 0, 59)?;
            if self.take(b'.') {
                let start = self.at;
                while self.peek().is_ascii_digit() {
                    self.at += 1;
                }
                if self.at == start {
                    return Err(Reason::Syntax);
                }
            }
        }
        match self.peek() {
            b'Z' => {
                self.at += 1;
                Ok(())
            }
            b'+' | b'-' => {
                self.at += 1;
                self.clock()
            }
            _ => Err(Reason::Syntax),
        }
    }

    /// Reads `hh:mm`.
    fn clock(&mut self) -> Judged {
        self.part(2, 0, 23)?;
        self.expect(b':')?;
        self.part(2, 0, 59)?;
        Ok(())
    }
}

/// Days of a month of the proleptic Gregorian calendar.
const fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The shortest decimal that reads back as the same double as the text of a float: of two the nearer, of two as near the
/// one whose last digit is even.
///
/// # Errors
///
/// [`Reason::Number`] for what is beyond every double, else as [`Decimal::new`].
pub(super) fn float(text: &[u8]) -> Result<Decimal, Reason> {
    let digits: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'_').collect();
    let value: f64 = str::from_utf8(&digits)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(Reason::Number)?;
    if !value.is_finite() {
        return Err(Reason::Number);
    }
    let shortest = format!("{value:e}");
    // It rounds up where it stands halfway between two that are as short; rounding to so many digits goes to the even one.
    let mantissa = shortest.split_once('e').map_or("", |(mantissa, _)| mantissa);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let even = format!("{value:.*e}", digits.saturating_sub(1));
    let reads_back = even.parse() == Ok(value);
    Decimal::from_checked(if reads_back { even } else { shortest }.as_bytes())
}

/// The value of a hexadecimal or binary integer with `bits` to a digit.
///
/// # Errors
///
/// [`Reason::NumberRange`] for one of more than 512 bits, else as [`Decimal::new`].
pub(super) fn radix(text: &[u8], bits: u32) -> Result<Decimal, Reason> {
    let negative = text.first() == Some(&b'-');
    let digits = text.get(2 + usize::from(negative)..).unwrap_or_default();
    // Ten to the power of 19 a limb, least first: few enough that every step stays cheap.
    let mut limbs: Vec<u64> = Vec::new();
    let mut used = 0;
    for value in digits.iter().filter_map(|&digit| char::from(digit).to_digit(16)) {
        used = if used == 0 {
            u32::BITS - value.leading_zeros()
        } else {
            used + bits
        };
        if used > MAX_BITS {
            return Err(Reason::NumberRange);
        }
        let mut carry = u128::from(value);
        for limb in &mut limbs {
            carry += u128::from(*limb) << bits;
            *limb = u64::try_from(carry % LIMB).unwrap_or(0);
            carry /= LIMB;
        }
        if carry > 0 {
            limbs.push(u64::try_from(carry).unwrap_or(0));
        }
    }
    let sign = if negative { "-" } else { "" };
    let digits = limbs
        .iter()
        .rev()
        .fold(sign.to_owned(), |text, limb| text + &format!("{limb:019}"));
    Decimal::from_checked(digits.as_bytes())
}

const LIMB: u128 = 10_u128.pow(19);
